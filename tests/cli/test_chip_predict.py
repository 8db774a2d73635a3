"""The commands that ask the model: documented keys, one sentence for what cannot run, one's own calibration."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from baseload.cli.chip import chip
from baseload.silicon.score.files import COLUMNS
from tests.silicon.calibrate.test_observation import ROW

REFERENCE = (Path(__file__).parents[2] / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
LLAMA = ("--model", "Llama-3.1-8B", "--precision", "fp8", "--engine", "vllm 0.12.0")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(chip, [str(a) for a in arguments])


def told(*arguments: object) -> dict[str, Any]:
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    value: dict[str, Any] = json.loads(done.stdout)
    return value


def measured(path: Path, *rows: dict[str, str]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS["serving"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_prediction_has_the_documented_keys():
    made = told("predict", "--chip", "H100-SXM", *LLAMA)
    assert [key for key in made if f"`{key}`" not in REFERENCE] == []
    cost = made["usd_per_mtok"]
    parts = ("capital", "facility", "opex", "idle_energy", "work_energy")
    assert cost["fully_loaded"] == pytest.approx(sum(cost[part] for part in parts))
    assert cost["marginal"] < cost["cash"] < cost["fully_loaded"]


def test_a_comparison_says_who_cannot():
    chips = told("compare", "H100-SXM", "A100-SXM-80GB", "--model", "Llama-3.1-8B", "--precision", "fp8", "--chips", 1)
    good, bad = chips["chips"]
    assert good["output_tokens_per_s"]["value"] > 0
    assert "no fp8 arithmetic" in bad["cannot"]
    assert (
        "no fp8 arithmetic" in run("compare", "A100-SXM-80GB", "--model", "Llama-3.1-8B", "--precision", "fp8").stdout
    )


def test_experts_dealt_out_cost_an_exchange():
    setup = ("predict", "--chip", "H200-SXM", "--chips", 8, "--model", "Qwen3-235B-A22B", "--precision", "fp8")
    split, dealt = told(*setup), told(*setup, "--ep", 8)
    assert dealt["expert_parallel"] == 8
    assert dealt["step_ms"]["network"] != split["step_ms"]["network"]


def test_validation_has_the_documented_keys_and_writes_rows(tmp_path: Path):
    file = measured(tmp_path / "m.csv", ROW, {**ROW, "quality": "suspect"})
    found = told("validate", file, "--rows", tmp_path / "out.csv")
    assert {"rows", "scored", "left_out", "groups", "overall"} <= set(found)
    assert set(found["groups"][0]) == {
        "metric", "chip", "model", "mode", "n", "median_ape", "mean_ape", "p90_ape", "coverage_80",
    }  # fmt: skip
    assert (tmp_path / "out.csv").exists()


def test_a_calibration_of_ones_own_rows_is_used(tmp_path: Path):
    rows = [{**ROW, "value": str(value)} for value in (60.0, 61.0, 62.0, 63.0)]
    mine = tmp_path / "mine.json"
    assert told("calibrate", measured(tmp_path / "m.csv", *rows), "--no-bands", "--write", mine)["rows_fitted"] == 4
    asked = ("predict", "--chip", "H100-SXM", "--chips", 4, "--model", "Llama-3.1-70B", "--precision", "fp8", "--engine", "vLLM 0.12.0", "--concurrency", 8)  # fmt: skip  # noqa: E501
    slower = told(*asked, "--calibration", mine)["tpot_ms"]["value"]
    assert slower > 1.5 * told(*asked)["tpot_ms"]["value"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("predict", "--chip", "H100-SXM", "--model", "Llama-3.1-8B", "--input", 50_000_000), "GB more than"),
        (("predict", "--chip", "H100-SXM", "--model", "Llama-3.1-8B", "--ep", 2), "has no experts"),
        (
            ("predict", "--chip", "Groq-LPU-v1", "--model", "Llama-3.1-8B", "--precision", "int8"),
            "no tensor parallelism",
        ),
        (("predict", "--chip", "H100", "--model", "Llama-3.1-8B"), "no chip 'H100'"),
        (("predict", "--chip", "H100-SXM", "--model", "Llama-3.1-8B", "--calibration", "none.json"), "cannot read"),
    ],
)
def test_what_cannot_be_predicted_is_one_sentence(arguments: tuple[object, ...], words: str):
    done = run(*arguments)
    assert done.exit_code != 0
    assert words in str(done.exception)


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        ("vlm 0.9", "No engine 'vlm 0.9' was measured"),
        ("vllm 99", "No release 'vllm 99' was measured"),
        ("vllm 0.12.0", ""),
    ],
)
def test_an_engine_that_was_not_measured_is_said(engine: str, words: str):
    out = run(
        "predict", "--chip", "H200-SXM", "--model", "Llama-3.1-8B", "--precision", "fp8", "--engine", engine
    ).stdout
    assert words in out if words else "was measured" not in out
