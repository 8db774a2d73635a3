"""The meter of one pool: reads its sensor, and closes one window after the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from baseload.energy.prorate import Prorate
from baseload.energy.sensors import Sensor
from baseload.energy.share import Shares, Weights, Work, share
from baseload.units import Mark, Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A closed metering window, as the ledger keeps it. `id` names pool and start, so that recording is idempotent."""

    id: str
    pool: str
    started_us: int
    ended_us: int
    shares: Shares
    watts: float


class Meter:
    """Windows follow one another without a gap: each starts where the one before it ended."""

    def __init__(
        self,
        pool: str,
        sensor: Sensor,
        *,
        idle_w: float,
        max_w: float,
        pue: float,
        weights: Mapping[str, Weights],
        now_us: Micros,
    ) -> None:
        """`idle_w` and `max_w` are of the whole pool; `weights` by model id as the description names it."""
        self.pool = pool
        self.sensor = sensor
        self.idle_w = idle_w
        self.pue = pue
        self.weights = weights
        self.prorate = Prorate(active_w=max_w - idle_w)
        first = sensor.read(now_us)
        self.total_mj, self.filled_mj = first.total_mj, first.filled_mj
        self.started_us = now_us
        self.kind = Mark.MODELLED

    def close_window(self, now_us: Micros, work: Sequence[Work], host_fraction: float = 0.0) -> Window:
        """Read the sensor and share out what was drawn since the last window."""
        reading = self.sensor.read(now_us)
        started_us, self.started_us = self.started_us, now_us
        drawn_mj, self.total_mj = reading.total_mj - self.total_mj, reading.total_mj
        filled, self.filled_mj = reading.filled_mj > self.filled_mj, reading.filled_mj
        self.kind = Mark.MODELLED if filled else reading.kind  # others may have read the sensor in between
        dt_us = max(0, now_us - started_us)
        shares = share(
            drawn_mj,
            idle_w=self.idle_w,
            dt_us=dt_us,
            work=work,
            weights=self.weights,
            pue=self.pue,
            host_fraction=host_fraction,
            kind=self.kind,
        )
        self.prorate.learn(shares.active_mj, sum(part.work for part in shares.parts), dt_us)
        watts = shares.meter_mj * 1000 / dt_us if dt_us else 0.0
        return Window(
            id=f"{self.pool}:{started_us}",
            pool=self.pool,
            started_us=started_us,
            ended_us=now_us,
            shares=shares,
            watts=watts,
        )

    def energy_of(self, model: str, prefilled: int, decoded: int) -> int:
        """The prorated millijoules of an answer, before its window closes."""
        return self.prorate.energy_of(self.weights.get(model) or Weights(), prefilled, decoded)

    def close(self) -> None:
        self.sensor.close()
