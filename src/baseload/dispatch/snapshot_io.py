"""A snapshot as TOML or JSON, and back: the same keys as the values of this room, all faults at once."""

import json
import re
import tomllib
import types
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields, is_dataclass
from difflib import get_close_matches
from math import isfinite
from pathlib import Path
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from baseload.config.lines import Lines, index, nearest_line
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
    snapshot = _Reader(file, lines, found).value(Snapshot, data, ())
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


class _Reader:
    """Builds values by their field types; notes each fault under its key path and goes on."""

    def __init__(self, file: str, lines: Lines, found: list[Fault]) -> None:
        self._file, self._lines, self._found = file, lines, found

    def value(self, kind: Any, raw: object, path: tuple[str | int, ...]) -> object:
        if is_dataclass(kind):
            return self._table(cast(type, kind), raw, path)
        origin, args = get_origin(kind), get_args(kind)
        if origin in (Union, types.UnionType):
            return self.value(next(a for a in args if a is not type(None)), raw, path)
        if origin is Literal:
            return raw if raw in args else self._fault(path, f"must be one of {', '.join(args)}, is {raw!r}")
        if origin is tuple:
            return self._each(args[0], raw, path)
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return self._mapping(args[1], raw, path)
        return self._scalar(kind, raw, path)

    def _scalar(self, kind: type, raw: object, path: tuple[str | int, ...]) -> object:
        if kind is float and isinstance(raw, int | float) and not isinstance(raw, bool):
            return float(raw) if isfinite(raw) else self._fault(path, f"must be a finite number, is {raw}")
        if type(raw) is kind:
            return raw
        names = {str: "a text", float: "a number", int: "a whole number", bool: "true or false"}
        return self._fault(path, f"must be {names[kind]}, is {raw!r}")

    def _table(self, kind: type, raw: object, path: tuple[str | int, ...]) -> object:
        if not isinstance(raw, dict):
            return self._fault(path, f"must be a table, is {raw!r}")
        known, types_of = {f.name: f for f in fields(kind)}, get_type_hints(kind)
        for key in raw:
            if key not in known:
                near = get_close_matches(str(key), known, n=1, cutoff=0.5)
                self._fault((*path, key), "is not a key here" + (f"; did you mean '{near[0]}'?" if near else ""))
        for name, f in known.items():
            if name not in raw and f.default is MISSING and f.default_factory is MISSING:
                self._fault((*path, name), "is missing")
        before = len(self._found)
        values = {k: self.value(types_of[k], v, (*path, k)) for k, v in raw.items() if k in known}
        complete = len(self._found) == before and all(n in values or f.default is not MISSING for n, f in known.items())
        return kind(**values) if complete else None

    def _each(self, kind: Any, raw: object, path: tuple[str | int, ...]) -> object:
        if not isinstance(raw, list):
            return self._fault(path, f"must be a list, is {raw!r}")
        return tuple(self.value(kind, item, (*path, i)) for i, item in enumerate(raw))

    def _mapping(self, kind: Any, raw: object, path: tuple[str | int, ...]) -> object:
        if not isinstance(raw, dict):
            return self._fault(path, f"must be a table, is {raw!r}")
        return {k: self.value(kind, v, (*path, k)) for k, v in raw.items()}

    def _fault(self, path: tuple[str | int, ...], message: str) -> object:
        where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".") or "snapshot"
        line = nearest_line(self._lines, path) if self._lines else 0
        self._found.append(Fault(file=self._file, line=line, message=f"{where}: {message}"))
        return None


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
