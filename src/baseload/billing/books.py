"""The books in one transaction: balances and holds read once, changed in memory, written back before COMMIT.

A group of settlements touches few accounts, so each is read and written once however many requests move it.
"""

import apsw

from baseload.billing.account import Balance
from baseload.billing.entry import Entry, Head
from baseload.billing.hold import HOLD, Hold, HoldState
from baseload.billing.journal import Journal
from baseload.billing.outcome import Receipt
from baseload.billing.price import TWIN, PriceVersion
from baseload.billing.settlement import ATTEMPT, RATED, USAGE, Settlement
from baseload.errors import LedgerError
from baseload.store.unit import Row, Unit, insert_rows
from baseload.units import Nano

PRICE_COLUMNS = (
    "id",
    "book",
    "model",
    "tier",
    "business",
    "input_pico",
    "cached_input_pico",
    "output_pico",
    "valid_from_us",
    "known_from_us",
)


class Memory:
    """What the last commit left, so that the next group need not read it again. Nothing else writes these rows."""

    def __init__(self) -> None:
        self.is_certain = False
        self.forget()

    def forget(self) -> None:
        """After anything but a commit, only the disk knows."""
        self.head: Head | None = None
        self.accounts: dict[str, Balance] = {}
        self.leases: dict[str, Hold] = {}
        self.prices: dict[str, PriceVersion] = {TWIN.id: TWIN}


