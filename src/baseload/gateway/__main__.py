"""`python -m baseload.gateway --data DIR`: the gateway process, as the supervisor starts it."""

import argparse
import gc
import logging
import sys
from pathlib import Path

import uvloop

from baseload.errors import BaseloadError, SetupError
from baseload.fleet import leash
from baseload.fleet.child import HOPELESS
from baseload.gateway.serve import serve

log = logging.getLogger(__name__)


def tune() -> None:
    """Settings that a request's latency feels.

    The writer thread asks for the interpreter lock between statements: at the default of 5 ms each hand-over would hold
    a commit back that long while the loop is busy. What is loaded at start is never garbage: keep the collector off it.
    """
    sys.setswitchinterval(0.0005)
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def main() -> int:
    """Exit code 0 when drained, 3 when starting again would not help, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="baseload.gateway", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the data directory of a running `baseload up`")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    leash.hold()
    tune()
    try:
        uvloop.run(serve(arguments.data))
    except SetupError as e:
        log.error("%s", e)
        return HOPELESS
    except BaseloadError as e:
        log.error("%s", e)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
