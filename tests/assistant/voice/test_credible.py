"""What Whisper makes up, and what people say."""

from __future__ import annotations

import pytest

from assistant.voice.credible import clean, credible
from assistant.voice.ports import Segment


def heard(
    text: str,
    *,
    seconds: float = 3.0,
    no_speech: float = 0.05,
    confidence: float = -0.3,
    repetition: float = 1.0,
) -> Segment:
    return Segment(text, 0.0, seconds, "en", no_speech, confidence, repetition)


@pytest.mark.parametrize(
    "segment",
    [
        heard("Please remind me to buy milk on Friday."),
        heard("Thank you.", seconds=0.8),
        heard("Okay.", seconds=0.6, confidence=-0.5),
        heard("Thanks for watching the kids yesterday, Anna."),
        heard("I must subscribe to the paper."),
        heard("Ich treffe morgen meine Schwester.", confidence=-0.7),
        heard("A word in a noisy street", no_speech=0.7, confidence=-0.4),
        heard("(laughs) That was fun", no_speech=0.2),
        heard("No.", seconds=0.4),
    ],
    ids=lambda s: s.text,
)
def test_what_people_say_is_believed(segment: Segment) -> None:
    assert credible(segment)


@pytest.mark.parametrize(
    "segment",
    [
        heard(""),
        heard(" . . ."),
        heard("[BLANK_AUDIO]"),
        heard("♪♪"),
        heard("*sighs*"),
        heard("Thanks for watching!"),
        heard("Thank you for watching and see you next time."),
        heard("Please subscribe to my channel."),
        heard("Untertitel im Auftrag des ZDF für funk, 2017"),
        heard("Sous-titres réalisés par la communauté d'Amara.org"),
        heard("字幕由某某提供"),
        heard("Thank you.", no_speech=0.5),
        heard("you", confidence=-0.9),
        heard("So it goes on", no_speech=0.8, confidence=-0.9),
        heard("It's me for Morgan Minosha", confidence=-1.5),
        heard("I I I I I I I I", repetition=3.0),
        heard("word " * 20, seconds=1.2),
    ],
    ids=lambda s: s.text,
)
def test_what_nobody_said_is_not(segment: Segment) -> None:
    assert not credible(segment)


def test_notes_on_sounds_are_left_out() -> None:
    assert clean(" [music]  It was (coughs) ♪ late. ") == "It was late."
