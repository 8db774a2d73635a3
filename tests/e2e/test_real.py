"""The same pages on a real cloud with a simulated engine: no fake between the browser and the books."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from benchmarks.cloud import Up
from tests.e2e import test_operator, test_playground
from tests.e2e.conftest import Visit, visiting
from tests.e2e.place import Place

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def real(twin_cloud: Up) -> Place:
    return Place(twin_cloud.console_url, twin_cloud.admin_key, twin_cloud.api_key, "acme", data=twin_cloud.data)


@pytest.fixture
def browsing(browser: Browser, real: Place) -> Iterator[Visit]:
    with visiting(browser, real, 1280, "light") as made:
        yield made
        made.check()


def test_the_operators_page_lives(browsing: Visit, real: Place) -> None:
    test_operator.test_numbers_move_and_charts_grow(browsing, real)
    expect(browsing.page.get_by_role("heading", level=1)).to_contain_text("Serving 1 model on 1 node")
    assert browsing.axe() == []


def test_an_answer_of_the_playground_is_in_the_books_and_on_the_page(browsing: Visit, real: Place) -> None:
    browsing.page.goto(real.link("tenant:acme") + "&next=/playground")
    test_playground.ask(browsing.page, "What is a kilowatt-hour?")
    receipt = browsing.page.locator(".receipt")
    for unit in ("tokens in", "out", "¢", "J", "ms to first token"):
        expect(receipt).to_contain_text(unit, timeout=test_playground.PATIENCE_MS)
    page = browsing.go("/requests")
    expect(page.get_by_role("table").first).to_contain_text("smollm2-135m")
    page = browsing.go("/keys")
    expect(page.get_by_role("row", name="console playground").first).to_contain_text("active")
