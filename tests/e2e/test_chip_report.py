"""The explorer's report in a browser: nothing from outside, nothing axe minds, never wider than the screen."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from baseload.silicon.explorer import explore
from baseload.silicon.explorer.report import write
from tests.e2e.conftest import AXE, WIDTHS
from tests.silicon.explorer.mixes import mix


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "chip.html"
    write(explore(mix(), seed=2, population=24, generations=3), path)
    return path


@pytest.mark.parametrize(("width", "scheme"), [(w, s) for w in WIDTHS for s in ("light", "dark")])
def test_the_report_is_clean(browser: Browser, report: Path, width: int, scheme: Any) -> None:
    context = browser.new_context(viewport={"width": width, "height": WIDTHS[width]}, color_scheme=scheme)
    said: list[str] = []
    try:
        page = context.new_page()
        page.on("console", lambda m: said.append(m.text))
        page.on("request", lambda r: said.append(r.url) if r.url != report.as_uri() else None)
        page.goto(report.as_uri())
        page.get_by_role("heading", level=1).wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert said == []
        page.evaluate(AXE)
        found = page.evaluate("axe.run()")
    finally:
        context.close()
    assert found["passes"]
    assert [f"{v['id']}: {n['html'][:160]}" for v in found["violations"] for n in v["nodes"]] == []
