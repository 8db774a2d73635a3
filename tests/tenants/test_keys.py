"""Keys: shown once, stored as a digest, refused when mistyped, expired or revoked, and never wider than their maker."""

import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseload.errors import SetupError
from baseload.store import Unit, Writer
from baseload.tenants import Key, KeyRing, NewKey, create_key, list_keys, read_pepper, revoke_key, scope, secret
from baseload.tenants.roster import enrol
from baseload.units import Micros
from tests.billing.making import tenant

PEPPER = bytes(range(32))
NOW = Micros(1_795_000_000_000_000)
randoms = st.binary(min_size=secret.RANDOM_BYTES, max_size=secret.RANDOM_BYTES)


@pytest.fixture
def do(tmp_path: Path):  # type: ignore[no-untyped-def]
    """Run a command on the books of two tenants."""
    writer = Writer(tmp_path / "ledger.db", Unit, lambda: NOW)
    writer.submit(lambda unit: enrol(unit, (tenant("acme"), tenant("home", business="internal")), NOW)).result(10)
    yield lambda command: writer.submit(command).result(10)
    writer.close()


def make(number: int = 1, **more: Any) -> Callable[[Unit], NewKey]:
    asked = {"tenant": "acme", "name": "app", "pepper": PEPPER, "random": bytes([number]) * 38, "now_us": NOW} | more
    return lambda unit: create_key(unit, **asked)


@given(random=randoms)
def test_a_key_has_its_shape_and_its_own_id(random: bytes) -> None:
    text = secret.make(random)
    assert len(text) == len("blk_live_") + 8 + 1 + 43 + 1 + 6
    assert text.startswith("blk_live_")
    assert secret.read_id(text.encode()) == text[9:17]


@given(random=randoms, place=st.integers(9, 66), to=st.sampled_from(secret.DIGITS))
def test_every_single_typo_is_refused_without_a_look_up(random: bytes, place: int, to: str) -> None:
    text = secret.make(random)
    typo = text[:place] + to + text[place + 1 :]
    assert (secret.read_id(typo.encode()) is None) == (typo != text)


@given(noise=st.binary(max_size=100))
def test_noise_in_the_header_is_no_key(noise: bytes) -> None:
    ring = KeyRing(PEPPER)
    assert ring.resolve(noise, NOW) is None
    assert ring.resolve(b"blk_live_" + noise, NOW) is None
    assert ring.resolve(b"' OR 1=1 --" + noise, NOW) is None


def test_the_secret_is_shown_once_and_not_stored(do: Any, tmp_path: Path) -> None:
    made = do(make())
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("ledger.db*"))
    assert made.secret.encode() not in stored
    assert made.secret[18:61].encode() not in stored
    assert made.secret not in repr(made)
    assert made.key.digest in stored


def test_a_ring_resolves_the_key_and_no_other(do: Any) -> None:
    one, two = do(make(1)), do(make(2, tenant="home"))
    ring = KeyRing(PEPPER, do(lambda unit: list(list_keys(unit.conn))))
    found = ring.resolve(two.secret.encode(), NOW)
    assert found is not None
    assert (found.tenant_id, found.project_id, found.account_id, found.business) == (
        "home",
        "prj_home",
        "acct_home",
        "internal",
    )
    forged = secret.make(bytes([1]) * 6 + bytes([9]) * 32)  # the id of the first key, another secret
    assert secret.read_id(forged.encode()) == one.key.id
    assert ring.resolve(forged.encode(), NOW) is None
    assert KeyRing(bytes(32), [one.key]).resolve(one.secret.encode(), NOW) is None  # another pepper


def test_a_revoked_key_is_refused_at_once_and_stays_listed(do: Any) -> None:
    made = do(make())
    ring = KeyRing(PEPPER, [made.key])
    gone = do(lambda unit: revoke_key(unit, key_id=made.key.id, now_us=NOW, reason="leaked"))
    ring.add(gone)
    assert ring.resolve(made.secret.encode(), NOW) is None
    found = ring.find(made.secret.encode())
    assert found is not None
    assert found.state(NOW) == "revoked"
    again = do(lambda unit: revoke_key(unit, key_id=made.key.id, now_us=Micros(NOW + 5)))
    assert again.revoked_us == NOW
    assert [k.state(NOW) for k in do(lambda unit: list(list_keys(unit.conn, tenant="acme")))] == ["revoked"]


