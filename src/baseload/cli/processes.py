"""The processes of a cloud as values: the gateway, the console, and one worker for each replica."""

import os
import signal
import socket
import sys
from pathlib import Path

from baseload.cli.ready import is_loopback
from baseload.config.cloud import Cloud
from baseload.fleet.child import Child
from baseload.fleet.replica import Replica, make_socket_dir, replicas, write_roster, write_specs

GATEWAY, CONSOLE = "gateway", "console"
SETTLE_S = 10.0
"""Beyond its drain time: to settle what was cut off and give the leases back."""


def prepare_workers(data: Path, cloud: Cloud) -> list[Replica]:
    """What each worker is told, written down, so that the gateway finds them from its first moment."""
    make_socket_dir(data)
    workers = replicas(cloud, data, cores=os.cpu_count() or 1)
    write_specs(workers)
    write_roster(data, workers, {})
    (data / "run" / "admin.json").unlink(missing_ok=True)
    return workers


def children(data: Path, cloud: Cloud, workers: list[Replica]) -> list[Child]:
    """All of them. The gateway stops first and drains while the workers still answer; the console goes with it."""
    return [
        Child(
            name=GATEWAY,
            argv=(sys.executable, "-m", "baseload.gateway", "--data", str(data)),
            log=data / "logs" / "gateway.log",
            stop_s=cloud.gateway.drain_timeout_s + SETTLE_S,
            death_signal=signal.SIGTERM,
        ),
        Child(
            name=CONSOLE,
            argv=(sys.executable, "-m", "baseload.console", "--data", str(data), *_console_address(cloud)),
            log=data / "logs" / "console.log",
            stop_s=5.0,
        ),
        *(worker.child() for worker in workers),
    ]


def _console_address(cloud: Cloud) -> list[str]:
    """Where it listens. It answers to its own names only; from elsewhere it is called by this machine's name."""
    host = cloud.gateway.host
    address = ["--host", host, "--port", str(cloud.gateway.console_port)]
    if not is_loopback(host):
        for name in dict.fromkeys((f"[{host}]" if ":" in host else host, socket.gethostname(), socket.getfqdn())):
            address += ["--allow-host", name]
    return address
