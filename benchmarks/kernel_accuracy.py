"""How far the kernel and power models are off on runs they were not fitted to: `python -m benchmarks.kernel_accuracy`.

Every group of runs is predicted by a fit without it: a weight shape on all chips, one precision of a chip, all of a
chip; for watts, a number of chips. Errors are |predicted ÷ measured − 1|; coverage is the share of runs within the
80 % band, which comes from the same fit. Takes two minutes on one core. `--write DATE` fits on all rows and writes the
data files that ship.
"""

import csv
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from baseload.silicon.calibrate.observation import LeftOut
from baseload.silicon.estimate import Estimate
from baseload.silicon.kernels import calibration_text
from baseload.silicon.kernels.calibrate import runs_of
from baseload.silicon.kernels.families import KERNELS
from baseload.silicon.kernels.learn import FOLDS, Run, left_out
from baseload.silicon.kernels.row import Row
from baseload.silicon.kernels.score import speak_to, speaks_to
from baseload.silicon.power.fit import constants_text
from baseload.silicon.power.fit import learn as learn_power
from baseload.silicon.power.rows import estimate as power_estimate
from baseload.silicon.power.score import speak_to as speak_to_power
from baseload.silicon.power.score import speaks_to as speaks_to_power
from benchmarks.report import options, publish, say

DATA = Path(__file__).parent / "data" / "validation"
FILES = {"gemm": "kernels_gemm.csv", "attention": "kernels_attention.csv", "all_reduce": "kernels_allreduce.csv"}
CHECKS, ENERGY = "silicon_checks.csv", "energy.csv"
SHIPPED = Path(__file__).parents[1] / "src" / "baseload" / "silicon" / "calibration"
LONGEST_SANE = 4096
"""Input tokens up to which the averages of energy.csv hold no idle time, or little."""
TOGETHER = {"fp8": "fp8, fp8_block", "fp8_block": "fp8, fp8_block"}
"""Precisions under one bar."""


def read(name: str) -> list[Row]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rows_of(kernel: str) -> list[Row]:
    return read(FILES[kernel])


def metric(run: Run) -> str:
    """What a line of the table is about."""
    case = run.case
    kind = case.scope or case.labels.get("bus") or case.labels["precision"]
    return f"{case.kernel} {TOGETHER.get(kind, kind)}"


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
        {"metric": name, "left_out": fold, "mode": mode, **summary(pairs)}
        for (name, mode), pairs in sorted(lines.items())
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


def power() -> dict[str, Any]:
    """Of energy.csv, each number of chips predicted by constants learned from the others."""
    rows = read(ENERGY)
    errors, held, sane = [], [], []
    for left in sorted({row["n_chips"] for row in rows}):
        constants = learn_power([row for row in rows if row["n_chips"] != left])
        for row in rows:
            if row["n_chips"] == left:
                guess, value = power_estimate(row, constants), float(row["value"])
                errors.append(abs(guess.value / value - 1))
                held.append(guess.low <= value <= guess.high)
                sane.append(float(row["isl"]) <= LONGEST_SANE)
    kept = [error for error, fine in zip(errors, sane, strict=True) if fine]
    return {
        "n": len(errors),
        "median_ape": round(float(np.median(errors)), 4),
        "p90_ape": round(float(np.quantile(errors, 0.9)), 4),
        "coverage_80": round(float(np.mean(held)), 3),
        "n_without_outliers": len(kept),
        "median_ape_without_outliers": round(float(np.median(kept)), 4),
        "p90_ape_without_outliers": round(float(np.quantile(kept, 0.9)), 4),
    }


def checks() -> list[dict[str, Any]]:
    """Each row of silicon_checks.csv about kernels or power, by the calibrations that ship."""
    lines = []
    for row in read(CHECKS):
        speak = speak_to if speaks_to(row) else speak_to_power if speaks_to_power(row) else None
        if speak is None:
            continue
        line: dict[str, Any] = {key: row[key] for key in ("check_id", "category", "subject", "quantity", "unit")}
        line["measured"] = float(row["value"])
        try:
            guess = speak(row)
            line |= {"predicted": round(guess.value, 4), "mode": guess.mode, "assumption": guess.assumption}
            line |= {"error": round(guess.value / line["measured"] - 1, 3)}
            line |= {"held": guess.low <= line["measured"] <= guess.high}
        except LeftOut as reason:
            line["left_out"] = str(reason)
        lines.append(line)
    return lines


def write(date: str) -> dict[str, Any]:
    """Fit on all rows; the files that ship."""
    energy = read(ENERGY)
    texts = {
        "kernels.json": calibration_text({FILES[name]: rows_of(name) for name in KERNELS}, date),
        "power.json": constants_text(learn_power(energy), date, {ENERGY: len(energy)}),
    }
    for name, text in texts.items():
        (SHIPPED / name).write_text(text, encoding="utf-8")
    return {"written": [str(SHIPPED / name) for name in texts]}


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--write", metavar="DATE", help="fit on all rows and write the data files that ship")
    args = parser.parse_args()
    if args.write:
        publish(write(args.write), as_json=args.json)
        return 0
    kernels, folds = (("attention",), ("chip",)) if args.quick else (tuple(KERNELS), FOLDS)
    result = {"groups": table(kernels, folds), "power": power(), "checks": checks()}
    if args.json:
        publish(result, as_json=True)
    else:
        _print(result["groups"], result["power"], result["checks"])
    return 0


def _print(groups: Sequence[dict[str, Any]], watts: dict[str, Any], checked: Sequence[dict[str, Any]]) -> None:
    print("| metric | left out | mode | n | median | mean | p90 | held |\n|---|---|---|---|---|---|---|---|")
    for g in groups:
        shares = " | ".join(f"{g[key] * 100:.1f} %" for key in ("median_ape", "mean_ape", "p90_ape", "coverage_80"))
        print(f"| {g['metric']} | {g['left_out']} | {g['mode']} | {g['n']} | {shares} |")
    print("\npower:", watts)
    for c in checked:
        said = c.get("left_out") or f"{c['predicted']} {c['unit']} ({c['error']:+.0%}, {c['mode']})"
        print(f"{c['check_id']} {c['subject']}, {c['quantity']}: measured {c['measured']} {c['unit']}, {said}")


if __name__ == "__main__":
    sys.exit(main())
