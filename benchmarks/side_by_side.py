"""Side by side with AIConfigurator on measured rows: `python -m benchmarks.side_by_side --json [ROWS.csv...]`.

Rows of TPOT and TTFT (by default benchmarks/data/validation/serving_e2e.csv) that AIConfigurator answers, predicted by
its estimator and twice by Baseload: as shipped, and from a calibration that never saw the row's (chip, model). Then how
many estimates a second each makes. Its package runs in an environment of its own: `--python` names an interpreter that
has it, else one is made in a temporary folder (600 MB, from the package index). docs/method/side-by-side.md says how.
"""

import csv
import random
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from math import exp
from pathlib import Path
from statistics import fmean, median
from typing import Any, TypeVar

import numpy as np

from baseload.silicon.calibrate.calibrator import Calibrator
from baseload.silicon.calibrate.learn import unique
from baseload.silicon.calibrate.observation import LeftOut, Observation, observe
from baseload.silicon.estimate import Estimate
from baseload.silicon.prediction import grid
from baseload.silicon.setup import setup_of
from baseload.silicon.validate import predict_rows
from benchmarks.accuracy import ALSO_FITTED, DATA, SCORED, observations
from benchmarks.aiconfigurator import Answer, interpreter, speed, theirs
from benchmarks.aiconfigurator_rows import METRICS, Ask, ask_of
from benchmarks.report import options, publish, say
from benchmarks.stats import percentile, rounded

ROWS = DATA / SCORED
SEED = 20261124
QUICK_ROWS = 4
GRID = 100_000
CALLS = 5
LIGHT_LOAD = 8
"""Requests at once up to which the first token hardly waits for others."""

Row = Mapping[str, str]
T = TypeVar("T")


def read(paths: Sequence[Path]) -> list[Row]:
    """The rows of TPOT and TTFT."""
    rows: list[Row] = []
    for path in paths:
        with path.open(newline="", encoding="utf-8") as file:
            rows += [row for row in csv.DictReader(file) if row["metric"] in METRICS]
    return rows


def ours(rows: Sequence[Row]) -> dict[str, list[float | None]]:
    """What Baseload says of each row, in ms: as shipped, and without the row's (chip, model) among what was learned."""
    shipped = [answer.value if isinstance(answer, Estimate) else None for answer in predict_rows(rows)]
    return {"baseload_shipped": shipped, "baseload_left_out": left_out(rows)}


def left_out(rows: Sequence[Row]) -> list[float | None]:
    """Each row by a fit on all files without its (chip, model); None for one that cannot be read or is there twice."""
    seen = [_observed(row) for row in rows]
    own = [o for o in seen if o is not None]
    calibrator = Calibrator(unique([*own, *observations(SCORED), *observations(ALSO_FITTED)]))
    calibrator.fit()
    found = {id(o): o.value * exp(e) for _, _, o, e, _ in calibrator.left_out(sorted({o.group for o in own}))}
    return [found.get(id(o)) for o in seen]


def _observed(row: Row) -> Observation | None:
    try:
        return observe(row)
    except LeftOut:
        return None


def errors(predicted: Sequence[float], measured: Sequence[float]) -> dict[str, float]:
    """Of |predicted / measured − 1|, as fractions."""
    sizes = [abs(p / m - 1) for p, m in zip(predicted, measured, strict=True)]
    figures = {"median_ape": median(sizes), "mean_ape": fmean(sizes), "p90_ape": percentile(sizes, 0.9)}
    return {name: rounded(value) for name, value in figures.items()}


def compared(rows: Sequence[Row], figures: Mapping[str, Sequence[float | None]]) -> dict[str, Any]:
    """Errors of each on the rows that all of them answer."""
    both = [i for i in range(len(rows)) if all(column[i] is not None for column in figures.values())]
    if not both:
        return {"rows": 0}
    measured = [float(rows[i]["value"]) for i in both]
    return {"rows": len(both)} | {
        name: errors([value for i in both if (value := column[i]) is not None], measured)
        for name, column in figures.items()
    }


