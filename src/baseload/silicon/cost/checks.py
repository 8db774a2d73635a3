"""Published checks of silicon (rows as of `silicon_checks.csv`) and what this room says of each; none is dropped."""

import re

from baseload.silicon.cost.answer import Answer, Estimate, Row, Silence
from baseload.silicon.cost.check_cost import cost_check, nre_check
from baseload.silicon.cost.check_physical import KERNEL, area_check, carbon_check, mtia_check, power_check

__all__ = ["Answer", "Estimate", "Silence", "inside", "speak_to"]

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
    """What the model says of a row, by its category, quantity, subject and date; its own value is never looked at."""
    category = row.get("category", "")
    if category in _BY_CATEGORY:
        return _BY_CATEGORY[category](row)
    if category in ("perf_gemm", "perf_peak", "perf_layer"):
        return KERNEL
    if category == "perf_net":
        return Silence(reason="network: scored by the collectives' model")
    return Silence(reason=f"no model for the category {category!r}")


def inside(row: Row, prediction: float) -> bool | None:
    """Whether a prediction lies within what the row tolerates, or its range; None where it states neither."""
    value, said = float(row["value"]), row.get("tolerance", "")
    skew = re.search(r"-(\d+)/\+(\d+)%", said)
    if skew:
        return value * (1 - int(skew[1]) / 100) <= prediction <= value * (1 + int(skew[2]) / 100)
    for pattern, low, high in (
        (r"^([\d.]+)%$", lambda t: value * (1 - t / 100), lambda t: value * (1 + t / 100)),
        (r"^([\d.]+) points$", lambda t: value - t / 100, lambda t: value + t / 100),
        (r"^factor ([\d.]+)$", lambda t: value / t, lambda t: value * t),
    ):
        found = re.match(pattern, said)
        if found:
            return bool(low(float(found[1])) <= prediction <= high(float(found[1])))
    if row.get("low") and row.get("high"):
        return float(row["low"]) <= prediction <= float(row["high"])
    return prediction == value if row.get("unit") == "bool" else None
