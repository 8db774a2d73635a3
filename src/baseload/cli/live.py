"""The live line of `baseload up`: requests, tokens, joules, dollars and watts, from the gateway's own state."""

import shutil
import sys
from dataclasses import dataclass

from baseload.console.figures import number, scaled, usd
from baseload.console.wire import State

PLAIN_EVERY_S = 10.0
"""Where stdout is no terminal, a line now and then is a log; one a second is noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the line is drawn from. Dollars are revenue so far, from the usage rows."""

    state: State
    earned_usd: float | None


def line(reading: Reading) -> str:
    """One line, the same order each time, so that the eye learns where to look."""
    s = reading.state
    tokens = s.rates.decode_tokens_per_s
    requests = f"{s.requests.total:,} request{'' if s.requests.total == 1 else 's'}"
    parts = [
        f"{requests} ({s.requests.in_flight} now{_queued(s.requests.queued)})",
        f"{s.trust.metered_tokens:,} tokens ({number(tokens)}/s)",
        f"{' '.join(scaled(s.power.joules_total, 'J'))} {s.power.kind}",
        usd(reading.earned_usd),
        f"{number(s.power.watts)} W {s.power.kind}",
    ]
    if s.problems:
        parts.append(f"! {s.problems[0]}")
    return " · ".join(parts)


def _queued(count: int) -> str:
    return f", {count} waiting" if count else ""


class Screen:
    """Redraws in place on a terminal; elsewhere prints a plain line each ten seconds."""

    def __init__(self) -> None:
        self.terminal = sys.stderr.isatty()
        self.next_plain_s = 0.0
        self.drawn = False

    def show(self, text: str, now_s: float) -> None:
        if self.terminal:
            width = shutil.get_terminal_size().columns
            sys.stderr.write("\r\x1b[2K" + text[: width - 1])
            sys.stderr.flush()
            self.drawn = True
        elif now_s >= self.next_plain_s:
            self.next_plain_s = now_s + PLAIN_EVERY_S
            print(text, file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Leave the line before something else is said."""
        if self.drawn:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
            self.drawn = False
