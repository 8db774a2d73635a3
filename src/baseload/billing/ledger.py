"""The ledger as the gateway sees it: bind a bound before the work, settle after it, wait for no disk in between.

A request is normally let in against this gateway's lease, in memory; the books are asked when that does not suffice,
see `door`. Its end is durable in the day-book, and in the books a moment later, see `daybook`. Everything here runs on
one event loop; threads own the disk.
"""

import asyncio
import contextlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import apsw

from baseload.billing.admission import Admission, Grant
from baseload.billing.books import Books, Memory
from baseload.billing.commands import Epoch, ReturnLeases, Settle, TopUp, open_epoch
from baseload.billing.daybook import POST_AFTER_S, DayBook, catch_up
from baseload.billing.door import Door
from baseload.billing.energy import RecordEnergy
from baseload.billing.opening import OpenBooks, Opening
from baseload.billing.outcome import Attempt, Outcome, Receipt, fault
from baseload.billing.price import PriceList
from baseload.billing.recovery import Count, RecoveryReport, Resolve, Witness, abandoned
from baseload.billing.settlement import charge
from baseload.billing.spool import Spool
from baseload.config.cloud import Cloud
from baseload.energy.meter import Window
from baseload.errors import LedgerError, LedgerUnavailable
from baseload.store.append_log import AppendLog
from baseload.store.writer import Writer
from baseload.units import Micros, Nano

__all__ = ["Admission", "Attempt", "Count", "Grant", "Ledger", "Outcome", "Receipt", "RecoveryReport"]


