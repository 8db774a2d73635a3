"""`baseload chip simulate` tells what clients would wait, and what it cannot simulate."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import run
from tests.silicon.simulator.datasheet import DATASHEET

SETUP = ("chip", "simulate", "--chip", "H100-SXM", "--model", "Llama-3.1-8B", "--precision", "bf16", "--engine", "vllm")
KEYS = {
    "chip", "model", "chips", "plan", "precision", "engine", "requests", "seed", "max_sequences", "max_batched_tokens",
    "kv_tokens", "completed", "refused", "unfinished", "duration_s", "latency", "by_priority", "output_tokens_per_s",
    "requests_per_s", "kv_used_mean", "kv_used_peak", "sequences_mean", "preemptions", "recomputed_tokens",
    "prefix_hit_fraction", "energy_j", "watts_mean", "energy_j_per_output_token", "engine_steps", "timeline", "mark",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _calibration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("baseload.silicon.simulator.replica.shipped", lambda: DATASHEET)


def answer(*options: str | Path) -> dict[str, Any]:
    result = run(*SETUP, *options, "--json")
    assert result.exit_code == 0, result.stderr
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def test_an_open_loop_is_told_in_percentiles_and_documented_keys() -> None:
    told = answer("--rate", "4", "--requests", "200", "--output", "50", "--output-p90", "90", "--seed", "3")
    assert set(told) == KEYS
    assert told["mark"] == "modelled"
    assert (told["completed"], told["refused"]) == (200, {})
    ttft = told["latency"]["ttft"]
    assert 0 < ttft["p50_ms"] <= ttft["p90_ms"] <= ttft["p99_ms"]
    documented = (Path(__file__).parents[2] / "docs" / "reference" / "cli.md").read_text()
    section = documented.split("## baseload chip simulate")[1].split("\n## ")[0]
    assert [key for key in KEYS if f"`{key}`" not in section] == []


def test_more_clients_get_more_tokens_a_second_and_each_of_them_fewer() -> None:
    one, many = (answer("--concurrency", str(n), "--requests", "100") for n in (1, 32))
    assert many["output_tokens_per_s"] > 5 * one["output_tokens_per_s"]
    assert many["latency"]["tpot"]["mean_ms"] > one["latency"]["tpot"]["mean_ms"]


def test_a_trace_is_replayed_up_to_the_number_asked_for(tmp_path: Path) -> None:
    rows = "".join(f"{k},400,20,chat,256,{k % 2}\n" for k in range(9))
    (tmp_path / "t.csv").write_text("arrival_s,input_tokens,output_tokens,prefix_id,prefix_tokens,priority\n" + rows)
    told = answer("--trace", tmp_path / "t.csv", "--requests", "8")
    assert told["completed"] == 8
    assert set(told["by_priority"]) == {"0", "1"}
    assert told["prefix_hit_fraction"] == pytest.approx(7 * 256 / (8 * 400))
    text = run(*SETUP, "--trace", tmp_path / "t.csv").stdout
    assert "first token, priority 1" in text
    assert "all figures are modelled" in text


def test_a_column_that_is_not_read_is_told_on_stderr(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("arrival,input,output,prefix,user\n0,100,5,,ann\n")
    result = run(*SETUP, "--trace", tmp_path / "t.csv", "--json")
    assert result.exit_code == 0
    assert result.stderr.count("\n") == 1
    assert "not read: 'user'" in result.stderr
    assert json.loads(result.stdout)["completed"] == 1


def test_faults_of_a_trace_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("arrival_s,input_tokens,output_tokens,prefix_id\n0,many,20,\n1,5,0,\n")
    result = run(*SETUP, "--trace", tmp_path / "t.csv")
    assert result.exit_code == 1
    assert "t.csv:2: input_tokens: must be a whole number" in result.stderr
    assert "t.csv:3: output_tokens: must be a whole number of 1 or more, is 0" in result.stderr


@pytest.mark.parametrize("options", [(), ("--rate", "1", "--concurrency", "2")])
def test_a_load_is_given_once(options: tuple[str, ...]) -> None:
    result = run(*SETUP, *options)
    assert result.exit_code == 2
    assert "one of --rate, --concurrency and --trace" in result.stderr


def test_what_cannot_be_simulated_says_why() -> None:
    several = run(*SETUP, "--chips", "4", "--tp", "2", "--rate", "1")
    assert several.exit_code == 1
    assert "ask for 2 chips and 1/2 of the load" in several.stderr
    crowd = run(*SETUP, "--rate", "1", "--max-sequences", "64", "--max-batched-tokens", "32", "--requests", "1")
    assert crowd.exit_code == 0, crowd.stderr
    strange = run(*SETUP, "--rate", "1", "--input", "100", "--input-p90", "900")
    assert strange.exit_code == 1
    assert "no log-normal has mean 100 and p90 900" in strange.stderr
