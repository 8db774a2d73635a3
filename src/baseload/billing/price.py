"""Prices as dated versions, and rating: a pure function of usage and price, run twice it gives the same nano-dollar."""

import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from baseload.config.cloud import Business, Tier
from baseload.errors import LedgerError
from baseload.units import PICO_PER_NANO, Micros, Nano, Pico, pico_to_nano

TWIN_ID = "twin"
"""The price of what a simulated engine made: nothing, to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Billed tokens. `tok_cached` is the part of `tok_in` that came from a cache; None (unknown) earns no discount."""

    tok_in: int
    tok_cached: int | None
    tok_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceVersion:
    """What a token of a model costs a tier of a business, from a time on. Never edited."""

    id: str
    book: str
    model: str
    tier: Tier
    business: Business
    input_pico: Pico
    cached_input_pico: Pico
    output_pico: Pico
    valid_from_us: Micros
    known_from_us: Micros

    @property
    def prices(self) -> tuple[int, int, int]:
        return self.input_pico, self.cached_input_pico, self.output_pico


def rate(usage: Usage, price: PriceVersion) -> Nano:
    """Σ tokens × price in pico-dollars, exactly, rounded once to nano-dollars, half to even."""
    cached = usage.tok_cached or 0
    pico = (usage.tok_in - cached) * price.input_pico + cached * price.cached_input_pico
    return pico_to_nano(pico + usage.tok_out * price.output_pico)


def bound(tokens_in: int, max_tokens: int, n: int, price: PriceVersion) -> Nano:
    """The most it can cost, rounded up: `tokens_in` prompt tokens and `n` answers of at most `max_tokens`."""
    dearest_input = max(price.input_pico, price.cached_input_pico)
    pico = tokens_in * dearest_input + max_tokens * n * price.output_pico
    return Nano(-(-pico // PICO_PER_NANO))


def affordable(tokens_in: int, n: int, available_nano: int, price: PriceVersion) -> int | None:
    """The largest `max_tokens` whose bound fits; None when output is free and so any number does."""
    if price.output_pico == 0:
        return None
    dearest_input = max(price.input_pico, price.cached_input_pico)
    left = available_nano * PICO_PER_NANO - tokens_in * dearest_input
    return max(0, left // (n * price.output_pico))


def _twin() -> PriceVersion:
    zero = Pico(0)
    return PriceVersion(
        id=TWIN_ID,
        book=TWIN_ID,
        model="",
        tier="default",
        business="internal",
        input_pico=zero,
        cached_input_pico=zero,
        output_pico=zero,
        valid_from_us=Micros(0),
        known_from_us=Micros(0),
    )


TWIN = _twin()

Sku = tuple[str, str, str]


class PriceList:
    """All versions known, by model, tier and business; `at` finds the one in force."""

    def __init__(self, versions: Iterable[PriceVersion] = ()) -> None:
        self._by_id: dict[str, PriceVersion] = {TWIN_ID: TWIN}
        self._by_sku: dict[Sku, list[PriceVersion]] = {}
        for version in versions:
            self.add(version)

    def add(self, version: PriceVersion) -> None:
        self._by_id[version.id] = version
        row = self._by_sku.setdefault((version.model, version.tier, version.business), [])
        bisect.insort(row, version, key=lambda v: v.valid_from_us)

    def get(self, price_ver: str) -> PriceVersion | None:
        return self._by_id.get(price_ver)

    def find(self, model: str, tier: str, business: str, when_us: int) -> PriceVersion | None:
        """The version with the newest start not after `when_us`."""
        row = self._by_sku.get((model, tier, business), [])
        place = bisect.bisect_right(row, when_us, key=lambda v: v.valid_from_us)
        return row[place - 1] if place else None

    def at(self, model: str, tier: str, business: str, when_us: int) -> PriceVersion:
        """The price in force, or a sentence that says what is missing."""
        version = self.find(model, tier, business, when_us)
        if version is None:
            raise LedgerError(f"no price for model {model!r}, tier {tier!r}; add it under [prices] in baseload.toml")
        return version

    def __iter__(self) -> Iterator[PriceVersion]:
        return (version for row in self._by_sku.values() for version in row)
