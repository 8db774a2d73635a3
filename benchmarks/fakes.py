"""The fake cloud: a Baseload whose only model is the fake upstream, as an `external` engine with count and cancel."""

import contextlib
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.cloud import Up, cloud
from benchmarks.processes import stop
from benchmarks.wire import Target

FAKE_CLOUD = """\
name = "fake upstream"

[site.home]
envelope_w = "auto"
tariff = "us-industrial"

[pool.cpu]
site = "home"
chip = "auto"
chips_per_node = "auto"

[model.{model}]
pool = "cpu"
engine = "external"
url = "{url}"
slots = {slots}
context_tokens = 65536
counts_path = "/__ledger?id={{id}}"
cancel_path = "/__cancel?id={{id}}"
{tenants}
[prices]
id = "fake-1"
valid_from = 2026-01-01
internal_percent = 60

[prices.models.{model}]
input_usd_per_mtok = "0.01"
output_usd_per_mtok = "0.04"
"""

TENANTS = """
[tenant.internal]
business = "internal"
tier = "priority"
tiers = ["priority", "default", "flex"]
billing = "postpaid"
credit_usd = 1000000

[tenant.acme]
business = "external"
tier = "default"
tiers = ["priority", "default", "flex"]
billing = "prepaid"
balance_usd = 1000000

[tenant.hobby]
business = "external"
tier = "flex"
billing = "prepaid"
balance_usd = 1000000
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fake:
    """A fake upstream that is running."""

    url: str
    pid: int

    @property
    def target(self) -> Target:
        return Target.at(self.url)

    def get(self, path: str, method: str = "GET") -> Any:
        with urllib.request.urlopen(urllib.request.Request(self.url + path, method=method), timeout=60) as reply:
            return json.load(reply)


@contextlib.contextmanager
def fake_upstream(*arguments: str) -> Iterator[Fake]:
    """The fake upstream as a child on a free port; gone afterwards."""
    child = subprocess.Popen([sys.executable, "-m", "benchmarks.fake_upstream", *arguments], stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        yield Fake(url=json.loads(child.stdout.readline())["listening"], pid=child.pid)
    finally:
        stop(child)
        if child.stdout is not None:
            child.stdout.close()


@contextlib.contextmanager
def fake_cloud(*arguments: str, data: Path | None = None) -> Iterator[tuple[Up, Fake]]:
    """A cloud whose only model is the fake upstream, with balances that no benchmark exhausts."""
    with fake_upstream(*arguments) as fake, cloud(fake_description(fake), data=data) as up:
        yield up, fake


def fake_description(fake: Fake, *, model: str = "fake-model", slots: int = 512, tenants: str = TENANTS) -> str:
    """The file: no rate limits, and balances that no benchmark exhausts."""
    return FAKE_CLOUD.format(url=fake.url, model=model, slots=slots, tenants=tenants)
