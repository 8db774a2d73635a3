"""A frozen value from a TOML table, by the types of its fields; faults are noted with their lines."""

import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from difflib import get_close_matches
from math import isfinite
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

from baseload.config.lines import Lines, Path, nearest_line
from baseload.errors import Fault

_NAMES = {str: "a text in quotes", float: "a number", int: "a whole number", bool: "true or false"}


class TableReader:
    """Reads texts, numbers, choices, lists, mappings and tables of these; a value with a fault comes out as None."""

    def __init__(self, file: str, lines: Lines, faults: list[Fault]) -> None:
        self._file, self._lines, self._faults = file, lines, faults

    def fault(self, path: Path, message: str) -> None:
        """Something is wrong at a path: `class[0].share: message`, with the line of the path or of what holds it."""
        where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
        text = f"{where}: {message}" if where else message
        self._faults.append(Fault(file=self._file, line=nearest_line(self._lines, path) if path else 0, message=text))

    def table(self, kind: type, raw: object, path: Path, *, leave: Sequence[str] = ()) -> Any:
        """A dataclass from a table. `leave` are fields that do not stand in this table and keep their defaults."""
        if not isinstance(raw, dict):
            return self.fault(path, f"must be a table, is {raw!r}")
        known = {f.name: f for f in fields(kind) if f.name not in leave}
        before = len(self._faults)
        for key in raw.keys() - known.keys():
            near = get_close_matches(str(key), known, 1, 0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)}"
            self.fault((*path, key), f"is not a key here; {hint}")
        for name in (name for name, f in known.items() if _required(f) and name not in raw):
            self.fault((*path, name), "is missing")
        types_of = get_type_hints(kind)
        values = {name: self.value(types_of[name], raw[name], (*path, name)) for name in known if name in raw}
        return kind(**values) if len(self._faults) == before else None

    def each(self, kind: Any, raw: object, path: Path) -> tuple[Any, ...]:
        """A tuple from a list."""
        if not isinstance(raw, list):
            self.fault(path, f"must be a list, is {raw!r}")
            return ()
        return tuple(self.value(kind, item, (*path, i)) for i, item in enumerate(raw))

    def value(self, kind: Any, raw: object, path: Path) -> Any:
        """Whatever a field's type says."""
        if is_dataclass(kind):
            return self.table(cast(type, kind), raw, path)
        origin, args = get_origin(kind), get_args(kind)
        if origin in (Union, types.UnionType):
            return self.value(next(arg for arg in args if arg is not type(None)), raw, path)
        if origin is Literal:
            return raw if raw in args else self.fault(path, f"must be one of {', '.join(args)}, is {raw!r}")
        if origin is tuple:
            return self.each(args[0], raw, path)
        if isinstance(origin, type) and issubclass(origin, Mapping):
            return self._mapping(args[1], raw, path)
        return self._scalar(kind, raw, path)

    def _mapping(self, kind: Any, raw: object, path: Path) -> Any:
        if not isinstance(raw, dict):
            return self.fault(path, f"must be a table, is {raw!r}")
        return {key: self.value(kind, item, (*path, key)) for key, item in raw.items()}

    def _scalar(self, kind: type, raw: object, path: Path) -> Any:
        if kind is float and isinstance(raw, int | float) and not isinstance(raw, bool):
            return float(raw) if isfinite(raw) else self.fault(path, f"must be a finite number, is {raw}")
        return raw if type(raw) is kind else self.fault(path, f"must be {_NAMES[kind]}, is {raw!r}")


def _required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING
