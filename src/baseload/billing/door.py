"""The door: requests are let in against the lease in memory; near the limit the books decide for the whole queue.

Σ bounds ≤ durable holds ≤ balance at every instant. A queue is served in its order, so nobody small overtakes somebody
large, and a refusal is repeated only after counting what came back to the lease meanwhile. Event loop only.
"""

import asyncio
from functools import partial

from baseload.billing.admission import Admission, Grant
from baseload.billing.books import Books
from baseload.billing.commands import Epoch, Release, Reserve
from baseload.billing.lease import Place, Reservation
from baseload.billing.purse import OpenGrant, Purse, Waiter
from baseload.billing.spool import Spool
from baseload.errors import InsufficientBalance, LedgerError, LedgerUnavailable
from baseload.store.writer import Writer
from baseload.units import Nano, nano_to_usd

QUEUE_AT_ONCE = 512


class Door:
    """This gateway's purses and open grants."""

    def __init__(self, writer: Writer[Books], spool: Spool, epoch: Epoch) -> None:
        self._writer = writer
        self._spool = spool
        self._epoch = epoch
        self._loop = asyncio.get_running_loop()
        self._purses: dict[str, Purse] = {}
        self._open: dict[str, OpenGrant] = {}
        self.is_available = True
        """False from a failed write until one succeeds: nothing new is let in without asking the disk."""

    def try_hold(self, admission: Admission) -> Grant | None:
        """Let a request in against the lease, in memory; None means: ask `hold`."""
        purse = self._purse(admission.account_id)
        if purse.queue or not self.is_available or purse.free_nano < admission.bound_nano:
            return None
        return self._lease_out(purse, admission)

    async def hold(self, admission: Admission) -> Grant:
        """Let a request in, growing the lease or binding its own hold durably; waits its turn.

        Raises InsufficientBalance when its bound did not fit at its place in the order, LedgerUnavailable when the
        disk does not take it.
        """
        grant = self.try_hold(admission)
        if grant is not None:
            return grant
        purse = self._purse(admission.account_id)
        waiter = Waiter(admission=admission, granted=self._loop.create_future())
        purse.queue.append(waiter)
        if not purse.serving:
            self._serve(purse)
        try:
            return await waiter.granted
        except asyncio.CancelledError:
            if waiter.granted.done() and not waiter.granted.cancelled() and waiter.granted.exception() is None:
                self.release(waiter.granted.result())  # granted in the moment its caller left
            raise

    def free_nano(self, account_id: str) -> int:
        """What the lease has left after everyone who waits; below 0 when they want more."""
        purse = self._purse(account_id)
        return purse.free_nano - purse.waiting_nano

    def entry(self, request_id: str) -> OpenGrant | None:
        """The open grant of a request."""
        return self._open.get(request_id)

    def shut(self, grant: Grant, charged_nano: Nano) -> None:
        """A request is settled: what it was not charged is free again."""
        entry = self._open.pop(grant.admission.request_id, None)
        if entry is None:
            return
        if entry.row is not None:
            self._spool.forget(entry.row)
        if grant.kind == "leased":
            entry.purse.free_nano += grant.bound_nano - charged_nano

    def idle_accounts(self) -> frozenset[str]:
        """Accounts whose lease no open request stands on."""
        busy = {e.purse.account_id for e in self._open.values() if e.grant.kind == "leased"}
        return frozenset(self._purses) - busy

    def note(self, error: BaseException | None) -> None:
        """Remember that the disk did not take something."""
        if isinstance(error, LedgerUnavailable):
            self.is_available = False

    def release(self, grant: Grant) -> None:
        """Undo a grant that nothing was done with. What an engine has seen is settled instead."""
        if grant.admission.request_id in self._open:
            self.shut(grant, Nano(0))
            if grant.kind == "held":
                self._writer.post(Release(request_id=grant.admission.request_id), _ignore)

    def _purse(self, account_id: str) -> Purse:
        purse = self._purses.get(account_id)
        if purse is None:
            purse = self._purses[account_id] = Purse(account_id)
        return purse

    def _lease_out(self, purse: Purse, admission: Admission) -> Grant | None:
        if admission.request_id in self._open:
            raise LedgerError(f"request {admission.request_id} is already let in")
        row = self._spool.write(admission)
        if row is None:
            return None
        purse.free_nano -= admission.bound_nano
        grant = Grant(admission=admission, kind="leased", bound_nano=admission.bound_nano)
        self._open[admission.request_id] = OpenGrant(grant=grant, purse=purse, row=row)
        return grant

    def _serve(self, purse: Purse) -> None:
        """Answer the front of the queue from the lease; ask the books for the rest."""
        while purse.queue and self._answer_front(purse):
            purse.queue.popleft()
        purse.serving = bool(purse.queue)
        if purse.serving:
            batch = [w for w, _ in zip(purse.queue, range(QUEUE_AT_ONCE), strict=False)]
            command = Reserve(
                epoch=self._epoch,
                account_id=purse.account_id,
                wants=[(w.admission, w.alone) for w in batch],
                free_nano=purse.free_nano,
                chunk_nano=purse.next_chunk(batch),
                prove=not self.is_available,
            )
            self._writer.post(
                command, partial(self._reserved, purse, batch, purse.free_nano, command.prove), self._loop
            )

    def _answer_front(self, purse: Purse) -> bool:
        waiter = purse.queue[0]
        if waiter.granted.done():
            return True  # its caller left
        if waiter.alone or not self.is_available or waiter.admission.bound_nano > purse.free_nano:
            return False
        return self._grant_leased(purse, waiter)

    def _grant_leased(self, purse: Purse, waiter: Waiter) -> bool:
        try:
            grant = self._lease_out(purse, waiter.admission)
        except LedgerError as error:
            waiter.granted.set_exception(error)
            return True
        waiter.alone = grant is None
        if grant is not None:
            waiter.granted.set_result(grant)
        return grant is not None

    def _reserved(
        self,
        purse: Purse,
        batch: list[Waiter],
        asked_free: int,
        proved: bool,
        found: Reservation | None,
        error: BaseException | None,
    ) -> None:
        """The books answered a batch. What settled meanwhile came back to the lease, so a near refusal asks again."""
        if found is None:
            self.note(error)
            purse.leave(batch)
            for waiter in batch:
                if not waiter.granted.done():
                    waiter.granted.set_exception(error or LedgerError("the ledger gave no answer"))
        else:
            if proved or found.wrote:
                self.is_available = True
            purse.free_nano += found.lease_grows_nano
            gained = purse.free_nano - asked_free - found.lease_grows_nano
            answers = zip(batch, found.places, strict=True)
            purse.leave([w for w, place in answers if self._place(purse, w, place, gained)])
        self._serve(purse)

    def _place(self, purse: Purse, waiter: Waiter, place: Place, gained_nano: int) -> bool:
        """Hand a waiter its answer; False when it must ask again."""
        admission = waiter.admission
        if place.kind == "held":
            self._grant_held(purse, waiter)
        elif waiter.granted.done():
            pass  # its caller left; what it would have taken stays free in the lease
        elif place.kind == "leased":
            return self._grant_leased(purse, waiter)
        elif place.short_nano <= gained_nano:
            return False
        else:
            waiter.granted.set_exception(_refusal(admission, place.short_nano))
        return True

    def _grant_held(self, purse: Purse, waiter: Waiter) -> None:
        admission = waiter.admission
        grant = Grant(admission=admission, kind="held", bound_nano=admission.bound_nano)
        self._open[admission.request_id] = OpenGrant(grant=grant, purse=purse, row=None)
        if waiter.granted.done():
            self.release(grant)
        else:
            waiter.granted.set_result(grant)


def _refusal(admission: Admission, short_nano: int) -> InsufficientBalance:
    bound, short = nano_to_usd(admission.bound_nano), nano_to_usd(short_nano)
    return InsufficientBalance(
        f"this request may cost up to ${bound:f}, ${short:f} more than the balance of tenant {admission.tenant_id!r}"
        " covers; add funds or lower max_tokens"
    )


def _ignore(_value: None, _error: BaseException | None) -> None:
    """For a hold given back: if the disk does not take it, the next start will."""
