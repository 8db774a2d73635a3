"""`baseload dispatch` prints the merit order, live or for a snapshot, with the same rows."""

import json
from pathlib import Path

import msgspec
import pytest

from baseload.console.wire import Merit, Orders, State
from tests.cli.conftest import Fake, run

SNAPSHOT = Path(__file__).with_name("snapshot.toml")
ROW = {
    "class",
    "price_usd_per_h",
    "marginal_cost_usd_per_h",
    "margin_usd_per_h",
    "asked_per_s",
    "served_per_s",
    "waits_per_s",
    "reason",
}
KEYS = {"file", "value_usd_per_h", "bound_usd_per_h", "replicas", "watts", "flex_slots", "merit", "worth", "breaks"}
STEP = {"step", "id", "up_usd_per_h", "down_usd_per_h", "penalty_avoided_usd_per_h", "error_usd_per_h"}


def test_a_snapshot_is_solved_without_a_cloud(tmp_path: Path) -> None:
    result = run("dispatch", SNAPSHOT, "--json", "--data", tmp_path)
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert set(answer) == KEYS
    assert all(set(row) == ROW for row in answer["merit"])
    assert all(set(step) == STEP for step in answer["worth"])
    assert [(w["step"], w["id"]) for w in answer["worth"]] == [
        ("node", "box"),
        ("watt", "home"),
        ("request", "internal"),
        ("request", "paying"),
        ("request", "flex"),
    ]


def test_the_cheap_class_waits_and_says_why() -> None:
    answer = json.loads(run("dispatch", SNAPSHOT, "--json").stdout)
    rows = {row["class"]: row for row in answer["merit"]}
    assert rows["internal"]["waits_per_s"] == pytest.approx(0, abs=1e-6)
    assert rows["paying"]["waits_per_s"] == pytest.approx(0, abs=1e-6)
    assert rows["flex"]["waits_per_s"] > 1
    assert rows["flex"]["reason"].startswith("waits_for_")
    assert "waits for" in run("dispatch", SNAPSHOT).stdout


def test_live_orders_are_the_gateways_with_the_same_row_keys(data: Path, fake: Fake) -> None:
    merit = Merit(name="acme", price_usd_per_h=1.0, reason="served")
    state = msgspec.to_builtins(State(orders=Orders(merit=[merit], flex_slots={"tiny": 16})))
    fake.answers["GET /admin/state"] = (200, state)
    answer = json.loads(run("dispatch", "--data", data, "--json").stdout)
    assert set(answer) == set(msgspec.to_builtins(Orders()))
    assert set(answer["merit"][0]) == ROW
    fake.answers["GET /admin/state"] = (200, state | {"orders": answer | {"breaks": ["a promise is short"]}})
    text = run("dispatch", "--data", data).stdout
    assert "acme" in text
    assert "! a promise is short" in text


def test_every_unknown_key_of_a_snapshot_is_named_with_the_nearest(tmp_path: Path) -> None:
    text = SNAPSHOT.read_text().replace("pue = 1.1", "peu = 1.1").replace("per_s = 8.0", "pers = 8.0")
    (tmp_path / "s.toml").write_text(text)
    result = run("dispatch", tmp_path / "s.toml")
    assert result.exit_code == 1
    assert "sites[0].peu: is not a key here; did you mean 'pue'?" in result.stderr
    assert "pers" in result.stderr
    assert "s.toml:7: " in result.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[sites]", "is not TOML"),
        ("", "sites: is missing"),
        (SNAPSHOT.read_text().replace('site = "home"', 'site = "hoem"'), "did you mean 'home'?"),
        (SNAPSHOT.read_text().replace("nodes = 1", 'nodes = "one"'), "pools[0].nodes"),
    ],
    ids=["syntax", "empty", "reference", "type"],
)
def test_a_bad_snapshot_says_what_and_where(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "s.toml").write_text(text)
    result = run("dispatch", tmp_path / "s.toml")
    assert result.exit_code == 1
    assert said in result.stderr
    assert str(tmp_path / "s.toml") in result.stderr


def test_a_snapshot_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    assert "cannot be read" in run("dispatch", tmp_path / "nowhere.toml").stderr
