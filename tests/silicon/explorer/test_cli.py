"""`baseload chip explore` as a person types it."""

import json
import re
from pathlib import Path

import pytest

from tests.cli.conftest import run

ROOT = Path(__file__).resolve().parents[3]
MIX = ROOT / "examples" / "traffic" / "decode-heavy.toml"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, object], Path, str]:
    report = tmp_path_factory.mktemp("report") / "chip.html"
    result = run("chip", "explore", MIX, "--quick", "--seed", "5", "--json", "--report", report)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout), report, result.stderr


def test_the_json_has_the_keys_of_the_reference(told: tuple[dict[str, object], Path, str]) -> None:
    page = (ROOT / "docs" / "reference" / "cli.md").read_text()
    section = page.split("\n## baseload chip explore\n")[1].split("\n## ")[0]
    keys = {
        name for cell in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for name in re.findall(r"`(\w+)`", cell)
    }
    assert set(told[0]) == keys


def test_progress_is_talk_and_the_report_is_there(told: tuple[dict[str, object], Path, str]) -> None:
    _, report, talk = told
    assert "generation 8 of 8" in talk
    assert f"the report is in {report}" in talk
    assert report.read_text().startswith("<!doctype html>")


def test_the_same_seed_gives_the_same_answer(told: tuple[dict[str, object], Path, str]) -> None:
    again = run("chip", "explore", MIX, "--quick", "--seed", "5", "--json")
    assert json.loads(again.stdout) == told[0]


def test_in_words_it_says_which_is_cheaper_and_what_turns_it() -> None:
    result = run("chip", "explore", MIX, "--quick")
    assert result.exit_code == 0, result.stderr
    assert "a million tokens" in result.stdout
    assert "the last sensible tape-out" in result.stdout
    assert re.search(r"The decision turns on|No input turns the decision", result.stdout)


def test_a_bad_traffic_file_is_told_with_all_its_faults(tmp_path: Path) -> None:
    bad = tmp_path / "TRAFFIC.toml"
    bad.write_text(
        MIX.read_text().replace("share = 0.6", "share = 1.6").replace("requests_per_s = 200", "requests_per_s = 0")
    )
    result = run("chip", "explore", bad, "--report", tmp_path / "chip.html")
    assert result.exit_code == 1
    assert "share" in result.stderr
    assert "requests_per_s" in result.stderr
    assert not (tmp_path / "chip.html").exists()


def test_a_missing_file_and_an_unknown_chip_and_model_are_one_line_each(tmp_path: Path) -> None:
    assert "cannot be read" in run("chip", "explore", tmp_path / "no.toml").stderr
    assert "B200-SXM" in run("chip", "explore", MIX, "--quick", "--against", "B200-SX").stderr
    unknown = tmp_path / "mix.toml"
    unknown.write_text(MIX.read_text().replace("Llama-3.1-70B", "Llama-3.1-71B"))
    assert "Llama-3.1-70B" in run("chip", "explore", unknown, "--quick").stderr


def test_a_folder_that_is_not_there_is_said_before_the_search(tmp_path: Path) -> None:
    result = run("chip", "explore", MIX, "--report", tmp_path / "no" / "chip.html")
    assert result.exit_code == 1
    assert "there is no folder" in result.stderr


def test_the_guides_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "docs" / "guide" / "design-a-chip.md").read_text()
    (tmp_path / "TRAFFIC.toml").write_text(MIX.read_text())
    monkeypatch.chdir(tmp_path)
    code = "\n".join(re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    exec(compile(code.replace("seed=1)", "seed=1, population=24, generations=2)"), "design-a-chip.md", "exec"), {})


def test_with_nothing_to_buy_the_reasons_are_told() -> None:
    result = run("chip", "explore", MIX, "--quick", "--against", "MTIA-2i", "--against", "Xeon-6980P")
    assert result.exit_code == 1
    assert "MTIA-2i: no source says its price_usd" in result.stderr
    assert "Xeon-6980P: no source says its memory_gb, price_usd" in result.stderr
    assert result.stderr.count("\n") == 1
