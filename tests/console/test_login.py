"""Who gets in, with what, and for how long."""

import json

import pytest
from starlette.testclient import TestClient

from baseload.console import ticket
from baseload.console.access import now_us
from baseload.console.app import application
from baseload.console.session import COOKIE, LIFE_S, Sealer, begin
from baseload.console.tickets import LIFE_US, secret
from baseload.units import Micros
from tests.console.conftest import HOST, token_of
from tests.console.fake_admin import FakeCloud

PAGES = ["/", "/pnl", "/usage", "/usage.csv", "/requests", "/keys", "/playground", "/method", "/live", "/live/series"]


def log_in(client: TestClient, key: str, **query: str):
    token = token_of(client.get("/login").text)
    return client.post("/login", params=query, data={"key": key, "form_token": token})


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_shown_before_the_log_in(visitor: TestClient, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login")


def test_a_script_without_a_session_gets_a_sentence_and_not_a_page(visitor: TestClient) -> None:
    answer = visitor.get("/live", headers={"accept": "text/event-stream"})
    assert answer.status_code == 401
    assert "log in" in answer.json()["error"]["message"]


def test_the_admin_key_opens_the_operator_page(visitor: TestClient, fake: FakeCloud) -> None:
    assert log_in(visitor, fake.admin_key).headers["location"] == "/"
    assert "power envelope" in visitor.get("/").text


def test_a_tenant_key_opens_that_tenants_pages_only(visitor: TestClient, fake: FakeCloud) -> None:
    assert log_in(visitor, fake.tenant_keys["acme"]).status_code == 303
    assert visitor.get("/").headers["location"] == "/playground"
    assert visitor.get("/pnl").status_code == 403


@pytest.mark.parametrize("key", ["", "x", "blk_live_AAAAAAAA_" + "x" * 43 + "_000000", "blk_live_\u00e9" + "x" * 60])
def test_a_wrong_key_gets_one_sentence(visitor: TestClient, key: str) -> None:
    answer = log_in(visitor, key)
    assert answer.status_code == 403
    assert "No such key" in answer.text
    assert COOKIE not in answer.cookies


def test_a_revoked_key_ends_its_session_at_once(visitor: TestClient, fake: FakeCloud) -> None:
    log_in(visitor, fake.tenant_keys["acme"])
    assert visitor.get("/usage").status_code == 200
    row = next(r for r in fake.keys.values() if r["name"] == "acme default")
    row["revoked_us"] = now_us()
    visitor.app.state.console.keys_read_s = float("-inf")  # type: ignore[attr-defined]
    assert visitor.get("/usage").status_code == 303


def test_a_ticket_works_once(visitor: TestClient, fake: FakeCloud) -> None:
    text = ticket(fake.data, "operator", now_us())
    assert visitor.get("/login", params={"ticket": text}).status_code == 303
    visitor.cookies.clear()
    assert visitor.get("/login", params={"ticket": text}).status_code == 403


def test_a_spent_ticket_stays_spent_over_a_restart(visitor: TestClient, fake: FakeCloud) -> None:
    text = ticket(fake.data, "operator", now_us())
    visitor.get("/login", params={"ticket": text})
    with TestClient(application(fake.data), base_url=HOST, follow_redirects=False) as later:
        assert later.get("/login", params={"ticket": text}).status_code == 403


def test_an_old_ticket_is_refused(visitor: TestClient, fake: FakeCloud) -> None:
    text = ticket(fake.data, "operator", Micros(now_us() - LIFE_US - 1))
    assert visitor.get("/login", params={"ticket": text}).status_code == 403


@pytest.mark.parametrize("change", ["", "x", "...", "operator.9.9.9", "b3BlcmF0b3I.99999999999999999.00.AAAA"])
def test_a_made_up_ticket_is_refused(visitor: TestClient, change: str) -> None:
    answer = visitor.get("/login", params={"ticket": change})
    assert answer.status_code == (403 if change else 200)
    assert COOKIE not in answer.cookies


def test_a_tenants_ticket_cannot_be_turned_into_the_operators(fake: FakeCloud, visitor: TestClient) -> None:
    theirs = ticket(fake.data, "tenant:acme", now_us()).split(".")
    ours = ticket(fake.data, "operator", now_us()).split(".")
    answer = visitor.get("/login", params={"ticket": ".".join([ours[0], *theirs[1:]])})
    assert answer.status_code == 403


def test_an_unknown_role_has_no_ticket(fake: FakeCloud) -> None:
    with pytest.raises(ValueError, match="no console role 'root'"):
        ticket(fake.data, "root", now_us())


def test_looking_at_a_link_without_opening_it_does_not_spend_it(visitor: TestClient, fake: FakeCloud) -> None:
    text = ticket(fake.data, "operator", now_us())
    visitor.head("/login", params={"ticket": text})
    assert visitor.get("/login", params={"ticket": text}).status_code == 303


def test_the_cookie_is_for_this_site_and_out_of_reach_of_scripts(visitor: TestClient, fake: FakeCloud) -> None:
    text = ticket(fake.data, "operator", now_us())
    said = visitor.get("/login", params={"ticket": text}).headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=strict" in said


def test_a_cookie_holds_no_key(visitor: TestClient, fake: FakeCloud) -> None:
    key = fake.tenant_keys["acme"]
    cookie = log_in(visitor, key).cookies[COOKIE]
    session = Sealer(secret(fake.data)).read(cookie, now_us())
    assert session is not None
    assert key not in json.dumps([session.id, session.tenant, session.key_id])


def test_a_changed_or_old_cookie_is_no_session(fake: FakeCloud) -> None:
    sealer = Sealer(secret(fake.data))
    cookie = sealer.write(begin("tenant", "acme", "", now_us()))
    assert sealer.read(cookie, now_us()) is not None
    assert sealer.read(cookie, Micros(now_us() + LIFE_S * 1_000_000)) is None
    assert sealer.read("A" + cookie[1:], now_us()) is None
    assert sealer.read(cookie[:-1] + ("A" if cookie[-1] != "A" else "B"), now_us()) is None
    assert Sealer(b"another" * 5).read(cookie, now_us()) is None


def test_the_way_back_leads_to_our_own_pages_only(visitor: TestClient, fake: FakeCloud) -> None:
    key = fake.tenant_keys["acme"]
    assert log_in(visitor, key, next="/usage?by=key").headers["location"] == "/usage?by=key"
    for elsewhere in ("https://example.org/", "//example.org", "/\\example.org"):
        visitor.cookies.clear()
        assert log_in(visitor, key, next=elsewhere).headers["location"] == "/"


def test_logging_out_ends_the_session(operator: TestClient) -> None:
    token = token_of(operator.get("/method").text)
    assert operator.post("/logout", data={"form_token": token}).headers["location"] == "/login"
    assert operator.get("/").status_code == 303
