"""The playground: streams, counts, stops, and is usable from the keyboard alone."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Visit
from tests.e2e.place import Place

PATIENCE_MS = 60_000


def ask(page: Page, text: str) -> None:
    page.get_by_label("Message").fill(text)
    page.keyboard.press("Enter")


def test_an_answer_streams_and_says_what_it_cost(visit: Visit, place: Place) -> None:
    visit.log_in(place.tenant_key)
    page = visit.go("/playground")
    ask(page, "What is a kilowatt-hour?")
    answer = page.get_by_role("article", name="Model").last
    expect(answer.locator(".turn-text")).not_to_be_empty(timeout=PATIENCE_MS)
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    early = len(answer.locator(".turn-text").inner_text())
    receipt = answer.locator(".receipt")
    receipt.wait_for(timeout=PATIENCE_MS)
    assert len(answer.locator(".turn-text").inner_text()) > early
    for unit in ("tokens in", "out", "¢", "J", "ms to first token"):
        expect(receipt).to_contain_text(unit)
    expect(
        receipt.get_by_role("link", name="modelled").or_(receipt.get_by_role("link", name="measured")).first
    ).to_be_visible()
    expect(page.get_by_label("Message")).to_be_focused()
    assert visit.axe() == []


def test_a_conversation_is_sent_whole(visit: Visit, place: Place) -> None:
    visit.log_in(place.tenant_key)
    page = visit.go("/playground")
    for n, text in enumerate(("Say one.", "Say two."), start=1):
        ask(page, text)
        expect(page.locator(".receipt")).to_have_count(n, timeout=PATIENCE_MS)
    if place.cloud is not None:
        expect(page.get_by_role("article", name="Model").last).to_contain_text("(3 messages so far.)")
    page.get_by_role("button", name="New conversation").click()
    expect(page.get_by_text("Nothing asked yet")).to_be_visible()


def test_escape_stops_and_the_gateway_sees_the_hang_up(visit: Visit, place: Place) -> None:
    if place.cloud is None:
        pytest.skip("only the fake cloud counts hang-ups")
    place.cloud.chunk_s = 0.5
    try:
        visit.log_in(place.tenant_key)
        page = visit.go("/playground")
        ask(page, "Tell me a long story.")
        expect(page.get_by_role("article", name="Model").locator(".turn-text")).not_to_be_empty(timeout=PATIENCE_MS)
        page.keyboard.press("Escape")
        expect(page.locator(".receipt")).to_contain_text("Stopped")
        page.wait_for_timeout(1500)
        assert place.cloud.hangups == 1
    finally:
        place.cloud.chunk_s = 0.02


def test_an_answer_can_be_copied_as_code(visit: Visit, place: Place) -> None:
    visit.log_in(place.tenant_key)
    page = visit.go("/playground")
    ask(page, 'It\'s a "quoted" question')
    page.get_by_role("button", name="Copy as Python").click(timeout=PATIENCE_MS)
    code = page.get_by_role("dialog").get_by_role("region", name="Code").inner_text()
    compile(code, "copied", "exec")
    assert "/v1" in code
    assert "blk_live" not in code
    assert visit.axe() == []
    page.get_by_role("button", name="Copy to clipboard").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Copy as curl").click()
    expect(page.get_by_role("dialog")).to_contain_text("curl http://")


def test_the_operator_chooses_on_whose_account(visit: Visit, place: Place) -> None:
    visit.log_in(place.admin_key)
    page = visit.go("/playground")
    page.get_by_label("Billed to").select_option("hobby")
    ask(page, "Hello")
    expect(page.locator(".receipt")).to_contain_text("tokens in", timeout=PATIENCE_MS)


def test_a_refusal_is_shown_as_a_sentence(visit: Visit, place: Place) -> None:
    if place.cloud is None:
        pytest.skip("only the fake cloud refuses on demand")
    place.cloud.refuse_with = 429
    try:
        visit.log_in(place.tenant_key)
        page = visit.go("/playground")
        ask(page, "Hello")
        expect(page.get_by_text("Too fast: try again in 3 s.").first).to_be_visible()
    finally:
        place.cloud.refuse_with = None
    visit.errors.clear()  # the browser notes the 429
