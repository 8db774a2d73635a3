"""Calibrations as a data file: constants and their uncertainty by level, fit rows, bands, and where rows are from.

One line per constant and level, in a fixed order, so that a new fit shows as a difference. Values are of logarithms.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from baseload.silicon.calibrate.hierarchy import Learned
from baseload.silicon.kernels.calibration import Calibration
from baseload.silicon.kernels.families import KERNELS

FORMAT = 1
DIGITS = 4
Pair = tuple[float, float]
Level = tuple[str, str, str, float, float]
"""Constant, effect ("" for the common value), level, value, standard deviation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What a calibration was fitted from: file names, rows of each, and the day, which comes in from outside."""

    date: str
    sources: Mapping[str, int]
    """Rows used, by file name."""


def written(calibrations: Mapping[str, Calibration], provenance: Provenance) -> str:
    """The text of the file; the same fit gives the same text."""
    head = {"format": FORMAT, "date": provenance.date, "sources": dict(sorted(provenance.sources.items()))}
    blocks = ",\n".join(f"{json.dumps(name)}: {_block(calibrations[name])}" for name in sorted(calibrations))
    return f'{{\n"provenance": {json.dumps(head)},\n"kernels": {{\n{blocks}\n}}\n}}\n'


def read(text: str) -> dict[str, Calibration]:
    """From the text of a file that `written` made."""
    return {name: _calibration(name, block) for name, block in json.loads(text)["kernels"].items()}


@cache
def shipped() -> Mapping[str, Calibration]:
    """The calibrations that travel with the package, read when they are first asked for."""
    return read((resources.files("baseload.silicon") / "calibration" / "kernels.json").read_text(encoding="utf-8"))


def _block(c: Calibration) -> str:
    lines = {
        "levels": [json.dumps(level) for level in _levels(c.learned)],
        "rows": [json.dumps(entry) for entry in sorted(c.rows.items())],
        "known": [json.dumps(name) for name in sorted(c.known)],
        "bands": [json.dumps([key, *_rounded(c.bands[key])]) for key in sorted(c.bands)],
    }
    return "{\n" + ",\n".join(f'"{key}": [\n' + ",\n".join(given) + "\n]" for key, given in lines.items()) + "\n}"


def _levels(learned: Learned) -> list[Level]:
    made: list[Level] = []
    for name in sorted(learned.common):
        made.append((name, "", "", *_rounded(learned.common[name])))
        for effect, levels in sorted(learned.effects[name].items()):
            made += [(name, effect, level, *_rounded(levels[level])) for level in sorted(levels)]
    return made


def _rounded(pair: Sequence[float]) -> Pair:
    return round(pair[0], DIGITS), round(pair[1], DIGITS)


def _calibration(name: str, block: Mapping[str, Any]) -> Calibration:
    common: dict[str, Pair] = {}
    effects: dict[str, dict[str, dict[str, Pair]]] = {}
    for constant, effect, level, value, sd in block["levels"]:
        if effect:
            effects.setdefault(constant, {}).setdefault(effect, {})[level] = (value, sd)
        else:
            common[constant] = (value, sd)
    return Calibration(
        kernel=KERNELS[name],
        learned=Learned(common=common, effects={c: effects.get(c, {}) for c in common}, residual={}),
        rows=dict(block["rows"]),
        known=frozenset(block["known"]),
        bands={key: (low, high) for key, low, high in block["bands"]},
    )
