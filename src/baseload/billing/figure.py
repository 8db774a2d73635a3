"""A number with its unit, its mark, its time, and a note where it needs one: how every figure of the P&L travels."""

from collections.abc import Iterable
from dataclasses import dataclass

from baseload.units import Mark

USD_PER_NANO = 1e-9
_ORDER = (Mark.MEASURED, Mark.MODELLED, Mark.ASSUMED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """`value` None means undefined, and then `note` says why: a ratio without a denominator is not infinite."""

    value: float | int | None
    unit: str
    mark: Mark
    as_of_us: int
    note: str = ""


def weakest(marks: Iterable[Mark]) -> Mark:
    """A figure is worth as much as the weakest of what went into it."""
    return max(marks, key=_ORDER.index, default=Mark.MEASURED)


def usd(nano: int) -> float:
    """For display; reconciliation is done in whole nano-dollars before this."""
    return nano * USD_PER_NANO


def ratio(above: float, below: float, unit: str, mark: Mark, as_of_us: int, why_undefined: str) -> Figure:
    """A quotient, or undefined with the reason."""
    if below <= 0:
        return Figure(value=None, unit=unit, mark=mark, as_of_us=as_of_us, note=why_undefined)
    return Figure(value=above / below, unit=unit, mark=mark, as_of_us=as_of_us)
