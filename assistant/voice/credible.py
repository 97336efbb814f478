"""Which of Whisper's segments somebody said, and which it made up.

Trained on subtitles, Whisper writes what subtitles say where nobody speaks: thanks for watching,
credits, notes for the deaf, or the same words over and over. Its own figures tell most of these
(Radford et al., 2022, section 4.5, has the thresholds of its decoder); the rest is a list.
"""

from __future__ import annotations

import re

from assistant.voice.ports import Segment
from memory.text import words

_NO_SPEECH = 0.6
_UNSURE = -0.8
"""Mean log-probability below which a likely silence is one."""
_GUESSED = -1.3
"""Mean log-probability of text that nothing in the sound speaks for."""
_REPEATS = 2.4
_FASTEST = 8.0
"""Words a second: nobody says more, and a hallucination over a short noise does."""
_SHORTEST = 1.0
"""Seconds; times of shorter segments are too coarse to count words by."""

_NOTES = re.compile(r"\[[^\]]*\]|\([^)]*\)|\*[^*]*\*|♪[^♪]+♪|[♪♫]")

_NEVER_SAID = re.compile(
    r"thanks? (?:you )?(?:so much |very much )?(?:all )?for (?:watching|viewing)"
    r"(?: (?:this|the|my|our) video| today| guys| everyone)?(?: (?:and )?(?:see you|bye|please).*)?"
    r"|(?:please )?(?:don't forget to )?(?:like and )?subscribe(?: to (?:my|our|the) channel.*)?"
    r"|.*\bamara org\b.*|.*\bsubtitles by\b.*|.*\bsubtitled by\b.*|.*\btranscribed by\b.*"
    r"|.*\buntertitel (?:im auftrag|der amara|von)\b.*|.*\bzdf für funk\b.*"
    r"|.*\bsous titres? (?:réalisés?|par|fait)\b.*|.*\bsottotitoli (?:creati|e revisione)\b.*"
    r"|.*\bsubtítulos (?:realizados|por)\b.*|.*\blegendas pela comunidade\b.*"
    r"|.*\bondertiteld door\b.*|.*\bnapisy stworzone\b.*|.*\bредактор субтитров\b.*"
    r"|.*ご視聴ありがとうございました.*|.*请不吝点赞.*|.*字幕.*",
)
_SELDOM_SAID = frozenset(
    (
        *("you", "thank you", "thank you very much", "thank you so much", "thanks", "bye"),
        *("bye bye", "okay", "ok", "so", "the", "uh", "um", "hmm", "mm", "oh", "yeah", "i"),
        *("i'm sorry", "we'll be right back", "see you next time", "see you in the next video"),
        *("vielen dank", "danke", "merci", "gracias", "tschüss", "amen"),
    )
)
"""What Whisper writes for nothing and people say as well: it counts where Whisper is sure."""


def credible(segment: Segment) -> bool:
    """Whether somebody said this."""
    said = words(_NOTES.sub(" ", segment.text))
    if not said:
        return False
    plain = " ".join(said)
    if segment.repetition > _REPEATS or segment.confidence < _GUESSED:
        return False
    if segment.no_speech > _NO_SPEECH and segment.confidence < _UNSURE:
        return False
    if _NEVER_SAID.fullmatch(plain):
        return False
    if plain in _SELDOM_SAID and (segment.no_speech > 0.3 or segment.confidence < -0.7):
        return False
    seconds = segment.end - segment.start
    return not (seconds >= _SHORTEST and len(said) / seconds > _FASTEST)


def clean(text: str) -> str:
    """The words without notes on sounds, such as [music], and with single spaces."""
    return " ".join(_NOTES.sub(" ", text).split())
