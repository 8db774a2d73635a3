"""Rows of measurements that cannot be used: each with a reason short enough that equal reasons count together."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import isfinite
from typing import TypeVar

from baseload.catalog import Chip, ModelEntry, catalog
from baseload.errors import BaseloadError

T = TypeVar("T")
Row = Mapping[str, str]
SUSPECT = "quality is suspect"
BROKEN = "its figures are beyond what can be computed with"


class LeftOut(Exception):
    """Why a row is not scored, in words that are counted."""


@contextmanager
def leaving_out() -> Iterator[None]:
    """Whatever a row's text brings about ends that row alone. Of an error's sentence only what happened is kept:
    the hint after the semicolon differs from row to row.
    """
    try:
        yield
    except BaseloadError as error:
        raise LeftOut(str(error).partition(";")[0]) from error
    except (ArithmeticError, ValueError) as error:
        raise LeftOut(BROKEN) from error


def answer_or_reason(predict: Callable[[Row], T], row: Row) -> T | str:
    """What `predict` says of a row, or why the row is left out."""
    try:
        with leaving_out():
            return predict(row)
    except LeftOut as reason:
        return str(reason)


def is_suspect(row: Row) -> bool:
    """Whether the file itself says not to score on a row."""
    return row.get("quality", "").strip().casefold() == "suspect"


def chip_of(row: Row) -> Chip:
    """The catalogue's chip of a row, by id or alias in any case."""
    name, known = row["chip"].strip(), catalog().chips
    if name not in known:
        raise LeftOut(f"chip {name!r} is not in the catalogue" if name else "the chip is not stated")
    return known[name]


def model_of(row: Row) -> ModelEntry:
    """The catalogue's model of a row, by id or alias in any case."""
    name, known = row["model"].strip(), catalog().models
    if name not in known:
        raise LeftOut(f"model {name!r} is not in the catalogue" if name else "the model is not stated")
    return known[name]


def number(row: Row, column: str, what: str, *, most: float, least: float = 1.0) -> float:
    """A count in a column. LeftOut where it is not stated, or nobody would believe it."""
    text = row.get(column, "").strip()
    if not text:
        raise LeftOut(f"the number of {what} is not stated")
    try:
        return believable(float(text), f"number of {what}", most=most, least=least)
    except ValueError as error:
        raise LeftOut(f"the number of {what} is not a number") from error


def believable(value: float, what: str, *, most: float, least: float = 1.0) -> float:
    """The value, if it can be what it is said to be."""
    if not (isfinite(value) and least <= value <= most):
        raise LeftOut(f"the {what} is not believable")
    return value
