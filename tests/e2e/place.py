"""The cloud the browser looks at: a fake gateway with a real console process, or a cloud that is already up.

BASELOAD_E2E_READY names the ready file of a running `baseload up`; without it the fake is used.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from baseload.console import ticket
from baseload.units import Micros
from tests.console import fake_admin


@dataclass
class Place:
    """Where the console is, and the keys to it. `cloud` is None when the cloud is real."""

    console_url: str
    admin_key: str
    tenant_key: str
    tenant: str
    cloud: fake_admin.FakeCloud | None = None
    data: Path | None = None

    def link(self, role: str) -> str:
        assert self.data is not None
        return f"{self.console_url}/login?ticket={ticket(self.data, role, Micros(time.time_ns() // 1000))}"


@contextmanager
def console_process(data: Path) -> Iterator[str]:
    """`python -m baseload.console` for a data directory; gone when the block ends."""
    command = [sys.executable, "-m", "baseload.console", "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().removeprefix("ready ").strip()
        finally:
            process.terminate()
            process.wait(10)


@contextmanager
def fake_place(data: Path) -> Iterator[Place]:
    cloud = fake_admin.FakeCloud(data)
    gateway = fake_admin.start(cloud)
    try:
        with console_process(data) as url:
            yield Place(url, cloud.admin_key, cloud.tenant_keys["acme"], "acme", cloud, data)
    finally:
        gateway.stop()


def real_place(ready_file: Path) -> Place:
    ready = json.loads(ready_file.read_text())
    return Place(
        ready["console_url"].rstrip("/"),
        ready["admin_key"],
        ready["api_key"],
        os.environ.get("BASELOAD_E2E_TENANT", "acme"),
    )
