"""How well and how soon Lifelore hears: speech made at run time, through the whole of listening.

Sentences with names and numbers, in English and German, are spoken by espeak-ng and, where it is
here, by a Piper voice; silence and noises come between. All of it goes through end-pointing, the
speech model and the filter, as from a microphone. Times are taken from a few sentences that are
played at the speed of speech: from the last sound to the text, as a share of the speech's length.
The CPU seconds beside them do not depend on what else the machine does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event as Flag

import numpy as np

from assistant.errors import AssistantFault, SetupNeeded
from assistant.models.catalog import shipped_catalog
from assistant.models.fetch import installed
from assistant.settings import Settings
from assistant.voice.build import transcriber_of, voice_file
from assistant.voice.listener import Listener
from assistant.voice.piper import PiperVoice
from assistant.voice.ports import SAMPLE_RATE, Samples, Utterance
from assistant.voice.recording import RecordedSource, read_recording
from assistant.voice.silero import SileroDetector
from assistant.voice.whisper import WhisperTranscriber
from benchmarks.report import Report, Row, quantile
from memory.ports import Progress
from memory.text import words

MODELS = ("whisper-base", "whisper-tiny.en")
EXACT = ("Please remind me to buy milk on Friday.", "What is the weather like today?")
"""Must be heard word for word."""

ENGLISH: tuple[tuple[str, ...], ...] = (
    *((sentence,) for sentence in EXACT),
    ("My sister is allergic to walnuts.",),
    ("I moved from Ghent to Lyon last summer.",),
    ("Anna and Michael are coming to dinner on Saturday.",),
    ("The dentist called about the appointment.",),
    ("Where did I put the keys to the bicycle?",),
    (
        "Remember that the code of the garage is four seven one nine.",
        "Remember that the code of the garage is 4719",
        "Remember that the code of the garage is 4, 7, 1, 9",
    ),
    (
        "The train leaves at seven forty five.",
        "The train leaves at 7.45",
        "The train leaves at 745",
    ),
    ("I paid three hundred and twenty euros for the flight.", "I paid 320 euros for the flight"),
    ("She was born in nineteen eighty four.", "She was born in 1984"),
    (
        "We need two litres of milk and twelve eggs.",
        "We need two liters of milk and twelve eggs.",
        "We need two liters of milk and 12 eggs",
        "We need 2 liters of milk and 12 eggs",
    ),
    ("How much did we spend on the holiday in Portugal?",),
    (
        "Tell David that the meeting is on Tuesday at ten.",
        "Tell David that the meeting is on Tuesday at 10",
    ),
    ("I prefer tea in the morning and coffee after lunch.",),
    ("Call Doctor Patel and ask for the results.", "Call Dr. Patel and ask for the results"),
    ("The cat has to see the vet in October.",),
    ("What did Sarah say about the house in London?",),
    (
        "I ran ten kilometers yesterday.",
        "I ran 10 kilometers yesterday",
        "I ran ten kilometres yesterday",
    ),
    (
        "Write down that the new neighbour is called Robert.",
        "Write down that the new neighbor is called Robert",
    ),
)
"""Each as it is spoken, with other ways to write the same."""
GERMAN: tuple[tuple[str, ...], ...] = (
    ("Bitte erinnere mich daran, am Freitag Milch zu kaufen.",),
    ("Wie wird das Wetter heute?",),
    ("Meine Mutter hat im April Geburtstag.",),
    ("Der Zug nach Berlin fährt um acht Uhr.", "Der Zug nach Berlin fährt um 8 Uhr"),
    ("Ich möchte am Abend einen Kuchen backen.",),
)
_PACED = 8
"""Sentences that are played at the speed of speech."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One sentence as sound, and the ways to write it."""

    references: tuple[str, ...]
    sound: Samples


def run(settings: Settings, progress: Progress) -> Report:
    """Measure the speech models that are here. Raises SetupNeeded without any, or espeak-ng."""
    models = [m for m in MODELS if installed(shipped_catalog().find(m), settings.models)]
    if not models:
        raise SetupNeeded("This benchmark needs `lifelore setup --model whisper-base`.")
    spoken = _speech(settings, progress)
    report = Report("voice", None)
    for model in models:
        transcriber = transcriber_of(settings.model_copy(update={"speech_model": model}))
        transcriber.load()
        report.rows += _measure(model, transcriber, spoken, progress)
    report.rows.append(Row("machine", "load_average", "5 minutes", None, os.getloadavg()[1], 1))
    return report


