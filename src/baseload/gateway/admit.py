"""Admission: the most a request can cost is held before an engine sees it."""

from baseload.billing.admission import Admission
from baseload.billing.price import TWIN, PriceVersion, affordable, bound
from baseload.config.cloud import Model, Tier
from baseload.errors import InsufficientBalance, Refusal
from baseload.gateway.admitted import Admitted
from baseload.gateway.ask import Ask
from baseload.gateway.caller import Caller
from baseload.gateway.runtime import Runtime


async def admit(runtime: Runtime, ask: Ask, caller: Caller, model: Model, tier: Tier, request_id: str) -> Admitted:
    """Hold the bound. `max_tokens` is lowered to fit the balance only when the client left it out; otherwise 402."""
    now_us = runtime.now_us()
    wanted, limit = _wanted(ask, model), ask.max_tokens
    price = TWIN if model.engine == "twin" else runtime.prices.at(model.id, tier, caller.business, now_us)

    def admission(max_tokens: int) -> Admission:
        return Admission(
            request_id=request_id,
            tenant_id=caller.tenant.id,
            project_id=caller.key.project_id,
            key_id=caller.key.id,
            account_id=caller.key.account_id,
            model=model.id,
            tier=tier,
            business=caller.business,
            bound_nano=bound(ask.input_bound, max_tokens, ask.n, price),
            price_ver=price.id,
            now_us=now_us,
        )

    try:
        grant = runtime.ledger.try_hold(admission(wanted)) or await runtime.ledger.hold(admission(wanted))
    except InsufficientBalance:
        if ask.max_tokens is not None:
            raise
        limit = await _affordable(runtime, ask, caller, model, price)
        grant = await runtime.ledger.hold(admission(limit))
    return Admitted(
        request_id=request_id,
        ask=ask,
        caller=caller,
        model=model,
        tier=tier,
        grant=grant,
        max_tokens=limit,
        at_us=now_us,
    )


def _wanted(ask: Ask, model: Model) -> int:
    """What the client asks for, or all the model could give."""
    context = model.context_tokens
    if ask.max_tokens is not None and ask.max_tokens > context:
        raise Refusal(
            400,
            f"max_tokens is {ask.max_tokens}, but '{model.id}' holds {context} tokens in all; ask for fewer",
            param="max_tokens",
            code="context_length_exceeded",
        )
    return ask.max_tokens or context


async def _affordable(runtime: Runtime, ask: Ask, caller: Caller, model: Model, price: PriceVersion) -> int:
    """The most output the balance pays for and the context surely has; InsufficientBalance when that is not a token."""
    available = await runtime.ledger.available(caller.key.account_id)
    tokens = affordable(ask.input_bound, ask.n, available, price)
    if tokens is not None and tokens < 1:
        raise InsufficientBalance(f"the balance of {available / 1e9:.9f} USD does not pay for this request; top up")
    room = max(model.context_tokens - ask.input_bound, 1)
    return room if tokens is None else min(tokens, room)
