"""Examples as token ids, exactly as the served model reads them.

The chat template is rendered around placeholders; what it writes is tokenised with control
tokens, what people wrote without, each by itself. So is the prompt at serving time, and a text
that holds `<|im_end|>` cannot end its own turn.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from finetune.errors import BaseUnsupported
from finetune.examples import Said
from finetune.ports import Framing, unframed

CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""The template of a base that carries none, as for serving."""

_PLACEHOLDER = re.compile("\x02(\\d+)\x03")


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids of prompt and answer together; the answer, its end of turn included, from `start`
    on. `weights` has one entry a token of the answer."""

    ids: tuple[int, ...]
    start: int
    weights: tuple[float, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def answer(self) -> tuple[int, ...]:
        return self.ids[self.start :]


class Encoder:
    """Encodes for one tokenizer. Raises BaseUnsupported where its template renders no chat."""

    def __init__(self, tokenizer: Any, frame: Framing = unframed) -> None:
        self._tokenizer = tokenizer
        self._frame = frame
        self._template = tokenizer.chat_template or CHATML
        self._leading = self._leading_tokens()
        self._end = self._end_of_turn()

    def encode(self, prompt: Sequence[Said], answer: str, notes: Sequence[str] = ()) -> Encoded:
        """The request with its notes, as the product puts them, and the answer."""
        ids = self.prompt(self._frame(prompt, notes))
        return Encoded((*ids, *self._text(answer), self._end), len(ids))

    def prompt(self, prompt: Sequence[Said]) -> list[int]:
        """Token ids up to where the assistant begins to answer."""
        ids: list[int] = []
        for index, piece in enumerate(_PLACEHOLDER.split(self._render(prompt, asks=True))):
            ids += self._text(prompt[int(piece)].text) if index % 2 else self._control(piece)
        if self._leading and ids[:1] != self._leading:
            ids = [*self._leading, *ids]
        return ids

    def _render(self, messages: Sequence[Said], *, asks: bool) -> str:
        chat = [{"role": m.role, "content": f"\x02{i}\x03"} for i, m in enumerate(messages)]
        try:
            text: str = self._tokenizer.apply_chat_template(
                chat,
                chat_template=self._template,
                tokenize=False,
                add_generation_prompt=asks,
                enable_thinking=False,
            )
        # A template is a program from a downloaded file and may fail with anything.
        except Exception as error:
            raise BaseUnsupported(f"The chat template renders no chat ({error}).") from error
        return text

    def _control(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False).input_ids) if text else []

    def _text(self, text: str) -> list[int]:
        # Templates trim, and so a prompt read at serving time has no outer white space either.
        encoded = self._tokenizer(text, add_special_tokens=False, split_special_tokens=True)
        return list(encoded.input_ids)

    def _leading_tokens(self) -> list[int]:
        """[bos] for a tokenizer that puts it before every text."""
        ids = list(self._tokenizer("a").input_ids)
        return ids[:1] if ids and ids[0] == self._tokenizer.bos_token_id else []

    def _end_of_turn(self) -> int:
        """The control token that the template writes behind an answer."""
        asked, said = Said(role="user", text=""), Said(role="assistant", text="")
        behind = _PLACEHOLDER.split(self._render([asked, said], asks=False))[-1]
        ids = self._control(behind)
        special = set(self._tokenizer.all_special_ids)
        return next((t for t in ids if t in special), self._tokenizer.eos_token_id)
