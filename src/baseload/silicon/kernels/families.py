"""The kernel families by name."""

from collections.abc import Mapping

from baseload.silicon.kernels.all_reduce import ALL_REDUCE
from baseload.silicon.kernels.attention import ATTENTION
from baseload.silicon.kernels.case import Kernel
from baseload.silicon.kernels.gemm import GEMM

KERNELS: Mapping[str, Kernel] = {kernel.name: kernel for kernel in (GEMM, ATTENTION, ALL_REDUCE)}
