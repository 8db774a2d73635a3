"""First answer: seconds from one command to a real answer that says its tokens, cents and joules.

python -m benchmarks.first_answer --json            # `baseload up` on a fresh data directory
python -m benchmarks.first_answer --clone --json    # a fresh clone: `make setup` (timed apart), then `make up`
"""

import asyncio
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.cloud import Up, command, descendants
from benchmarks.processes import stop, wait_until_gone
from benchmarks.stats import rounded
from benchmarks.wire import Answer, Connection

PATIENCE_S = 600.0
REPOSITORY = Path(__file__).resolve().parent.parent


async def ask(up: Up) -> Answer:
    """One short question, not streamed."""
    target = up.target()
    body = {"model": up.model, "max_tokens": 8, "messages": [{"role": "user", "content": "Say hello."}]}
    line = Connection(target)
    try:
        return await line.ask(target.request("POST", "/v1/chat/completions", body))
    finally:
        line.close()


@contextlib.contextmanager
def started(arguments: list[str], folder: Path, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """The command as a child; it and all below it are gone afterwards."""
    with log.open("wb") as out:
        child = subprocess.Popen(arguments, cwd=folder, stdout=out, stderr=subprocess.STDOUT)
    try:
        yield child
    finally:
        family = [child.pid, *descendants(child.pid)]
        for pid in family[1:2]:  # make passes no signal on: tell what it runs
            with contextlib.suppress(ProcessLookupError):
                subprocess.run(["kill", "-TERM", str(pid)], check=False, stderr=subprocess.DEVNULL)
        stop(child)
        wait_until_gone(family, 15.0)


def first_answer(arguments: list[str], folder: Path, home: Path) -> dict[str, Any]:
    """Start the command, wait for its ready file, ask once."""
    ready, log = home / "ready.json", home / "log"
    began = time.perf_counter()
    with started(arguments, folder, log) as child:
        while not ready.exists():
            if child.poll() is not None or time.perf_counter() - began > PATIENCE_S:
                raise RuntimeError(f"it did not come up:\n{log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.01)
        up_s = time.perf_counter() - began
        answer = asyncio.run(ask(Up.read(ready, home / "data")))
        whole_s = time.perf_counter() - began
    usage = answer.usage or {}
    metered = answer.ok and all(name in usage for name in ("completion_tokens", "cost_usd", "energy_joules"))
    return {"ready_s": rounded(up_s), "first_answer_s": rounded(whole_s), "metered": metered, "usage": usage}


def run(*, clone: bool) -> dict[str, Any]:
    """In this environment, or in a fresh clone of the last commit."""
    with tempfile.TemporaryDirectory(prefix="baseload-first-") as name:
        home = Path(name)
        flags = ["--port", "0", "--data", str(home / "data"), "--ready-file", str(home / "ready.json")]
        if not clone:
            return first_answer(command("up", *flags), home, home)
        source = home / "clone"
        subprocess.run(["git", "clone", "--quiet", str(REPOSITORY), str(source)], check=True)
        report.say("make setup in a fresh clone")
        began = time.perf_counter()
        subprocess.run(["make", "setup"], cwd=source, check=True, stdout=sys.stderr, timeout=1800)
        setup_s = time.perf_counter() - began
        return {"setup_s": rounded(setup_s), **first_answer(["make", "up", f"ARGS={' '.join(flags)}"], source, home)}


def main() -> None:
    parser = report.options(__doc__)
    parser.add_argument("--clone", action="store_true", help="from a fresh clone, packages installed anew")
    options = parser.parse_args()
    result = run(clone=options.clone and not options.quick)
    report.publish(result, as_json=options.json)
    sys.exit(0 if result["metered"] else 3)


if __name__ == "__main__":
    main()
