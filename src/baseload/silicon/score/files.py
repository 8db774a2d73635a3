"""Files of measurements: which kind one is by its columns, and its rows, or every fault with line and column."""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from baseload.errors import DescriptionError, Fault, SetupError
from baseload.silicon.left_out import Row

__all__ = ["COLUMNS", "Measurements", "Row", "read_measurements"]

NUMBERS: Mapping[str, tuple[str, ...]] = {
    "serving": ("value",),
    "gemm": ("m", "n", "k", "value"),
    "attention": ("batch", "isl_or_q_len", "step_or_kv_len", "n_heads", "n_kv_heads", "head_dim", "value"),
    "allreduce": ("n_chips", "message_bytes", "value"),
    "checks": (),
}
OPTIONAL_NUMBERS: Mapping[str, tuple[str, ...]] = {
    "serving": ("n_chips", "isl", "osl"),
    "checks": ("value", "low", "high"),
}
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "serving": (
        "chip", "n_chips", "model", "precision", "engine", "parallelism", "isl", "osl", "concurrency_or_mode", "metric",
        "value", "unit", "statistic", "workload", "quality",
    ),
    "gemm": ("chip", "op", "precision", "engine", "m", "n", "k", "value"),
    "attention": (
        "chip", "op", "precision", "engine", "batch", "isl_or_q_len", "step_or_kv_len", "n_heads", "n_kv_heads",
        "head_dim", "value",
    ),
    "allreduce": ("chip", "n_chips", "op", "precision", "engine", "message_bytes", "value"),
    "checks": ("check_id", "category", "subject", "quantity", "value", "low", "high", "unit", "conditions"),
}  # fmt: skip
BEYOND = "cells beyond the header"
"""Under which `csv` keeps what a row has too many of, so that it is told and not written on."""
TELLTALE: Mapping[str, str] = {
    "gemm": "k",
    "attention": "step_or_kv_len",
    "allreduce": "message_bytes",
    "checks": "check_id",
    "serving": "concurrency_or_mode",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """One file: its kind, its columns in order, its rows."""

    path: Path
    kind: str
    columns: tuple[str, ...]
    rows: Sequence[Row]


def read_measurements(path: Path) -> Measurements:
    """A file of one of the five kinds. SetupError when it is none; DescriptionError with all faults of its rows."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restkey=BEYOND, restval="")
            columns = tuple(name.strip() for name in reader.fieldnames or ())
            reader.fieldnames = columns
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SetupError(f"cannot read {path} ({error}); give a CSV file of measurements") from error
    kind = next((kind for kind, column in TELLTALE.items() if column in columns), None)
    if kind is None:
        known = ", ".join(f"{column} ({kind})" for kind, column in TELLTALE.items())
        raise SetupError(f"{path}: no column tells what was measured; expected one of {known}")
    missing = [column for column in COLUMNS[kind] if column not in columns]
    if missing:
        raise SetupError(f"{path}: a file of {kind} rows needs the columns {', '.join(missing)}, which are missing")
    faults = [fault for line, row in rows for fault in _faults(path, kind, line, row)]
    if faults:
        raise DescriptionError(faults)
    return Measurements(path=path, kind=kind, columns=columns, rows=[row for _, row in rows])


def _faults(path: Path, kind: str, line: int, row: Row) -> list[Fault]:
    found = []
    if BEYOND in row:
        found.append(Fault(file=str(path), line=line, message="more cells than the header has columns"))
    for column in (*NUMBERS[kind], *OPTIONAL_NUMBERS.get(kind, ())):
        text = (row[column] or "").strip()
        if not text and column in OPTIONAL_NUMBERS.get(kind, ()):
            continue
        if not _is_number(text):
            found.append(Fault(file=str(path), line=line, message=f"column {column}: {text!r} is not a number"))
        elif float(text) <= 0 and column == "value" and kind != "checks":
            found.append(Fault(file=str(path), line=line, message=f"column value: {text} is not above 0"))
    return found


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False
