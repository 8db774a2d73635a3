"""The entries of one kind, found by id or alias in any case; a file is read as TOML when it is first asked for."""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Protocol, TypeVar

from baseload.catalog.entry import Entry
from baseload.errors import DescriptionError, Fault

_ALIASES = re.compile(r"^aliases *= *\[.*?\]", re.MULTILINE | re.DOTALL)
_NEAREST = 3


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_HasId, covariant=True)


class Shelf(Mapping[str, T]):
    """A mapping over ids that can also be asked by alias.

    Only the aliases are looked for at first: reading every file takes a third of a second, and a command needs a few.
    """

    def __init__(self, paths: Sequence[Path], read: Callable[[Entry], T]) -> None:
        self._paths = {path.stem: path for path in sorted(paths, key=lambda path: path.stem.casefold())}
        self._texts = {stem: path.read_text(encoding="utf-8") for stem, path in self._paths.items()}
        self._read = read
        self._known: dict[str, T] = {}
        self._ids = {stem.casefold(): stem for stem in self._paths}
        self.collisions = [fault for stem in self._paths for fault in self._take_aliases(stem)]

    def __getitem__(self, name: str) -> T:
        stem = self._ids[name.casefold()]
        if stem not in self._known:
            faults: list[Fault] = []
            thing = self._parse(stem, faults)
            if thing is None or faults:
                raise DescriptionError(faults)
            self._known[stem] = thing
        return self._known[stem]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.casefold() in self._ids

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def having(self, table: str) -> Iterator[T]:
        """The entries whose file has that table; the others are not read."""
        return (self[stem] for stem, text in self._texts.items() if f"\n[{table}]" in text)

    def nearest(self, name: str) -> list[str]:
        """Ids like a name that is not here, the likeliest first; at most three."""
        near = get_close_matches(name.casefold(), self._ids, _NEAREST, 0.5)
        return list(dict.fromkeys(self._ids[found] for found in near))

    def read_all(self) -> list[Fault]:
        """Read every file now; what is wrong with any of them."""
        faults = list(self.collisions)
        for stem in self._paths:
            thing = self._parse(stem, faults)
            if thing is not None:
                self._known[stem] = thing
        return faults

    def _parse(self, stem: str, faults: list[Fault]) -> T | None:
        entry = Entry(self._label(stem), self._texts[stem], faults)
        if not entry.tree:
            return None
        thing = self._read(entry)
        entry.finish()
        if thing.id and thing.id != stem:
            entry.fault(("id",), f"id {thing.id!r} is not the name of its file; rename one of them")
        return thing

    def _take_aliases(self, stem: str) -> Iterator[Fault]:
        """A name leads to one entry: an alias that is another's name, or the id again, is a fault."""
        text = self._texts[stem]
        for alias, line in _aliases(text):
            holder = self._ids.setdefault(alias.casefold(), stem)
            if holder != stem or alias.casefold() == stem.casefold():
                whose = f"already a name of {holder!r}" if holder != stem else "the id itself, in any case"
                yield Fault(
                    file=self._label(stem), line=line, message=f"alias {alias!r} is {whose}; drop it from one of them"
                )

    def _label(self, stem: str) -> str:
        path = self._paths[stem]
        return f"{path.parent.name}/{path.name}"


def _aliases(text: str) -> list[tuple[str, int]]:
    """The aliases of a file with their line; none where the list is not one, which reading the file will tell."""
    found = _ALIASES.search(text)
    if found is None:
        return []
    try:
        said = tomllib.loads(found[0])["aliases"]
    except tomllib.TOMLDecodeError:
        return []
    return [(alias, text.count("\n", 0, found.start()) + 1) for alias in said if isinstance(alias, str)]
