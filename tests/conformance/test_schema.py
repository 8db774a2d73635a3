"""Structured answers: what the schema says is what comes, or the request is refused."""

import json
from typing import Any

import openai
import pytest

from benchmarks.cloud import Up

pytestmark = pytest.mark.engine

ASK: Any = [{"role": "user", "content": "Which city? Answer in JSON."}]
CITY = {
    "type": "object",
    "properties": {"city": {"type": "string", "enum": ["Paris", "Rome"]}, "large": {"type": "boolean"}},
    "required": ["city", "large"],
    "additionalProperties": False,
}


def schema(body: Any) -> Any:
    return {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": body}}


def test_a_schema_is_honoured(client: openai.OpenAI, up: Up) -> None:
    said = client.chat.completions.create(
        model=up.model, messages=ASK, max_tokens=60, temperature=0, response_format=schema(CITY)
    )
    answer = json.loads(said.choices[0].message.content or "")
    assert answer["city"] in ("Paris", "Rome")
    assert isinstance(answer["large"], bool)
    assert set(answer) == {"city", "large"}


def test_a_schema_is_honoured_in_a_stream(client: openai.OpenAI, up: Up) -> None:
    chunks = client.chat.completions.create(
        model=up.model, messages=ASK, max_tokens=60, temperature=0, response_format=schema(CITY), stream=True
    )
    text = "".join(c.choices[0].delta.content or "" for c in chunks)
    assert json.loads(text)["city"] in ("Paris", "Rome")


def test_a_json_object_begins_as_one(client: openai.OpenAI, up: Up) -> None:
    said = client.chat.completions.create(
        model=up.model, messages=ASK, max_tokens=24, temperature=0, response_format={"type": "json_object"}
    )
    assert (said.choices[0].message.content or "").lstrip().startswith("{")


def test_text_is_a_format_too(client: openai.OpenAI, up: Up) -> None:
    said = client.chat.completions.create(model=up.model, messages=ASK, max_tokens=4, response_format={"type": "text"})
    assert said.choices[0].message.content


@pytest.mark.parametrize(
    "broken", [{"type": "no-such-type"}, {"type": "object", "properties": {"a": 5}}, {"$ref": "#/nowhere"}]
)
def test_an_invalid_schema_is_a_bad_request(client: openai.OpenAI, up: Up, broken: Any) -> None:
    with pytest.raises(openai.BadRequestError, match="schema"):
        client.chat.completions.create(model=up.model, messages=ASK, max_tokens=8, response_format=schema(broken))


def test_a_schema_format_without_a_schema_is_a_bad_request(client: openai.OpenAI, up: Up) -> None:
    format_: Any = {"type": "json_schema"}
    with pytest.raises(openai.BadRequestError, match=r"response_format\.json_schema"):
        client.chat.completions.create(model=up.model, messages=ASK, max_tokens=8, response_format=format_)
