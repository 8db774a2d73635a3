"""The wall around the pages: policy, hosts, form tokens, sizes."""

import re

import pytest
from starlette.testclient import TestClient

from tests.console.conftest import token_of
from tests.console.fake_admin import FakeCloud

PAGES = [
    "/",
    "/pnl",
    "/usage",
    "/requests",
    "/keys",
    "/playground",
    "/method",
    "/nosuch",
    "/static/console.css",
    "/login",
]


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_the_strict_policy(operator: TestClient, path: str) -> None:
    policy = operator.get(path).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; ")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", PAGES[:8])
def test_no_page_has_inline_code_or_style_or_a_foreign_address(operator: TestClient, path: str) -> None:
    html = operator.get(path).text
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert "<style" not in html
    assert not re.search(r"\s(style|on[a-z]+)=", html)
    outside = re.findall(r'(?:src|href|action)="(?!/|#)([^"]+)"', html)
    assert outside == []


@pytest.mark.parametrize("host", ["example.org", "127.0.0.1.example.org", "", "localhost.", "[::2]:80"])
def test_another_hosts_name_is_not_answered(operator: TestClient, host: str) -> None:
    assert operator.get("/method", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["127.0.0.1:9", "localhost", "LOCALHOST:80", "[::1]:80", "[::1]"])
def test_loopback_by_any_name_is_answered(operator: TestClient, host: str) -> None:
    assert operator.get("/method", headers={"host": host}).status_code == 200


def test_a_form_without_our_token_changes_nothing(operator: TestClient, fake: FakeCloud) -> None:
    before = len(fake.keys)
    for token in ("", "guess", token_of(operator.get("/method").text)[:-1], "\u00e9"):
        answer = operator.post("/keys", data={"name": "x", "tenant": "acme", "form_token": token})
        assert answer.status_code == 403
    assert operator.post("/playground/stream", json={}).status_code == 403
    assert len(fake.keys) == before


def test_a_form_token_of_one_session_is_no_good_in_another(visitor: TestClient, fake: FakeCloud) -> None:
    from tests.console.conftest import enter

    theirs = token_of(enter(visitor, fake, "tenant:acme").get("/method").text)
    visitor.cookies.clear()
    enter(visitor, fake, "operator")
    assert visitor.post("/keys", data={"name": "x", "tenant": "acme", "form_token": theirs}).status_code == 403


def test_a_huge_form_is_refused_unread(operator: TestClient) -> None:
    answer = operator.post("/keys", content=b"a=" + b"x" * (1 << 20))
    assert answer.status_code == 413


def test_pages_are_not_kept_by_the_browser(operator: TestClient) -> None:
    assert operator.get("/usage").headers["cache-control"] == "no-store"


def test_static_files_do_not_leave_their_folder(operator: TestClient) -> None:
    assert operator.get("/static/../app.py").status_code == 404
    assert operator.get("/static/%2e%2e/app.py").status_code == 404
