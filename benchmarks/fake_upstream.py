"""A fake OpenAI-compatible upstream: it answers at once, breaks on request, and keeps an exact ledger of what it sent.

    python -m benchmarks.fake_upstream --port 18080
    python -m benchmarks.fake_upstream --port 18080 --chunks 64 --itl-ms 10 --die-every 10 --die-after 4

Routes: POST /v1/chat/completions, /v1/completions, /tokenize; GET /v1/models, /health; /__ledger (totals),
/__ledger?id=ID (one request, ID being the x-request-id it came with), /__calls (all of them), POST /__cancel?id=ID
(stop that stream; answers with its final count), POST /__reset. How an answer goes is said in `fake_answers`.
Binds to loopback. Ends on SIGTERM, SIGINT or after --max-seconds.
"""

import argparse
import asyncio
import json
import signal
from typing import Any

from benchmarks.fake_answers import Answerer, Call, Habits, estimate_tokens
from benchmarks.processes import uncollected

REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found", 429: "Too Many Requests", 500: "Internal Server Error"}
Headers = dict[str, str]


class Upstream:
    """The server: connections and routes. Whatever a request id emitted stays known, up to a million ids."""

    def __init__(self, habits: Habits) -> None:
        self.habits = habits
        self.answers = Answerer(habits)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                method, target, headers = _head(await reader.readuntil(b"\r\n\r\n"))
                length = int(headers.get("content-length") or 0)
                body = await reader.readexactly(length) if length else b""
                if not await self.route(method, target, headers, body, writer):
                    break
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client left
        except asyncio.CancelledError:
            pass  # the server is closing
        finally:
            writer.close()

    async def route(
        self, method: str, target: str, headers: Headers, body: bytes, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request; False when the connection is to be dropped."""
        path, _, query = target.partition("?")
        wanted = query.partition("id=")[2]
        if method == "POST" and path in ("/v1/chat/completions", "/v1/completions"):
            return await self.complete(path, headers, body, writer)
        if path == "/__cancel" and method == "POST":
            call = self.answers.calls.get(wanted)
            if call is not None:
                await _cancelled(call)
            send(writer, *_one(call))
        elif path == "/__ledger" and wanted:
            send(writer, *_one(self.answers.calls.get(wanted)))
        elif path == "/__ledger":
            send(writer, self.answers.totals())
        elif path == "/__calls":
            send(writer, {key: call.as_json() for key, call in self.answers.calls.items()})
        elif path == "/__reset" and method == "POST":
            self.answers = Answerer(self.habits)
            send(writer, {"ok": True})
        elif path == "/tokenize" and method == "POST":
            count = estimate_tokens(json.loads(body))
            send(writer, {"count": count, "tokens": list(range(count)), "max_model_len": 1 << 20})
        else:
            send(writer, *self._about(path))
        return True

    def _about(self, path: str) -> tuple[dict[str, Any], int]:
        if path == "/health":
            return {"status": "ok", "state": "ready", "model": self.habits.model}, 200
        if path in ("/v1/models", "/models"):
            model = {"id": self.habits.model, "object": "model", "created": 0, "owned_by": "fake"}
            return {"object": "list", "data": [model]}, 200
        return _error("no such route"), 404

    async def complete(self, path: str, headers: Headers, body: bytes, writer: asyncio.StreamWriter) -> bool:
        try:
            question = json.loads(body)
        except ValueError:
            send(writer, _error("bad json"), 400)
            return True
        answer = self.answers.begin(question, headers, chat=path.endswith("/chat/completions"))
        if answer.plan.status != 200:
            send(writer, _error("injected", "server_error"), answer.plan.status)
            return True
        if question.get("stream"):
            return await answer.stream(writer)
        whole = await answer.whole(writer)
        if whole is not None:
            send(writer, whole)
        return whole is not None


def _head(raw: bytes) -> tuple[str, str, Headers]:
    lines = raw.decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ", 2)
    pairs = (line.partition(":") for line in lines[1:] if ":" in line)
    return method, target, {name.strip().lower(): value.strip() for name, _, value in pairs}


def _error(message: str, kind: str = "invalid_request_error") -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": None}}


def _one(call: Call | None) -> tuple[dict[str, Any], int]:
    return ({"error": "unknown id"}, 404) if call is None else (call.as_json(), 200)


async def _cancelled(call: Call) -> None:
    """Ask the stream to stop and wait, at most a second, until it has: only then is its count final."""
    if call.state != "running":
        return
    call.state = "cancelling"
    for _ in range(500):
        if call.state != "cancelling":
            return
        await asyncio.sleep(0.002)


def send(writer: asyncio.StreamWriter, value: dict[str, Any], status: int = 200) -> None:
    payload = json.dumps(value, separators=(",", ":")).encode()
    head = f"HTTP/1.1 {status} {REASONS.get(status, 'X')}\r\ncontent-type: application/json\r\n"
    writer.write(f"{head}content-length: {len(payload)}\r\n\r\n".encode() + payload)


async def serve(habits: Habits, host: str, port: int, max_seconds: float) -> None:
    """Serve until told to stop; the first line on stdout is JSON with the port that was bound."""
    upstream = Upstream(habits)
    server = await asyncio.start_server(upstream.serve, host, port, backlog=4096, limit=1 << 24)
    over = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, over.set)
    bound = server.sockets[0].getsockname()[1]
    print(json.dumps({"listening": f"http://{host}:{bound}", "port": bound, "model": habits.model}), flush=True)
    try:
        await asyncio.wait_for(over.wait(), max_seconds)
    except TimeoutError:
        pass
    server.close()


def main() -> None:
    import uvloop

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--model", default="fake-model")
    parser.add_argument("--chunks", type=int, default=16, help="content chunks of each choice")
    parser.add_argument("--tokens-per-chunk", type=int, default=1, help="a chunk is not a token")
    parser.add_argument("--ttft-ms", type=float, default=0.0)
    parser.add_argument("--itl-ms", type=float, default=0.0, help="pause between chunks")
    parser.add_argument("--die-after", type=int, default=4, help="chunks before an injected death")
    parser.add_argument("--die-every", type=int, default=0, help="on every Nth request (0: never)")
    parser.add_argument("--error-every", type=int, default=0, help="answer an error on every Nth request")
    parser.add_argument("--error-status", type=int, default=503)
    parser.add_argument("--max-seconds", type=float, default=7200)
    options = vars(parser.parse_args())
    place = {name: options.pop(name) for name in ("host", "port", "max_seconds")}
    with uncollected():
        uvloop.run(serve(Habits(**options), **place))


if __name__ == "__main__":
    main()
