"""What the disk costs while something else is measured: fdatasync of 4 KiB appends, one every 10 ms.

    python -m benchmarks.fsync FOLDER --seconds 10

Prints one JSON object of milliseconds when it ends, by SIGTERM or by the clock. The file is removed.
"""

import argparse
import json
import os
import signal
import tempfile
import time

from benchmarks.stats import summary_ms

BLOCK = b"\0" * 4096
EVERY_S = 0.010


def probe(folder: str, seconds: float) -> list[float]:
    """Seconds each append took to be durable."""
    took: list[float] = []
    over: list[int] = []
    signal.signal(signal.SIGTERM, lambda *_: over.append(1))
    with tempfile.NamedTemporaryFile(dir=folder, prefix="fsync-probe-") as file:
        began = time.perf_counter()
        while not over and time.perf_counter() - began < seconds:
            start = time.perf_counter()
            os.write(file.fileno(), BLOCK)
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - start)
            time.sleep(max(0.0, EVERY_S - took[-1]))
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    print(json.dumps(summary_ms(probe(options.folder, options.seconds))), flush=True)


if __name__ == "__main__":
    main()
