"""One catalogue entry being read: a sheet whose every number has a unit, a believable range and a source."""

from datetime import date
from decimal import Decimal

from baseload.catalog.fact import SHAPES, F, Said, Source, Spec
from baseload.catalog.sheet import Sheet
from baseload.catalog.source import OWN, Sources
from baseload.errors import Fault

_KEYS = OWN | {"value", "low", "high", "shape", "source", "unit", "note"}
_NOBODY = Source(title="", kind="assumed", date=date(1970, 1, 1))


class Entry(Sheet):
    """A number is `layers = 30`, or a table: `{ value = 80, low = 56, high = 112, source = "idle" }`."""

    def __init__(self, file: str, text: str, faults: list[Fault]) -> None:
        super().__init__(file, text, faults)
        self.sources = Sources(self)

    def fact(self, spec: Spec[F]) -> F | None:
        """A number with its source; None when it is absent and may be."""
        said = self.take(spec.name)
        if said is None:
            if spec.required:
                self.fault((spec.name,), f"[{spec.name}] is missing ({spec.unit})")
            return None
        return self._fact(spec, said if isinstance(said, dict) else {"value": said})

    def needed(self, spec: Spec[F]) -> F:
        """As `fact`, for a required one; after a fault a stand-in keeps the reading going."""
        least = Decimal(str(spec.least))
        return self.fact(spec) or spec.make(Said(value=least, low=least, high=least, rest={"cited": _NOBODY}))

    def finish(self) -> None:
        super().finish()
        self.sources.unused()

    def _fact(self, spec: Spec[F], table: dict[str, object]) -> F | None:
        before = len(self.faults)
        for key in sorted(table.keys() - _KEYS):
            self.fault((spec.name, key), f"unknown key {key!r} in [{spec.name}]")
        if table.get("unit", spec.unit) != spec.unit:
            self.fault((spec.name, "unit"), f"{spec.name} is in {spec.unit}, not {table['unit']}")
        value = self._number(spec, table, "value", None)
        low = self._number(spec, table, "low", value)
        high = self._number(spec, table, "high", value)
        if not low <= value <= high:
            self.fault((spec.name, "value"), f"{spec.name}: value {value:g} lies outside {low:g} to {high:g}")
        shape, note = table.get("shape", "uniform"), table.get("note", "")
        if shape not in SHAPES:
            self.fault((spec.name, "shape"), f"{spec.name}: shape must be one of {', '.join(SHAPES)}")
        if not isinstance(note, str):
            self.fault((spec.name, "note"), f"{spec.name}: note must be a text in quotes")
        cited = self.sources.of(spec.name, table)
        if cited is None or len(self.faults) > before:
            return None
        line = self.line((spec.name,))
        rest = {"cited": cited, "shape": shape, "note": note, "file": self.file, "line": line}
        return spec.make(Said(value=value, low=low, high=high, rest=rest))

    def _number(self, spec: Spec[F], table: dict[str, object], key: str, default: Decimal | None) -> Decimal:
        raw = table.get(key, default)
        number = Decimal(raw) if isinstance(raw, (int, Decimal)) and not isinstance(raw, bool) else None
        if number is None or not number.is_finite():
            self.fault((spec.name, key), f"{spec.name}: {key} must be a number")
            return Decimal(str(spec.least)) if default is None else default
        objection = spec.objection(number) if key in table else ""
        if objection:
            self.fault((spec.name, key), f"{spec.name}: {key} {objection}")
        return number
