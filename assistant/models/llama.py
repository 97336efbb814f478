"""A local GGUF model through llama.cpp's C API, as bound by llama-cpp-python.

The C API is used directly rather than the package's `Llama` class: that class redirects the
process's stdout and stderr while it loads, which blanks a running TUI, evaluates a prompt in one
call that cannot be cancelled, and cannot change adapters once loaded.
"""

from __future__ import annotations

import codecs
import ctypes
import json
import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Event as Flag
from threading import Lock, get_ident
from typing import Any, Literal

import psutil

from assistant.errors import ContextOverflow, ModelBroken, SetupNeeded
from assistant.models.base import (
    ChatMessage,
    Chunk,
    Completed,
    Likelihood,
    PromptProgress,
    TextDelta,
    Usage,
)
from assistant.models.chat_template import CHATML, Render, clean, segments
from assistant.models.llama_sampler import Sampler
from memory.errors import Interrupted

CHUNK_TOKENS = 128
"""Prompt tokens evaluated between two looks at the cancel flag; more gains little on a CPU."""

BACKGROUND_CHUNK_TOKENS = 32
"""The same for work that has to make room at once."""

SCORED_TOKENS = 64
"""Tokens scored at once: for each of them the logits of the whole vocabulary are kept."""

CLOSE_SECONDS = 30.0

_GGUF_MAGIC = b"GGUF"
_ALL_LAYERS = 0x7FFFFFFF


