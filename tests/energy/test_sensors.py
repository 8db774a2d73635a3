"""Sensors: totals only grow, wraps are mended, gaps are filled and marked, and the best sensor is picked."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseload import catalog
from baseload.config.cloud import Pool
from baseload.energy.sensors import Modelled, ProcStat, Reading, pick
from baseload.energy.sensors.counter import Counter
from baseload.energy.sensors.gaps import Filled
from baseload.energy.sensors.nvml import Nvml
from baseload.energy.sensors.rapl import Rapl
from baseload.errors import SetupError
from baseload.units import Mark, Micros

S = 1_000_000
RANGE = 262_143_328_850
POOL = Pool(id="cpu", site="s", chip="xeon-icelake-vcpu", chips_per_node=2)


def powercap(root: Path, zones: dict[str, str], wrap: int = RANGE) -> Path:
    for folder, name in zones.items():
        (root / folder).mkdir(parents=True)
        (root / folder / "name").write_text(name + "\n")
        (root / folder / "max_energy_range_uj").write_text(f"{wrap}\n")
        (root / folder / "energy_uj").write_text("0\n")
    return root


def set_uj(root: Path, folder: str, value: int) -> None:
    (root / folder / "energy_uj").write_text(f"{value}\n")


class Scripted:
    """A sensor that reads out a list; None is silence."""

    def __init__(self, *totals: int | None, bridged: bool = True, kind: Mark = Mark.MEASURED) -> None:
        self.totals = list(totals)
        self.bridged = bridged
        self.kind = kind

    def read(self, now_us: Micros) -> Reading:
        total = self.totals.pop(0)
        if total is None:
            raise OSError("silent")
        return Reading(total_mj=total, kind=self.kind, at_us=now_us, bridged=self.bridged)

    def close(self) -> None: ...


def test_rapl_adds_packages_and_memory_but_not_what_they_contain(tmp_path: Path) -> None:
    zones = {"intel-rapl:0": "package-0", "intel-rapl:1": "package-1", "intel-rapl:2": "psys"}
    root = powercap(
        tmp_path, {**zones, "intel-rapl:0:0": "core", "intel-rapl:0:1": "dram", "intel-rapl-mmio:0": "package-0"}
    )
    sensor = Rapl(root)
    sensor.read(Micros(0))
    for folder in (*zones, "intel-rapl:0:0", "intel-rapl:0:1", "intel-rapl-mmio:0"):
        set_uj(root, folder, 10 * S)
    assert sensor.read(Micros(1 * S)) == Reading(total_mj=30_000, kind=Mark.MEASURED, at_us=Micros(1 * S))


def test_rapl_wraps_around_at_its_range(tmp_path: Path) -> None:
    root = powercap(tmp_path, {"intel-rapl:0": "package-0"})
    set_uj(root, "intel-rapl:0", RANGE - 5_000)
    sensor = Rapl(root)
    sensor.read(Micros(0))
    set_uj(root, "intel-rapl:0", 7_000)
    reading = sensor.read(Micros(1 * S))
    assert reading.total_mj == 12
    assert reading.bridged


def test_rapl_leaves_its_totals_whole_when_one_zone_is_silent(tmp_path: Path) -> None:
    root = powercap(tmp_path, {"intel-rapl:0": "package-0", "intel-rapl:1": "package-1"})
    sensor = Rapl(root)
    sensor.read(Micros(0))
    set_uj(root, "intel-rapl:0", 1 * S)
    (root / "intel-rapl:1" / "energy_uj").write_text("")
    with pytest.raises(OSError, match="without a number"):
        sensor.read(Micros(1 * S))
    set_uj(root, "intel-rapl:1", 2 * S)
    assert sensor.read(Micros(2 * S)).total_mj == 3_000


def test_a_machine_without_rapl_says_so(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no RAPL energy counters"):
        Rapl(tmp_path)


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(1, 250)), max_size=40), st.integers(0, RANGE))
def test_a_counter_that_wraps_adds_up_to_what_was_drawn(steps: list[tuple[int, int]], start: int) -> None:
    """Any power below the ceiling, any pause shorter than one that could hide a wrap."""
    counter = Counter(wraps_at_uj=RANGE, ceiling_w=1000)
    raw, now, truth = start % RANGE, 0, 0
    counter.advance(raw, now)
    for watts, seconds in steps:
        drawn = watts * seconds * S
        raw, now, truth = (raw + drawn) % RANGE, now + seconds * S, truth + drawn
        assert counter.advance(raw, now)
    assert counter.total_uj == truth


def test_a_pause_that_could_hide_a_wrap_is_not_vouched_for() -> None:
    counter = Counter(wraps_at_uj=RANGE, ceiling_w=1000)
    counter.advance(0, 0)
    assert not counter.advance(5, 300 * S)
    assert counter.total_uj == 0


def test_a_counter_that_starts_again_is_not_vouched_for() -> None:
    counter = Counter(wraps_at_uj=0, ceiling_w=1000)
    counter.advance(500, 0)
    assert not counter.advance(3, S)
    assert counter.advance(10, 2 * S)
    assert counter.total_uj == 7


def test_modelled_watts_lie_between_idle_and_full() -> None:
    loads = iter([0.0, 0.0, 0.5, 7.0])
    sensor = Modelled(idle_w=2, max_w=10, chips=3, busy=lambda: next(loads))
    totals = [sensor.read(Micros(second * S)).total_mj for second in range(4)]
    assert totals == [0, 6_000, 6_000 + 18_000, 6_000 + 18_000 + 30_000]


def test_utilisation_counts_work_and_not_waiting_or_stolen_time(tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    stat.write_text("cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 1 1 1 1\n")
    busy = ProcStat(stat)
    stat.write_text("cpu  130 10 110 840 10 5 5 90 0 0\n")
    assert busy() == pytest.approx(60 / 200)
    assert busy() == pytest.approx(60 / 200)  # no tick has passed: the last answer stands


def test_this_machines_utilisation_is_a_share() -> None:
    assert 0.0 <= ProcStat()() <= 1.0


def test_a_gap_is_filled_by_the_model_marked_and_trued_up() -> None:
    sensor = Filled(Scripted(0, 100, None, None, 400, 500), Scripted(0, 90, 190, 280, 370, 470, kind=Mark.MODELLED))
    readings = [sensor.read(Micros(i)) for i in range(6)]
    assert [r.total_mj for r in readings] == [0, 100, 200, 290, 400, 500]
    assert [str(r.kind) for r in readings] == ["measured", "measured", "modelled", "modelled", "modelled", "measured"]
    assert readings[-1].filled_mj == 190


def test_a_model_that_put_in_too_much_makes_the_total_wait_not_fall() -> None:
    sensor = Filled(Scripted(0, None, 50, 80, 160), Scripted(0, 100, 200, 300, 400))
    assert [sensor.read(Micros(i)).total_mj for i in range(5)] == [0, 100, 100, 100, 160]


def test_a_counter_reset_in_a_gap_keeps_the_models_estimate() -> None:
    primary = Scripted(0, 100, None, 100, 130)
    sensor = Filled(primary, Scripted(0, 100, 200, 300, 400))
    totals = []
    for i in range(5):
        primary.bridged = i != 3
        totals.append(sensor.read(Micros(i)).total_mj)
    assert totals == [0, 100, 200, 300, 330]


def test_a_sensor_silent_from_the_start_begins_when_it_speaks() -> None:
    sensor = Filled(Scripted(None, 0, 40), Scripted(0, 100, 200))
    assert [sensor.read(Micros(i)).total_mj for i in range(3)] == [0, 100, 140]


class FakeNvml:
    class NVMLError(Exception):
        pass

    def __init__(self, *energy_mj: int) -> None:
        self.energy_mj = list(energy_mj)
        self.lost = False

    def nvmlInit(self) -> None: ...

    def nvmlShutdown(self) -> None: ...

    def nvmlDeviceGetCount(self) -> int:
        return len(self.energy_mj)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        return index

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: int) -> int:
        if self.lost:
            raise self.NVMLError("GPU is lost")
        return self.energy_mj[handle]


def test_nvml_adds_the_pools_accelerators_and_reports_silence() -> None:
    library: Any = FakeNvml(1000, 2000, 9999)
    sensor = Nvml(2, library)
    sensor.read(Micros(0))
    library.energy_mj[:2] = [1500, 2700]
    assert sensor.read(Micros(S)).total_mj == 1200
    library.lost = True
    with pytest.raises(OSError, match="GPU is lost"):
        sensor.read(Micros(2 * S))


def test_nvml_with_fewer_accelerators_than_the_pool_is_refused() -> None:
    with pytest.raises(OSError, match="shows 1 accelerators, the pool has 8"):
        Nvml(8, FakeNvml(0))


def test_auto_takes_rapl_where_it_can_be_read_else_the_model(tmp_path: Path) -> None:
    chip = catalog.chip("xeon-icelake-vcpu")
    assert isinstance(pick(POOL, chip, powercap=tmp_path), Modelled)
    assert isinstance(pick(POOL, chip, powercap=powercap(tmp_path, {"intel-rapl:0": "package-0"})), Filled)


def test_an_engine_elsewhere_is_modelled_from_how_busy_it_is(tmp_path: Path) -> None:
    root = powercap(tmp_path, {"intel-rapl:0": "package-0"})
    assert isinstance(pick(POOL, catalog.chip("h100-sxm"), busy=lambda: 0.5, powercap=root), Modelled)


def test_a_sensor_asked_for_and_missing_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        SetupError, match=r"pool 'cpu' asks for sensor = \"rapl\", but no RAPL .* set sensor = \"auto\""
    ):
        pick(replace(POOL, sensor="rapl"), catalog.chip("xeon-icelake-vcpu"), powercap=tmp_path)
