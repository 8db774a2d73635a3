"""What is asked of an engine: requests with their lengths, prefixes and classes, and when they come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from baseload.errors import SetupError
from baseload.silicon.simulator.lengths import MOST, Lengths

ONE_CLASS: Mapping[int, float] = {0: 1.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefixes:
    """A share of requests begins with one of `count` common texts of so many tokens, each as likely as the other.

    The text is part of the prompt: a shorter prompt is all of it common.
    """

    count: int
    tokens: int
    share: float = 1.0

    def __post_init__(self) -> None:
        if self.count < 1 or self.tokens < 1 or not 0 <= self.share <= 1:
            raise SetupError("prefixes need a count and tokens of 1 or more, and a share between 0 and 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """What requests are like. `priorities` are weights by class, the lowest number first served."""

    input: Lengths
    output: Lengths
    priorities: Mapping[int, float] = field(default_factory=lambda: ONE_CLASS)
    prefixes: Prefixes | None = None

    def __post_init__(self) -> None:
        weights = list(self.priorities.values())
        if not weights or min(weights) < 0 or sum(weights) <= 0:
            raise SetupError("priorities need a weight of 0 or more for each class, and one above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Requests in the order they come, one-dimensional arrays of one length.

    `arrival_s` never falls; it is infinite for requests that one of `clients` sends when its last one has ended.
    `prefix` is −1 for none, else a small whole number. Raises `SetupError` with all that is wrong; the compiled
    loop asks no more.
    """

    arrival_s: npt.NDArray[np.float64]
    input_tokens: npt.NDArray[np.int64]
    output_tokens: npt.NDArray[np.int64]
    prefix: npt.NDArray[np.int64]
    prefix_tokens: npt.NDArray[np.int64]
    priority: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        if len({getattr(self, name).shape for name in self.__dataclass_fields__}) > 1 or self.arrival_s.ndim != 1:
            raise SetupError("a load's arrays must be one-dimensional and of one length")
        ins, outs, common = self.input_tokens, self.output_tokens, self.prefix_tokens
        broken = {
            "arrival_s must be 0 or more and never fall": ~(self.arrival_s >= np.append(0.0, self.arrival_s[:-1])),
            f"input_tokens must be 1 to {MOST}": (ins < 1) | (ins > MOST),
            f"output_tokens must be 1 to {MOST}": (outs < 1) | (outs > MOST),
            f"prefix must be -1 to {MOST}": (self.prefix < -1) | (self.prefix > MOST),
            "prefix_tokens must be 0 to input_tokens": (common < 0) | (common > ins),
        }
        wrong = [f"{what}, request {np.flatnonzero(bad)[0]} is not so" for what, bad in broken.items() if bad.any()]
        if wrong:
            raise SetupError("; ".join(wrong))

    def __len__(self) -> int:
        return len(self.arrival_s)

    def first(self, n: int | None) -> "Load":
        """The first `n` requests; all of them for None."""
        return Load(**{name: getattr(self, name)[:n] for name in self.__dataclass_fields__})

    @property
    def clients(self) -> int:
        """How many come by themselves before a closed loop's clients wait for their answers; 0 in an open loop."""
        coming = int(np.isfinite(self.arrival_s).sum())
        return coming if coming < len(self) else 0


def nothing() -> Load:
    """No requests: where a replica begins that is asked as it goes along."""
    none = np.zeros(0, dtype=np.int64)
    return Load(
        arrival_s=np.zeros(0),
        input_tokens=none,
        output_tokens=none,
        prefix=none,
        prefix_tokens=none,
        priority=none,
    )


def poisson(mix: Mix, *, requests: int, rate_per_s: float, seed: int) -> Load:
    """An open loop: independent arrivals at a mean rate. Another rate with the same seed asks the same, faster."""
    if not 0 < rate_per_s < float("inf"):
        raise SetupError(f"the rate must be above 0 requests/s, is {rate_per_s:g}")
    what, when = np.random.default_rng(seed).spawn(2)
    asked = _asked(mix, requests, what)
    return Load(arrival_s=np.cumsum(when.standard_exponential(requests)) / rate_per_s, **asked)


def closed_loop(mix: Mix, *, requests: int, clients: int, seed: int) -> Load:
    """Each client sends its next request when it has the whole answer to the last; all begin at once."""
    if clients < 1:
        raise SetupError(f"a closed loop needs 1 client or more, has {clients}")
    asked = _asked(mix, requests, np.random.default_rng(seed).spawn(2)[0])
    return Load(arrival_s=np.where(np.arange(requests) < clients, 0.0, np.inf), **asked)


def _asked(mix: Mix, n: int, rng: np.random.Generator) -> dict[str, Any]:
    """All but the arrivals; each kind of figure from a stream of its own, so that one does not stir the others."""
    if n < 1:
        raise SetupError(f"there must be 1 request or more, are {n}")
    ins, outs, classes, texts = rng.spawn(4)
    tokens = mix.input.draw(n, ins)
    weights = np.array(list(mix.priorities.values()))
    prefix, common = np.full(n, -1), np.zeros(n, dtype=np.int64)
    if mix.prefixes is not None:
        has = texts.random(n) < mix.prefixes.share
        prefix = np.where(has, texts.integers(0, mix.prefixes.count, n), -1)
        common = np.where(has, np.minimum(mix.prefixes.tokens, tokens), 0)
    return {
        "input_tokens": tokens,
        "output_tokens": mix.output.draw(n, outs),
        "prefix": prefix,
        "prefix_tokens": common,
        "priority": classes.choice(np.array(list(mix.priorities)), n, p=weights / weights.sum()),
    }
