"""A dispatch problem from a TOML file: read whole, with every unknown key named, checked before it is solved."""

import tomllib
from collections.abc import Iterator
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from baseload.dispatch import Block, Pool, Recipe, Reservation, Running, Site, Snapshot, WorkClass, check
from baseload.errors import DescriptionError, Fault

TABLES: dict[str, type] = {
    "sites": Site,
    "pools": Pool,
    "recipes": Recipe,
    "classes": WorkClass,
    "current": Running,
    "blocks": Block,
    "reservation": Reservation,
}
"""Which value each table of the file is, by its key; all other tables (rates_per_s) are names to numbers."""


def read_snapshot(path: Path) -> Snapshot:
    """The snapshot of a file; every fault at once."""
    tree = _parse(path)
    unknown = [Fault(file=str(path), line=0, message=m) for m in _unknown(tree, Snapshot, "")]
    if unknown:
        raise DescriptionError(unknown)
    try:
        snapshot = msgspec.convert(tree, Snapshot)
    except msgspec.ValidationError as e:
        where = str(e).replace("`", "'").replace("$.", "").replace("Object missing", "missing")
        raise DescriptionError([Fault(file=str(path), line=0, message=where)]) from e
    return check(snapshot, str(path))


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as e:
        problem = f"cannot be read: {(e.strerror or '').lower()}"
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as e:
        problem = f"is not TOML: {e}"
    raise DescriptionError([Fault(file=str(path), line=0, message=problem)])


def _unknown(tree: dict[str, Any], kind: type, at: str) -> Iterator[str]:
    known = [f.name for f in fields(kind)]
    for key, value in tree.items():
        if key not in known:
            near = get_close_matches(key, known, 1, 0.6)
            hint = f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(known)}"
            yield f"unknown key '{at}{key}'; {hint}"
        elif key in TABLES:
            for i, table in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(table, dict):
                    yield from _unknown(table, TABLES[key], f"{at}{key}[{table.get('id', i)}].")
