"""`baseload up`: one command serves, says so in a file, refuses to run twice, and stops without a trace."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from baseload.cli.books import now_us
from baseload.cli.place import ask
from baseload.console import ticket
from baseload.console.admin import Declined
from baseload.store import read_only
from tests.cli.conftest import run

pytestmark = pytest.mark.slow
BASELOAD = str(Path(sys.executable).with_name("baseload"))
READY = {
    "base_url",
    "console_url",
    "api_key",
    "internal_key",
    "flex_key",
    "admin_key",
    "model",
    "pid",
    "gateway_pid",
}
TWIN = {"BASELOAD_MODEL__SMOLLM2_135M__ENGINE": "twin"}
"""The simulated engine: the same processes and the same HTTP, without a model to load."""


STATE = {
    "as_of_us",
    "started_us",
    "pid",
    "model_ids",
    "requests",
    "rates",
    "power",
    "replicas",
    "orders",
    "tenants",
    "trust",
    "problems",
}
REPLICA = {
    "id",
    "node",
    "chip",
    "pool",
    "model",
    "engine",
    "state",
    "running",
    "waiting",
    "parked",
    "tokens_per_s",
    "watts",
    "joules_per_token",
    "usd_per_hour",
    "kv_used",
}
PARTS = {
    "requests": {"total", "in_flight", "queued", "completed", "failed", "refusals"},
    "rates": {
        "requests_per_s",
        "prefill_tokens_per_s",
        "decode_tokens_per_s",
        "capacity_tokens_per_s",
        "utilisation",
    },
    "power": {"watts", "idle_watts", "envelope_watts", "kind", "joules_total", "joules_per_token"},
    "trust": {
        "engine_tokens",
        "metered_tokens",
        "billed_tokens",
        "lost_tokens",
        "open_tokens",
        "joules_metered",
        "joules_allotted",
        "unsettled",
        "checked_us",
    },
}
TENANT = {"id", "in_flight", "requests", "quota_share", "refusals"}
ORDERS = {"as_of_us", "flex_slots", "protected_slots", "worth", "worth_steps", "merit", "breaks"}
MERIT = {
    "class",
    "price_usd_per_h",
    "marginal_cost_usd_per_h",
    "margin_usd_per_h",
    "asked_per_s",
    "served_per_s",
    "waits_per_s",
    "reason",
}
USAGE_ROW = {
    "requests",
    "completed",
    "tok_in",
    "tok_cached",
    "tok_out",
    "tok_emitted",
    "tok_lost",
    "prefill_lost",
    "amount_nano",
    "cost_usd",
    "energy_joules",
    "energy_recorded_joules",
    "energy_kind",
    "counts_estimated",
    "first_us",
    "last_us",
}
PNL = {
    "as_of_us",
    "period",
    "totals",
    "cost_per_hour",
    "tenants",
    "models",
    "businesses",
    "headline",
    "lines",
    "reconciliation",
    "notes",
}
BY_NAME = {"refusals", "flex_slots", "protected_slots"}
"""Objects whose keys are ids or codes."""
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "cli.md").read_text()


def documented(value: object) -> bool:
    """Every key of an answer stands in the command line's reference."""
    if isinstance(value, dict):
        missing = [k for k in value if f"`{k}`" not in PAGE and k not in {"value", "unit", "mark", "note"}]
        assert not missing, f"docs/reference/cli.md does not tell {missing}"
        return all(documented(v) for k, v in value.items() if k not in BY_NAME)
    return not isinstance(value, list) or all(map(documented, value))


@dataclass
class Up:
    data: Path
    process: subprocess.Popen[str]
    ready: dict[str, str]
    pids: list[int]


def start(data: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [BASELOAD, "up", "--port", "0", "--data", str(data), *arguments],
        env=os.environ | TWIN | environment,
        cwd=data.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def up(data: Path, **environment: str) -> Iterator[Up]:
    ready = data.parent / "ready.json"
    process = start(data, "--ready-file", str(ready), **environment)
    try:
        wait_for(lambda: ready.exists() or process.poll() is not None)
        if process.poll() is not None:
            raise AssertionError(process.communicate()[1])
        yield Up(data, process, json.loads(ready.read_text()), descendants(process.pid))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=60)
        finally:
            process.kill()


def wait_for(done: object, seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while not done():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.05)


