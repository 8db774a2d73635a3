"""`baseload keys` makes, lists and revokes, with and without a running gateway; a secret is seen once."""

import fcntl
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from baseload import config
from baseload.cli.books import now_us, pepper, write
from baseload.tenants import KeyRing, list_keys
from baseload.tenants.roster import enrol
from tests.cli.conftest import Fake, run

KEYS = {"id", "tenant", "business", "name", "scopes", "models", "created_us", "expires_us", "revoked_us", "state"}


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """A cloud that ran once and is stopped."""
    tenants = config.read(None, environment={}).cloud.tenants
    write(tmp_path, lambda unit: enrol(unit, tenants, now_us()))
    pepper(tmp_path)
    return tmp_path


@pytest.fixture
def running(data: Path) -> Iterator[Path]:
    """A cloud whose supervisor holds the lock."""
    with (data / "lock").open("w") as lock:
        lock.write("4242\n")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield data


def listed(data: Path) -> list[dict[str, object]]:
    return list(json.loads(run("keys", "list", "--data", data, "--json").stdout)["keys"])


def test_create_prints_the_key_alone_and_it_resolves(stopped: Path) -> None:
    result = run("keys", "create", "acme", "--name", "batch", "--data", stopped)
    assert result.exit_code == 0
    made = result.stdout.strip()
    assert made.startswith("blk_live_")
    assert result.stdout.count("\n") == 1
    from baseload.store import read_only

    conn = read_only(stopped / "ledger.db")
    key = KeyRing(pepper(stopped), list_keys(conn)).resolve(made.encode(), now_us())
    conn.close()
    assert key is not None
    assert (key.tenant_id, key.name, "admin" in key.scopes) == ("acme", "batch", False)


def test_create_as_json_has_the_row_and_the_key(stopped: Path) -> None:
    made = json.loads(
        run(
            "keys", "create", "acme", "--scope", "chat", "--model", "m", "--expires", "2h", "--json", "--data", stopped
        ).stdout
    )
    assert set(made) == KEYS | {"key"}
    assert (made["scopes"], made["models"]) == (["chat"], ["m"])
    assert made["expires_us"] - made["created_us"] == pytest.approx(7_200_000_000, abs=5_000_000)


def test_list_as_json_never_has_a_secret(stopped: Path) -> None:
    secret = run("keys", "create", "acme", "--data", stopped).stdout.strip()
    text = run("keys", "list", "--data", stopped, "--json").stdout
    assert secret.split("_")[3] not in text
    assert [set(row) for row in listed(stopped)] == [KEYS]
    assert listed(stopped)[0]["state"] == "active"
    assert run("keys", "list", "--tenant", "hobby", "--data", stopped, "--json").stdout.strip().endswith("}")


def test_a_revoked_key_stays_in_the_list_as_revoked(stopped: Path) -> None:
    secret = run("keys", "create", "acme", "--data", stopped).stdout.strip()
    assert run("keys", "revoke", secret, "--data", stopped).exit_code == 0
    assert listed(stopped)[0]["state"] == "revoked"


def test_an_unknown_tenant_names_those_there_are(stopped: Path) -> None:
    result = run("keys", "create", "acem", "--data", stopped)
    assert result.exit_code == 1
    assert "acme" in result.stderr
    assert result.stderr.count("\n") == 1


def test_an_unknown_key_says_how_to_list_them(stopped: Path) -> None:
    result = run("keys", "revoke", "nokeyhas", "--data", stopped)
    assert result.exit_code == 1
    assert "baseload keys list" in result.stderr


@pytest.mark.parametrize("time", ["soon", "0d", "-3d", "1.5h", "9" * 12 + "d"])
def test_a_time_that_is_none_is_misuse(stopped: Path, time: str) -> None:
    result = run("keys", "create", "acme", f"--expires={time}", "--data", stopped)
    assert result.exit_code == 2
    assert "90d" in result.stderr


def test_without_a_cloud_every_keys_command_says_how_to_start_one(tmp_path: Path) -> None:
    for arguments in (("create", "acme"), ("list",), ("revoke", "abcdefgh")):
        result = run("keys", *arguments, "--data", tmp_path)
        assert result.exit_code == 1
        assert "baseload up" in result.stderr
    assert not list(tmp_path.iterdir())


def test_a_running_gateway_makes_and_revokes_keys_itself(running: Path, fake: Fake) -> None:
    fake.answers["POST /admin/keys"] = (200, {"id": "abcdefgh", "key": "blk_live_x"})
    fake.answers["DELETE /admin/keys/abcdefgh"] = (200, {})
    assert run("keys", "create", "acme", "--expires", "1h", "--data", running).stdout == "blk_live_x\n"
    assert run("keys", "revoke", "abcdefgh", "--data", running).exit_code == 0
    created, revoked = fake.asked
    assert created[2]["tenant"] == "acme"
    assert created[2]["expires_in_s"] == 3600
    assert revoked[:2] == ("DELETE", "/admin/keys/abcdefgh")


def test_a_gateways_no_is_its_own_sentence(running: Path, fake: Fake) -> None:
    fake.answers["POST /admin/keys"] = (404, {"error": {"message": "no tenant named 'acem'"}})
    result = run("keys", "create", "acem", "--data", running)
    assert (result.exit_code, result.stderr) == (1, "baseload: no tenant named 'acem'\n")
