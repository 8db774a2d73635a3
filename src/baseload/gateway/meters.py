"""What the gateway knows of itself: monotone counters, and one row a second for the last hour.

Counters may reset with the process; money and joules on record are the ledger's. The live page is drawn from here.
"""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from baseload.billing.outcome import Attempt
from baseload.gateway.admitted import RequestClass
from baseload.gateway.live import Live

HISTORY_S = 3600
SMOOTH_S = 5


@dataclass(slots=True)
class TenantMeter:
    """One tenant's counters since the gateway started."""

    requests: int = 0
    in_flight: int = 0
    refusals: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Second:
    """One row of history; what has no denominator in that second is None, never 0."""

    at_us: int
    prefill_tokens_per_s: float
    decode_tokens_per_s: float
    watts: float | None
    in_flight: int
    queued: int
    joules_per_token: float | None
    price_usd_per_mtok: float | None
    cost_usd_per_mtok: float | None
    by_model: dict[str, float]
    by_replica_watts: dict[str, float]


class Meters:
    """Counters and history."""

    def __init__(self, models: Iterable[str]) -> None:
        self.requests = 0
        self.completed = 0
        self.failed = 0
        self.refusals: Counter[str] = Counter()
        self.tenants: dict[str, TenantMeter] = {}
        self.emitted = 0
        self.billed = 0
        self.lost = 0
        self.prefilled = 0
        self.amount_nano = 0
        self.emitted_by_model: Counter[str] = Counter(dict.fromkeys(models, 0))
        self.arrived: Counter[RequestClass] = Counter()
        self.history: deque[Second] = deque(maxlen=HISTORY_S)
        self._recent: deque[tuple[int, int, int, dict[str, int]]] = deque(maxlen=SMOOTH_S + 1)

    def tenant(self, tenant_id: str) -> TenantMeter:
        """A tenant's counters, made when first asked for."""
        meter = self.tenants.get(tenant_id)
        if meter is None:
            meter = self.tenants[tenant_id] = TenantMeter()
        return meter

    def refused(self, reason: str, tenant_id: str | None) -> None:
        """A request was refused."""
        self.refusals[reason] += 1
        if tenant_id is not None:
            self.tenant(tenant_id).refusals[reason] += 1

    def began(self, request: Live) -> None:
        """A request holds money and is on its way."""
        self.requests += 1
        self.arrived[request.admitted.request_class] += 1
        tenant = self.tenant(request.admitted.caller.tenant.id)
        tenant.requests += 1
        tenant.in_flight += 1

    def ended(self, request: Live, *, completed: bool) -> None:
        """A request is over."""
        self.tenant(request.admitted.caller.tenant.id).in_flight -= 1
        self.completed += completed
        self.failed += not completed

    def settled(self, model: str, prefilled: int, emitted: int, attempts: Sequence[Attempt]) -> None:
        """A request is counted to the end: what its engines emitted, and what the record says became of it."""
        self.prefilled += prefilled
        self.emitted += emitted
        self.emitted_by_model[model] += emitted
        for attempt in attempts:
            self.billed += attempt.billed
            self.lost += attempt.lost

    def rates(self, now_us: int, live: Iterable[Live]) -> tuple[float, float, dict[str, float]] | None:
        """Prefill and decode tokens per second, and decode by model, over the last few seconds. Call once a second.

        None the first time: a rate lies between two readings.
        """
        prefilled, emitted, by_model = self.prefilled, self.emitted, dict(self.emitted_by_model)
        for request in live:
            p, e = request.so_far()
            prefilled += p
            emitted += e
            by_model[request.admitted.model.id] = by_model.get(request.admitted.model.id, 0) + e
        self._recent.append((now_us, prefilled, emitted, by_model))
        if len(self._recent) == 1:
            return None
        then_us, p0, e0, m0 = self._recent[0]
        span_s = max((now_us - then_us) / 1e6, 1e-9)
        by_rate = {m: max(n - m0.get(m, 0), 0) / span_s for m, n in by_model.items()}
        return max(prefilled - p0, 0) / span_s, max(emitted - e0, 0) / span_s, by_rate

    def history_since(self, seconds: int) -> dict[str, Any]:
        """The newest rows as columns, for charts."""
        rows = list(self.history)[-seconds:]
        fields = [
            "at_us",
            "prefill_tokens_per_s",
            "decode_tokens_per_s",
            "watts",
            "in_flight",
            "queued",
            "joules_per_token",
            "price_usd_per_mtok",
            "cost_usd_per_mtok",
        ]
        models = sorted({m for r in rows for m in r.by_model})
        replicas = sorted({m for r in rows for m in r.by_replica_watts})
        return {
            "step_s": 1,
            "fields": fields,
            "rows": [[getattr(r, f) for f in fields] for r in rows],
            "by_model": {m: [r.by_model.get(m) for r in rows] for m in models},
            "by_replica_watts": {m: [r.by_replica_watts.get(m) for r in rows] for m in replicas},
        }
