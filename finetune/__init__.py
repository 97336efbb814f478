"""The night: playback of the user's own words into a personal LoRA, behind a gate.

Nothing trains yet. What it will need is in place: the log says whose words each event holds, so
that only the user's train; a model takes an adapter without being loaded again; and an erasure
names its events, so that what was trained on them can be found.
"""
