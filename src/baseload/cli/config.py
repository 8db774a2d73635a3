"""`baseload config`: what the description says, where each value came from, and whether it holds together."""

from pathlib import Path
from typing import Any

import click

from baseload.cli.root import ANSWER_IS_NO, Command, Group
from baseload.cli.show import emit, json_option, say, table
from baseload.config import Description, Origin, built_in, find, read, variable
from baseload.errors import DescriptionError, Fault, SetupError

config_option = click.option(
    "--config",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="BASELOAD_CONFIG",
    show_envvar=True,
    help="A baseload.toml; ./baseload.toml when it exists, else the built-in one-box cloud.",
)


@click.group(cls=Group, example="baseload config show")
def config() -> None:
    """See, check and start a description."""


def chosen(file: Path | None) -> Path | None:
    """The file to read: the one named, else `./baseload.toml`, else None for the built-in cloud."""
    return file or find(Path())


def described(file: Path | None, flags: dict[str, str | None] | None = None) -> Description:
    """The description, resolved against the catalogue and with its list prices, or every fault of both at once."""
    from baseload import catalog

    description = read(chosen(file), flags=flags)
    faults = catalog.resolve(description.cloud, description.origin)
    if faults:
        raise DescriptionError(faults)
    return catalog.with_list_prices(description)


@config.command(cls=Command, example="baseload config show --json")
@config_option
@json_option
def show(file: Path | None, as_json: bool) -> None:
    """Every value, and where it came from: built-in, catalogue, file and line, environment, or flag."""
    description = described(file)
    if as_json:
        emit(_as_json(file, description))
        return
    rows = [[key, _plain(value), str(description.origin[key])] for key, value in description.values.items()]
    click.echo(table(("setting", "value", "from"), rows))


def _as_json(file: Path | None, description: Description) -> dict[str, Any]:
    source = chosen(file)
    return {
        "name": description.cloud.name,
        "file": str(source) if source else None,
        "settings": {
            key: {
                "value": value,
                "origin": _origin(description.origin[key]),
                "environment": variable_of(key),
            }
            for key, value in description.values.items()
        },
    }


def _origin(origin: Origin) -> dict[str, Any]:
    return {"kind": origin.kind, "file": origin.file or None, "line": origin.line or None, "name": origin.name or None}


def variable_of(key: str) -> str:
    """The environment variable that overrides a dotted key: quoted parts keep their dots."""
    import tomllib

    path: list[str] = []
    tree: Any = tomllib.loads(f"{key} = 0")
    while isinstance(tree, dict):
        (part,) = tree
        path.append(part)
        tree = tree[part]
    return variable(tuple(path))


def _plain(value: object) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return "–" if value is None else str(value)


@config.command(cls=Command, example="baseload config check baseload.toml")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@json_option
def check(file: Path | None, as_json: bool) -> None:
    """Whether a description holds together; every fault with file and line. Exit code 3 when it does not."""
    faults = _faults(file)
    where = str(chosen(file) or "the built-in one-box cloud")
    if as_json:
        emit({"file": where, "ok": not faults, "faults": faults})
    elif faults:
        click.echo("\n".join(map(str, faults)))
    else:
        click.echo(f"{where}: no fault")
    if faults:
        click.get_current_context().exit(ANSWER_IS_NO)


def _faults(file: Path | None) -> list[Fault]:
    try:
        described(file)
    except DescriptionError as e:
        return e.faults
    return []


@config.command(cls=Command, example="baseload config init baseload.toml")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), default=Path("baseload.toml"))
def init(file: Path) -> None:
    """Write the built-in one-box cloud to FILE, to start from. Never over a file that exists."""
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(built_in())
    except FileExistsError as e:
        raise SetupError(f"{file} exists already; give another name, or move it away") from e
    except FileNotFoundError as e:
        raise SetupError(f"there is no directory {file.parent}; make it, or give another name") from e
    say(f"wrote {file}; change it, then: baseload config check {file} && baseload up --config {file}")
