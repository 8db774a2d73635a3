"""A request is understood whole or refused by name; nothing that would change the answer is ignored."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from baseload.errors import Refusal
from baseload.gateway.ask import parse_chat, parse_text, parse_tokenize
from baseload.gateway.wire import SAYS_NOTHING, UNSERVED, ChatBody

HI = [{"role": "user", "content": "hi"}]


def chat(**fields: Any) -> bytes:
    return json.dumps({"model": "m", "messages": HI, **fields}).encode()


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "bob", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"max_tokens": 4, "max_completion_tokens": 5}, "max_tokens"),
        ({"n": 9}, "n"),
        ({"temperature": 2.1}, "temperature"),
        ({"top_p": 0}, "top_p"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        ({"stop": ""}, "stop"),
        ({"service_tier": "gold"}, "service_tier"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"logit_bias": {"1": 2}}, "logit_bias"),
        ({"logprobs": True}, "logprobs"),
        ({"audio": {"voice": "x"}}, "audio"),
        ({"frequency": 1}, "frequency"),
    ],
)
def test_a_bad_field_is_refused_by_name(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_chat(chat(**fields))
    assert refused.value.status == 400
    assert refused.value.param == param
    assert param.rpartition(".")[2].partition("[")[0] in str(refused.value)


@pytest.mark.parametrize("name", [n for n in UNSERVED if n in ChatBody.__struct_fields__])
def test_an_unserved_field_that_says_nothing_is_taken(name: str) -> None:
    parse_chat(chat(**{name: None}))
    for nothing in SAYS_NOTHING.get(name, ()):
        parse_chat(chat(**{name: nothing}))


def test_fields_that_cannot_change_the_answer_do_not_reach_the_engine() -> None:
    body = json.loads(parse_chat(chat(user="u", metadata={"a": "b"}, store=False, seed=3)).body("up", 7))
    assert body == {
        "model": "up",
        "messages": HI,
        "seed": 3,
        "max_tokens": 7,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_text_parts_are_joined_and_developer_is_system() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    ask = parse_chat(chat(messages=[{"role": "developer", "content": parts}]))
    assert ask.fields["messages"] == [{"role": "system", "content": "ab"}]


def test_a_prompt_list_of_one_is_that_prompt_and_of_two_is_refused() -> None:
    assert parse_text(b'{"model":"m","prompt":["x"]}').fields["prompt"] == "x"
    with pytest.raises(Refusal, match="one string"):
        parse_text(b'{"model":"m","prompt":["x","y"]}')


def test_tokenize_wants_exactly_one_of_messages_and_prompt() -> None:
    assert parse_tokenize(b'{"model":"m","prompt":"x"}') == ("m", b'{"prompt":"x"}')
    with pytest.raises(Refusal):
        parse_tokenize(b'{"model":"m"}')


@settings(max_examples=200, deadline=None)
@given(content=st.text(max_size=200), extra=st.integers(1, 5))
def test_no_text_has_more_tokens_than_its_bound(content: str, extra: int) -> None:
    """A byte-level tokenizer has a token for every byte at worst."""
    ask = parse_chat(json.dumps({"model": "m", "messages": [{"role": "user", "content": content}] * extra}).encode())
    assert ask.input_bound >= extra * len(content.encode())


@settings(max_examples=300, deadline=None)
@given(
    body=st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=9),
            lambda x: (
                st.lists(x, max_size=4)
                | st.dictionaries(
                    st.sampled_from(["model", "messages", "stop", "n", "content", "role", "x"]), x, max_size=5
                )
            ),
            max_leaves=20,
        ).map(lambda v: json.dumps(v).encode()),
    )
)
def test_any_body_is_understood_or_refused(body: bytes) -> None:
    for parse in (parse_chat, parse_text, parse_tokenize):
        try:
            parse(body)
        except Refusal as refused:
            assert refused.status == 400
            assert "\n" not in str(refused)
