"""Usage reports add up to the books and keep their keys."""

from pathlib import Path

import pytest

from baseload.billing import usage
from baseload.errors import SetupError
from baseload.store import read_only
from tests.billing.making import START_US, admission, opened, outcome, tenant

DAY_US = 86_400_000_000


@pytest.fixture
async def books(data: Path) -> Path:
    ledger, price = await opened(data, tenant("acme"), tenant("other"))
    for n in range(6):
        who = "other" if n == 5 else "acme"
        grant = await ledger.hold(admission(n, 50_000, price_ver=price, who=who))
        hung_up = n == 4
        await ledger.settle(
            grant,
            outcome(
                emitted=5,
                delivered=2 if hung_up else 5,
                reason="client_hangup" if hung_up else "completed",
                now_us=START_US + (n // 3) * DAY_US,
            ),
        )
    await ledger.close()
    return data


def test_totals_by_tenant(books: Path) -> None:
    conn = read_only(books / "ledger.db")
    found = usage.report(conn, by="tenant")
    conn.close()
    assert found["by"] == "tenant"
    acme, other = found["rows"]
    assert acme == {
        "tenant_id": "acme",
        "requests": 5,
        "completed": 4,
        "tok_in": 50,
        "tok_cached": 0,
        "tok_out": 22,
        "tok_emitted": 25,
        "tok_lost": 3,
        "prefill_lost": 0,
        "amount_nano": 5 * 500 + 22 * 200,
        "cost_usd": 6.9e-06,
        "energy_joules": 0.035,
        "energy_recorded_joules": 0.0,
        "energy_kind": "modelled",
        "counts_estimated": 0,
        "first_us": START_US,
        "last_us": START_US + DAY_US,
    }
    assert other["requests"] == 1


def test_every_grouping_adds_up_to_the_same(books: Path) -> None:
    conn = read_only(books / "ledger.db")
    sums = {by: sum(r["amount_nano"] for r in usage.report(conn, by=by)["rows"]) for by in usage.GROUPS}
    days = [r["day"] for r in usage.report(conn, by="day")["rows"]]
    only = usage.report(conn, by="model", tenant="other", day=days[1])
    conn.close()
    assert len(set(sums.values())) == 1
    assert days == sorted(days)
    assert len(days) == 2
    assert only["tenant"] == "other"
    assert [r["requests"] for r in only["rows"]] == [1]


def test_an_unknown_grouping_names_the_known_ones(books: Path) -> None:
    conn = read_only(books / "ledger.db")
    with pytest.raises(SetupError, match="tenant, key, model, day"):
        usage.report(conn, by="colour")
    conn.close()


def test_the_newest_requests_come_first(books: Path) -> None:
    conn = read_only(books / "ledger.db")
    rows = usage.newest(conn, limit=2)
    mine = usage.newest(conn, tenant="acme")
    conn.close()
    assert [r["tenant_id"] for r in rows] == ["other", "acme"]
    assert (rows[1]["emitted"], rows[1]["lost"], rows[1]["attempts"]) == (5, 3, 1)
    assert rows[1]["cost_usd"] == rows[1]["amount_nano"] / 1e9
    assert len(mine) == 5
