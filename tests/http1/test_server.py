"""The server takes anything from the network and stays standing."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from baseload.http1 import Exchange, Limits, Pool, serve
from baseload.http1.server import Server


async def echo(exchange: Exchange) -> None:
    if exchange.path == "/stream":
        exchange.start()
        for i in range(3):
            exchange.write(b"piece %d;" % i)
            await asyncio.sleep(0)
        exchange.end()
    elif exchange.path == "/broken":
        raise RuntimeError("a surprise")
    else:
        exchange.respond(200, b"%b %b %d" % (exchange.method.encode(), exchange.path.encode(), len(exchange.body)))


@asynccontextmanager
async def running(limits: Limits | None = None, handler=echo) -> AsyncIterator[Server]:
    server = await serve(handler, host="127.0.0.1", port=0, limits=limits)
    try:
        yield server
    finally:
        await server.close(1.0)


async def exchange_raw(server: Server, data: bytes, *, hang_up: bool = False) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        writer.write(data)
        await writer.drain()
        if hang_up:
            writer.write_eof()
        return await asyncio.wait_for(reader.read(), 5)
    finally:
        writer.close()


async def test_pipelined_requests_are_answered_in_order() -> None:
    async with running() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"".join(b"GET /%d HTTP/1.1\r\n\r\n" % i for i in range(20)))
        got = b""
        while got.count(b"HTTP/1.1 200") < 20:
            got += await asyncio.wait_for(reader.read(65536), 5)
        assert [int(x.split(b" ")[0]) for x in got.split(b"GET /")[1:]] == list(range(20))
        writer.close()


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GARBAGE\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nx: " + b"a" * 40_000 + b"\r\n\r\n", b"431"),
        (b"POST / HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef", b"400"),
        (b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n0\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", b"400"),
    ],
)
async def test_a_bad_request_gets_one_clear_error(request_bytes: bytes, status: bytes) -> None:
    async with running() as server:
        answer = await exchange_raw(server, request_bytes)
        assert answer.startswith(b"HTTP/1.1 " + status)
        assert b'"error"' in answer


@pytest.mark.parametrize(
    "head",
    [b"GET / HTTP/1.1\r\nx: ", b"GET /", b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: "],
    ids=["header", "target", "trailer"],
)
async def test_a_line_that_never_ends_is_refused_while_it_arrives(head: bytes) -> None:
    async with running(Limits(max_header_bytes=1000)) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(head)
        answering = asyncio.ensure_future(reader.read())
        for _ in range(100):
            if answering.done():
                break
            writer.write(b"a" * 100)
            await asyncio.sleep(0.005)
        assert (await asyncio.wait_for(answering, 5)).startswith(b"HTTP/1.1 431")
        writer.close()


async def test_long_bodies_one_after_another_are_no_headers() -> None:
    async with running(Limits(max_header_bytes=1000)) as server:
        one = b"POST /a HTTP/1.1\r\ncontent-length: 3000\r\n\r\n" + b"x" * 3000
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        data, got = one * 4, b""
        for at in range(0, len(data), 900):
            writer.write(data[at : at + 900])
            await asyncio.sleep(0.002)
        while got.count(b"POST /a 3000") < 4:
            got += await asyncio.wait_for(reader.read(65536), 5)
        assert got.count(b"HTTP/1.1 200") == 4
        writer.close()


async def test_answers_no_handler_made_have_a_name_too(caplog: pytest.LogCaptureFixture) -> None:
    server = await serve(echo, host="127.0.0.1", new_id=lambda: "req_1")
    for request in (b"GARBAGE\r\n\r\n", b"GET /broken HTTP/1.1\r\nconnection: close\r\n\r\n"):
        assert b"\r\nx-request-id: req_1\r\n" in await exchange_raw(server, request)
    await server.close(1.0)


async def test_a_connection_too_many_is_told_so_and_cut_when_it_stays() -> None:
    async with running(Limits(max_connections=1)) as server:
        _, first_writer = await asyncio.open_connection("127.0.0.1", server.port)
        second, second_writer = await asyncio.open_connection("127.0.0.1", server.port)
        assert (await asyncio.wait_for(second.read(), 5)).startswith(b"HTTP/1.1 503")
        assert len(server.refused) == 1
        async with asyncio.timeout(10):
            while server.refused:
                await asyncio.sleep(0.05)
        for writer in (first_writer, second_writer):
            writer.close()


async def test_a_peer_that_reads_nothing_is_cut() -> None:
    async def flood(exchange: Exchange) -> None:
        exchange.respond(200, b"x" * 30_000_000)

    async with running(Limits(idle_timeout_s=0.2), handler=flood) as server:
        closing = await deaf(server, b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n")
        idle = await deaf(server, b"GET / HTTP/1.1\r\n\r\n")
        assert len(server.connections) == 2
        async with asyncio.timeout(10):
            while server.connections:
                await asyncio.sleep(0.05)
        for one in (closing, idle):
            one.close()


async def deaf(server: Server, request: bytes) -> socket.socket:
    """A peer that asks, and does not read on after the first bytes of its answer."""
    loop = asyncio.get_running_loop()
    peer = socket.socket()
    peer.setblocking(False)
    await loop.sock_connect(peer, ("127.0.0.1", server.port))
    await loop.sock_sendall(peer, request)
    assert (await loop.sock_recv(peer, 4)) == b"HTTP"
    return peer


async def test_a_body_that_grows_past_the_limit_is_refused_while_it_arrives() -> None:
    async with running(Limits(max_body_bytes=1000)) as server:
        chunk = b"200\r\n" + b"x" * 512 + b"\r\n"
        answer = await exchange_raw(server, b"POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n" + chunk * 3)
        assert answer.startswith(b"HTTP/1.1 413")


async def test_a_slow_request_is_closed_with_408() -> None:
    async with running(Limits(read_timeout_s=0.2)) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"POST /slow HTTP/1.1\r\ncontent-length: 10\r\n\r\nab")
        answer = await asyncio.wait_for(reader.read(), 8)
        assert answer.startswith(b"HTTP/1.1 408")
        writer.close()


async def test_a_handler_that_fails_answers_500_and_the_server_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    async with running() as server:
        answer = await exchange_raw(server, b"GET /broken HTTP/1.1\r\nconnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 500")
        assert b"surprise" not in answer
        assert (await exchange_raw(server, b"GET /fine HTTP/1.1\r\nconnection: close\r\n\r\n")).startswith(
            b"HTTP/1.1 200"
        )
    assert "a surprise" in caplog.text


async def test_a_hang_up_is_seen_by_the_handler() -> None:
    gone = asyncio.Event()

    async def wait(exchange: Exchange) -> None:
        exchange.on_gone = gone.set
        exchange.start()
        exchange.write(b"first")
        await asyncio.wait_for(gone.wait(), 5)
        assert not exchange.write(b"second"), "bytes for a peer that has gone are not delivered"

    async with running(handler=wait) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        await reader.readuntil(b"first")
        writer.close()
        await asyncio.wait_for(gone.wait(), 5)


async def test_http_1_0_gets_an_unchunked_stream_and_a_closed_connection() -> None:
    async with running() as server:
        answer = await exchange_raw(server, b"GET /stream HTTP/1.0\r\n\r\n")
        assert b"transfer-encoding" not in answer
        assert answer.endswith(b"piece 0;piece 1;piece 2;")


async def test_the_pool_reuses_connections_and_reads_streams_whole() -> None:
    async with running() as server:
        pool = Pool(("127.0.0.1", server.port), name="echo")
        for _ in range(5):
            reply = await pool.fetch("POST", "/stream", b"{}")
            assert reply.body == b"piece 0;piece 1;piece 2;"
        assert len(server.connections) == 1
        pool.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.binary(max_size=400))
def test_no_bytes_make_the_server_hang_or_answer_5xx(data: bytes) -> None:
    async def check() -> None:
        async with running() as server:
            answer = await exchange_raw(server, data, hang_up=True)
            assert not answer.startswith(b"HTTP/1.1 5"), answer[:200]

    asyncio.run(check())
