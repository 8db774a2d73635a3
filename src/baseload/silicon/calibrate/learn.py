"""From files of measured serving rows to a calibration file, with bands from refits without each group."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from baseload.errors import SetupError
from baseload.silicon.calibrate.calibrator import Calibrator, with_bands
from baseload.silicon.calibrate.new_chips import on_new_chips
from baseload.silicon.calibrate.observation import LeftOut, Observation, observe
from baseload.silicon.calibrate.store import shipped, write
from baseload.silicon.score.files import Measurements, read_measurements

Progress = Callable[[int, int, str], None]


def learn(paths: Sequence[Path], out: Path, *, bands: bool, known: bool, progress: Progress) -> dict[str, Any]:
    """Fit and write; with `known`, parts without rows are the shipped calibration's.

    SetupError or DescriptionError on files that are not serving rows; nothing is half-written.
    """
    files = [read_measurements(path) for path in paths]
    other = [str(file.path) for file in files if file.kind != "serving"]
    if other:
        raise SetupError(
            f"{', '.join(other)} holds no serving rows; kernels and watts are fitted by their recipe, "
            "python -m benchmarks.kernel_accuracy --write DATE"
        )
    observations = unique([o for file in files for o in observations_of(file)])
    calibrator = Calibrator(observations, shipped() if known else None)
    made = calibrator.fit(spreads=True)
    if bands:
        groups = sorted({o.group for o in observations})
        errors = []
        for at, group in enumerate(groups, 1):
            progress(at, len(groups), f"without {group}")
            errors += [(part, mode, error) for _, part, _, error, mode in calibrator.left_out([group])]
        errors += [
            (part, mode, error)
            for part, mode, _, error in on_new_chips(calibrator, observations, progress)
            if mode == "datasheet"
        ]
        made = with_bands(made, errors)
    sources = [_source(file) for file in files]
    write(out, made, sources, datetime.now(UTC).date().isoformat())
    return {"rows_fitted": len(observations), "sources": sources, "bands": made.bands}


def observations_of(file: Measurements) -> list[Observation]:
    """The rows of a file that can be used."""
    kept = []
    for row in file.rows:
        try:
            kept.append(observe(row))
        except LeftOut:
            continue
    return kept


def unique(observations: Sequence[Observation]) -> list[Observation]:
    """Without rows that say the same of the same run: files overlap."""
    seen: dict[tuple[Any, ...], Observation] = {}
    for o in observations:
        key = (
            o.group,
            o.engine,
            o.precision,
            o.served.plan,
            o.lengths,
            o.concurrency,
            o.rate_per_s,
            o.metric,
            o.statistic,
        )
        seen.setdefault((*key, round(o.value, 3)), o)
    return list(seen.values())


def _source(file: Measurements) -> dict[str, Any]:
    digest = hashlib.sha256(file.path.read_bytes()).hexdigest()
    return {"file": file.path.name, "rows": len(file.rows), "sha256": digest}
