"""The pool finds out in time that nobody is there, and hands on a connection that flows."""

import asyncio
import ssl

import pytest

from baseload.errors import EngineDown, EngineSilent
from baseload.http1 import Connection, Exchange, Pool, serve


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.close()


async def test_an_engine_that_takes_no_connection_is_down_within_the_time_given() -> None:
    """A handshake that gets no answer stands for an address that swallows packets."""
    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    pool = Pool(("127.0.0.1", port), name="hole", tls=ssl.create_default_context())
    with pytest.raises(EngineDown, match="hole took no connection within"):
        await asyncio.wait_for(pool.fetch("GET", "/", timeout_s=0.2), 5)
    server.close()


async def test_an_engine_that_does_not_answer_is_silent() -> None:
    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    pool = Pool(("127.0.0.1", server.sockets[0].getsockname()[1]), name="mute")
    with pytest.raises(EngineSilent, match="did not answer / within 0.2 s"):
        await asyncio.wait_for(pool.fetch("GET", "/", timeout_s=0.2), 5)
    server.close()


async def test_nobody_listening_is_said_in_words() -> None:
    with pytest.raises(EngineDown, match="Connection refused"):
        await Pool(("127.0.0.1", 1), name="none").fetch("GET", "/")


class Slow:
    """A sink that asks for a pause in the read that ends the answer."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.done = asyncio.Event()

    def head(self, status: int, headers: dict[bytes, bytes]) -> None:
        pass

    def data(self, data: bytes) -> None:
        self.connection.transport.pause_reading()

    def ended(self) -> None:
        self.done.set()

    def lost(self, error: Exception) -> None:
        raise error


async def test_a_connection_paused_in_its_last_read_answers_again() -> None:
    async def answer(exchange: Exchange) -> None:
        exchange.respond(200, b"{}")

    server = await serve(answer, host="127.0.0.1")
    pool = Pool(("127.0.0.1", server.port), name="engine")
    connection = await pool.connect()
    sink = Slow(connection)
    connection.send(pool.request("GET", "/"), sink)
    await asyncio.wait_for(sink.done.wait(), 5)
    assert pool.idle == [connection]
    assert (await pool.fetch("GET", "/", timeout_s=2.0)).body == b"{}"
    pool.close()
    await server.close(1.0)
