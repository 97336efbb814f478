from __future__ import annotations

import pytest

from assistant.errors import ModelBroken
from assistant.models.base import ChatMessage
from assistant.models.chat_template import Segment, clean, segments

SYSTEM, USER = ChatMessage("system", "be kind"), ChatMessage("user", "hi")


def plain(messages: list[dict[str, str]]) -> str:
    return "".join(f"<{m['role']}>{m['content']}" for m in messages) + "<assistant>"


def alternating_only(messages: list[dict[str, str]]) -> str:
    roles = [message["role"] for message in messages]
    if roles != ["user", "assistant"] * (len(roles) // 2) + ["user"] * (len(roles) % 2):
        raise ValueError("roles must alternate")
    return plain(messages)


def whole(found: list[Segment]) -> str:
    return "".join(segment.text for segment in found)


def test_template_text_and_message_text_are_kept_apart() -> None:
    assert segments(plain, [SYSTEM, USER]) == [
        Segment("<system>", True),
        Segment("be kind", False),
        Segment("<user>", True),
        Segment("hi", False),
        Segment("<assistant>", True),
    ]


def test_a_message_that_looks_like_a_placeholder_is_only_text() -> None:
    found = segments(plain, [ChatMessage("user", "\x020\x03 {{ 7 * 6 }}")])
    assert found[1] == Segment("\x020\x03 {{ 7 * 6 }}", False)


def test_an_empty_message_is_rendered() -> None:
    assert whole(segments(plain, [ChatMessage("user", "")])) == "<user><assistant>"


def test_a_strict_template_gets_merged_turns_without_losing_a_word() -> None:
    chat = [SYSTEM, USER, ChatMessage("user", "you"), ChatMessage("assistant", "yes"), USER]
    text = whole(segments(alternating_only, chat))
    assert text == "<user>be kind\n\nhi\n\nyou<assistant>yes<user>hi<assistant>"


def test_a_template_that_drops_a_message_is_refused() -> None:
    with pytest.raises(ModelBroken, match="leaves out"):
        segments(lambda messages: plain(messages[1:]), [SYSTEM, USER])


def test_a_template_that_always_fails_is_refused_with_its_reason() -> None:
    def fail(messages: list[dict[str, str]]) -> str:
        raise KeyError("tools")

    with pytest.raises(ModelBroken, match="tools"):
        segments(fail, [USER])


def test_clean_replaces_what_no_tokenizer_takes_and_joins_pairs() -> None:
    assert clean("a\0b\ud83dc\ud83d\ude00 é") == "a\ufffdb\ufffdc\U0001f600 é"
