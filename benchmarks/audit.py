"""After the load: what the ledger says of every request, against what the upstream says it emitted.

    emitted (ledger, over all attempts of a request) = billed + lost = emitted (the upstream's own ledger)

The ledger is read from its file, read-only; the upstream's counts are those of calls that have ended.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

from benchmarks.cloud import Up
from benchmarks.fake_answers import FINAL
from benchmarks.fakes import Fake


@dataclass(slots=True, kw_only=True)
class Sums:
    """One request in the ledger, over its attempts."""

    attempts: int = 0
    emitted: int = 0
    billed: int = 0
    lost: int = 0
    delivered: int = 0
    reasons: tuple[str, ...] = ()
    tok_out: int | None = None
    amount_nano: int | None = None


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What does not add up, a sentence each, and how much was compared."""

    requests: int = 0
    emitted: int = 0
    billed: int = 0
    lost: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {
            "requests": self.requests,
            "emitted_tokens": self.emitted,
            "billed_tokens": self.billed,
            "lost_tokens": self.lost,
            "attempt_reasons": self.reasons,
            "violations": len(self.faults),
            "examples": self.faults[:10],
        }


def ledger_rows(data: Path) -> dict[str, Sums]:
    """Every request the ledger knows, by id."""
    connection = apsw.Connection(
        f"file:{data / 'ledger.db'}?mode=ro", flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    )
    try:
        rows: dict[str, Sums] = {}
        query = "SELECT request_id, emitted, billed, lost, delivered, reason FROM attempt ORDER BY request_id, n"
        for request_id, emitted, billed, lost, delivered, reason in connection.execute(query):
            row = rows.setdefault(str(request_id), Sums())
            row.attempts += 1
            row.emitted += int(emitted)
            row.billed += int(billed)
            row.lost += int(lost)
            row.delivered += int(delivered)
            row.reasons += (str(reason),)
        for request_id, out, amount in connection.execute("SELECT request_id, tok_out, amount_nano FROM usage_event"):
            row = rows.setdefault(str(request_id), Sums())
            row.tok_out = int(out)
            row.amount_nano = int(amount)
        return rows
    finally:
        connection.close()


def query(data: Path, sql: str) -> list[tuple[Any, ...]]:
    """One read-only question to the ledger."""
    connection = apsw.Connection(str(data / "ledger.db"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return list(connection.execute(sql))
    finally:
        connection.close()


def final_calls(fake: Fake, patience_s: float = 30.0) -> dict[str, dict[str, Any]]:
    """What the upstream emitted, once none of it is still running."""
    ends = time.monotonic() + patience_s
    while True:
        calls: dict[str, dict[str, Any]] = fake.get("/__calls")
        if all(call["state"] in FINAL for call in calls.values()) or time.monotonic() > ends:
            return calls
        time.sleep(0.2)


def settled(data: Path, fake: Fake, patience_s: float = 30.0) -> tuple[dict[str, Sums], dict[str, dict[str, Any]]]:
    """Both ledgers, once the gateway's knows every request of its own that emitted something."""
    calls = {key: call for key, call in final_calls(fake, patience_s).items() if key.startswith("req_")}
    ends = time.monotonic() + patience_s
    while True:
        rows = ledger_rows(data)
        if all(key in rows for key, call in calls.items() if call["emitted"]) or time.monotonic() > ends:
            return rows, calls
        time.sleep(0.2)


def compare(rows: Mapping[str, Sums], calls: Mapping[str, Mapping[str, Any]]) -> Verdict:
    """Request by request, exactly."""
    verdict = Verdict(requests=len(calls))
    for key, call in calls.items():
        row = rows.get(key, Sums())
        if call["state"] not in FINAL:
            verdict.faults.append(f"{key}: the upstream still says {call['state']}")
        if row.emitted != call["emitted"]:
            verdict.faults.append(f"{key}: upstream emitted {call['emitted']}, ledger {row.emitted} {row.reasons}")
        if row.emitted != row.billed + row.lost:
            verdict.faults.append(f"{key}: emitted {row.emitted} ≠ billed {row.billed} + lost {row.lost}")
        if row.tok_out is not None and row.tok_out != row.billed:
            verdict.faults.append(f"{key}: usage says {row.tok_out} output tokens, attempts billed {row.billed}")
        verdict.emitted += row.emitted
        verdict.billed += row.billed
        verdict.lost += row.lost
        for reason in row.reasons:
            verdict.reasons[reason] = verdict.reasons.get(reason, 0) + 1
    strangers = [key for key, row in rows.items() if key not in calls and row.emitted]
    verdict.faults += [f"{key}: in the ledger, unknown to the upstream" for key in strangers]
    return verdict


def invariants(up: Up) -> list[dict[str, Any]]:
    """The ledger's own checks, by `baseload ledger verify`'s route: those that found something."""
    return [check for check in up.admin("/admin/verify")["checks"] if check["violations"]]


def open_holds(data: Path) -> int:
    """Requests whose money is still held: 0 once all is settled. A lease is not a request's hold."""
    return int(query(data, "SELECT count(*) FROM hold WHERE state = 'held' AND kind = 'request'")[0][0])


def duplicates(data: Path) -> list[str]:
    """Requests with more than one usage event: always none."""
    sql = "SELECT request_id FROM usage_event GROUP BY request_id HAVING count(*) > 1"
    return [str(row[0]) for row in query(data, sql)]


def missing(acknowledged: Mapping[str, Mapping[str, Any]], rows: Mapping[str, Sums]) -> Iterable[str]:
    """Answers whose usage a client was told, against the rows that must say the same."""
    for key, usage in acknowledged.items():
        row = rows.get(key)
        if row is None or row.tok_out is None:
            yield f"{key}: the client was told its usage, the ledger has none"
        elif row.tok_out != usage["completion_tokens"]:
            yield f"{key}: the client was told {usage['completion_tokens']} tokens, the ledger says {row.tok_out}"
        elif "cost_usd" in usage and round(float(usage["cost_usd"]) * 1e9) != row.amount_nano:
            yield f"{key}: the client was told {usage['cost_usd']} USD, the ledger says {row.amount_nano} nano-USD"
