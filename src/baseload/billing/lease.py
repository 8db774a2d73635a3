"""Leases, as pure functions: how much of a balance a gateway takes ahead, and how a crowd at the limit is served.

Invariant at every instant: Σ bounds of open requests ≤ Σ durable holds ≤ posted + credit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

GREED = 4
"""A lease takes at most this fraction (1/4) of what is left, so that near the limit holds are single and exact."""
FIRST_CHUNK = 8
"""The first slice has room for so many requests like the one that asked."""
BUSY_US = 1_000_000
"""A slice used up faster than this was too small: the next one is twice as large."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """One request that waits for its bound. `alone`: it must have a durable hold of its own."""

    request_id: str
    bound_nano: int
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What became of a want, in its place of the order. `short_nano` is what was missing when it was refused."""

    kind: Literal["leased", "held", "refused"]
    short_nano: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """Answers in the order of the wants, and by how much the lease grows durably (a minus gives back)."""

    places: tuple[Place, ...]
    lease_grows_nano: int

    @property
    def wrote(self) -> bool:
        """Whether anything durable came of it."""
        return self.lease_grows_nano != 0 or any(p.kind == "held" for p in self.places)


def reserve(wants: Sequence[Want], available_nano: int, free_nano: int, chunk_nano: int) -> Reservation:
    """Serve wants first come, first served, from the lease's free part and the account's durable available part.

    In this order each: it fits the lease; the lease grows by a slice; a hold of its own; the lease grows by just what
    is missing, so that the last nano-dollar can be spent; refused.
    """
    places: list[Place] = []
    free, available = free_nano, available_nano
    for want in wants:
        bound = want.bound_nano
        need = bound - free
        slice_nano = min(chunk_nano, available // GREED)
        kind: Literal["leased", "held", "refused"]
        if want.alone:
            back = min(max(0, bound - available), max(0, free))  # the lease gives back what the hold needs
            fits = bound <= available + back
            kind, free, available = ("held", free - back, available + back) if fits else ("refused", free, available)
        elif need <= 0:
            kind = "leased"
        elif need <= slice_nano:
            kind, free, available = "leased", free + slice_nano, available - slice_nano
        elif bound <= available:
            kind = "held"
        elif need <= available:
            kind, free, available = "leased", free + need, available - need
        else:
            kind = "refused"
        if kind == "leased":
            free -= bound
        elif kind == "held":
            available -= bound
        short = bound - available - free if kind == "refused" else 0
        places.append(Place(kind=kind, short_nano=short))
    held = sum(w.bound_nano for w, p in zip(wants, places, strict=True) if p.kind == "held")
    return Reservation(places=tuple(places), lease_grows_nano=available_nano - available - held)


def next_chunk(chunk_nano: int, bounds_nano: Sequence[int], since_last_us: int) -> int:
    """The size of the next slice: doubled when the last one went quickly, halved when it lasted."""
    first = max(bounds_nano[0] * FIRST_CHUNK, sum(bounds_nano))
    if since_last_us < BUSY_US:
        return max(first, chunk_nano * 2)
    return max(first, chunk_nano // 2)
