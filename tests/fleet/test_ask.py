import json

import pytest

from baseload.fleet.worker import ask
from baseload.fleet.worker.ask import read


@pytest.mark.parametrize(("asked", "drawn"), [(1e-46, 0.0), (0, 0.0), (1e-3, 1e-3), (1, 1)])
def test_a_temperature_that_is_nearly_zero_is_zero(asked: float, drawn: float) -> None:
    """1e-46 is 0 as a 32-bit number, which an engine asked to draw refuses."""
    body = json.dumps({"prompt": "x", "temperature": asked, "top_p": asked}).encode()
    (choice,) = read(body, chat=False).choices
    assert choice.temperature == drawn
    assert choice.top_p >= 1e-6


def test_what_a_request_leaves_unsaid_is_as_the_description_says_and_what_it_says_stands() -> None:
    unsaid = ask.Unsaid(temperature=0.2, top_p=0.9)
    silent = ask.read(b'{"prompt":"x"}', chat=False, unsaid=unsaid).choices[0]
    assert (silent.temperature, silent.top_p) == (0.2, 0.9)
    told = ask.read(b'{"prompt":"x","temperature":1,"top_p":1}', chat=False, unsaid=unsaid).choices[0]
    assert (told.temperature, told.top_p) == (1, 1)
