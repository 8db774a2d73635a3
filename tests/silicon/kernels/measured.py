"""The measured runs of the repository, by kernel."""

import csv
from functools import cache
from pathlib import Path

from baseload.silicon.kernels.learn import Run
from baseload.silicon.kernels.row import run_of

DATA = Path(__file__).parents[3] / "benchmarks" / "data" / "validation"
FILES = {"gemm": "kernels_gemm.csv", "attention": "kernels_attention.csv", "all_reduce": "kernels_allreduce.csv"}


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def runs(kernel: str) -> tuple[Run, ...]:
    return tuple(run_of(row) for row in rows(FILES[kernel]))
