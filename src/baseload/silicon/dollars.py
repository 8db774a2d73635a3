"""What a million output tokens of a prediction cost: fully loaded, cash and marginal (docs/method/chip-cost.md)."""

from datetime import date

from baseload.catalog import Chip
from baseload.catalog import chip as chip_entry
from baseload.catalog.cost import cost_inputs
from baseload.silicon.costing.design import Design
from baseload.silicon.costing.draw import Middle
from baseload.silicon.costing.per_token import PerToken, terms, usd_per_mtok
from baseload.silicon.costing.system import host_usd
from baseload.silicon.prediction import Prediction

RACK_SCALE = 8
"""Chips in a fast-link domain beyond which the server is a rack."""


def dollars_per_mtok(made: Prediction, day: date) -> PerToken | None:
    """At the catalogue's price of the chip with its share of a server, and its terms of money, power and use.

    None where the catalogue has no price or no watts of the chip.
    """
    entry = chip_entry(made.setup.chip)
    if entry.price_usd is None or entry.idle_w is None or made.watts_per_chip is None:
        return None
    pick = Middle(cost_inputs(), day)
    around = 1.0 + float(pick("server_power_share"))
    return usd_per_mtok(
        tokens_per_s=made.tokens_per_s.value / made.setup.chips,
        busy_w=made.watts_per_chip.value * around,
        price_usd=entry.price_usd.value + float(host_usd(_server(entry), pick)),
        site=terms(pick),
        idle_w=entry.idle_w.value * around,
    )


def _server(entry: Chip) -> Design:
    racked = entry.scaleup_domain is not None and entry.scaleup_domain.value > RACK_SCALE
    return Design(name=entry.id, dies=(), memory_type="none", memory_gb=0, server="nvl72" if racked else "hgx")
