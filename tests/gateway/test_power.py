"""Which joules a request bears: those drawn while it ran, none from before it came."""

from baseload.energy import Meter, Weights
from baseload.energy.sensors import Reading
from baseload.gateway.power import BUSY_WINDOW_US, STALE_US, Power
from baseload.units import Mark, Micros

SECOND_US = 1_000_000


class Counter:
    """A sensor that has drawn what it is told."""

    name, kind = "counter", Mark.MEASURED

    def __init__(self) -> None:
        self.total_mj = 0

    def read(self, now_us: Micros) -> Reading:
        return Reading(at_us=now_us, total_mj=self.total_mj, kind=self.kind)

    def close(self) -> None:
        """Nothing to let go of."""


def power_on(sensor: Counter) -> Power:
    meter = Meter(
        "cpu", sensor, idle_w=0.0, max_w=100.0, pue=1.0, weights={"m": Weights(prefill=1, decode=1)}, now_us=Micros(0)
    )
    return Power([meter])


def test_a_request_bears_nothing_that_was_drawn_before_it_came():
    sensor = Counter()
    power = power_on(sensor)
    sensor.total_mj = 500_000  # a model is loaded
    power.begins(Micros(9 * SECOND_US))
    power.work.note("cpu", "m", "r1", 1, 10, 5)
    sensor.total_mj += 700
    windows = power.close_windows(Micros(9 * SECOND_US + BUSY_WINDOW_US), {})
    assert [w.shares.active_mj for w in windows] == [0, 700]
    assert [(w.started_us, w.ended_us) for w in windows] == [
        (0, 9 * SECOND_US),
        (9 * SECOND_US, 9 * SECOND_US + BUSY_WINDOW_US),
    ]
    assert sum(w.shares.meter_mj for w in windows) == sensor.total_mj


def test_work_that_is_in_the_window_keeps_it_open():
    sensor = Counter()
    power = power_on(sensor)
    power.work.note("cpu", "m", "r1", 1, 10, 5)
    power.begins(Micros(9 * SECOND_US))
    assert power.close_windows(Micros(9 * SECOND_US), {}) == []


def test_requests_close_upon_another_do_not_make_a_window_each():
    power = power_on(Counter())
    power.begins(Micros(STALE_US - 1))
    assert power.close_windows(Micros(STALE_US), {}) == []
