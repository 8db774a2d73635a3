"""One value of a description: from what stands in the file, or in an environment variable, to what is passed down.

Money never touches a float: TOML numbers arrive as `Decimal`, and strings are read as decimals.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from baseload.config.schema import Key
from baseload.units import MAX_NANO, NANO_PER_USD, usd_per_mtok_to_pico, usd_to_nano


class BadValueError(ValueError):
    """A value that its key does not take; the text ends the sentence `KEY …`."""


def convert(key: Key, raw: object) -> object:
    """The value of a key, or a `BadValueError` that says what it should have been."""
    return _CONVERTERS[key.kind](key, raw)


def from_text(key: Key, text: str) -> object:
    """The value of a key from an environment variable or a flag, where everything is text."""
    raw: object = text
    if key.kind == "flag":
        raw = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(text.lower(), text)
    elif key.kind == "choices":
        raw = [part.strip() for part in text.split(",") if part.strip()]
    elif key.kind in ("whole", "number", "auto_whole", "auto_number"):
        raw = _number_in(text)
    return convert(key, raw)


def written(key: Key, value: object) -> object:
    """The value as its writer would put it: dollars instead of nano-dollars, "auto" instead of 0; None when silent."""
    if key.kind == "money" and isinstance(value, int):
        return _plain(Decimal(value) / NANO_PER_USD)
    if key.kind == "price" and isinstance(value, int):
        return _plain(Decimal(value) / 1_000_000)
    if key.kind in ("auto_whole", "auto_number") and value == 0:
        return "auto"
    if key.kind == "day" and isinstance(value, int):
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)).date().isoformat() if value else None
    return list(value) if isinstance(value, tuple) else value


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _number_in(text: str) -> object:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    return int(number) if number.is_finite() and number == int(number) and "." not in text else number


def _text(key: Key, raw: object) -> str:
    if not isinstance(raw, str):
        raise BadValueError(f"must be a text in quotes, not {_said(raw)}")
    if key.default is not None and key.default != "" and not raw:
        raise BadValueError("must not be empty")
    return raw


def _flag(_: Key, raw: object) -> bool:
    if not isinstance(raw, bool):
        raise BadValueError(f"must be true or false, not {_said(raw)}")
    return raw


def _whole(key: Key, raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise BadValueError(f"must be a whole number, not {_said(raw)}")
    _check_range(key, raw)
    return raw


def _number(key: Key, raw: object) -> float:
    if isinstance(raw, bool) or not isinstance(raw, (int, Decimal)):
        raise BadValueError(f"must be a number, not {_said(raw)}")
    if not Decimal(raw).is_finite():
        raise BadValueError(f"must be a finite number, not {raw}")
    _check_range(key, raw)
    return float(raw)


def _auto(inner: Callable[[Key, object], int | float]) -> Callable[[Key, object], object]:
    """A number that may be left to the machine: "auto" is kept as 0."""

    def read(key: Key, raw: object) -> object:
        if raw == "auto":
            return 0
        if isinstance(raw, str):
            raise BadValueError(f'must be a number or "auto", not {_said(raw)}')
        return inner(key, raw)

    return read


def _decimal(key: Key, raw: object) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, (str, int, Decimal)):
        raise BadValueError(f'must be an amount such as 0.25 or "0.25", not {_said(raw)}')
    try:
        amount = Decimal(raw)
    except InvalidOperation:
        raise BadValueError(f'must be an amount such as 0.25 or "0.25", not {_said(raw)}') from None
    if not amount.is_finite():
        raise BadValueError(f"must be a finite amount, not {raw}")
    _check_range(key, amount)
    return amount


def _money(key: Key, raw: object) -> int:
    amount = _decimal(key, raw)
    nano = usd_to_nano(amount)
    if Decimal(nano) != amount * NANO_PER_USD:
        raise BadValueError(f"is finer than a nano-dollar (1e-9 USD): {amount}")
    if nano > MAX_NANO:
        raise BadValueError(f"is more than an account can hold: {amount}")
    return nano


def _price(key: Key, raw: object) -> int:
    amount = _decimal(key, raw)
    pico = usd_per_mtok_to_pico(amount)
    if Decimal(pico) != amount * 1_000_000:
        raise BadValueError(f"is finer than a pico-dollar per token (1e-6 USD per million tokens): {amount}")
    return pico


def _choice(key: Key, raw: object) -> str:
    if not isinstance(raw, str) or raw not in key.choices:
        raise BadValueError(f"must be one of {', '.join(key.choices)}, not {_said(raw)}")
    return raw


def _choices(key: Key, raw: object) -> tuple[str, ...]:
    if not isinstance(raw, (list, tuple)):
        raise BadValueError(f"must be a list, not {_said(raw)}")
    found = tuple(_choice(key, item) for item in raw)
    if len(set(found)) != len(found):
        raise BadValueError("names a value twice")
    return found


def _day(_: Key, raw: object) -> int:
    """Midnight UTC of a day, in microseconds since 1970; a date-time is kept to the microsecond."""
    try:
        moment = datetime.fromisoformat(raw) if isinstance(raw, str) else raw
    except ValueError:
        moment = None
    if isinstance(moment, date) and not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    if not isinstance(moment, datetime):
        raise BadValueError(f"must be a day such as 2026-11-01, not {_said(raw)}")
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _check_range(key: Key, value: int | Decimal) -> None:
    unit = f" {key.unit}" if key.unit else ""
    if key.low is not None and value < Decimal(str(key.low)):
        raise BadValueError(f"must be at least {key.low:g}{unit}, not {value}")
    if key.high is not None and value > Decimal(str(key.high)):
        raise BadValueError(f"must be at most {key.high:g}{unit}, not {value}")


def _said(raw: object) -> str:
    """How a person would name what they wrote."""
    if isinstance(raw, bool):
        return str(raw).lower()
    if isinstance(raw, str):
        return f'"{raw}"' if len(raw) <= 60 else f'"{raw[:57]}…"'
    if isinstance(raw, dict):
        return "a table"
    if isinstance(raw, list):
        return "a list"
    return str(raw)


_CONVERTERS: dict[str, Callable[[Key, object], object]] = {
    "text": _text,
    "flag": _flag,
    "whole": _whole,
    "number": _number,
    "auto_whole": _auto(_whole),
    "auto_number": _auto(_number),
    "money": _money,
    "price": _price,
    "choice": _choice,
    "choices": _choices,
    "day": _day,
}
