"""The settings of a description while it is being read: values by path, where each came from, and what is wrong."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

from baseload.config.lines import Lines, nearest_line
from baseload.config.schema import REQUIRED, SECTIONS, Key, Section
from baseload.config.values import BadValueError, convert
from baseload.errors import Fault

Path = tuple[str, ...]
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:-]{0,95}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a value came from. `name` is the environment variable or the flag."""

    kind: Literal["built-in", "catalogue", "file", "environment", "flag"]
    file: str = ""
    line: int = 0
    name: str = ""

    def __str__(self) -> str:
        place = self.name or (f"{self.file}:{self.line}" if self.file else "default")
        return place if self.kind == "file" else f"{self.kind} {place}"


def dotted(path: Path) -> str:
    """A path as one would write it in TOML: `model."a.b".slots`."""
    return ".".join(part if _BARE.fullmatch(part) else json.dumps(part) for part in path)


@dataclass(slots=True, kw_only=True)
class Settings:
    """Grows table by table. `values` and `origins` are by full path, `tables` in file order."""

    file: str
    built_in: bool
    lines: Lines
    values: dict[Path, object] = field(default_factory=dict)
    origins: dict[Path, Origin] = field(default_factory=dict)
    tables: dict[Path, Section] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, path: Path, message: str) -> None:
        """Something is wrong with the value at a path, wherever that value came from."""
        origin = self.origins.get(path)
        if origin is not None and origin.name:
            self.faults.append(Fault(file=origin.name, line=0, message=message))
        else:
            self.faults.append(Fault(file=self.file, line=nearest_line(self.lines, path), message=message))

    def fault_in_file(self, message: str) -> None:
        """Something is missing, so that no line can be named."""
        self.faults.append(Fault(file=self.file, line=0, message=message))

    def ids(self, kind: str) -> list[str]:
        """Names of the tables [kind.NAME], in the order of the file."""
        return [path[1] for path in self.tables if len(path) == 2 and path[0] == kind and self.tables[path].named]

    def row(self, table: Path) -> dict[str, Any]:
        """The values of one table by key, once nothing is wrong with it."""
        return {key.name: self.values[(*table, key.name)] for key in self.tables[table].keys}

    def put(self, path: Path, key: Key, raw: object, origin: Origin) -> None:
        """Take one value from the file; a bad one becomes a fault."""
        self.origins[path] = origin
        try:
            self.values[path] = convert(key, raw)
        except BadValueError as error:
            self.fault(path, f"{dotted(path)} {error}")

    def origin_of_line(self, path: Path) -> Origin:
        return Origin(kind="built-in" if self.built_in else "file", file=self.file, line=nearest_line(self.lines, path))

    def take(self, tree: dict[str, object]) -> None:
        """Walk the whole file."""
        self._table((), (), tree)
        for section in SECTIONS:
            if not section.named and section.path not in self.tables:
                self.tables[section.path] = section

    def fill_defaults(self) -> None:
        """Give every silent key its default; a required one that is silent is a fault."""
        for table, section in self.tables.items():
            for key in section.keys:
                path = (*table, key.name)
                if path in self.values or path in self.origins:
                    continue
                if key.default is REQUIRED:
                    self._missing(table, key)
                    continue
                self.values[path] = key.default
                self.origins[path] = Origin(kind="built-in")

    def _missing(self, table: Path, key: Key) -> None:
        message = f"[{dotted(table)}] lacks {key.name}: {key.about}"
        if table in self.lines:
            self.fault(table, message)
        else:
            self.fault_in_file(message)

    def _table(self, pattern: Path, path: Path, tree: dict[str, object]) -> None:
        section = next((s for s in SECTIONS if s.path == pattern), None)
        if section is not None:
            self.tables[path] = section
        children = {
            s.path[len(pattern)] for s in SECTIONS if len(s.path) > len(pattern) and s.path[: len(pattern)] == pattern
        }
        for name, raw in tree.items():
            here = (*path, name)
            key = section.key(name) if section else None
            if key is not None:
                self.put(here, key, raw, self.origin_of_line(here))
            elif "{name}" in children or name in children:
                self._child(pattern, here, raw, named="{name}" in children)
            else:
                self._unknown(section, path, name, children)

    def _child(self, pattern: Path, here: Path, raw: object, *, named: bool) -> None:
        if not isinstance(raw, dict):
            holds_names = any(s.named and s.path[:-1] == (*pattern, here[-1]) for s in SECTIONS)
            example = dotted((*here[:-1], "NAME")) if named else dotted((*here, "NAME") if holds_names else here)
            self.fault(here, f"{dotted(here)} must be a table: write [{example}]")
        elif named and not _ID.fullmatch(here[-1]):
            self.fault(here, f"{here[-1]!r} cannot be a name: use letters, digits, dots, dashes, slashes; at most 96")
        else:
            self._table((*pattern, "{name}" if named else here[-1]), here, raw)

    def _unknown(self, section: Section | None, path: Path, name: str, children: set[str]) -> None:
        known = [*(key.name for key in section.keys), *sorted(children)] if section else sorted(children)
        near = get_close_matches(name, known, 1, 0.6)
        elsewhere = [s for s in SECTIONS if s.key(name)]
        if near:
            hint = f"did you mean {near[0]!r}?"
        elif elsewhere:
            hint = f"it belongs in [{'.'.join(elsewhere[0].path).replace('{name}', 'NAME')}]"
        else:
            hint = f"known here: {', '.join(known)}"
        place = f" in [{dotted(path)}]" if path else ""
        self.fault((*path, name), f"unknown key {name!r}{place}; {hint}")


def concrete_keys(settings: Settings) -> Iterator[tuple[Path, Key]]:
    """Every key of every table that the description has."""
    for table, section in settings.tables.items():
        for key in section.keys:
            yield (*table, key.name), key
