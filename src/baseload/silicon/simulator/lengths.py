"""How long prompts and answers are: always the same, log-normal by mean and 90th percentile, or as they were seen."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Protocol

import numpy as np
import numpy.typing as npt

from baseload.errors import SetupError

Tokens = npt.NDArray[np.int64]
_Z90 = NormalDist().inv_cdf(0.9)
MOST = 2**30
"""Tokens of a prompt, or of an answer: both together are still a 32-bit number."""


class Lengths(Protocol):
    """A way lengths are spread."""

    def draw(self, n: int, rng: np.random.Generator) -> Tokens:
        """`n` whole numbers of tokens, 1 or more."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """Every request alike."""

    tokens: int

    def __post_init__(self) -> None:
        if not 1 <= self.tokens <= MOST:
            raise SetupError(f"a length must be 1 token or more, is {self.tokens}")

    def draw(self, n: int, rng: np.random.Generator) -> Tokens:
        return np.full(n, self.tokens, dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogNormal:
    """Log-normal with this mean and 90th percentile: ln(p90 ÷ mean) = 1.2816 σ − σ² ÷ 2, of whose roots the smaller.

    A log-normal's p90 is at most e^(1.2816² ÷ 2) = 2.27 times its mean. `most` cuts longer draws. Raises `SetupError`.
    """

    mean: float
    p90: float
    most: int = MOST

    def __post_init__(self) -> None:
        if not (self.mean >= 1 and self.mean <= self.p90 <= self.mean * math.exp(_Z90**2 / 2)):
            raise SetupError(
                f"no log-normal has mean {self.mean:g} and p90 {self.p90:g} tokens: the mean must be 1 or more, "
                f"the p90 between it and {math.exp(_Z90**2 / 2):.2f} times as much; or give the lengths as seen"
            )

    @property
    def sigma(self) -> float:
        return _Z90 - math.sqrt(max(_Z90**2 - 2 * math.log(self.p90 / self.mean), 0.0))

    def draw(self, n: int, rng: np.random.Generator) -> Tokens:
        drawn = rng.lognormal(math.log(self.mean) - self.sigma**2 / 2, self.sigma, n)
        return np.clip(np.rint(drawn), 1, self.most).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Seen:
    """Lengths as they were seen, drawn with replacement."""

    tokens: Sequence[int]

    def __post_init__(self) -> None:
        if not len(self.tokens) or min(self.tokens) < 1 or max(self.tokens) > MOST:
            raise SetupError("lengths that were seen must be given, each 1 token or more")

    def draw(self, n: int, rng: np.random.Generator) -> Tokens:
        return rng.choice(np.asarray(self.tokens, dtype=np.int64), n)


def by_mean(mean: int, p90: float | None) -> Lengths:
    """Fixed at the mean, or log-normal when the 90th percentile is known."""
    return Fixed(mean) if p90 is None else LogNormal(mean=mean, p90=p90)
