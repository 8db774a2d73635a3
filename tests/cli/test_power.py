"""Watts over a piece of work: counted where there is a counter, and a reason where there is none."""

from baseload.cli.power import Power
from baseload.energy.sensors.base import Reading
from baseload.units import Mark, Micros


class Steady:
    """A counter that has grown by 5 J at each reading; its clock by 0.1 s."""

    def __init__(self) -> None:
        self.readings = 0

    def read(self, now_us: Micros) -> Reading:
        self.readings += 1
        return Reading(total_mj=5000 * self.readings, kind=Mark.MEASURED, at_us=Micros(100_000 * self.readings))

    def close(self) -> None: ...


def silent() -> Steady:
    raise OSError("no counter here")


def test_watts_are_joules_over_the_time_of_the_work() -> None:
    power = Power(Steady)
    assert power.during(lambda: "done") == ("done", 50.0)
    assert power.note == ""


def test_without_a_counter_the_work_is_done_and_the_reason_kept() -> None:
    power = Power(silent)
    assert power.during(lambda: 7) == (7, None)
    assert power.idle_w() is None
    assert "no counter here" in power.note
