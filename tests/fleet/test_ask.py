import json

import pytest

from baseload.fleet.worker.ask import read


@pytest.mark.parametrize(("asked", "drawn"), [(1e-46, 0.0), (0, 0.0), (1e-3, 1e-3), (1, 1)])
def test_a_temperature_that_is_nearly_zero_is_zero(asked: float, drawn: float) -> None:
    """1e-46 is 0 as a 32-bit number, which an engine asked to draw refuses."""
    body = json.dumps({"prompt": "x", "temperature": asked, "top_p": asked}).encode()
    (choice,) = read(body, chat=False).choices
    assert choice.temperature == drawn
    assert choice.top_p >= 1e-6
