"""Addresses as a client writes them: a listener on every address is reached on loopback, IPv6 stands in brackets."""

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  # read, not bound


def reachable(host: str) -> str:
    """A listener's host as the host of a URL."""
    host = host.removeprefix("[").removesuffix("]")
    host = EVERYWHERE.get(host, host)
    return f"[{host}]" if ":" in host else host


def url_of(host: str, port: int | str) -> str:
    """Where a listener is reached from this machine."""
    return f"http://{reachable(host)}:{port}"


def mended(url: str) -> str:
    """The same of a URL that was put together from a listener's host as it stands: `http://:::8080`, `http://0.0.0.0:80`.

    The port is what follows the last colon; what is before it is the host, in brackets or not.
    """
    scheme, _, rest = url.partition("://")
    host, colon, port = rest.rstrip("/").removesuffix("/v1").rpartition(":")
    return url_of(host, port) if scheme == "http" and colon and port.isdigit() else url.rstrip("/").removesuffix("/v1")
