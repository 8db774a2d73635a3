"""A request let in, as a value."""

import msgspec

from baseload.billing.admission import Grant
from baseload.config.cloud import Business, Model, Tier
from baseload.gateway.ask import Ask
from baseload.gateway.caller import Caller
from baseload.units import Micros

RequestClass = tuple[Business, Tier, str]
"""Business, tier, model: what dispatch tells apart."""


class Admitted(msgspec.Struct, frozen=True, kw_only=True):
    """A request let in: what is held for it, and the output it may have (None: all that fits the engine's context)."""

    request_id: str
    ask: Ask
    caller: Caller
    model: Model
    tier: Tier
    grant: Grant
    max_tokens: int | None
    at_us: Micros

    @property
    def request_class(self) -> RequestClass:
        """What dispatch sees of it."""
        return self.caller.business, self.tier, self.model.id
