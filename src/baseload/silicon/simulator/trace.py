"""Requests as they were: a CSV file of arrivals, lengths, prefixes and classes; every fault of it at once."""

import csv
import math
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from baseload.errors import DescriptionError, Fault
from baseload.silicon.simulator.lengths import MOST
from baseload.silicon.simulator.load import Load

NEEDED = ("arrival_s", "input_tokens", "output_tokens", "prefix_id")
MAY = ("prefix_tokens", "priority")
SHORT = {"arrival": "arrival_s", "input": "input_tokens", "output": "output_tokens", "prefix": "prefix_id"}
"""What the columns may be called as well."""
Note = Callable[[str], None]


def replay(path: Path, note: Note | None = None) -> Load:
    """The requests of a file, in the order of their arrivals, of which the first is time 0.

    Columns: `arrival_s,input_tokens,output_tokens,prefix_id` (or `arrival,input,output,prefix`), and if wanted
    `prefix_tokens` and `priority` (0). Others are not read, which `note` is told. Times in seconds. An empty
    `prefix_id` is none. Without `prefix_tokens` a prefix is as long as the shortest prompt that begins with it.
    Raises `DescriptionError` with the line and column of every fault.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DescriptionError([Fault(file=str(path), line=0, message=f"cannot be read: {error}")]) from error
    return read(lines, str(path), note)


def read(lines: Iterable[str], file: str = "trace.csv", note: Note | None = None) -> Load:
    """As `replay`, from lines of text."""
    reader = csv.reader(lines)
    sheet = _Sheet(file, [SHORT.get(name.strip(), name.strip()) for name in next(reader, [])])
    rows = [sheet.row(reader.line_num, cells) for cells in reader if any(c.strip() for c in cells)]
    if not rows and not sheet.faults:
        sheet.fault(0, "has no requests")
    if sheet.faults:
        raise DescriptionError(sheet.faults)
    if sheet.unread and note:
        note(f"{file}: not read: {', '.join(sheet.unread)}; columns that are: {', '.join(NEEDED + MAY)}")
    return _load(np.array(rows, dtype=np.float64), sheet.has("prefix_tokens"))


class _Sheet:
    """A header and its rows; notes each fault and goes on."""

    def __init__(self, file: str, head: list[str]) -> None:
        self._file = file
        self.faults: list[Fault] = []
        self._at = {name: k for k, name in enumerate(head)}
        self._prefixes: dict[str, int] = {}
        self._width = len(head)
        for name in NEEDED:
            if name not in self._at:
                self.fault(1, f"column {name!r} is missing; needed are {', '.join(NEEDED)}")
        self.unread = [repr(name) for name in self._at if name not in NEEDED + MAY]
        for name in NEEDED + MAY:
            if head.count(name) > 1:
                self.fault(1, f"column {name!r} is there {head.count(name)} times")

    def has(self, name: str) -> bool:
        return name in self._at

    def fault(self, line: int, message: str) -> None:
        self.faults.append(Fault(file=self._file, line=line, message=message))

    def row(self, line: int, cells: list[str]) -> tuple[float, ...]:
        """(arrival, input, output, prefix, prefix tokens, priority)."""
        if len(cells) != self._width:
            self.fault(line, f"has {len(cells)} cells, the header {self._width}")
            return (0.0,) * 6
        said = {name: cells[k].strip() for name, k in self._at.items()}
        prefix = said.get("prefix_id", "")
        number = self._prefixes.setdefault(prefix, len(self._prefixes)) if prefix else -1
        asked = self._number(line, said, "input_tokens", 1, MOST)
        common = self._number(line, said, "prefix_tokens", 0, MOST, 0.0)
        if common > (asked if prefix else 0):
            limit = f"is more than input_tokens, {asked:g}" if prefix else "needs a prefix_id"
            self.fault(line, f"prefix_tokens: {common:g} {limit}")
        return (
            self._number(line, said, "arrival_s", -math.inf, math.inf),
            asked,
            self._number(line, said, "output_tokens", 1, MOST),
            number,
            common,
            self._number(line, said, "priority", -MOST, MOST, 0.0),
        )

    def _number(self, line: int, said: dict[str, str], name: str, low: float, high: float, absent: float = 1) -> float:
        """A number of a column; whole, unless it is the time. What may be left out may be empty too."""
        if name not in said or (name in MAY and not said[name]):
            return absent
        text, time = said[name], name == "arrival_s"
        kind = "a number" if time else "a whole number"
        try:
            value = float(text) if time else float(int(text))
        except ValueError:
            self.fault(line, f"{name}: must be {kind}, is {text!r}")
            return absent
        if not (low <= value <= high and math.isfinite(value)):
            self.fault(line, f"{name}: must be {kind}{f' of {low:g} or more' if low > -MOST else ''}, is {text}")
        return value


def _load(rows: np.ndarray[tuple[int, int], np.dtype[np.float64]], told: bool) -> Load:
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    whole = rows.astype(np.int64)
    asked, prefix, common = whole[:, 1], whole[:, 3], whole[:, 4]
    if not told and (prefix >= 0).any():
        shortest = np.full(prefix.max() + 1, MOST)
        np.minimum.at(shortest, prefix[prefix >= 0], asked[prefix >= 0])
        common = np.where(prefix >= 0, shortest[prefix], 0)
    return Load(
        arrival_s=rows[:, 0] - rows[0, 0],
        input_tokens=asked,
        output_tokens=whole[:, 2],
        prefix=np.where(common > 0, prefix, -1),
        prefix_tokens=common,
        priority=whole[:, 5],
    )
