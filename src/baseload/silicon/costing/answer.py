"""What the model answers to a published figure: an estimate, or the reason for its silence."""

from collections.abc import Callable
from datetime import date

import numpy as np

from baseload.catalog.cost import cost_inputs
from baseload.catalog.design import find_design
from baseload.silicon.coefficients import Array, Number
from baseload.silicon.costing.design import Design, design_of
from baseload.silicon.costing.draw import Draws, Middle, Pick
from baseload.silicon.estimate import Estimate, Mode
from baseload.silicon.left_out import Row

DRAWS, SEED = 1000, 7
MODEL: Mode = "cost model"
CATALOGUE: Mode = "catalogue"
"""Modes: computed from parts; or read from an input that was itself taken from such a figure, so no test at all."""
AROUND = frozenset(
    (
        *("nvidia", "amd", "google", "meta", "microsoft", "dgx", "hgx", "rental", "server", "8-gpu", "baseboard"),
        *("rack", "(server", "share)", "gpu", "accelerator"),
    )
)
"""Words of a subject that do not name the chip."""


Answer = Estimate | str
"""An estimate in the row's unit, or why the model is silent."""


def estimate(
    formula: Callable[[Pick], Number], row: Row, *, mode: Mode = MODEL, note: str = "", error: float = 0.0
) -> Estimate:
    """A formula's central value and the 10 % and 90 % quantiles of its draws, on the row's day.

    `error` widens the band where the formula itself, and not only its inputs, is known to be off by so much.
    """
    day = day_of(row)
    middle = float(formula(Middle(cost_inputs(), day)))
    drawn: Array = np.asarray(formula(Draws(cost_inputs(), day, seed=SEED, n=DRAWS)), dtype=float)
    low, high = (float(q) for q in np.quantile(drawn, (0.1, 0.9)))
    low, high = min(low, middle) * (1.0 - error), max(high, middle) * (1.0 + error)
    return Estimate(value=middle, low=low, high=high, mode=mode, assumption=note)


def day_of(row: Row) -> date:
    """The day a row speaks of: `2026-02`, `2025-Q4`, `2026`; the middle of what it names."""
    said = row.get("as_of", "").strip()
    year, _, rest = said.partition("-")
    if not (year.isdecimal() and len(year) == 4 and int(year)):
        return date(2026, 7, 1)
    if rest[:1].upper() == "Q" and rest[1:2] in tuple("1234"):
        return date(int(year), int(rest[1]) * 3 - 1, 15)
    month = int(rest[:2]) if rest[:2].isdecimal() else 0
    return date(int(year), month, 15) if 1 <= month <= 12 else date(int(year), 7, 1)


def design_named(subject: str) -> Design | None:
    """The chip that a subject names, with or without what stands around it."""
    bare = " ".join(word for word in subject.split() if word.casefold() not in AROUND)
    for name in (subject, bare):
        entry = find_design(name)
        if entry:
            return design_of(entry)
    return None


def unknown_make(subject: str) -> str:
    """For a chip without a parts list."""
    return f"nothing public says what {subject} is made of: no die area or no memory"
