"""Where speech begins and ends."""

from __future__ import annotations

import pytest

from assistant.voice.endpoint import EndPointer, EndPointing, Step
from assistant.voice.ports import FRAME_SAMPLES, SAMPLE_RATE, Samples
from tests.assistant.voice.fakes import WORD, LoudnessDetector, sound


def steps(pointer: EndPointer, whole: Samples) -> list[tuple[Step, float]]:
    """What changed, with the second of it; what has ended is taken."""
    detector = LoudnessDetector()
    found: list[tuple[Step, float]] = []
    for number, frame in enumerate(whole.reshape(-1, FRAME_SAMPLES), 1):
        step = pointer.push(frame, detector.probability(frame))
        if step is not Step.NONE:
            found.append((step, number * FRAME_SAMPLES / SAMPLE_RATE))
        if step is Step.ENDED:
            pointer.take()
    return found


def test_an_utterance_ends_with_a_long_silence_and_not_with_a_pause() -> None:
    said = sound((0, 1), (WORD, 1), (0, 0.4), (WORD, 1), (0, 1.5))
    found = steps(EndPointer(), said)

    assert [step for step, _ in found] == [Step.BEGAN, Step.PAUSED, Step.PAUSED, Step.ENDED]
    times = [at for _, at in found]
    assert times == pytest.approx([1.16, 2.2, 3.6, 4.1], abs=0.07)


def test_what_is_taken_has_a_lead_and_no_long_silence() -> None:
    pointer = EndPointer()
    for frame in sound((0, 2), (WORD, 1), (0, 0.5)).reshape(-1, FRAME_SAMPLES):
        pointer.push(frame, LoudnessDetector().probability(frame))
    taken = pointer.take()

    assert len(taken) / SAMPLE_RATE == pytest.approx(0.3 + 1 + 0.2, abs=0.1)
    assert taken[0] == 0.0
    assert len(pointer.take()) == 0


@pytest.mark.parametrize("pointer", [EndPointer(), EndPointer(held=True)])
def test_clicks_begin_nothing(pointer: EndPointer) -> None:
    clicks = sound(*[(WORD, 0.06), (0, 0.5)] * 10)
    assert steps(pointer, clicks) == []


def test_two_words_in_a_row_are_two_utterances() -> None:
    said = sound((WORD, 0.5), (0, 1), (WORD, 0.5), (0, 1))
    kinds = [step for step, _ in steps(EndPointer(), said)]
    assert kinds.count(Step.BEGAN) == kinds.count(Step.ENDED) == 2


def test_silence_ends_nothing_while_it_is_held() -> None:
    said = sound((WORD, 0.5), (0, 5), (WORD, 0.5), (0, 5))
    kinds = [step for step, _ in steps(EndPointer(held=True), said)]
    assert Step.ENDED not in kinds


def test_long_speech_ends_at_a_breath_and_at_thirty_seconds_at_the_latest() -> None:
    breathing = sound((WORD, 22), (0, 0.3), (WORD, 2), (0, 1))
    step, at = steps(EndPointer(), breathing)[1]
    assert step is Step.ENDED
    assert at == pytest.approx(22.2, abs=0.1)
    breathless = sound((WORD, 40), (0, 1))
    ends = [at for step, at in steps(EndPointer(), breathless) if step is Step.ENDED]
    assert ends[0] <= 30.0
    assert len(ends) == 2


def test_between_the_thresholds_a_frame_is_as_the_one_before() -> None:
    pointer = EndPointer(EndPointing(begin=0.03))
    frame = sound((0, 0.04))
    assert pointer.push(frame, 0.45) is Step.NONE
    assert pointer.push(frame, 0.6) is Step.BEGAN
    for _ in range(60):
        assert pointer.push(frame, 0.4) is Step.NONE, "a soft word counts as silence"
