"""The first NVIDIA accelerator of this machine, measured through torch. The only file that imports it: it is no part of
this package, so whoever has it installed can measure, and everybody else gets a sentence.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from baseload.errors import SetupError

ARRAY_VALUES = 1 << 28
"""FP32 values of one array of three: 1 GiB, twenty times the largest cache of an accelerator."""
SIDE = 8192
"""Of the square matrices: a trillion operations."""
ROUNDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Accelerator:
    """Bytes per second by the STREAM triad (12 bytes a value), operations per second by precision."""

    name: str
    memory_bytes: int
    triad_bytes_per_s: float
    operations_per_s: dict[str, float]


def accelerator(library: Any = None) -> Accelerator:
    """Measure it. `library` stands in for torch in tests. `SetupError` when torch or an accelerator is missing."""
    torch = library or _torch()
    if not torch.cuda.is_available():
        raise SetupError(
            "torch sees no NVIDIA accelerator here; measure the processor: baseload chip measure --device cpu"
        )
    properties = torch.cuda.get_device_properties(0)
    return Accelerator(
        name=str(properties.name),
        memory_bytes=int(properties.total_memory),
        triad_bytes_per_s=_triad(torch),
        operations_per_s={"fp32": _matmul(torch, torch.float32), "bf16": _matmul(torch, torch.bfloat16)},
    )


def _triad(torch: Any) -> float:
    a, b, c = (torch.ones(ARRAY_VALUES, device="cuda", dtype=torch.float32) for _ in range(3))
    return 12 * ARRAY_VALUES / _best(torch, lambda: torch.add(b, c, alpha=3.0, out=a))


def _matmul(torch: Any, kind: Any) -> float:
    x, y = (torch.randn(SIDE, SIDE, device="cuda", dtype=kind) for _ in range(2))
    return 2 * SIDE**3 / _best(torch, lambda: torch.matmul(x, y))


def _best(torch: Any, work: Callable[[], object]) -> float:
    """Seconds of the fastest of `ROUNDS`, by the device's own clock."""
    work()
    best = float("inf")
    for _ in range(ROUNDS):
        began, ended = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        began.record()
        work()
        ended.record()
        torch.cuda.synchronize()
        best = min(best, began.elapsed_time(ended) / 1e3)
    return best


def _torch() -> Any:
    try:
        return importlib.import_module("torch")
    except ImportError as error:
        raise SetupError(
            "measuring an accelerator needs torch, which is not installed here: pip install torch"
        ) from error