def test_a_scope_that_is_no_more_is_no_part_of_an_older_key(do: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or its younger siblings, whose grants lack it, could not revoke it."""
    monkeypatch.setattr(scope, "EVERYTHING", scope.EVERYTHING | {"bygone"})
    assert do(make(scopes=["chat", "bygone"])).key.scopes == {"chat", "bygone"}
    monkeypatch.undo()
    assert [k.scopes for k in do(lambda unit: list(list_keys(unit.conn)))] == [{"chat"}]


def test_a_key_expires_to_the_microsecond(do: Any) -> None:
    made = do(make(expires_us=NOW + 10))
    ring = KeyRing(PEPPER, [made.key])
    assert ring.resolve(made.secret.encode(), NOW + 9) is made.key
    assert ring.resolve(made.secret.encode(), NOW + 10) is None
    assert replace(made.key, not_before_us=NOW + 5).state(NOW) == "not yet valid"


def test_making_and_revoking_leave_audit_rows(do: Any) -> None:
    made = do(make())
    do(lambda unit: revoke_key(unit, key_id=made.key.id, now_us=NOW, actor="ops"))
    do(lambda unit: revoke_key(unit, key_id=made.key.id, now_us=NOW, actor="ops"))
    sql = "SELECT actor, action FROM audit WHERE object = ?"
    rows = do(lambda unit: unit.conn.execute(sql, (made.key.id,)).fetchall())
    assert rows == [("operator", "key.create"), ("ops", "key.revoke")]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"tenant": "nobody"}, "no tenant named 'nobody'; there are: acme, home"),
        ({"scopes": ["chat", "*"]}, "no scope named '\\*'"),
        ({"scopes": []}, "at least one scope"),
        ({"expires_us": NOW}, "already be expired"),
    ],
)
def test_what_cannot_be_made_says_why(do: Any, more: dict[str, Any], message: str) -> None:
    with pytest.raises(SetupError, match=message):
        do(make(**more))
    assert do(lambda unit: list(list_keys(unit.conn))) == []


def test_revoking_nothing_says_how_to_look(do: Any) -> None:
    with pytest.raises(SetupError, match="baseload keys list"):
        do(lambda unit: revoke_key(unit, key_id="zzzzzzzz", now_us=NOW))


names = st.frozensets(st.sampled_from(sorted(scope.EVERYTHING)), min_size=1)
models = st.frozensets(st.sampled_from(["a", "b", "c"]))


@given(maker=st.tuples(names, models), child=st.tuples(names, models), route=st.sampled_from(scope.ROUTES))
def test_a_child_can_do_nothing_its_maker_cannot(maker: Any, child: Any, route: str) -> None:
    if scope.within(child, maker):
        assert child[0] <= maker[0]
        for model in ("a", "b", "c", "d"):
            may = not child[1] or model in child[1]
            assert not may or not maker[1] or model in maker[1]


def test_a_key_may_not_grant_more_than_it_holds(do: Any) -> None:
    maker = do(make(scopes=["chat"], models=["a"])).key
    with pytest.raises(SetupError, match="may not grant more"):
        do(make(2, scopes=["chat", "admin"], models=["a"], maker=maker))
    with pytest.raises(SetupError, match="may not grant more"):
        do(make(2, scopes=["chat"], maker=maker))  # no models named would mean every model
    child: Key = do(make(2, scopes=["chat"], models=["a"], maker=maker)).key
    assert child.may("chat")
    assert not child.may("admin")
    assert child.may_use("a")
    assert not child.may_use("b")


def test_a_key_row_can_only_be_revoked(do: Any) -> None:
    made = do(make())
    with pytest.raises(apsw.ConstraintError, match="only be revoked"):
        do(lambda unit: unit.conn.execute("UPDATE api_key SET scopes = '[\"admin\"]' WHERE id = ?", (made.key.id,)))


def test_the_pepper_is_made_once_and_kept_private(tmp_path: Path) -> None:
    path = tmp_path / "pepper"
    with pytest.raises(SetupError, match="baseload up"):
        read_pepper(path)
    assert read_pepper(path, PEPPER) == PEPPER
    assert read_pepper(path, bytes(32)) == PEPPER
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with pytest.raises(SetupError, match="chmod 600"):
        read_pepper(path)
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(SetupError, match="not 32"):
        read_pepper(path)
    assert [p.name for p in tmp_path.iterdir()] == ["pepper"]


def test_enrolling_again_changes_nothing_and_a_change_is_audited(do: Any) -> None:
    both = (tenant("acme"), tenant("home", business="internal"))
    assert do(lambda unit: enrol(unit, both, NOW)) == []
    assert do(lambda unit: enrol(unit, (tenant("acme", billing="postpaid"),), NOW)) == ["acme"]
    rows = do(lambda unit: unit.conn.execute("SELECT action, object FROM audit ORDER BY seq").fetchall())
    assert rows == [("tenant.create", "acme"), ("tenant.create", "home"), ("tenant.change", "acme")]
