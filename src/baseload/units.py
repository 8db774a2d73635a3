"""Quantities: money in integers, energy in millijoules, time in microseconds, and the mark every figure carries.

Prices are pico-dollars per token (1e-12 USD), amounts nano-dollars (1e-9 USD): $0.0125 per million tokens is
12 500 pico-dollars, exactly, and a 64-bit nano-dollar account holds ±9.2 billion dollars.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import NewType

Nano = NewType("Nano", int)
"""Money: nano-dollars."""
Pico = NewType("Pico", int)
"""A price: pico-dollars per token."""
Millijoule = NewType("Millijoule", int)
Micros = NewType("Micros", int)
"""A point in time: microseconds since 1970 UTC, handed in as an argument, never read in a pure function."""

NANO_PER_USD = 1_000_000_000
PICO_PER_NANO = 1_000
MAX_NANO = 2**63 - 1


class Mark(StrEnum):
    """How a figure came to be. Every figure shown to a person carries one."""

    MEASURED = "measured"
    MODELLED = "modelled"
    ASSUMED = "assumed"


def usd_to_nano(usd: Decimal | str | int) -> Nano:
    """Dollars, as written by a person, to nano-dollars. Takes no float, so that no cent is lost on the way in."""
    return Nano(int((Decimal(usd) * NANO_PER_USD).to_integral_value(ROUND_HALF_EVEN)))


def usd_per_mtok_to_pico(usd_per_mtok: Decimal | str | int) -> Pico:
    """Dollars per million tokens (the way prices are quoted) to pico-dollars per token: the factor is 10**6."""
    return Pico(int((Decimal(usd_per_mtok) * 1_000_000).to_integral_value(ROUND_HALF_EVEN)))


def pico_to_nano(pico: int) -> Nano:
    """Round once, half to even: the worst bias is half a nano-dollar an event, 50 cents in a billion events."""
    whole, rest = divmod(pico, PICO_PER_NANO)
    half = PICO_PER_NANO // 2
    return Nano(whole + (rest > half or (rest == half and whole % 2 == 1)))


def nano_to_usd(nano: int) -> Decimal:
    """Exact dollars for display and export."""
    return Decimal(nano) / NANO_PER_USD
