"""Plain forms (`application/x-www-form-urlencoded`): a few fields need no parser of uploads."""

from urllib.parse import parse_qs

from starlette.requests import Request

MAX_FIELDS = 100


class Form:
    """The fields of a form; a missing one is an empty string."""

    def __init__(self, body: bytes) -> None:
        try:
            self._fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS)
        except ValueError:
            self._fields = {}

    def get(self, name: str) -> str:
        return self._fields.get(name, [""])[0].strip()

    def all(self, name: str) -> list[str]:
        return self._fields.get(name, [])


async def form(request: Request) -> Form:
    """The form of a request; Starlette keeps the body, so this may be asked twice."""
    return Form(await request.body())
