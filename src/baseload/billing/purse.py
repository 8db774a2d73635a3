"""A gateway's purse for one account: the part of its lease that is free now, and who waits for it, first come first."""

import asyncio
from collections import deque
from dataclasses import dataclass

from baseload.billing.admission import Admission, Grant
from baseload.billing.lease import next_chunk
from baseload.store.tally import Row


@dataclass(slots=True, kw_only=True, eq=False)
class Waiter:
    """A request whose bound did not fit at once."""

    admission: Admission
    granted: "asyncio.Future[Grant]"
    alone: bool = False
    """It needs a durable hold of its own, the spool being full."""


@dataclass(slots=True, kw_only=True)
class OpenGrant:
    """A grant not yet settled. `row` is its place in the spool; a durable hold needs none."""

    grant: Grant
    purse: "Purse"
    row: Row | None
    settling: bool = False


class Purse:
    """free + Σ bounds of open leased grants = what the lease durably binds. Touched by the event loop only."""

    __slots__ = ("_asked_us", "_chunk_nano", "account_id", "free_nano", "queue", "serving")

    def __init__(self, account_id: str) -> None:
        self.account_id = account_id
        self.free_nano = 0
        self.queue: deque[Waiter] = deque()
        self.serving = False
        self._chunk_nano = 0
        self._asked_us = 0

    @property
    def waiting_nano(self) -> int:
        return sum(w.admission.bound_nano for w in self.queue)

    def next_chunk(self, batch: list[Waiter]) -> int:
        """How large a slice to ask for, given how soon the last one was used up."""
        now_us = batch[0].admission.now_us
        bounds = [w.admission.bound_nano for w in batch]
        self._chunk_nano = next_chunk(self._chunk_nano, bounds, now_us - self._asked_us)
        self._asked_us = now_us
        return self._chunk_nano

    def leave(self, gone: list[Waiter]) -> None:
        """These have their answer."""
        answered = set(gone)
        self.queue = deque(w for w in self.queue if w not in answered)
