"""What the pages say, to whom."""

import csv
import io
import json

import pytest
from starlette.testclient import TestClient

from tests.console import fake_admin, fake_figures
from tests.console.conftest import token_of
from tests.console.fake_admin import FakeCloud


def test_the_operator_page_opens_with_how_the_cloud_is(operator: TestClient) -> None:
    html = operator.get("/").text
    assert "Serving 2 models on 2 nodes; " in html
    assert "margin 41\N{NO-BREAK SPACE}%; nothing needs you." in html


def test_problems_replace_the_sentence_worst_first(operator: TestClient, fake: FakeCloud) -> None:
    fake.problems = ["The disk is full; nothing new is admitted.", "tutor-1b-0 restarts again and again."]
    html = operator.get("/").text
    assert "nothing needs you" not in html
    assert html.index("The disk is full") < html.index("tutor-1b-0 restarts")
    assert '<h1 class="sentence">The disk is full' in html


def test_the_page_has_six_tiles_each_with_a_mark_and_a_comparison(operator: TestClient) -> None:
    html = operator.get("/").text
    assert html.count('<li class="tile"') == 6
    tiles = html.split('<li class="tile"')[1:]
    assert all('class="mark mark-' in tile and "chart-spark" in tile for tile in tiles)


def test_what_the_gateway_does_not_know_is_a_dash_on_the_page_and_null_in_its_charts(
    operator: TestClient, fake: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = fake_figures.state(fake.pid, [])
    said["rates"] = dict.fromkeys(said["rates"])
    said["power"] |= {"watts": None, "joules_per_token": None}
    said["orders"]["as_of_us"] = said["trust"]["checked_us"] = None
    silent = ("waiting", "parked", "tokens_per_s", "watts", "joules_per_token", "usd_per_hour", "kv_used")
    said["replicas"] = [replica | dict.fromkeys(silent) for replica in said["replicas"]]
    monkeypatch.setattr(fake_figures, "state", lambda pid, problems: said)
    html = operator.get("/").text
    assert "None" not in html
    for tile in ("speed", "power", "efficiency", "use"):
        assert f'data-now="{tile}">–<' in html
    fleet = html.split('id="fleet"')[1].split("</section>")[0]
    assert fleet.count('<td class="num">–</td>') == len(silent) * len(said["replicas"])
    hour = fake_figures.history(20)
    hour["by_model"][fake_admin.MODELS[0]][10:] = [None] * 10
    monkeypatch.setattr(fake_figures, "history", lambda seconds: hour)
    fake.pid += 1
    said["pid"] = fake.pid
    operator.app.state.console.live._seen_s = 0  # type: ignore[attr-defined]
    drawn = operator.get("/live/series").json()
    assert drawn["tokens"][fake_admin.MODELS[0]][9:] == [hour["by_model"][fake_admin.MODELS[0]][9], *[None] * 10]


def test_a_name_from_the_outside_is_escaped(operator: TestClient, fake: FakeCloud) -> None:
    fake.problems = ["<script>alert(1)</script>"]
    fake.add_key("acme", "<img src=x>", ["chat"])
    assert "<script>alert" not in operator.get("/").text
    assert "<img src=x>" not in operator.get("/keys").text


@pytest.mark.parametrize("path", ["/live", "/live/series", "/pnl", "/pnl.json"])
def test_a_tenant_is_kept_out_of_the_operators_pages(acme: TestClient, path: str) -> None:
    answer = acme.get(path)
    assert answer.status_code == 403
    assert "for the operator" in answer.text


def test_a_tenant_sees_only_its_own_whatever_the_address_says(acme: TestClient) -> None:
    for path in (
        "/requests",
        "/requests?tenant=hobby",
        "/usage?by=tenant&tenant=hobby",
        "/usage?by=key&tenant=",
        "/keys",
    ):
        html = acme.get(path).text
        assert "hobby" not in html, path
        assert "internal" not in html, path
    rows = acme.get("/requests.json?tenant=hobby&limit=1000").json()["rows"]
    assert {r["tenant_id"] for r in rows} == {"acme"}


def test_an_answer_that_is_not_filtered_by_tenant_is_not_shown_to_a_tenant(acme: TestClient, fake: FakeCloud) -> None:
    everything = fake.usage
    fake.usage = lambda by, tenant: everything(by, "") | {"tenant": None}  # type: ignore[method-assign]
    answer = acme.get("/usage?by=model")
    assert answer.status_code == 501
    assert "smollm2" not in answer.text


def with_key(visitor: TestClient, fake: FakeCloud, name: str, scopes: list[str], **more: list[str]) -> TestClient:
    """A browser logged in with a new key of acme's that can do so much."""
    made = fake.add_key("acme", name, scopes, **more)
    token = visitor.get("/login").text.split('name="form_token" value="')[1].split('"')[0]
    assert visitor.post("/login", data={"key": made["key"], "form_token": token}).status_code == 303
    return visitor


def test_what_a_key_makes_and_revokes_is_asked_in_its_name(visitor: TestClient, fake: FakeCloud) -> None:
    browser = with_key(visitor, fake, "small", ["models"], models=[fake_admin.MODELS[0]])
    small = next(r for r in fake.keys.values() if r["name"] == "small")
    page = browser.get("/keys").text
    assert fake_admin.MODELS[1] not in page
    browser.post("/keys", data={"name": "child", "form_token": token_of(page)})
    browser.post(f"/keys/{small['id']}/revoke", data={"form_token": token_of(page)})
    assert fake.makers == [small["id"], small["id"]]


def session_id(browser: TestClient) -> str:
    """Whose form token a script sends."""
    from baseload.console.access import now_us

    session = browser.app.state.console.sealer.read(browser.cookies["baseload_console"], now_us())  # type: ignore[attr-defined]
    return str(session.id)


def test_a_key_does_not_revoke_what_can_do_more(visitor: TestClient, fake: FakeCloud) -> None:
    browser = with_key(visitor, fake, "small", ["models"])
    page = browser.get("/keys").text
    wide = next(r for r in fake.keys.values() if r["name"] == "acme default")
    assert f"/keys/{wide['id']}/revoke" not in page
    answer = browser.post(f"/keys/{wide['id']}/revoke", data={"form_token": token_of(page)})
    assert answer.status_code == 403
    assert "Ask the operator" in answer.text
    assert wide["revoked_us"] is None


def test_a_tenant_does_not_revoke_an_admin_key_of_its_own_name(acme: TestClient, fake: FakeCloud) -> None:
    boss = fake.add_key("acme", "boss", ["admin"])
    token = token_of(acme.get("/keys").text)
    assert acme.post(f"/keys/{boss['id']}/revoke", data={"form_token": token}).status_code == 403


def test_the_operator_makes_keys_in_nobodys_name(operator: TestClient, fake: FakeCloud) -> None:
    token = token_of(operator.get("/keys").text)
    operator.post("/keys", data={"name": "x", "tenant": "acme", "form_token": token})
    assert fake.makers == [None]


def test_the_playground_of_a_key_never_speaks_with_more_than_it(visitor: TestClient, fake: FakeCloud) -> None:
    browser = with_key(visitor, fake, "small", ["models"])
    small = next(r for r in fake.keys.values() if r["name"] == "small")
    browser.app.state.console.secrets.clear()  # type: ignore[attr-defined]  # as after a restart of the console
    asked = {"model": fake_admin.MODELS[0], "messages": [{"role": "user", "content": "hello"}]}
    form_token = browser.app.state.console.sealer.form_token(session_id(browser))  # type: ignore[attr-defined]
    browser.post("/playground/stream", json=asked, headers={"x-form-token": form_token})
    assert fake.makers == [small["id"]]


def test_a_tenant_makes_keys_for_itself_only(acme: TestClient, fake: FakeCloud) -> None:
    token = token_of(acme.get("/keys").text)
    answer = acme.post("/keys", data={"name": "theirs", "tenant": "hobby", "form_token": token})
    assert answer.status_code == 201
    assert next(r for r in fake.keys.values() if r["name"] == "theirs")["tenant"] == "acme"


def test_a_tenant_cannot_revoke_anothers_key(acme: TestClient, fake: FakeCloud) -> None:
    token = token_of(acme.get("/keys").text)
    row = next(r for r in fake.keys.values() if r["name"] == "hobby default")
    assert acme.post(f"/keys/{row['id']}/revoke", data={"form_token": token}).status_code == 404
    assert row["revoked_us"] is None


def test_a_new_key_is_shown_once(operator: TestClient) -> None:
    token = token_of(operator.get("/keys").text)
    wanted = {"name": "build", "tenant": "acme", "expires_in_s": "86400", "models": ["tutor-1b"], "form_token": token}
    made = operator.post("/keys", data=wanted)
    shown = made.text.split('aria-label="The new key, shown once">')[1].split("<")[0]
    assert shown.startswith("blk_live_")
    assert shown not in operator.get("/keys").text


def test_a_revoked_key_stays_listed_as_revoked(operator: TestClient, fake: FakeCloud) -> None:
    token = token_of(operator.get("/keys").text)
    row = next(r for r in fake.keys.values() if r["name"] == "hobby default")
    assert operator.post(f"/keys/{row['id']}/revoke", data={"form_token": token}).status_code == 303
    assert "badge-revoked" in operator.get("/keys").text


def test_a_key_without_a_name_is_asked_for_one(operator: TestClient) -> None:
    token = token_of(operator.get("/keys").text)
    answer = operator.post("/keys", data={"name": " ", "tenant": "acme", "form_token": token})
    assert answer.status_code == 422
    assert "Give the key a name" in answer.text


def test_the_gateways_refusal_is_told_in_its_own_words(operator: TestClient) -> None:
    token = token_of(operator.get("/keys").text)
    answer = operator.post("/keys", data={"name": "x", "tenant": "nobody", "form_token": token})
    assert answer.status_code == 404
    assert "no tenant &#39;nobody&#39;" in answer.text


@pytest.mark.parametrize("by", ["day", "model", "key", "tenant"])
def test_page_csv_and_json_of_usage_say_the_same(operator: TestClient, by: str) -> None:
    said = operator.get(f"/usage.json?by={by}").json()
    rows = list(csv.DictReader(io.StringIO(operator.get(f"/usage.csv?by={by}").text)))
    assert [int(r["output_tokens"]) for r in rows] == [r["tok_out"] for r in said["rows"]]
    assert sum(int(r["input_tokens"]) for r in rows) == said["totals"]["tok_in"]
    assert f"{said['totals']['tok_out']:,d}" in operator.get(f"/usage?by={by}").text


def test_a_name_that_looks_like_a_formula_is_defused_in_csv(operator: TestClient, fake: FakeCloud) -> None:
    fake.usage_rows = [fake.usage_rows[0] | {"model": "=HYPERLINK(1)"}]
    assert "'=HYPERLINK(1)" in operator.get("/usage.csv?by=model").text


def test_an_empty_cloud_has_words_instead_of_empty_tables(operator: TestClient, fake: FakeCloud) -> None:
    fake.usage_rows = []
    assert "No usage here" in operator.get("/usage").text
    assert "Nothing here yet" in operator.get("/requests").text


def test_the_pnl_page_shows_every_figure_with_its_mark(operator: TestClient) -> None:
    html = operator.get("/pnl").text
    assert "Of $0.432 per million tokens" in html
    assert "no external tenant has a contract" in html
    assert "undefined" in html


def test_a_gateway_that_is_away_is_a_state_and_not_an_error(operator: TestClient, fake: FakeCloud) -> None:
    operator.get("/")
    (fake.data / "run" / "admin.json").unlink()
    operator.app.state.console.live._seen_s = float("-inf")  # type: ignore[attr-defined]
    answer = operator.get("/")
    assert answer.status_code == 200
    assert "The gateway is restarting; the figures below are from" in answer.text
    keys = operator.get("/keys")
    assert keys.status_code == 503
    assert "The gateway is restarting" in keys.text


def test_a_restarted_gateway_is_found_at_its_new_address(operator: TestClient, fake: FakeCloud) -> None:
    operator.get("/usage")
    fake.admin_secret = "another"
    second = fake_admin.start(fake)
    try:
        assert operator.get("/usage").status_code == 200
    finally:
        second.stop()


def test_the_playground_passes_the_answer_through(acme: TestClient, fake: FakeCloud) -> None:
    token = token_of(acme.get("/playground").text)
    body = {"model": "smollm2-135m", "messages": [{"role": "user", "content": "hi"}], "evil": 1}
    answer = acme.post("/playground/stream", json=body, headers={"x-form-token": token})
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: {")]
    assert events[-1]["usage"]["energy_joules"] == 12.34
    assert answer.text.endswith("data: [DONE]\n\n")


def test_a_refusal_reads_the_same_as_in_a_client(acme: TestClient, fake: FakeCloud) -> None:
    fake.refuse_with = 429
    token = token_of(acme.get("/playground").text)
    body = {"model": "smollm2-135m", "messages": []}
    answer = acme.post("/playground/stream", json=body, headers={"x-form-token": token})
    assert answer.status_code == 429
    assert answer.json()["error"]["message"].startswith("Too fast")
    assert answer.headers["retry-after"] == "3"


def test_a_playground_key_that_was_revoked_is_made_anew(acme: TestClient, fake: FakeCloud) -> None:
    token = token_of(acme.get("/playground").text)
    body = {"model": "smollm2-135m", "messages": [{"role": "user", "content": "hi"}]}
    assert acme.post("/playground/stream", json=body, headers={"x-form-token": token}).status_code == 200
    for row in fake.keys.values():
        row["revoked_us"] = row["revoked_us"] or (1 if row["name"] == "console playground" else None)
    assert acme.post("/playground/stream", json=body, headers={"x-form-token": token}).status_code == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"7", b'{"messages": 3}'])
def test_a_malformed_playground_request_is_told_so(acme: TestClient, body: bytes) -> None:
    token = token_of(acme.get("/playground").text)
    answer = acme.post("/playground/stream", content=body, headers={"x-form-token": token})
    assert answer.status_code in (200, 400)
