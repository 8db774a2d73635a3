"""All-reduce over n chips of one fast-link domain, by a library (NCCL) or by an engine's own kernels.

    library   min( latency + ring / 0.5,  latency · 3 + ring ),  ring = 2(n−1)/n · bytes / (link · share)
    engine    n = 2 or small:  latency + (n−1) · bytes / link      (one shot: each reads all the others)
              larger:          2 · latency + 2(n−1)/n · bytes / link  (two shots: reduce-scatter, all-gather)

The figures 0.5, 3 and 2 are learned. The library's two lines are its low-latency protocol, which sends a flag
beside every datum, and its simple one. Latency grows with a power of n; so does the share of the link, upwards where a
switch reduces, downwards on shared PCIe. Above 8 MiB engines hand over to the library; on PCIe they always do.
Sources: NCCL's documented protocols and cost model (2(n−1)/n bytes); vLLM custom_all_reduce.cuh (sizes and shots).
"""

import numpy as np

from baseload.catalog import chip
from baseload.errors import Unsupported
from baseload.silicon.calibrate.hierarchy import Belief, Prior
from baseload.silicon.coefficients import Array, Number
from baseload.silicon.engines import family_of
from baseload.silicon.hardware import GB, hardware_of
from baseload.silicon.kernels.case import Case, Constants, Kernel, Quantities, kinship
from baseload.silicon.kernels.generation import generation

PCIE_BYTES_PER_S = 100 * GB
"""Links slower than this share a bus and its root; faster ones go chip to chip or through a switch."""
MOST_OWN_BYTES = 8 * 2**20
ONE_SHOT_BYTES = {4: 512 * 1024, 8: 256 * 1024}
"""From this size on, two shots, by the number of chips (up to that many)."""
REFERENCE_CHIPS = 4
SWITCH = 8
"""How sharply the faster of two protocols is taken."""


def all_reduce_case(chip_name: str, n_chips: int, message_bytes: Number, engine: str, dtype: str = "bf16") -> Case:
    """Sum `message_bytes` held by each of `n_chips`. Unsupported below two chips or without a byte."""
    if n_chips < 2 or np.any(np.asarray(message_bytes) < 1):
        raise Unsupported(f"an all-reduce needs two chips and a byte; given {n_chips} chips and {message_bytes} bytes")
    hardware = hardware_of(chip(chip_name))
    shared = hardware.link_bytes_per_s < PCIE_BYTES_PER_S
    own = "custom" in engine.lower() and not shared
    two_shots = n_chips > 2 and message_bytes >= np.asarray(ONE_SHOT_BYTES[4 if n_chips <= 4 else 8])
    bus = "shared" if shared else "switched"
    return Case(
        kernel="all_reduce",
        quantities={
            "own": np.where(np.asarray(message_bytes) <= MOST_OWN_BYTES, 1.0 if own else 0.0, 0.0),
            "two_shots": np.where(two_shots, 1.0, 0.0),
            "ring_s": 2.0 * (n_chips - 1) / n_chips * message_bytes / hardware.link_bytes_per_s,
            "mesh_s": (n_chips - 1.0) * message_bytes / hardware.link_bytes_per_s,
            "chips": n_chips / REFERENCE_CHIPS,
            "sign": -1.0 if shared else 1.0,
        },
        labels={
            **kinship(hardware.name, generation(hardware.name), "bf16"),
            "bus": bus,
            "bus generation": f"{bus} {generation(hardware.name)}",
            "setup": f"{hardware.name} {n_chips} {'own' if own else 'library'}",
            "version": engine.strip(),
        },
        band=bus,
        shape=f"{hardware.name} {n_chips}",
        family=family_of(engine),
        assumption="" if dtype in ("bf16", "half/bf16", "fp16", "half") else f"{dtype} reduced like 16-bit values",
    )


def all_reduce_seconds(q: Quantities, c: Constants) -> Array:
    """Seconds of each call; broadcasts."""
    latency_s = c["latency_s"] * np.power(q["chips"], c["latency_growth"])
    ring_s = q["ring_s"] / (c["link"] * np.power(q["chips"], q["sign"] * c["link_growth"]))
    quick_s = latency_s + ring_s / c["quick"]
    simple_s = latency_s * c["simple"] + ring_s
    library_s = np.power(np.power(quick_s, -SWITCH) + np.power(simple_s, -SWITCH), -1 / SWITCH)
    own_s = c["own_latency_s"] * np.power(q["chips"], c["own_growth"])
    own = np.where(
        np.greater(q["two_shots"], 0.0),
        own_s * c["stages"] + q["ring_s"] / c["own_link"],
        own_s + q["mesh_s"] / c["own_link"],
    )
    return np.asarray(np.where(np.greater(q["own"], 0.0), own, library_s))


def _spreads(common: float, **over: float) -> dict[str, float]:
    return {"chip": common, "generation": common, "bus": common, **over}


ALL_REDUCE = Kernel(
    name="all_reduce",
    seconds=all_reduce_seconds,
    belief=Belief(
        priors={
            "latency_s": Prior(mean=13e-6, sd=0.40, spread=_spreads(0.15, setup=0.10)),
            "latency_growth": Prior(mean=0.60, sd=0.30, spread={}),
            "link": Prior(mean=0.75, sd=0.20, spread=_spreads(0.10, setup=0.10, bus=0.30), ceiling=1.2),
            "link_growth": Prior(mean=0.15, sd=0.60, spread={"bus": 0.80, "generation": 0.30}),
            "quick": Prior(mean=0.45, sd=0.30, spread=_spreads(0.10), ceiling=1.0),
            "simple": Prior(mean=2.5, sd=0.40, spread=_spreads(0.10)),
            "own_latency_s": Prior(mean=5e-6, sd=0.40, spread=_spreads(0.15, setup=0.10, version=0.15)),
            "own_growth": Prior(mean=0.20, sd=0.50, spread={}),
            "own_link": Prior(mean=0.60, sd=0.30, spread=_spreads(0.10), ceiling=1.2),
            "stages": Prior(mean=1.7, sd=0.30, spread=_spreads(0.05)),
        },
        residual={},
        noise=0.08,
    ),
)
