"""What a running cloud tells the person or program that started it: addresses and keys."""

import os
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import msgspec

from baseload.cli.opening import flex_tenant, operators_tenant, paying_tenant
from baseload.cli.place import SavedKeys, base_url
from baseload.config.cloud import Cloud, Tenant
from baseload.console import ticket
from baseload.console.address import url_of
from baseload.errors import SetupError
from baseload.store.private import write_private
from baseload.units import Micros


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The ready file. A key whose tenant the description does not have is null."""

    base_url: str
    console_url: str
    api_key: str | None
    internal_key: str | None
    flex_key: str | None
    admin_key: str
    model: str
    pid: int
    gateway_pid: int


def ready(cloud: Cloud, keys: SavedKeys, gateway_pid: int) -> Ready:
    """The facts of a cloud that serves."""

    def key(tenant: Tenant | None) -> str | None:
        return keys.tenants.get(tenant.id) if tenant else None

    internal = operators_tenant(cloud)
    return Ready(
        base_url=base_url(cloud),
        console_url=url_of(cloud.gateway.host, cloud.gateway.console_port),
        api_key=key(paying_tenant(cloud)),
        internal_key=key(internal) if internal.business == "internal" else None,
        flex_key=key(flex_tenant(cloud)),
        admin_key=keys.admin,
        model=cloud.models[0].id,
        pid=os.getpid(),
        gateway_pid=gateway_pid,
    )


def write_ready(path: Path, facts: Ready) -> None:
    """Whole or not at all, for the owner only: it has keys in it."""
    try:
        write_private(path, msgspec.json.format(msgspec.json.encode(facts), indent=2) + b"\n")
    except FileNotFoundError as e:
        raise SetupError(f"there is no directory {path.parent} for the ready file; make it, or name another") from e
    except (PermissionError, IsADirectoryError) as e:
        raise SetupError(f"the ready file {path} cannot be written; name another with --ready-file") from e


def banner(facts: Ready, cloud: Cloud, data: Path, now: Micros) -> str:
    """What a person copies: links for both sides, a key, a curl that works as it stands."""
    tenant = paying_tenant(cloud) or operators_tenant(cloud)
    key = facts.api_key or facts.internal_key or facts.admin_key
    body = f'{{"model":"{facts.model}","messages":[{{"role":"user","content":"Say hello."}}],"max_tokens":64}}'
    lines = [
        f"console     {facts.console_url}/login?ticket={ticket(data, 'operator', now)}",
        f"playground  {facts.console_url}/login?ticket={ticket(data, f'tenant:{tenant.id}', now)}&next=/playground",
        f"            (as {tenant.id}; each opens once, within an hour: afterwards log in with a key below)",
        f"API         {facts.base_url}",
        f"key         {key}   ({tenant.id})",
        f"admin       {facts.admin_key}   (opens the whole console)",
        "",
        f"curl {facts.base_url}/chat/completions -H 'authorization: Bearer {key}' \\",
        f"  -H 'content-type: application/json' -d '{body}'",
    ]
    if not is_loopback(cloud.gateway.host):
        lines += ["", f"! {cloud.gateway.host} is reached from elsewhere without TLS: put a reverse proxy in front"]
    return "\n".join(lines)


def is_loopback(host: str) -> bool:
    """Whether only this machine can connect."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
