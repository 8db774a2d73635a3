"""Clouds for tests: real ones, started with `baseload up` on free ports, stopped by pid, with nothing left behind."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from benchmarks.cloud import Up
from benchmarks.cloud import cloud as a_cloud
from benchmarks.fakes import Fake
from benchmarks.fakes import fake_cloud as a_fake_cloud

ONE_BOX = files("baseload.config").joinpath("onebox.toml")

MORE_TENANTS = """
[tenant.pauper]             # has nothing
business = "external"
billing = "prepaid"
balance_usd = 0
trust_group = "home"

[tenant.modest-2]           # has enough for some hundred tokens; one for each major version of the client
business = "external"
billing = "prepaid"
balance_usd = "0.000025"
trust_group = "home"

[tenant.modest-3]
business = "external"
billing = "prepaid"
balance_usd = "0.000025"
trust_group = "home"

[tenant.hasty]              # may ask three times a minute
business = "external"
billing = "prepaid"
balance_usd = 5
requests_per_min = 3
trust_group = "home"

[tenant.single]             # may ask one thing at a time
business = "external"
billing = "prepaid"
balance_usd = 5
concurrency = 1
trust_group = "home"
"""


def one_box(*, engine: str = "openvino") -> str:
    """The built-in cloud with tenants whose limits can be met, on the embedded engine or on a fast simulated one."""
    text = ONE_BOX.read_text() + MORE_TENANTS
    if engine == "twin":
        speed = "twin_decode_tokens_per_s = 2000.0\ntwin_prefill_tokens_per_s = 200000.0"
        text = text.replace('engine = "openvino"', f'engine = "twin"\n{speed}')
    return text


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """The built-in cloud on its real engine."""
    with a_cloud(one_box(), data=tmp_path_factory.mktemp("cloud") / "data") as up:
        yield up


@pytest.fixture(scope="session")
def twin_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """The same cloud on a simulated engine: fast, and its words mean nothing."""
    with a_cloud(one_box(engine="twin"), data=tmp_path_factory.mktemp("twin") / "data") as up:
        yield up


@pytest.fixture(scope="session")
def fake_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Up, Fake]]:
    """A cloud on the fake upstream, which breaks when it is asked to and knows exactly what it sent."""
    with a_fake_cloud(data=tmp_path_factory.mktemp("fake") / "data") as pair:
        yield pair


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory of one test's own."""
    return tmp_path / "data"
