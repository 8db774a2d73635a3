"""Where a cloud lives, and how a command reaches it: the data directory, its keys file, the running gateway."""

import asyncio
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import msgspec

from baseload.config.cloud import Cloud
from baseload.console.address import url_of
from baseload.errors import SetupError

DEFAULT = Path("baseload-data")

data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="BASELOAD_DATA",
    default=DEFAULT,
    show_default="./baseload-data",
    show_envvar=True,
    help="The cloud's data directory.",
)


class NoCloud(SetupError):
    """No cloud runs on this data directory."""


def ask(data: Path, method: str, target: str, body: dict[str, Any] | None = None) -> Any:
    """One question to the running gateway, and its answer."""
    from baseload.console.admin import Admin, Unreachable

    async def go() -> bytes:
        with closing(Admin(data)) as admin:
            return await admin.ask(method, target, body)

    try:
        return msgspec.json.decode(asyncio.run(go()) or b"null")
    except Unreachable as e:
        raise NoCloud(absent(data)) from e


def absent(data: Path) -> str:
    """What to do when nothing answers, in one sentence."""
    if not (data / "ledger.db").exists():
        return f"there is no cloud in {data}; start one with: baseload up, or say where it is with --data DIR"
    if supervisor(data) is None:
        return f"the cloud in {data} is not running; start it with: baseload up --data {data}"
    return f"the gateway of the cloud in {data} does not answer yet; see {data / 'logs' / 'gateway.log'}"


def supervisor(data: Path) -> int | None:
    """The pid of the `baseload up` that holds this directory's lock, or None. The lock decides, never the text."""
    import fcntl

    try:
        with (data / "lock").open("rb+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                text = file.read().split()
                return int(text[0]) if text and text[0].isdigit() else 0
    except OSError:
        pass
    return None


def frozen_cloud(data: Path) -> Cloud:
    """The description as the running (or last) cloud read it."""
    path = data / "run" / "cloud.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Cloud)
    except FileNotFoundError as e:
        raise NoCloud(absent(data)) from e
    except msgspec.DecodeError as e:
        raise SetupError(f"{path} cannot be read ({e}); it is written anew by: baseload up") from e


@dataclass(slots=True, kw_only=True)
class SavedKeys:
    """The keys that `up` made, so that a restart prints the same ones. `admin` opens the console."""

    tenants: dict[str, str] = field(default_factory=dict)
    admin: str = ""


def saved_keys(data: Path) -> SavedKeys:
    """What `up` saved; empty when it has made none."""
    path = keys_file(data)
    try:
        return msgspec.json.decode(path.read_bytes(), type=SavedKeys)
    except FileNotFoundError:
        return SavedKeys()
    except msgspec.DecodeError as e:
        raise SetupError(f"{path} cannot be read ({e}); delete it and new keys are made at the next start") from e


def keys_file(data: Path) -> Path:
    """Readable by the owner only; whoever reads it can spend the tenants' money."""
    return data / "run" / "keys.json"


def base_url(cloud: Cloud) -> str:
    """Where clients reach the gateway from this machine."""
    return f"{url_of(cloud.gateway.host, cloud.gateway.port)}/v1"
