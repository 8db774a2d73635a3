"""Files of measurements against the model: what `chip validate` prints, and what the accuracy page is made of."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from baseload.catalog import Chip, ModelEntry, Shelf, catalog
from baseload.silicon.calibrate.calibration import Calibration
from baseload.silicon.calibrate.store import shipped
from baseload.silicon.estimate import Estimate
from baseload.silicon.score.errors import Report, Scored, report
from baseload.silicon.score.files import Measurements, Row, read_measurements
from baseload.silicon.score.rows import answers
from baseload.store.whole import write_whole

ADDED = ("prediction", "low", "high", "mode", "left_out")


def predict_rows(rows: Sequence[Row], kind: str = "serving", made: Calibration | None = None) -> list[Estimate | str]:
    """For each row of a file of this kind its estimate in the row's unit, or the reason it is left out."""
    return answers(rows, kind, made or shipped())


def validate(
    paths: Sequence[Path], made: Calibration | None = None
) -> tuple[Report, list[tuple[Measurements, list[Scored]]]]:
    """Read and score files; the report of all, and the rows of each. SetupError or DescriptionError on bad files."""
    files = [read_measurements(path) for path in paths]
    scored = [(file, _scored(file, predict_rows(file.rows, file.kind, made))) for file in files]
    return report([row for _, rows in scored for row in rows]), scored


def write_rows(path: Path, scored: Sequence[tuple[Measurements, list[Scored]]]) -> None:
    """Every input row with what was predicted for it. Written whole or not at all."""
    columns = list(dict.fromkeys(column for file, _ in scored for column in file.columns))
    text = io.StringIO()
    writer = csv.DictWriter(text, [*columns, *ADDED], restval="", lineterminator="\n")
    writer.writeheader()
    for measured, rows in scored:
        for row, one in zip(measured.rows, rows, strict=True):
            writer.writerow({**row, **_added(one.answer)})
    write_whole(path, text.getvalue())


def _scored(file: Measurements, said: Sequence[Estimate | str]) -> list[Scored]:
    return [_one(file.kind, row, answer) for row, answer in zip(file.rows, said, strict=True)]


def _one(kind: str, row: Row, answer: Estimate | str) -> Scored:
    metric = {"gemm": "gemm_us", "attention": "attention_us", "allreduce": "allreduce_us"}.get(kind)
    value = row["value"].strip()
    return Scored(
        metric=metric or row.get("metric") or row.get("category", ""),
        chip=_known(catalog().chips, row.get("chip") or row.get("subject", "")),
        model=_known(catalog().models, row.get("model") or row.get("precision", "")),
        value=float(value) if value else 0.0,
        answer=answer,
    )


def _known(names: Shelf[Chip] | Shelf[ModelEntry], text: str) -> str:
    """The id of what the catalogue knows by this name, so that aliases fall into one group; else the text."""
    name = text.strip()
    return names[name].id if name in names else name


def _added(answer: Estimate | str) -> dict[str, str]:
    if isinstance(answer, str):
        return {"prediction": "", "low": "", "high": "", "mode": "", "left_out": answer}
    figures = {"prediction": answer.value, "low": answer.low, "high": answer.high}
    return {name: f"{figure:.6g}" for name, figure in figures.items()} | {"mode": answer.mode, "left_out": ""}
