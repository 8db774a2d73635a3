"""From settings to a `Cloud`: first what contradicts itself inside the description, then the frozen values."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from baseload.config.book import book, check_prices
from baseload.config.cloud import Cloud, Gateway, Model, Pool, Site, Tenant
from baseload.config.settings import Path, Settings, dotted


def check(settings: Settings) -> None:
    """References, and keys that need or exclude each other. Values that did not convert are left out of it."""
    for kind, about in (
        ("site", "a place with power"),
        ("pool", "chips"),
        ("model", "something to serve"),
        ("tenant", "someone to serve"),
    ):
        if not settings.ids(kind):
            settings.fault_in_file(f"no [{kind}.NAME] here; a cloud needs {about}")
    for pool in settings.ids("pool"):
        _refers(settings, ("pool", pool, "site"), settings.ids("site"), "site")
        _check_tenure(settings, ("pool", pool))
    for model in settings.ids("model"):
        _refers(settings, ("model", model, "pool"), settings.ids("pool"), "pool")
        _check_engine(settings, ("model", model))
    for tenant in settings.ids("tenant"):
        _check_tenant(settings, ("tenant", tenant))
    _check_trust(settings)
    check_prices(settings)
    _check_ports(settings)


def cloud(settings: Settings) -> Cloud:
    """The frozen description; only for settings without faults."""

    def rows(kind: str) -> Iterable[dict[str, Any]]:
        return ({"id": name, **settings.row((kind, name))} for name in settings.ids(kind))

    return Cloud(
        name=str(settings.values[("name",)]),
        sites=tuple(Site(**row) for row in rows("site")),
        pools=tuple(Pool(bought_us=row.pop("bought"), **row) for row in rows("pool")),
        models=tuple(Model(**row) for row in rows("model")),
        tenants=tuple(_tenant(row) for row in rows("tenant")),
        book=book(settings),
        gateway=Gateway(**settings.row(("gateway",))),
    )


def _tenant(row: dict[str, Any]) -> Tenant:
    money = {name.removesuffix("_usd"): row.pop(name) for name in ("balance_usd", "credit_usd")}
    return Tenant(
        balance_nano=money["balance"],
        credit_nano=money["credit"],
        contract_nano_per_month=row.pop("contract_usd_per_month"),
        tiers=row.pop("tiers") or (row["tier"],),
        **row,
    )


def _refers(settings: Settings, path: Path, known: list[str], kind: str) -> None:
    name = settings.values.get(path)
    if not isinstance(name, str) or name in known or not known:
        return
    near = get_close_matches(name, known, 1, 0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"there is: {', '.join(known)}"
    settings.fault(path, f"{dotted(path)} names no {kind} of this description: {name!r}; {hint}")


def _check_tenure(settings: Settings, pool: Path) -> None:
    tenure = settings.values.get((*pool, "tenure"))
    rent = settings.values.get((*pool, "rent_usd_per_chip_hour"))
    if tenure in ("leased", "rented") and rent is None:
        settings.fault(
            (*pool, "tenure"), f"{dotted(pool)} is {tenure}; say what it costs: rent_usd_per_chip_hour = 1.25"
        )
    if tenure == "owned" and rent is not None:
        settings.fault(
            (*pool, "rent_usd_per_chip_hour"), f"{dotted(pool)} is owned and pays no rent; set tenure or drop the rent"
        )


def _check_engine(settings: Settings, model: Path) -> None:
    def value(key: str) -> object:
        return settings.values.get((*model, key))

    if value("engine") == "external" and value("url") is None:
        settings.fault(
            (*model, "engine"), f'{dotted(model)} is external; say where it answers: url = "http://127.0.0.1:8000"'
        )
    url = value("url")
    if isinstance(url, str) and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", url):
        settings.fault((*model, "url"), f"{dotted(model)}.url must look like http://host:port, not {url!r}")
    for key in ("counts_path", "cancel_path"):
        path = value(key)
        if isinstance(path, str) and not (path.startswith("/") and "{id}" in path):
            settings.fault(
                (*model, key), f"{dotted(model)}.{key} must be a path with the request's {{id}} in it, not {path!r}"
            )
    if value("engine") == "openvino" and (value("catalog") is None) == (value("path") is None):
        settings.fault((*model, "engine"), f"{dotted(model)} needs its weights: either catalog or path, one of them")
    digest = value("sha256")
    if isinstance(digest, str) and not re.fullmatch(r"[0-9a-f]{64}", digest):
        settings.fault((*model, "sha256"), f"{dotted(model)}.sha256 must be 64 hex digits (try: sha256sum FILE)")
    if value("path") is not None and digest is None:
        settings.fault(
            (*model, "path"), f"{dotted(model)}.path needs its sha256 beside it, so that a changed file is noticed"
        )


def _check_tenant(settings: Settings, tenant: Path) -> None:
    tier, tiers = settings.values.get((*tenant, "tier")), settings.values.get((*tenant, "tiers"))
    if isinstance(tiers, tuple) and tiers and isinstance(tier, str) and tier not in tiers:
        settings.fault(
            (*tenant, "tier"), f"{dotted(tenant)}.tier is {tier!r}, which its tiers do not hold: {', '.join(tiers)}"
        )
    billing = settings.values.get((*tenant, "billing"))
    wrong = {"prepaid": "credit_usd", "postpaid": "balance_usd"}.get(str(billing))
    if wrong and settings.values.get((*tenant, wrong)):
        settings.fault(
            (*tenant, wrong), f"{dotted(tenant)} is {billing}, so {wrong} says nothing; drop it or change billing"
        )


def _check_trust(settings: Settings) -> None:
    """A prefix cache without salts shows by its speed what others asked: only one trust group may share it."""
    groups = {settings.values.get(("tenant", name, "trust_group")) or f"\0{name}" for name in settings.ids("tenant")}
    for model in settings.ids("model"):
        path = ("model", model, "prefix_cache")
        if settings.values.get(path) and len(groups) > 1:
            settings.fault(
                path,
                f"{dotted(path)} needs all tenants in one trust_group: a cache hit is faster, and so tells on others",
            )


def _check_ports(settings: Settings) -> None:
    taken: dict[object, str] = {}
    for key in ("port", "console_port", "admin_port"):
        port = settings.values.get(("gateway", key))
        if port and port in taken:
            settings.fault(
                ("gateway", key), f"gateway.{key} is {port}, as is gateway.{taken[port]}; each needs its own"
            )
        taken.setdefault(port, key)
