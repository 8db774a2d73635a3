"""Rating is exact: the same as fractions of a dollar, rounded once, and never above the bound."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from baseload.billing.price import TWIN, PriceList, PriceVersion, Usage, affordable, bound, rate
from baseload.billing.pricebook import new_versions, percent
from baseload.units import Micros, Pico
from tests.billing.making import book

counts = st.integers(0, 10**7)
prices = st.integers(0, 10**9)
three_prices = st.tuples(prices, prices, prices)
Prices = tuple[int, int, int]


def version(input_pico: int = 1, cached: int = 1, output: int = 1, *, start: int = 0, name: str = "v") -> PriceVersion:
    return PriceVersion(
        id=name,
        book="b",
        model="m",
        tier="default",
        business="external",
        input_pico=Pico(input_pico),
        cached_input_pico=Pico(cached),
        output_pico=Pico(output),
        valid_from_us=Micros(start),
        known_from_us=Micros(0),
    )


def half_even(x: Fraction) -> int:
    return round(x)  # Fraction rounds half to even


@given(tok_in=counts, cached=st.none() | counts, tok_out=counts, p=three_prices)
def test_rating_equals_fractions_of_a_dollar(tok_in: int, cached: int | None, tok_out: int, p: Prices) -> None:
    cached = None if cached is None else min(cached, tok_in)
    usd = Fraction((tok_in - (cached or 0)) * p[0] + (cached or 0) * p[1] + tok_out * p[2], 10**12)
    assert rate(Usage(tok_in=tok_in, tok_cached=cached, tok_out=tok_out), version(*p)) == half_even(usd * 10**9)


@given(
    tok_in=counts,
    cached=counts,
    most=st.integers(0, 10**5),
    n=st.integers(1, 8),
    p=three_prices,
    used=st.integers(0, 10**6),
)
def test_nothing_costs_more_than_its_bound(tok_in: int, cached: int, most: int, n: int, p: Prices, used: int) -> None:
    usage = Usage(tok_in=tok_in, tok_cached=min(cached, tok_in), tok_out=min(used, most * n))
    assert rate(usage, version(*p)) <= bound(tok_in, most, n, version(*p))


@given(tok_in=st.integers(0, 10**5), n=st.integers(1, 8), money=st.integers(0, 10**12), p=three_prices)
def test_what_is_affordable_fits_and_one_more_does_not(tok_in: int, n: int, money: int, p: Prices) -> None:
    price = version(*p)
    most = affordable(tok_in, n, money, price)
    if most is None:
        assert p[2] == 0
    elif bound(tok_in, 0, n, price) <= money:
        assert bound(tok_in, most, n, price) <= money < bound(tok_in, most + 1, n, price)
    else:
        assert most == 0


@given(price=prices, percents=st.lists(st.integers(0, 400), max_size=3))
def test_percentages_are_rounded_once(price: int, percents: list[int]) -> None:
    exact = Fraction(price)
    for p in percents:
        exact *= Fraction(p, 100)
    assert percent(price, percents) == half_even(exact)


def test_the_price_is_the_newest_not_after_admission() -> None:
    found = PriceList([version(start=100, name="b"), version(start=50, name="a"), version(start=200, name="c")])
    assert [v.id if (v := found.find("m", "default", "external", t)) else None for t in (49, 50, 99, 100, 999)] == [
        None,
        "a",
        "a",
        "b",
        "c",
    ]


def test_a_twin_costs_nothing_and_is_always_known() -> None:
    assert PriceList().get("twin") is TWIN
    assert rate(Usage(tok_in=5, tok_cached=None, tok_out=5), TWIN) == 0


def test_a_book_gives_every_tier_and_business_a_price() -> None:
    made = new_versions(book(100_000, 200_000), PriceList(), Micros(1))
    by_tier = {(v.tier, v.business): v.output_pico for v in made}
    assert by_tier == {
        (tier, business): pico
        for tier, pico in (("priority", 300_000), ("default", 200_000), ("flex", 100_000))
        for business in ("internal", "external")
    }


def test_a_book_loaded_again_adds_nothing_and_a_changed_one_starts_now() -> None:
    known = PriceList(new_versions(book(), PriceList(), Micros(10)))
    assert new_versions(book(), known, Micros(20)) == []
    changed = new_versions(book(output_pico=1), known, Micros(30))
    assert {v.valid_from_us for v in changed} == {30}
    for v in changed:
        known.add(v)
    assert known.at("m", "default", "external", 29).output_pico == 200_000
    assert known.at("m", "default", "external", 30).output_pico == 1
    back = new_versions(book(), known, Micros(30))
    assert {v.valid_from_us for v in back} == {31}  # same instant: the second thought comes after the first
