"""The official client against a running cloud: one we start, or the one whose ready file the environment names.

These files import nothing of ours but `benchmarks.cloud`, which is plain standard library: the same tests run under
the interpreter of the older client (see `test_older_client.py`).
"""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from benchmarks.cloud import Up

PATIENCE_S = 60.0


@pytest.fixture(scope="session")
def up(request: pytest.FixtureRequest) -> Up:
    """The cloud under test."""
    ready = os.environ.get("BASELOAD_READY_FILE")
    if ready:
        return Up.read(Path(ready), Path(os.environ["BASELOAD_DATA"]))
    started: Up = request.getfixturevalue("cloud")
    return started


@pytest.fixture(scope="session")
def connect(up: Up) -> Iterator[Callable[[str], openai.OpenAI]]:
    """A client with a given key, which never retries on its own."""
    clients: dict[str, openai.OpenAI] = {}

    def get(key: str) -> openai.OpenAI:
        if key not in clients:
            clients[key] = openai.OpenAI(base_url=up.base_url, api_key=key, max_retries=0, timeout=PATIENCE_S)
        return clients[key]

    yield get
    for client in clients.values():
        client.close()


@pytest.fixture(scope="session")
def client(connect: Callable[[str], openai.OpenAI], up: Up) -> openai.OpenAI:
    """The paying tenant's client."""
    return connect(up.api_key)


@pytest.fixture(scope="session")
def new_key(up: Up) -> Callable[..., dict[str, Any]]:
    """Make a key of a tenant; the answer holds its `id` and, this once, the `key`."""

    def make(tenant: str, **more: Any) -> dict[str, Any]:
        made: dict[str, Any] = up.admin("/admin/keys", "POST", {"tenant": tenant, "name": "conformance", **more})
        return made

    return make


@pytest.fixture(scope="session")
def recorded(up: Up) -> Callable[[str], dict[str, int]]:
    """What the ledger says of a request, once it has settled: billed tokens, and the sums over its attempts."""
    question = """
        SELECT e.tok_in, e.tok_out, e.amount_nano,
               sum(a.emitted) AS emitted, sum(a.billed) AS billed, sum(a.lost) AS lost
        FROM usage_event e JOIN attempt a USING (request_id) WHERE request_id = ? GROUP BY request_id
    """

    def look(request_id: str) -> dict[str, int]:
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends:
            ledger = sqlite3.connect(f"file:{up.data / 'ledger.db'}?mode=ro", uri=True)
            try:
                ledger.row_factory = sqlite3.Row
                row = ledger.execute(question, (request_id,)).fetchone()
            finally:
                ledger.close()
            if row is not None:
                return dict(row)
            time.sleep(0.1)
        raise AssertionError(f"{request_id} is not in the ledger after {PATIENCE_S} s")

    return look
