"""The whole report as one HTML file: styles inside, no script, no other host."""

from html import escape
from importlib.resources import files
from pathlib import Path

from baseload.silicon.explorer.answer import Exploration
from baseload.silicon.explorer.report.html import paragraph
from baseload.silicon.explorer.report.sections import sections
from baseload.silicon.explorer.report.words import flipping, verdict
from baseload.store.whole import write_whole


def page(found: Exploration) -> str:
    """The report as text."""
    style = files("baseload.silicon.explorer.report").joinpath("style.css").read_text(encoding="utf-8")
    title = f"A chip for {found.traffic.name}"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>\n{style}</style></head>\n<body><main><h1>{escape(title)}</h1>\n"
        f"{paragraph(verdict(found))}\n{paragraph(flipping(found))}\n"
        f"{chr(10).join(sections(found))}\n</main></body></html>\n"
    )


def write(found: Exploration, path: Path) -> None:
    """Write the report whole or not at all: beside its place first, then moved there."""
    write_whole(path, page(found))