class LlamaCppModel:
    """LanguageModel on one GGUF file.

    The tokens whose state the KV cache holds are remembered; a prompt that begins with them is
    evaluated only from where it differs. Sampling with a temperature above 0 differs from one
    completion to the next, and the whole sequence of completions repeats with the same `seed`.
    """

    def __init__(
        self,
        path: Path,
        context_tokens: int,
        threads: int | None = None,
        seed: int = 0,
    ) -> None:
        """Load the model; `threads` is by default one per physical core.

        Raises SetupNeeded when the file is not there and ModelBroken when it cannot be loaded.
        """
        _require_gguf(path)
        self._open(path, _Weights(_library(), path), context_tokens, threads or _cores(), seed)

    def beside(self, context_tokens: int) -> LlamaCppModel:
        """Another model on the same weights, with a prefix cache of its own and no adapter.

        What works in the background so leaves the conversation's cache alone. It looks at its
        cancel flag often and takes half of the threads only. Close it too. Raises ModelBroken
        when there is no memory for it.
        """
        other = LlamaCppModel.__new__(LlamaCppModel)
        other._open(self._path, self._weights, context_tokens, max(1, self._threads // 2), 0)
        other._chunk = BACKGROUND_CHUNK_TOKENS
        return other

    def _open(
        self, path: Path, weights: _Weights, context_tokens: int, threads: int, seed: int
    ) -> None:
        """Make a context on the weights."""
        self._path = path
        self._seed = seed
        self._threads = threads
        self._chunk = CHUNK_TOKENS
        self._lock = Lock()
        self._owner: int | None = None
        self._closing = False
        self._cached: list[int] = []
        self._adapter: tuple[Any, float] | None = None
        self._weights = weights
        self._lib = weights.lib
        with weights.joined():
            self._model = weights.model
            self._vocab = self._lib.llama_model_get_vocab(self._model)
            trained = int(self._lib.llama_model_n_ctx_train(self._model))
            self._context_tokens = min(context_tokens, trained) if trained > 0 else context_tokens
            self._ctx = _new_context(self._lib, self._model, self._context_tokens, threads, path)
        self._memory = self._lib.llama_get_memory(self._ctx)
        self._render = self._chat_template()

    @property
    def name(self) -> str:
        return self._path.stem

    @property
    def context_tokens(self) -> int:
        """Tokens of prompt and completion together; never more than the model was trained for."""
        return self._context_tokens

    def count_tokens(self, messages: Sequence[ChatMessage]) -> int:
        return len(self._prompt(messages))

    def cached_tokens(self, messages: Sequence[ChatMessage]) -> int:
        return _shared(self._cached, self._prompt(messages)[:-1])

    def complete(
        self,
        messages: Sequence[ChatMessage],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        schema: dict[str, Any] | None = None,
        cancel: Flag | None = None,
    ) -> Iterator[Chunk]:
        """Stream a completion (see LanguageModel). Raises ValueError for a schema it cannot obey.

        With `max_tokens=0` the prompt is only evaluated, which warms the cache for the next one.
        """
        prompt = self._prompt(messages)
        if len(prompt) + max_tokens > self._context_tokens:
            raise ContextOverflow(
                f"A prompt of {len(prompt):,} tokens and an answer of {max_tokens:,} do not fit "
                f"the {self._context_tokens:,} tokens that {self.name} can hold."
            )
        grammar = None if schema is None else _grammar(schema)
        return self._stream(prompt, max_tokens, temperature, grammar, cancel or Flag())

    def read_ahead(self, messages: Sequence[ChatMessage], cancel: Flag) -> bool:
        """Read this prompt (see ReadsAhead); its last token is left to the completion."""
        prompt = self._prompt(messages)
        end = len(prompt) - 1
        with self._turn():
            for start in range(self._keep_prefix(prompt), end, BACKGROUND_CHUNK_TOKENS):
                if self._stopped(cancel):
                    return False
                self._evaluate(prompt[start : min(start + BACKGROUND_CHUNK_TOKENS, end)])
        return True

    def log_likelihoods(
        self,
        messages: Sequence[ChatMessage],
        texts: Sequence[str],
        *,
        cancel: Flag | None = None,
    ) -> list[Likelihood]:
        """How likely each text is as the answer (see Scores)."""
        prompt = self._prompt(messages)
        answers = [self._tokenize(clean(text), special=False) for text in texts]
        longest = max(map(len, answers), default=0)
        if len(prompt) + longest > self._context_tokens:
            raise ContextOverflow(
                f"A prompt of {len(prompt):,} tokens and an answer of {longest:,} do not fit "
                f"the {self._context_tokens:,} tokens that {self.name} can hold."
            )
        found: list[Likelihood] = []
        before: list[int] = []
        with self._turn():
            for answer in answers:
                known = _shared(before, answer)
                known_log_probs = found[-1].log_probs[:known] if found else ()
                rest = self._log_probs(prompt + answer, len(prompt) + known, cancel or Flag())
                found.append(Likelihood((*known_log_probs, *rest)))
                before = answer
        return found

    def pieces(self, text: str) -> list[str]:
        """The text cut into its tokens (see Scores)."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        tokens = self._tokenize(clean(text), special=False)
        return [decoder.decode(self._piece(token)) for token in tokens]

    def use_adapter(self, path: Path | None, scale: float = 1.0) -> None:
        """Serve with this GGUF LoRA, or with none. On ModelBroken all stays as it was."""
        with self._turn():
            adapter = None if path is None else (self._load_adapter(path), scale)
            if not self._set_adapter(adapter):
                if adapter is not None:
                    self._lib.llama_adapter_lora_free(adapter[0])
                self._set_adapter(self._adapter)
                raise ModelBroken(f"The adapter {path} does not fit {self.name}; train it again.")
            old, self._adapter = self._adapter, adapter
            if old is not None:
                self._lib.llama_adapter_lora_free(old[0])
            # What the cache holds was computed with the other weights.
            self._forget_from(0)

    def close(self) -> None:
        """Free the model. A completion under way ends as cancelled and frees it then."""
        self._closing = True
        if self._owner == get_ident():
            return
        # A completion that nobody goes on reading keeps its lock; the process's end frees it then.
        if self._lock.acquire(timeout=CLOSE_SECONDS):
            try:
                self._free()
            finally:
                self._lock.release()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Exclusive use of the context. Raises RuntimeError where waiting could never end."""
        if self._owner == get_ident():
            raise RuntimeError("finish or close this thread's other completion first")
        with self._lock:
            if self._closing:
                self._free()
                raise RuntimeError("the model is closed")
            self._owner = get_ident()
            try:
                yield
            finally:
                self._owner = None
                if self._closing:
                    self._free()

    def _free(self) -> None:
        """Give back all native memory; the lock is held. Adapters go with their model."""
        if self._ctx is not None:
            self._lib.llama_free(self._ctx)
            self._weights.leave()
            self._ctx = self._model = self._vocab = self._memory = self._adapter = None

    # Prompts

    def _chat_template(self) -> Render:
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        template = self._lib.llama_model_chat_template(self._model, None)
        formatter = Jinja2ChatFormatter(
            template=template.decode("utf-8", "replace") if template else CHATML,
            bos_token=self._token_text(self._lib.llama_vocab_bos(self._vocab)),
            eos_token=self._token_text(self._lib.llama_vocab_eos(self._vocab)),
        )
        # Models that can think aloud are asked not to: an answer on a CPU has no time for it.
        return lambda messages: str(formatter(messages=messages, enable_thinking=False).prompt)

    def _token_text(self, token: int) -> str:
        return "" if token < 0 else str(self._lib.llama_vocab_get_text(self._vocab, token).decode())

    def _prompt(self, messages: Sequence[ChatMessage]) -> list[int]:
        """Token ids of the rendered messages; each message's tokens depend on its text alone."""
        if self._closing:
            raise RuntimeError("the model is closed")
        tokens: list[int] = []
        for segment in segments(self._render, messages):
            tokens += self._tokenize(segment.text, special=segment.from_template)
        bos = int(self._lib.llama_vocab_bos(self._vocab))
        wants_bos = self._lib.llama_vocab_get_add_bos(self._vocab) or not tokens
        if wants_bos and bos >= 0 and tokens[:1] != [bos]:
            tokens.insert(0, bos)
        return tokens

    def _tokenize(self, text: str, *, special: bool) -> list[int]:
        data = text.encode("utf-8")
        room = len(data) + 8  # a token is at least a byte, and a few are added around a text
        buffer = (self._lib.llama_token * room)()
        count = self._lib.llama_tokenize(self._vocab, data, len(data), buffer, room, False, special)
        if count < 0:
            raise ModelBroken(f"{self.name} cannot tokenise this text; choose another model.")
        return list(buffer[:count])

    # Completions

    def _stream(
        self,
        prompt: list[int],
        max_tokens: int,
        temperature: float,
        grammar: bytes | None,
        cancel: Flag,
    ) -> Iterator[Chunk]:
        with self._turn(), self._sampler(temperature, grammar) as sampler:
            cached = self._keep_prefix(prompt)
            yield PromptProgress(cached, len(prompt))
            for start in range(cached, len(prompt), self._chunk):
                if self._stopped(cancel):
                    yield Completed(Usage(len(prompt), cached, 0), "cancelled")
                    return
                self._evaluate(prompt[start : start + self._chunk])
                yield PromptProgress(len(self._cached), len(prompt))
            finish, count = yield from self._answer(sampler, max_tokens, cancel)
            yield Completed(Usage(len(prompt), cached, count), finish)

    def _answer(
        self, sampler: Sampler, max_tokens: int, cancel: Flag
    ) -> Generator[Chunk, None, tuple[Literal["stop", "length", "cancelled"], int]]:
        """Sample tokens one by one; the prompt is evaluated. Returns why it ended and the count."""
        # A token may hold part of a character; the rest comes with the next token or never.
        decoder = codecs.getincrementaldecoder("utf-8")("ignore")
        for count in range(max_tokens):
            if self._stopped(cancel):
                return "cancelled", count
            token = sampler.sample(self._ctx)
            if self._lib.llama_vocab_is_eog(self._vocab, token):
                return "stop", count
            if text := decoder.decode(self._piece(token)):
                yield TextDelta(text)
            if count + 1 < max_tokens:
                self._evaluate([token])
        return "length", max_tokens

    def _log_probs(self, tokens: list[int], start: int, cancel: Flag) -> list[float]:
        """The log-probability of each token from `start` on, given all before it."""
        if start == len(tokens):
            return []
        # The logits for a token come of evaluating the one before it.
        self._keep_prefix(tokens[:start])
        size = self._chunk
        for at in range(len(self._cached), start - 1, size):
            self._raise_if_stopped(cancel)
            self._evaluate(tokens[at : min(at + size, start - 1)])
        found: list[float] = []
        size = min(size, SCORED_TOKENS)
        for at in range(start - 1, len(tokens) - 1, size):
            self._raise_if_stopped(cancel)
            read = tokens[at : min(at + size, len(tokens) - 1)]
            found += self._evaluate_scoring(read, tokens[at + 1 : at + 1 + len(read)])
        return found

    def _raise_if_stopped(self, cancel: Flag) -> None:
        if self._stopped(cancel):
            raise Interrupted("Scoring was cancelled; what was read need not be read again.")

    def _stopped(self, cancel: Flag) -> bool:
        return self._closing or cancel.is_set()

    def _piece(self, token: int) -> bytes:
        """The bytes of a token; control tokens have none."""
        room = 64
        while True:
            buffer = ctypes.create_string_buffer(room)
            size = self._lib.llama_token_to_piece(self._vocab, token, buffer, room, 0, False)
            if size >= 0:
                return buffer.raw[:size]
            room = -size

    @contextmanager
    def _sampler(self, temperature: float, grammar: bytes | None) -> Iterator[Sampler]:
        sampler = Sampler(
            self._lib, self._vocab, temperature=temperature, seed=self._seed, grammar=grammar
        )
        # Else asking again for the same prompt would always give the same answer.
        self._seed += 1
        try:
            yield sampler
        finally:
            sampler.close()

    # The KV cache; `_cached` always lists exactly the tokens whose state it holds

    def _keep_prefix(self, prompt: list[int]) -> int:
        """Drop all but the longest prefix shared with the prompt; returns its length in tokens.

        The last prompt token is never kept: sampling needs the logits of evaluating it.
        """
        self._forget_from(_shared(self._cached, prompt[:-1]))
        return len(self._cached)

    def _forget_from(self, position: int) -> None:
        if position and self._lib.llama_memory_seq_rm(self._memory, 0, position, -1):
            del self._cached[position:]
            return
        # Recurrent models cannot drop a part.
        self._lib.llama_memory_clear(self._memory, True)
        self._cached.clear()

    def _evaluate(self, tokens: list[int]) -> None:
        """Read the tokens; the logits after the last of them are there then."""
        array = (self._lib.llama_token * len(tokens))(*tokens)
        self._decode(self._lib.llama_batch_get_one(array, len(tokens)), tokens)

    def _evaluate_scoring(self, tokens: list[int], following: list[int]) -> list[float]:
        """Read the tokens; gives the log-probability of what follows each of them."""
        import numpy as np

        array = (self._lib.llama_token * len(tokens))(*tokens)
        batch = self._lib.llama_batch_get_one(array, len(tokens))
        batch.logits = (ctypes.c_int8 * len(tokens))(*[1] * len(tokens))
        self._decode(batch, tokens)
        size = int(self._lib.llama_vocab_n_tokens(self._vocab))
        raw = self._lib.llama_get_logits(self._ctx)
        logits = np.ctypeslib.as_array(raw, shape=(len(tokens), size))
        top = logits.max(axis=1, keepdims=True)
        norm = np.log(np.exp(logits - top).sum(axis=1, dtype=np.float64)) + top[:, 0]
        return [float(each) for each in logits[np.arange(len(tokens)), following] - norm]

    def _decode(self, batch: Any, tokens: list[int]) -> None:
        if code := self._lib.llama_decode(self._ctx, batch):
            self._forget_from(0)
            raise ModelBroken(
                f"{self.name} stopped with llama.cpp error {code}; ask again, and if that does "
                "not help run `lifelore doctor`."
            )
        self._cached += tokens

    # Adapters

    def _load_adapter(self, path: Path) -> Any:
        _require_gguf(path)
        adapter = self._lib.llama_adapter_lora_init(self._model, os.fsencode(path))
        if not adapter:
            raise ModelBroken(
                f"The adapter {path} is damaged or not made for {self.name}; train it again."
            )
        return adapter

    def _set_adapter(self, adapter: tuple[Any, float] | None) -> bool:
        if adapter is None:
            return bool(self._lib.llama_set_adapters_lora(self._ctx, None, 0, None) == 0)
        pointers = (self._lib.llama_adapter_lora_p_ctypes * 1)(adapter[0])
        scales = (ctypes.c_float * 1)(adapter[1])
        return bool(self._lib.llama_set_adapters_lora(self._ctx, pointers, 1, scales) == 0)


class _Weights:
    """A model file in memory, given back when the last context on it is."""

    def __init__(self, lib: Any, path: Path) -> None:
        self.lib = lib
        self.model = _load_model(lib, path)
        self._users = 0
        self._lock = Lock()

    @contextmanager
    def joined(self) -> Iterator[None]:
        """One more user; none more where the block fails."""
        with self._lock:
            if self.model is None:
                raise RuntimeError("the model is closed")
            self._users += 1
        try:
            yield
        except BaseException:
            self.leave()
            raise

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self.lib.llama_model_free(self.model)
                self.model = None


def _shared(held: Sequence[int], wanted: Sequence[int]) -> int:
    """Length of the longest prefix that both have."""
    count = 0
    for one, other in zip(held, wanted, strict=False):
        if one != other:
            break
        count += 1
    return count


@cache
def _library() -> Any:
    """The C API, made silent: a line on stderr would be written across the TUI."""
    # Threads that spin while they wait for each other make a busy machine ten times slower than
    # threads that sleep. OpenMP reads this once, when it is loaded; a user's own choice stands.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from llama_cpp import llama_cpp as lib

    lib.llama_log_set(_silent_log(), None)
    lib.llama_backend_init()
    return lib


@cache
def _silent_log() -> Any:
    """The log callback; cached because llama.cpp calls it for as long as the process lives."""
    from llama_cpp import llama_cpp as lib

    return lib.llama_log_callback(lambda level, text, data: None)


def _require_gguf(path: Path) -> None:
    """Raise SetupNeeded or ModelBroken unless the file is there and begins as a GGUF does."""
    if not path.is_file():
        raise SetupNeeded(f"There is no model file {path}; run `lifelore setup`.")
    with path.open("rb") as file:
        if file.read(len(_GGUF_MAGIC)) != _GGUF_MAGIC:
            raise ModelBroken(f"{path} is not a GGUF file; run `lifelore setup` to fetch one.")


def _load_model(lib: Any, path: Path) -> Any:
    params = lib.llama_model_default_params()
    # On CPUs with AMX the kernels for re-packed weights crash the whole process at the first
    # prompt; the ordinary kernels work everywhere. Other CPUs gain from re-packing.
    params.use_extra_bufts = b"AMX_INT8 = 1" not in lib.llama_print_system_info()
    # A GPU that cannot hold the model is no reason to fail; the CPU can.
    for layers in (_ALL_LAYERS, 0) if lib.llama_supports_gpu_offload() else (0,):
        params.n_gpu_layers = layers
        if model := lib.llama_model_load_from_file(os.fsencode(path), params):
            return model
    raise ModelBroken(
        f"{path} is damaged, incomplete or of a kind this version cannot load; "
        "run `lifelore doctor`, or delete it and run `lifelore setup`."
    )


def _new_context(lib: Any, model: Any, context_tokens: int, threads: int, path: Path) -> Any:
    params = lib.llama_context_default_params()
    params.n_ctx = context_tokens
    params.n_batch = params.n_ubatch = CHUNK_TOKENS
    params.n_threads = params.n_threads_batch = threads
    params.no_perf = True
    # With the small sliding-window cache (Gemma) an old prefix could not be returned to.
    params.swa_full = True
    if context := lib.llama_init_from_model(model, params):
        return context
    raise ModelBroken(
        f"{path.name} needs more memory than there is for {context_tokens:,} tokens of context; "
        "set a smaller context or choose a smaller model."
    )


def _cores() -> int:
    """Physical cores this process may use; a second thread a core only slows llama.cpp down."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(psutil.cpu_count(logical=False) or 1, allowed or 1))


def _grammar(schema: dict[str, Any]) -> bytes:
    """The GBNF grammar of a JSON schema. Raises ValueError when it has none."""
    try:
        converter = _schema_converter()(
            prop_order={}, allow_fetch=False, dotall=False, raw_pattern=False
        )
        converter.visit(converter.resolve_refs(json.loads(json.dumps(schema)), "schema"), "")
        return str(converter.format_grammar()).encode("utf-8")
    # The converter fails with whatever its recursion meets in a schema it does not know.
    except Exception as error:
        raise ValueError(f"no grammar can be made of this JSON schema ({error})") from error


@cache
def _schema_converter() -> Any:
    """The package's converter, corrected where its grammars allow text that is no JSON."""
    from llama_cpp.llama_grammar import SchemaConverter

    class Converter(SchemaConverter):  # type: ignore[misc]
        def _format_literal(self, literal: str) -> str:
            """A JSON text as a GBNF literal: its own backslashes count, and nothing is a code."""
            text = json.dumps(json.loads(literal), ensure_ascii=False)
            return '"{}"'.format(text.replace("\\", "\\\\").replace('"', '\\"'))

        def format_grammar(self) -> Any:
            """Strings hold no raw control characters, nor codes that may name half a character."""
            plain = r'[^"\\\x7F\x00-\x1F]'
            corrected = {"char": plain + r' | "\\" ["\\/bfnrt]', "dot": plain}
            self._rules.update({k: v for k, v in corrected.items() if k in self._rules})
            return super().format_grammar()

    return Converter
