"""A folder of catalogue files of one kind, all read at once; every fault of every file is told together."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from baseload.catalog.entry import Entry
from baseload.errors import DescriptionError, Fault

T = TypeVar("T")


def read_folder(folder: Path, read: Callable[[Entry, str], T], faults: list[Fault]) -> dict[str, T]:
    """What `read` makes of each file and its id, by that id, which must be the file's name."""
    found: dict[str, T] = {}
    for path in sorted(folder.glob("*.toml")):
        entry = Entry(f"{folder.name}/{path.name}", path.read_text(encoding="utf-8"), faults)
        if not entry.tree:
            continue
        name = entry.text("id")
        found[name] = read(entry, name)
        entry.finish()
        if name not in ("", path.stem):
            entry.fault(("id",), f"id {name!r} is not the name of its file; rename one of them")
    return found


def raise_all(faults: Sequence[Fault]) -> None:
    """DescriptionError with all of them in the order of the files, when there are any."""
    if faults:
        raise DescriptionError(sorted(faults, key=lambda fault: (fault.file, fault.line)))
