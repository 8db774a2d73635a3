"""Malformed and hostile HTTP: one clear answer or a closed connection, never a 5xx, never a hang."""

import json
import time
from collections.abc import Callable

import pytest

from tests.faults.conftest import HEADER_TIMEOUT_S, MAX_BODY_BYTES, Wire

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("still_well")]

Connect = Callable[[], Wire]
Make = Callable[..., bytes]

HOSTILE = {
    "not http": b"hello there\r\n\r\n",
    "tls hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64,
    "null bytes": b"\x00" * 512 + b"\r\n\r\n",
    "no version": b"GET /v1/models\r\n\r\n",
    "future version": b"GET /v1/models HTTP/9.9\r\n\r\n",
    "http/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "header without colon": b"GET /v1/models HTTP/1.1\r\nhost x\r\n\r\n",
    "space before colon": b"GET /v1/models HTTP/1.1\r\nhost : x\r\n\r\n",
    "null in header": b"GET /v1/models HTTP/1.1\r\nhost: x\x00y\r\n\r\n",
    "control in path": b"GET /v1/\x01models HTTP/1.1\r\nhost: x\r\n\r\n",
    "bytes in path": b"GET /v1/\xff\xfe HTTP/1.1\r\nhost: x\r\n\r\n",
    "negative length": b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
    "word as length": b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: many\r\n\r\n",
    "huge length": b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999999\r\n\r\n",
    "two lengths": b"POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}x",
    "length and chunked": b"POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n"
    b"transfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "bad chunk size": b"POST /v1/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}",
    "unknown coding": b"POST /v1/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip\r\n\r\n",
    "many headers": b"GET /v1/models HTTP/1.1\r\n" + b"".join(b"x-%d: y\r\n" % i for i in range(20000)) + b"\r\n",
    "one huge header": b"GET /v1/models HTTP/1.1\r\nx: " + b"y" * 200_000 + b"\r\n\r\n",
    "huge path": b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n",
    "dots in path": b"GET /v1/../../etc/passwd HTTP/1.1\r\nhost: x\r\n\r\n",
    "absolute target": b"GET http://elsewhere/v1/models HTTP/1.1\r\nhost: x\r\n\r\n",
    "connect": b"CONNECT elsewhere:443 HTTP/1.1\r\nhost: x\r\n\r\n",
    "strange method": b"BREW /v1/chat/completions HTTP/1.1\r\nhost: x\r\n\r\n",
    "upgrade": b"GET /v1/models HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
    "key of bytes": b"GET /v1/models HTTP/1.1\r\nhost: x\r\nauthorization: Bearer \xff\xfe\xfd\r\n\r\n",
    "basic key": b"GET /v1/models HTTP/1.1\r\nhost: x\r\nauthorization: Basic YTpi\r\n\r\n",
    "empty key": b"GET /v1/models HTTP/1.1\r\nhost: x\r\nauthorization: Bearer \r\n\r\n",
    "two keys": b"GET /v1/models HTTP/1.1\r\nhost: x\r\nauthorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n",
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_http_is_refused_or_cut(wire: Connect, raw: bytes) -> None:
    line = wire()
    line.send(raw)
    reply = line.reply()
    if reply is not None:
        assert 400 <= reply.status < 500
        if reply.body:
            assert reply.error["message"]


def test_requests_in_a_pipeline_are_answered_in_order(wire: Connect, request_bytes: Make) -> None:
    line = wire()
    line.send(b"".join(request_bytes(max_tokens=n) for n in (1, 2, 3, 4)))
    replies = [line.reply() for _ in range(4)]
    assert [json.loads(r.body)["usage"]["completion_tokens"] for r in replies if r] == [1, 2, 3, 4]


def test_a_request_split_over_the_answer_before_it_is_whole(wire: Connect, request_bytes: Make) -> None:
    slow = [{"role": "user", "content": "@fake ttft_ms=300"}]
    line, second = wire(), request_bytes(max_tokens=3)
    line.send(request_bytes(messages=slow) + second[:-20])
    first = line.reply()
    assert first is not None
    assert first.status == 200
    line.send(second[-20:])
    reply = line.reply()
    assert reply is not None
    assert (reply.status, json.loads(reply.body)["usage"]["completion_tokens"]) == (200, 3)


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_a_request_in_small_pieces_is_taken(wire: Connect, request_bytes: Make, size: int) -> None:
    line, raw = wire(), request_bytes()
    for at in range(0, len(raw), size):
        line.send(raw[at : at + size])
    reply = line.reply()
    assert reply is not None
    assert reply.status == 200


def test_a_chunked_body_is_taken(wire: Connect, request_bytes: Make) -> None:
    head, _, body = request_bytes().partition(b"\r\n\r\n")
    lines = [x for x in head.split(b"\r\n") if not x.startswith(b"content-length")] + [b"transfer-encoding: chunked"]
    line = wire()
    line.send(b"\r\n".join(lines) + b"\r\n\r\n")
    for at in range(0, len(body), 10):
        piece = body[at : at + 10]
        line.send(b"%x;note=1\r\n%s\r\n" % (len(piece), piece))
    line.send(b"0\r\nx-trailer: 1\r\n\r\n")
    reply = line.reply()
    assert reply is not None
    assert reply.status == 200


def test_a_client_that_asks_first_is_told_to_continue(wire: Connect, request_bytes: Make) -> None:
    head, _, body = request_bytes().partition(b"\r\n\r\n")
    line = wire()
    line.send(head + b"\r\nexpect: 100-continue\r\n\r\n")
    time.sleep(0.1)
    line.send(body)
    reply = line.reply()
    assert reply is not None
    assert reply.status == 200


def test_http_1_0_gets_an_answer_and_a_closed_connection(wire: Connect, request_bytes: Make) -> None:
    line = wire()
    line.send(request_bytes().replace(b"HTTP/1.1", b"HTTP/1.0", 1))
    reply = line.reply()
    assert reply is not None
    assert reply.status == 200
    assert line.ended()


@pytest.mark.parametrize("declared", [True, False])
def test_a_body_over_the_limit_is_413(wire: Connect, request_bytes: Make, declared: bool) -> None:
    line, body = wire(), b"x" * (MAX_BODY_BYTES + 1)
    raw = request_bytes(body)
    if not declared:
        head = raw.partition(b"\r\n\r\n")[0].replace(b"content-length", b"x-length")
        raw = head + b"\r\ntransfer-encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    line.send(raw)
    reply = line.reply()
    assert reply is not None
    assert reply.status == 413
    assert str(MAX_BODY_BYTES) in reply.error["message"]


@pytest.mark.parametrize("part", ["head", "body"])
def test_a_client_that_dawdles_is_cut_off(wire: Connect, request_bytes: Make, part: str) -> None:
    raw = request_bytes()
    cut = 30 if part == "head" else len(raw) - 10
    line, began = wire(), time.monotonic()
    line.send(raw[:cut])
    for at in range(cut, len(raw) - 1):
        line.send(raw[at : at + 1])
        if time.monotonic() - began > HEADER_TIMEOUT_S + 6:
            break
        time.sleep(0.5)
    reply = line.reply()
    assert reply is None or reply.status == 408


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
def test_other_methods_on_a_route_are_refused(wire: Connect, request_bytes: Make, method: str) -> None:
    line = wire()
    line.send(request_bytes().replace(b"POST", method.encode(), 1))
    head = b""
    while b"\r\n\r\n" not in head:
        data = line.socket.recv(65536)
        if not data:
            break
        head += data
    assert 400 <= int(head.split(b" ", 2)[1]) < 500
