"""Matrix multiplication through OpenVINO, by precision: the most its kernels reach on this processor."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # as in the engine: nothing is ever sent

import openvino  # noqa: E402
from openvino import opset13 as ops  # noqa: E402

SIDE = 2048
"""Of the square matrices: 17 billion operations, far from any overhead."""
NEEDS = {
    "bf16": ({"amx_bf16", "avx512_bf16"}, "this processor has no BF16 unit (no amx_bf16, no avx512_bf16)"),
    "int8": ({"amx_int8", "avx512_vnni", "avx_vnni", "i8mm", "asimddp"}, "this processor has no INT8 dot product"),
}
"""Flags of /proc/cpuinfo of which one is needed, and what to say without: an emulated precision is no figure."""


def rates(rounds: int = 4) -> tuple[dict[str, float], dict[str, str]]:
    """Operations per second by precision (best of so many rounds), and why a precision is left out."""
    flags = _flags()
    found, skipped = {}, {}
    for precision, build in (("fp32", _plain), ("bf16", _plain), ("int8", _quantised)):
        wanted, reason = NEEDS.get(precision, (flags, ""))
        if not wanted & flags:
            skipped[precision] = reason
            continue
        rate = _rate(build, "bf16" if precision == "bf16" else "f32", rounds)
        if rate is None:
            skipped[precision] = "OpenVINO did not run it in this precision"
        else:
            found[precision] = rate
    return found, skipped


def _flags(path: Path = Path("/proc/cpuinfo")) -> set[str]:
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.lower().startswith(("flags", "features")):
            return set(line.partition(":")[2].split())
    return set()


def _rate(build: Callable[[Any, Any], Any], hint: str, rounds: int) -> float | None:
    rng = np.random.default_rng(0)
    x = ops.parameter([SIDE, SIDE], np.float32)
    weights = ops.constant(rng.uniform(-1, 1, (SIDE, SIDE)).astype(np.float32))
    model = openvino.Model([build(x, weights)], [x])
    compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": hint})
    if build is _quantised and not _runs_in(compiled, ("i8", "u8")):
        return None
    request = compiled.create_infer_request()
    said = openvino.Tensor(rng.uniform(-1, 1, (SIDE, SIDE)).astype(np.float32))
    request.infer([said])
    best = min(_seconds(lambda: request.infer([said])) for _ in range(rounds))
    return 2.0 * SIDE**3 / best


def _plain(x: Any, weights: Any) -> Any:
    return ops.matmul(x, weights, False, True)


def _quantised(x: Any, weights: Any) -> Any:
    """Both sides through 8-bit levels: OpenVINO's low-precision pass then multiplies whole numbers."""
    low, high = ops.constant(np.float32(-1)), ops.constant(np.float32(1))
    return ops.matmul(
        ops.fake_quantize(x, low, high, low, high, 256),
        ops.fake_quantize(weights, low, high, low, high, 255),
        False,
        True,
    )


def _runs_in(compiled: Any, precisions: tuple[str, ...]) -> bool:
    """What the compiled graph says it multiplies in."""
    for node in compiled.get_runtime_model().get_ordered_ops():
        info = node.get_rt_info()
        if "layerType" in info and info["layerType"].astype(str) in ("FullyConnected", "MatMul"):
            return str(info["runtimePrecision"].astype(str)) in precisions
    return False


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
