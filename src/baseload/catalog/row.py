"""One row of an array of tables (`[[die]]`, `[[hbm3e_price]]`), read as an entry with the footnotes of its file."""

from collections.abc import Mapping
from typing import Any, cast

from baseload.catalog.entry import Entry
from baseload.catalog.sheet import Sheet
from baseload.config.lines import Path, nearest_line


class Row(Entry):
    """Shares its file's sources and list of faults; its lines are those of the row.

    `at` is where the row stands in the file; `drop` says how many names of a fact's path it already holds.
    """

    def __init__(self, parent: Entry, at: Path, tree: Mapping[str, object], *, drop: int = 0) -> None:
        self.file, self.faults, self.lines, self.sources = parent.file, parent.faults, parent.lines, parent.sources
        self.tree = dict(tree)
        self.asked = set()
        self.at, self.drop = at, drop

    def line(self, path: Path) -> int:
        return nearest_line(self.lines, (*self.at, *path[self.drop :]))

    def finish(self) -> None:
        """Unknown keys are faults; whether every footnote is cited is asked of the whole file."""
        Sheet.finish(self)


def rows(entry: Entry, name: str) -> list[Row]:
    """The rows of `[[name]]`; anything else under that name is a fault."""
    said = entry.take(name)
    if isinstance(said, list) and said and all(isinstance(row, dict) for row in said):
        return [Row(entry, (name, i), cast(dict[str, Any], row)) for i, row in enumerate(said)]
    entry.fault((name,), f"{name} is missing; add a [[{name}]] table" if said is None else f"write [[{name}]] tables")
    return []
