"""A calibration as a data file: what was learned, from which rows, and how wide its bands are."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from baseload.errors import SetupError
from baseload.silicon.calibrate.calibration import PARTS, Calibration
from baseload.silicon.calibrate.hierarchy import Learned
from baseload.store.whole import write_whole

FORMAT = 1
SHIPPED = "serving.json"
DIGITS = 4
NOTHING = 5e-4
"""Effects smaller than this, on the logarithm, are not kept."""


def write(path: Path, made: Calibration, sources: Sequence[Mapping[str, Any]], date: str) -> None:
    """Write it whole or not at all; equal input gives equal bytes."""
    value = {
        "format": FORMAT,
        "about": {"date": date, "sources": list(sources), "kind": "estimate"},
        "rows": made.rows,
        "bands": made.bands,
        **{part: _written(getattr(made, part)) for part in PARTS},
    }
    write_whole(path, json.dumps(value, indent=1, sort_keys=True) + "\n")


def read(text: str, where: str) -> Calibration:
    """From a file's text. SetupError when it is not one of ours."""
    try:
        value = json.loads(text)
        if value["format"] != FORMAT:
            raise SetupError(f"{where} is of format {value['format']}, this version reads {FORMAT}; calibrate again")
        parts = {part: _read(value[part]) for part in PARTS}
        return Calibration(rows=value["rows"], bands=value["bands"], **parts)
    except (ValueError, KeyError, TypeError) as error:
        raise SetupError(f"{where} is not a calibration ({error!r}); write one with baseload chip calibrate") from error


@cache
def shipped() -> Calibration:
    """The one that comes with Baseload."""
    file = resources.files("baseload.silicon") / "calibration" / SHIPPED
    return read(file.read_text(encoding="utf-8"), SHIPPED)


def _written(learned: Learned) -> dict[str, Any]:
    def pair(of: tuple[float, float]) -> list[float]:
        return [round(of[0], DIGITS), round(of[1], DIGITS)]

    def kept(table: Mapping[str, tuple[float, float]]) -> dict[str, list[float]]:
        return {level: pair(of) for level, of in table.items() if abs(of[0]) >= NOTHING}

    return {
        "common": {name: pair(of) for name, of in learned.common.items()},
        "effects": {
            name: {effect: kept(levels) for effect, levels in effects.items() if kept(levels)}
            for name, effects in learned.effects.items()
        },
        "residual": {effect: kept(levels) for effect, levels in learned.residual.items()},
    }


def _read(value: Mapping[str, Any]) -> Learned:
    def pairs(table: Mapping[str, Sequence[float]]) -> dict[str, tuple[float, float]]:
        return {level: (float(of[0]), float(of[1])) for level, of in table.items()}

    return Learned(
        common=pairs(value["common"]),
        effects={
            name: {e: pairs(levels) for e, levels in effects.items()} for name, effects in value["effects"].items()
        },
        residual={effect: pairs(levels) for effect, levels in value["residual"].items()},
    )
