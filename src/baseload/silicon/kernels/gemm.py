"""Matrix multiplication: activations m × k by weights k × n.

    t = max(host, launch + k · step + (compute⁴ + memory⁴)^¼ + quantise),  the maximum with a soft corner

compute = 2mnk / (peak · math), memory = (weights + activations + result) / (bandwidth · share). `k · step` is the
chain of dependent multiply-adds along k, which shows when few tiles fill the chip. FP8 and FP4 first quantise the
16-bit activations: read and written once, at a bandwidth of their own. `host` is the time between launches, which the
block-scaled FP8 path of engines makes long; below 32 rows engines take another kernel, hence `host_few`.
Form: roofline (Williams 2009) with overlap; docs/method/kernels.md has the error of leaving each part out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from baseload.catalog import chip
from baseload.errors import Unsupported
from baseload.silicon.calibrate.hierarchy import Belief, Prior
from baseload.silicon.coefficients import Array, Number
from baseload.silicon.engines import family_of
from baseload.silicon.hardware import hardware_of
from baseload.silicon.kernels.case import Case, Constants, Kernel, Quantities, kinship, length, spreads
from baseload.silicon.kernels.generation import generation

OVERLAP = 4
FEW_ROWS = 32
"""vLLM's block-scaled FP8 takes another kernel below this many rows on Hopper (its fp8_utils, release 0.24)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dtype:
    """Bytes of a stored value. `rate` names the chip's peak; `quantised` says whether activations are first made so."""

    rate: str
    weight_bytes: float
    activation_bytes: float
    quantised: bool = False


DTYPES: Mapping[str, Dtype] = {
    "bf16": Dtype(rate="bf16", weight_bytes=2.0, activation_bytes=2.0),
    "fp8": Dtype(rate="fp8", weight_bytes=1.0, activation_bytes=1.0, quantised=True),
    "fp8_block": Dtype(rate="fp8", weight_bytes=1.0, activation_bytes=1.0, quantised=True),
    # blocks of 16 values with an FP8 scale
    "nvfp4": Dtype(rate="fp4", weight_bytes=0.5625, activation_bytes=0.5625, quantised=True),
    "int8": Dtype(rate="int8", weight_bytes=1.0, activation_bytes=1.0, quantised=True),
    # weights only: multiplied in 16 bits
    "int8_wo": Dtype(rate="bf16", weight_bytes=1.0, activation_bytes=2.0),
    "int4_wo": Dtype(rate="bf16", weight_bytes=0.53125, activation_bytes=2.0),
}
ALIASES = {
    **dict.fromkeys(("bfloat16", "float16", "fp16", "half"), "bf16"),
    # scales known beforehand, or the library's own: one pass over the activations all the same
    **dict.fromkeys(("fp8_static", "fp8_ootb"), "fp8"),
    "sq": "int8",
    "fp4": "nvfp4",
}
SOURCE_BYTES, RESULT_BYTES = 2.0, 2.0


def dtype_name(text: str) -> str:
    """The canonical name of a kernel's number format; Unsupported for one that is not known."""
    name = ALIASES.get(text.strip().lower(), text.strip().lower())
    if name not in DTYPES:
        raise Unsupported(f"matrices of {text!r} are not known; known are {', '.join(DTYPES)} and {', '.join(ALIASES)}")
    return name


def gemm_case(chip_name: str, m: Number, n: Number, k: Number, dtype: str, engine: str) -> Case:
    """A multiplication, or a grid of them. Unsupported when the chip lacks the arithmetic or a size is not positive."""
    if np.any(np.minimum(np.minimum(m, n), k) < 1):
        raise Unsupported(f"a matrix has at least one row and column; given m={m}, n={n}, k={k}")
    hardware, name = hardware_of(chip(chip_name)), dtype_name(dtype)
    stored, family = DTYPES[name], family_of(engine)
    quantised = SOURCE_BYTES + stored.activation_bytes if stored.quantised else 0.0
    compute_s = 2.0 * m * n * k / hardware.rate(stored.rate)
    moved = stored.weight_bytes * n * k + stored.activation_bytes * m * k + RESULT_BYTES * m * n
    memory_s = moved / hardware.bandwidth_bytes_per_s
    return Case(
        kernel="gemm",
        quantities={
            "compute_s": compute_s,
            "memory_s": memory_s,
            "quantise_s": quantised * m * k / hardware.bandwidth_bytes_per_s,
            "rows": m,
            "depth": k,
        },
        labels={**kinship(hardware.name, generation(hardware.name), name), "engine": family},
        band=f"{name} {length(compute_s, memory_s)}",
        shape=f"{n:g}x{k:g}" if np.ndim(n) == np.ndim(k) == 0 else "",
        family=family,
    )


def gemm_seconds(q: Quantities, c: Constants) -> Array:
    """Seconds of each multiplication; broadcasts."""
    compute, memory = q["compute_s"] / c["math"], q["memory_s"] / c["bandwidth"]
    chip_s = (
        c["launch_s"]
        + q["depth"] * c["step_s"]
        + np.power(np.power(compute, OVERLAP) + np.power(memory, OVERLAP), 1 / OVERLAP)
        + q["quantise_s"] / c["quantise"]
    )
    host_s = c["host_s"] * np.where(np.less(q["rows"], FEW_ROWS), c["host_few"], 1.0)
    return np.asarray(np.power(np.power(chip_s, OVERLAP) + np.power(host_s, OVERLAP), 1 / OVERLAP))


GEMM = Kernel(
    name="gemm",
    seconds=gemm_seconds,
    belief=Belief(
        priors={
            "math": Prior(mean=0.75, sd=0.20, spread=spreads(0.08, precision=0.10), ceiling=0.97),
            "bandwidth": Prior(mean=0.80, sd=0.15, spread=spreads(0.06, precision=0.08), ceiling=0.98),
            "quantise": Prior(mean=0.50, sd=0.40, spread=spreads(0.16, precision=0.20)),
            "launch_s": Prior(mean=2.5e-6, sd=0.25, spread=spreads(0.10, engine=0.60)),
            "step_s": Prior(
                mean=0.25e-9, sd=0.30, spread=spreads(0.10, **{"chip precision": 0.3, "generation precision": 0.5})
            ),
            "host_s": Prior(
                mean=5e-6,
                sd=0.40,
                spread=spreads(0.15, precision=1.2, engine=0.6, **{"chip precision": 0.5, "generation precision": 0.8}),
            ),
            "host_few": Prior(mean=1.0, sd=0.05, spread=spreads(0.08)),
        },
        residual={},
        noise=0.06,
    ),
)
