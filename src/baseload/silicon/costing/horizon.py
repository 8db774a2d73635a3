"""How far in time the prices reach: the days that sources speak of, and what is held outside them."""

from collections.abc import Iterator
from datetime import date

from baseload.silicon.costing.design import Design
from baseload.silicon.costing.draw import Pick
from baseload.silicon.costing.memory import LAST_DAY, SERIES
from baseload.silicon.costing.node import NODES


def held(design: Design, pick: Pick) -> str | None:
    """What to say beside a bill of a day that no source speaks of; None within their days."""
    if pick.day > LAST_DAY:
        return f"no source speaks of prices after {LAST_DAY:%Y-%m}; every price is held at that month's"
    early = [f"{name} ({first:%Y-%m})" for name, first in _first_days(design, pick) if pick.day < first]
    return f"before the first figure of {', '.join(early)}; held at it" if early else None


def _first_days(design: Design, pick: Pick) -> Iterator[tuple[str, date]]:
    """The first day that a source speaks of, for the wafer of each node and for the memory of chip and host."""
    for wafer in dict.fromkeys(NODES[die.node].wafer for die in design.dies):
        yield wafer, pick.inputs.dated(wafer)[0].date
    for kind in dict.fromkeys((design.memory_type, "ddr5")):
        names = SERIES.get(kind, ())
        if pick.used.keys() & set(names):
            yield names[0], min(fact.date for name in names for fact in pick.inputs.dated(name))
