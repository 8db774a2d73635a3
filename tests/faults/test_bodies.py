"""Fuzzed bodies: whatever is sent, the gateway's own code answers 4xx with an OpenAI error, and at once."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults.conftest import Reply, Wire

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("still_well")]

Make = Callable[..., bytes]

FIELDS = (
    "model", "messages", "stream", "stream_options", "max_tokens", "max_completion_tokens", "n", "stop", "seed",
    "temperature", "top_p", "presence_penalty", "frequency_penalty", "service_tier", "response_format", "user",
    "metadata", "store", "tools", "logit_bias", "logprobs", "ignore_eos", "prompt",
)  # fmt: skip
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
FUZZ = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


class Fuzz:
    """Send a body on a fresh or living connection; what must hold of every answer."""

    def __init__(self, connect: Callable[[], Wire], make: Make) -> None:
        self.connect, self.make = connect, make
        self.line = connect()

    def answer(self, raw: bytes) -> Reply:
        self.line.send(raw)
        reply = self.line.reply()
        if reply is None:
            self.line = self.connect()
            self.line.send(raw)
            reply = self.line.reply()
        assert reply is not None, f"no answer to {raw[-300:]!r}"
        assert reply.status == 200 or 400 <= reply.status < 500, (reply.status, reply.body, raw[-300:])
        if reply.status != 200:
            assert reply.error["message"]
            assert reply.error["type"] == "invalid_request_error" or reply.status in (401, 402, 403, 429)
        return reply


@pytest.fixture
def fuzz(wire: Callable[[], Wire], request_bytes: Make) -> Fuzz:
    return Fuzz(wire, request_bytes)


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions", "/tokenize"])
def test_any_bytes_as_a_body_are_answered(fuzz: Fuzz, path: str) -> None:
    @FUZZ
    @given(body=st.binary(max_size=300))
    def check(body: bytes) -> None:
        assert fuzz.answer(fuzz.make(body, path=path)).status == 400

    check()


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions", "/tokenize"])
def test_any_json_as_a_body_is_answered(fuzz: Fuzz, path: str) -> None:
    @FUZZ
    @given(value=VALUES)
    def check(value: Any) -> None:
        fuzz.answer(fuzz.make(json.dumps(value).encode(), path=path))

    check()


def test_any_value_in_any_field_is_answered(fuzz: Fuzz) -> None:
    @FUZZ
    @given(fields=st.dictionaries(st.sampled_from(FIELDS), VALUES, min_size=1, max_size=3))
    def check(fields: dict[str, Any]) -> None:
        fuzz.answer(fuzz.make(**fields))

    check()


def test_any_text_as_content_is_answered(fuzz: Fuzz) -> None:
    @FUZZ
    @given(text=st.text(max_size=200))
    def check(text: str) -> None:
        messages = [{"role": "user", "content": text}]
        assert fuzz.answer(fuzz.make(messages=messages)).status == (200 if _encodes(text) else 400)

    check()


def test_a_damaged_good_body_is_answered(fuzz: Fuzz) -> None:
    good = fuzz.make().partition(b"\r\n\r\n")[2]

    @FUZZ
    @given(at=st.integers(0, len(good) - 1), patch=st.binary(max_size=6), gone=st.integers(0, 12))
    def check(at: int, patch: bytes, gone: int) -> None:
        fuzz.answer(fuzz.make(good[:at] + patch + good[at + gone :]))

    check()


def _encodes(text: str) -> bool:
    return not any(0xD800 <= ord(c) <= 0xDFFF for c in text)


SAID = b'{"role":"user","content":"hi"}'
DEEP = b"[" * 50_000 + b"]" * 50_000
NASTY = {
    "empty": b"",
    "space": b"   ",
    "null": b"null",
    "half": b'{"model":"fake-model","messages":[',
    "bad utf-8": b'{"model":"fake-model","messages":[{"role":"user","content":"\xff\xfe"}]}',
    "half a pair": b'{"model":"fake-model","messages":[{"role":"user","content":"\\ud800"}]}',
    "nan": b'{"model":"fake-model","temperature":NaN,"messages":[' + SAID + b"]}",
    "infinity": b'{"model":"fake-model","temperature":1e999,"messages":[' + SAID + b"]}",
    "giant integer": b'{"model":"fake-model","max_tokens":' + b"9" * 5000 + b',"messages":[' + SAID + b"]}",
    "giant seed": b'{"model":"fake-model","seed":' + b"9" * 40 + b',"messages":[' + SAID + b"]}",
    "giant exponent": b'{"model":"fake-model","max_tokens":1e400,"messages":[' + SAID + b"]}",
    "deep lists": DEEP,
    "deep metadata": b'{"model":"fake-model","metadata":' + DEEP + b',"messages":[' + SAID + b"]}",
    "deep schema": b'{"model":"fake-model","response_format":{"type":"json_schema","json_schema":{"name":"a","schema":'
    + b'{"items":' * 9_000 + b"{}" + b"}" * 9_000 + b"}},\"messages\":[" + SAID + b"]}",
    "many messages": b'{"model":"fake-model","messages":[' + b",".join([SAID] * 5_000) + b"]}",
    "two values": b"{}{}",
    "bom": b"\xef\xbb\xbf{}",
    "utf-16": '{"model":"fake-model"}'.encode("utf-16"),
    "gzip": b"\x1f\x8b\x08\x00" + b"\x00" * 40,
    "form": b"model=fake-model&messages=hi",
}  # fmt: skip


@pytest.mark.parametrize("body", NASTY.values(), ids=NASTY.keys())
def test_a_nasty_body_is_a_bad_request(fuzz: Fuzz, body: bytes) -> None:
    assert fuzz.answer(fuzz.make(body)).status == 400


def test_a_key_given_twice_counts_once(fuzz: Fuzz) -> None:
    body = b'{"model":"fake-model","max_tokens":9,"max_tokens":2,"messages":[' + SAID + b"]}"
    reply = fuzz.answer(fuzz.make(body))
    if reply.status == 200:
        assert json.loads(reply.body)["usage"]["completion_tokens"] == 2


def test_a_null_in_a_prompt_reaches_the_engine_as_it_is(fuzz: Fuzz) -> None:
    assert fuzz.answer(fuzz.make(messages=[{"role": "user", "content": "a\x00b"}])).status == 200
