"""`baseload bench`: the recipes of a checkout's `benchmarks/`, run as they lie there."""

import os
import sys
from pathlib import Path

import click

import baseload
from baseload.cli.root import Command, Group
from baseload.errors import SetupError

PASS_THROUGH = {"ignore_unknown_options": True, "help_option_names": []}
"""The recipe reads its own options, --help and --json among them."""


@click.group(cls=Group, example="baseload bench serve --json")
def bench() -> None:
    """Measure the cloud against its yardsticks. From a checkout: its own engine, llama.cpp, a bare relay."""


@bench.command(cls=Command, context_settings=PASS_THROUGH, example="baseload bench serve --json")
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def serve(options: tuple[str, ...]) -> None:
    """Tokens per second through the gateway, straight to the engine, and on llama.cpp's server."""
    _run("serve", options)


@bench.command(cls=Command, context_settings=PASS_THROUGH, example="baseload bench gateway --json")
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def gateway(options: tuple[str, ...]) -> None:
    """Requests per second, added latency and memory of the gateway on one core."""
    _run("gateway", options)


def _run(recipe: str, options: tuple[str, ...]) -> None:
    """Become the recipe, so that its signals, output and exit code are the caller's."""
    checkout = Path(baseload.__file__).resolve().parents[2]
    if not (checkout / "benchmarks" / f"{recipe}.py").exists():
        raise SetupError("benchmarks come with a checkout, not with the package; clone Baseload and run: make setup")
    path = os.pathsep.join(filter(None, [str(checkout), os.environ.get("PYTHONPATH", "")]))
    arguments = [sys.executable, "-m", f"benchmarks.{recipe}", *options]
    os.execve(sys.executable, arguments, os.environ | {"PYTHONPATH": path})
