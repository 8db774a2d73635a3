"""The day-book: an end is durable before it is posted, and posted once, whatever dies in between."""

import asyncio
from pathlib import Path

import pytest

from baseload.billing import Count, Grant, Ledger
from baseload.billing.books import Books
from baseload.errors import LedgerError, LedgerUnavailable
from tests.billing.making import START_US, Clock, admission, broken, cloud, crash, knowing, one, opened, outcome

LONG_S = 3600.0
"""So long that nothing is posted unless it is asked for."""


async def unhurried(data: Path) -> tuple[Ledger, str]:
    ledger = await Ledger.open(data, clock=Clock(), post_after_s=LONG_S)
    opening = await ledger.open_books(cloud(), START_US)
    return ledger, opening.prices.at("m", "default", "external", START_US).id


async def settled(ledger: Ledger, price: str, count: int, start: int = 0) -> list[Grant]:
    grants = [await ledger.hold(admission(start + n, 5_000, price_ver=price)) for n in range(count)]
    await asyncio.gather(*(ledger.settle(g, outcome()) for g in grants))
    return grants


async def test_a_receipt_waits_for_the_day_book_and_not_for_the_books(data: Path) -> None:
    ledger, price = await unhurried(data)
    await settled(ledger, price, 3)
    assert one(data, "SELECT count(*) FROM usage_event") == 0
    assert not ledger.day_book.is_posted
    await ledger.day_book.posted()
    assert one(data, "SELECT count(*) FROM usage_event") == 3
    assert ledger.day_book.is_posted
    await ledger.close()
    assert broken(data) == []


async def test_soon_it_is_in_the_books_without_being_asked(data: Path) -> None:
    ledger, price = await opened(data)
    await settled(ledger, price, 3)
    async with asyncio.timeout(10):
        while one(data, "SELECT count(*) FROM usage_event") != 3:
            await asyncio.sleep(0.01)
    await ledger.close()


async def test_a_crash_before_posting_loses_nothing_and_charges_once(data: Path) -> None:
    ledger, price = await unhurried(data)
    await settled(ledger, price, 5)
    await ledger.day_book.posted()
    await settled(ledger, price, 4, start=10)
    crash(ledger)
    ledger = await Ledger.open(data, clock=Clock())
    assert one(data, "SELECT count(*) FROM usage_event") == 9
    report = await ledger.recover(knowing(Count(prefilled=10, emitted=99)), START_US)
    assert (report.posted, report.set_aside, report.resolved, report.already_settled) == (4, 0, 0, 0)
    assert (await ledger.recover(knowing(None), START_US)).posted == 0
    await ledger.close()
    assert one(data, "SELECT posted_nano, held_nano FROM account WHERE id = 'acct_acme'") == (10**9 - 9 * 1500, 0)
    assert one(data, "SELECT count(*) FROM quarantine") == 0
    assert broken(data) == []


async def test_a_crash_right_after_posting_posts_nothing_again(data: Path) -> None:
    ledger, price = await unhurried(data)
    await settled(ledger, price, 5)
    await ledger.day_book.posted()
    crash(ledger)
    ledger = await Ledger.open(data, clock=Clock())
    assert (await ledger.recover(knowing(None), START_US)).posted == 0
    await ledger.close()
    assert one(data, "SELECT count(*) FROM usage_event") == 5
    assert broken(data) == []


async def test_what_the_books_refuse_is_set_aside_and_holds_up_no_other(
    data: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ledger, price = await unhurried(data)
    poisoned = (await settled(ledger, price, 5))[2].admission.request_id
    real = Books.settle

    def refuse(books: Books, done: object) -> None:
        if done.entry.idem_key == poisoned:  # type: ignore[attr-defined]
            raise LedgerError("the books do not like this one")
        real(books, done)  # type: ignore[arg-type]

    monkeypatch.setattr(Books, "settle", refuse)
    await ledger.day_book.posted()
    assert one(data, "SELECT count(*) FROM usage_event") == 4
    assert one(data, "SELECT event_id FROM quarantine") == poisoned
    assert poisoned in caplog.text
    await ledger.close()
    assert broken(data) == []


async def test_another_ledger_sets_aside_what_names_nothing_of_its_own(data: Path) -> None:
    ledger, price = await unhurried(data)
    await settled(ledger, price, 2)
    crash(ledger)
    for file in data.glob("ledger.db*"):
        file.unlink()
    ledger = await Ledger.open(data, clock=Clock())
    report = await ledger.recover(knowing(None), START_US)
    assert (report.posted, report.set_aside) == (0, 2)
    await ledger.close()
    assert one(data, "SELECT count(*) FROM quarantine") == 2


async def test_a_day_book_that_cannot_be_written_leaves_the_books(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, price = await unhurried(data)

    def broken_disk(_group: object) -> list[object]:
        return [(reply, 0, LedgerUnavailable("no")) for _, reply in _group]  # type: ignore[attr-defined]

    monkeypatch.setattr(ledger.day_book._log, "_write", broken_disk)
    await settled(ledger, price, 3)
    assert one(data, "SELECT count(*) FROM usage_event") == 3
    await ledger.close()
    assert broken(data) == []


async def test_a_hold_of_its_own_is_settled_in_the_books_at_once(data: Path) -> None:
    ledger, price = await unhurried(data)
    grant = await ledger.hold(admission(1, 900_000_000, price_ver=price))
    assert grant.kind == "held"
    await ledger.settle(grant, outcome())
    assert one(data, "SELECT count(*) FROM usage_event") == 1
    await ledger.close()
    assert broken(data) == []
