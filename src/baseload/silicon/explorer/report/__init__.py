"""The explorer's answer as one self-contained HTML file."""

from baseload.silicon.explorer.report.page import page, write

__all__ = ["page", "write"]
