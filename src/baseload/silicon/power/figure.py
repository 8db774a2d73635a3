"""What a row about power measures, by its metric and unit: a fraction, watts or joules per token, and of how much.

Names differ between sources, so words decide. MLPerf measures whole systems at the wall; a row that says neither chip
nor system is taken to mean the chips alone, and says so.
"""

import re
from dataclasses import dataclass
from typing import Literal

from baseload.silicon.calibrate.observation import METRICS
from baseload.silicon.left_out import Row

FRACTION = "avg_power_fraction"
OTHER = re.compile(r"\b(?:peak|max|maximum|min|minimum|idle|p\d\d|fraction|ratio)\b")
"""Metrics of power that are no average in watts."""
WATTS = re.compile(r"(k?)W(?:atts?)?\b|(k?)watts?\b")
JOULES = re.compile(r"(m|k|)J(?:oules?)?\s*(?:/|per)\s*(?:output\s+|generated\s+)?tok|joules?\s*(?:/|per)\s*tok")
NAMED_WATTS = re.compile(r"power|watt|_w\b")
NAMED_JOULES = re.compile(r"(?:joules?|energy|\bj)\s*(?:/|per)\s*(?:output\s+)?tok")
PER_CHIP = re.compile(r"(?:/|\bper\s+)(?:gpu|chip|accelerator)")
CHIP = re.compile(r"\b(?:gpu|chip|accelerator|board)s?\b")
ALL_CHIPS = re.compile(r"\b(?:total|all|gpus|chips|accelerators)\b")
SITE = re.compile(r"\b(?:site|facility|pue|data ?cent(?:er|re))\b")
SYSTEM = re.compile(r"\b(?:system|server|node|host|wall|mlperf)\b")
SCALE = {"m": 1e3, "": 1.0, "k": 1e-3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """`each`: of one chip's part, not of all that the row counts. `scale`: units of the row per watt or joule."""

    what: Literal["fraction", "watts", "joules"]
    level: Literal["chip", "system", "site"]
    each: bool
    scale: float
    assumption: str = ""


def figure_of(row: Row) -> Figure | None:
    """None when the row is not about power."""
    metric, unit = row["metric"].strip(), row.get("unit", "").strip()
    if metric == FRACTION:
        return Figure(
            what="fraction", level="chip", each=True, scale=1.0, assumption="the fraction is of the chip's maximum"
        )
    name = metric.casefold().replace("_", " ")
    if metric in METRICS or OTHER.search(name):
        return None
    joules = JOULES.match(unit) if unit else NAMED_JOULES.search(name)
    if joules:
        scale = SCALE[joules[1] or ""] if unit else 1.0
        return _placed(row, "joules", scale, "" if unit else "joules per token assumed")
    watts = WATTS.match(unit) if unit else NAMED_WATTS.search(f"{name} {metric}")
    if watts:
        scale = SCALE[watts[1] or watts[2] or ""] if unit else 1.0
        return _placed(row, "watts", scale, "" if unit else "watts assumed")
    return None


def _placed(row: Row, what: Literal["watts", "joules"], scale: float, assumption: str) -> Figure:
    """How far from the chip it was measured, and whether of one chip or of all."""
    words = " ".join((row["metric"], row.get("unit", ""))).casefold().replace("_", " ")
    each = PER_CHIP.search(words) is not None
    words = PER_CHIP.sub(" ", words)
    level: Literal["chip", "system", "site"] = "chip"
    if SITE.search(words):
        level = "site"
    elif SYSTEM.search(words):
        level = "system"
    elif CHIP.search(words) or each:
        each = each or not ALL_CHIPS.search(words)
    elif SYSTEM.search(f"{row['concurrency_or_mode']} {row['workload']}".casefold()):
        level = "system"
    else:
        assumption = "; ".join(filter(None, (assumption, "taken to be of all chips, without their server")))
    return Figure(what=what, level=level, each=each and what == "watts", scale=scale, assumption=assumption)