class Books(Unit):
    """What ledger commands work on. A command changes it only once it is sure to succeed."""

    def __init__(
        self, conn: apsw.Connection, now_us: int, source: str = "gateway", memory: Memory | None = None
    ) -> None:
        super().__init__(conn, now_us)
        self.source = source
        self._memory = memory or Memory()
        if not self._memory.is_certain:
            self._memory.forget()
        self._memory.is_certain = False  # until this transaction is committed, too
        self.journal = Journal(conn, source, now_us, self._memory.head)
        self._accounts: dict[str, Balance] = {}
        self._holds: dict[str, Hold] = {}
        self._usage: list[Row] = []
        self._attempts: list[Row] = []
        self._rated: list[Row] = []

    def account(self, account_id: str) -> Balance:
        found = self._accounts.get(account_id) or self._memory.accounts.get(account_id)
        if found is None:
            row = self.conn.execute(
                "SELECT credit_nano, posted_nano, held_nano FROM account WHERE id = ?", (account_id,)
            ).fetchone()
            if row is None:
                raise LedgerError(f"no account {account_id!r}; tenants get theirs from the description at start")
            found = Balance(account_id, *row)
        self._accounts[account_id] = found
        return found

    def hold(self, hold_id: str) -> Hold | None:
        found = self._holds.get(hold_id) or self._memory.leases.get(hold_id)
        if found is None:
            row = self.conn.execute(f"SELECT {','.join(HOLD.columns)} FROM hold WHERE id = ?", (hold_id,)).fetchone()  # noqa: S608
            if row is not None:
                columns = dict(zip(HOLD.columns, row, strict=True))
                found = Hold(**columns, is_new=False, is_changed=False)
        if found is not None:
            self._holds[hold_id] = found
        return found

    def open_hold(self, hold: Hold) -> None:
        """Bind its amount in its account."""
        self._holds[hold.id] = hold
        self.account(hold.account_id).move(held=hold.bound_nano)

    def end_hold(self, hold: Hold, state: HoldState, settled_nano: int = 0) -> None:
        """Settle, void or expire, once: what it still binds goes back, `settled_nano` of it having been charged."""
        self.account(hold.account_id).move(held=-hold.bound_nano)
        hold.settled_nano += settled_nano
        hold.state, hold.closed_us, hold.is_changed = state, self.now_us, True

    def resize_lease(self, hold: Hold, grow_nano: int, charge_nano: int = 0) -> None:
        """A lease grows from the balance, gives back, or pays a charge."""
        hold.amount_nano += grow_nano
        hold.settled_nano += charge_nano
        hold.is_changed = True
        self.account(hold.account_id).move(held=grow_nano - charge_nano)

    def price(self, price_ver: str) -> PriceVersion:
        found = self._memory.prices.get(price_ver)
        if found is None:
            row = self.conn.execute(
                f"SELECT {','.join(PRICE_COLUMNS)} FROM price_version WHERE id = ?",  # noqa: S608
                (price_ver,),
            ).fetchone()
            if row is None:
                raise LedgerError(f"no price version {price_ver!r} in this ledger; load its book first")
            found = self._memory.prices[price_ver] = PriceVersion(**dict(zip(PRICE_COLUMNS, row, strict=True)))
        return found

    def receipt(self, request_id: str) -> tuple[Receipt, bytes] | None:
        """What was already settled under this id, with its payload hash."""
        row = self.conn.execute(
            "SELECT amount_nano, price_ver, payload_hash FROM usage_event WHERE event_id = ?", (request_id,)
        ).fetchone()
        return (Receipt(amount_nano=Nano(row[0]), price_ver=row[1]), bytes(row[2])) if row else None

    def record(self, entry: Entry) -> int:
        """Chain an entry and post it."""
        number = self.journal.record(entry)
        for account, amount in entry.postings:
            self.account(account).move(posted=amount)
        return number

    def settle(self, done: Settlement) -> None:
        """Add a settlement's rows; its hold or lease is the caller's."""
        number = self.record(done.entry)
        source, event_id, price_ver = self.source, done.entry.idem_key, done.receipt.price_ver
        self._usage.append((*done.usage, self.journal.recorded_us, done.entry.payload_hash))
        self._attempts.extend(done.attempts)
        self._rated.append((source, event_id, 0, price_ver, done.rated_nano, number))

    def set_aside(self, event_id: str, payload: str, payload_hash: bytes) -> None:
        """Keep what cannot be booked for a person to look at; the same thing once."""
        self.conn.execute(
            "INSERT INTO quarantine (event_id, payload, payload_hash, recorded_us) VALUES (?,?,?,?)"
            " ON CONFLICT (payload_hash) DO NOTHING",
            (event_id, payload, payload_hash, self.now_us),
        )

    def prove(self) -> None:
        """Write something, so that COMMIT shows whether the disk takes it."""
        self.remember("proved_us", str(self.now_us))

    def flush(self) -> None:
        """Everything, in an order that foreign keys allow."""
        self.journal.flush()
        insert_rows(self.conn, USAGE, self._usage)
        insert_rows(self.conn, ATTEMPT, self._attempts)
        insert_rows(self.conn, RATED, self._rated)
        self._write_accounts()
        self._write_holds()

    def _write_accounts(self) -> None:
        for a in self._accounts.values():
            if a.dirty:
                self.conn.execute(
                    "UPDATE account SET credit_nano = ?, posted_nano = ?, held_nano = ?, ver = ver + 1 WHERE id = ?",
                    (a.credit, a.posted, a.held, a.id),
                )

    def _write_holds(self) -> None:
        insert_rows(self.conn, HOLD, [h.row for h in self._holds.values() if h.is_new])
        for h in self._holds.values():
            if h.is_changed and not h.is_new:
                self.conn.execute(
                    "UPDATE hold SET state = ?, amount_nano = ?, settled_nano = ?, closed_us = ? WHERE id = ?",
                    (h.state, h.amount_nano, h.settled_nano, h.closed_us, h.id),
                )

    def committed(self) -> None:
        """It is on disk: remember it for the next group."""
        memory = self._memory
        for account in self._accounts.values():
            account.dirty = False
        for hold in self._holds.values():
            hold.is_new = hold.is_changed = False
            if hold.kind == "lease" and hold.state == "held":
                memory.leases[hold.id] = hold
            else:
                memory.leases.pop(hold.id, None)
        memory.accounts.update(self._accounts)
        memory.head = self.journal.head
        memory.is_certain = True
