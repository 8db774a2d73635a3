"""Shares a window's joules over the attempts that ran in it, by the work they caused, in whole millijoules.

    meter (at the wall) = active (the attempts' parts) + idle + overhead

Idle is what the machine draws switched on and empty; overhead is cooling and losses (PUE − 1) and the host's own work:
gateway, ledger, console. Neither is any attempt's doing, so neither is in its part. Work counts prefilled and decoded
tokens, each by the microseconds of machine time it takes (catalogue: prefill_us_per_token, decode_us_per_token).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from baseload.catalog import ModelEntry
from baseload.units import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Work of one token: nanoseconds of the reference machine. The default is the embedded model's."""

    prefill: int = 685_000
    decode: int = 1_556_000

    @classmethod
    def of(cls, model: ModelEntry | None) -> "Weights":
        """The catalogue's weights; a model whose pace it does not know weighs as the embedded one."""
        pace = model.servable if model else None
        if pace is None:
            return cls()
        return cls(
            prefill=max(1, round(pace.prefill_us_per_token.value * 1000)),
            decode=max(1, round(pace.decode_us_per_token.value * 1000)),
        )

    def work(self, prefilled: int, decoded: int) -> int:
        return self.prefill * prefilled + self.decode * decoded


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one attempt did in the window: tokens, lost ones included, for they took joules too."""

    request_id: str
    attempt_n: int
    prefilled: int
    decoded: int
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One attempt's part of a window."""

    request_id: str
    attempt_n: int
    work: int
    energy_mj: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """A window shared out: `meter_mj` = `active_mj` + `idle_mj` + `overhead_mj`, and `active_mj` = Σ parts."""

    meter_mj: int
    active_mj: int
    idle_mj: int
    overhead_mj: int
    parts: tuple[Share, ...]
    kind: Mark


def share(
    machine_mj: int,
    *,
    idle_w: float,
    dt_us: int,
    work: Sequence[Work],
    weights: Weights | Mapping[str, Weights] | None = None,
    pue: float = 1.0,
    host_fraction: float = 0.0,
    kind: Mark = Mark.MODELLED,
) -> Shares:
    """Share what the machines drew (before PUE) over the attempts.

    `idle_w` is of the whole pool. `host_fraction` is the part of the machine's busy time that was not the engines'.
    With no work in the window nothing is active: what was drawn above idle was the host's own doing.
    """
    idle_mj = min(machine_mj, round(idle_w * dt_us / 1000))  # watts × microseconds = microjoules
    above_idle_mj = machine_mj - idle_mj
    amounts = [_weights_for(weights, item.model).work(item.prefilled, item.decoded) for item in work]
    active_mj = above_idle_mj - round(above_idle_mj * min(1.0, max(0.0, host_fraction))) if sum(amounts) else 0
    meter_mj = machine_mj + round(machine_mj * max(0.0, pue - 1.0))
    parts = tuple(
        Share(request_id=item.request_id, attempt_n=item.attempt_n, work=amount, energy_mj=part)
        for item, amount, part in zip(work, amounts, apportion(active_mj, amounts), strict=True)
    )
    return Shares(
        meter_mj=meter_mj,
        active_mj=active_mj,
        idle_mj=idle_mj,
        overhead_mj=meter_mj - active_mj - idle_mj,
        parts=parts,
        kind=kind,
    )


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Whole parts of a whole total in proportion to whole weights, by largest remainder, ties to the earlier.

    Integer arithmetic throughout, so the parts add up exactly at any size. Without weight every part is 0.
    """
    scale = sum(weights)
    if scale <= 0:
        return [0] * len(weights)
    parts = [total * weight // scale for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % scale), i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def _weights_for(weights: Weights | Mapping[str, Weights] | None, model: str) -> Weights:
    if weights is None:
        return Weights()
    if isinstance(weights, Weights):
        return weights
    return weights.get(model) or Weights()
