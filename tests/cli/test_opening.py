"""A restart prints the same keys; a key that no longer works is replaced."""

import json
from dataclasses import replace
from pathlib import Path

from baseload import config
from baseload.cli.books import now_us, pepper, reading, write
from baseload.cli.opening import flex_tenant, open_books, operators_tenant, paying_tenant
from baseload.cli.place import keys_file
from baseload.config import Cloud
from baseload.tenants import KeyRing, list_keys, revoke_key


def cloud() -> Cloud:
    return config.read(None, environment={}).cloud


def prepared(data: Path) -> Path:
    (data / "run").mkdir()
    return data


def test_each_tenant_and_the_operator_get_a_key_that_works(tmp_path: Path) -> None:
    keys = open_books(prepared(tmp_path), cloud())
    with reading(tmp_path) as conn:
        ring = KeyRing(pepper(tmp_path), list_keys(conn))
    assert list(keys.tenants) == [t.id for t in cloud().tenants]
    for tenant, secret in keys.tenants.items():
        found = ring.resolve(secret.encode(), now_us())
        assert found is not None
        assert (found.tenant_id, "admin" in found.scopes) == (tenant, False)
    operator = ring.resolve(keys.admin.encode(), now_us())
    assert operator is not None
    assert "admin" in operator.scopes


def test_keys_are_saved_for_the_owner_only_and_stay_the_same(tmp_path: Path) -> None:
    first = open_books(prepared(tmp_path), cloud())
    assert keys_file(tmp_path).stat().st_mode & 0o777 == 0o600
    assert json.loads(keys_file(tmp_path).read_text()) == {"tenants": first.tenants, "admin": first.admin}
    assert open_books(tmp_path, cloud()) == first
    with reading(tmp_path) as conn:
        assert len(list(list_keys(conn))) == len(first.tenants) + 1


def test_a_revoked_key_is_replaced_and_the_others_stay(tmp_path: Path) -> None:
    first = open_books(prepared(tmp_path), cloud())
    with reading(tmp_path) as conn:
        acme = next(k.id for k in list_keys(conn, tenant="acme"))
    write(tmp_path, lambda unit: revoke_key(unit, key_id=acme, now_us=now_us()))
    second = open_books(tmp_path, cloud())
    assert second.tenants["acme"] != first.tenants["acme"]
    assert second.tenants["hobby"] == first.tenants["hobby"]
    assert second.admin == first.admin


def test_roles_are_found_by_what_tenants_are(tmp_path: Path) -> None:
    here = cloud()
    paying, flex = paying_tenant(here), flex_tenant(here)
    assert paying is not None
    assert flex is not None
    assert (operators_tenant(here).id, paying.id, flex.id) == ("internal", "acme", "hobby")
    only_internal = replace(here, tenants=here.tenants[:1])
    assert (paying_tenant(only_internal), flex_tenant(only_internal)) == (None, None)
