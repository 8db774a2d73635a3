"""What AIConfigurator would be asked for a measured row, and how two predictors are scored on the same rows."""

import stat
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks import side_by_side
from benchmarks.aiconfigurator import speed, theirs
from benchmarks.aiconfigurator_rows import Ask, ask_of
from benchmarks.side_by_side import ROWS, compared, errors, read, sample

SOURCE = "PyPI aiconfigurator-core 0.12.0 (Apache-2.0): systems/silicon_sample.csv id=some_row"


def row(**changes: str) -> dict[str, str]:
    return {
        "chip": "H200-SXM", "n_chips": "8", "model": "DeepSeek-V3", "precision": "fp8", "engine": "sglang 0.5.9",
        "parallelism": "TP8 PP1 DPattn1 MoE-TP8 EP1", "isl": "1024", "osl": "1024",
        "concurrency_or_mode": "concurrency=32 batch=32", "metric": "tpot_ms", "value": "23.3", "unit": "ms",
        "source": SOURCE, "statistic": "mean-or-median (not stated in file)", "workload": "random fixed-length",
        "quality": "InferenceX-derived (inferred)",
    } | changes  # fmt: skip


def asked(**changes: str) -> Ask:
    ask = ask_of(row(**changes))
    assert isinstance(ask, Ask), ask
    return ask


def test_a_row_becomes_its_inputs_under_its_own_names() -> None:
    assert asdict(asked()) == {
        "system": "h200_sxm", "backend": "sglang", "model": "deepseek-ai/DeepSeek-V3",
        "checkpoint": "deepseek-ai/DeepSeek-V3", "gemm": "fp8", "moe": "fp8_block", "tp": 8, "pp": 1,
        "attention_dp": 1, "moe_tp": 8, "moe_ep": 1, "isl": 1024, "osl": 1024, "batch": 32, "concurrency": 32,
        "sample": "some_row",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("engine", "precision", "modes"),
    [
        ("trtllm 1.0.0", "fp8", ("fp8", "fp8")),
        ("vllm 0.19.0", "fp4", ("nvfp4", "nvfp4")),
        ("vllm 0.19.0", "int4", ("int4_wo", "int4_wo")),
        ("sglang 0.5.9", "bf16", (None, None)),
    ],
)
def test_precision_becomes_modes_of_dense_matrices_and_experts(
    engine: str, precision: str, modes: tuple[str | None, str | None]
) -> None:
    ask = asked(engine=engine, precision=precision, chip="B200-SXM")
    assert (ask.gemm, ask.moe) == modes


def test_a_load_without_a_batch_is_shared_over_engines_and_ranks() -> None:
    split = "TP1 PP1 DPattn4 MoE-TP1 EP4"
    assert asked(parallelism=split, n_chips="8", concurrency_or_mode="concurrency=100").batch == 13
    assert asked(parallelism=split, n_chips="8", concurrency_or_mode="concurrency=100 batch=12").batch == 12


def test_it_is_asked_about_the_deployment_as_baseload_reads_it() -> None:
    multiplied = asked(
        model="Kimi-K2.5", parallelism="TP4 PP1 DPattn4 MoE-TP1 EP16", n_chips="16",
        concurrency_or_mode="concurrency=8 batch=2",
    )  # fmt: skip
    assert (multiplied.tp, multiplied.attention_dp, multiplied.moe_tp, multiplied.moe_ep) == (1, 4, 1, 4)
    grouped = asked(parallelism="TP64 PP1 DPattn1 MoE-TP8 EP8", n_chips="64")
    assert (grouped.tp, grouped.moe_tp, grouped.moe_ep, grouped.batch) == (8, 1, 8, 32)


@pytest.mark.parametrize(
    ("text", "split"),
    [("TP8", (8, 1, 8, 1)), ("TEP8", (8, 1, 1, 8)), ("DEP8", (1, 8, 1, 8))],
)
def test_short_forms_of_parallelism(text: str, split: tuple[int, int, int, int]) -> None:
    ask = asked(parallelism=text, concurrency_or_mode="concurrency=64")
    assert (ask.tp, ask.attention_dp, ask.moe_tp, ask.moe_ep) == split
    assert ask.batch == 64 // ask.attention_dp


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"quality": "suspect"}, "quality is suspect"),
        ({"chip": "MI355X"}, "chip without measurements"),
        ({"engine": "TensorRT 10.8, CUDA 12.8"}, "engine is not one"),
        ({"engine": ""}, "engine is not one"),
        ({"model": "Llama-2-70B"}, "model is not among"),
        ({"precision": "mxfp4"}, "precision has no mode"),
        ({"parallelism": "P:1x(TP4 PP1) D:1x(TP4 PP1)"}, "disaggregated"),
        ({"parallelism": ""}, "parallelism is not stated"),
        ({"isl": ""}, "length is not stated"),
        ({"concurrency_or_mode": "static batch=4"}, "not a closed loop"),
        ({"concurrency_or_mode": "MLPerf Server target_qps=9"}, "not a closed loop"),
        ({"statistic": "p99"}, "tail"),
        ({"workload": "fixed-length, 60% cached"}, "cached"),
    ],
)
def test_what_it_cannot_be_asked_has_a_reason(changes: dict[str, str], reason: str) -> None:
    said = ask_of(row(**changes))
    assert isinstance(said, str)
    assert reason in said


