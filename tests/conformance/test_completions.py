"""The older route, which evaluation harnesses use; and /tokenize, which says what a request will cost."""

from collections.abc import Callable
from typing import Any

import openai
import pytest

from benchmarks.cloud import Up

pytestmark = pytest.mark.engine


@pytest.fixture
def complete(client: openai.OpenAI, up: Up) -> Callable[..., Any]:
    def create(**more: Any) -> Any:
        return client.completions.create(
            **{"model": up.model, "prompt": "The river", "temperature": 0, "max_tokens": 6, **more}
        )

    return create


def test_a_completion_has_openais_shape(complete: Callable[..., Any], up: Up) -> None:
    said = complete()
    assert said.object == "text_completion"
    assert said.model == up.model
    assert said.choices[0].text
    assert said.choices[0].finish_reason == "length"
    assert said.usage.completion_tokens == 6
    assert said.usage.model_dump()["cost_usd"] > 0


def test_a_completion_streams(complete: Callable[..., Any]) -> None:
    chunks = list(complete(stream=True, stream_options={"include_usage": True}))
    assert "".join(c.choices[0].text for c in chunks if c.choices)
    assert chunks[-1].usage.completion_tokens == 6


def test_a_prompt_of_one_is_a_prompt(complete: Callable[..., Any]) -> None:
    assert complete(prompt=["The river"]).choices[0].text == complete().choices[0].text


@pytest.mark.parametrize("prompt", [["one", "two"], [1, 2, 3], [], ""])
def test_other_prompts_are_refused(complete: Callable[..., Any], prompt: Any) -> None:
    with pytest.raises(openai.BadRequestError, match="prompt"):
        complete(prompt=prompt)


@pytest.mark.parametrize(("field", "value"), [("echo", True), ("suffix", "end"), ("best_of", 3), ("logprobs", 2)])
def test_unserved_fields_are_refused_by_name(complete: Callable[..., Any], field: str, value: Any) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        complete(**{field: value})
    assert caught.value.param == field


def test_tokenize_says_what_a_chat_will_be_billed(client: openai.OpenAI, up: Up) -> None:
    messages: Any = [{"role": "user", "content": "How many tokens are in this sentence?"}]
    root = up.base_url.removesuffix("/v1")
    counted: Any = client.post(f"{root}/tokenize", body={"model": up.model, "messages": messages}, cast_to=object)
    said = client.chat.completions.create(model=up.model, messages=messages, max_tokens=1)
    assert said.usage is not None
    assert counted["count"] == said.usage.prompt_tokens
    assert len(counted["tokens"]) == counted["count"]
