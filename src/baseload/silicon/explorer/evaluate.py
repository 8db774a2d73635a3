"""A traffic mix priced on many chips at once: dollars a million tokens, tokens per megawatt, what is covered."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from baseload.catalog.technology import Shift
from baseload.config.traffic import Traffic
from baseload.errors import SetupError
from baseload.silicon.coefficients import Array
from baseload.silicon.explorer.chips import Chips
from baseload.silicon.explorer.market import Market
from baseload.silicon.explorer.money import busy_second, site_w
from baseload.silicon.explorer.steptime import StepTime
from baseload.silicon.explorer.work import Service, service

MTOK = 1e6
MW = 1e6


class Cheapest(NamedTuple):
    """The bought chip that serves each class for least; arrays of shape (classes,)."""

    usd: Array
    """A request."""
    joules: Array
    """A request, of rated watts at the meter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """A mix on many chips. Arrays of shape (chips,) or (classes, chips); tokens are input and output together.

    Classes that a chip cannot serve within their promise are bought in; `own` is what the chip serves itself.
    """

    services: tuple[Service, ...]
    request_usd: Array
    usd_per_mtok: Array
    capital_usd_per_mtok: Array
    tokens_per_s_per_mw: Array
    coverage: Array
    """Share of requests that the chip serves itself."""
    chip_s_per_request: Array
    """Mean over the requests it serves; 0 where it serves none."""


def tokens_per_request(traffic: Traffic) -> float:
    """Mean tokens in and out."""
    return sum(c.share * (c.input_tokens.mean + c.output_tokens.mean) for c in traffic.classes)


def price(
    chips: Chips,
    total_usd: Array,
    speed: Array | float,
    traffic: Traffic,
    model: StepTime,
    market: Market,
    *,
    nre_usd: Array | float = 0.0,
    shift: Shift | None = None,
    else_buy: Cheapest | None = None,
) -> Priced:
    """Price a mix on chips that cost `total_usd` each, in their server, and `nre_usd` each to have been designed.

    `speed` is the share of the modelled speed that the software reaches.
    """
    services = tuple(_slowed(service(chips, c, model, market.rules, shift), speed) for c in traffic.classes)
    shares = np.array([c.share for c in traffic.classes])[:, None]
    chip_s = np.stack([s.chip_s for s in services])
    served = np.isfinite(chip_s)
    busy_s = np.where(served, chip_s, 0.0)
    second = busy_second(total_usd, nre_usd, chips, market)
    own_usd = busy_s * second.full
    bought_usd, bought_j = (x[:, None] for x in else_buy) if else_buy else (np.inf, np.inf)
    request_usd = np.where(served, own_usd, bought_usd)
    joules = np.where(served, busy_s * site_w(chips.max_w, market), bought_j)
    tokens = tokens_per_request(traffic)
    coverage = (shares * served).sum(axis=0)
    return Priced(
        services=services,
        request_usd=request_usd,
        usd_per_mtok=(shares * request_usd).sum(axis=0) / tokens * MTOK,
        capital_usd_per_mtok=(shares * busy_s * second.capital).sum(axis=0) / tokens * MTOK,
        tokens_per_s_per_mw=tokens / (shares * joules).sum(axis=0) * MW,
        coverage=coverage,
        chip_s_per_request=(shares * busy_s).sum(axis=0) / np.maximum(coverage, 1e-12),
    )


def cheapest(priced: Priced, chips: Chips, traffic: Traffic, market: Market, where: str = "") -> Cheapest:
    """What each class costs on the bought chip that serves it for least. Raises `SetupError` for one nobody serves."""
    best = priced.request_usd.argmin(axis=1)
    rows = np.arange(len(best))
    usd = priced.request_usd[rows, best]
    for one, cost in zip(traffic.classes, usd, strict=True):
        if not np.isfinite(cost):
            raise SetupError(
                f"no bought chip serves {one.model!r} ({one.tier}) within its promise{where}; relax its slo, or name "
                "other chips to compare with"
            )
    watts = site_w(chips.max_w, market)
    joules = np.array([s.chip_s[i] * watts[i] for s, i in zip(priced.services, best, strict=True)])
    return Cheapest(usd=usd, joules=joules)


def _slowed(one: Service, speed: Array | float) -> Service:
    return one._replace(
        prefill_chip_s=one.prefill_chip_s / speed,
        decode_chip_s=one.decode_chip_s / speed,
        prefill_alone_chip_s=one.prefill_alone_chip_s / speed,
        decode_alone_chip_s=one.decode_alone_chip_s / speed,
    )
