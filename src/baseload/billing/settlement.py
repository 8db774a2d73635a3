"""Settling, as a pure function: an outcome and the price promised at admission become rows of the record.

Nothing here reads a clock or a disk; `books` writes what comes out in one transaction.
"""

from dataclasses import dataclass

from baseload.billing.admission import Grant
from baseload.billing.entry import Entry
from baseload.billing.outcome import Attempt, Outcome, Receipt
from baseload.billing.price import TWIN_ID, PriceVersion, Usage, rate
from baseload.store.chain import canonical, digest
from baseload.store.unit import Row, Table, Value
from baseload.units import Nano

USAGE_FACTS = (
    "source",
    "event_id",
    "request_id",
    "tenant_id",
    "project_id",
    "key_id",
    "model",
    "pool",
    "replica",
    "tier",
    "business",
    "occurred_us",
    "admitted_us",
    "first_token_us",
    "queue_us",
    "tok_in",
    "tok_cached",
    "tok_out",
    "energy_mj",
    "energy_kind",
    "finish",
    "price_ver",
    "amount_nano",
    "count_mark",
)
"""The columns of `usage_event` that its payload hash covers, in the order it covers them."""
ATTEMPT_FACTS = (
    "request_id",
    "n",
    "replica",
    "prefilled",
    "prefill_billed",
    "emitted",
    "delivered",
    "billed",
    "lost",
    "reason",
    "count_mark",
    "started_us",
    "ended_us",
)
USAGE = Table(name="usage_event", columns=(*USAGE_FACTS, "recorded_us", "payload_hash"))
ATTEMPT = Table(name="attempt", columns=ATTEMPT_FACTS)
RATED = Table(name="rated", columns=("source", "event_id", "gen", "price_ver", "amount_nano", "journal_id"))
WRITE_OFF = "house:writeoff"


def revenue_account(business: str) -> str:
    """Money from customers and transfer prices from our own teams are never mixed."""
    return f"house:revenue:{business}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What one settled request adds. The tenant pays the receipt's amount; `rated_nano` is what it was worth."""

    usage: Row
    attempts: tuple[Row, ...]
    entry: Entry
    rated_nano: Nano
    receipt: Receipt

    @property
    def payload(self) -> str:
        """The facts as text, for a quarantine row."""
        return canonical(payload(self.usage, self.attempts, self.rated_nano)).decode()


def payload(usage: Row, attempts: tuple[Row, ...], rated_nano: int) -> list[object]:
    """What the payload hash of a usage event covers: the event, its attempts and its rating."""
    return [*usage, rated_nano, attempts]


def charge(grant: Grant, outcome: Outcome, price: PriceVersion) -> tuple[Nano, Nano]:
    """What an outcome was worth at the promised price, and what the tenant pays: at most the bound that was held."""
    if price.id == TWIN_ID:
        return Nano(0), Nano(0)
    rated = rate(Usage(tok_in=outcome.tok_in, tok_cached=outcome.tok_cached, tok_out=outcome.tok_out), price)
    return rated, min(rated, grant.bound_nano)


def settle(grant: Grant, outcome: Outcome, price: PriceVersion, source: str) -> Settlement:
    """Rate the outcome at the promised price and post it.

    An engine that emitted more than it was asked for has the excess posted to the write-off account: the house's loss.
    """
    admission = grant.admission
    rated, charged = charge(grant, outcome, price)
    request = admission.request_id
    event: tuple[Value, ...] = (
        source,
        request,
        request,
        admission.tenant_id,
        admission.project_id,
        admission.key_id,
        admission.model,
        outcome.pool,
        outcome.replica,
        admission.tier,
        admission.business,
        outcome.now_us,
        admission.now_us,
        outcome.first_token_us,
        outcome.queue_us,
        outcome.tok_in,
        outcome.tok_cached,
        outcome.tok_out,
        outcome.energy_mj,
        str(outcome.energy_kind),
        outcome.finish,
        admission.price_ver,
        charged,
        "estimated" if any(a.count_mark == "estimated" for a in outcome.attempts) else "counted",
    )
    attempts = tuple(_attempt_row(request, a) for a in outcome.attempts)
    return Settlement(
        usage=event,
        attempts=attempts,
        entry=Entry(
            kind="usage",
            idem_key=request,
            effective_us=outcome.now_us,
            actor=source,
            payload_hash=digest(payload(event, attempts, rated)),
            postings=_postings(admission.account_id, admission.business, rated, charged),
        ),
        rated_nano=rated,
        receipt=Receipt(amount_nano=charged, price_ver=admission.price_ver),
    )


def _attempt_row(request: str, a: Attempt) -> Row:
    return (
        request,
        a.n,
        a.replica,
        a.prefilled,
        a.prefill_billed,
        a.emitted,
        a.delivered,
        a.billed,
        a.lost,
        a.reason,
        a.count_mark,
        a.started_us,
        a.ended_us,
    )


def _postings(account: str, business: str, rated: int, charged: int) -> tuple[tuple[str, int], ...]:
    lines = ((account, -charged), (WRITE_OFF, charged - rated), (revenue_account(business), rated))
    return tuple(line for line in lines if line[1])
