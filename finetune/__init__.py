"""The night: playback of the user's own words into a personal LoRA, behind a gate.

`dataset` derives the playback set from the log, `train` learns from it, `export` writes what
llama.cpp serves. Everything is a function of its arguments; models come in through `ports`.
"""
