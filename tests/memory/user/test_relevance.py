"""Relevance by areas of life, meaning and strength, over an embedder of hashed words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from memory.fakes import HashEmbedder
from memory.user.domains import DOMAINS, EATING
from memory.user.lines import Line, Section
from memory.user.relevance import Prototypes, Relevance, binding, ranked, request_of

AT = datetime(2025, 1, 1, tzinfo=UTC)
EMBEDDER = HashEmbedder(512)
PROTOTYPES = Prototypes.of(EMBEDDER)


def line(text: str, **changes: object) -> Line:
    plain = Line(
        id=text,
        section=Section.TASTES,
        attribute="likes",
        value="",
        context="",
        polarity=-1,
        belief=0.8,
        text=text,
        topic=None,
        sources=("e",),
        first_at=AT,
        last_at=AT,
        confirmed=False,
        consent=None,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def rank(text: str, lines: Sequence[Line]) -> list[Relevance]:
    request = request_of(text, EMBEDDER.embed([text])[0], PROTOTYPES)
    return ranked(request, lines, EMBEDDER.embed([each.text for each in lines]), PROTOTYPES)


def test_a_preference_of_the_same_area_is_found_without_a_shared_word() -> None:
    hotels = line("I prefer small guesthouses with character.")
    music = line("I only listen to classical music.")
    best = rank("Which resort for our honeymoon?", [music, hotels])[0]
    assert best.line is hotels
    assert best.words == ()
    assert best.area == "hotels"


def test_an_allergy_bears_on_eating_and_on_nothing_else() -> None:
    allergy = line("Wasps and walnuts.", attribute="allergy", section=Section.HEALTH)
    dinner, film = (
        rank(text, [allergy])[0].eats
        for text in ("Which restaurants are worth a visit?", "Which TV series should I start?")
    )
    assert dinner > 0.3 > 0.1 > film


def test_what_is_put_strongly_binds_more_and_circumstances_less() -> None:
    strong, weak = line("x", belief=0.95), line("x", belief=0.6)
    assert binding(strong) > binding(weak)
    assert binding(weak) > binding(line("x", section=Section.PEOPLE, belief=0.95))
    assert binding(line("x", polarity=-1)) > binding(line("x", polarity=1))


def test_no_lines_no_ranking() -> None:
    request = request_of("Dinner?", EMBEDDER.embed(["Dinner?"])[0], PROTOTYPES)
    assert ranked(request, [], np.zeros((0, 512), dtype=np.float32), PROTOTYPES) == []


def test_the_examples_are_embedded_once_for_each_embedder(tmp_path: Path) -> None:
    first, again = HashEmbedder(32), HashEmbedder(32)
    made = Prototypes.of(first, tmp_path)
    read = Prototypes.of(again, tmp_path)
    assert (first.embedded > 0, again.embedded) == (True, 0)
    np.testing.assert_allclose(made.typical, read.typical, atol=1e-3)
    other = HashEmbedder(32, identity="other")
    Prototypes.of(other, tmp_path)
    assert other.embedded > 0
    for file in tmp_path.iterdir():
        file.write_bytes(b"broken")
    assert Prototypes.of(again, tmp_path).names == made.names


def test_areas_are_told_apart_by_name_and_each_has_examples_enough() -> None:
    names = [domain.name for domain in DOMAINS]
    assert len(set(names)) == len(names)
    assert set(names) >= EATING
    for domain in DOMAINS:
        assert min(len(domain.requests), len(domain.preferences)) >= 5
