"""The P&L: every nano-dollar on one line, nothing infinite, and a hand calculation comes out to the nano-dollar."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baseload.billing import pnl
from baseload.billing.cost import HOUR_US, YEAR_US, real_pools
from tests.billing.pnl_book import NOW, TEXT, Book, describe, opened


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with opened(tmp_path / "ledger.db") as found:
        yield found


def nano(figure: Any) -> int:
    return round(figure.value * 1e9)


def test_a_hand_calculation_comes_out(book: Book) -> None:
    """10 h of 2 chips at $1,000 over 4 years, $2 an hour beside it, 3.6 MJ (1 kWh) at 86.9 USD/MWh."""
    name = book.sale(tok_in=1_000_000, tok_out=500_000, nano=2_000_000_000)
    book.window({name: 1_800_000_000}, idle=1_080_000_000, overhead=720_000_000)
    result = book.statement()
    depreciation = round(2000 * 10**9 * 10 * HOUR_US / (4 * YEAR_US))
    assert result.costs[0].depreciation_nano == depreciation
    assert result.costs[0].energy_nano == 86_900_000
    assert result.costs[0].space_nano + result.costs[0].staff_nano == 20 * 10**9
    assert result.cost_nano == depreciation + 86_900_000 + 20 * 10**9
    assert result.figures["price_usd_per_mtok"].value == pytest.approx(2 / 1.5)
    assert result.figures["joules_per_token"].value == pytest.approx(3_600_000 / 1_500_000)
    assert result.per_hour["total_cost_usd_per_hour"].value == pytest.approx(result.cost_nano / 1e9 / 10)
    energy = {line.kind: line.energy_nano for line in result.lines}
    assert energy == {"sold": 43_450_000, "lost": 0, "running": 0, "idle": 26_070_000, "overhead": 17_380_000}
    work = (1_000_000 * 685 + 500_000 * 1556) * 1000
    assert result.figures["utilisation"].value == pytest.approx(work / (10 * HOUR_US * 1000))


@settings(max_examples=25, deadline=None)
@given(choices=st.data())
def test_every_nano_dollar_and_millijoule_is_on_one_line(
    choices: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    count = st.integers(0, 3000)
    with opened(tmp_path_factory.mktemp("books") / "ledger.db") as book:
        for _ in range(choices.draw(st.integers(0, 3))):
            shares: dict[str, int] = {}
            for _ in range(choices.draw(st.integers(0, 4))):
                tenant = choices.draw(st.sampled_from(["acme", "inside"]))
                name = book.sale(
                    tenant,
                    business="external" if tenant == "acme" else "internal",
                    tok_in=choices.draw(count),
                    tok_out=choices.draw(count),
                    lost=choices.draw(count),
                    nano=choices.draw(st.integers(0, 10**12)),
                )
                shares[name] = choices.draw(st.integers(0, 10**9))
            if choices.draw(st.booleans()):
                shares["req_still_running"] = choices.draw(st.integers(0, 10**9))
            book.window(shares, idle=choices.draw(st.integers(0, 10**9)), overhead=choices.draw(st.integers(0, 10**9)))
        if choices.draw(st.booleans()):
            book.attempt("req_gateway_died", 10, 0, choices.draw(count), at=NOW - 5)
        result = book.statement()
        assert sum(line.cost_nano for line in result.lines) == result.cost_nano
        assert sum(line.energy_nano for line in result.lines) == sum(cost.energy_nano for cost in result.costs)
        meter = book.conn.execute("SELECT COALESCE(SUM(meter_mj), 0) FROM energy_window").get
        assert sum(line.energy_mj for line in result.lines) == meter
        assert result.revenue_nano == book.conn.execute("SELECT COALESCE(SUM(amount_nano), 0) FROM usage_event").get
        assert all(line.cost_nano >= 0 for line in result.lines)
        tree = json.loads(json.dumps(pnl.to_json(result)))
        assert tree["reconciliation"]["cost_difference_nano"] == 0
        by_tenant = sum(nano(Figured(row["revenue_usd"])) for row in tree["tenants"])
        assert by_tenant == pytest.approx(result.revenue_nano, abs=2)


@dataclass
class Figured:
    tree: dict[str, Any]

    @property
    def value(self) -> float:
        return float(self.tree["value"])


def test_lost_work_is_the_pools_and_not_the_tenants(book: Book) -> None:
    clean, hung_up = book.sale("acme", tok_out=50), book.sale("inside", business="internal", tok_out=50, lost=500)
    book.window({clean: 1_000, hung_up: 6_000})
    result = book.statement()
    cost = {(line.kind, line.sold.tenant if line.sold else ""): line.energy_mj for line in result.lines}
    assert cost[("sold", "acme")] == 1_000
    assert cost[("sold", "inside")] < 1_500
    assert cost[("lost", "")] > 4_500


def test_a_dead_gateways_attempt_is_lost_work(book: Book) -> None:
    book.sale(at=NOW - 100)
    book.attempt("req_orphan", 100, 0, 40, at=NOW - 50)
    result = book.statement()
    lost = next(line for line in result.lines if line.kind == "lost")
    assert lost.cost_nano > 0
    assert result.figures["tokens_lost"].value == 40


def test_idle_time_is_idle_cost_and_not_spread_over_who_came(book: Book) -> None:
    book.sale(tok_in=10, tok_out=10)
    result = book.statement()
    by_kind = {line.kind: line.cost_nano for line in result.lines}
    assert by_kind["idle"] > 0.99 * result.cost_nano
    assert by_kind["sold"] > 0


def test_internal_work_counts_at_the_transfer_price_it_was_charged(book: Book) -> None:
    book.sale("inside", business="internal", nano=600)
    book.sale("acme", nano=1000)
    rows = {row["business"]: row for row in pnl.to_json(book.statement())["businesses"]}
    assert rows["internal"]["revenue_usd"]["value"] == pytest.approx(600e-9)
    assert rows["external"]["revenue_usd"]["value"] == pytest.approx(1000e-9)


def test_what_a_twin_made_is_not_in_the_books(book: Book) -> None:
    text = TEXT.replace('engine = "openvino"\ncatalog = "smollm2-135m-instruct-q4_1"', 'engine = "twin"')
    book.sale(price="twin", nano=0)
    book.window({"req_1": 5_000})
    result = book.statement(describe(text))
    assert real_pools(describe(text)) == ()
    assert (result.cost_nano, result.revenue_nano, result.lines) == (0, 0, ())
    assert "Simulated pools stay out of the books: p." in result.notes


def test_what_a_vanished_pool_sold_is_still_revenue(book: Book) -> None:
    book.sale(pool="gone", nano=77)
    assert book.statement().revenue_nano == 77


def test_nothing_on_record_is_undefined_with_a_reason_and_still_has_an_hourly_cost(book: Book) -> None:
    result = book.statement(from_us=None)
    for name in (
        "margin",
        "price_usd_per_mtok",
        "cost_usd_per_mtok",
        "payback_months",
        "utilisation",
        "joules_per_token",
    ):
        assert result.figures[name].value is None, name
        assert result.figures[name].note, name
    assert result.per_hour["total_cost_usd_per_hour"].value == pytest.approx(2.0571, abs=0.001)


def test_a_half_metered_period_says_so(book: Book) -> None:
    book.window({}, idle=1000)
    assert any("was metered for 10% of the period" in note for note in book.statement().notes)


def test_a_figure_is_worth_the_weakest_of_what_went_in(book: Book) -> None:
    name = book.sale()
    book.window({name: 1000}, kind="measured")
    assert book.statement().figures["joules_per_token"].mark == "measured"
    book.window({name: 1000}, kind="modelled")
    figures = book.statement().figures
    assert figures["joules_per_token"].mark == "modelled"
    assert figures["cost_usd"].mark == "assumed"


KEYS = {
    "totals": [
        "revenue_usd", "cost_usd", "margin_usd", "margin", "price_usd_per_mtok", "cost_usd_per_mtok",
        "cash_cost_usd_per_mtok", "energy_cost_usd_per_mtok", "tokens_sold", "tokens_lost", "utilisation", "energy_kwh",
        "joules_per_token", "active_joules_per_token", "payback_months", "life_months",
    ],
    "cost_per_hour": [
        "depreciation_usd_per_hour", "rent_usd_per_hour", "energy_usd_per_hour", "space_usd_per_hour",
        "staff_usd_per_hour", "total_cost_usd_per_hour",
    ],
    "headline": [
        "capex_over_long_term_enterprise_revenue_cash", "capex_over_long_term_enterprise_revenue_in_service",
        "capex_over_long_term_enterprise_revenue_net_ppe", "capex_cash_usd",
        "capex_in_service_usd", "capex_net_ppe_usd", "contracted_usd_per_year",
    ],
    "reconciliation": ["cost_nano", "cost_lines_nano", "cost_difference_nano", "revenue_nano"],
}  # fmt: skip


def test_the_keys_of_the_json_are_stable_and_documented(book: Book) -> None:
    book.sale()
    tree = pnl.to_json(book.statement())
    assert list(tree) == [
        "as_of_us", "period", "totals", "cost_per_hour", "tenants", "models", "businesses", "headline", "lines",
        "reconciliation", "notes",
    ]  # fmt: skip
    page = (Path(__file__).parents[2] / "docs" / "method" / "economics.md").read_text(encoding="utf-8")
    for section, keys in KEYS.items():
        assert list(tree[section]) == keys
        for key in keys:
            assert f"`{key}`" in page, f"docs/method/economics.md lacks {key}"
    for key in (*tree["tenants"][0], *tree["lines"][0]):
        assert f"`{key}`" in page, f"docs/method/economics.md lacks {key}"
    for figure in (*tree["totals"].values(), *tree["headline"].values()):
        assert list(figure) == ["value", "unit", "mark", "as_of_us", "note"]
        assert figure["value"] is not None or figure["note"]
