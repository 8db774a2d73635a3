"""A number about the world: what it is, how sure it is, and who says so."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Generic, Literal, TypeVar, get_args

from baseload.units import Mark, Pico, usd_per_mtok_to_pico

FactKind = Literal["vendor", "measured", "estimate", "assumed"]
FACT_KINDS: tuple[str, ...] = get_args(FactKind)
Shape = Literal["uniform", "triangular", "normal", "lognormal"]
SHAPES: tuple[str, ...] = get_args(Shape)
_MARKS = {"measured": Mark.MEASURED, "estimate": Mark.MODELLED, "vendor": Mark.ASSUMED, "assumed": Mark.ASSUMED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Who says a number, and of what day that is.

    `kind`: vendor (a data sheet, a price list), measured (somebody put a meter on it), estimate (derived),
    assumed (judgement).
    """

    title: str
    kind: FactKind
    date: date
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """`low` to `high` is the 90 % interval, equal to `value` where the source gives no range; all three in `unit`.

    `file` and `line` say where in the catalogue it stands.
    """

    value: float
    low: float
    high: float
    unit: str
    cited: Source
    shape: Shape = "uniform"
    note: str = ""
    file: str = ""
    line: int = 0

    @property
    def kind(self) -> FactKind:
        return self.cited.kind

    @property
    def source(self) -> str:
        return self.cited.title

    @property
    def date(self) -> date:
        return self.cited.date

    @property
    def mark(self) -> Mark:
        """What a figure made of it is marked: an estimate is modelled; what somebody only states is assumed."""
        return _MARKS[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Count(Fact):
    """A whole number: layers, bytes, tokens."""

    value: int
    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Price(Fact):
    """A price of tokens, in USD per million; `pico` is the same in whole pico-dollars per token, which bills use."""

    pico: Pico


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A number as its file says it: exact decimals, before it becomes a `Fact`."""

    value: Decimal
    low: Decimal
    high: Decimal
    rest: dict[str, Any]


F = TypeVar("F", bound=Fact)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec(ABC, Generic[F]):
    """What a catalogue file may say about one quantity: its unit, and the range that is believable at all."""

    name: str
    unit: str
    least: float
    most: float
    required: bool = True

    def objection(self, number: Decimal) -> str:
        """Why this quantity cannot be that number, or nothing."""
        if Decimal(str(self.least)) <= number <= Decimal(str(self.most)):
            return ""
        return f"{number:g} is not believable; expected {self.least:g} to {self.most:g} {self.unit}"

    @abstractmethod
    def make(self, said: Said) -> F:
        """The frozen value."""


class FactSpec(Spec[Fact]):
    """A quantity that may have decimals."""

    def make(self, said: Said) -> Fact:
        return Fact(value=float(said.value), low=float(said.low), high=float(said.high), unit=self.unit, **said.rest)


class CountSpec(Spec[Count]):
    """A quantity that is counted."""

    def objection(self, number: Decimal) -> str:
        return super().objection(number) if number == int(number) else f"{number:g} must be a whole number"

    def make(self, said: Said) -> Count:
        return Count(value=int(said.value), low=int(said.low), high=int(said.high), unit=self.unit, **said.rest)


class PriceSpec(Spec[Price]):
    """A price that bills can be made from: nothing finer than a pico-dollar per token."""

    def objection(self, number: Decimal) -> str:
        exact = Decimal(usd_per_mtok_to_pico(number)) == number * 1_000_000
        return super().objection(number) if exact else f"{number:g} is finer than a pico-dollar per token"

    def make(self, said: Said) -> Price:
        pico = usd_per_mtok_to_pico(said.value)
        return Price(
            value=float(said.value), low=float(said.low), high=float(said.high), unit=self.unit, pico=pico, **said.rest
        )
