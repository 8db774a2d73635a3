"""One twin a module: most claims need nothing else."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.fleet.place import Client, Worker, client_of, running


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    with running(tmp_path_factory.mktemp("twin")) as worker:
        yield worker


@pytest.fixture
async def client(twin: Worker) -> AsyncIterator[Client]:
    async with client_of(twin) as client:
        yield client
