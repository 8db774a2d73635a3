"""Seconds of a kernel from the shipped calibration: one run with its band, or a whole grid of central figures."""

from collections.abc import Mapping

from baseload.silicon.coefficients import Array
from baseload.silicon.estimate import Estimate
from baseload.silicon.kernels.all_reduce import all_reduce_case
from baseload.silicon.kernels.attention import Phase, attention_case
from baseload.silicon.kernels.calibration import Calibration
from baseload.silicon.kernels.case import Case
from baseload.silicon.kernels.gemm import gemm_case
from baseload.silicon.kernels.record import shipped

DEFAULT_ENGINE = "vllm"


def estimate(case: Case, calibrations: Mapping[str, Calibration] | None = None) -> Estimate:
    """Seconds of one run."""
    return (calibrations or shipped())[case.kernel].estimate(case)


def grid_s(case: Case, calibrations: Mapping[str, Calibration] | None = None) -> Array:
    """Seconds over a case whose quantities are arrays, of their broadcast shape."""
    return (calibrations or shipped())[case.kernel].seconds(case)


def gemm_s(chip: str, m: int, n: int, k: int, dtype: str = "bf16", engine: str = DEFAULT_ENGINE) -> Estimate:
    """Seconds of activations m × k by weights k × n. Unsupported when the chip lacks the arithmetic of `dtype`."""
    return estimate(gemm_case(chip, m, n, k, dtype, engine))


def attention_s(
    chip: str,
    phase: Phase,
    *,
    batch: int,
    new_tokens: int,
    cached_tokens: int,
    heads: int,
    kv_heads: int,
    head_dim: int = 128,
    dtype: str = "bf16",
    kv_dtype: str = "bf16",
    engine: str = DEFAULT_ENGINE,
) -> Estimate:
    """Seconds of one layer: every sequence of the batch adds `new_tokens` to `cached_tokens`."""
    case = attention_case(
        chip,
        phase,
        batch=batch,
        new_tokens=new_tokens,
        cached_tokens=cached_tokens,
        heads=heads,
        kv_heads=kv_heads,
        head_dim=head_dim,
        dtype=dtype,
        kv_dtype=kv_dtype,
        engine=engine,
    )
    return estimate(case)


def all_reduce_s(chip: str, n_chips: int, message_bytes: int, engine: str = "NCCL") -> Estimate:
    """Seconds until all of `n_chips` hold the sum of `message_bytes`; an engine named "… custom" uses its own way."""
    return estimate(all_reduce_case(chip, n_chips, message_bytes, engine))
