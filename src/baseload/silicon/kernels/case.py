"""One run of a kernel: its quantities, and the levels it belongs to, which say whose constants it takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from baseload.silicon.calibrate.hierarchy import Belief
from baseload.silicon.coefficients import Array, Number

Quantities = Mapping[str, Number]
Constants = Mapping[str, Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A kernel on a chip. Quantities may be arrays over a grid; labels hold for all of it."""

    kernel: str
    quantities: Quantities
    labels: Mapping[str, str]
    """By effect: chip, generation, precision, …"""
    band: str
    """Rows whose errors are alike: they share a band."""
    shape: str
    """What is left out together when errors on unseen shapes are asked for."""
    family: str
    """Of the engine: the first word of its name, lower case."""
    scope: str = ""
    """Where constants are the scope's own, so that other runs of the chip say nothing: prefill beside decode."""
    assumption: str = ""

    @property
    def relatives(self) -> frozenset[str]:
        """Whose runs make a prediction pooled: the chip's own and its generation's."""
        return frozenset(f"{self.labels[effect]} {self.scope}".strip() for effect in ("chip", "generation"))

    @property
    def cell(self) -> str:
        """Chip, engine family and precision: what must have been measured for the mode to be calibrated."""
        return f"{self.labels['chip']} {self.family} {self.labels['precision']}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """A family of kernels: seconds from quantities and constants, which broadcast, and what is believed of these."""

    name: str
    seconds: Callable[[Quantities, Constants], Array]
    belief: Belief


SHORT_S = 30e-6
"""Below it launches and hosts, which no datasheet tells, are a large part of a kernel's time."""


def length(*limits_s: Number) -> str:
    """Whether the longest of what the datasheet alone allows is short or long: their errors are unlike."""
    return "short" if max(float(np.max(limit)) for limit in limits_s) < SHORT_S else "long"


def spreads(common: float, **over: float) -> dict[str, float]:
    """How far chip, generation, precision and their pairs may move a constant, unless said otherwise by name."""
    effects = ("chip", "generation", "precision", "chip precision", "generation precision")
    return {**dict.fromkeys(effects, common), **over}


def kinship(chip_id: str, generation: str, precision: str) -> dict[str, str]:
    """The levels that every kernel has."""
    return {
        "chip": chip_id,
        "generation": generation,
        "precision": precision,
        "chip precision": f"{chip_id} {precision}",
        "generation precision": f"{generation} {precision}",
    }
