"""The invariants as `invariants.sql` states them: a number, a claim, and queries that return one line per violation."""

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

_HEADING = re.compile(r"^-- (I\d+): (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """`queries` take the parameter :now_us where they need it."""

    id: str
    claim: str
    queries: tuple[str, ...]


@cache
def invariants() -> tuple[Invariant, ...]:
    """All of the file, in its order."""
    text = (resources.files("baseload.billing") / "invariants.sql").read_text(encoding="utf-8")
    _, *parts = _HEADING.split(text)
    return tuple(
        Invariant(id=number, claim=claim, queries=tuple(q.strip() for q in body.split(";\n") if q.strip()))
        for number, claim, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    )
