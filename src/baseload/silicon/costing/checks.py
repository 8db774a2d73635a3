"""Published checks of silicon (rows as of `silicon_checks.csv`) and what this room says of each; none is dropped."""

import re

from baseload.silicon.costing.answer import Answer
from baseload.silicon.costing.check_cost import cost_check
from baseload.silicon.costing.check_physical import KERNEL, area_check, carbon_check, mtia_check, power_check
from baseload.silicon.costing.check_prices import nre_check
from baseload.silicon.estimate import Estimate
from baseload.silicon.left_out import Row

PERCENT = 100.0
_SCALES = {
    ("cost", "k USD"): 1e-3,
    ("cost", "kUSD"): 1e-3,
    ("cost", "M USD"): 1e-6,
    ("nre", "USD"): 1e6,
    ("nre", "B USD"): 1e-3,
    ("", "%"): PERCENT,
    ("", "percent"): PERCENT,
    ("", "tCO2e"): 1e-3,
    ("", "kW"): 1e-3,
}
"""From what a category's answers are in to other units of a row."""
_BY_CATEGORY = {
    "cost": cost_check,
    "yield": cost_check,
    "nre": nre_check,
    "area": area_check,
    "carbon": carbon_check,
    "power": power_check,
    "mtia": mtia_check,
}


def speak_to(row: Row) -> Answer:
    """What the model says of a row, by its category, quantity, subject and date, in the row's unit.

    Its own value is never looked at.
    """
    category = row.get("category", "")
    if category in _BY_CATEGORY:
        answer = _BY_CATEGORY[category](row)
        return _in_unit(answer, category, row.get("unit", "")) if isinstance(answer, Estimate) else answer
    if category in ("perf_gemm", "perf_peak", "perf_layer"):
        return KERNEL
    if category == "perf_net":
        return "network: scored by the collectives' model"
    return f"no model for the category {category!r}"


def _in_unit(answer: Estimate, category: str, unit: str) -> Estimate:
    """Predictions are in USD (NRE in millions), kgCO2e, W and fractions."""
    return answer.times(_SCALES.get((category, unit), _SCALES.get(("", unit), 1.0)))


def inside(row: Row, prediction: float) -> bool | None:
    """Whether a prediction lies within what the row tolerates, or its range; None where it states neither."""
    value, said = float(row["value"]), row.get("tolerance", "")
    limits = _limits(value, said)
    if limits is None and row.get("low") and row.get("high"):
        limits = float(row["low"]), float(row["high"])
    if limits is None:
        return prediction == value if row.get("unit") == "bool" else None
    return limits[0] <= prediction <= limits[1]


def _limits(value: float, said: str) -> tuple[float, float] | None:
    """`15%`, `-15/+40%`, `5 points` of a fraction, `factor 2`."""
    if found := re.search(r"-([\d.]+)/\+([\d.]+)%", said):
        return value * (1 - float(found[1]) / PERCENT), value * (1 + float(found[2]) / PERCENT)
    found = re.fullmatch(r"([\d.]+)(%| points)|factor ([\d.]+)", said)
    if found is None:
        return None
    if found[3]:
        return value / float(found[3]), value * float(found[3])
    width = float(found[1]) / PERCENT * (value if found[2] == "%" else 1.0)
    return value - width, value + width