def tables(rows: Sequence[Row], asks: Sequence[Ask], answers: Sequence[Answer]) -> dict[str, Any]:
    """Comparisons by metric: where it used measured tables alone, where formulas filled gaps, and under light load."""
    said = ours(rows)
    result: dict[str, Any] = {}
    for metric in METRICS:
        of_metric = [i for i, row in enumerate(rows) if row["metric"] == metric]

        def chosen(places: Sequence[int], metric: str = metric) -> dict[str, Any]:
            columns = {"aiconfigurator": [answers[i].get(metric) for i in places]}
            columns |= {name: [column[i] for i in places] for name, column in said.items()}
            return compared([rows[i] for i in places], columns)

        measured = [i for i in of_metric if answers[i].get("mode") == "SILICON"]
        result[metric] = {
            "measured_tables": chosen(measured),
            "measured_tables_light_load": chosen([i for i in measured if asks[i].concurrency <= LIGHT_LOAD]),
            "gaps_filled_by_formulas": chosen([i for i in of_metric if answers[i].get("mode") == "HYBRID"]),
        }
    return result


def our_speed() -> dict[str, float]:
    """One call for a grid of lengths and concurrencies; median of some, the first (which reads files) told apart."""
    setup = setup_of(chip="H100-SXM", model="Llama-3.1-70B", chips=8, precision="fp8", engine="vllm 0.12.0")
    rng = np.random.default_rng(SEED)
    lengths = rng.integers(16, 8192, size=(2, GRID)).astype(float)
    load = {"input_tokens": lengths[0], "output_tokens": lengths[1], "concurrency": rng.integers(1, 512, GRID) * 1.0}
    took = []
    for _ in range(CALLS + 1):
        began = time.perf_counter()
        grid(setup, **load)
        took.append(time.perf_counter() - began)
    return {
        "grid_points": GRID, "grid_s": rounded(median(took[1:])), "first_call_s": rounded(took[0]),
        "per_s": rounded(GRID / median(took[1:])),
    }  # fmt: skip


def sample(items: Sequence[T], most: int) -> list[T]:
    """At most so many (0: all), chosen by a fixed seed."""
    return list(items) if not most or len(items) <= most else random.Random(SEED).sample(items, most)


def run(given: Sequence[Row], python: str, most: int) -> dict[str, Any]:
    """The whole comparison, for these rows, with this interpreter's AIConfigurator."""
    read_as = [(row, ask_of(row)) for row in given]
    asked = sample([(row, ask) for row, ask in read_as if isinstance(ask, Ask)], most)
    rows, asks = [row for row, _ in asked], [ask for _, ask in asked]
    with interpreter(python) as found:
        say(f"asking AIConfigurator for {len(asks)} rows")
        version, answers = theirs(asks, found)
    say("asking Baseload")
    return {
        "seed": SEED,
        "aiconfigurator_version": version,
        "rows": len(given),
        "not_asked": dict(Counter(reason for _, reason in read_as if isinstance(reason, str)).most_common()),
        "asked": len(asks),
        "answered": dict(Counter(answer["way"] for answer in answers if "way" in answer)),
        "no_answer": dict(Counter(answer["reason"] for answer in answers if "reason" in answer).most_common()),
        "error": tables(rows, asks, answers),
        "speed": {"aiconfigurator": speed(answers, GRID), "baseload": our_speed()},
    }


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("files", nargs="*", type=Path, default=[ROWS], help="files like serving_e2e.csv")
    parser.add_argument("--python", default="", help="an interpreter that has aiconfigurator-core")
    parser.add_argument("--rows", type=int, default=0, help="ask for so many rows, chosen by a fixed seed (0: all)")
    args = parser.parse_args()
    publish(run(read(args.files), args.python, QUICK_ROWS if args.quick else args.rows), as_json=args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
