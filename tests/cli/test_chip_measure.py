"""`baseload chip measure` prints and writes what was found, names what is missing, and sets the engine beside it."""

import json
from pathlib import Path
from typing import Any

import pytest

from baseload import catalog
from baseload.catalog import this_machine
from baseload.cli import measuring
from baseload.cli.measuring import Findings, compared, load_of
from baseload.fleet.probe import Probed
from baseload.silicon.measure import Measured
from tests.cli.conftest import run

PROBED = Probed(
    prefill_tokens_per_s=1000.0, decode_tokens_per_s={1: 50.0, 16: 500.0}, operations_per_s={"int8": 1e12}, skipped={}
)


def found(**_: Any) -> Findings:
    measured = Measured(
        name="Some CPU",
        units=2,
        memory_bytes=16e9,
        bytes_per_s=20e9,
        operations_per_s={"fp32": 0.3e12},
        like=catalog.chip("xeon-icelake-vcpu"),
        machine=this_machine(),
    )
    rows = compared(load_of(catalog.model(measuring.EMBEDDED)), PROBED, 20e9, {"fp32": 0.3e12, "int8": 1e12})
    memory = {"triad_gb_per_s": 20.0, "read_gb_per_s": 22.0}
    return Findings(
        chip=measured, memory=memory, skipped={"bf16": "no unit"}, power_note="no watts were measured", rows=rows
    )


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "measure_cpu", lambda like: found())


@pytest.mark.usefixtures("quick")
def test_json_has_every_figure_with_its_unit(tmp_path: Path) -> None:
    answer = json.loads(run("chip", "measure", "--json").stdout)
    assert set(answer) == {
        "device", "chip", "units", "like", "memory_gb", "memory", "tera_operations_per_s", "skipped", "idle_w",
        "busy_w", "power_note", "engine", "engine_note", "file",
    }  # fmt: skip
    assert [(row["phase"], row["sequences"]) for row in answer["engine"]] == [
        ("prefill", 1),
        ("decode", 1),
        ("decode", 16),
    ]
    for row in answer["engine"]:
        assert row["error"] == pytest.approx(
            row["predicted_tokens_per_s"]["central"] / row["measured_tokens_per_s"] - 1
        )
        assert row["predicted_tokens_per_s"]["high"] < row["roofline_tokens_per_s"]
        assert row["binds"] in ("weights", "compute", "attention", "host")


@pytest.mark.usefixtures("quick")
def test_every_figure_has_its_mark_and_what_is_missing_is_said() -> None:
    text = run("chip", "measure").stdout
    assert text.count("measured") >= 4
    assert "no figure for bf16: no unit" in text
    assert "no watts were measured" in text
    assert "modelled: low" in text


@pytest.mark.usefixtures("quick")
def test_the_entry_is_written_whole_and_loads(tmp_path: Path) -> None:
    (tmp_path / "chips").mkdir()
    result = run("chip", "measure", "--write", tmp_path / "chips" / "my-box.toml")
    assert result.exit_code == 0, result.stderr
    chip = catalog.load(tmp_path).chips["my-box"]
    assert chip.memory_bandwidth_gb_per_s is not None
    assert chip.memory_bandwidth_gb_per_s.value == 10.0
    assert [path.name for path in (tmp_path / "chips").iterdir()] == ["my-box.toml"]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", ["my box.toml", "my-box.txt", ".toml"])
def test_a_file_that_names_no_entry_is_refused_before_anything_is_measured(tmp_path: Path, name: str) -> None:
    result = run("chip", "measure", "--write", tmp_path / name)
    assert result.exit_code == 1
    assert "names no entry" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_accelerator_needs_an_entry_to_be_like_and_torch() -> None:
    assert "--like CHIP" in run("chip", "measure", "--device", "gpu").stderr
    assert "did you mean" in run("chip", "measure", "--like", "H100-SXN").stderr


@pytest.mark.slow
@pytest.mark.engine
def test_this_machine_is_measured_with_its_engine(tmp_path: Path) -> None:
    """The whole command on whatever this is: every figure is there, none is absurd, the entry loads."""
    (tmp_path / "chips").mkdir()
    result = run("chip", "measure", "--json", "--write", tmp_path / "chips" / "here.toml")
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert 0.01 < answer["memory"]["triad_gb_per_s"] < 1e5
    assert 0.0001 < answer["tera_operations_per_s"]["fp32"] < 1e4
    assert len(answer["engine"]) == 3
    assert all(row["measured_tokens_per_s"] > 0 for row in answer["engine"])
    assert catalog.load(tmp_path).chips["here"].kind == "cpu"
