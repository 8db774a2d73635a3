"""The ledger through its facade: nothing overshoots, nothing is refused that fits, nothing is charged twice."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from baseload.billing import Count, Grant, Ledger
from baseload.errors import InsufficientBalance, LedgerError
from baseload.units import Nano
from tests.billing.making import (
    START_US,
    Clock,
    admission,
    broken,
    crash,
    knowing,
    one,
    opened,
    outcome,
    telling,
    tenant,
)


async def test_a_request_is_held_then_charged_what_it_used(data: Path) -> None:
    ledger, price = await opened(data)
    grant = await ledger.hold(admission(1, 5_000, price_ver=price))
    receipt = await ledger.settle(grant, outcome(prompt=10, emitted=5))
    await ledger.close()
    assert receipt.amount_nano == (10 * 50_000 + 5 * 200_000) // 1000
    assert one(data, "SELECT posted_nano, held_nano FROM account WHERE id = 'acct_acme'") == (10**9 - 1500, 0)
    assert broken(data) == []


async def test_the_second_request_waits_for_no_disk(data: Path) -> None:
    ledger, price = await opened(data)
    first = await ledger.hold(admission(1, 5_000, price_ver=price))
    second = ledger.try_hold(admission(2, 5_000, price_ver=price))
    assert second is not None
    assert (first.kind, second.kind) == ("leased", "leased")
    await ledger.close()


async def test_settling_twice_charges_once_and_answers_the_same(data: Path) -> None:
    ledger, price = await opened(data)
    grant = await ledger.hold(admission(1, 5_000, price_ver=price))
    first, at_once = await asyncio.gather(ledger.settle(grant, outcome()), ledger.settle(grant, outcome()))
    later = await ledger.settle(grant, outcome())
    assert first == at_once == later
    await ledger.close()
    assert one(data, "SELECT count(*) FROM usage_event") == 1
    assert one(data, "SELECT count(*) FROM quarantine") == 0
    assert broken(data) == []


async def test_a_second_telling_that_differs_changes_nothing_and_is_kept_aside(data: Path) -> None:
    ledger, price = await opened(data)
    grant = await ledger.hold(admission(1, 50_000, price_ver=price))
    first = await ledger.settle(grant, outcome(emitted=5))
    again = await ledger.settle(grant, outcome(emitted=9))
    assert again == first
    await ledger.close()
    assert one(data, "SELECT count(*) FROM quarantine") == 1
    assert broken(data) == []


@pytest.mark.parametrize("room", [0, 1, 37, 120, 200])
async def test_of_200_at_once_exactly_those_that_fit_are_let_in(data: Path, room: int) -> None:
    bound = 1_000
    ledger, price = await opened(data, tenant(balance=room * bound + bound - 1))
    asked = [ledger.hold(admission(n, bound, price_ver=price)) for n in range(200)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    granted = [a for a in answers if isinstance(a, Grant)]
    assert len(granted) == room
    assert all(isinstance(a, InsufficientBalance) for a in answers if not isinstance(a, Grant))
    assert broken(data) == []
    await asyncio.gather(*(ledger.settle(g, outcome(prompt=0, emitted=5)) for g in granted))
    await ledger.close()
    assert broken(data) == []
    assert one(data, "SELECT held_nano FROM account WHERE id = 'acct_acme'") == 0


async def test_settlements_in_between_make_room_and_nobody_overshoots(data: Path) -> None:
    """200 streams share a budget for ten bounds; each uses a tenth of its bound, so about 100 can be served in all."""
    ledger, price = await opened(data, tenant(balance=20_000))
    served = refused = 0

    async def stream(n: int) -> None:
        nonlocal served, refused
        await asyncio.sleep(0.0005 * (n % 13))
        try:
            grant = await ledger.hold(admission(n, 2_000, price_ver=price))
        except InsufficientBalance:
            refused += 1
            return
        await asyncio.sleep(0.0003 * (n % 7))
        await ledger.settle(grant, outcome(prompt=0, emitted=1))
        served += 1

    await asyncio.gather(*(stream(n) for n in range(200)))
    left = await ledger.available("acct_acme")
    assert served + refused == 200
    assert left == 20_000 - served * 200
    await ledger.close()
    assert broken(data) == []


async def test_the_last_nano_dollar_can_be_spent(data: Path) -> None:
    ledger, price = await opened(data, tenant(balance=1_700))
    grants = [await ledger.hold(admission(n, b, price_ver=price)) for n, b in enumerate((700, 400, 400, 200))]
    assert await ledger.available("acct_acme") == 0
    with pytest.raises(InsufficientBalance, match=r"\$0\.000000001 more"):
        await ledger.hold(admission(9, 1, price_ver=price))
    for grant in grants:
        await ledger.settle(grant, outcome(prompt=0, emitted=1))
    await ledger.close()
    assert broken(data) == []


async def test_what_a_lease_has_free_counts_before_a_refusal(data: Path) -> None:
    """A lease that holds most of the balance is spent together with what is left outside it."""
    ledger, price = await opened(data, tenant(balance=100_000))
    first = await ledger.hold(admission(1, 1_000, price_ver=price))
    assert first.kind == "leased"
    everything = await ledger.available("acct_acme")
    assert everything == 99_000
    rest = await ledger.hold(admission(2, everything, price_ver=price))
    assert rest.bound_nano == everything
    for grant in (first, rest):
        await ledger.settle(grant, outcome(prompt=0, emitted=0, reason="client_hangup"))
    assert await ledger.available("acct_acme") == 100_000
    await ledger.close()
    assert broken(data) == []


async def test_a_caller_that_leaves_the_queue_takes_nothing_with_it(data: Path) -> None:
    ledger, price = await opened(data, tenant(balance=3_000))
    tasks = [asyncio.create_task(ledger.hold(admission(n, 1_000, price_ver=price))) for n in range(6)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    stayed = [a for a in answers if isinstance(a, Grant)]
    assert len(stayed) >= 1
    assert await ledger.available("acct_acme") == 3_000 - 1_000 * len(stayed)
    for grant in stayed:
        ledger.release(grant)
    assert await ledger.available("acct_acme") == 3_000
    await ledger.close()
    assert broken(data) == []


async def test_postpaid_is_let_in_up_to_its_credit(data: Path) -> None:
    ledger, price = await opened(data, tenant(balance=0, credit=2_500, billing="postpaid"))
    grants = [await ledger.hold(admission(n, 1_000, price_ver=price)) for n in range(2)]
    with pytest.raises(InsufficientBalance):
        await ledger.hold(admission(3, 1_000, price_ver=price))
    for grant in grants:
        await ledger.settle(grant, outcome(prompt=0, emitted=5))
    await ledger.close()
    assert one(data, "SELECT posted_nano, available_nano FROM account WHERE id = 'acct_acme'") == (-2_000, 500)
    assert broken(data) == []


async def test_an_engine_that_emits_too_much_costs_the_house_not_the_tenant(data: Path) -> None:
    ledger, price = await opened(data)
    grant = await ledger.hold(admission(1, 600, price_ver=price))
    receipt = await ledger.settle(grant, outcome(prompt=0, emitted=5))
    await ledger.close()
    assert receipt.amount_nano == 600
    assert one(data, "SELECT posted_nano FROM account WHERE id = 'house:writeoff'") == -400
    assert one(data, "SELECT amount_nano FROM rated") == 1_000
    assert broken(data) == []


async def test_a_twin_is_on_record_and_free(data: Path) -> None:
    ledger, _ = await opened(data)
    grant = ledger.try_hold(admission(1, 0, price_ver="twin"))
    assert grant is not None
    receipt = await ledger.settle(grant, outcome(emitted=50))
    await ledger.close()
    assert receipt.amount_nano == 0
    assert one(data, "SELECT price_ver, amount_nano, tok_out FROM usage_event") == ("twin", 0, 50)
    assert broken(data) == []


async def test_an_outcome_whose_tokens_do_not_add_up_is_refused(data: Path) -> None:

    ledger, price = await opened(data)
    grant = await ledger.hold(admission(1, 5_000, price_ver=price))
    with pytest.raises(LedgerError, match="tok_out 6 is not the 5 tokens"):
        await ledger.settle(grant, replace(outcome(emitted=5), tok_out=6))
    await ledger.settle(grant, outcome(emitted=5))
    await ledger.close()
    assert broken(data) == []


async def test_a_crash_leaves_open_requests_lost_and_unbilled(data: Path) -> None:
    ledger, price = await opened(data, tenant(balance=100_000))
    first, second, _third, held = [
        await ledger.hold(admission(n, b, price_ver=price)) for n, b in enumerate((1_000, 1_000, 1_000, 60_000))
    ]
    assert held.kind == "held"
    await ledger.settle(first, outcome())
    crash(ledger)

    counts = {second.admission.request_id: Count(prefilled=10, emitted=4, replica="m-0", pool="box")}
    ledger = await Ledger.open(data, clock=Clock())
    report = await ledger.recover(telling(counts), START_US)
    assert (report.epoch, report.resolved, report.lost_tokens, report.estimated) == (2, 3, 4, 2)
    assert (report.leases_closed, report.already_settled, report.unreadable) == (1, 0, 0)
    assert await ledger.available("acct_acme") == 100_000 - 1_000  # as much as was bound
    again = await ledger.recover(telling(counts), START_US)
    assert (again.resolved, again.leases_closed, again.returned_nano) == (0, 0, 0)
    await ledger.close()
    row = "SELECT emitted, billed, lost, reason, count_mark FROM attempt WHERE request_id = "
    assert one(data, f"{row}'{second.admission.request_id}'") == (4, 0, 4, "gateway_died", "counted")
    assert one(data, f"{row}'{held.admission.request_id}'") == (0, 0, 0, "gateway_died", "estimated")
    assert one(data, "SELECT state FROM hold WHERE kind = 'request'") == "expired"
    assert broken(data) == []


async def test_a_crash_between_commit_and_forgetting_charges_once(data: Path) -> None:
    ledger, price = await opened(data)
    grant = await ledger.hold(admission(1, 5_000, price_ver=price))
    await ledger.settle(grant, outcome())
    ledger._spool.write(grant.admission)  # as if the gateway had died before it forgot the row
    crash(ledger)
    ledger = await Ledger.open(data, clock=Clock())
    report = await ledger.recover(knowing(Count(prefilled=10, emitted=99)), START_US)
    assert (report.resolved, report.already_settled) == (0, 1)
    assert (await ledger.recover(knowing(None), START_US)).already_settled == 0
    await ledger.close()
    assert broken(data) == []


async def test_a_spool_of_another_database_does_not_stop_the_start(data: Path) -> None:
    ledger, price = await opened(data)
    await ledger.hold(admission(1, 5_000, price_ver=price))
    crash(ledger)
    for file in data.glob("ledger.db*"):
        file.unlink()
    ledger = await Ledger.open(data, clock=Clock())
    assert (await ledger.recover(knowing(None), START_US)).unreadable == 1
    await ledger.close()


async def test_opening_the_books_again_adds_nothing(data: Path) -> None:
    ledger, _ = await opened(data)
    from tests.billing.making import cloud

    again = await ledger.open_books(cloud(), START_US)
    assert (again.tenants, again.topped_up, again.new_prices, again.notes) == ((), (), 0, ())
    await ledger.close()
    assert one(data, "SELECT count(*) FROM journal WHERE kind = 'topup'") == 1


async def test_credit_is_not_lowered_below_what_is_in_use(data: Path) -> None:
    from tests.billing.making import cloud

    ledger, price = await opened(data, tenant(balance=0, credit=10_000, billing="postpaid"))
    grant = await ledger.hold(admission(1, 4_000, price_ver=price))
    lowered = await ledger.open_books(cloud(tenant(balance=0, credit=1_000, billing="postpaid")), START_US)
    assert "the rest is in use" in lowered.notes[0]
    await ledger.settle(grant, outcome(prompt=0, emitted=1))
    await ledger.close()
    assert broken(data) == []


async def test_a_top_up_told_twice_counts_once(data: Path) -> None:
    ledger, _ = await opened(data, tenant(balance=0))
    pay = {"idem_key": "pay_1", "actor": "operator", "now_us": START_US}
    told = [await ledger.top_up("acct_acme", Nano(500), **pay) for _ in range(2)]  # type: ignore[arg-type]
    assert told == [True, False]
    assert await ledger.available("acct_acme") == 500
    await ledger.close()
    assert broken(data) == []
