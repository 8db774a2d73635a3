"""API keys: made once and shown once, kept as a keyed digest, listed, revoked. Every change leaves an audit row."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import apsw

from baseload.errors import SetupError
from baseload.store.unit import Unit
from baseload.tenants import scope, secret
from baseload.tenants.pepper import PEPPER_VERSION
from baseload.tenants.roster import account_id, project_id
from baseload.units import Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key as the gateway knows it: whose it is and what it may do. The secret itself is not in it."""

    id: str
    tenant_id: str
    project_id: str
    account_id: str
    business: str
    name: str
    scopes: frozenset[str]
    models: frozenset[str]
    not_before_us: int
    expires_us: int | None
    revoked_us: int | None
    created_us: int
    digest: bytes

    def state(self, now_us: int) -> str:
        """Active · revoked · expired · not yet valid."""
        if self.revoked_us is not None and self.revoked_us <= now_us:
            return "revoked"
        if self.expires_us is not None and self.expires_us <= now_us:
            return "expired"
        return "active" if self.not_before_us <= now_us else "not yet valid"

    def may(self, route: str) -> bool:
        return route in self.scopes

    def may_use(self, model: str) -> bool:
        """No models named means every model."""
        return not self.models or model in self.models

    def describe(self, now_us: int) -> dict[str, Any]:
        """As every list shows it, in JSON: what it may do and how it stands, nothing that proves it."""
        return {
            "id": self.id,
            "tenant": self.tenant_id,
            "business": self.business,
            "name": self.name,
            "scopes": sorted(self.scopes),
            "models": sorted(self.models),
            "created_us": self.created_us,
            "expires_us": self.expires_us,
            "revoked_us": self.revoked_us,
            "state": self.state(now_us),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """What `create_key` hands over. `secret` is shown to its owner now and never again."""

    key: Key
    secret: str

    def __repr__(self) -> str:
        return f"NewKey(key={self.key.id!r}, secret='…')"


def create_key(
    unit: Unit,
    *,
    tenant: str,
    name: str,
    pepper: bytes,
    random: bytes,
    now_us: Micros,
    scopes: Iterable[str] = scope.ROUTES,
    models: Iterable[str] = (),
    expires_us: int | None = None,
    actor: str = "operator",
    maker: Key | None = None,
) -> NewKey:
    """Make a key for a tenant. `maker` is the key that asks, or None for the operator at this machine."""
    try:
        asked, only = scope.check_scopes(scopes), frozenset(models)
    except ValueError as error:
        raise SetupError(str(error)) from error
    if maker is not None and not scope.within((asked, only), (maker.scopes, maker.models)):
        raise SetupError(f"key {maker.id} may not grant more than it holds; ask for fewer scopes or models")
    if expires_us is not None and expires_us <= now_us:
        raise SetupError("the key would already be expired; give a time to come")
    if unit.conn.execute("SELECT 1 FROM tenant WHERE id = ?", (tenant,)).fetchone() is None:
        known = ", ".join(str(row[0]) for row in unit.conn.execute("SELECT id FROM tenant ORDER BY id"))
        raise SetupError(f"no tenant named {tenant!r}; there are: {known or 'none yet'}")
    text = secret.make(random)
    key_id = secret.read_id(text.encode()) or ""
    unit.conn.execute(
        "INSERT INTO api_key (id, project_id, name, digest, pepper_ver, scopes, models, not_before_us, expires_us,"
        " created_us) VALUES (?,?,?,?,?,?,?,?,?,?)",
        (
            key_id,
            project_id(tenant),
            name,
            secret.digest(pepper, text.encode()),
            PEPPER_VERSION,
            json.dumps(sorted(asked)),
            json.dumps(sorted(only)),
            now_us,
            expires_us,
            now_us,
        ),
    )
    detail: dict[str, object] = {
        "tenant": tenant,
        "name": name,
        "scopes": sorted(asked),
        "models": sorted(only),
        "expires_us": expires_us,
    }
    unit.audit(actor, "key.create", key_id, detail)
    return NewKey(key=next(iter(list_keys(unit.conn, key_id=key_id))), secret=text)


def revoke_key(unit: Unit, *, key_id: str, now_us: Micros, actor: str = "operator", reason: str = "") -> Key:
    """Revoke for good. A key already revoked stays as it is; one that does not exist is an error."""
    found = list(list_keys(unit.conn, key_id=key_id))
    if not found:
        raise SetupError(f"no key {key_id!r}; list them with: baseload keys list")
    if found[0].revoked_us is not None:
        return found[0]
    unit.conn.execute("UPDATE api_key SET revoked_us = ? WHERE id = ?", (now_us, key_id))
    unit.audit(actor, "key.revoke", key_id, {"reason": reason, "tenant": found[0].tenant_id})
    return next(iter(list_keys(unit.conn, key_id=key_id)))


def list_keys(conn: apsw.Connection, *, tenant: str | None = None, key_id: str | None = None) -> Iterator[Key]:
    """Keys in order of making, of one tenant or of all, revoked ones too."""
    rows = conn.execute(
        "SELECT k.id, p.tenant_id, k.project_id, t.business, k.name, k.scopes, k.models, k.not_before_us, k.expires_us,"
        " k.revoked_us, k.created_us, k.digest FROM api_key k JOIN project p ON p.id = k.project_id"
        " JOIN tenant t ON t.id = p.tenant_id"
        " WHERE (:tenant IS NULL OR t.id = :tenant) AND (:key IS NULL OR k.id = :key)"
        " ORDER BY k.created_us, k.id",
        {"tenant": tenant, "key": key_id},
    )
    for row in rows:
        yield _key(row)


def _key(row: tuple[object, ...]) -> Key:
    kid, tenant, project, business, name, scopes, models, not_before, expires, revoked, created, stored = row
    return Key(
        id=str(kid),
        tenant_id=str(tenant),
        project_id=str(project),
        account_id=account_id(str(tenant)),
        business=str(business),
        name=str(name),
        scopes=frozenset(json.loads(str(scopes))) & scope.EVERYTHING,  # a scope that is no more grants nothing
        models=frozenset(json.loads(str(models))),
        not_before_us=_int(not_before),
        expires_us=None if expires is None else _int(expires),
        revoked_us=None if revoked is None else _int(revoked),
        created_us=_int(created),
        digest=stored if isinstance(stored, bytes) else b"",
    )


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0