def descendants(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    children = [int(p) for p in path.read_text().split()] if path.exists() else []
    return children + [d for c in children for d in descendants(c)]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with up(tmp_path_factory.mktemp("up") / "data") as running:
        yield running


def test_the_ready_file_has_its_keys_and_is_the_owners_only(cloud: Up) -> None:
    assert set(cloud.ready) == READY
    assert cloud.ready["pid"] == cloud.process.pid
    assert cloud.ready["gateway_pid"] in cloud.pids
    assert cloud.ready["base_url"].endswith("/v1")
    assert (cloud.data.parent / "ready.json").stat().st_mode & 0o777 == 0o600
    keys = [cloud.ready[k] for k in ("api_key", "internal_key", "flex_key", "admin_key")]
    assert len(set(keys)) == 4
    assert all(k.startswith("blk_live_") for k in keys)


def test_a_gateway_and_a_console_and_a_worker_run(cloud: Up) -> None:
    commands = [Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in cloud.pids]
    for part in ("baseload.gateway", "baseload.console", "baseload.fleet.worker"):
        assert sum(part in c for c in commands) == 1


def test_chat_answers_and_says_what_it_took(cloud: Up) -> None:
    result = run("chat", "--data", cloud.data, "--max-tokens", "8", "hello")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.strip()
    assert "8 tokens" in result.stderr
    assert "¢" in result.stderr
    assert " J " in result.stderr


@contextmanager
def browser(cloud: Up, key: str) -> Iterator[tuple[httpx2.Client, str]]:
    """Logged in to the console with a key; and the token its forms carry."""
    headers = {"accept": "text/html"}
    with httpx2.Client(base_url=cloud.ready["console_url"], headers=headers) as session:
        form = session.get("/login").text.split('name="form_token" value="')[1].split('"')[0]
        assert session.post("/login", data={"key": key, "form_token": form}).status_code == 303
        yield session, session.get("/keys").text.split('name="form_token" value="')[1].split('"')[0]


def shown(cloud: Up, *command: str) -> dict[str, Any]:
    result = run(*command, "--data", cloud.data, "--json")
    assert result.exit_code == 0, result.stderr
    return dict(json.loads(result.stdout))


def test_status_has_its_keys_and_every_replica_is_ready(cloud: Up) -> None:
    state = shown(cloud, "status")
    assert set(state) == STATE
    assert {part: set(state[part]) for part in PARTS} == PARTS
    assert {frozenset(tenant) for tenant in state["tenants"]} == {frozenset(TENANT)}
    assert [r["state"] for r in state["replicas"]] == ["ready"]
    assert set(state["replicas"][0]) == REPLICA
    assert set(state["orders"]) == ORDERS
    assert documented(state)


def test_dispatch_has_its_keys(cloud: Up) -> None:
    orders = shown(cloud, "dispatch")
    assert set(orders) == ORDERS
    assert {frozenset(row) for row in orders["merit"]} <= {frozenset(MERIT)}
    assert set(orders["worth"]) == {"node_usd_per_h", "watt_usd_per_h", "request_per_s_usd_per_h"}
    assert documented(orders)


def test_usage_has_its_keys_by_tenant_key_model_and_day(cloud: Up) -> None:
    run("chat", "--data", cloud.data, "--max-tokens", "2", "hello")
    for by, first in {"tenant": "tenant_id", "key": "key_id", "model": "model", "day": "day"}.items():
        usage = shown(cloud, "usage", "--by", by)
        assert set(usage) == {"by", "as_of_us", "tenant", "key", "model", "day", "rows"}
        assert set(usage["rows"][0]) == {first} | USAGE_ROW
        assert documented(usage)
    assert "acme" in run("usage", "--data", cloud.data).stdout


def test_verify_has_its_keys_and_the_books_hold(cloud: Up) -> None:
    said = shown(cloud, "ledger", "verify")
    assert set(said) == {"ok", "as_of_us", "checks"}
    assert said["ok"]
    assert all(set(c) == {"id", "claim", "violations", "examples"} for c in said["checks"])


def test_pnl_has_its_keys(cloud: Up) -> None:
    said = shown(cloud, "pnl", "--last", "1h")
    assert set(said) == PNL
    assert all(set(figure) == {"value", "unit", "mark", "as_of_us", "note"} for figure in said["totals"].values())
    totals = {k: v for k, v in said.items() if k in {"totals", "cost_per_hour", "period", "reconciliation"}}
    assert documented(totals)
    assert "Profit and loss" in run("pnl", "--data", cloud.data).stdout


def test_a_key_made_beside_it_works_at_once_until_it_is_revoked(cloud: Up) -> None:
    key = run("keys", "create", "acme", "--data", cloud.data).stdout.strip()
    assert run("chat", "--data", cloud.data, "--key", key, "--max-tokens", "2", "hello").exit_code == 0
    assert run("keys", "revoke", key, "--data", cloud.data).exit_code == 0
    refused = run("chat", "--data", cloud.data, "--key", key, "hello")
    assert refused.exit_code == 1
    assert "revoked" in refused.stderr


def test_a_key_in_the_console_makes_no_wider_and_no_longer_key(cloud: Up) -> None:
    """The replay: a key for one route, one model and an hour asks the console for a key without limits."""
    limits = ("--scope", "models", "--model", "smollm2-135m", "--expires", "1h")
    small = shown(cloud, "keys", "create", "acme", "--name", "small", *limits)
    wide = shown(cloud, "keys", "create", "acme", "--name", "wide")
    with browser(cloud, small["key"]) as (session, token):
        answer = session.post("/keys", data={"name": "child", "expires_in_s": "31536000", "form_token": token})
        assert answer.status_code == 201
        refused = session.post("/keys", data={"name": "other", "models": "gpt-9", "form_token": token})
        assert refused.status_code == 400
        assert session.post(f"/keys/{wide['id']}/revoke", data={"form_token": token}).status_code == 403
    rows = {row["name"]: row for row in shown(cloud, "keys", "list")["keys"]}
    child = rows["child"]
    assert (child["scopes"], child["models"]) == (["models"], ["smollm2-135m"])
    assert child["expires_us"] == small["expires_us"]
    assert "other" not in rows
    assert rows["wide"]["state"] == "active"


def test_the_admin_listener_itself_bounds_a_key_by_its_maker(cloud: Up) -> None:
    small = shown(cloud, "keys", "create", "acme", "--scope", "models", "--expires", "1h")
    wide = shown(cloud, "keys", "create", "acme")
    others = shown(cloud, "keys", "create", "hobby", "--scope", "models")
    wanted: dict[str, Any] = {"tenant": "acme", "name": "child", "maker": small["id"]}
    for more in ({"scopes": ["chat"]}, {"scopes": ["admin"]}, {"tenant": "hobby"}, {"maker": "nobodys0"}):
        with pytest.raises(Declined):
            ask(cloud.data, "POST", "/admin/keys", wanted | more)
    for key in (wide, others):
        with pytest.raises(Declined):
            ask(cloud.data, "DELETE", f"/admin/keys/{key['id']}?maker={small['id']}")
    child = ask(cloud.data, "POST", "/admin/keys", wanted)
    assert ask(cloud.data, "DELETE", f"/admin/keys/{child['id']}?maker={small['id']}")["state"] == "revoked"
    ask(cloud.data, "DELETE", f"/admin/keys/{small['id']}")
    with pytest.raises(Declined, match="does not work any more"):
        ask(cloud.data, "POST", "/admin/keys", wanted)


def test_the_second_link_opens_the_paying_tenants_playground(cloud: Up) -> None:
    text = ticket(cloud.data, "tenant:acme", now_us())
    with httpx2.Client(base_url=cloud.ready["console_url"], headers={"accept": "text/html"}) as session:
        answer = session.get("/login", params={"ticket": text, "next": "/playground"}, follow_redirects=True)
        assert answer.status_code == 200
        assert answer.url.path == "/playground"
        assert session.get("/pnl").status_code == 403


CREDIT = {"tenant", "id", "amount_usd", "is_new", "available_usd", "available_nano", "as_of_us"}


def test_credit_is_added_once_exactly_and_can_be_spent(cloud: Up) -> None:
    first = shown(cloud, "credit", "add", "acme", "0.000000001", "--id", "grain")
    again = shown(cloud, "credit", "add", "acme", "0.000000001", "--id", "grain", "--note", "told again")
    more = shown(cloud, "credit", "add", "acme", "12.50")
    assert set(first) == CREDIT
    assert documented(first)
    assert (first["is_new"], again["is_new"], more["is_new"]) == (True, False, True)
    assert again["available_nano"] == first["available_nano"]
    assert more["available_nano"] == first["available_nano"] + 12_500_000_000
    assert json.loads(run("ledger", "verify", "--data", cloud.data, "--json").stdout)["ok"]
    with closing(read_only(cloud.data / "ledger.db")) as conn:
        told = [str(row[0]) for row in conn.execute("SELECT detail FROM audit WHERE action = 'account.topup'")]
    assert sum("grain" in detail for detail in told) == 1


def test_the_admin_listener_tells_profit_since_a_time(cloud: Up) -> None:
    since = now_us() - 60_000_000
    assert ask(cloud.data, "GET", f"/admin/pnl?from_us={since}")["period"]["from_us"] == since


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nobody", "5"), "no tenant named 'nobody'"),
        (("acme", "0.0000000001"), "nine decimals"),
        (("acme", "1e99"), "a billion"),
        (("acme", "7", "--id", "grain"), "told before with another"),
    ],
)
def test_credit_that_cannot_be_booked_says_why(cloud: Up, arguments: tuple[str, ...], sentence: str) -> None:
    run("credit", "add", "acme", "0.000000001", "--id", "grain", "--data", cloud.data)
    result = run("credit", "add", *arguments, "--data", cloud.data)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert sentence in result.stderr


