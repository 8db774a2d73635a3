"""Tokens to text, as they come: whole characters only, and never a character past a stop string."""

import codecs
from collections.abc import Sequence


class TextStream:
    """The text of one choice.

    Bytes of an unfinished UTF-8 character are kept back until the rest comes, and so is a tail that may turn out
    to be the beginning of a stop string. What has been let out is never taken back.
    """

    __slots__ = ("_decode", "_held", "_pieces", "_stops")

    def __init__(self, pieces: Sequence[bytes], stops: Sequence[str] = ()) -> None:
        self._pieces = pieces
        self._stops = tuple(stops)
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._held = ""

    def feed(self, ids: Sequence[int]) -> tuple[str, bool]:
        """New text, and whether a stop string has been met (its text and all after it are dropped)."""
        pieces = self._pieces
        data = pieces[ids[0]] if len(ids) == 1 else b"".join([pieces[i] for i in ids])
        text = self._decode(data)
        return self._release(text) if self._stops else (text, False)

    def finish(self) -> str:
        """What was kept back, when no more tokens come."""
        text, self._held = self._held + self._decode(b"", True), ""
        return text

    def _release(self, text: str) -> tuple[str, bool]:
        text = self._held + text
        found = [at for at in (text.find(stop) for stop in self._stops) if at >= 0]
        if found:
            self._held = ""
            return text[: min(found)], True
        keep = max(_overlap(text, stop) for stop in self._stops)
        cut = len(text) - keep
        self._held = text[cut:]
        return text[:cut], False


def _overlap(text: str, stop: str) -> int:
    """Length of the longest tail of `text` that begins `stop`."""
    for size in range(min(len(text), len(stop) - 1), 0, -1):
        if text.endswith(stop[:size]):
            return size
    return 0
