"""Cost, payback and the headline ratio: what a lender asks, and the arithmetic beneath it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from baseload.billing.cost import HOUR_US, YEAR_US, costs_of, energy_nano, hourly
from baseload.catalog import localise
from tests.billing.pnl_book import HOURS, NOW, TEXT, Book, describe, opened


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with opened(tmp_path / "ledger.db") as found:
        yield found


def test_the_headline_ratio_is_undefined_not_infinite_without_contracts(book: Book) -> None:
    result = book.statement()
    figure = result.headline["capex_over_long_term_enterprise_revenue_cash"]
    assert figure.value is None
    assert "no external tenant has a contract of 12 months or more" in figure.note


@pytest.mark.parametrize(
    ("business", "months", "counts"), [("external", 12, True), ("external", 11, False), ("internal", 24, False)]
)
def test_only_long_third_party_contracts_count(book: Book, business: str, months: int, counts: bool) -> None:
    contract = f'business = "{business}"\ncontract_usd_per_month = 100\ncontract_months = {months}'
    text = TEXT.replace('[tenant.acme]\nbusiness = "external"', f"[tenant.acme]\n{contract}")
    figure = book.statement(describe(text)).headline["capex_over_long_term_enterprise_revenue_in_service"]
    assert figure.value == (pytest.approx(2000 / 1200) if counts else None)


def test_the_three_numerators_differ_by_age_order_and_rent(book: Book) -> None:
    contract = 'business = "external"\ncontract_usd_per_month = 100\ncontract_months = 12'
    text = TEXT.replace('[tenant.acme]\nbusiness = "external"', f"[tenant.acme]\n{contract}")
    text = text.replace("life_years = 4", "life_years = 4\nbought = 2026-01-15")
    text += """
[pool.ordered]
site = "s"
chip = "epyc-genoa-vcpu"
chips_per_node = 1
price_usd_per_chip = 500
bought = 2027-06-01
[pool.rented]
site = "s"
chip = "epyc-genoa-vcpu"
chips_per_node = 1
tenure = "rented"
rent_usd_per_chip_hour = 0.1
"""
    headline = book.statement(describe(text)).headline
    assert headline["capex_in_service_usd"].value == pytest.approx(2000)
    assert headline["capex_cash_usd"].value == pytest.approx(2000 + 500 + 0.1 * HOURS)
    assert headline["capex_net_ppe_usd"].value == pytest.approx(
        2000, rel=1e-3
    )  # a year of the first pool is written off


def test_payback_is_capital_over_the_months_cash_margin(book: Book) -> None:
    text = TEXT.replace("space_usd_per_hour = 0.5\nstaff_usd_per_hour = 1.5\n", "")
    book.sale(nano=10 * 10**9)
    figure = book.statement(describe(text)).figures["payback_months"]
    assert figure.value == pytest.approx(2000 / (1.0 * YEAR_US / HOUR_US / 12))


def test_payback_is_undefined_when_cash_does_not_come_back(book: Book) -> None:
    book.sale(nano=1)
    figure = book.statement().figures["payback_months"]
    assert figure.value is None
    assert "does not cover the cash cost" in figure.note


def test_chips_are_written_off_once_and_then_cost_nothing() -> None:
    cloud = localise(describe())
    pool = replace(cloud.pools[0], bought_us=NOW)
    lived = replace(cloud, pools=(pool,))
    whole = costs_of(lived, {}, NOW, NOW + 10 * YEAR_US)[0]
    assert whole.depreciation_nano == whole.capex_nano == 2000 * 10**9
    halves = [
        costs_of(lived, {}, NOW + i * 2 * YEAR_US, NOW + (i + 1) * 2 * YEAR_US)[0].depreciation_nano for i in range(3)
    ]
    assert halves == [1000 * 10**9, 1000 * 10**9, 0]


def test_space_and_staff_fall_on_the_sites_pools_to_the_nano_dollar() -> None:
    more = "".join(f'[pool.q{i}]\nsite = "s"\nchip = "epyc-genoa-vcpu"\nchips_per_node = {i}\n' for i in (1, 3, 7))
    costs = costs_of(localise(describe(TEXT + more)), {}, 0, HOUR_US)
    assert sum(cost.space_nano for cost in costs) == 500_000_000
    assert sum(cost.staff_nano for cost in costs) == 1_500_000_000


def test_energy_is_priced_at_the_meter() -> None:
    assert energy_nano(3_600_000_000_000, describe().sites[0]) == 86_900_000_000
    cloud = localise(describe())
    assert hourly(cloud, {"p": 1000.0}, NOW)[0].energy_nano == 86_900_000
