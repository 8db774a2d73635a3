"""A number about the world and where it comes from."""

from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

FactKind = Literal["vendor", "measured", "estimate", "assumed"]
FACT_KINDS: tuple[str, ...] = get_args(FactKind)
Shape = Literal["uniform", "triangular", "normal", "lognormal"]
SHAPES: tuple[str, ...] = get_args(Shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """`low` to `high` is the 90 % interval, equal to `value` where the source gives no range.

    `kind`: vendor (a data sheet), measured (somebody put a meter on it), estimate (derived), assumed (judgement).
    """

    value: float
    low: float
    high: float
    kind: FactKind
    source: str
    date: date
    shape: Shape = "uniform"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSpec:
    """What a catalogue file may say about one quantity: its unit, and the range that is believable at all."""

    name: str
    unit: str
    least: float
    most: float
    required: bool = True
