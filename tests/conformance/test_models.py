"""The model list, which every client asks for first."""

import openai
import pytest

from benchmarks.cloud import Up

pytestmark = pytest.mark.engine


def test_models_are_listed(client: openai.OpenAI, up: Up) -> None:
    listed = list(client.models.list())
    assert [m.id for m in listed] == [up.model]
    assert listed[0].object == "model"
    assert listed[0].created > 0
    assert listed[0].owned_by


def test_one_model_is_retrieved(client: openai.OpenAI, up: Up) -> None:
    assert client.models.retrieve(up.model).id == up.model


def test_an_unknown_model_is_404_and_names_the_near_ones(client: openai.OpenAI, up: Up) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve(up.model[:-2])
    assert up.model in str(caught.value)
    assert caught.value.code == "model_not_found"


def test_a_chat_with_an_unknown_model_is_404_and_names_the_near_ones(client: openai.OpenAI, up: Up) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model=up.model.upper() + "x", messages=[{"role": "user", "content": "Hi"}])
    assert up.model in str(caught.value)


def test_models_need_a_key(up: Up) -> None:
    with openai.OpenAI(base_url=up.base_url, api_key="blk_live_nobody", max_retries=0) as stranger:
        with pytest.raises(openai.AuthenticationError) as caught:
            stranger.models.list()
    assert caught.value.status_code == 401
    assert caught.value.code == "invalid_api_key"