class Ledger:
    """Open with `Ledger.open`, then `recover`, `open_books`, and serve."""

    def __init__(
        self, writer: Writer[Books], spool: Spool, append_log: AppendLog, epoch: Epoch, post_after_s: float
    ) -> None:
        self.writer = writer
        self.epoch = epoch
        self._spool = spool
        self._loop = asyncio.get_running_loop()
        self._prices = PriceList()
        self._caught_up = (0, 0)
        self.door = Door(writer, spool, epoch)
        self.day_book = DayBook(append_log, writer, epoch, self._told, post_after_s=post_after_s)

    @property
    def is_available(self) -> bool:
        """False from a failed write until one succeeds: nothing new is let in without asking the disk."""
        return self.door.is_available

    @classmethod
    async def open(
        cls, data: Path, *, clock: Callable[[], int], source: str = "gateway", post_after_s: float = POST_AFTER_S
    ) -> "Ledger":
        """Open `data/ledger.db`, the day-book and the spool, count this start, and post what the last one could not."""

        memory = Memory()

        def books(conn: apsw.Connection, now_us: int) -> Books:
            return Books(conn, now_us, source, memory)

        with contextlib.ExitStack() as opened:
            spool = Spool(data / "tally" / "admissions.tally")
            opened.callback(spool.close)
            writer = Writer(data / "ledger.db", books, clock)
            opened.callback(writer.close)
            append_log = AppendLog(data / "daybook")
            opened.callback(append_log.close)
            ledger = cls(writer, spool, append_log, await writer.ask(open_epoch), post_after_s)
            ledger._caught_up = await catch_up(append_log, writer, source)
            opened.pop_all()
        return ledger

    async def open_books(self, cloud: Cloud, now_us: Micros) -> Opening:
        """Tenants, accounts, first balances and prices of a description."""
        opening = await self.writer.ask(OpenBooks(cloud=cloud, now_us=now_us))
        self._prices = opening.prices
        return opening

    def try_hold(self, admission: Admission) -> Grant | None:
        """Let a request in against the lease, in memory; None means: ask `hold`."""
        return self.door.try_hold(admission)

    async def hold(self, admission: Admission) -> Grant:
        """Let a request in, growing the lease or binding its own hold durably; waits its turn.

        Raises InsufficientBalance when its bound did not fit at its place in the order, LedgerUnavailable when the
        disk does not take it.
        """
        return await self.door.hold(admission)

    def release(self, grant: Grant) -> None:
        """Undo a grant that nothing was done with. What an engine has seen is settled instead."""
        self.door.release(grant)

    async def available(self, account_id: str) -> Nano:
        """The largest bound that would fit now, after everyone who waits."""
        durable = await self.writer.ask(lambda books: books.account(account_id).available)
        return Nano(max(0, durable + self.door.free_nano(account_id)))

    async def settle(self, grant: Grant, outcome: Outcome) -> Receipt:
        """Put the end of a request on record; returns when it is durable. Told again it answers with the first receipt.

        Raises LedgerUnavailable when the disk does not take it: the grant stays open, so settle again later.
        """
        wrong = fault(outcome)
        if wrong is not None:
            raise LedgerError(f"request {grant.admission.request_id}: {wrong}")
        entry = self.door.entry(grant.admission.request_id)
        told_before = entry is None or entry.settling
        if entry is not None:
            entry.settling = True
        price = None if told_before or grant.kind == "held" else self._prices.get(grant.admission.price_ver)
        if price is None:
            return await self._book(grant, outcome, told_before)
        answer: asyncio.Future[Receipt] = self._loop.create_future()
        receipt = Receipt(amount_nano=charge(grant, outcome, price)[1], price_ver=price.id)
        self.day_book.enter(grant, outcome, receipt, partial(self._entered, grant, answer))
        try:
            return await answer
        except LedgerUnavailable:  # the day-book is full or broken; the books may not be
            return await self._book(grant, outcome, told_before=True)

    def _entered(
        self, grant: Grant, answer: "asyncio.Future[Receipt]", receipt: Receipt | None, error: BaseException | None
    ) -> None:
        if receipt is not None:
            self.door.shut(grant, receipt.amount_nano)
        if answer.done():
            return  # nobody waits any more
        if receipt is not None:
            answer.set_result(receipt)
        else:
            answer.set_exception(error or LedgerError("the ledger gave no answer"))

    async def _book(self, grant: Grant, outcome: Outcome, told_before: bool) -> Receipt:
        """Settle in the books at once: what was told before, and a hold of its own, which others wait for."""
        if told_before:
            await self.day_book.posted()
        command = Settle(self.epoch, grant, outcome, run_before=told_before)
        answer: asyncio.Future[Receipt] = self._loop.create_future()
        self.writer.post(command, partial(self._booked, grant, answer), self._loop)
        return await answer

    def _booked(
        self, grant: Grant, answer: "asyncio.Future[Receipt]", receipt: Receipt | None, error: BaseException | None
    ) -> None:
        self._told(error)
        self._entered(grant, answer, receipt, error)

    def _told(self, error: BaseException | None) -> None:
        """The disk took what the books were told, or did not."""
        if error is None:
            self.door.is_available = True
        else:
            self.door.note(error)

    async def record_energy(self, window: Window) -> bool:
        """A closed metering window and its shares; False when it is already on record."""
        return await self.writer.ask(RecordEnergy(window=window))

    async def top_up(self, account_id: str, amount_nano: Nano, *, idem_key: str, actor: str, now_us: Micros) -> bool:
        """Money in, once per `idem_key`."""
        command = TopUp(account_id=account_id, amount_nano=amount_nano, idem_key=idem_key, actor=actor, now_us=now_us)
        return await self.writer.ask(command)

    async def recover(self, witness: Witness, now_us: Micros) -> RecoveryReport:
        """Resolve what an earlier start let in and never settled, then close its leases. Run again it finds nothing.

        `witness` asks the engines; None means nobody knows, and the row is marked estimated.
        """
        (posted, set_aside), self._caught_up = self._caught_up, (0, 0)
        left = {row: a for row, a in self._spool.left_over() if a is None or self.door.entry(a.request_id) is None}
        found = {a.request_id: a for a in left.values() if a is not None}
        held = await self.writer.ask(lambda books: abandoned(books, self.epoch.number))
        found.update((a.request_id, a) for a in held)
        known = {request: await witness(admission) for request, admission in found.items()}
        resolve = (Resolve(admission=a, count=known[request], now_us=now_us) for request, a in found.items())
        ends = await asyncio.gather(*(self.writer.ask(command) for command in resolve), return_exceptions=True)
        for end in ends:
            if isinstance(end, LedgerUnavailable):
                raise end
        closed, returned = await self.writer.ask(ReturnLeases(epoch=self.epoch, earlier=True))
        for row in left:
            self._spool.drop(row)
        lost = [known[request] for request, end in zip(found, ends, strict=True) if end == "resolved"]
        return RecoveryReport(
            epoch=self.epoch.number,
            resolved=len(lost),
            already_settled=sum(end == "already_settled" for end in ends),
            posted=posted,
            set_aside=set_aside,
            unreadable=sum(a is None for a in left.values()) + sum(isinstance(end, BaseException) for end in ends),
            lost_tokens=sum(c.emitted for c in lost if c),
            estimated=sum(c is None for c in lost),
            leases_closed=closed,
            returned_nano=returned,
        )

    async def close(self) -> None:
        """Wait for what is under way, give leases back, let go of the files. Open grants are left to `recover`."""
        try:
            await self.day_book.posted()
            await self.writer.ask(lambda books: None)  # replies come in order: all settlements before this have theirs
            idle = self.door.idle_accounts()
            await self.writer.ask(ReturnLeases(epoch=self.epoch, earlier=False, accounts=idle))
        except LedgerUnavailable:
            pass  # the disk is full: the next start gives them back
        await asyncio.to_thread(self.day_book.close)
        await asyncio.to_thread(self.writer.close)
        self._spool.close()