def test_a_second_up_on_the_same_directory_names_the_first(cloud: Up) -> None:
    out, err = start(cloud.data).communicate(timeout=30)
    assert out == ""
    assert err.count("\n") == 1
    assert f"(pid {cloud.process.pid})" in err
    assert "--data" in err


def test_a_taken_port_names_who_has_it(cloud: Up, tmp_path: Path) -> None:
    port = cloud.ready["base_url"].split(":")[2].removesuffix("/v1")
    second = start(tmp_path / "other", "--port", port)
    _, err = second.communicate(timeout=30)
    assert second.returncode == 1
    assert f"port {port} is taken by" in err
    assert f"(pid {cloud.ready['gateway_pid']})" in err


def test_ctrl_c_settles_and_leaves_nothing_and_a_restart_has_the_same_keys(tmp_path: Path) -> None:
    with up(tmp_path / "data") as first:
        first.process.send_signal(signal.SIGINT)
        out, err = first.process.communicate(timeout=60)
        assert first.process.returncode == 0, err
    assert "curl " in out
    assert out.count("/login?ticket=") == 2
    assert "&next=/playground" in out
    assert "everything is settled" in err
    assert not any(alive(pid) for pid in first.pids)
    assert not (tmp_path / "ready.json").exists()
    with up(tmp_path / "data") as second:
        for name in ("api_key", "internal_key", "flex_key", "admin_key"):
            assert second.ready[name] == first.ready[name]


