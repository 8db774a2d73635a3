"""`baseload keys`: who may ask. Through the gateway while it runs, straight into the books while it does not."""

import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from baseload.cli.books import now_us, pepper, reading, write
from baseload.cli.place import NoCloud, absent, ask, data_option, supervisor
from baseload.cli.root import Command, Group
from baseload.cli.show import emit, json_option, say, table
from baseload.cli.span import SPAN
from baseload.tenants import NewKey, create_key, list_keys, revoke_key, scope, secret


@click.group(cls=Group, example="baseload keys create acme")
def keys() -> None:
    """Make, list and revoke API keys."""


@keys.command(cls=Command, example='KEY=$(baseload keys create acme --name "batch server" --expires 90d)')
@click.argument("tenant")
@click.option("--name", default="", help="What it is for; shown in lists.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice((*scope.ROUTES, scope.ADMIN)),
    help="A route it may use, or admin; again for more. Every route but admin otherwise.",
)
@click.option("--model", "models", multiple=True, help="A model it may use, again for more. Every model otherwise.")
@click.option("--expires", "expires_s", type=SPAN, help="How long it lives: 30m, 12h, 90d. For ever otherwise.")
@data_option
@json_option
def create(
    tenant: str,
    name: str,
    scopes: tuple[str, ...],
    models: tuple[str, ...],
    expires_s: int | None,
    data: Path,
    as_json: bool,
) -> None:
    """Make a key for TENANT and show it once: the key alone on stdout."""
    wanted = {
        "tenant": tenant,
        "name": name,
        "scopes": list(scopes or scope.ROUTES),
        "models": list(models),
        "expires_in_s": expires_s,
    }
    made = ask(data, "POST", "/admin/keys", wanted) if _running(data) else _create_offline(data, wanted)
    if as_json:
        emit(made)
        return
    click.echo(made["key"])
    say(f"key {made['id']} for {tenant}; it is shown this once, keep it safe")


def _create_offline(data: Path, wanted: dict[str, Any]) -> dict[str, Any]:
    made: NewKey = write(
        data,
        lambda unit: create_key(
            unit,
            tenant=wanted["tenant"],
            name=wanted["name"],
            pepper=pepper(data),
            random=os.urandom(secret.RANDOM_BYTES),
            now_us=now_us(),
            scopes=wanted["scopes"],
            models=wanted["models"],
            expires_us=now_us() + wanted["expires_in_s"] * 1_000_000 if wanted["expires_in_s"] else None,
        ),
    )
    return made.key.describe(now_us()) | {"key": made.secret}


@keys.command("list", cls=Command, example="baseload keys list --tenant acme")
@click.option("--tenant", help="One tenant's keys only.")
@data_option
@json_option
def list_(tenant: str | None, data: Path, as_json: bool) -> None:
    """Every key, revoked and expired ones too, never with its secret."""
    with reading(data) as conn:
        found = [key.describe(now_us()) for key in list_keys(conn, tenant=tenant)]
    if as_json:
        emit({"keys": found})
        return
    head = ("id", "tenant", "name", "scopes", "models", "created", "expires", "state")
    click.echo(table(head, [_cells(key) for key in found]))


@keys.command(cls=Command, example="baseload keys revoke 4fGh81Kq")
@click.argument("key_id")
@data_option
def revoke(key_id: str, data: Path) -> None:
    """Revoke a key for good, from the next request on. KEY_ID is the eight characters after blk_live_."""
    key_id = secret.read_id(key_id.encode()) or key_id
    if _running(data):
        ask(data, "DELETE", f"/admin/keys/{key_id}")
    else:
        write(data, partial(revoke_key, key_id=key_id, now_us=now_us()))
    say(f"key {key_id} is revoked")


def _running(data: Path) -> bool:
    if not (data / "ledger.db").exists():
        raise NoCloud(absent(data))
    return supervisor(data) is not None


def _cells(key: dict[str, Any]) -> list[str]:
    models = ", ".join(key["models"]) or "every model"
    days = [_day(key["created_us"]), _day(key["expires_us"]) if key["expires_us"] else "never"]
    return [key["id"], key["tenant"], key["name"], _scopes(set(key["scopes"])), models, *days, key["state"]]


def _scopes(scopes: set[str]) -> str:
    """All routes in two words; a key that may less names them."""
    routes = "every route" if set(scope.ROUTES) <= scopes else ", ".join(sorted(scopes - {scope.ADMIN}))
    return ", ".join(filter(None, [routes, scope.ADMIN if scope.ADMIN in scopes else ""]))


def _day(at_us: int) -> str:
    return datetime.fromtimestamp(at_us / 1e6, UTC).strftime("%Y-%m-%d %H:%M")
