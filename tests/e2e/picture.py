"""Makes docs/console.png from a running cloud: `python -m tests.e2e.picture READY.json`, with `up`'s ready file."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.e2e.conftest import BROWSER, FLAGS, visiting
from tests.e2e.place import real_place

TARGET = Path(__file__).resolve().parents[2] / "docs" / "console.png"


def main(ready: Path) -> None:
    place = real_place(ready)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=BROWSER, args=FLAGS)
        with visiting(chromium, place, 1280, "light") as visit:
            page = visit.log_in(place.admin_key)
            page.locator("#chart-watts canvas").wait_for()
            page.wait_for_timeout(3000)
            page.screenshot(path=TARGET)
        chromium.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
