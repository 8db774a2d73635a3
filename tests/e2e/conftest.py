"""A headless Chromium that writes down everything a page should not do."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.place import Place, fake_place, real_place

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
BROWSER = next((p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None)
WIDTHS = {1280: 900, 390: 844}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if BROWSER is None:
                item.add_marker(pytest.mark.skip(reason="NO CHROMIUM on this machine: apt-get install chromium"))


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    ready = os.environ.get("BASELOAD_E2E_READY")
    if ready:
        yield real_place(Path(ready))
        return
    with fake_place(tmp_path_factory.mktemp("console")) as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One a module: Playwright keeps an event loop running in this thread, and the tests after these want their own."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        yield chromium
        chromium.close()


class Visit:
    """A page, and what went wrong on it."""

    def __init__(self, page: Page, place: Place) -> None:
        self.page = page
        self.place = place
        self.errors: list[str] = []
        self.outside: list[str] = []
        page.on("console", lambda m: self.errors.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: self.errors.append(str(e)))
        page.on("request", lambda r: self._request(r.url))

    def _request(self, url: str) -> None:
        if not url.startswith((self.place.console_url, "data:")):
            self.outside.append(url)

    def go(self, path: str) -> Page:
        self.page.goto(self.place.console_url + path)
        return self.page

    def log_in(self, key: str) -> Page:
        self.go("/login")
        self.page.get_by_label("API key").fill(key)
        self.page.get_by_role("button", name="Log in").click()
        self.page.get_by_role("button", name="Log out").wait_for()
        return self.page

    def axe(self) -> list[str]:
        """Violations as sentences. The script is evaluated by the debugger, so the page's policy stays as it is."""
        self.page.evaluate(AXE)
        found: dict[str, Any] = self.page.evaluate(
            "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", TAGS
        )
        assert found["passes"], "axe ran no rule"
        return [f"{v['id']}: {v['help']}: {n['html'][:160]}" for v in found["violations"] for n in v["nodes"]]

    def check(self) -> None:
        assert self.errors == []
        assert self.outside == []


@contextmanager
def visiting(browser: Browser, place: Place, width: int, scheme: Any) -> Iterator[Visit]:
    context = browser.new_context(
        viewport={"width": width, "height": WIDTHS[width]}, color_scheme=scheme, reduced_motion="reduce"
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    try:
        yield Visit(context.new_page(), place)
    finally:
        context.close()


@pytest.fixture
def visit(browser: Browser, place: Place) -> Iterator[Visit]:
    with visiting(browser, place, 1280, "light") as made:
        yield made
        made.check()
