"""Keys, balances and rate limits, as a client meets them."""

import time
from collections.abc import Callable
from typing import Any

import openai
import pytest

from benchmarks.cloud import Up

pytestmark = pytest.mark.engine

Connect = Callable[[str], openai.OpenAI]
NewKey = Callable[..., dict[str, Any]]
HELLO: Any = [{"role": "user", "content": "Hi"}]


def ask(client: openai.OpenAI, up: Up, **more: Any) -> Any:
    return client.chat.completions.create(**{"model": up.model, "messages": HELLO, "max_tokens": 2, **more})


def test_answers_carry_the_limits_and_what_remains(client: openai.OpenAI, up: Up) -> None:
    raw = client.chat.completions.with_raw_response.create(model=up.model, messages=HELLO, max_tokens=2)
    assert raw.headers["x-request-id"].startswith("req_")
    assert len(raw.headers["x-request-id"]) == 36
    assert int(raw.headers["x-ratelimit-limit-requests"]) == 6000
    assert 0 <= int(raw.headers["x-ratelimit-remaining-requests"]) < 6000
    assert int(raw.headers["x-ratelimit-limit-tokens"]) == 6_000_000
    assert int(raw.headers["x-ratelimit-remaining-tokens"]) < 6_000_000
    assert raw.headers["x-ratelimit-reset-requests"]


def test_each_answer_has_its_own_request_id(client: openai.OpenAI, up: Up) -> None:
    assert len({ask(client, up)._request_id for _ in range(3)}) == 3


def test_too_fast_is_429_and_says_when_to_come_back(connect: Connect, new_key: NewKey, up: Up) -> None:
    hasty = connect(new_key("hasty")["key"])
    with pytest.raises(openai.RateLimitError) as caught:
        for _ in range(5):
            ask(hasty, up)
    assert caught.value.code == "rate_limit_exceeded"
    assert 1 <= int(caught.value.response.headers["retry-after"]) <= 60
    assert int(caught.value.response.headers["x-ratelimit-remaining-requests"]) == 0


def test_more_at_once_than_allowed_is_429(connect: Connect, new_key: NewKey, up: Up) -> None:
    single = connect(new_key("single")["key"])
    with ask(single, up, max_tokens=400, stream=True, extra_body={"ignore_eos": True}) as stream:
        next(iter(stream))
        with pytest.raises(openai.RateLimitError) as caught:
            ask(single, up)
    assert int(caught.value.response.headers["retry-after"]) >= 1
    _until(lambda: ask(single, up).usage.completion_tokens > 0)


def test_without_a_balance_it_is_402(connect: Connect, new_key: NewKey, up: Up) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        ask(connect(new_key("pauper")["key"]), up)
    assert caught.value.status_code == 402
    assert caught.value.code == "insufficient_quota"


def test_a_small_balance_lowers_a_limit_that_was_left_out_and_no_other(
    connect: Connect, new_key: NewKey, up: Up
) -> None:
    modest = connect(new_key(f"modest-{openai.__version__[0]}")["key"])
    with pytest.raises(openai.APIStatusError) as caught:
        ask(modest, up, max_tokens=8000)
    assert caught.value.status_code == 402
    said = ask(modest, up, max_tokens=None, extra_body={"ignore_eos": True})
    assert 0 < said.usage.completion_tokens < 8000
    assert said.choices[0].finish_reason == "length"


def test_a_key_works_until_it_is_revoked(connect: Connect, new_key: NewKey, up: Up) -> None:
    made = new_key("acme")
    client = connect(made["key"])
    assert ask(client, up).usage.completion_tokens > 0
    up.admin(f"/admin/keys/{made['id']}", "DELETE")
    with pytest.raises(openai.AuthenticationError):
        ask(client, up)


def test_a_key_expires(connect: Connect, new_key: NewKey, up: Up) -> None:
    client = connect(new_key("acme", expires_in_s=1)["key"])
    ends = time.monotonic() + 20
    with pytest.raises(openai.AuthenticationError, match="expired"):
        while time.monotonic() < ends:
            client.models.list()
            time.sleep(0.2)


@pytest.mark.parametrize(
    "key", ["nonsense", "blk_live_", "blk_live_abcdefgh_" + "x" * 49, "sk-" + "a" * 40, "ключ".encode().hex()]
)
def test_a_key_nobody_made_is_401(connect: Connect, up: Up, key: str) -> None:
    with pytest.raises(openai.AuthenticationError) as caught:
        ask(connect(key), up)
    assert caught.value.code == "invalid_api_key"


def test_a_tier_the_tenant_has_not_is_refused(connect: Connect, new_key: NewKey, up: Up) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        ask(connect(new_key("single")["key"]), up, service_tier="priority")
    assert caught.value.status_code in (400, 403)
    assert "priority" in str(caught.value)


def test_a_key_for_another_model_does_not_see_this_one(connect: Connect, new_key: NewKey, up: Up) -> None:
    made = new_key("acme", models=["another-model"])
    client = connect(made["key"])
    assert up.model not in [m.id for m in client.models.list()]
    with pytest.raises((openai.NotFoundError, openai.PermissionDeniedError)):
        ask(client, up)


def _until(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 30
    while True:
        try:
            assert holds()
            return
        except openai.RateLimitError:
            assert time.monotonic() < ends
            time.sleep(0.1)
