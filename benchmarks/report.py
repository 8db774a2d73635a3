"""How recipes speak: one JSON object with --json, else a small table; talk and progress on stderr."""

import argparse
import json
import os
import platform
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MOST_S = 2 * 3600
"""No recipe runs longer, whatever hangs."""


def options(doc: str | None) -> argparse.ArgumentParser:
    """The options every recipe has; and its manners: told to end, or out of time, it ends what it started."""
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGALRM, _end)
    signal.alarm(MOST_S)
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="tiny counts: shows that the recipe works, not a figure")
    return parser


def _end(number: int, frame: object) -> None:
    say(f"ending: {signal.Signals(number).name}")
    raise SystemExit(128 + number)


def say(text: str) -> None:
    """Progress, for a person."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {"cpu": model, "cores": os.cpu_count(), "python": platform.python_version(), "load_1min": os.getloadavg()[0]}


def publish(result: Mapping[str, Any], *, as_json: bool) -> None:
    """Print the result: the whole object, or its leaves as two columns."""
    whole = {"machine": machine(), **result}
    if as_json:
        print(json.dumps(whole, default=str))
        return
    rows = list(_leaves(whole, ""))
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:<{width}}  {value}")


def failed(figures: Any) -> bool:
    """Whether anything anywhere in a result had a failure."""
    if isinstance(figures, Mapping):
        return bool(figures.get("failures")) or any(failed(inner) for inner in figures.values())
    return isinstance(figures, list) and any(failed(inner) for inner in figures)


def _leaves(value: Any, name: str) -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        return [leaf for key, inner in value.items() for leaf in _leaves(inner, f"{name}.{key}" if name else str(key))]
    return [(name, str(value))]
