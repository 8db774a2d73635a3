"""The floor: a bare pass-through relay on asyncio streams, to show what Python costs before any work is done.

    python -m benchmarks.gwfloor --port 19001 --upstream 127.0.0.1:18080

It reads the request's JSON, forwards it over pooled connections, relays the answer, streamed or not, and adds up
usage from it. No keys, no budgets, no storage: what a gateway adds to this is the price of its promises.
"""

import argparse
import asyncio
import json

LIMIT = 1 << 22
HEAD = (
    b"POST %s HTTP/1.1\r\nhost: upstream\r\ncontent-type: application/json\r\n"
    b"x-request-id: floor-%d\r\ncontent-length: %d\r\n\r\n%s"
)
Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Floor:
    """One relay; `completion_tokens` is what a gateway at least has to know."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.pool: list[Pair] = []
        self.requests = 0
        self.completion_tokens = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(length_of(head))
                if body:
                    json.loads(body)
                await self._relay(head.split(b" ", 2)[1], body, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _relay(self, path: bytes, body: bytes, writer: asyncio.StreamWriter) -> None:
        self.requests += 1
        pair = self.pool.pop() if self.pool else await asyncio.open_connection(self.host, self.port, limit=LIMIT)
        reader, upstream = pair
        upstream.write(HEAD % (path, self.requests, len(body), body))
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        if b"transfer-encoding: chunked" in head.lower():
            await self._chunks(reader, writer)
        else:
            data = await reader.readexactly(length_of(head))
            writer.write(data)
            self._count(data)
        await writer.drain()
        self.pool.append(pair)

    async def _chunks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            line = await reader.readline()
            data = await reader.readexactly(int(line, 16) + 2)
            writer.write(line + data)
            if line.strip() == b"0":
                return
            for event in data.split(b"\n\n"):
                if b'"usage":' in event:
                    self._count(event.strip()[5:])

    def _count(self, data: bytes) -> None:
        usage = json.loads(data).get("usage") or {}
        self.completion_tokens += usage.get("completion_tokens", 0)


def length_of(head: bytes) -> int:
    low = head.lower()
    at = low.find(b"content-length:")
    return int(low[at + 15 : low.find(b"\r", at)]) if at >= 0 else 0


async def serve(host: str, port: int, listen: int, max_seconds: float) -> None:
    server = await asyncio.start_server(Floor(host, port).serve, "127.0.0.1", listen, limit=LIMIT, backlog=4096)
    bound = server.sockets[0].getsockname()[1]
    print(json.dumps({"listening": f"http://127.0.0.1:{bound}", "port": bound}), flush=True)
    try:
        await asyncio.wait_for(server.serve_forever(), max_seconds)
    except TimeoutError:
        pass


def main() -> None:
    import uvloop

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--upstream", default="127.0.0.1:18080")
    parser.add_argument("--max-seconds", type=float, default=7200)
    options = parser.parse_args()
    host, _, port = options.upstream.partition(":")
    uvloop.run(serve(host, int(port), options.port, options.max_seconds))


if __name__ == "__main__":
    main()
