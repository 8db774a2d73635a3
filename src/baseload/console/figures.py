"""Numbers as a person reads them: few digits, an SI prefix where it helps, and a dash for what is not known.

One rule everywhere, so that columns line up: three significant figures below a thousand, thin groups above.
"""

from datetime import UTC, datetime

NONE = "–"
_PREFIXES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def number(value: float | None, digits: int = 3) -> str:
    """`digits` significant figures, grouped: 0.0123, 4.56, 78.9, 1,234."""
    if value is None or value != value:  # NaN is unknown too
        return NONE
    size = abs(value)
    if size >= 10 ** (digits - 1) or value == int(value):
        return f"{value:,.0f}"
    if size == 0:
        return "0"
    places = digits - 1 - _exponent(size)
    return f"{value:,.{min(places, 9)}f}"


def _exponent(size: float) -> int:
    return int(f"{size:e}".split("e")[1])


def scaled(value: float | None, unit: str) -> tuple[str, str]:
    """A value and its unit with an SI prefix from 10,000 up: ("12.3", "kW")."""
    if value is None:
        return NONE, unit
    for factor, prefix in _PREFIXES:
        if abs(value) >= factor and abs(value) >= 10_000:
            return number(value / factor), f"{prefix}{unit}"
    return number(value), unit


def fixed(value: float | None, places: int) -> str:
    """As many decimals as its column has, so that the points stand under each other."""
    return NONE if value is None else f"{value:,.{places}f}"


def count(value: int | None) -> str:
    """A whole count, grouped."""
    return NONE if value is None else f"{value:,d}"


def usd(value: float | None) -> str:
    """Dollars: cents from a dollar up, three significant figures below, sign outside."""
    if value is None:
        return NONE
    sign = "−" if value < 0 else ""
    size = abs(value)
    if size >= 1 or size == 0:
        return f"{sign}${size:,.2f}"
    return f"{sign}${number(size)}"


def percent(share: float | None) -> str:
    """A share of one as a percentage; one decimal below ten."""
    if share is None:
        return NONE
    points = share * 100
    if points < 0:
        return f"−{percent(-share)}"
    return f"{points:.1f} %" if 0 < points < 10 else f"{points:,.0f} %"


def signed(value: float, text: str) -> str:
    """`text` of a magnitude with its sign in front, a true minus for typography."""
    return f"+{text}" if value > 0 else f"−{text}" if value < 0 else text


def clock(at_us: int | None) -> str:
    """Time of day in UTC, seconds."""
    return NONE if not at_us else datetime.fromtimestamp(at_us / 1e6, UTC).strftime("%H:%M:%S UTC")


def stamp(at_us: int | None) -> str:
    """Date and time in UTC, minutes."""
    return NONE if not at_us else datetime.fromtimestamp(at_us / 1e6, UTC).strftime("%Y-%m-%d %H:%M")


def iso(at_us: int | None) -> str:
    """For `<time datetime>`."""
    return "" if not at_us else datetime.fromtimestamp(at_us / 1e6, UTC).isoformat(timespec="seconds")


def ago(at_us: int | None, now_us: int) -> str:
    """How long since, in the largest whole unit."""
    if not at_us:
        return "never"
    seconds = max(0, (now_us - at_us) // 1_000_000)
    for size, word in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {word} ago"
    return f"{seconds} s ago"
