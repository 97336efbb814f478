"""Render a chat so that the text of a message can never act as the template around it.

A chat template surrounds messages with control tokens such as `<|im_start|>`. Were the whole
rendered prompt tokenised with control tokens enabled, a message (or an imported mail, or a web
page) holding `<|im_end|>` could end its own turn and speak as the system. So the template is
rendered around placeholders, and the caller tokenises what the template wrote and what people
wrote in different ways.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.errors import ModelBroken
from assistant.models.base import ChatMessage

Render = Callable[[list[dict[str, str]]], str]
"""The model's own template: messages with `role` and `content` to the prompt's text."""

# A placeholder is a number between two control characters: they survive the trimming that some
# templates do, and `clean` leaves them in no message.
_PLACEHOLDER = re.compile("\x02(\\d+)\x03")

CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}{{ '<|im_start|>assistant\n' }}"
)
"""The template for a model file that carries none."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the prompt. Control tokens count only in text that the template wrote."""

    text: str
    from_template: bool


def clean(text: str) -> str:
    """The text without what no tokenizer takes: NULs and lone surrogates become U+FFFD."""
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.replace("\0", "\ufffd")


def segments(render: Render, messages: Sequence[ChatMessage]) -> list[Segment]:
    """The prompt of these messages, in order, as template text and message text.

    Raises ModelBroken when the template can render these messages in no form, or drops one.
    """
    shown, text = _render_some_form(render, messages)
    found: list[Segment] = []
    used: set[int] = set()
    for index, piece in enumerate(_PLACEHOLDER.split(text)):
        if index % 2:
            used.add(int(piece))
            piece = clean(shown[int(piece)].content)
        if piece:
            found.append(Segment(piece, from_template=index % 2 == 0))
    if used != set(range(len(shown))):
        raise ModelBroken("The model's chat template leaves out messages; choose another model.")
    return found


def _render_some_form(
    render: Render, messages: Sequence[ChatMessage]
) -> tuple[Sequence[ChatMessage], str]:
    """The messages as given, or in the first of the stricter forms that the template accepts."""
    failure: Exception | None = None
    for form in (list(messages), _alternating(messages), _alternating(_without_system(messages))):
        dicts = [
            {"role": message.role, "content": f"\x02{index}\x03"}
            for index, message in enumerate(form)
        ]
        try:
            return form, render(dicts)
        # A template is a program from a downloaded file and may fail with anything.
        except Exception as error:  # noqa: BLE001
            failure = error
    raise ModelBroken(
        f"The model's chat template cannot render this chat ({failure}); choose another model."
    ) from failure


def _alternating(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """A leading system message, then user and assistant in turns, as many templates insist."""
    merged: list[ChatMessage] = []
    for index, message in enumerate(messages):
        role = "user" if message.role == "system" and index > 0 else message.role
        if merged and merged[-1].role == role:
            message = ChatMessage(role, f"{merged.pop().content}\n\n{message.content}")
        merged.append(ChatMessage(role, message.content))
    return merged


def _without_system(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """System messages as the user's, for templates that know no system role."""
    return [
        ChatMessage("user" if message.role == "system" else message.role, message.content)
        for message in messages
    ]
