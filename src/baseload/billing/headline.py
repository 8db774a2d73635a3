"""Two questions a lender asks: when is the money back, and how much is spent for each dollar of promised revenue.

Capex over long-term enterprise revenue = trailing 12-quarter capex ÷ annualised contracted third-party revenue with a
term of at least 12 months. Three numerators: cash (orders not yet in service and rents included), in service, and net
property, plant and equipment. Without such revenue it is undefined, not infinite.
"""

from collections.abc import Sequence

from baseload.billing.cost import YEAR_US, PoolCost
from baseload.billing.figure import Figure, ratio
from baseload.config import Cloud
from baseload.units import Mark

TWELVE_QUARTERS_US = 3 * YEAR_US
MONTH_US = YEAR_US // 12
LONG_TERM_MONTHS = 12
NO_CONTRACT = (
    "no external tenant has a contract of 12 months or more; tell it with contract_usd_per_month and contract_months"
)


def contracted_nano_per_year(cloud: Cloud) -> int:
    """Annualised contracted third-party revenue with a term of at least 12 months."""
    return 12 * sum(
        tenant.contract_nano_per_month
        for tenant in cloud.tenants
        if tenant.business == "external" and tenant.contract_months >= LONG_TERM_MONTHS
    )


def headline(cloud: Cloud, costs: Sequence[PoolCost], from_us: int, now_us: int) -> dict[str, Figure]:
    """The ratio with its three numerators, and the two sides of each."""
    below = contracted_nano_per_year(cloud)
    recent = [cost for cost in costs if now_us - (cost.bought_us or now_us) <= TWELVE_QUARTERS_US]
    in_service = sum(cost.capex_nano for cost in recent if cost.bought_us <= now_us)
    cash = sum(cost.capex_nano for cost in recent) + sum(_rents(cost, from_us, now_us) for cost in costs)
    net = sum(cost.net_nano for cost in costs)
    name = "capex_over_long_term_enterprise_revenue"
    figures = {
        f"{name}_{basis}": ratio(above, below, "ratio", Mark.ASSUMED, now_us, NO_CONTRACT)
        for basis, above in (("cash", cash), ("in_service", in_service), ("net_ppe", net))
    }
    for basis, above in (("cash", cash), ("in_service", in_service), ("net_ppe", net)):
        figures[f"capex_{basis}_usd"] = Figure(value=above / 1e9, unit="USD", mark=Mark.ASSUMED, as_of_us=now_us)
    figures["contracted_usd_per_year"] = Figure(value=below / 1e9, unit="USD/year", mark=Mark.ASSUMED, as_of_us=now_us)
    return figures


def payback(capex_nano: int, revenue_nano: int, cash_cost_nano: int, span_us: int, mark: Mark, now_us: int) -> Figure:
    """Months until the owned chips are paid back, if every month were like this period: capex ÷ cash margin a month."""

    def undefined(why: str) -> Figure:
        return Figure(value=None, unit="months", mark=mark, as_of_us=now_us, note=why)

    if not capex_nano:
        return undefined("no chips are owned, so there is no capital to pay back")
    if span_us <= 0:
        return undefined("nothing is on record yet")
    margin_nano = revenue_nano - cash_cost_nano
    if margin_nano <= 0:
        return undefined("revenue does not cover the cash cost at the trailing rate, so the capital does not come back")
    months = span_us / MONTH_US
    return Figure(value=capex_nano / (margin_nano / months), unit="months", mark=mark, as_of_us=now_us)


def _rents(cost: PoolCost, from_us: int, now_us: int) -> int:
    """Rent of the trailing 12 quarters at this period's rate, from the day it began, else from the period's start."""
    span_us = now_us - from_us
    if span_us <= 0:
        return cost.rent_nano
    since_us = max(cost.bought_us or from_us, now_us - TWELVE_QUARTERS_US)
    return cost.rent_nano * max(0, now_us - since_us) // span_us
