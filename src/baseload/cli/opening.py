"""The books are opened before anything serves: schema, tenants of the description, and a key for each of them.

The keys that `up` makes are saved beside the run files (0600), so that a restart prints the same ones.
"""

import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import msgspec

from baseload.cli.books import now_us, pepper, write
from baseload.cli.place import SavedKeys, keys_file, saved_keys
from baseload.config.cloud import Cloud, Tenant
from baseload.store import Unit
from baseload.store.private import write_private
from baseload.tenants import KeyRing, create_key, list_keys, scope, secret
from baseload.tenants.roster import enrol
from baseload.units import Micros

MADE_BY = "made by baseload up"


def open_books(data: Path, cloud: Cloud) -> SavedKeys:
    """Schema and tenants written down, and a working key for every tenant and for the operator."""
    before = saved_keys(data)
    pep = pepper(data)
    after = write(data, partial(_open, cloud=cloud, before=before, pepper=pep, now=now_us()))
    if after != before:
        write_private(keys_file(data), msgspec.json.format(msgspec.json.encode(after), indent=1))
    return after


def _open(unit: Unit, *, cloud: Cloud, before: SavedKeys, pepper: bytes, now: Micros) -> SavedKeys:
    enrol(unit, cloud.tenants, now)
    ring = KeyRing(pepper, list_keys(unit.conn))

    def key(tenant: Tenant, saved: str, scopes: Iterable[str]) -> str:
        """The saved key while it works, else a new one: it may have been revoked, or the books may be new."""
        found = ring.resolve(saved.encode(), now) if saved else None
        if found is not None and found.tenant_id == tenant.id:
            return saved
        random = os.urandom(secret.RANDOM_BYTES)
        return create_key(
            unit,
            tenant=tenant.id,
            name=MADE_BY,
            pepper=pepper,
            random=random,
            now_us=now,
            scopes=scopes,
        ).secret

    return SavedKeys(
        tenants={t.id: key(t, before.tenants.get(t.id, ""), scope.ROUTES) for t in cloud.tenants},
        admin=key(operators_tenant(cloud), before.admin, scope.EVERYTHING),
    )


def operators_tenant(cloud: Cloud) -> Tenant:
    """Whose name the operator's key bears: the first internal tenant, else the first of all."""
    return next((t for t in cloud.tenants if t.business == "internal"), cloud.tenants[0])


def paying_tenant(cloud: Cloud) -> Tenant | None:
    """The first external tenant that is not flex, else the first external one."""
    external = [t for t in cloud.tenants if t.business == "external"]
    return next((t for t in external if t.tier != "flex"), external[0] if external else None)


def flex_tenant(cloud: Cloud) -> Tenant | None:
    """The first tenant whose own tier is flex."""
    return next((t for t in cloud.tenants if t.tier == "flex"), None)
