"""`baseload status` shows what the gateway says, and answers no when none runs."""

import json
from pathlib import Path

from baseload.console.wire import State
from tests.cli.conftest import Fake, run


def state() -> dict[str, object]:
    import msgspec

    raw: dict[str, object] = msgspec.to_builtins(State())
    return raw | {"model_ids": ["tiny"], "problems": ["replica tiny/0 restarts for the third time"]}


def test_status_as_json_is_the_gateways_object(data: Path, fake: Fake) -> None:
    fake.answers["GET /admin/state"] = (200, state())
    result = run("status", "--data", data, "--json")
    assert json.loads(result.stdout) == state()
    assert fake.asked == [("GET", "/admin/state", None, "Bearer s3cret")]


def test_status_draws_what_is_undefined_as_a_dash_and_never_as_zero(data: Path, fake: Fake) -> None:
    replica = {"id": "tiny/0", "model": "tiny", "engine": "external", "state": "ready"}
    fake.answers["GET /admin/state"] = (200, state() | {"replicas": [replica]})
    shown = run("status", "--data", data).stdout
    assert "power     – W; – J a token (modelled)" in shown
    assert "tokens    –/s out, –/s in (measured); – of what the pool can do (modelled)" in shown
    row = next(line for line in shown.splitlines() if line.startswith("tiny/0"))
    assert row.split() == ["tiny/0", "tiny", "external", "ready", "0", "–", "–", "–", "–"]


def test_status_shows_problems_in_sentences(data: Path, fake: Fake) -> None:
    fake.answers["GET /admin/state"] = (200, state())
    assert "! replica tiny/0 restarts for the third time" in run("status", "--data", data).stdout


def test_status_without_a_cloud_is_no_with_exit_code_three(tmp_path: Path) -> None:
    result = run("status", "--data", tmp_path)
    assert (result.exit_code, result.stdout) == (3, "")
    assert "start one with: baseload up" in result.stderr


def test_status_of_a_stopped_cloud_names_the_command_that_starts_it(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").touch()
    result = run("status", "--data", tmp_path)
    assert result.exit_code == 3
    assert f"baseload up --data {tmp_path}" in result.stderr
