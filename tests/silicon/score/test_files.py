"""Files of measurements: every fault at once, with line and column, and nothing half-written."""

import csv
from pathlib import Path

import pytest

from baseload.errors import DescriptionError, SetupError
from baseload.silicon.score.files import COLUMNS, read_measurements
from baseload.silicon.validate import validate, write_rows
from tests.silicon.calibrate.test_observation import ROW


def written(path: Path, rows: list[dict[str, str]], columns: tuple[str, ...] = COLUMNS["serving"]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_every_fault_is_told_at_once_with_line_and_column(tmp_path: Path):
    file = written(tmp_path / "m.csv", [{**ROW, "value": "fast"}, ROW, {**ROW, "isl": "1k", "n_chips": "two"}])
    with pytest.raises(DescriptionError) as told:
        read_measurements(file)
    assert [(f.line, f.message) for f in told.value.faults] == [
        (2, "column value: 'fast' is not a number"),
        (4, "column n_chips: 'two' is not a number"),
        (4, "column isl: '1k' is not a number"),
    ]


def test_missing_columns_are_named(tmp_path: Path):
    columns = tuple(c for c in COLUMNS["serving"] if c not in ("metric", "quality"))
    with pytest.raises(SetupError, match="metric, quality"):
        read_measurements(written(tmp_path / "m.csv", [ROW], columns))


def test_a_mark_of_byte_order_and_blanks_around_column_names_are_not_part_of_them(tmp_path: Path):
    file = written(tmp_path / "m.csv", [ROW])
    head, rest = file.read_text(encoding="utf-8").split("\n", 1)
    file.write_text("\n".join((head.replace(",", " , "), rest)), encoding="utf-8-sig")
    assert read_measurements(file).rows == [ROW]


def test_a_cell_too_many_is_told_with_its_line(tmp_path: Path):
    file = written(tmp_path / "m.csv", [ROW, ROW])
    file.write_text(file.read_text(encoding="utf-8").rstrip("\n") + ",more\n", encoding="utf-8")
    with pytest.raises(DescriptionError) as told:
        read_measurements(file)
    assert [(f.line, f.message) for f in told.value.faults] == [(3, "more cells than the header has columns")]


def test_a_file_of_something_else_says_what_was_expected(tmp_path: Path):
    (tmp_path / "m.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SetupError, match="no column tells what was measured"):
        read_measurements(tmp_path / "m.csv")


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(SetupError, match="cannot read"):
        read_measurements(tmp_path / "none.csv")


def test_every_row_comes_back_with_its_prediction_or_its_reason(tmp_path: Path):
    file = written(tmp_path / "m.csv", [ROW, {**ROW, "quality": "suspect"}])
    found, scored = validate([file])
    assert (found.rows, found.scored, found.left_out) == (2, 1, {"quality is suspect": 1})
    write_rows(tmp_path / "out.csv", scored)
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as out:
        good, bad = csv.DictReader(out)
    assert float(good["low"]) < float(good["prediction"]) < float(good["high"])
    assert (bad["prediction"], bad["left_out"]) == ("", "quality is suspect")


def test_nothing_is_left_behind_when_the_place_cannot_be_written(tmp_path: Path):
    file = written(tmp_path / "m.csv", [ROW])
    _, scored = validate([file])
    with pytest.raises(SetupError, match="there is no directory"):
        write_rows(tmp_path / "no" / "out.csv", scored)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m.csv"]