def test_every_row_of_the_validation_file_is_asked_or_has_a_reason() -> None:
    answers = [ask_of(one) for one in read([ROWS])]
    asks = [ask for ask in answers if isinstance(ask, Ask)]
    assert len(asks) > 600
    assert all(ask.tp * ask.attention_dp == (ask.moe_tp or 1) * (ask.moe_ep or 1) for ask in asks)


def test_errors_are_fractions_of_what_was_measured() -> None:
    assert errors([90.0, 110.0, 150.0], [100.0] * 3) == {"median_ape": 0.1, "mean_ape": 0.2333, "p90_ape": 0.42}


def test_two_are_compared_on_the_rows_both_answer() -> None:
    rows = [row(value="10"), row(value="20"), row(value="40")]
    table = compared(rows, {"one": [11.0, None, 44.0], "other": [10.0, 20.0, 40.0]})
    assert (table["rows"], table["one"]["median_ape"], table["other"]["median_ape"]) == (2, 0.1, 0.0)
    assert compared(rows, {"one": [None] * 3, "other": [1.0] * 3}) == {"rows": 0}


def test_a_sample_is_the_same_every_time() -> None:
    rows = read([ROWS])
    assert sample(rows, 20) == sample(rows, 20)
    assert sample(rows, 0) == rows


@pytest.fixture
def python(tmp_path: Path) -> str:
    """A stand-in for an interpreter that has the package: its first token takes as many ms as the input has tokens."""
    answer = '"tpot_ms": 25, "way": "stated modes", "mode": "SILICON", "whole_s": 0.01, "kept_s": 0.001, "warm": true'
    return script(
        tmp_path,
        """echo '{"version": "0.0"}'""",
        """sed -n 's/.*"isl": \\([0-9]*\\),.*/{"ttft_ms": \\1, """ + answer + """}/p'""",
    )


def script(folder: Path, *lines: str) -> str:
    path = folder / "python"
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_each_point_is_asked_once_and_answers_come_back_in_order(python: str) -> None:
    asks = [asked(isl="512"), asked(isl="64", chip="B200-SXM"), asked(isl="512", metric="ttft_ms")]
    version, answers = theirs(asks, python)
    assert (version, [one["ttft_ms"] for one in answers]) == ("0.0", [512, 64, 512])
    assert answers[0] is answers[2]
    assert speed(answers, 1000) | {"first_s": 0.0} == {
        "estimates": 2, "first_s": 0.0, "per_s": 100.0, "per_s_model_kept": 1000.0, "grid_s_model_kept": 1.0
    }  # fmt: skip


def test_an_interpreter_without_the_package_is_told(tmp_path: Path) -> None:
    bare = script(tmp_path, "echo \"No module named 'aiconfigurator_core'\" >&2", "exit 1")
    with pytest.raises(SystemExit, match="did not answer"):
        theirs([asked()], bare)


def test_a_comparison_has_both_sides_and_every_key_is_documented(python: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(side_by_side, "GRID", 1000)
    monkeypatch.setattr(
        side_by_side,
        "ours",
        lambda rows: {"baseload_shipped": [20.0] * len(rows), "baseload_left_out": [30.0] * len(rows)},
    )
    rows = [row(value="20"), row(value="25", n_chips="16"), row(quality="suspect")]
    result = side_by_side.run(rows, python, 0)
    assert (result["rows"], result["asked"], result["not_asked"]) == (3, 2, {"quality is suspect": 1})
    table = result["error"]["tpot_ms"]["measured_tables"]
    medians = {name: table[name]["median_ape"] for name in table if name != "rows"}
    assert medians == {"aiconfigurator": 0.125, "baseload_shipped": 0.1, "baseload_left_out": 0.35}
    assert result["error"]["ttft_ms"]["measured_tables"] == {"rows": 0}
    told = (Path(__file__).parents[2] / "docs" / "reference" / "bench.md").read_text().split("\n## side_by_side\n")[1]
    assert [key for key in keys(result) - set(result["not_asked"]) if f"`{key}`" not in told] == []


def keys(value: object) -> set[str]:
    """Of a result and all that is in it, but not the ways and reasons that are counted."""
    if not isinstance(value, dict):
        return set()
    counted = {"not_asked", "answered", "no_answer"}
    return set(value) | {key for name, inner in value.items() if name not in counted for key in keys(inner)}