def _speech(settings: Settings, progress: Progress) -> dict[str, list[Spoken]]:
    """The test set by its category."""
    if shutil.which("espeak-ng") is None:
        raise SetupNeeded("This benchmark needs espeak-ng (Debian: apt-get install espeak-ng).")
    speakers: list[tuple[str, tuple[tuple[str, ...], ...], Callable[[str], Samples]]] = [
        ("espeak-ng, English", ENGLISH, lambda text: _espeak(text, "en-us")),
        ("espeak-ng, German", GERMAN, lambda text: _espeak(text, "de")),
    ]
    try:
        voice = PiperVoice(lambda: voice_file(settings))
        voice.load()
        speakers.append(("piper, English", ENGLISH, lambda text: _resampled(*voice.speak(text))))
    except AssistantFault as fault:
        progress(f"without piper: {fault}", 0, 1)
    made: dict[str, list[Spoken]] = {}
    for category, sentences, speak in speakers:
        for number, references in enumerate(sentences):
            progress(f"speaking ({category})", number, len(sentences))
            made.setdefault(category, []).append(Spoken(references, speak(references[0])))
    return made


def _espeak(text: str, voice: str) -> Samples:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spoken.wav"
        command = ["espeak-ng", "-v", voice, "-s", "150", "-w", str(path), text]
        subprocess.run(command, check=True, capture_output=True)
        return read_recording(path).sound


def _resampled(sound: Samples, rate: int) -> Samples:
    times = np.arange(round(len(sound) * SAMPLE_RATE / rate)) * (rate / SAMPLE_RATE)
    return np.asarray(np.interp(times, np.arange(len(sound)), sound), np.float32)


def noises() -> dict[str, Samples]:
    """Five seconds each in which nobody speaks."""
    random, samples = np.random.default_rng(11), 5 * SAMPLE_RATE
    white = random.normal(0, 1, samples)
    times = np.arange(samples) / SAMPLE_RATE
    spectrum = np.fft.rfft(white) / np.sqrt(np.maximum(np.arange(samples // 2 + 1), 1))
    pink = np.fft.irfft(spectrum, samples)
    clicks = np.where(np.arange(samples) % 8000 < 40, white, 0)
    made = {
        "silence": np.zeros(samples),
        "white noise": 0.1 * white,
        "pink noise": 0.3 * pink / np.abs(pink).max(),
        "hum": 0.2 * np.sin(2 * np.pi * 50 * times) + 0.01 * white,
        "clicks": 0.3 * clicks,
    }
    return {name: sound.astype(np.float32) for name, sound in made.items()}


def _measure(
    model: str,
    transcriber: WhisperTranscriber,
    spoken: dict[str, list[Spoken]],
    progress: Progress,
) -> Iterator[Row]:
    english_only = model.endswith(".en")
    for category, sentences in spoken.items():
        if english_only and "English" not in category:
            continue
        errors = total = 0
        for number, one in enumerate(sentences):
            progress(f"{model} ({category})", number, len(sentences))
            heard = " ".join(each.text for each in _hear(one.sound, transcriber))
            wrong, length = min(
                (edits(words(reference), words(heard)), len(words(reference)))
                for reference in one.references
            )
            errors, total = errors + wrong, total + length
            if one.references[0] in EXACT:
                name = f"{category}: {one.references[0]}"
                yield Row(model, "exact", name, None, float(wrong == 0), 1)
        yield Row(model, "word_error_rate", category, None, round(errors / total, 4), total)
    for name, sound in noises().items():
        found = [word for each in _hear(sound, transcriber) for word in words(each.text)]
        yield Row(model, "words_in_noise", name, None, float(len(found)), 1)
    yield from _times(model, transcriber, spoken["espeak-ng, English"][:_PACED], progress)


def _times(
    model: str, transcriber: WhisperTranscriber, sentences: Sequence[Spoken], progress: Progress
) -> Iterator[Row]:
    waited, cpu = [], []
    for number, one in enumerate(sentences):
        progress(f"{model} (times)", number, len(sentences))
        seconds = len(one.sound) / SAMPLE_RATE
        [*heard] = _hear(one.sound, transcriber, paced=True)
        waited += [each.waited / seconds for each in heard[-1:]]
        before = time.process_time()
        list(transcriber.transcribe(one.sound))
        cpu.append((time.process_time() - before) / seconds)
    if waited:
        value = round(quantile(waited, 0.5), 3)
        yield Row(model, "end_to_text_ratio", "median", None, value, len(waited))
    yield Row(model, "cpu_ratio", "median", None, round(quantile(cpu, 0.5), 3), len(cpu))


def _hear(
    sound: Samples, transcriber: WhisperTranscriber, *, paced: bool = False
) -> list[Utterance]:
    listener = Listener(RecordedSource(sound, paced=paced), SileroDetector(), transcriber)
    try:
        return [one for one in listener.listen(Flag()) if isinstance(one, Utterance)]
    finally:
        listener.close()


def edits(reference: Sequence[str], heard: Sequence[str]) -> int:
    """Words to replace, insert or remove to make one of the other (Levenshtein, 1966)."""
    row = list(range(len(heard) + 1))
    for number, word in enumerate(reference, 1):
        before, row[0] = row[0], number
        for place, other in enumerate(heard, 1):
            best = min(row[place] + 1, row[place - 1] + 1, before + (word != other))
            before, row[place] = row[place], best
    return row[-1]
