"""Whether an answer follows instructions that can be checked without a judge.

After Zhou et al., "Instruction-Following Evaluation for Large Language Models", 2023. Kinds that
need a language detector or a sentence splitter, and two rare ones, are left out; capitals and small
letters are looked at without asking whether the language is English.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from memory.text import words

Arguments = Mapping[str, Any]


def follows(kind: str, arguments: Arguments, answer: str) -> bool:
    """Whether the answer does what an instruction of this kind asks. Raises KeyError if unknown."""
    return bool(answer.strip()) and CHECKS[kind](arguments, answer)


def _enough(count: int, wanted: int, relation: str) -> bool:
    return count < wanted if relation == "less than" else count >= wanted


def _times(word: str, answer: str) -> int:
    return len(re.findall(rf"\b{re.escape(word)}\b", answer, re.IGNORECASE))


def _is_json(_: Arguments, answer: str) -> bool:
    text = re.sub(r"^\s*```(?:json)?|```\s*$", "", answer, flags=re.IGNORECASE)
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _paragraphs(given: Arguments, answer: str) -> bool:
    parts = [part for part in re.split(r"\s?\*\*\*\s?", answer) if part.strip()]
    return len(parts) == int(given["num_paragraphs"])


def _two_answers(_: Arguments, answer: str) -> bool:
    parts = [part.strip() for part in answer.split("******") if part.strip()]
    return len(parts) == 2 and parts[0] != parts[1]


CHECKS: dict[str, Callable[[Arguments, str], bool]] = {
    "punctuation:no_comma": lambda _, answer: "," not in answer,
    "length_constraints:number_words": lambda given, answer: _enough(
        len(answer.split()), given["num_words"], given["relation"]
    ),
    "length_constraints:number_paragraphs": _paragraphs,
    "change_case:english_lowercase": lambda _, answer: answer.islower(),
    "change_case:english_capital": lambda _, answer: answer.isupper(),
    "change_case:capital_word_frequency": lambda given, answer: _enough(
        sum(word.isupper() for word in re.findall(r"[\w'-]+", answer)),
        given["capital_frequency"],
        given["capital_relation"],
    ),
    "keywords:existence": lambda given, answer: all(_times(w, answer) for w in given["keywords"]),
    "keywords:frequency": lambda given, answer: _enough(
        _times(given["keyword"].strip(), answer), given["frequency"], given["relation"]
    ),
    "keywords:forbidden_words": lambda given, answer: (
        not any(_times(word, answer) for word in given["forbidden_words"])
    ),
    "keywords:letter_frequency": lambda given, answer: _enough(
        answer.lower().count(given["letter"].lower()),
        given["let_frequency"],
        given["let_relation"],
    ),
    "detectable_format:number_highlighted_sections": lambda given, answer: (
        len(re.findall(r"\*[^\n*]+\*", answer)) >= given["num_highlights"]
    ),
    "detectable_format:number_bullet_lists": lambda given, answer: (
        len(re.findall(r"^\s*(?:\*[^*]|-)", answer, re.MULTILINE)) == given["num_bullets"]
    ),
    "detectable_format:title": lambda _, answer: bool(re.search(r"<<[^\n]+>>", answer)),
    "detectable_format:json_format": _is_json,
    "detectable_format:multiple_sections": lambda given, answer: (
        len(re.findall(rf"\s?{re.escape(given['section_spliter'])}\s?\d+\s?", answer))
        >= given["num_sections"]
    ),
    "detectable_content:number_placeholders": lambda given, answer: (
        len(re.findall(r"\[.*?\]", answer)) >= given["num_placeholders"]
    ),
    "detectable_content:postscript": lambda given, answer: (
        given["postscript_marker"].lower() in answer.lower()
    ),
    "startend:quotation": lambda _, answer: bool(re.fullmatch(r'\s*".*"\s*', answer, re.DOTALL)),
    "startend:end_checker": lambda given, answer: (
        answer.strip().strip('"').lower().endswith(given["end_phrase"].strip().lower())
    ),
    "combination:two_responses": _two_answers,
    "combination:repeat_prompt": lambda given, answer: (
        words(answer)[: len(words(given["prompt_to_repeat"]))] == words(given["prompt_to_repeat"])
    ),
}
