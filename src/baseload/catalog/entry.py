"""One catalogue file being read: takes what is asked for, and collects what is wrong, with file and line."""

import math
import tomllib
from datetime import date, datetime
from difflib import get_close_matches
from typing import cast

from baseload.catalog.fact import FACT_KINDS, SHAPES, Fact, FactKind, FactSpec, Shape
from baseload.config.lines import Path, index, nearest_line
from baseload.config.read import syntax_fault
from baseload.errors import Fault

_FACT_KEYS = {"value", "low", "high", "shape", "kind", "source", "date", "unit"}


class Entry:
    """The file's tree with its lines. Everything asked for is remembered, so that `finish` can name the rest."""

    def __init__(self, file: str, text: str, faults: list[Fault]) -> None:
        self.file = file
        self.faults = faults
        self.tree: dict[str, object] = {}
        self.lines: dict[Path, int] = {}
        self.asked: set[str] = set()
        try:
            self.tree = tomllib.loads(text)
            self.lines = index(text)
        except tomllib.TOMLDecodeError as error:
            faults.append(syntax_fault(text, file, error))

    def fault(self, path: Path, message: str) -> None:
        line = nearest_line(self.lines, path) if path in self.lines or len(path) > 1 else 0
        self.faults.append(Fault(file=self.file, line=line, message=message))

    def text(self, name: str, default: str | None = None) -> str:
        """A line of text; without a default it must be there."""
        value = self._take(name)
        if value is None and default is not None:
            return default
        if isinstance(value, str) and value:
            return value
        self.fault((name,), f"{name} must be a text in quotes" if value is not None else f"{name} is missing")
        return ""

    def whole(self, name: str, least: int, most: int) -> int:
        """A whole number that needs no source, such as a model's layer count, which the file itself carries."""
        value = self._take(name)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.fault(
            (name,),
            f"{name} must be a whole number from {least} to {most}" if value is not None else f"{name} is missing",
        )
        return least

    def flag(self, name: str, *, default: bool) -> bool:
        value = self._take(name)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.fault((name,), f"{name} must be true or false")
        return default

    def wholes(self, table: str, name: str) -> tuple[int, ...]:
        """A list of whole numbers inside a table that may be absent."""
        value = self._inside(table, name)
        if value is None:
            return ()
        if isinstance(value, list) and all(isinstance(v, int) and not isinstance(v, bool) for v in value):
            return tuple(value)
        self.fault((table, name), f"{table}.{name} must be a list of whole numbers")
        return ()

    def word(self, table: str, name: str) -> str:
        """A text inside a table that may be absent."""
        value = self._inside(table, name)
        if value is None or isinstance(value, str):
            return value or ""
        self.fault((table, name), f"{table}.{name} must be a text in quotes")
        return ""

    def fact(self, spec: FactSpec) -> Fact | None:
        """A number with its source; None when it is absent and may be."""
        table = self._take(spec.name)
        if table is None:
            if spec.required:
                self.fault((spec.name,), f"[{spec.name}] is missing ({spec.unit})")
            return None
        if not isinstance(table, dict):
            self.fault(
                (spec.name,), f"{spec.name} must be a table with value, kind, source and date, not a bare number"
            )
            return None
        return self._fact(spec, table)

    def needed(self, spec: FactSpec) -> Fact:
        """As `fact`, for a required one; after a fault a stand-in keeps the reading going."""
        return self.fact(spec) or Fact(
            value=spec.least, low=spec.least, high=spec.least, kind="assumed", source="", date=date(1970, 1, 1)
        )

    def finish(self) -> None:
        """Whatever nobody asked for is a fault."""
        for name in self.tree:
            if name not in self.asked:
                near = get_close_matches(name, self.asked, 1, 0.6)
                hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(sorted(self.asked))}"
                self.fault((name,), f"unknown key {name!r}; {hint}")

    def _take(self, name: str) -> object:
        self.asked.add(name)
        return self.tree.get(name)

    def _inside(self, table: str, name: str) -> object:
        value = self._take(table)
        return value.get(name) if isinstance(value, dict) else None

    def _fact(self, spec: FactSpec, table: dict[str, object]) -> Fact | None:
        before = len(self.faults)
        for key in table.keys() - _FACT_KEYS:
            self.fault((spec.name, key), f"unknown key {key!r} in [{spec.name}]")
        if table.get("unit", spec.unit) != spec.unit:
            self.fault((spec.name, "unit"), f"{spec.name} is in {spec.unit}, not {table['unit']}")
        value = self._number(spec, table, "value", None)
        low = self._number(spec, table, "low", value)
        high = self._number(spec, table, "high", value)
        if not low <= value <= high:
            self.fault((spec.name, "value"), f"{spec.name}: value {value:g} lies outside {low:g} to {high:g}")
        kind = self._one_of(spec, table, "kind", FACT_KINDS, None)
        shape = self._one_of(spec, table, "shape", SHAPES, "uniform")
        source = table.get("source")
        if not isinstance(source, str) or not source.strip():
            self.fault((spec.name, "source"), f"{spec.name} does not say its source")
        day = table.get("date")
        if not isinstance(day, date) or isinstance(day, datetime):
            self.fault((spec.name, "date"), f"{spec.name} needs the date of its source, such as 2026-05-01")
        if len(self.faults) > before:
            return None
        return Fact(
            value=value,
            low=low,
            high=high,
            kind=cast(FactKind, kind),
            source=str(source),
            date=cast(date, day),
            shape=cast(Shape, shape),
        )

    def _number(self, spec: FactSpec, table: dict[str, object], key: str, default: float | None) -> float:
        value = table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            self.fault((spec.name, key), f"{spec.name}: {key} must be a number")
            return spec.least if default is None else default
        if not spec.least <= value <= spec.most:
            said = (
                f"{spec.name}: {key} {value:g} is not believable; expected {spec.least:g} to {spec.most:g} {spec.unit}"
            )
            self.fault((spec.name, key), said)
        return float(value)

    def _one_of(
        self, spec: FactSpec, table: dict[str, object], key: str, known: tuple[str, ...], default: str | None
    ) -> str:
        value = table.get(key, default)
        if isinstance(value, str) and value in known:
            return value
        self.fault((spec.name, key), f"{spec.name}: {key} must be one of {', '.join(known)}")
        return known[0]
