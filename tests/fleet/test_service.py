"""A worker that is still loading answers what its predecessor's counts can answer."""

import json
from pathlib import Path
from unittest.mock import Mock

import pytest

from baseload.fleet.worker.service import Service
from baseload.fleet.worker.spec import WorkerSpec
from baseload.http1 import Exchange
from baseload.store.tally import RowState, Tally

ID = "0" * 31 + "7"


async def asked(service: Service, method: str, path: str) -> tuple[int, dict[str, object]]:
    transport = Mock(is_closing=lambda: False)
    exchange = Exchange(
        connection=Mock(transport=transport),
        method=method,
        path=path,
        query=f"id=req_{ID}",
        headers={b"authorization": b"Bearer s"},
        body=b"",
        keep_alive=True,
        chunked=True,
    )
    await service(exchange)
    head, _, body = transport.write.call_args.args[0].partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


@pytest.mark.parametrize(("method", "path"), [("POST", "/cancel"), ("GET", "/counts")])
async def test_counts_are_known_before_the_model_is_loaded(method: str, path: str, tmp_path: Path) -> None:
    tally = Tally(tmp_path / "t", 8)
    row = tally.open_row(bytes.fromhex(ID))
    row.prompt, row.prefilled, row.emitted = 5, 5, 42
    tally.end_row(row, RowState.FAILED)
    spec = WorkerSpec(replica="r/0", model="m", engine="twin", socket="", secret="s", tally="")
    service = Service(spec, tally, lambda: 0.5)
    status, said = await asked(service, method, path)
    assert status == 200
    assert (said["emitted"], said["state"]) == (42, "failed")
    assert (await asked(service, "GET", "/metrics"))[0] == 503
