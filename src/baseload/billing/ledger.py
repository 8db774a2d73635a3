"""The ledger as the gateway sees it: bind a bound before the work, settle after it, wait for no disk in between.

A request is normally let in against this gateway's lease, in memory; the books are asked when that does not suffice,
see `door`. Everything here runs on one event loop; the writer thread owns the disk.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

import apsw

from baseload.billing.admission import Admission, Grant
from baseload.billing.books import Books, Memory
from baseload.billing.commands import Epoch, ReturnLeases, Settle, TopUp, open_epoch
from baseload.billing.door import Door
from baseload.billing.energy import RecordEnergy
from baseload.billing.opening import OpenBooks, Opening
from baseload.billing.outcome import Attempt, Outcome, Receipt, fault
from baseload.billing.recovery import Count, RecoveryReport, Resolve, Witness, abandoned
from baseload.billing.spool import Spool
from baseload.config.cloud import Cloud
from baseload.energy.meter import Window
from baseload.errors import LedgerError, LedgerUnavailable
from baseload.store.writer import Writer
from baseload.units import Micros, Nano

__all__ = ["Admission", "Attempt", "Count", "Grant", "Ledger", "Outcome", "Receipt", "RecoveryReport"]


class Ledger:
    """Open with `Ledger.open`, then `recover`, `open_books`, and serve."""

    def __init__(self, writer: Writer[Books], spool: Spool, epoch: Epoch) -> None:
        self.writer = writer
        self.epoch = epoch
        self._spool = spool
        self._loop = asyncio.get_running_loop()
        self.door = Door(writer, spool, epoch)

    @property
    def is_available(self) -> bool:
        """False from a failed write until one succeeds: nothing new is let in without asking the disk."""
        return self.door.is_available

    @classmethod
    async def open(cls, data: Path, *, clock: Callable[[], int], source: str = "gateway") -> "Ledger":
        """Open `data/ledger.db` and the spool, and count this start."""

        memory = Memory()

        def books(conn: apsw.Connection, now_us: int) -> Books:
            return Books(conn, now_us, source, memory)

        spool = Spool(data / "tally" / "admissions.tally")
        writer = Writer(data / "ledger.db", books, clock)
        try:
            return cls(writer, spool, await writer.ask(open_epoch))
        except BaseException:
            writer.close()
            spool.close()
            raise

    async def open_books(self, cloud: Cloud, now_us: Micros) -> Opening:
        """Tenants, accounts, first balances and prices of a description."""
        return await self.writer.ask(OpenBooks(cloud=cloud, now_us=now_us))

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
        """Put the end of a request on record; returns after COMMIT. Told again it answers with the first receipt.

        Raises LedgerUnavailable when the disk does not take it: the grant stays open, so settle again later.
        """
        wrong = fault(outcome)
        if wrong is not None:
            raise LedgerError(f"request {grant.admission.request_id}: {wrong}")
        entry = self.door.entry(grant.admission.request_id)
        command = Settle(self.epoch, grant, outcome, run_before=entry is None or entry.settling)
        if entry is not None:
            entry.settling = True
        receipt: asyncio.Future[Receipt] = self._loop.create_future()
        self.writer.post(command, partial(self._settled, grant, receipt), self._loop)
        return await receipt

    def _settled(
        self, grant: Grant, receipt: "asyncio.Future[Receipt]", found: Receipt | None, error: BaseException | None
    ) -> None:
        if found is None:
            self.door.note(error)
            if not receipt.done():
                receipt.set_exception(error or LedgerError("the ledger gave no answer"))
            return
        self.door.is_available = True
        self.door.shut(grant, found.amount_nano)
        if not receipt.done():
            receipt.set_result(found)

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
            unreadable=sum(a is None for a in left.values()) + sum(isinstance(end, BaseException) for end in ends),
            lost_tokens=sum(c.emitted for c in lost if c),
            estimated=sum(c is None for c in lost),
            leases_closed=closed,
            returned_nano=returned,
        )

    async def close(self) -> None:
        """Wait for what is under way, give leases back, let go of the files. Open grants are left to `recover`."""
        try:
            await self.writer.ask(lambda books: None)  # replies come in order: all settlements before this have theirs
            idle = self.door.idle_accounts()
            await self.writer.ask(ReturnLeases(epoch=self.epoch, earlier=False, accounts=idle))
        except LedgerUnavailable:
            pass  # the disk is full: the next start gives them back
        await asyncio.to_thread(self.writer.close)
        self._spool.close()
