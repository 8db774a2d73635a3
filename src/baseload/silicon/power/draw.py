"""Watts of a chip from how much of its arithmetic and of its bandwidth is used, and joules per token up to the site.

    watts = idle + (max − idle) · min(1, c · √compute_share + b · √bandwidth_share)

Shares are of the datasheet's peaks, averaged over a phase that is alike throughout (a prompt, or decoding). The root
says that waking up costs most: clocks rise and units leave their sleep with the first work, and the curve flattens
after (the shape Fan et al. 2007, ISCA, found of servers, with a sharper bend). c and b are learned from `energy.csv`,
one pair for all GPUs: measurements of other chips are not public row by row.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from baseload.silicon.coefficients import Array, Number


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerConstants:
    """Full use of either adds so much of max − idle. Errors: of log(measured / predicted), 10 % lie beyond each."""

    compute: float
    bandwidth: float
    error_low: float
    error_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPower:
    """What comes on top of the chips. Assumed, with ranges."""

    host_share: float = 0.40
    """Host, fans, network and supplies over chips' watts; 0.15 to 0.50. DGX H100 data sheet: 10.2 kW at most for chips
    of 5.6 kW; worst cases do not coincide."""
    pue: float = 1.20
    """Site over servers; 1.08 (hyperscale) to 1.4 (colocation)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joules:
    """Per output token, seen from further and further away. Modelled."""

    chip_j: Array
    server_j: Array
    site_j: Array


@cache
def shipped() -> PowerConstants:
    """The constants that travel with the package."""
    text = (resources.files("baseload.silicon") / "calibration" / "power.json").read_text(encoding="utf-8")
    return PowerConstants(**json.loads(text)["gpu"])


def busy(compute_share: Number, bandwidth_share: Number, constants: PowerConstants | None = None) -> Array:
    """The fraction of max − idle that is drawn, 0 to 1. Shares are 0 to 1; ValueError outside. Broadcasts."""
    k = constants or shipped()
    compute, bandwidth = np.asarray(compute_share, dtype=float), np.asarray(bandwidth_share, dtype=float)
    for name, share in (("compute", compute), ("bandwidth", bandwidth)):
        if not np.all((share >= 0.0) & (share <= 1.0)):
            raise ValueError(f"the {name} share is a fraction of the chip's peak, 0 to 1; given {share}")
    return np.asarray(np.minimum(1.0, k.compute * np.sqrt(compute) + k.bandwidth * np.sqrt(bandwidth)))


def watts(
    idle_w: Number,
    max_w: Number,
    compute_share: Number,
    bandwidth_share: Number,
    constants: PowerConstants | None = None,
) -> Array:
    """Watts of one chip. Broadcasts."""
    return np.asarray(idle_w + (np.asarray(max_w) - idle_w) * busy(compute_share, bandwidth_share, constants))


def joules_per_token(chip_w: Number, chips: Number, tokens_per_s: Number, server: ServerPower | None = None) -> Joules:
    """From watts of one chip, of so many, at an output rate of all of them; at chip, server and site. Broadcasts."""
    around = server or ServerPower()
    chip_j = np.asarray(chip_w, dtype=float) * chips / tokens_per_s
    server_j = chip_j * (1.0 + around.host_share)
    return Joules(chip_j=chip_j, server_j=server_j, site_j=server_j * around.pue)
