"""The work of the metering window: which attempt prefilled and decoded how much since the window opened.

Joules are shared over this, so it covers running attempts as well as ended ones, and each token falls in exactly one
window.
"""

from collections.abc import Iterable

from baseload.energy import Work

Key = tuple[str, int]


class WorkLog:
    """Cumulative counts in, differences out."""

    def __init__(self) -> None:
        self._accounted: dict[Key, tuple[int, int]] = {}
        self._window: dict[str, dict[Key, tuple[str, list[int]]]] = {}

    def note(self, pool: str, model: str, request_id: str, attempt_n: int, prefilled: int, emitted: int) -> None:
        """An attempt's counts so far. Only what is new since it was last noted is added to the window."""
        key = (request_id, attempt_n)
        before = self._accounted.get(key, (0, 0))
        new = (max(prefilled - before[0], 0), max(emitted - before[1], 0))
        if new == (0, 0):
            return
        self._accounted[key] = (prefilled, emitted)
        _, row = self._window.setdefault(pool, {}).setdefault(key, (model, [0, 0]))
        row[0] += new[0]
        row[1] += new[1]

    def ended(self, keys: Iterable[Key]) -> None:
        """These attempts are over and will not be noted again."""
        for key in keys:
            self._accounted.pop(key, None)

    def take(self, pool: str) -> list[Work]:
        """The window's work of a pool; the next window opens."""
        return [
            Work(request_id=request_id, attempt_n=n, prefilled=new[0], decoded=new[1], model=model)
            for (request_id, n), (model, new) in self._window.pop(pool, {}).items()
        ]

    def count(self, pool: str) -> int:
        """How many attempts the window has work of."""
        return len(self._window.get(pool, ()))
