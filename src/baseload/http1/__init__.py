"""HTTP/1.1 on plain asyncio: the server of the gateway and the workers, and the client that talks to engines.

Parsing is llhttp's (through httptools); what is here is the little that a token stream needs and a framework
would charge half a millisecond for: one object an exchange, writes without a task switch, hang-ups seen at once.
"""

from baseload.http1.client import Connection, Pool, Reply, Sink
from baseload.http1.exchange import Exchange
from baseload.http1.server import Limits, Server, serve

__all__ = ["Connection", "Exchange", "Limits", "Pool", "Reply", "Server", "Sink", "serve"]