def test_a_second_ctrl_c_does_not_wait_for_running_answers(tmp_path: Path) -> None:
    slow = {"BASELOAD_GATEWAY__DRAIN_TIMEOUT_S": "600", "BASELOAD_MODEL__SMOLLM2_135M__TWIN_DECODE_TOKENS_PER_S": "1"}
    with up(tmp_path / "data", **slow) as cloud:
        chat = subprocess.Popen(
            [BASELOAD, "chat", "--data", str(cloud.data), "--max-tokens", "5000", "hello"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert chat.stdout is not None
        assert chat.stdout.read(1)
        cloud.process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            cloud.process.wait(2)
        cloud.process.send_signal(signal.SIGINT)
        assert cloud.process.wait(60) == 0
        chat.communicate(timeout=10)
        assert json.loads(run("ledger", "verify", "--data", cloud.data, "--json").stdout)["ok"]
        assert json.loads(run("usage", "--data", cloud.data, "--json").stdout)["rows"][0]["requests"] == 1


def test_a_killed_supervisor_takes_its_children_along_and_the_next_start_works(tmp_path: Path) -> None:
    with up(tmp_path / "data") as first:
        first.process.kill()
        first.process.wait()
        wait_for(lambda: not any(alive(pid) for pid in first.pids), seconds=6)
    (tmp_path / "ready.json").unlink()
    with up(tmp_path / "data") as second:
        assert second.ready["api_key"] == first.ready["api_key"]


def test_a_killed_gateway_comes_back_and_the_worker_stays(tmp_path: Path) -> None:
    with up(tmp_path / "data") as cloud:
        before = descendants(cloud.process.pid)
        os.kill(int(cloud.ready["gateway_pid"]), signal.SIGKILL)
        wait_for(lambda: run("chat", "--data", cloud.data, "--max-tokens", "2", "hi").exit_code == 0, seconds=30)
        after = descendants(cloud.process.pid)
        assert len(set(before) & set(after)) == len(before) - 1


@pytest.mark.engine
def test_a_model_file_with_another_digest_stops_the_start_in_one_sentence(tmp_path: Path) -> None:
    wrong = {"BASELOAD_MODEL__SMOLLM2_135M__ENGINE": "openvino", "BASELOAD_MODEL__SMOLLM2_135M__SHA256": "0" * 64}
    process = start(tmp_path / "data", **wrong)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert out == ""
    last = err.strip().splitlines()[-1]
    assert last.startswith("baseload: smollm2-135m/0 does not start: ")
    assert "sha256" in last
    assert "stopping" not in err


def test_a_description_with_faults_starts_nothing(tmp_path: Path) -> None:
    (tmp_path / "baseload.toml").write_text("[site.home]\nenvelope = 3\n")
    process = start(tmp_path / "data")
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "baseload.toml:2: " in err
    assert not (tmp_path / "data").exists()


def test_a_console_port_that_is_taken_is_named_too(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        process = start(tmp_path / "data", BASELOAD_GATEWAY__CONSOLE_PORT=str(port))
        _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert f"port {port} is taken" in err
