"""A journal entry: what happened, the rows it vouches for, and postings that add up to nothing."""

from dataclasses import dataclass
from typing import Literal

from baseload.store.chain import link

EntryKind = Literal["topup", "usage", "price", "energy", "reversal"]
Posting = tuple[str, int]
"""Account and nano-dollars; plus is credit."""
CURRENCY = "USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`idem_key` is the caller's id of the step: told twice, it is written once. `payload_hash` covers other rows."""

    kind: EntryKind
    idem_key: str
    effective_us: int
    actor: str
    payload_hash: bytes
    postings: tuple[Posting, ...] = ()
    reverses_id: int | None = None

    def __post_init__(self) -> None:
        total = 0
        for _, amount in self.postings:
            total += amount
        if total:
            raise ValueError(f"the postings of {self.kind} {self.idem_key} do not add up to 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of one writer's chain, and the number of the last entry of all."""

    last_id: int
    hash: bytes
    length: int
    recorded_us: int


def entry_hash(prev_hash: bytes, entry_id: int, writer: str, entry: Entry, recorded_us: int) -> bytes:
    """What the next entry will name as its predecessor."""
    return link(
        prev_hash,
        (
            entry_id,
            writer,
            entry.kind,
            entry.idem_key,
            entry.effective_us,
            recorded_us,
            entry.reverses_id,
            entry.actor,
            entry.payload_hash.hex(),
            [(account, amount, CURRENCY) for account, amount in entry.postings],
        ),
    )
