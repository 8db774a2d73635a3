"""What a decision says: the commitment, the plan, what was broken and by how much."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class BreakKind(StrEnum):
    """What kind of limit or promise does not hold. The names are pinned."""

    RESERVATION = "reservation"
    STANDBY = "standby"
    ENVELOPE = "envelope"
    MINIMUM_UP_TIME = "minimum_up_time"


UNITS = {
    BreakKind.RESERVATION: "requests/s",
    BreakKind.STANDBY: "requests/s",
    BreakKind.ENVELOPE: "W",
    BreakKind.MINIMUM_UP_TIME: "replicas",
}
_SENTENCES = {
    BreakKind.RESERVATION: "the reservation of class '{id}' is short by {amount:.6g} requests/s",
    BreakKind.STANDBY: "the idle part of class '{id}''s reservation is not kept free for {amount:.6g} requests/s",
    BreakKind.ENVELOPE: "site '{id}' draws {amount:.6g} W over its envelope before any work is done",
    BreakKind.MINIMUM_UP_TIME: "{amount:.6g} replicas of recipe '{id}' stop before their minimum up time",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A promise or limit that cannot be kept, and the amount by which it breaks: never just "infeasible"."""

    kind: BreakKind
    id: str
    amount: float

    @property
    def unit(self) -> str:
        return UNITS[self.kind]

    def __str__(self) -> str:
        return _SENTENCES[self.kind].format(id=self.id, amount=self.amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How good a commitment is: its value (money less penalties) and the most any commitment could reach."""

    value_usd_per_h: float
    penalty_usd_per_h: float
    bound_usd_per_h: float
    optimal: bool

    @property
    def error_usd_per_h(self) -> float:
        return max(0.0, self.bound_usd_per_h - self.value_usd_per_h)

    @property
    def gap(self) -> float:
        """Distance to the bound as a share of the value: 0.01 is one per cent."""
        return self.error_usd_per_h / max(abs(self.value_usd_per_h), 1e-9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """Which whole replicas are on, per recipe.

    `ready` is their capacity in replicas, less what loading takes of the horizon. What is running now has no proof.
    """

    replicas: Mapping[str, int]
    ready: Mapping[str, float]
    started: Mapping[str, int]
    stopped: Mapping[str, int]
    nodes_held: Mapping[str, int]
    breaks: tuple[Break, ...] = ()
    proof: Proof | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What runs this second at a fixed commitment.

    `work_per_s[class][recipe]` is the flow, `busy[recipe]` replicas' worth of busy time. Money is per hour:
    value = revenue − energy − rent − starts − penalty. Breaks are in the order worst first within a kind.
    """

    asked_per_s: Mapping[str, float]
    served_per_s: Mapping[str, float]
    served_blocks_per_s: Mapping[str, tuple[float, ...]]
    work_per_s: Mapping[str, Mapping[str, float]]
    standby_per_s: Mapping[str, float]
    busy: Mapping[str, float]
    watts: Mapping[str, float]
    revenue_usd_per_h: float
    energy_usd_per_h: float
    rent_usd_per_h: float
    start_usd_per_h: float
    penalty_usd_per_h: float
    breaks: tuple[Break, ...]

    @property
    def money_usd_per_h(self) -> float:
        """Marginal money: penalties apart, sunk take-or-pay not in it."""
        return self.revenue_usd_per_h - self.energy_usd_per_h - self.rent_usd_per_h - self.start_usd_per_h

    @property
    def value_usd_per_h(self) -> float:
        """What was maximised."""
        return self.money_usd_per_h - self.penalty_usd_per_h
