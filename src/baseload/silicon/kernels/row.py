"""Rows of kernels_gemm.csv, kernels_attention.csv and kernels_allreduce.csv as cases, or the reason they cannot be."""

from collections.abc import Mapping
from typing import cast

from baseload.errors import BaseloadError
from baseload.silicon.calibrate.observation import LeftOut
from baseload.silicon.kernels.all_reduce import all_reduce_case
from baseload.silicon.kernels.attention import Phase, attention_case
from baseload.silicon.kernels.case import Case
from baseload.silicon.kernels.gemm import gemm_case
from baseload.silicon.kernels.learn import Run

Row = Mapping[str, str]
SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}
COUNTS_ELEMENTS = "aiconfigurator"
ELEMENT_BYTES = 2
"""The tool's all-reduce tables count 16-bit values, not bytes: read as bytes, four A100 would reduce at half the rate
of the layer measured in silicon_checks.csv (104 instead of 209 GB/s a chip), and eight H100 at half of what their
switch gives. Inferred from that; the file does not say so."""


def case_of(row: Row) -> Case:
    """A row of any of the three files. LeftOut with the reason when it is not a kernel that is modelled."""
    try:
        op = row["op"]
        if op == "gemm":
            m, n, k = (float(row[column]) for column in ("m", "n", "k"))
            return gemm_case(row["chip"], m, n, k, row["precision"], row["engine"])
        if op.startswith("attention_"):
            return _attention(row)
        if op == "all_reduce":
            return _all_reduce(row)
    except (BaseloadError, ValueError) as error:
        raise LeftOut(str(error)) from error
    raise LeftOut(f"kernel {op} is not modelled")


def seconds_of(row: Row) -> float:
    """The length of the row's unit."""
    if row["unit"] not in SECONDS:
        raise LeftOut(f"unit {row['unit']!r} is not a time")
    return SECONDS[row["unit"]]


def run_of(row: Row) -> Run:
    """A row as a measured run."""
    return Run(case=case_of(row), value_s=float(row["value"]) * seconds_of(row))


def _whole(row: Row, column: str) -> int:
    """A count, which some tools write with a point."""
    return round(float(row[column]))


def _attention(row: Row) -> Case:
    dtype, _, kv = row["precision"].partition("/kv:")
    phase = row["op"].removeprefix("attention_")
    if phase not in ("prefill", "decode"):
        raise LeftOut(f"attention of {phase} is not modelled")
    return attention_case(
        row["chip"],
        cast(Phase, phase),
        batch=float(row["batch"]),
        new_tokens=float(row["isl_or_q_len"]),
        cached_tokens=float(row["step_or_kv_len"]),
        heads=_whole(row, "n_heads"),
        kv_heads=_whole(row, "n_kv_heads"),
        head_dim=_whole(row, "head_dim"),
        dtype=dtype,
        kv_dtype=kv or dtype,
        engine=row["engine"],
    )


def _all_reduce(row: Row) -> Case:
    size = float(row["message_bytes"])
    counted = COUNTS_ELEMENTS in row["source"]
    return all_reduce_case(
        row["chip"], _whole(row, "n_chips"), size * (ELEMENT_BYTES if counted else 1), row["engine"], row["precision"]
    )
