"""Measuring: figures that can be, a roofline by hand, and an entry that the catalogue takes."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseload import catalog
from baseload.catalog import Machine, detect_chip
from baseload.errors import SetupError
from baseload.silicon.measure import (
    Load,
    Measured,
    bandwidth,
    decode_tokens_per_s,
    entry_toml,
    gpu,
    matmul_flops_per_s,
    prefill_tokens_per_s,
)
from baseload.silicon.measure.engine import Engine
from baseload.silicon.measure.memory import last_level_cache_bytes

MACHINE = Machine(vendor_id="GenuineIntel", family=6, model=106, machine="x86_64", name='Some "CPU" @ 2.80GHz', vcpus=4)


def measured(**more: Any) -> Measured:
    base = Measured(
        name=MACHINE.name,
        units=4,
        memory_bytes=16e9,
        bytes_per_s=40e9,
        operations_per_s={"fp32": 0.5e12, "bf16": 2e12, "int8": 4e12},
        like=catalog.chip("xeon-icelake-vcpu"),
        machine=MACHINE,
    )
    return replace(base, **more)


def loaded(folder: Path, text: str, name: str = "my-box") -> catalog.Chip:
    (folder / "chips").mkdir()
    (folder / "chips" / f"{name}.toml").write_text(text)
    return catalog.load(folder).chips[name]


def test_bandwidth_and_throughput_are_figures_of_a_machine() -> None:
    """Between a floppy disk and a hundred accelerators: a unit that is wrong by a thousand would show."""
    found = bandwidth(array_bytes=1 << 22, threads=2, rounds=1)
    for figure in (found.triad, found.read):
        assert 1e7 < figure < 1e14
    assert (found.threads, found.array_bytes) == (2, 1 << 22)
    assert 1e7 < matmul_flops_per_s(side=128, rounds=1) < 1e16


def test_the_largest_cache_counts(tmp_path: Path) -> None:
    for n, size in enumerate(("48K", "1280K", "49152K")):
        (tmp_path / f"index{n}").mkdir()
        (tmp_path / f"index{n}" / "size").write_text(f"{size}\n")
    assert last_level_cache_bytes(tmp_path) == 49152 << 10
    assert last_level_cache_bytes(tmp_path / "none") == 32 << 20


def test_a_written_entry_loads_and_is_an_even_share(tmp_path: Path) -> None:
    chip = loaded(tmp_path, entry_toml(measured(), name="my-box", day=date(2026, 11, 24)))
    assert chip.memory_bandwidth_gb_per_s is not None
    assert (chip.memory_bandwidth_gb_per_s.value, chip.memory_bandwidth_gb_per_s.kind) == (10.0, "measured")
    assert chip.memory_bandwidth_gb_per_s.source == f"measured by `baseload chip measure` on {MACHINE.name}"
    assert chip.memory_bandwidth_gb_per_s.date == date(2026, 11, 24)
    assert chip.bf16_tflops is not None
    assert chip.bf16_tflops.value == 0.5


def test_what_was_not_measured_keeps_its_own_source(tmp_path: Path) -> None:
    like = catalog.chip("xeon-icelake-vcpu")
    chip = loaded(tmp_path, entry_toml(measured(), name="my-box", day=date(2026, 11, 24)))
    for name in ("idle_w", "max_w", "price_usd", "life_years"):
        mine, theirs = getattr(chip, name), getattr(like, name)
        assert (mine.value, mine.low, mine.high, mine.cited) == (theirs.value, theirs.low, theirs.high, theirs.cited)


def test_measured_watts_take_the_place_of_the_catalogues(tmp_path: Path) -> None:
    chip = loaded(tmp_path, entry_toml(measured(idle_w=20.0, busy_w=60.0), name="my-box", day=date(2026, 11, 24)))
    assert (chip.idle_w.value, chip.max_w.value, chip.max_w.kind) == (5.0, 15.0, "measured")


def test_the_entry_is_the_closest_to_the_machine_it_was_measured_on(tmp_path: Path) -> None:
    chip = loaded(tmp_path, entry_toml(measured(), name="my-box", day=date(2026, 11, 24)))
    assert chip.match.strictness > detect_chip(MACHINE).match.strictness
    assert (chip.match.family, chip.match.model) == ((6,), (106,))


LOAD = Load(
    layers=30, body_params=100e6, head_params=30e6, bytes_per_step=100e6, kv_bytes_per_token=20e3, attention_flops=70e3
)


def test_a_roofline_by_hand() -> None:
    """One sequence reads 101 MB at 10 GB/s; sixteen multiply 16 × 267 MFLOPs at 100 GFLOP/s."""
    one = decode_tokens_per_s(LOAD, sequences=1, context_tokens=50, read_bytes_per_s=10e9, flops_per_s=100e9)
    assert (one.tokens_per_s, one.binds) == (pytest.approx(1 / 0.0101), "bandwidth")
    many = decode_tokens_per_s(LOAD, sequences=16, context_tokens=100, read_bytes_per_s=10e9, flops_per_s=100e9)
    assert (many.tokens_per_s, many.binds) == (pytest.approx(100e9 / 267e6), "compute")
    prompt = prefill_tokens_per_s(LOAD, prompt_tokens=1000, chunk_tokens=256, read_bytes_per_s=10e9, flops_per_s=100e9)
    flops = 1000 * (200e6 + 70e3 * 500) + 60e6
    assert (prompt.tokens_per_s, prompt.binds) == (pytest.approx(1000 * 100e9 / flops), "compute")


@given(sequences=st.integers(1, 256), context=st.integers(1, 8192), more=st.floats(1, 10))
def test_more_bandwidth_or_arithmetic_is_never_slower(sequences: int, context: int, more: float) -> None:
    def rate(reads: float, flops: float) -> float:
        return decode_tokens_per_s(
            LOAD, sequences=sequences, context_tokens=context, read_bytes_per_s=reads, flops_per_s=flops
        ).tokens_per_s

    assert rate(10e9 * more, 100e9) >= rate(10e9, 100e9)
    assert rate(10e9, 100e9 * more) >= rate(10e9, 100e9)


GENOA = Load(
    layers=30,
    body_params=106.2e6,
    head_params=28.3e6,
    bytes_per_step=96.6e6,
    kv_bytes_per_token=23040,
    attention_flops=69120,
)


@pytest.mark.parametrize(
    ("sequences", "step_ms", "tolerance"),
    [(1, 13.0, 0.15), (4, 17.6, 0.15), (16, 24.9, 0.15)],
)
def test_the_machine_that_the_engines_constants_are_from_comes_out(
    sequences: int, step_ms: float, tolerance: float
) -> None:
    """2 virtual CPUs of an EPYC (Genoa): 26.2 GB/s read, 0.9 Top/s INT8; OpenVINO GenAI 2026.4.1 at 175 tokens of
    context, the medians that facts.toml quotes."""
    engine = Engine(GENOA, read_bytes_per_s=26.2e9, operations_per_s={"int8": 0.9e12, "fp32": 0.23e12})
    found, _ = engine.decode_tokens_per_s(sequences=sequences, context_tokens=175, rng=np.random.default_rng(0))
    assert found.central == pytest.approx(sequences / (step_ms / 1e3), rel=tolerance)


def test_its_prefill_comes_out_and_every_prediction_lies_below_the_roofline() -> None:
    engine = Engine(GENOA, read_bytes_per_s=26.2e9, operations_per_s={"int8": 0.9e12, "fp32": 0.23e12})
    found, binds = engine.prefill_tokens_per_s(prompt_tokens=845, chunk_tokens=256, rng=np.random.default_rng(0))
    assert found.central == pytest.approx(1460, rel=0.1)
    assert binds == "compute"
    most = prefill_tokens_per_s(GENOA, prompt_tokens=845, chunk_tokens=256, read_bytes_per_s=26.2e9, flops_per_s=0.9e12)
    assert found.low < found.central < found.high < most.tokens_per_s


def test_without_an_int8_dot_product_the_engine_multiplies_in_fp32() -> None:
    assert Engine(LOAD, read_bytes_per_s=1e10, operations_per_s={"fp32": 1e11, "bf16": 4e11}).precision == "fp32"


class Torch:
    """Just enough of torch: each piece of work takes 10 ms by the device's clock."""

    float32, bfloat16 = "fp32", "bf16"

    def __init__(self, *, available: bool = True) -> None:
        properties = SimpleNamespace(name="NVIDIA Example", total_memory=80_000_000_000)
        self.cuda = SimpleNamespace(
            is_available=lambda: available,
            get_device_properties=lambda _: properties,
            synchronize=lambda: None,
            Event=lambda enable_timing: SimpleNamespace(record=lambda: None, elapsed_time=lambda other: 10.0),
        )

    def ones(self, *_: object, **__: object) -> object:
        return object()

    randn = add = matmul = ones


def test_an_accelerator_is_measured_by_its_own_clock() -> None:
    found = gpu.accelerator(Torch())
    assert found.name == "NVIDIA Example"
    assert found.triad_bytes_per_s == pytest.approx(12 * gpu.ARRAY_VALUES / 0.01)
    assert found.operations_per_s == pytest.approx({"fp32": 2 * gpu.SIDE**3 / 0.01, "bf16": 2 * gpu.SIDE**3 / 0.01})


def test_no_accelerator_and_no_torch_are_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SetupError, match="torch sees no NVIDIA accelerator here"):
        gpu.accelerator(Torch(available=False))
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(SetupError, match="needs torch"):
        gpu.accelerator()
