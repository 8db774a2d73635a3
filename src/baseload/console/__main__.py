"""`python -m baseload.console --data DIR --port N`: serves the pages until its parent is gone.

Prints one line, `ready http://HOST:PORT`, when it answers; everything else is silence or one sentence on stderr.
"""

import argparse
import os
import socket
import sys
import threading
import time
from pathlib import Path

import uvicorn

from baseload.console.app import application
from baseload.console.guard import LOOPBACK
from baseload.fleet import leash

WATCH_S = 0.5


class _Server(uvicorn.Server):
    """Says when it is ready, on standard output."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listener in sockets or ():
            host, port = listener.getsockname()[:2]
            print(f"ready http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)


def _leave_with(parent: int, server: uvicorn.Server) -> None:
    """Ask the server to stop once our parent is another process than it was."""
    while os.getppid() == parent:
        time.sleep(WATCH_S)
    server.should_exit = True


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m baseload.console", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the data directory of `baseload up`")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--allow-host", action="append", default=[], help="a further name to answer to")
    parser.add_argument("--parent", type=int, default=os.getppid(), help="leave when this process is not our parent")
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    """Serve."""
    leash.hold()
    args = _arguments(argv)
    family = socket.AF_INET6 if ":" in args.host else socket.AF_INET
    try:
        listener = socket.create_server((args.host, args.port), family=family)
    except OSError as e:
        print(f"the console cannot listen on {args.host}:{args.port}: {os.strerror(e.errno or 0)}", file=sys.stderr)
        return 1
    app = application(args.data, [*LOOPBACK, *args.allow_host])
    config = uvicorn.Config(
        app,
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        proxy_headers=False,
    )
    server = _Server(config)
    threading.Thread(target=_leave_with, args=(args.parent, server), daemon=True).start()
    server.run(sockets=[listener])
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
