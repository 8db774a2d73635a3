"""A hardware sensor that may fall silent, and a model that fills in for it and marks what it filled."""

from baseload.energy.sensors.base import Reading, Sensor
from baseload.units import Mark, Micros


class Filled:
    """While the primary is silent, the model's joules count, marked modelled.

    When it answers again and its counter went on counting, the total returns to the counter. If the model had put in
    too much, the total stands still until the counter has caught up: joules once shared out are never taken back.
    A counter that was reset cannot say what it missed; then the model's estimate of the gap stays.
    """

    def __init__(self, primary: Sensor, model: Sensor) -> None:
        self.primary = primary
        self.model = model
        self.total_mj = 0
        self.filled_mj = 0
        self.anchor_mj = 0
        self.model_mj = 0
        self.silent = False
        self.heard = False

    def read(self, now_us: Micros) -> Reading:
        model_mj = self.model.read(now_us).total_mj
        guess_mj, self.model_mj = model_mj - self.model_mj, model_mj
        try:
            reading = self.primary.read(now_us)
        except OSError:
            self.silent = True
            return self._fill(guess_mj, now_us)
        was_silent, self.silent = self.silent, False
        first, self.heard = not self.heard, True
        if not reading.bridged or (first and was_silent):
            filled = self._fill(guess_mj, now_us)
            self.anchor_mj = self.total_mj - reading.total_mj
            return filled
        self.total_mj = max(self.total_mj, self.anchor_mj + reading.total_mj)
        kind = Mark.MODELLED if was_silent else reading.kind
        return Reading(total_mj=self.total_mj, kind=kind, at_us=now_us, filled_mj=self.filled_mj)

    def _fill(self, guess_mj: int, now_us: Micros) -> Reading:
        self.total_mj += guess_mj
        self.filled_mj += guess_mj
        return Reading(total_mj=self.total_mj, kind=Mark.MODELLED, at_us=now_us, filled_mj=self.filled_mj)

    def close(self) -> None:
        self.primary.close()
        self.model.close()
