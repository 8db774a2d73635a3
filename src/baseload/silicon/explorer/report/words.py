"""The answer in sentences: each figure with its unit, and what it is compared with."""

from math import ceil

from baseload.silicon.explorer.answer import Exploration
from baseload.silicon.explorer.describe import DesignRow
from baseload.silicon.explorer.report.svg import number

LEVERS = {
    "asic_partner_gross_margin": "partner's margin",
    "design_cost_replicated_array_discount": "design cost, x headline",
    "simultaneity": "rated power over the sum",
    "flop_pj": "energy a FLOP",
    "array_overhead": "area a multiplier",
    "first_port_share": "first port's speed",
    "port_months": "months to settle a port",
    "slo_headroom": "headroom under the SLO",
    "vector_work_share": "vector work",
    "bought_price": "price of bought chips",
}
"""Names of inputs as a person says them; the others are said as they are written."""
MEMORIES = {"hbm3e": "HBM3E", "hbm4": "HBM4", "lpddr5x": "LPDDR5X", "gddr7": "GDDR7"}


def usd(value: float | None) -> str:
    """Dollars with three digits, whole ones grouped."""
    if value is None:
        return "–"
    return f"${value:,.0f}" if abs(value) >= 1000 else f"${value:.3g}"


def percent(share: float | None) -> str:
    """A share of one in whole per cent."""
    return "–" if share is None else f"{share * 100:.0f} %"


def lever(name: str) -> str:
    """An input's name for a person."""
    return LEVERS.get(name, name.replace("_", " "))


def months(value: float) -> str:
    """Months, and ago where they are past."""
    return f"{value:.0f} months" if value >= 0 else f"{-value:.0f} months ago"


def design(row: DesignRow) -> str:
    """What a chip is, in one line."""
    dies = f"{row.chiplets} × {row.die_mm2:.0f} mm²"
    memory = f"{row.stacks} × {MEMORIES.get(row.memory, row.memory)}"
    return f"{row.node.upper()}, {dies}, {memory}, {row.bandwidth_gb_per_s / 1000:.3g} TB/s"


def verdict(found: Exploration) -> str:
    """The answer in one sentence."""
    ours, theirs = usd(found.chosen.usd_per_mtok), usd(found.payback.bought_usd_per_mtok)
    best = found.bought[0].name
    if found.ratio < 1:
        return (
            f"{_advice(found)}: at {number(found.market.volume)} chips a chip of one's own serves this mix for {ours} "
            f"a million tokens; the cheapest that can be bought, {best}, for {theirs}."
        )
    return (
        f"Buy: at {number(found.market.volume)} chips the best design serves this mix for {ours} a million tokens, "
        f"and {best}, which can be bought, for {theirs}."
    )


def _advice(found: Exploration) -> str:
    """Cheaper by the token is not enough: the traffic must need the chips that repay it, and there must be time."""
    p = found.payback
    against = []
    if p.chips is None or p.chips > found.market.volume:
        against.append("so many chips do not repay it")
    elif p.chips_for_traffic < p.chips:
        against.append("this traffic alone does not need the chips that repay it")
    if found.deadline.too_late_months > 0:
        against.append("it would come too late")
    return f"Cheaper by the token, but buy, for {' and '.join(against)}" if against else "Design"


def timing(found: Exploration) -> str:
    """Whether there is time to design it."""
    d = found.deadline
    gap = f"{abs(d.too_late_months):.0f} months"
    room = f"{gap} before the earliest" if d.too_late_months > 0 else f"{gap} after the earliest"
    return (
        f"Bought chips give {percent(d.gain_per_year)} more for the money every year. Against what can be bought by "
        f"then, the last sensible tape-out, one re-spin counted, is {d.tape_out_by:%B %Y}: {room} that a design begun "
        "now can reach."
    )


def volume(found: Exploration) -> str:
    """How many chips it takes, and how many this traffic needs."""
    p = found.payback
    rate = number(found.traffic.requests_per_s)
    needs = f"this traffic of {rate} requests a second needs {number(ceil(p.chips_for_traffic))}"
    if p.chips is None:
        return f"Each chip costs more than it saves, so no volume pays the design back; {needs}."
    return (
        f"The design's {usd(p.nre_usd)} are back after {number(p.chips)} chips, "
        f"{number(p.megawatts or 0)} MW at the meter; {needs}."
    )


def flipping(found: Exploration) -> str:
    """Which inputs turn the decision."""
    flips = [lever(bar.name) for bar in found.tornado if bar.flips(found.ratio)]
    if not flips:
        return "No input turns the decision by itself, each taken to either end of its range."
    return f"The decision turns on: {', '.join(flips)}."
