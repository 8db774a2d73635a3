"""How far predictions of chips are off, on rows whose (chip, model) group was left out of the fit.

    python -m benchmarks.accuracy --json

For each group of the validation rows the constants are fitted again without it, and its rows are predicted. Beside it
the same rows on a chip that the fit has never seen: once with what is known of their engine (pooled), once without
(datasheet). Bands are scored with those of the shipped file.
"""

import csv
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from baseload.silicon.calibrate.calibration import Calibration
from baseload.silicon.calibrate.calibrator import Calibrator
from baseload.silicon.calibrate.learn import unique
from baseload.silicon.calibrate.new_chips import on_new_chips
from baseload.silicon.calibrate.observation import LeftOut, Observation, observe
from baseload.silicon.calibrate.store import shipped
from benchmarks import report

DATA = Path(__file__).parent / "data" / "validation"
SCORED, ALSO_FITTED = "serving_e2e.csv", "serving_sample.csv"
LOW_CONCURRENCY = 8
Error = tuple[Observation, str, str, float]
"""Row, part, mode, log(prediction / measured)."""


def observations(name: str) -> list[Observation]:
    """The usable rows of one of the repository's files."""
    kept = []
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            try:
                kept.append(observe(row))
            except LeftOut:
                continue
    return kept


def left_out(calibrator: Calibrator, scored: set[int], groups: Sequence[str]) -> list[Error]:
    """Errors of the scored rows, each predicted by a fit without its group."""
    found = []
    for at, group in enumerate(groups, 1):
        report.say(f"{at} of {len(groups)}: without {group}")
        found += [(o, p, m, e) for _, p, o, e, m in calibrator.left_out([group]) if id(o) in scored]
    return found


def new_chips(calibrator: Calibrator, rows: Sequence[Observation]) -> list[Error]:
    """Errors of rows on chips the fit has never seen; throughput apart, whose gains are an engine's own."""
    said = on_new_chips(calibrator, rows, lambda at, of, what: report.say(f"{at} of {of}: {what}"))
    return [(o, part, mode, error) for part, mode, o, error in said if part != "gain"]


CASES: dict[str, Callable[[Observation, str], bool]] = {
    "tpot_ms": lambda o, part: part == "decode",
    "ttft_ms, concurrency <= 8": lambda o, part: part == "first" and (o.concurrency or 0) <= LOW_CONCURRENCY,
    "ttft_ms, concurrency > 8": lambda o, part: part == "first" and (o.concurrency or 0) > LOW_CONCURRENCY,
    "MLPerf Offline rate": lambda o, part: part == "gain" and o.suite == "MLPerf" and o.kind == "offline",
    "other rates and percentiles": lambda o, part: part == "gain" and not (o.suite == "MLPerf" and o.kind == "offline"),
}


def summary(errors: Iterable[Error], made: Calibration) -> list[dict[str, Any]]:
    """By case and mode: rows, errors as fractions, and how many lie in the stated band."""
    rows = []
    every = list(errors)
    for name, belongs in CASES.items():
        here = [x for x in every if belongs(x[0], x[1])]
        for mode in ("calibrated", "pooled", "datasheet", "all"):
            kept = [x for x in here if mode in ("all", x[2])]
            if not kept:
                continue
            ape = np.abs(np.expm1([e for *_, e in kept]))
            inside = [abs(e) <= made.bands[part][m] for _, part, m, e in kept]
            rows.append(
                {
                    "metric": name,
                    "mode": mode,
                    "rows": len(kept),
                    "median_ape": float(np.median(ape)),
                    "mean_ape": float(ape.mean()),
                    "p90_ape": float(np.quantile(ape, 0.9)),
                    "coverage_80": float(np.mean(inside)),
                }
            )
    return rows


def main() -> None:
    options = report.options(__doc__).parse_args()
    validation = observations(SCORED)
    calibrator = Calibrator(unique(validation + observations(ALSO_FITTED)))
    scored = {id(o) for o in validation}
    groups = sorted({o.group for o in validation})
    if options.quick:
        groups = groups[:2]
    report.say("fitting with all rows")
    calibrator.fit()
    errors = left_out(calibrator, scored, groups)
    result = {
        "groups": len(groups),
        "left_out": summary(errors, shipped()),
        "chip_left_out": summary(new_chips(calibrator, validation[:40] if options.quick else validation), shipped()),
    }
    report.publish(result, as_json=options.json)
    sys.exit(0)


if __name__ == "__main__":
    main()
