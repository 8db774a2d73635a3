"""Rows of kernels_gemm.csv, kernels_attention.csv and kernels_allreduce.csv as cases, or the reason they cannot be."""

from typing import cast

from baseload.silicon.kernels.all_reduce import all_reduce_case
from baseload.silicon.kernels.attention import Phase, attention_case
from baseload.silicon.kernels.case import Case
from baseload.silicon.kernels.gemm import gemm_case
from baseload.silicon.kernels.learn import Run
from baseload.silicon.left_out import LeftOut, Row, chip_of, leaving_out, number

SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}
ASSUMED_UNIT = "us"
"""Where a row states none: what the files and their metrics are in."""
MOST_SIZE, MOST_BYTES = 1e9, 1e15
COUNTS_ELEMENTS = "aiconfigurator"
ELEMENT_BYTES = 2
"""The tool's all-reduce tables count 16-bit values, not bytes: read as bytes, four A100 would reduce at half the rate
of the layer measured in silicon_checks.csv (104 instead of 209 GB/s a chip), and eight H100 at half of what their
switch gives. Inferred from that; the file does not say so."""


def case_of(row: Row) -> Case:
    """A row of any of the three files. LeftOut with the reason when it is not a kernel that is modelled."""
    op = row["op"].strip()
    with leaving_out():
        if op == "gemm":
            m, n, k = (_size(row, column) for column in ("m", "n", "k"))
            return gemm_case(chip_of(row).id, m, n, k, row["precision"], row["engine"])
        if op.startswith("attention_"):
            return _attention(row)
        if op == "all_reduce":
            return _all_reduce(row)
    raise LeftOut(f"kernel {op} is not modelled")


def seconds_of(row: Row) -> float:
    """The length of the row's unit."""
    unit = unit_of(row)
    if unit not in SECONDS:
        raise LeftOut(f"unit {unit!r} is not a time")
    return SECONDS[unit]


def unit_of(row: Row) -> str:
    """As the row has it, else as assumed."""
    return row.get("unit", "").strip() or ASSUMED_UNIT


def unit_said(row: Row) -> str:
    """What was assumed of the unit, in words; empty where the row has one."""
    return "" if row.get("unit", "").strip() else "microseconds assumed"


def run_of(row: Row) -> Run:
    """A row as a measured run."""
    return Run(case=case_of(row), value_s=float(row["value"]) * seconds_of(row))


def _size(row: Row, column: str, *, least: float = 1.0, most: float = MOST_SIZE) -> float:
    return number(row, column, column, least=least, most=most)


def _whole(row: Row, column: str) -> int:
    """A count, which some tools write with a point."""
    return round(_size(row, column))


def _attention(row: Row) -> Case:
    dtype, _, kv = row["precision"].partition("/kv:")
    phase = row["op"].strip().removeprefix("attention_")
    if phase not in ("prefill", "decode"):
        raise LeftOut(f"attention of {phase} is not modelled")
    return attention_case(
        chip_of(row).id,
        cast(Phase, phase),
        batch=_size(row, "batch"),
        new_tokens=_size(row, "isl_or_q_len"),
        cached_tokens=_size(row, "step_or_kv_len", least=0.0),
        heads=_whole(row, "n_heads"),
        kv_heads=_whole(row, "n_kv_heads"),
        head_dim=_whole(row, "head_dim"),
        dtype=dtype,
        kv_dtype=kv or dtype,
        engine=row["engine"],
    )


def _all_reduce(row: Row) -> Case:
    size = _size(row, "message_bytes", most=MOST_BYTES)
    counted = COUNTS_ELEMENTS in row.get("source", "")
    chips = _whole(row, "n_chips")
    return all_reduce_case(
        chip_of(row).id, chips, size * (ELEMENT_BYTES if counted else 1), row["engine"], row["precision"]
    )
