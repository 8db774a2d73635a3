"""Tokens per request of a row. MLPerf's rows leave out the input: its data sets' means are assumed here."""

from collections.abc import Mapping
from dataclasses import dataclass

from baseload.silicon.left_out import number

ASSUMED_INPUT: Mapping[str, float] = {
    # mean prompt of the data set after the benchmark's own filtering and template; from memory of the MLCommons
    # inference repository and tokenised samples, unverified: ± a third
    "MLPerf OpenOrca": 295.0,
    "MLPerf OpenOrca+GSM8K+MBXP": 200.0,
    "MLPerf CNN-DailyMail": 800.0,
    "MLPerf reasoning mix": 800.0,
    "MLPerf long-context mix": 9400.0,
    "MLPerf gpt-oss": 1000.0,
}
ASSUMED_OUTPUT: Mapping[str, float] = {"MLPerf gpt-oss": 1500.0, "MLPerf reasoning mix": 3900.0}
DEFAULT_INPUT, DEFAULT_OUTPUT = 1000.0, 250.0
MOST_TOKENS = 1e8
"""Ten times the longest context on offer: a request of more is a slip of the pen."""
CACHED = {"60% cached": 0.6}
"""Of the input, by words in the workload's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """Tokens per request; `cached` is the fraction of the input that needs no prefill."""

    input_tokens: float
    output_tokens: float
    cached: float = 0.0
    assumption: str = ""
    """What was not in the row, in words; empty when all was."""

    @property
    def prefilled(self) -> float:
        return self.input_tokens * (1.0 - self.cached)

    @property
    def mean_context(self) -> float:
        """Over the decode of a request."""
        return self.input_tokens + self.output_tokens / 2


def lengths_of(row: Mapping[str, str]) -> Lengths:
    """From the row, or from what its data set is assumed to have. LeftOut when nobody would believe them."""
    workload = row["workload"]
    said_in, said_out = row["isl"].strip(), row["osl"].strip()
    given_in, given_out = ASSUMED_INPUT.get(workload, DEFAULT_INPUT), ASSUMED_OUTPUT.get(workload, DEFAULT_OUTPUT)
    if said_in:
        given_in = number(row, "isl", "input tokens", most=MOST_TOKENS)
    if said_out:
        given_out = number(row, "osl", "output tokens", most=MOST_TOKENS)
    missing = []
    if not said_in:
        missing.append(f"{given_in:.0f} input tokens assumed for {workload or 'an unstated load'}")
    if not said_out:
        missing.append(f"{given_out:.0f} output tokens assumed for {workload or 'an unstated load'}")
    cached = next((share for words, share in CACHED.items() if words in workload), 0.0)
    return Lengths(input_tokens=given_in, output_tokens=given_out, cached=cached, assumption="; ".join(missing))
