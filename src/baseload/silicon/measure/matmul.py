"""Matrix throughput of the host in FP32, through the BLAS that NumPy carries, on all threads it may use."""

import time

import numpy as np

SIDE = 2048
"""Of the square matrices: 17 billion operations, far from any overhead."""


def matmul_flops_per_s(*, side: int = SIDE, rounds: int = 5) -> float:
    """2 × side³ operations over the best of so many rounds."""
    rng = np.random.default_rng(0)
    x, y = (rng.standard_normal((side, side), dtype=np.float32) for _ in range(2))
    out = np.empty((side, side), dtype=np.float32)
    best = float("inf")
    for _ in range(rounds + 1):  # one more: the first starts the threads
        began = time.perf_counter()
        np.matmul(x, y, out=out)
        best = min(best, time.perf_counter() - began)
    return 2.0 * side**3 / best
