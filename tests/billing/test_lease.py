"""Reserving, as a pure function: first come, first served, to the last nano-dollar, and never more than there is."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseload.billing.lease import BUSY_US, FIRST_CHUNK, Want, next_chunk, reserve
from baseload.billing.spool import Spool
from tests.billing.making import admission, broken, one, opened, outcome, tenant

wants = st.lists(
    st.builds(Want, request_id=st.just("r"), bound_nano=st.integers(0, 500), alone=st.booleans()), max_size=20
)
money = st.integers(0, 3_000)


@given(wants=wants, available=money, free=money, chunk=money)
def test_a_bound_is_granted_exactly_when_it_fits_in_its_place(
    wants: list[Want], available: int, free: int, chunk: int
) -> None:
    room = available + free
    for want, place in zip(wants, reserve(wants, available, free, chunk).places, strict=True):
        assert (place.kind != "refused") == (want.bound_nano <= room)
        if place.kind == "refused":
            assert place.short_nano == want.bound_nano - room
        else:
            room -= want.bound_nano


@given(wants=wants, available=money, free=money, chunk=money)
def test_nothing_is_taken_that_is_not_there(wants: list[Want], available: int, free: int, chunk: int) -> None:
    found = reserve(wants, available, free, chunk)
    by_kind = dict.fromkeys(("leased", "held", "refused"), 0)
    for want, place in zip(wants, found.places, strict=True):
        by_kind[place.kind] += want.bound_nano
        assert not want.alone or place.kind != "leased"
    assert found.lease_grows_nano + by_kind["held"] <= available
    assert by_kind["leased"] <= free + found.lease_grows_nano
    assert free + found.lease_grows_nano >= 0
    assert found.wrote == (found.lease_grows_nano != 0 or any(p.kind == "held" for p in found.places))


def test_far_from_the_limit_one_slice_serves_many_and_near_it_each_is_held_alone() -> None:
    def kinds(available: int) -> list[str]:
        few = [Want(request_id=str(n), bound_nano=100) for n in range(3)]
        return [p.kind for p in reserve(few, available, 0, 800).places]

    assert kinds(100_000) == ["leased"] * 3
    assert kinds(350) == ["held"] * 3
    assert kinds(250) == ["held", "held", "refused"]


def test_a_slice_doubles_while_it_is_used_up_quickly_and_shrinks_again() -> None:
    chunk = next_chunk(0, [10], BUSY_US * 9)
    assert chunk == 10 * FIRST_CHUNK
    for _ in range(5):
        chunk = next_chunk(chunk, [10], BUSY_US - 1)
    assert chunk == 10 * FIRST_CHUNK * 32
    assert next_chunk(chunk, [10], BUSY_US) == chunk // 2
    assert next_chunk(0, [10] * 100, BUSY_US) == 1000  # a queue gets room for all of it


async def test_with_the_spool_full_requests_are_held_durably(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Spool, "write", lambda self, admission: None)
    ledger, price = await opened(data, tenant(balance=10_000))
    grants = [await ledger.hold(admission(n, 1_000, price_ver=price)) for n in range(10)]
    assert {g.kind for g in grants} == {"held"}
    assert await ledger.available("acct_acme") == 0
    for grant in grants:
        await ledger.settle(grant, outcome(prompt=0, emitted=2))
    await ledger.close()
    assert one(data, "SELECT count(*) FROM hold WHERE kind = 'request' AND state = 'settled'") == 10
    assert broken(data) == []


async def test_what_the_lease_has_free_can_be_held_alone_too(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, price = await opened(data, tenant(balance=10_000))
    first = await ledger.hold(admission(1, 100, price_ver=price))
    assert first.kind == "leased"
    monkeypatch.setattr(Spool, "write", lambda self, admission: None)
    rest = await ledger.hold(admission(2, 9_900, price_ver=price))
    assert rest.kind == "held"
    for grant in (first, rest):
        await ledger.settle(grant, outcome(prompt=0, emitted=0, reason="cancelled"))
    await ledger.close()
    assert broken(data) == []
