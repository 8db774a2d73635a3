"""Errors: OpenAI's classes, codes and params, so that a client's own handling works unchanged."""

from collections.abc import Callable
from typing import Any

import openai
import pytest

from benchmarks.cloud import Up

pytestmark = pytest.mark.engine

HELLO: Any = [{"role": "user", "content": "Hi"}]
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}

Refused = Callable[..., openai.BadRequestError]


@pytest.fixture
def refused(client: openai.OpenAI, up: Up) -> Refused:
    """Ask for something that must be refused; the error."""

    def ask(**fields: Any) -> openai.BadRequestError:
        with pytest.raises(openai.BadRequestError) as caught:
            client.chat.completions.create(
                model=up.model,
                **{"messages": HELLO, "max_tokens": 4} | {k: v for k, v in fields.items() if k != "extra"},
                extra_body=fields.get("extra"),
            )
        return caught.value

    return ask


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tools", [TOOL]),
        ("tool_choice", "required"),
        ("logit_bias", {"50": 10}),
        ("logprobs", True),
        ("audio", {"format": "wav", "voice": "alloy"}),
        ("modalities", ["text", "audio"]),
        ("prediction", {"type": "content", "content": "x"}),
        ("web_search_options", {}),
        ("reasoning_effort", "high"),
    ],
)
def test_a_field_that_would_change_the_answer_is_refused_by_name(refused: Refused, field: str, value: Any) -> None:
    error = refused(**{field: value})
    assert error.param == field
    assert error.code == "unsupported_parameter"


def test_an_unknown_field_is_refused_by_name(refused: Refused) -> None:
    assert refused(extra={"no_such_field": 1}).param == "no_such_field"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("max_tokens", 0),
        ("max_tokens", -5),
        ("max_completion_tokens", 0),
        ("n", 0),
        ("n", 1000),
        ("temperature", 3),
        ("temperature", "hot"),
        ("top_p", 0),
        ("presence_penalty", 9),
        ("seed", 1.5),
        ("stop", ["a", "b", "c", "d", "e"]),
        ("stop", 7),
        ("messages", []),
        ("messages", [{"role": "nobody", "content": "x"}]),
        ("messages", "hello"),
    ],
)
def test_a_bad_value_is_a_bad_request_that_names_its_field(refused: Refused, field: str, value: Any) -> None:
    error = refused(**{field: value})
    assert field in str(error.param)
    assert error.type == "invalid_request_error"


def test_an_absurd_limit_is_refused_with_both_numbers(refused: Refused) -> None:
    error = refused(max_tokens=10**9)
    assert error.code == "context_length_exceeded"
    assert "1000000000" in str(error)
    assert "8192" in str(error)


def test_a_prompt_longer_than_the_context_is_refused_with_both_numbers(refused: Refused) -> None:
    error = refused(messages=[{"role": "user", "content": "river " * 9000}])
    assert error.code == "context_length_exceeded"
    assert "8192" in str(error)


def test_images_are_refused(refused: Refused) -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    assert "content" in str(refused(messages=[{"role": "user", "content": [image]}]).param)


def test_an_unknown_service_tier_is_refused(refused: Refused) -> None:
    assert refused(service_tier="express").param == "service_tier"


def test_every_error_carries_the_request_id(refused: Refused) -> None:
    assert str(refused(n=0).request_id).startswith("req_")


def test_an_unknown_route_is_404(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError):
        client.embeddings.create(model="x", input="y")
