"""One TOML file of the catalogue being read: its texts, and what is wrong with it, with file and line."""

import tomllib
from decimal import Decimal
from difflib import get_close_matches

from baseload.config.lines import Path, index, nearest_line
from baseload.config.read import syntax_fault
from baseload.errors import Fault


class Sheet:
    """The file's tree with its lines. Everything asked for is remembered, so that `finish` can name the rest."""

    def __init__(self, file: str, text: str, faults: list[Fault]) -> None:
        self.file = file
        self.faults = faults
        self.tree: dict[str, object] = {}
        self.lines: dict[Path, int] = {}
        self.asked: set[str] = set()
        try:
            self.tree = tomllib.loads(text, parse_float=Decimal)
            self.lines = index(text)
        except tomllib.TOMLDecodeError as error:
            faults.append(syntax_fault(text, file, error))

    def fault(self, path: Path, message: str) -> None:
        self.faults.append(Fault(file=self.file, line=self.line(path), message=message))

    def line(self, path: Path) -> int:
        """Where a path stands, or what contains it; 0 for a key that is not there."""
        return nearest_line(self.lines, path) if path in self.lines or len(path) > 1 else 0

    def take(self, name: str) -> object:
        """Whatever stands under a key, from now on known."""
        self.asked.add(name)
        return self.tree.get(name)

    def text(self, name: str, default: str | None = None) -> str:
        """A line of text; without a default it must be there."""
        value = self.take(name)
        if value is None and default is not None:
            return default
        if isinstance(value, str) and value:
            return value
        self.fault((name,), f"{name} must be a text in quotes" if value is not None else f"{name} is missing")
        return ""

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts that may be absent."""
        value = self.take(name)
        if value is None:
            return ()
        if isinstance(value, list) and all(isinstance(text, str) and text.strip() for text in value):
            return tuple(value)
        self.fault((name,), f"{name} must be a list of texts in quotes")
        return ()

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.take(name)
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

    def finish(self) -> None:
        """Whatever nobody asked for is a fault."""
        for name in self.tree:
            if name not in self.asked:
                near = get_close_matches(name, self.asked, 1, 0.6)
                hint = f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(sorted(self.asked))}"
                self.fault((name,), f"unknown key {name!r}; {hint}")

    def _inside(self, table: str, name: str) -> object:
        value = self.take(table)
        return value.get(name) if isinstance(value, dict) else None
