"""The ledger's commands: what the writer thread runs on the books. Each is a few lines around a pure function."""

from collections.abc import Sequence
from dataclasses import dataclass

from baseload.billing.admission import Admission, Grant, to_json
from baseload.billing.books import Books
from baseload.billing.entry import Entry
from baseload.billing.hold import Hold
from baseload.billing.lease import Reservation, Want, reserve
from baseload.billing.outcome import Outcome, Receipt
from baseload.billing.settlement import Settlement, settle
from baseload.errors import LedgerError
from baseload.store.chain import digest
from baseload.units import Micros, Nano

CASH = "house:cash"
REQUEST_HOLD_TTL_US = 24 * 3_600_000_000
"""A request's own hold is older than this only if a gateway leaked it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One start of one gateway: leases carry it, so that a later start knows which ones nobody serves any more."""

    owner: str
    number: int

    def lease_id(self, account_id: str) -> str:
        return f"lease:{self.owner}:{self.number}:{account_id}"


def open_epoch(books: Books) -> Epoch:
    """Count this start."""
    name = f"epoch:{books.source}"
    rows = books.conn.execute(
        "INSERT INTO meta (name, value) VALUES (?, '1') ON CONFLICT (name) DO UPDATE"
        " SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) RETURNING CAST(value AS INTEGER)",
        (name,),
    ).fetchall()
    return Epoch(owner=books.source, number=int(str(rows[0][0])))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """Find room for a queue of requests on one account: grow the gateway's lease or hold each by itself."""

    epoch: Epoch
    account_id: str
    wants: Sequence[tuple[Admission, bool]]
    free_nano: int
    chunk_nano: int
    prove: bool = False

    def __call__(self, books: Books) -> Reservation:
        if self.prove:
            books.prove()
        wants = [Want(request_id=a.request_id, bound_nano=a.bound_nano, alone=alone) for a, alone in self.wants]
        found = reserve(wants, books.account(self.account_id).available, self.free_nano, self.chunk_nano)
        if found.lease_grows_nano:
            books.resize_lease(self._lease(books), found.lease_grows_nano)
        for (admission, _), place in zip(self.wants, found.places, strict=True):
            if place.kind == "held":
                books.open_hold(self._request_hold(admission))
        return found

    def _lease(self, books: Books) -> Hold:
        lease_id = self.epoch.lease_id(self.account_id)
        lease = books.hold(lease_id)
        if lease is None:
            lease = Hold(
                id=lease_id,
                account_id=self.account_id,
                kind="lease",
                amount_nano=0,
                owner=self.epoch.owner,
                epoch=self.epoch.number,
                created_us=books.now_us,
            )
            books.open_hold(lease)
        return lease

    def _request_hold(self, a: Admission) -> Hold:
        return Hold(
            id=a.request_id,
            account_id=a.account_id,
            kind="request",
            amount_nano=a.bound_nano,
            owner=self.epoch.owner,
            epoch=self.epoch.number,
            admission=to_json(a).decode(),
            created_us=a.now_us,
            expires_us=a.now_us + REQUEST_HOLD_TTL_US,
        )


class Settle:
    """Settle one grant. Told again it looks first, and answers with the receipt it gave before."""

    __slots__ = ("epoch", "grant", "outcome", "run_before")

    def __init__(self, epoch: Epoch, grant: Grant, outcome: Outcome, *, run_before: bool = False) -> None:
        self.epoch, self.grant, self.outcome = epoch, grant, outcome
        self.run_before = run_before

    def __call__(self, books: Books) -> Receipt:
        admission = self.grant.admission
        known = books.receipt(admission.request_id) if self.run_before else None
        self.run_before = True
        done = settle(self.grant, self.outcome, books.price(admission.price_ver), books.source)
        if known is not None:
            return _already(books, done, *known)
        hold, charged = self._hold(books), done.receipt.amount_nano
        if hold is not None and hold.kind == "lease":
            books.resize_lease(hold, 0, charged)
        elif hold is not None:
            books.end_hold(hold, "settled" if charged else "voided", charged)
        books.settle(done)
        return done.receipt

    def _hold(self, books: Books) -> Hold | None:
        """What this request's charge comes out of. A free request under an empty lease has none."""
        admission = self.grant.admission
        held = self.grant.kind == "held"
        hold = books.hold(admission.request_id if held else self.epoch.lease_id(admission.account_id))
        if hold is None and self.grant.bound_nano == 0:
            return None
        if hold is None or hold.state != "held":
            raise LedgerError(f"request {admission.request_id} has no open hold; it cannot be settled")
        return hold


def _already(books: Books, again: Settlement, receipt: Receipt, payload_hash: bytes) -> Receipt:
    """The first telling stands; a different second one is kept aside for a person to look at."""
    if again.entry.payload_hash != payload_hash:
        books.set_aside(again.entry.idem_key, again.payload, again.entry.payload_hash)
    return receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Give back a durable hold that nothing was done with."""

    request_id: str

    def __call__(self, books: Books) -> None:
        hold = books.hold(self.request_id)
        if hold is not None and hold.state == "held":
            books.end_hold(hold, "voided")


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUp:
    """Money in. True when it was new, False when this `idem_key` was told before."""

    account_id: str
    amount_nano: Nano
    idem_key: str
    actor: str
    now_us: Micros

    def __call__(self, books: Books) -> bool:
        if self.amount_nano <= 0:
            raise LedgerError(f"a top-up of {self.amount_nano} nano-dollars is none; give a positive amount")
        told = "SELECT 1 FROM journal WHERE kind = 'topup' AND idem_key = ?"
        if books.conn.execute(told, (self.idem_key,)).fetchone():
            return False
        books.record(
            Entry(
                kind="topup",
                idem_key=self.idem_key,
                effective_us=self.now_us,
                actor=self.actor,
                payload_hash=digest((self.account_id, self.amount_nano)),
                postings=((self.account_id, self.amount_nano), (CASH, -self.amount_nano)),
            )
        )
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLeases:
    """Close leases and give back what they still bind: this gateway's own at its end, or those of earlier starts."""

    epoch: Epoch
    earlier: bool
    accounts: frozenset[str] | None = None

    def __call__(self, books: Books) -> tuple[int, Nano]:
        rows = books.conn.execute(
            "SELECT id FROM hold WHERE state = 'held' AND kind = 'lease' AND owner = ? AND (epoch < ?) = ?",
            (self.epoch.owner, self.epoch.number, self.earlier),
        ).fetchall()
        closed, returned = 0, 0
        for (lease_id,) in rows:
            lease = books.hold(str(lease_id))
            if lease is not None and (self.accounts is None or lease.account_id in self.accounts):
                closed, returned = closed + 1, returned + lease.bound_nano
                books.end_hold(lease, "expired" if self.earlier else "settled" if lease.settled_nano else "voided")
        return closed, Nano(returned)
