"""A cloud on the fake upstream with tight limits, to be shouted at; and raw sockets to do it with."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from benchmarks.cloud import Up, cloud
from benchmarks.fakes import Fake, fake_description, fake_upstream

HEADER_TIMEOUT_S = 2.0
MAX_BODY_BYTES = 200_000
LIMITS = f"\n[gateway]\nheader_timeout_s = {HEADER_TIMEOUT_S}\nmax_body_bytes = {MAX_BODY_BYTES}\n"
PATIENCE_S = 20.0


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, taken off the wire by its own framing."""

    status: int
    head: bytes
    body: bytes

    @property
    def error(self) -> dict[str, Any]:
        return dict(json.loads(self.body)["error"])


class Wire:
    """A raw connection: bytes out, answers in, never longer than PATIENCE_S."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self.buffer = b""

    def send(self, data: bytes) -> None:
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the gateway has heard enough; its answer may still be there

    def _more(self) -> bool:
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        self.buffer += data
        return bool(data)

    def reply(self) -> Reply | None:
        """The next answer; None when the connection ended without one."""
        while b"\r\n\r\n" not in self.buffer:
            if not self._more():
                return None
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        if status == 100:
            return self.reply()
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        if b"chunked" in fields.get(b"transfer-encoding", b""):
            return Reply(status, head, self._chunks())
        size = int(fields.get(b"content-length", b"0"))
        while len(self.buffer) < size and self._more():
            pass
        body, self.buffer = self.buffer[:size], self.buffer[size:]
        return Reply(status, head, body)

    def _chunks(self) -> bytes:
        whole = b""
        while True:
            while b"\r\n" not in self.buffer:
                if not self._more():
                    return whole
            line, _, self.buffer = self.buffer.partition(b"\r\n")
            size = int(line, 16)
            while len(self.buffer) < size + 2 and self._more():
                pass
            whole += self.buffer[:size]
            self.buffer = self.buffer[size + 2 :]
            if size == 0:
                return whole

    def ended(self) -> bool:
        """Whether the gateway has closed its side."""
        while self._more():
            pass
        return True

    def close(self) -> None:
        self.socket.close()


@pytest.fixture(scope="session")
def tight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Up, Fake]]:
    """The fake cloud with a short header time-out and a small body limit."""
    place = tmp_path_factory.mktemp("tight") / "data"
    with fake_upstream() as fake, cloud(fake_description(fake) + LIMITS, data=place) as up:
        yield up, fake


@pytest.fixture
def wire(tight: tuple[Up, Fake]) -> Iterator[Callable[[], Wire]]:
    """Open raw connections; they are closed after the test."""
    opened: list[Wire] = []

    def connect() -> Wire:
        opened.append(Wire(tight[0].target().port))
        return opened[-1]

    yield connect
    for one in opened:
        one.close()


@pytest.fixture
def request_bytes(tight: tuple[Up, Fake]) -> Callable[..., bytes]:
    """A good chat request as bytes; `body` or single fields of it can be other."""
    up, _ = tight

    def make(body: bytes | None = None, *, path: str = "/v1/chat/completions", **fields: Any) -> bytes:
        good = {"model": up.model, "max_tokens": 4, "messages": [{"role": "user", "content": "hello"}]}
        return up.target().request("POST", path, body if body is not None else {**good, **fields})

    return make


@pytest.fixture
def still_well(tight: tuple[Up, Fake], request_bytes: Callable[..., bytes]) -> Iterator[None]:
    """After the test the gateway answers as before, and it is the same process."""
    up, _ = tight
    yield
    line = Wire(up.target().port)
    line.send(request_bytes())
    reply = line.reply()
    line.close()
    assert reply is not None
    assert reply.status == 200, reply.body
    assert up.current_gateway() == up.gateway_pid


def until(holds: Callable[[], bool], what: str, seconds: float = PATIENCE_S) -> None:
    """Wait for something that is bound to happen."""
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends, f"{what}: not within {seconds:.0f} s"
        time.sleep(0.05)
