"""One streamed answer from an OpenAI endpoint, read plainly: text as it comes, then what it took."""

import http.client
import json
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from baseload.errors import BaseloadError


class Declined(BaseloadError):
    """The gateway refused the request; the text is its sentence."""


@dataclass(slots=True, kw_only=True)
class Answer:
    """An answer while it comes. Seconds are from the moment the request was sent."""

    text: str = ""
    usage: dict[str, Any] = field(default_factory=dict)
    finish: str = ""
    first_s: float | None = None
    all_s: float = 0.0


class Talker:
    """A client of one base URL with one key."""

    def __init__(self, base_url: str, key: str) -> None:
        self.url = urlsplit(base_url)
        self.key = key

    def ask(self, request: dict[str, Any], answer: Answer) -> Generator[str]:
        """Pieces of text; `answer` fills meanwhile. Closing the iterator hangs up, which stops the engine."""
        started = time.monotonic()
        connection = self._connection()
        try:
            response = self._send(connection, request)
            for event in _events(response):
                answer.all_s = time.monotonic() - started
                piece = _take(event, answer)
                if piece:
                    answer.first_s = answer.all_s if answer.first_s is None else answer.first_s
                    answer.text += piece
                    yield piece
        except (OSError, http.client.HTTPException) as e:
            raise BaseloadError(f"{self.url.geturl()} does not answer ({e}); see: baseload status") from e
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if self.url.scheme == "https" else http.client.HTTPConnection
        return kind(self.url.hostname or "127.0.0.1", self.url.port, timeout=900)

    def _send(self, connection: http.client.HTTPConnection, request: dict[str, Any]) -> http.client.HTTPResponse:
        body = json.dumps(request | {"stream": True, "stream_options": {"include_usage": True}})
        headers = {"authorization": f"Bearer {self.key}", "content-type": "application/json"}
        connection.request("POST", f"{self.url.path}/chat/completions", body, headers)
        response = connection.getresponse()
        if response.status != 200:
            raise Declined(sentence(response.status, response.read()))
        return response


def _events(response: http.client.HTTPResponse) -> Iterator[dict[str, Any]]:
    for line in response:
        data = line.removeprefix(b"data:").strip()
        if line.startswith(b"data:") and data != b"[DONE]":
            yield json.loads(data)


def _take(event: dict[str, Any], answer: Answer) -> str:
    """What one event adds to the answer; its text is returned."""
    if "error" in event:
        raise Declined(str(event["error"].get("message", "the answer broke off")))
    answer.usage = event.get("usage") or answer.usage
    for choice in event.get("choices", ()):
        answer.finish = choice.get("finish_reason") or answer.finish
        return choice.get("delta", {}).get("content") or ""
    return ""


def sentence(status: int, body: bytes) -> str:
    """The message of an OpenAI error body."""
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"the gateway answered {status}"
