"""Every page, light and dark, wide and narrow: nothing in the console, nothing from outside, nothing axe minds."""

from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import WIDTHS, visiting
from tests.e2e.place import Place

OPERATOR = ["/", "/pnl", "/usage?by=day", "/usage?by=model", "/requests", "/keys", "/playground", "/method"]
TENANT = ["/playground", "/usage", "/requests", "/keys", "/method"]


@pytest.mark.parametrize(
    ("who", "width", "scheme"),
    [("operator", w, s) for w in WIDTHS for s in ("light", "dark")]
    + [("tenant", 1280, "dark"), ("tenant", 390, "light")],
)
def test_pages_are_clean(browser: Browser, place: Place, who: str, width: int, scheme: Any) -> None:
    faults: list[str] = []
    with visiting(browser, place, width, scheme) as visit:
        visit.go("/login")
        faults += [f"/login: {v}" for v in visit.axe()]
        visit.log_in(place.admin_key if who == "operator" else place.tenant_key)
        for path in OPERATOR if who == "operator" else TENANT:
            page = visit.go(path)
            if path == "/":
                page.locator("#chart-tokens canvas").wait_for()
            page.get_by_role("heading", level=1).wait_for()
            faults += [f"{path}: {v}" for v in visit.axe()]
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                faults.append(f"{path}: {wide} px wide on a screen of {width}")
        visit.check()
    assert faults == []


def test_a_page_that_is_not_there_says_so(browser: Browser, place: Place) -> None:
    with visiting(browser, place, 1280, "light") as visit:
        visit.log_in(place.admin_key)
        visit.go("/nosuch")
        visit.page.get_by_role("heading", name="Not here").wait_for()
        assert visit.axe() == []
        assert visit.outside == []
