"""The whole chain against an independent, noisy sensor with gaps and wraps: shared out is what was drawn, ±1 %."""

import random
from pathlib import Path

import pytest

from baseload.energy import Meter, Weights, Work
from baseload.energy.sensors import Modelled, Reading
from baseload.energy.sensors.gaps import Filled
from baseload.energy.sensors.rapl import Rapl
from baseload.units import Mark, Micros

STEP_US = 1_000_000
IDLE_W, MAX_W = 40.0, 220.0


class NoisyRapl:
    """Counter files as a kernel would show them: noise on each step, a small range that wraps often, spells of silence.

    It knows nothing of the code under test; `truth_mj` is what was drawn.
    """

    def __init__(self, root: Path, rng: random.Random, wrap_uj: int) -> None:
        self.rng = rng
        self.wrap_uj = wrap_uj
        self.folder = root / "intel-rapl:0"
        self.folder.mkdir(parents=True)
        (self.folder / "name").write_text("package-0")
        (self.folder / "max_energy_range_uj").write_text(str(wrap_uj))
        self.raw_uj = rng.randrange(wrap_uj)
        self.truth_mj = 0.0
        self.show(silent=False)

    def draw(self, watts: float, dt_us: int, *, silent: bool) -> None:
        self.truth_mj += watts * dt_us / 1000
        noisy_uj = watts * dt_us * self.rng.gauss(1.0, 0.03)
        self.raw_uj = (self.raw_uj + round(max(0.0, noisy_uj))) % self.wrap_uj
        self.show(silent=silent)

    def show(self, *, silent: bool) -> None:
        (self.folder / "energy_uj").write_text("" if silent else str(self.raw_uj))


@pytest.mark.parametrize("seed", range(3))
def test_what_is_shared_out_is_what_was_drawn(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    hardware = NoisyRapl(tmp_path, rng, wrap_uj=20_000_000_000)
    load = 0.0
    wrong_model = Modelled(idle_w=IDLE_W * 0.9, max_w=MAX_W * 1.1, chips=1, busy=lambda: load)
    weights = {"m": Weights()}
    meter = Meter(
        "p", Filled(Rapl(tmp_path), wrong_model), idle_w=IDLE_W, max_w=MAX_W, pue=1.2, weights=weights, now_us=Micros(0)
    )
    shared_mj = attempts_mj = meter_mj = 0
    kinds, silent_until = set(), 0
    for step in range(1, 801):
        if step >= silent_until and rng.random() < 0.01:
            silent_until = step + rng.randrange(1, 15)
        load = max(0.0, min(1.0, load + rng.gauss(0, 0.15)))
        hardware.draw(IDLE_W + (MAX_W - IDLE_W) * load, STEP_US, silent=step < silent_until)
        work = [
            Work(request_id=f"r{i}", attempt_n=1, prefilled=rng.randrange(50), decoded=rng.randrange(50), model="m")
            for i in range(rng.randrange(6))
        ]
        window = meter.close_window(Micros(step * STEP_US), work, host_fraction=0.02)
        shares = window.shares
        assert shares.active_mj + shares.idle_mj + shares.overhead_mj == shares.meter_mj
        assert window.ended_us - window.started_us == STEP_US
        attempts_mj += sum(part.energy_mj for part in shares.parts)
        shared_mj += shares.active_mj + shares.idle_mj + shares.overhead_mj
        meter_mj += shares.meter_mj
        kinds.add(shares.kind)
    assert shared_mj == meter_mj
    assert kinds == {Mark.MEASURED, Mark.MODELLED}
    assert abs(meter_mj / (hardware.truth_mj * 1.2) - 1) < 0.01
    assert 0 < attempts_mj < meter_mj


def test_windows_follow_one_another_and_their_ids_are_stable() -> None:
    meter = Meter(
        "p",
        Modelled(idle_w=1, max_w=2, chips=1, busy=lambda: 1.0),
        idle_w=1,
        max_w=2,
        pue=1.0,
        weights={},
        now_us=Micros(5),
    )
    first = meter.close_window(Micros(1_000_005), [])
    second = meter.close_window(Micros(3_000_005), [])
    assert (first.id, second.id) == ("p:5", "p:1000005")
    assert first.ended_us == second.started_us
    assert (first.watts, second.watts) == (2.0, 2.0)
    assert meter.close_window(Micros(3_000_005), []).watts == 0.0


def test_a_gap_marks_its_window_even_when_the_sensor_speaks_again_before_it_closes() -> None:
    class Flaky:
        total_mj: int | None = 0

        def read(self, now_us: Micros) -> Reading:
            if self.total_mj is None:
                raise OSError("silent")
            return Reading(total_mj=self.total_mj, kind=Mark.MEASURED, at_us=now_us)

        def close(self) -> None: ...

    flaky = Flaky()
    sensor = Filled(flaky, Modelled(idle_w=1, max_w=2, chips=1, busy=lambda: 0.0))
    meter = Meter("p", sensor, idle_w=1, max_w=2, pue=1.0, weights={}, now_us=Micros(0))
    for total_mj, now_us in ((None, 1), (2_000, 2), (3_000, 3)):
        flaky.total_mj = total_mj
        sensor.read(Micros(now_us * STEP_US))
    assert meter.close_window(Micros(3 * STEP_US), []).shares.kind is Mark.MODELLED
    assert meter.close_window(Micros(4 * STEP_US), []).shares.kind is Mark.MEASURED
