"""`baseload config` says where each value came from, and finds every fault at once."""

import json
from pathlib import Path

import pytest

from baseload.config import built_in
from tests.cli.conftest import run


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No baseload.toml lies in the current directory unless the test puts one there."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_show_as_json_has_value_origin_and_variable_for_each_setting() -> None:
    shown = json.loads(run("config", "show", "--json").stdout)
    assert set(shown) == {"name", "file", "settings"}
    assert shown["file"] is None
    port = shown["settings"]["gateway.port"]
    assert set(port) == {"value", "origin", "environment"}
    assert set(port["origin"]) == {"kind", "file", "line", "name"}
    assert port["value"] == 8080
    assert port["environment"] == "BASELOAD_GATEWAY__PORT"
    assert port["origin"]["kind"] == "built-in"


def test_an_environment_variable_is_named_as_the_origin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BASELOAD_GATEWAY__PORT", "9001")
    shown = json.loads(run("config", "show", "--json").stdout)["settings"]["gateway.port"]
    assert (shown["value"], shown["origin"]["name"]) == (9001, "BASELOAD_GATEWAY__PORT")


def test_a_list_price_is_shown_with_its_place_in_the_catalogue() -> None:
    prices = "prices.models.smollm2-135m.output_usd_per_mtok"
    shown = json.loads(run("config", "show", "--json").stdout)["settings"][prices]
    assert (shown["value"], shown["origin"]["kind"]) == ("0.04", "catalogue")
    assert shown["origin"]["file"] == "prices/smollm2-135m-2026-11.toml"
    row = next(line for line in run("config", "show").stdout.splitlines() if line.startswith(prices))
    assert row.endswith("catalogue prices/smollm2-135m-2026-11.toml:9")


def test_the_file_in_the_current_directory_is_read(elsewhere: Path) -> None:
    (elsewhere / "baseload.toml").write_text(built_in().replace("port = 8080", "port = 8123"))
    text = run("config", "show").stdout
    row = next(line for line in text.splitlines() if line.startswith("gateway.port"))
    assert "8123" in row
    assert "baseload.toml:" in row


def test_money_and_quoted_ids_survive_json(elsewhere: Path) -> None:
    settings = json.loads(run("config", "show", "--json").stdout)["settings"]
    variables = [s["environment"] for s in settings.values()]
    assert len(set(variables)) == len(variables)
    assert all(v.startswith("BASELOAD_") for v in variables)


def test_check_is_quiet_about_a_sound_file(elsewhere: Path) -> None:
    assert run("config", "init", "mine.toml").exit_code == 0
    result = run("config", "check", "mine.toml")
    assert (result.exit_code, result.stdout) == (0, "mine.toml: no fault\n")


def test_check_finds_every_fault_and_answers_no(elsewhere: Path) -> None:
    text = built_in().replace("port = 8080", "prot = 8080").replace("nodes = 1", "nodes = -1")
    (elsewhere / "mine.toml").write_text(text)
    result = run("config", "check", "mine.toml", "--json")
    assert result.exit_code == 3
    said = json.loads(result.stdout)
    assert set(said) == {"file", "ok", "faults"}
    assert not said["ok"]
    assert len(said["faults"]) == 2
    assert all(set(f) == {"file", "line", "message"} and f["line"] > 0 for f in said["faults"])
    assert any("'port'" in f["message"] for f in said["faults"])


def test_a_name_the_catalogue_does_not_have_is_a_fault_with_its_line(elsewhere: Path) -> None:
    (elsewhere / "mine.toml").write_text(built_in().replace('tariff = "us-industrial"', 'tariff = "us-industrail"'))
    result = run("config", "check", "mine.toml")
    assert result.exit_code == 3
    assert result.stdout.startswith("mine.toml:")
    assert "us-industrial" in result.stdout


def test_a_file_that_is_not_there_says_how_to_make_one() -> None:
    result = run("config", "check", "nowhere.toml")
    assert result.exit_code == 3
    assert "config init" in result.stdout


def test_init_never_writes_over_a_file(elsewhere: Path) -> None:
    (elsewhere / "baseload.toml").write_text("mine")
    result = run("config", "init")
    assert result.exit_code == 1
    assert (elsewhere / "baseload.toml").read_text() == "mine"
