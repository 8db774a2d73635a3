"""A fake gateway on a real port, and the console in front of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from baseload.console import ticket
from baseload.console.access import now_us
from baseload.console.app import application
from tests.console import fake_admin

HOST = "http://127.0.0.1"


@pytest.fixture(scope="session")
def stage() -> Iterator[fake_admin.Stage]:
    made = fake_admin.Stage()
    yield made
    made.running.stop()


@pytest.fixture
def fake(tmp_path: Path, stage: fake_admin.Stage) -> fake_admin.FakeCloud:
    cloud = fake_admin.FakeCloud(tmp_path / "data")
    cloud.chunk_s = 0.0
    stage.show(cloud)
    return cloud


@pytest.fixture
def visitor(fake: fake_admin.FakeCloud) -> Iterator[TestClient]:
    """A browser that has not logged in."""
    with TestClient(application(fake.data), base_url=HOST, follow_redirects=False) as client:
        client.headers["accept"] = "text/html"
        yield client


def enter(client: TestClient, fake: fake_admin.FakeCloud, role: str) -> TestClient:
    answer = client.get("/login", params={"ticket": ticket(fake.data, role, now_us())})
    assert answer.status_code == 303
    return client


@pytest.fixture
def operator(visitor: TestClient, fake: fake_admin.FakeCloud) -> TestClient:
    return enter(visitor, fake, "operator")


@pytest.fixture
def acme(visitor: TestClient, fake: fake_admin.FakeCloud) -> TestClient:
    """The tenant acme's browser."""
    return enter(visitor, fake, "tenant:acme")


def token_of(page: str) -> str:
    """The form token on a page."""
    return page.split('name="form_token" value="')[1].split('"')[0]
