"""`baseload usage traffic` writes a mix that reads back, says when there is none, and leaves `usage` as it was."""

import json
import time
from pathlib import Path

import pytest

from baseload.config.traffic_io import read_traffic
from tests.billing.pnl_book import opened
from tests.cli.conftest import run


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    """A data directory whose books have two answered requests of an hour ago."""
    data = tmp_path / "cloud"
    data.mkdir()
    hour_ago = time.time_ns() // 1000 - 3_600_000_000
    with opened(data / "ledger.db") as book:
        book.sale(at=hour_ago)
        book.sale(at=hour_ago, business="internal", tenant="inside")
    return data


def test_the_mix_is_written_whole_and_reads_back(asked: Path, tmp_path: Path) -> None:
    out = tmp_path / "TRAFFIC.toml"
    result = run("usage", "traffic", "--since", "2h", "--out", out, "--data", asked)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    mix = read_traffic(out)
    assert (mix.kind, mix.name, mix.requests) == ("measured", "cloud", 2)
    assert list(tmp_path.glob(".*")) == []
    printed = run("usage", "traffic", "--since", "2h", "--data", asked).stdout
    assert "# Measured by `baseload usage traffic`: 2 requests." in printed
    assert "# no SLO is stated" in printed


def test_json_has_the_same_mix_with_units_in_its_keys(asked: Path) -> None:
    answer = json.loads(run("usage", "traffic", "--json", "--data", asked).stdout)
    assert set(answer) == {
        "name", "kind", "requests_per_s", "since", "until", "requests", "hours", "classes", "left_out", "file",
    }  # fmt: skip
    assert set(answer["classes"][0]) == {
        "model", "tier", "share", "input_tokens", "output_tokens", "cached_fraction", "measured_ttft_ms",
        "measured_tpot_ms", "slo",
    }  # fmt: skip
    assert answer["classes"][0]["input_tokens"] == {"mean": 100.0, "p50": 100, "p90": 100, "p99": 100}


def test_an_empty_period_is_one_sentence_and_the_answer_no(asked: Path) -> None:
    result = run("usage", "traffic", "--since", "1s", "--data", asked)
    assert result.exit_code == 3
    assert result.stderr.count("\n") == 1
    assert "no request was answered" in result.stderr


def test_a_directory_that_is_not_there_is_named_and_nothing_is_left(asked: Path, tmp_path: Path) -> None:
    result = run("usage", "traffic", "--data", asked, "--out", tmp_path / "no" / "t.toml")
    assert result.exit_code == 1
    assert "there is no directory" in result.stderr


def test_the_report_is_still_there_and_does_not_swallow_options(asked: Path) -> None:
    assert json.loads(run("usage", "--json", "--data", asked).stdout)["by"] == "tenant"
    result = run("usage", "--by", "model", "traffic", "--data", asked)
    assert result.exit_code == 2
    assert "come after it" in result.stderr
