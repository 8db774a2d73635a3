"""Where each key of a TOML text stands: the line numbers that `tomllib` does not give.

`index(text)` maps a path such as `("site", "home", "pue")` or `("part", 0, "w")` to the 1-based line of its key.
The text must already have been accepted by `tomllib`, so this only has to find its way, not to judge.
"""

import tomllib
from collections.abc import Mapping

Path = tuple[str | int, ...]
Lines = Mapping[Path, int]

_BARE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_SPACE = " \t"
_BLANK = " \t\r\n"


def index(text: str) -> dict[Path, int]:
    """The line of every key, table and array element of a valid TOML text."""
    return _Scanner(text).scan()


def nearest_line(lines: Lines, path: Path) -> int:
    """The line of a path, or of the closest thing that contains it; 1 when nothing does."""
    for end in range(len(path), 0, -1):
        line = lines.get(path[:end])
        if line is not None:
            return line
    return 1


class _Scanner:
    """Walks the text once; `at` is the place, `lines` what was found."""

    def __init__(self, text: str) -> None:
        self.text = text + "\n"
        self.at = 0
        self.line = 1
        self.lines: dict[Path, int] = {}
        self.array_sizes: dict[Path, int] = {}

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        while self._next():
            if self.text.startswith("[[", self.at):
                table = self._array_header()
            elif self.text[self.at] == "[":
                table = self._header()
            else:
                self._pair(table)
        return self.lines

    def _header(self) -> Path:
        line = self.line
        self._step(1)
        path = self._inside_last(self._dotted())
        self._expect("]")
        return self._note(path, line)

    def _array_header(self) -> Path:
        line = self.line
        self._step(2)
        keys = self._dotted()
        array = (*self._inside_last(keys[:-1]), keys[-1])
        self._expect("]]")
        element = self.array_sizes.get(array, 0)
        self.array_sizes[array] = element + 1
        self._note(array, line)
        return self._note((*array, element), line)

    def _inside_last(self, keys: Path) -> Path:
        """The full path of a header's keys: a name of an array of tables means its last element so far."""
        path: Path = ()
        for key in keys:
            path = (*path, key)
            if path in self.array_sizes:
                path = (*path, self.array_sizes[path] - 1)
        return path

    def _pair(self, table: Path) -> None:
        line = self.line
        path = table
        for key in self._dotted():
            path = self._note((*path, key), line)
        self._expect("=")
        self._skip(_SPACE)
        self._value(path)

    def _value(self, path: Path) -> None:
        first = self.text[self.at]
        if first in "\"'":
            self._string()
        elif first == "[":
            self._array(path)
        elif first == "{":
            self._inline_table(path)
        else:
            while self.text[self.at] not in ",]}#\n":
                self._step(1)

    def _array(self, path: Path) -> None:
        self._step(1)
        element = 0
        while self._next() != "]":
            if self.text[self.at] == ",":
                self._step(1)
                continue
            self._value(self._note((*path, element), self.line))
            element += 1
        self._step(1)

    def _inline_table(self, path: Path) -> None:
        self._step(1)
        while self._next() != "}":
            if self.text[self.at] == ",":
                self._step(1)
                continue
            self._pair(path)
        self._step(1)

    def _dotted(self) -> Path:
        """Keys joined by dots, up to the `=` or `]` that ends them."""
        keys: list[str | int] = []
        while True:
            self._skip(_SPACE)
            keys.append(self._key())
            self._skip(_SPACE)
            if self.text[self.at] != ".":
                return tuple(keys)
            self._step(1)

    def _key(self) -> str:
        start = self.at
        if self.text[self.at] in "\"'":
            self._string()
            return str(tomllib.loads(f"k = {self.text[start : self.at]}")["k"])
        while self.text[self.at] in _BARE:
            self._step(1)
        return self.text[start : self.at]

    def _string(self) -> None:
        quote = self.text[self.at]
        closing = quote * 3 if self.text.startswith(quote * 3, self.at) else quote
        self._step(len(closing))
        while not self.text.startswith(closing, self.at):
            self._step(2 if quote == '"' and self.text[self.at] == "\\" else 1)
        self._step(len(closing))
        if len(closing) == 3:  # up to two more quotes belong to the string itself: """a"""""
            while self.text[self.at] == quote:
                self._step(1)

    def _next(self) -> str:
        """The next character that is no blank and no comment; empty at the end."""
        self._skip(_BLANK)
        return self.text[self.at : self.at + 1]

    def _skip(self, blank: str) -> None:
        """Blanks, and comments where lines may end."""
        while self.at < len(self.text):
            if self.text[self.at] in blank:
                self._step(1)
            elif self.text[self.at] == "#" and "\n" in blank:
                self._step(self.text.index("\n", self.at) - self.at)
            else:
                return

    def _expect(self, token: str) -> None:
        self._skip(_SPACE)
        self._step(len(token))

    def _step(self, count: int) -> None:
        self.line += self.text.count("\n", self.at, self.at + count)
        self.at += count

    def _note(self, path: Path, line: int) -> Path:
        self.lines.setdefault(path, line)
        return path
