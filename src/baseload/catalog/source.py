"""The footnotes of a catalogue file: `[source]` for every number that names none, `[source.NAME]` for those that do."""

from datetime import date, datetime
from difflib import get_close_matches
from typing import cast

from baseload.catalog.fact import FACT_KINDS, FactKind, Source
from baseload.catalog.sheet import Sheet
from baseload.config.lines import Path

OWN = frozenset({"kind", "date", "url"})
"""A number's table with one of these has a source of its own, and then says all of it."""


class Sources:
    """Read before the first number; `unused` afterwards, since a footnote that nobody cites is a mistake."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.known: dict[str, Source | None] = {}
        self.cited: set[str] = set()
        tree = sheet.take("source")
        if tree is not None and not isinstance(tree, dict):
            sheet.fault(("source",), "source must be a table: write [source] with title, kind and date")
        notes = tree if isinstance(tree, dict) else {}
        default = {key: said for key, said in notes.items() if not isinstance(said, dict)}
        if default:
            self.known[""] = self._footnote(("source",), default)
        for name, table in notes.items():
            if isinstance(table, dict):
                self.known[name] = self._footnote(("source", name), table)

    def of(self, name: str, table: dict[str, object]) -> Source | None:
        """The source of the number called `name`: its own, the footnote it names, or the file's."""
        if OWN & table.keys():
            return self._read((name,), table, "source", name)
        cited = table.get("source", "")
        if isinstance(cited, str) and cited in self.known:
            self.cited.add(cited)
            return self.known[cited]
        self.sheet.fault((name, "source"), self._nothing_cited(name, cited))
        return None

    def unused(self) -> None:
        for name in sorted(self.known.keys() - self.cited):
            table = f"source.{name}" if name else "source"
            self.sheet.fault(("source", name) if name else ("source",), f"no number cites [{table}]; drop it")

    def _nothing_cited(self, name: str, cited: object) -> str:
        if not cited or not isinstance(cited, str):
            return f"{name} does not say its source; add [source] with title, kind and date for all the file"
        near = get_close_matches(cited, self.known, 1, 0.6)
        hint = f"did you mean {near[0]!r}?" if near else "add it, or say kind and date beside the source"
        return f"{name}: there is no [source.{cited}]; {hint}"

    def _footnote(self, path: Path, table: dict[str, object]) -> Source | None:
        label = f"[{'.'.join(map(str, path))}]"
        for key in sorted(table.keys() - OWN - {"title"}):
            self.sheet.fault((*path, key), f"unknown key {key!r} in {label}; a source has title, url, kind, date")
        return self._read(path, table, "title", label)

    def _read(self, path: Path, table: dict[str, object], title_key: str, label: str) -> Source | None:
        before = len(self.sheet.faults)
        title, kind, day, url = (table.get(key) for key in (title_key, "kind", "date", "url"))
        if not isinstance(title, str) or not title.strip():
            self.sheet.fault((*path, title_key), f"{label} does not say its {title_key}")
        if kind not in FACT_KINDS:
            self.sheet.fault((*path, "kind"), f"{label}: kind must be one of {', '.join(FACT_KINDS)}")
        if not isinstance(day, date) or isinstance(day, datetime):
            self.sheet.fault((*path, "date"), f"{label} needs the date of its source, such as 2026-05-01")
        if url is not None and not (isinstance(url, str) and url.startswith(("https://", "http://"))):
            self.sheet.fault((*path, "url"), f"{label}: url must begin with https://")
        if len(self.sheet.faults) > before:
            return None
        return Source(title=str(title), kind=cast(FactKind, kind), date=cast(date, day), url=str(url or ""))
