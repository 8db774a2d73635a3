"""Every command fails in one line that says what to do, with the exit code that scripts rely on."""

import errno
import os

import click
import pytest
from click.testing import CliRunner, Result

from baseload.cli import main
from baseload.cli.root import Command, Root
from baseload.errors import DescriptionError, Fault, SetupError


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments, prog_name="baseload")


def failing_with(error: BaseException) -> Result:
    @click.group(cls=Root)
    def root() -> None: ...

    @root.command(cls=Command)
    def boom() -> None:
        raise error

    return CliRunner().invoke(root, ["boom"], prog_name="baseload")


def every_command(group: click.Group = main, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], click.Command]]:
    found: list[tuple[tuple[str, ...], click.Command]] = []
    for name, command in group.commands.items():
        found.append(((*path, name), command))
        if isinstance(command, click.Group):
            found += every_command(command, (*path, name))
    return found


@pytest.mark.parametrize(
    ("path", "command"), every_command(), ids=lambda v: " ".join(v) if isinstance(v, tuple) else ""
)
def test_help_opens_with_an_example_of_that_command(path: tuple[str, ...], command: click.Command) -> None:
    if path[0] == "bench" and len(path) == 2:
        help_text = command.get_help(click.Context(command, info_name=" ".join(("baseload", *path))))
    else:
        help_text = run(*path, "--help").stdout
    first, second, *_ = help_text.splitlines()
    assert first == "Example:"
    assert f"baseload {path[0]}" in second


def test_version_is_the_packages() -> None:
    from baseload import __version__

    assert run("--version").stdout == f"baseload, version {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("statsu",), "status"),
        (("status", "--jason"), "--json"),
        (("chat", "--max-tokens", "0", "x"), "max-tokens"),
        (("chat", "--tier", "gold", "x"), "flex"),
        (("config", "show", "extra"), "extra"),
    ],
)
def test_misuse_is_one_line_and_exit_code_two(arguments: tuple[str, ...], said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("baseload: ")
    assert result.stderr.count("\n") == 1
    assert said in result.stderr
    assert "--help" in result.stderr


def test_a_baseload_error_is_one_line_and_exit_code_one() -> None:
    result = failing_with(SetupError("the barn is on fire; use the bucket"))
    assert (result.exit_code, result.stderr) == (1, "baseload: the barn is on fire; use the bucket\n")


def test_all_faults_of_a_description_are_shown_together() -> None:
    faults = [Fault(file="a.toml", line=3, message="no"), Fault(file="a.toml", line=9, message="neither")]
    result = failing_with(DescriptionError(faults))
    assert result.exit_code == 1
    assert "a.toml:3: no" in result.stderr
    assert "a.toml:9: neither" in result.stderr


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_full_or_forbidden_disk_says_what_to_do(number: int) -> None:
    result = failing_with(OSError(number, os.strerror(number), "/somewhere/ledger.db"))
    assert result.exit_code == 1
    assert result.stderr.startswith("baseload: /somewhere/ledger.db: ")
    assert "--data" in result.stderr


def test_a_surprise_surfaces_whole() -> None:
    assert isinstance(failing_with(ZeroDivisionError()).exception, ZeroDivisionError)
