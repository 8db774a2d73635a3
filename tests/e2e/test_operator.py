"""The operator's page lives: numbers move, charts grow, and a gateway that goes away is told as a state."""

import re
import time

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import Visit
from tests.e2e.place import Place


def test_numbers_move_and_charts_grow(visit: Visit, place: Place) -> None:
    page = visit.log_in(place.admin_key)
    page.locator("#chart-tokens canvas").wait_for()
    page.locator("#chart-watts canvas").wait_for()
    time_of = page.locator("#status time")
    before = time_of.inner_text()
    expect(time_of).not_to_have_text(before, timeout=10_000)
    chart = page.locator("#chart-tokens")
    expect(chart).to_have_attribute("data-last", re.compile(r"\d+"), timeout=10_000)
    last = chart.get_attribute("data-last")
    expect(chart).not_to_have_attribute("data-last", last or "", timeout=10_000)


def test_the_page_reads_in_order_without_a_mouse(visit: Visit, place: Place) -> None:
    page = visit.log_in(place.admin_key)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    expect(page.locator("#tiles a.mark").first).to_be_focused()


def test_the_second_swap_keeps_the_focus_and_an_open_table(visit: Visit, place: Place) -> None:
    page = visit.log_in(place.admin_key)
    page.get_by_text("Table: tokens per second, by minute").click()
    link = page.locator("#tiles a.mark").first
    link.focus()
    before = page.locator("#status time").inner_text()
    expect(page.locator("#status time")).not_to_have_text(before, timeout=10_000)
    expect(link).to_be_focused()
    expect(page.locator("#table_models table")).to_be_visible()


def test_six_tiles_with_marks_lead_to_the_method(visit: Visit, place: Place) -> None:
    page = visit.log_in(place.admin_key)
    tiles = page.get_by_role("region", name="Key figures").get_by_role("listitem")
    expect(tiles).to_have_count(6)
    tiles.nth(1).get_by_role("link").click()
    page.get_by_role("heading", name="Power", exact=True).wait_for()
    assert page.url.endswith("/method#watts")


def told(page: Page, sentence: str) -> None:
    """The page says it by itself."""
    expect(page.get_by_role("heading", level=1)).to_contain_text(sentence, timeout=20_000)


def test_worst_problems_take_the_place_of_the_sentence(visit: Visit, place: Place) -> None:
    if place.cloud is None:
        pytest.skip("only the fake cloud breaks on demand")
    page = visit.log_in(place.admin_key)
    expect(page.get_by_role("heading", level=1)).to_contain_text("nothing needs you")
    place.cloud.problems = ["The disk is full; nothing new is admitted."]
    try:
        told(page, "The disk is full; nothing new is admitted.")
    finally:
        place.cloud.problems = []


def test_a_gateway_that_goes_away_is_told_and_comes_back(visit: Visit, place: Place) -> None:
    if place.data is None:
        pytest.skip("only the fake cloud breaks on demand")
    page = visit.log_in(place.admin_key)
    page.get_by_text("Live", exact=True).wait_for()
    address = place.data / "run" / "admin.json"
    text = address.read_text()
    address.unlink()
    try:
        told(page, "The gateway is restarting")
    finally:
        address.write_text(text)
    told(page, "nothing needs you")


def test_a_link_needs_no_key_and_works_once(visit: Visit, place: Place) -> None:
    if place.data is None:
        pytest.skip("links are made beside the data directory")
    link = place.link("operator")
    visit.page.goto(link)
    visit.page.get_by_role("heading", level=1).wait_for()
    assert visit.page.url == place.console_url + "/"
    visit.page.get_by_role("button", name="Log out").click()
    visit.page.goto(link)
    visit.page.get_by_role("alert").wait_for()
    visit.errors.clear()  # the browser notes the 403 of the spent link


def test_the_stream_starts_however_late_a_script_comes(visit: Visit, place: Place) -> None:
    def late(route: Route) -> None:
        time.sleep(0.5)
        route.continue_()

    page = visit.log_in(place.admin_key)
    page.route("**/hx-sse.min.js", late)
    with page.expect_request("**/live", timeout=5_000):
        page.reload()


def test_a_stream_that_is_refused_at_first_is_asked_for_again(visit: Visit, place: Place) -> None:
    page = visit.log_in(place.admin_key)
    page.route("**/live", lambda route: route.fulfill(status=503, body="not yet"), times=1)
    page.reload()
    time_of = page.locator("#status time")
    before = time_of.inner_text()
    expect(time_of).not_to_have_text(before, timeout=10_000)
    visit.errors.clear()  # the browser notes the 503


def test_charts_grow_without_the_columns_they_would_begin_with(visit: Visit, place: Place) -> None:
    page = visit.log_in(place.admin_key)
    page.route("**/live/series", lambda route: route.fulfill(status=503, body="not yet"), times=1)
    page.reload()
    for chart in ("#chart-tokens", "#chart-watts"):
        expect(page.locator(chart)).to_have_attribute("data-points", re.compile(r"[2-9]"), timeout=10_000)
    visit.errors.clear()  # the browser notes the 503
