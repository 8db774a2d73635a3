"""Rows on chips that a fit has never seen: what pooled and datasheet mode are worth."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from baseload.silicon.calibrate.calibration import log_predictions, part_of
from baseload.silicon.calibrate.calibrator import Calibrator
from baseload.silicon.calibrate.observation import Observation
from baseload.silicon.calibrate.table import table
from baseload.silicon.estimate import Mode
from baseload.silicon.hardware import full_power

Progress = Callable[[int, int, str], None]


def on_new_chips(
    calibrator: Calibrator, rows: Sequence[Observation], progress: Progress
) -> Iterator[tuple[str, Mode, Observation, float]]:
    """Part, mode, row and log(prediction / measured) by a fit without the row's chip.

    Once with what is known of the engine (pooled), once as by an engine that nothing is known of (datasheet).
    """
    chips = sorted({full_power(o.chip) for o in rows})
    for at, chip in enumerate(chips, 1):
        progress(at, len(chips), f"without {chip}")
        made = calibrator.without(lambda o, chip=chip: full_power(o.chip) == chip)  # type: ignore[misc]
        here = [o for o in rows if full_power(o.chip) == chip]
        views: tuple[tuple[Mode, list[Observation]], ...] = (
            ("pooled", here),
            ("datasheet", [_by_nobody(o) for o in here]),
        )
        for mode, kept in views:
            for part in sorted({part_of(o) for o in kept}):
                of_part = [o for o in kept if part_of(o) == part]
                t = table(of_part)
                errors = log_predictions(made, part, t) - t.log_value
                yield from ((part, mode, o, float(e)) for o, e in zip(of_part, errors, strict=True))


def _by_nobody(o: Observation) -> Observation:
    """The same run by an engine that nothing is known of."""
    return replace(o, family="", engine="", served=replace(o.served, family=""))
