"""The day-book: the end of a request is durable here first, and posted to the books a moment later, with others.

A receipt needs a disk flush and nothing else; posting costs the books' many pages, so it is done for a crowd at once.
The books record, in the same transaction, up to which number they hold the day-book, so a start after a crash posts
what is missing and nothing twice. Event loop only.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import msgspec

from baseload.billing.admission import Grant
from baseload.billing.books import Books
from baseload.billing.commands import Epoch, Settle
from baseload.billing.outcome import Outcome, Receipt
from baseload.errors import LedgerUnavailable
from baseload.store.append_log import AppendLog
from baseload.store.chain import digest
from baseload.store.writer import Writer

log = logging.getLogger(__name__)

POST_AFTER_S = 0.02
"""Long enough for a crowd to share a commit; short beside what any reader of the books expects."""
TRY_AGAIN_S = 0.5
POST_AT_ONCE = 256

Answer = Callable[[Receipt | None, BaseException | None], None]


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """A settlement as the day-book keeps it. `epoch` names the lease it is charged to."""

    epoch: int
    grant: Grant
    outcome: Outcome


Numbered = tuple[int, Entered]
_write = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(Entered).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """Put numbered settlements into the books, and say up to which number they are there. Run again it adds nothing.

    `left`: they were left by an earlier start, which may also have settled some of them past the day-book.
    """

    owner: str
    items: Sequence[Numbered]
    left: bool = False

    def __call__(self, books: Books) -> None:
        mark = posted_up_to(books)
        for number, item in self.items:
            if number > mark:
                epoch = Epoch(owner=self.owner, number=item.epoch)
                Settle(epoch, item.grant, item.outcome, run_before=self.left)(books)
        mark_posted(books, self.items[-1][0])


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """Keep a settlement that the books refuse where a person will look, so that it holds up no other."""

    number: int
    item: Entered

    def __call__(self, books: Books) -> None:
        payload = _write(self.item)
        books.set_aside(self.item.grant.admission.request_id, payload.decode(), digest([payload.decode()]))
        mark_posted(books, self.number)


def mark_posted(books: Books, number: int) -> None:
    """Numbers up to this one are in the books."""
    books.remember(f"daybook:{books.source}", str(number))


def posted_up_to(books: Books) -> int:
    """The last number in the books; 0 before the first."""
    row = books.conn.execute("SELECT value FROM meta WHERE name = ?", (f"daybook:{books.source}",)).fetchone()
    return int(str(row[0])) if row else 0


class DayBook:
    """One gateway's. `told` hears of every posting: None, or why the disk did not take it."""

    def __init__(
        self,
        append_log: AppendLog,
        writer: Writer[Books],
        epoch: Epoch,
        told: Callable[[BaseException | None], None],
        *,
        post_after_s: float = POST_AFTER_S,
    ) -> None:
        self._log = append_log
        self._writer = writer
        self._epoch = epoch
        self._told = told
        self._post_after_s = post_after_s
        self._loop = asyncio.get_running_loop()
        self._asked = self._answered = 0
        self._barriers: deque[tuple[int, asyncio.Future[None]]] = deque()
        self._waiting: list[Numbered] = []
        self._posting: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    def enter(self, grant: Grant, outcome: Outcome, receipt: Receipt, answer: Answer) -> None:
        """Make a settlement durable; `answer` then gets the receipt, or why the disk did not take it."""
        item = Entered(epoch=self._epoch.number, grant=grant, outcome=outcome)

        def entered(number: int, error: BaseException | None) -> None:
            self._answered += 1
            while self._barriers and self._barriers[0][0] <= self._answered:
                self._barriers.popleft()[1].set_result(None)
            if error is not None:
                answer(None, error)
                return
            self._waiting.append((number, item))
            if self._timer is None and self._posting is None:
                self._timer = self._loop.call_later(self._post_after_s, self._post)
            answer(receipt, None)

        self._asked += 1
        self._log.append(_write(item), entered)

    @property
    def is_posted(self) -> bool:
        """Whether the books hold all that was entered."""
        return self._asked == self._answered and not self._waiting and self._posting is None

    async def posted(self) -> None:
        """Wait until all that is entered by now is in the books. LedgerUnavailable when the disk does not take it."""
        if self._asked > self._answered:
            written: asyncio.Future[None] = self._loop.create_future()
            self._barriers.append((self._asked, written))
            await asyncio.shield(written)
        while self._waiting or self._posting is not None:
            if self._posting is None:
                self._post()
            if self._posting is not None:
                await asyncio.shield(self._posting)

    def _post(self) -> None:
        """Send what waits to the books; one batch at a time, so that their mark never passes a gap."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        batch, self._waiting = self._waiting[:POST_AT_ONCE], self._waiting[POST_AT_ONCE:]
        if batch:
            self._posting = self._loop.create_task(self._post_batch(batch))
            self._posting.add_done_callback(lambda done: done.exception())  # nobody may be waiting for it

    async def _post_batch(self, batch: list[Numbered]) -> None:
        again_s = TRY_AGAIN_S
        try:
            await post(self._writer, Post(owner=self._epoch.owner, items=batch))
        except Exception as error:
            self._waiting = batch + self._waiting
            self._told(error)
            raise
        else:
            self._log.forget(batch[-1][0])
            self._told(None)
            again_s = self._post_after_s
        finally:
            self._posting = None
            if self._waiting and not self._closed:
                self._timer = self._loop.call_later(again_s, self._post)

    def close(self) -> None:
        """Let go of the files. What is not in the books is posted by the next start."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        self._log.close()


async def post(writer: Writer[Books], batch: Post) -> int:
    """Post a batch; when the books refuse something in it, each alone, setting aside what they refuse: how many.

    LedgerUnavailable when the disk takes neither; told again, it goes on behind what was posted.
    """
    try:
        await writer.ask(batch)
        return 0
    except LedgerUnavailable:
        raise
    except Exception:
        if len(batch.items) > 1:
            return sum([await post(writer, replace(batch, items=[one])) for one in batch.items])
        number, item = batch.items[0]
        log.exception("request %s cannot be posted; it is set aside", item.grant.admission.request_id)
        await writer.ask(SetAside(number=number, item=item))
        return 1


async def catch_up(append_log: AppendLog, writer: Writer[Books], owner: str) -> tuple[int, int]:
    """Post what an earlier start entered and did not post: how many, and how many were set aside. Then start afresh."""
    mark = await writer.ask(posted_up_to)
    left = append_log.read()
    missing = [(number, _read(payload)) for number, payload in left if number > mark]
    aside = 0
    for at in range(0, len(missing), POST_AT_ONCE):
        aside += await post(writer, Post(owner=owner, items=missing[at : at + POST_AT_ONCE], left=True))
    append_log.start(max([mark, *(number for number, _ in left)]) + 1)
    return len(missing) - aside, aside
