"""Whole chat answers: their shape, their usage and cost, and each field that is honoured."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import openai
import pytest

from benchmarks.cloud import Up

pytestmark = pytest.mark.engine

HELLO: Any = [{"role": "user", "content": "Tell me about rivers."}]


@pytest.fixture
def ask(client: openai.OpenAI, up: Up) -> Callable[..., Any]:
    """A chat with defaults that every test wants: short and greedy."""

    def create(**more: Any) -> Any:
        return client.chat.completions.create(**{"model": up.model, "messages": HELLO, "temperature": 0, **more})

    return create


def test_an_answer_has_openais_shape(ask: Callable[..., Any], up: Up) -> None:
    said = ask(max_tokens=8)
    assert said.object == "chat.completion"
    assert said.id.startswith("chatcmpl-")
    assert said.model == up.model
    assert said.created > 1_700_000_000
    choice = said.choices[0]
    assert (choice.index, choice.message.role, choice.finish_reason) == (0, "assistant", "length")
    assert choice.message.content


def test_usage_adds_up(ask: Callable[..., Any]) -> None:
    usage = ask(max_tokens=8).usage
    assert usage.completion_tokens == 8
    assert usage.prompt_tokens > 0
    assert usage.total_tokens == usage.prompt_tokens + 8
    assert usage.prompt_tokens_details.cached_tokens == 0


def test_an_answer_says_what_it_cost_in_dollars_and_joules(ask: Callable[..., Any]) -> None:
    usage = ask(max_tokens=16).usage.model_dump()
    assert 0 < usage["cost_usd"] < 0.01
    assert usage["energy_joules"] > 0
    assert usage["energy_kind"] in ("measured", "modelled")


def test_the_ledger_holds_what_the_answer_said(
    client: openai.OpenAI, up: Up, recorded: Callable[[str], dict[str, int]]
) -> None:
    raw = client.chat.completions.with_raw_response.create(model=up.model, messages=HELLO, max_tokens=9, temperature=0)
    usage = raw.parse().usage
    assert usage is not None
    row = recorded(raw.headers["x-request-id"])
    assert (row["tok_in"], row["tok_out"]) == (usage.prompt_tokens, usage.completion_tokens)
    assert row["emitted"] == row["billed"] + row["lost"]
    assert row["amount_nano"] == round(usage.model_dump()["cost_usd"] * 1e9)


def test_several_choices_are_numbered_and_counted(ask: Callable[..., Any]) -> None:
    said = ask(n=3, max_tokens=6, temperature=1.0, seed=5)
    assert sorted(c.index for c in said.choices) == [0, 1, 2]
    assert said.usage.completion_tokens == 18


@pytest.mark.parametrize("as_list", [False, True])
def test_a_stop_string_ends_the_answer_and_is_not_in_it(ask: Callable[..., Any], as_list: bool) -> None:
    whole = ask(max_tokens=40).choices[0].message.content
    stop = whole.split()[3]
    choice = ask(max_tokens=40, stop=["@@never@@", stop] if as_list else stop).choices[0]
    assert choice.finish_reason == "stop"
    assert stop not in choice.message.content


def test_the_same_seed_gives_the_same_answer(ask: Callable[..., Any]) -> None:
    texts = {ask(max_tokens=12, temperature=1.0, seed=42).choices[0].message.content for _ in range(2)}
    assert len(texts) == 1


def test_other_seeds_give_other_answers(ask: Callable[..., Any]) -> None:
    texts = {ask(max_tokens=16, temperature=1.5, seed=seed).choices[0].message.content for seed in (1, 2, 3)}
    assert len(texts) > 1


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_either_name_of_the_limit_is_exact(ask: Callable[..., Any], name: str) -> None:
    said = ask(**{name: 5})
    assert said.usage.completion_tokens == 5
    assert said.choices[0].finish_reason == "length"


def test_a_system_prompt_counts(ask: Callable[..., Any]) -> None:
    system: Any = [{"role": "system", "content": "You answer like a pirate, always, and at great length."}]
    assert ask(messages=system + HELLO, max_tokens=2).usage.prompt_tokens != ask(max_tokens=2).usage.prompt_tokens


def test_a_developer_message_is_a_system_prompt(ask: Callable[..., Any]) -> None:
    counts = {
        ask(messages=[{"role": role, "content": "Be brief."}, *HELLO], max_tokens=2).usage.prompt_tokens
        for role in ("system", "developer")
    }
    assert len(counts) == 1


def test_several_turns_are_taken(ask: Callable[..., Any]) -> None:
    first = ask(max_tokens=8)
    turns = [*HELLO, first.choices[0].message.model_dump(), {"role": "user", "content": "And lakes?"}]
    second = ask(messages=turns, max_tokens=8)
    assert second.usage.prompt_tokens > first.usage.prompt_tokens + 8
    assert second.choices[0].message.content


def test_text_parts_are_one_text(ask: Callable[..., Any]) -> None:
    parts: Any = [
        {"role": "user", "content": [{"type": "text", "text": "Tell me "}, {"type": "text", "text": "about rivers."}]}
    ]
    assert ask(messages=parts, max_tokens=2).usage.prompt_tokens == ask(max_tokens=2).usage.prompt_tokens


def test_any_script_is_taken(ask: Callable[..., Any]) -> None:
    said = ask(messages=[{"role": "user", "content": "Grüße 你好 مرحبا 🙂 \u200d e\u0301 \x00 end"}], max_tokens=4)
    assert said.usage.completion_tokens == 4


def test_sampling_fields_are_taken(ask: Callable[..., Any]) -> None:
    said = ask(max_tokens=4, temperature=0.7, top_p=0.9, presence_penalty=0.5, frequency_penalty=-0.5, seed=1)
    assert said.usage.completion_tokens == 4


def test_fields_that_change_nothing_are_taken(ask: Callable[..., Any]) -> None:
    said = ask(max_tokens=2, user="someone", metadata={"a": "b"}, store=False, tools=[], logit_bias={}, logprobs=False)
    assert said.usage.completion_tokens == 2


def test_the_default_service_tier_is_told(ask: Callable[..., Any]) -> None:
    assert ask(max_tokens=1).service_tier == "default"


@pytest.mark.parametrize("tier", ["flex", "priority"])
def test_a_service_tier_is_echoed_and_priced(ask: Callable[..., Any], tier: str) -> None:
    usual, special = ask(max_tokens=16), ask(max_tokens=16, service_tier=tier)
    assert special.service_tier == tier
    cost = special.usage.model_dump()["cost_usd"], usual.usage.model_dump()["cost_usd"]
    assert cost[0] < cost[1] if tier == "flex" else cost[0] > cost[1]


def test_many_at_once_are_all_answered(ask: Callable[..., Any]) -> None:
    with ThreadPoolExecutor(12) as pool:
        said = list(
            pool.map(lambda i: ask(max_tokens=6, messages=[{"role": "user", "content": f"Say {i}"}]), range(12))
        )
    assert [s.usage.completion_tokens for s in said] == [6] * 12
    assert len({s.id for s in said}) == 12


def test_the_async_client_works(up: Up) -> None:
    async def several() -> list[int]:
        async with openai.AsyncOpenAI(base_url=up.base_url, api_key=up.api_key, max_retries=0) as client:
            asks = (client.chat.completions.create(model=up.model, messages=HELLO, max_tokens=3) for _ in range(3))
            return [said.usage.completion_tokens for said in await asyncio.gather(*asks) if said.usage]

    assert all(0 < count <= 3 for count in asyncio.run(several()))
