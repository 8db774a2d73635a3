"""How far the kernel models are off on runs they were not fitted to: `python -m benchmarks.kernel_accuracy --json`.

Every group of runs is predicted by a fit without it: a weight shape on all chips, one precision of a chip, all of a
chip. Errors are |predicted ÷ measured − 1|; coverage is the share of runs within the 80 % band, which comes from the
same fit. Takes two minutes on one core. `--write DATE` fits on all rows and writes the data file that ships.
"""

import csv
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from baseload.silicon.estimate import Estimate
from baseload.silicon.kernels import calibration_text
from baseload.silicon.kernels.calibrate import runs_of
from baseload.silicon.kernels.families import KERNELS
from baseload.silicon.kernels.leave_out import FOLDS, left_out
from baseload.silicon.kernels.learn import Run
from baseload.silicon.kernels.row import Row
from baseload.silicon.kernels.score import score_rows, speaks_to
from benchmarks.report import options, publish, say

DATA = Path(__file__).parent / "data" / "validation"
FILES = {"gemm": "kernels_gemm.csv", "attention": "kernels_attention.csv", "all_reduce": "kernels_allreduce.csv"}
CHECKS = "silicon_checks.csv"
SHIPPED = Path(__file__).parents[1] / "src" / "baseload" / "silicon" / "calibration" / "kernels.json"
TOGETHER = {"fp8": "fp8, fp8_block", "fp8_block": "fp8, fp8_block"}
"""Precisions under one bar."""


def read(name: str) -> list[Row]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rows_of(kernel: str) -> list[Row]:
    return read(FILES[kernel])


def metric(run: Run) -> str:
    """What a line of the table is about."""
    kernel, band = run.case.kernel, run.case.band
    return f"{kernel} {TOGETHER.get(band, band)}"


def summary(pairs: Iterable[tuple[Run, Estimate]]) -> dict[str, Any]:
    """Of the runs of one line: errors as fractions."""
    given = list(pairs)
    errors = [abs(guess.value / run.value_s - 1) for run, guess in given]
    held = [guess.low <= run.value_s <= guess.high for run, guess in given]
    return {
        "n": len(given),
        "median_ape": round(float(np.median(errors)), 4),
        "mean_ape": round(float(np.mean(errors)), 4),
        "p90_ape": round(float(np.quantile(errors, 0.9)), 4),
        "coverage_80": round(float(np.mean(held)), 3),
    }


def scored(kernel: str, runs: Sequence[Run], fold: str) -> list[dict[str, Any]]:
    """Lines of one kernel and one way of leaving out."""
    lines: dict[tuple[str, str], list[tuple[Run, Estimate]]] = defaultdict(list)
    for run, guess in zip(runs, left_out(KERNELS[kernel], runs, fold), strict=True):
        for name in (metric(run), f"{kernel} all"):
            for mode in (guess.mode, "all"):
                lines[name, mode].append((run, guess))
    return [
        {"metric": name, "left_out": fold, "mode": mode, **summary(pairs)} for (name, mode), pairs in sorted(lines.items())
    ]


def table(kernels: Sequence[str], folds: Sequence[str]) -> list[dict[str, Any]]:
    """All lines."""
    lines = []
    for kernel in kernels:
        runs, reasons = runs_of(rows_of(kernel))
        say(f"{kernel}: {len(runs)} runs, left out: {reasons or 'none'}")
        for fold in folds:
            lines += scored(kernel, runs, fold)
    return lines


def checks() -> list[dict[str, Any]]:
    """Each row of silicon_checks.csv about kernels, by the calibration that ships."""
    lines = []
    for row in read(CHECKS):
        if speaks_to(row):
            (guess,) = score_rows([row])
            line: dict[str, Any] = {key: row[key] for key in ("check_id", "subject", "quantity", "unit")}
            line["measured"] = float(row["value"])
            if isinstance(guess, str):
                line["left_out"] = guess
            else:
                line |= {"predicted": round(guess.value, 4), "mode": guess.mode}
                line |= {"error": round(guess.value / float(row["value"]) - 1, 3)}
            lines.append(line)
    return lines


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--write", metavar="DATE", help="fit on all rows and write the data file that ships")
    args = parser.parse_args()
    if args.write:
        SHIPPED.write_text(calibration_text({FILES[name]: rows_of(name) for name in KERNELS}, args.write), encoding="utf-8")
        publish({"written": str(SHIPPED)}, as_json=args.json)
        return 0
    kernels, folds = (("attention",), ("chip",)) if args.quick else (tuple(KERNELS), FOLDS)
    result = {"groups": table(kernels, folds), "checks": checks()}
    if args.json:
        publish(result, as_json=True)
    else:
        _print(result["groups"])
    return 0


def _print(groups: Sequence[dict[str, Any]]) -> None:
    print("metric | left out | mode | n | median | mean | p90 | held by the 80 % band")
    for g in groups:
        shares = " | ".join(f"{g[key] * 100:.1f} %" for key in ("median_ape", "mean_ape", "p90_ape", "coverage_80"))
        print(f"{g['metric']} | {g['left_out']} | {g['mode']} | {g['n']} | {shares}")


if __name__ == "__main__":
    sys.exit(main())
