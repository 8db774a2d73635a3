"""How a request ended: its attempts, token by token, and the rule that says who pays for which."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from baseload.units import Mark, Micros, Millijoule, Nano

Reason = Literal[
    "completed", "client_hangup", "engine_died", "engine_error", "preempted", "gateway_died", "cancelled", "refused"
]
CountMark = Literal["counted", "estimated"]
REASONS = frozenset(Reason.__args__)  # type: ignore[attr-defined]
MOST = 2**53 - 1
"""No count, time or energy of one request is larger; more is a broken engine or a hostile one."""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One go at an engine. emitted = billed + lost; prefilled − prefill_billed is prefill nobody pays for."""

    n: int
    replica: str
    prefilled: int
    prefill_billed: int
    emitted: int
    delivered: int
    billed: int
    lost: int
    reason: Reason
    count_mark: CountMark
    started_us: Micros
    ended_us: Micros


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The whole request. `tok_in` and `tok_out` are what is billed; `tok_cached` is None when the engine cannot say."""

    attempts: tuple[Attempt, ...]
    tok_in: int
    tok_cached: int | None
    tok_out: int
    energy_mj: Millijoule
    energy_kind: Mark
    finish: str
    pool: str
    replica: str
    first_token_us: Micros | None
    queue_us: int
    now_us: Micros


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What the tenant paid."""

    amount_nano: Nano
    price_ver: str


class Try(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt as the gateway saw it, before it is known who pays."""

    replica: str
    prefilled: int
    emitted: int
    delivered: int
    reason: Reason
    count_mark: CountMark
    started_us: Micros
    ended_us: Micros


class Bill(msgspec.Struct, frozen=True, kw_only=True):
    """Tries with the rule applied."""

    attempts: tuple[Attempt, ...]
    tok_in: int
    tok_out: int


def bill(tries: Sequence[Try], prompt: int) -> Bill:
    """The rule. Delivered output is billed, the rest of what was emitted is lost.

    The prompt is billed once, if any output is billed or the answer completed; prefill beyond that (a second go after
    preemption, a request nobody received) is lost.
    """
    out = sum(t.delivered for t in tries)
    owed = prompt if out or any(t.reason == "completed" for t in tries) else 0
    attempts, left = [], owed
    for n, t in enumerate(tries, start=1):
        prefill = min(t.prefilled, left)
        left -= prefill
        attempts.append(
            Attempt(
                n=n,
                replica=t.replica,
                prefilled=t.prefilled,
                prefill_billed=prefill,
                emitted=t.emitted,
                delivered=t.delivered,
                billed=t.delivered,
                lost=t.emitted - t.delivered,
                reason=t.reason,
                count_mark=t.count_mark,
                started_us=t.started_us,
                ended_us=t.ended_us,
            )
        )
    return Bill(attempts=tuple(attempts), tok_in=owed, tok_out=out)


def fault(outcome: Outcome) -> str | None:
    """What is wrong with an outcome, or None. The books take only those whose tokens add up."""
    billed = prefill = 0
    for n, a in enumerate(outcome.attempts, start=1):
        if a.n != n:
            return f"attempt {n} is numbered {a.n}; they count from 1"
        if a.reason not in REASONS:
            return f"attempt {n} has the unknown reason {a.reason!r}"
        if not 0 <= a.billed <= a.delivered <= a.emitted <= MOST or a.lost != a.emitted - a.billed:
            return f"attempt {n}: emitted {a.emitted} ≠ billed {a.billed} + lost {a.lost}, or delivered {a.delivered}"
        if not 0 <= a.prefill_billed <= a.prefilled <= MOST:
            return f"attempt {n} bills {a.prefill_billed} of {a.prefilled} prefilled tokens"
        billed += a.billed
        prefill += a.prefill_billed
    if outcome.tok_out != billed:
        return f"tok_out {outcome.tok_out} is not the {billed} tokens its attempts bill"
    if not prefill <= outcome.tok_in <= MOST:
        return f"tok_in {outcome.tok_in} is less than the {prefill} prefilled tokens its attempts bill"
    if outcome.tok_in and not billed and all(a.reason != "completed" for a in outcome.attempts):
        return f"tok_in is {outcome.tok_in}, but nothing was delivered and nothing completed"
    if outcome.tok_cached is not None and not 0 <= outcome.tok_cached <= outcome.tok_in:
        return f"tok_cached {outcome.tok_cached} is not part of tok_in {outcome.tok_in}"
    if not (0 <= outcome.energy_mj <= MOST and 0 <= outcome.queue_us <= MOST):
        return f"energy {outcome.energy_mj} mJ or queue {outcome.queue_us} µs is out of range"
    return None
