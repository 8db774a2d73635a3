"""Where a listener is reached, however its address was written."""

import json
from pathlib import Path

import pytest

from baseload.console import proxy
from baseload.console.address import mended, url_of


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),  # read, not bound
        ("", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
        ("::1", "http://[::1]:80"),
        ("[fd00::7]", "http://[fd00::7]:80"),
        ("box.example", "http://box.example:80"),
    ],
)
def test_a_listener_is_reached_at_a_url_that_can_be_asked(host: str, url: str) -> None:
    assert url_of(host, 80) == url
    assert mended(f"http://{host}:80/v1") == url


def test_the_console_asks_the_gateway_where_it_is_told_or_described(tmp_path: Path) -> None:
    assert proxy.base_url(tmp_path, "http://:::8080") == "http://[::1]:8080"
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "cloud.json").write_text(json.dumps({"gateway": {"host": "::", "port": 8080}}))
    assert proxy.base_url(tmp_path) == "http://[::1]:8080"
