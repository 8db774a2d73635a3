"""Kernels of a step one by one: matrix multiplication, attention, all-reduce."""

from baseload.silicon.kernels.all_reduce import all_reduce_case
from baseload.silicon.kernels.attention import attention_case
from baseload.silicon.kernels.calibrate import calibrate, calibration_text
from baseload.silicon.kernels.gemm import gemm_case
from baseload.silicon.kernels.predict import all_reduce_s, attention_s, estimate, gemm_s, grid_s
from baseload.silicon.kernels.row import case_of, run_of
from baseload.silicon.kernels.score import score_rows, speak_to, speaks_to

__all__ = [
    "all_reduce_case",
    "all_reduce_s",
    "attention_case",
    "attention_s",
    "calibrate",
    "calibration_text",
    "case_of",
    "estimate",
    "gemm_case",
    "gemm_s",
    "grid_s",
    "run_of",
    "score_rows",
    "speak_to",
    "speaks_to",
]
