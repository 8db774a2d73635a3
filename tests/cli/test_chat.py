"""`baseload chat` streams the text to stdout and says on stderr what it took."""

import json
from pathlib import Path

import msgspec
import pytest

from baseload import config
from baseload.cli.stream import Answer, Declined, Talker
from tests.cli.conftest import Fake, run

USAGE = {
    "prompt_tokens": 12,
    "completion_tokens": 3,
    "cost_usd": 0.0000123,
    "energy_joules": 4.5,
    "energy_kind": "modelled",
}


def chunk(text: str | None = None, **more: object) -> str:
    choices = [] if text is None else [{"index": 0, "delta": {"content": text}, "finish_reason": None}]
    return json.dumps({"choices": choices} | more)


@pytest.fixture
def answering(fake: Fake) -> Fake:
    fake.stream = [chunk("Because "), chunk("it is."), chunk(usage=USAGE), "[DONE]"]
    return fake


@pytest.fixture
def cloud(data: Path, fake: Fake) -> Path:
    """A cloud that has been started: a frozen description and the keys that `up` made."""
    description = config.read(None, environment={}, flags={"gateway.port": str(fake.port)})
    (data / "run" / "cloud.json").write_bytes(msgspec.json.encode(description.cloud))
    keys = {"tenants": {"internal": "blk_internal", "acme": "blk_acme", "hobby": "blk_hobby"}, "admin": "blk_admin"}
    (data / "run" / "keys.json").write_text(json.dumps(keys))
    return data


def test_one_answer_is_data_and_its_figures_are_talk(answering: Fake, cloud: Path) -> None:
    result = run("chat", "--data", cloud, "why?")
    assert result.exit_code == 0
    assert result.stdout == "Because it is.\n"
    assert "12 + 3 tokens" in result.stderr
    assert "0.00123 ¢" in result.stderr
    assert "4.5 J modelled" in result.stderr
    assert "ms to the first token" in result.stderr


def test_the_first_model_and_the_paying_tenants_key_are_used(answering: Fake, cloud: Path) -> None:
    run("chat", "--data", cloud, "--system", "Be brief.", "--tier", "flex", "why?")
    method, path, body, authorization = answering.asked[-1]
    assert (method, path, authorization) == ("POST", "/v1/chat/completions", "Bearer blk_acme")
    assert body["model"] == "smollm2-135m"
    assert body["service_tier"] == "flex"
    assert [m["role"] for m in body["messages"]] == ["system", "user"]
    assert body["stream"]
    assert body["stream_options"] == {"include_usage": True}


def test_the_question_may_come_on_stdin(answering: Fake, cloud: Path) -> None:
    assert run("chat", "--data", cloud, stdin="why?\n").stdout == "Because it is.\n"
    assert answering.asked[-1][2]["messages"][-1]["content"] == "why?\n"


def test_nothing_to_ask_is_misuse(cloud: Path) -> None:
    assert run("chat", "--data", cloud, stdin="").exit_code == 2


def test_a_refusal_is_the_gateways_own_sentence(fake: Fake, cloud: Path) -> None:
    fake.answers["POST /v1/chat/completions"] = (402, {"error": {"message": "the balance is too low"}})
    result = run("chat", "--data", cloud, "why?")
    assert (result.exit_code, result.stderr) == (1, "baseload: the balance is too low\n")


def test_an_answer_that_breaks_off_is_an_error_and_not_an_answer(fake: Fake) -> None:
    fake.stream = [chunk("half"), json.dumps({"error": {"message": "the engine died"}})]
    pieces = Talker(f"{fake.url}/v1", "k").ask({"messages": []}, Answer())
    assert next(pieces) == "half"
    with pytest.raises(Declined, match="the engine died"):
        next(pieces)


def test_a_cloud_that_is_not_there_says_how_to_start_one(tmp_path: Path) -> None:
    result = run("chat", "--data", tmp_path / "nowhere", "why?")
    assert result.exit_code == 1
    assert "baseload up" in result.stderr


def test_a_gateway_that_is_gone_says_what_to_try(cloud: Path) -> None:
    result = run("chat", "--data", cloud, "--url", "http://127.0.0.1:9/v1", "why?")
    assert result.exit_code == 1
    assert "baseload status" in result.stderr
