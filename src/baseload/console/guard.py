"""The wall around every page: which hosts it answers to, how big a form may be, and what a browser may load.

Raw ASGI, so that streams pass untouched. The Host check stops DNS rebinding: a hostile page that points its own
name at 127.0.0.1 still says that name.
"""

from collections.abc import Iterable

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 1024 * 1024
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Guard:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self.app = app
        self.hosts = frozenset(h.lower() for h in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = {name: value.decode("latin-1") for name, value in scope["headers"]}
        fault = self._fault(given)
        await (fault or self.app)(scope, _bounded(receive), self._dressed(scope, send))

    def _fault(self, given: dict[bytes, str]) -> PlainTextResponse | None:
        host = given.get(b"host", "").lower()
        name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
        if name not in self.hosts:
            return PlainTextResponse("This console answers only to its own host name.\n", 421)
        length = given.get(b"content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            return PlainTextResponse("A form of at most 1 MiB, please.\n", 413)
        return None

    def _dressed(self, scope: Scope, send: Send) -> Send:
        """Adds the headers; pages are never stored, the files of a release may be."""

        async def send_dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if "cache-control" not in headers:
                    static = scope["path"].startswith("/static/")
                    headers["cache-control"] = "no-cache" if static else "no-store"
            await send(message)

        return send_dressed


def _bounded(receive: Receive) -> Receive:
    """Counts a chunked body, which has no length to check beforehand."""
    taken = 0

    async def receive_bounded() -> Message:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > MAX_BODY_BYTES:
                return {"type": "http.disconnect"}
        return message

    return receive_bounded
