"""A cloud in a directory, and a gateway that answers what a test tells it to."""

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from baseload.cli import main


@dataclass
class Fake:
    """A gateway and admin listener in one: `answers` by "METHOD /path", and what was asked."""

    url: str = ""
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str, Any, str]] = field(default_factory=list)
    stream: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


def handler(fake: Fake) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length) or b"null")
            fake.asked.append((self.command, self.path, body, self.headers.get("authorization", "")))
            if self.path.endswith("/chat/completions") and fake.stream:
                return self.events()
            status, value = fake.answers.get(f"{self.command} {self.path.partition('?')[0]}", (404, {"error": "no"}))
            raw = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)
            return None

        def events(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("connection", "close")
            self.end_headers()
            for data in fake.stream:
                self.wfile.write(f"data: {data}\n\n".encode())
            self.close_connection = True

        do_GET = do_POST = do_DELETE = answer

        def log_message(self, *_: object) -> None: ...

    return Handler


@pytest.fixture
def fake() -> Iterator[Fake]:
    made = Fake()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(made))
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    with closing(server.socket):
        yield made
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def data(tmp_path: Path, fake: Fake) -> Path:
    """A data directory whose admin listener is the fake."""
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "admin.json").write_text(json.dumps({"url": fake.url, "secret": "s3cret"}))
    (tmp_path / "ledger.db").touch()
    return tmp_path


def run(*arguments: str | Path, stdin: str | None = None) -> Result:
    """The command as a person types it."""
    return CliRunner().invoke(main, [str(a) for a in arguments], input=stdin, prog_name="baseload")
