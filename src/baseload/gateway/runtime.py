"""What every request needs, in one place: the description, the books, the router, the meters.

Made once by `serve.py`; requests read it, the control loop turns its dials.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from baseload.billing.admission import Grant
from baseload.billing.ledger import Ledger
from baseload.billing.outcome import Outcome, Receipt
from baseload.billing.price import PriceList
from baseload.config.cloud import Cloud, Model
from baseload.errors import LedgerUnavailable, Refusal
from baseload.fleet.router import Router
from baseload.gateway.caller import Callers
from baseload.gateway.demand import Demand
from baseload.gateway.live import Live
from baseload.gateway.meters import Meters
from baseload.gateway.orders import StandingOrders
from baseload.gateway.power import Power
from baseload.units import Micros


def now_us() -> Micros:
    """The wall clock. Handed on to everything that needs a time, so that only this line reads it."""
    return Micros(time.time_ns() // 1000)


@dataclass(slots=True, kw_only=True)
class Runtime:
    """The gateway's state."""

    cloud: Cloud
    data: Path
    pepper: bytes
    callers: Callers
    ledger: Ledger
    prices: PriceList
    router: Router
    power: Power
    meters: Meters
    started_us: Micros
    models: dict[str, Model]
    orders: StandingOrders = field(default_factory=StandingOrders)
    demand: Demand = field(default_factory=Demand)
    live: set[Live] = field(default_factory=set)
    unsettled: deque[tuple[Grant, Outcome]] = field(default_factory=deque)
    notes: tuple[str, ...] = ()
    closing: bool = False

    @staticmethod
    def now_us() -> Micros:
        """The wall clock."""
        return now_us()

    def began(self, request: Live) -> None:
        """A request holds money and is on its way."""
        if not self.live:
            self.power.begins(self.now_us())
        self.live.add(request)
        self.meters.began(request)

    def ended(self, request: Live, refusal: Refusal | None, *, completed: bool) -> None:
        """A request is over. What it was like is what the next of its class are expected to be like."""
        self.live.discard(request)
        if completed:
            prefilled, emitted = request.so_far()
            service_us = self.now_us() - request.admitted.at_us - request.waited_us
            self.demand.load(request.admitted.request_class).learn(prefilled, emitted, max(service_us, 0) / 1e6)
        if refusal is not None:
            self.meters.refused(refusal.code or str(refusal.status), request.admitted.caller.tenant.id)
        self.meters.ended(request, completed=completed)

    async def settle(self, request: Live, grant: Grant, outcome: Outcome, if_refused: Callable[[], Outcome]) -> Receipt:
        """Settle durably. While the ledger cannot write, the outcome that is then true waits here until it can."""
        self.power.note(outcome.pool, request.admitted.model.id, request.admitted.request_id, outcome.attempts)
        try:
            receipt = await self.ledger.settle(grant, outcome)
        except LedgerUnavailable:
            outcome = if_refused()
            self.unsettled.append((grant, outcome))
            raise
        finally:
            self.live.discard(request)
            prefilled, emitted = request.so_far()
            self.meters.settled(request.admitted.model.id, prefilled, emitted, outcome.attempts)
        self.meters.amount_nano += receipt.amount_nano
        return receipt

    async def settle_waiting(self) -> None:
        """Settle what could not be settled before. Called by the control loop."""
        while self.unsettled:
            grant, outcome = self.unsettled[0]
            try:
                await self.ledger.settle(grant, outcome)
            except LedgerUnavailable:
                return
            self.unsettled.popleft()
