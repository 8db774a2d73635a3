"""After a crash: requests that were let in and never settled are put on record as lost, and old leases go back."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from baseload.billing.admission import Admission, Grant, from_json
from baseload.billing.books import Books
from baseload.billing.outcome import Attempt, Outcome
from baseload.billing.settlement import settle
from baseload.units import Mark, Micros, Millijoule, Nano


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What an engine's own table says of a request whose gateway died."""

    prefilled: int
    emitted: int
    replica: str = ""
    pool: str = ""


Witness = Callable[[Admission], Awaitable[Count | None]]
"""Who is asked what an engine did for a request: its own table, or its count endpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryReport:
    """What `recover` found and did. All zero when the last gateway closed in order."""

    epoch: int
    resolved: int
    """Requests put on record as lost."""
    already_settled: int
    """Left in the spool though settled: the gateway died between COMMIT and forgetting them."""
    posted: int
    """Ends that were durable in the day-book and not yet in the books."""
    set_aside: int
    """Such ends that the books refuse: in `quarantine`, for a person to look at."""
    unreadable: int
    """Spool rows that name nothing of this ledger: torn by a power loss, or left by another database."""
    lost_tokens: int
    estimated: int
    """Of those resolved, how many no engine could count."""
    leases_closed: int
    returned_nano: Nano


Resolution = Literal["resolved", "already_settled"]


def abandoned(books: Books, epoch: int) -> list[Admission]:
    """Requests with a durable hold from an earlier start."""
    rows = books.conn.execute(
        "SELECT admission FROM hold WHERE state = 'held' AND kind = 'request' AND owner = ? AND epoch < ?"
        " AND admission IS NOT NULL",
        (books.source, epoch),
    )
    return [from_json(str(row[0])) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    """One abandoned request: nothing billed, what its engine emitted lost. Run again it finds it done."""

    admission: Admission
    count: Count | None
    now_us: Micros

    def __call__(self, books: Books) -> Resolution:
        request = self.admission.request_id
        if books.receipt(request) is not None:
            return "already_settled"
        hold = books.hold(request)
        if hold is not None and hold.state == "held":
            books.end_hold(hold, "expired")
        grant = Grant(admission=self.admission, kind="leased", bound_nano=self.admission.bound_nano)
        price = books.price(self.admission.price_ver)
        books.settle(settle(grant, lost(self.admission, self.count, self.now_us), price, books.source))
        return "resolved"


def lost(admission: Admission, count: Count | None, now_us: Micros) -> Outcome:
    """The outcome of a request whose gateway died: whatever reached the client, it was never told what it owed."""
    known = count or Count(prefilled=0, emitted=0)
    attempt = Attempt(
        n=1,
        replica=known.replica,
        prefilled=known.prefilled,
        prefill_billed=0,
        emitted=known.emitted,
        delivered=0,
        billed=0,
        lost=known.emitted,
        reason="gateway_died",
        count_mark="counted" if count else "estimated",
        started_us=admission.now_us,
        ended_us=now_us,
    )
    return Outcome(
        attempts=(attempt,),
        tok_in=0,
        tok_cached=None,
        tok_out=0,
        energy_mj=Millijoule(0),
        energy_kind=Mark.MODELLED,
        finish="gateway_died",
        pool=known.pool,
        replica=known.replica,
        first_token_us=None,
        queue_us=0,
        now_us=now_us,
    )
