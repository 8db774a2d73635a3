"""The pools' meters as the gateway runs them: live watts, the joules an answer states, and the windows on record.

A window with work is closed after ten seconds, or when it is full; an idle one may run for a minute, so that a quiet
night writes little. It also ends when work comes, so that a request bears no joule drawn before it, least of all those
of loading its model.
"""

from collections.abc import Iterable, Sequence

from baseload.billing.outcome import Attempt
from baseload.energy import Meter, Window
from baseload.energy.procstat import machine_ticks, process_ticks
from baseload.gateway.work import WorkLog
from baseload.units import Mark, Micros, Millijoule

BUSY_WINDOW_US = 10_000_000
FULL_WINDOW = 250
"""A window with work of so many attempts is closed at once: sharing out thousands in one go would be felt."""
IDLE_WINDOW_US = 60_000_000
STALE_US = 1_000_000
"""An empty window older than this ends before work that comes into it."""


class Power:
    """Meters by pool."""

    def __init__(self, meters: Iterable[Meter]) -> None:
        self.meters = {m.pool: m for m in meters}
        self.work = WorkLog()
        self.watts_by_pool: dict[str, float] = {}
        self.allotted_mj = 0
        self._first_mj = {m.pool: m.total_mj for m in self.meters.values()}
        self._read: dict[str, tuple[int, int]] = {}
        self._ticks: dict[str, tuple[int, int]] = {}
        self._pids: dict[str, list[int]] = {}
        self._closed: list[Window] = []

    @property
    def watts(self) -> float | None:
        """What all pools draw now, PUE included; None until each sensor was read twice."""
        return sum(self.watts_by_pool.values()) if self.watts_by_pool.keys() == self.meters.keys() else None

    @property
    def metered_mj(self) -> int:
        """What the sensors say was drawn up to the last closed windows, PUE included."""
        return sum(round((m.total_mj - self._first_mj[m.pool]) * m.pue) for m in self.meters.values())

    def recorded(self, window: Window) -> None:
        """A window's parts, idle and overhead are on record."""
        shares = window.shares
        self.allotted_mj += sum(part.energy_mj for part in shares.parts) + shares.idle_mj + shares.overhead_mj

    @property
    def idle_watts(self) -> float:
        """What they draw switched on and empty, PUE included."""
        return sum(m.idle_w * m.pue for m in self.meters.values())

    @property
    def kind(self) -> Mark:
        """The weakest mark of any meter: a sum is no better than its parts."""
        kinds = {m.kind for m in self.meters.values()}
        return Mark.MEASURED if kinds == {Mark.MEASURED} else Mark.MODELLED

    def prorated(self, pool: str, model: str, *, prefilled: int, decoded: int) -> tuple[Millijoule, Mark]:
        """The joules an answer states before its window closes."""
        meter = self.meters.get(pool)
        if meter is None:
            return Millijoule(0), Mark.MODELLED
        return Millijoule(meter.energy_of(model, prefilled, decoded)), meter.kind

    def note(self, pool: str, model: str, request_id: str, attempts: Sequence[Attempt]) -> None:
        """A request's attempts are over; what they did since the window opened is its work."""
        for attempt in attempts:
            self.work.note(pool, model, request_id, attempt.n, attempt.prefilled, attempt.emitted)
        self.work.ended((request_id, a.n) for a in attempts)

    def sample(self, now_us: Micros) -> None:
        """Refresh the live watts. Once a second; the windows do not depend on it."""
        for pool, meter in self.meters.items():
            total_mj = meter.sensor.read(now_us).total_mj
            before = self._read.get(pool)
            if before is not None and now_us > before[0]:
                self.watts_by_pool[pool] = (total_mj - before[1]) * 1000 / (now_us - before[0]) * meter.pue
            self._read[pool] = (now_us, total_mj)

    def begins(self, now_us: Micros) -> None:
        """Work comes to a cloud that had none: what was drawn until now is not its doing."""
        for pool, meter in self.meters.items():
            if now_us - meter.started_us >= STALE_US and not self.work.count(pool):
                self._close(pool, now_us)

    def close_windows(self, now_us: Micros, pids: dict[str, list[int]], *, force: bool = False) -> list[Window]:
        """The windows closed since last asked, those now due among them.

        `pids` are the engines' processes by pool, to tell their work from the host's.
        """
        self._pids = pids
        for pool, meter in self.meters.items():
            age_us = now_us - meter.started_us
            busy = self.work.count(pool)
            if force or busy >= FULL_WINDOW or age_us >= (BUSY_WINDOW_US if busy else IDLE_WINDOW_US):
                self._close(pool, now_us)
        closed, self._closed = self._closed, []
        return closed

    def _close(self, pool: str, now_us: Micros) -> None:
        fraction = self._host_fraction(pool, self._pids.get(pool, []))
        self._closed.append(self.meters[pool].close_window(now_us, self.work.take(pool), fraction))

    def _host_fraction(self, pool: str, pids: list[int]) -> float:
        """The part of the machine's busy time since last asked that was not its engines': gateway, console, others."""
        if not pids:
            return 0.0
        busy, engines = machine_ticks()[0], sum(process_ticks(pid) for pid in pids)
        before = self._ticks.get(pool)
        self._ticks[pool] = (busy, engines)
        if before is None or busy <= before[0]:
            return 0.0
        return min(max(1.0 - (engines - before[1]) / (busy - before[0]), 0.0), 1.0)

    def close(self) -> None:
        """Let the sensors go."""
        for meter in self.meters.values():
            meter.close()
