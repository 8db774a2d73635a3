"""The tokeniser of an OpenVINO model: template, ids, and the bytes behind each id."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from baseload.fleet.worker.gguf import Value

CONTROL_KINDS = (3,)
"""Token types of a GGUF that never show in text: control."""
PIECE_CHARS = 2000
"""A piece of text this short is never cut by the tokeniser: at most four bytes, so tokens, a character."""
REMEMBERED = 64
END_OF_TEXT = b"<|endoftext|>"


class Vocabulary:
    """See `Words`. Encodings are remembered for a moment: a prompt is often counted first and then run."""

    def __init__(self, tokenizer: Any, facts: Mapping[str, Value], limit: int) -> None:
        self._tokenizer = tokenizer
        self._limit = limit
        by_id = {i: piece for piece, i in tokenizer.get_vocab().items()}
        kinds = facts.get("tokenizer.ggml.token_type")
        control = {i for i, k in enumerate(kinds) if k in CONTROL_KINDS} if isinstance(kinds, list) else set()
        eos = tokenizer.get_eos_token_id()
        control |= {eos} if eos >= 0 else set()
        self.stops = {i for i in control if i == eos or by_id.get(i) == END_OF_TEXT}
        self.control = frozenset(control)
        self.pieces: Sequence[bytes] = [
            b"" if i in control else by_id.get(i, b"") for i in range(max(by_id, default=0) + 1)
        ]
        self.longest = max((len(p) for p in by_id.values()), default=1)
        spelled = [by_id[i].decode("utf-8", "replace") for i in control if i in by_id]
        self._controls = sorted(spelled, key=len, reverse=True)
        self._known: OrderedDict[str, list[int]] = OrderedDict()

    def encode_chat(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        """See `Words`."""
        mark = self._mark(messages)
        literal = [{"role": m["role"], "content": self._broken(m["content"], mark)} for m in messages]
        text: str = self._tokenizer.apply_chat_template(literal, add_generation_prompt=True)
        return self._encode(text, mark)

    def encode_text(self, text: str) -> list[int]:
        """See `Words`."""
        return self._encode(text, "")

    def _mark(self, messages: Sequence[Mapping[str, str]]) -> str:
        """A character no message contains; empty when none spells a control token, which is nearly always."""
        if not any(c in m["content"] for m in messages for c in self._controls):
            return ""
        used = set().union(*(m["content"] for m in messages))
        return next(chr(c) for c in range(0xF0000, 0xFFFFE) if chr(c) not in used)

    def _broken(self, content: str, mark: str) -> str:
        """The text with a mark inside every control token somebody typed: the two halves are encoded apart."""
        if mark:
            for control in self._controls:
                content = content.replace(control, control[:1] + mark + control[1:])
        return content

    def _encode(self, text: str, mark: str) -> list[int]:
        known = self._known.get(text)
        if known is None:
            parts = text.split(mark) if mark else [text]
            known = [i for part in parts if part for i in self._ids(part)]
            self._known[text] = known
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return known

    def _ids(self, text: str) -> list[int]:
        """Ids of a text. One longer than the tokeniser takes is counted in pieces, for the refusal to be exact."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).input_ids.data[0].tolist()
        if len(ids) < self._limit or len(text) <= PIECE_CHARS:
            return ids
        return [i for at in range(0, len(text), PIECE_CHARS) for i in self._ids(text[at : at + PIECE_CHARS])]
