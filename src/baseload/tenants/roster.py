"""The tenants of a description, written down: one tenant row and one default project each, changes audited."""

from collections.abc import Iterable

from baseload.config.cloud import Tenant
from baseload.store.unit import Unit
from baseload.units import Micros


def project_id(tenant: str) -> str:
    """The default project of a tenant."""
    return f"prj_{tenant}"


def account_id(tenant: str) -> str:
    """The account a tenant pays from."""
    return f"acct_{tenant}"


def enrol(unit: Unit, tenants: Iterable[Tenant], now_us: Micros, actor: str = "description") -> list[str]:
    """Write down who is new or changed and name them; run again it changes nothing.

    A tenant that left the description keeps its rows: what it used and paid stays on record.
    """
    return [t.id for t in tenants if _enrol_one(unit, t, now_us, actor)]


def _enrol_one(unit: Unit, tenant: Tenant, now_us: Micros, actor: str) -> bool:
    now = {"business": tenant.business, "billing": tenant.billing, "tier": tenant.tier}
    row = unit.conn.execute("SELECT business, billing, tier FROM tenant WHERE id = ?", (tenant.id,)).fetchone()
    if row is None:
        unit.conn.execute(
            "INSERT INTO tenant (id, business, billing, tier, created_us) VALUES (?,?,?,?,?)",
            (tenant.id, tenant.business, tenant.billing, tenant.tier, now_us),
        )
        unit.conn.execute(
            "INSERT INTO project (id, tenant_id, name, created_us) VALUES (?,?,'default',?)",
            (project_id(tenant.id), tenant.id, now_us),
        )
        unit.audit(actor, "tenant.create", tenant.id, dict(now))
        return True
    was = dict(zip(now, row, strict=True))
    if was == now:
        return False
    unit.conn.execute(
        "UPDATE tenant SET business = ?, billing = ?, tier = ? WHERE id = ?",
        (tenant.business, tenant.billing, tenant.tier, tenant.id),
    )
    unit.audit(actor, "tenant.change", tenant.id, {"before": was, "after": now})
    return True
