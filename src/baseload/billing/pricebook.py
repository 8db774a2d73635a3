"""From a book of prices as a person writes it to dated price versions: tier and business worked in, in integers."""

from collections.abc import Iterable, Iterator

from baseload.billing.price import PriceList, PriceVersion
from baseload.config.cloud import Business, PriceBook, Tier
from baseload.store.chain import digest
from baseload.units import Micros, Pico

BUSINESSES: tuple[Business, ...] = ("internal", "external")


def percent(price: int, percents: Iterable[int]) -> Pico:
    """A price × each percentage / 100, in integers, rounded once, half to even."""
    top, bottom = price, 1
    for p in percents:
        top, bottom = top * p, bottom * 100
    whole, rest = divmod(top, bottom)
    return Pico(whole + (2 * rest > bottom or (2 * rest == bottom and whole % 2 == 1)))


def new_versions(book: PriceBook, known: PriceList, now_us: Micros) -> list[PriceVersion]:
    """What a book adds to the list: only prices that differ from those in force, starting now at the earliest.

    The first price of a model starts when the book says, so that the past of an empty ledger has one.
    """
    found = (_new_version(book, known, now_us, *sku) for sku in _skus(book))
    return [version for version in found if version is not None]


def _skus(book: PriceBook) -> Iterator[tuple[str, Tier, Business, tuple[int, int, int]]]:
    for price in book.prices:
        for tier, tier_percent in book.tier_percent:
            for business in BUSINESSES:
                factors = (tier_percent, book.internal_percent if business == "internal" else 100)
                raw = (price.input_pico, price.cached_input_pico, price.output_pico)
                one, two, three = (percent(p, factors) for p in raw)
                yield price.model, tier, business, (one, two, three)


def _new_version(
    book: PriceBook,
    known: PriceList,
    now_us: Micros,
    model: str,
    tier: Tier,
    business: Business,
    prices: tuple[int, ...],
) -> PriceVersion | None:
    start = max(book.valid_from_us, now_us)
    current = known.find(model, tier, business, start)
    if current is None:
        start = book.valid_from_us
    elif current.prices == prices:
        return None
    elif current.valid_from_us == start:
        start += 1  # never edited: a second thought about the same instant comes a microsecond later
    row = (book.id, model, tier, business, *prices, start)
    return PriceVersion(
        id=f"{book.id}/{digest(row).hex()[:12]}",
        book=book.id,
        model=model,
        tier=tier,
        business=business,
        input_pico=Pico(prices[0]),
        cached_input_pico=Pico(prices[1]),
        output_pico=Pico(prices[2]),
        valid_from_us=Micros(start),
        known_from_us=now_us,
    )
