"""A snapshot as TOML or JSON, and back: the same keys as the values of this room, all faults at once."""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from baseload.config.lines import Lines, index, nearest_line
from baseload.config.table import TableReader
from baseload.dispatch.faults import faults
from baseload.dispatch.values import Snapshot
from baseload.errors import DescriptionError, Fault


def read_file(path: Path) -> Snapshot:
    """Read a file by its ending, `.json` or TOML. Raises `DescriptionError` with every fault, and its line in TOML."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DescriptionError([Fault(file=str(path), line=0, message=f"cannot be read: {error}")]) from error
    return from_json(text, str(path)) if path.suffix == ".json" else from_toml(text, str(path))


def from_toml(text: str, file: str = "snapshot.toml") -> Snapshot:
    """A snapshot from TOML text."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DescriptionError([Fault(file=file, line=0, message=f"is not TOML: {error}")]) from error
    return _checked(data, file, index(text))


def from_json(text: str, file: str = "snapshot.json") -> Snapshot:
    """A snapshot from JSON text."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise DescriptionError([Fault(file=file, line=0, message=f"is not JSON: {error}")]) from error
    return _checked(data, file, {})


def to_dict(snapshot: Snapshot) -> dict[str, Any]:
    """Plain lists, tables, texts and numbers; what is unset is left out."""
    return cast(dict[str, Any], _plain(asdict(snapshot)))


def to_json(snapshot: Snapshot) -> str:
    """One JSON object that `from_json` reads back to an equal snapshot."""
    return json.dumps(to_dict(snapshot), indent=1, allow_nan=False)


def to_toml(snapshot: Snapshot) -> str:
    """TOML text that `from_toml` reads back to an equal snapshot."""
    lines = []
    for name, value in to_dict(snapshot).items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for item in value:
                lines += ["", f"[[{name}]]", *(f"{_bare(k)} = {_toml(v)}" for k, v in item.items())]
        else:
            lines.insert(0, f"{name} = {_toml(value)}")
    return "\n".join(lines) + "\n"


def _checked(data: object, file: str, lines: Lines) -> Snapshot:
    """Form first; what the values say about each other only once their form holds."""
    found: list[Fault] = []
    snapshot = TableReader(file, lines, found).value(Snapshot, data, ())
    if found:
        raise DescriptionError(found)
    said = [Fault(file=file, line=_line_of(m, data, lines), message=m) for m in faults(cast(Snapshot, snapshot))]
    if said:
        raise DescriptionError(said)
    return cast(Snapshot, snapshot)


def _line_of(message: str, data: object, lines: Lines) -> int:
    """The line of a fault that names its table by id: `recipes[chat].pool: …`."""
    named = re.match(r"(\w+)\[([^]]*)\]\.?([\w.]*)", message)
    if named is None or not lines or not isinstance(data, dict):
        return 0
    group, name, rest = named.groups()
    ids = [str(item.get("id", i)) for i, item in enumerate(data.get(group, ()))]
    return nearest_line(lines, (group, ids.index(name), *rest.split("."))) if name in ids else 0


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    return value


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_bare(k)} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _bare(key: str) -> str:
    return key if key.isascii() and key.replace("-", "").replace("_", "").isalnum() else json.dumps(key)
