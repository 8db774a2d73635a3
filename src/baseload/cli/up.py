"""`baseload up`: the whole cloud from one command, until Ctrl-C."""

import asyncio
from dataclasses import replace
from pathlib import Path

import click

from baseload.cli.config import config_option, described
from baseload.cli.place import data_option
from baseload.cli.preflight import port_near, port_or_free, prepare
from baseload.cli.root import Command
from baseload.config.cloud import Cloud


@click.command(cls=Command, example="baseload up")
@click.option("--port", type=click.IntRange(0, 65535), help="Port of the API; 0 takes a free one. [default: 8080]")
@click.option("--host", help="Address of the API and the console. [default: 127.0.0.1]")
@click.option(
    "--ready-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write addresses and keys here, as one JSON object, once requests are answered.",
)
@config_option
@data_option
def up(port: int | None, host: str | None, ready_file: Path | None, file: Path | None, data: Path) -> None:
    """Start the cloud on this machine and keep it running. Ctrl-C drains, settles and stops; twice hurries."""
    from baseload.cli.running import run

    flags = {"gateway.port": None if port is None else str(port), "gateway.host": host}
    description = described(file, flags)
    home = prepare(data)
    asyncio.run(run(home, description.cloud, settled, ready_file))


def settled(cloud: Cloud) -> Cloud:
    """The description as this machine runs it: every "auto" replaced, every port chosen and free."""
    from baseload import catalog

    gateway = cloud.gateway
    port = port_or_free(gateway.host, gateway.port)
    console = gateway.console_port
    console = port_or_free(gateway.host, console) if console else port_near(gateway.host, port + 1)
    return catalog.localise(replace(cloud, gateway=replace(gateway, port=port, console_port=console)))
