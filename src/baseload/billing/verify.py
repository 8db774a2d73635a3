"""`baseload ledger verify`: every invariant, its count of violations and the first few, in one consistent read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import apsw

from baseload.billing.invariants import Invariant, invariants
from baseload.billing.proof import broken_audit, broken_links, misrated

EXAMPLES = 5
CHAIN = "no row of the record was changed, removed or slipped in: the hash chains verify"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One invariant, looked at. `examples` name the rows at fault, the first few of them."""

    id: str
    claim: str
    violations: int
    examples: tuple[str, ...]


def verify(conn: apsw.Connection, now_us: int) -> list[Check]:
    """All checks in order of their numbers. The connection may be a reader's; a running gateway does not disturb it."""
    own = not conn.in_transaction
    if own:
        conn.execute("BEGIN")
    try:
        checks = [_check(conn, invariant, now_us) for invariant in invariants()]
        checks.append(_count("I10", CHAIN, _both(broken_links(conn), broken_audit(conn))))
    finally:
        if own:
            conn.execute("ROLLBACK")
    return sorted(checks, key=lambda c: int(c.id[1:]))


_ALSO: dict[str, Callable[[apsw.Connection], Iterator[str]]] = {"I7": misrated}


def _check(conn: apsw.Connection, invariant: Invariant, now_us: int) -> Check:
    def found() -> Iterator[str]:
        for query in invariant.queries:
            for row in conn.execute(query, {"now_us": now_us} if ":now_us" in query else None):
                yield str(row[0])
        if invariant.id in _ALSO:
            yield from _ALSO[invariant.id](conn)

    return _count(invariant.id, invariant.claim, found())


def _count(check_id: str, claim: str, found: Iterator[str]) -> Check:
    count, examples = 0, []
    for text in found:
        count += 1
        if count <= EXAMPLES:
            examples.append(text)
    return Check(id=check_id, claim=claim, violations=count, examples=tuple(examples))


def _both(first: Iterator[str], second: Iterator[str]) -> Iterator[str]:
    yield from first
    yield from second
