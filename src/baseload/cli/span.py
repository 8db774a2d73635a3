"""A length of time as a person writes it: 30m, 12h, 90d."""

import re
from typing import Any

import click

UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Span(click.ParamType[int]):
    """Its value is whole seconds, at least one."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        match = re.fullmatch(r"(\d{1,9})([smhd])", str(value).strip())
        if not match or int(match[1]) == 0:
            self.fail(f"{value!r} is no time; write 30m, 12h or 90d.", param, ctx)
        return int(match[1]) * UNITS_S[match[2]]


SPAN = Span()
