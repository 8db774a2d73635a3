"""Prompts for engines: fresh ones, so that no prefix cache answers, of a length known roughly in tokens."""

import random

from benchmarks.load import Make
from benchmarks.wire import Target

WORDS = (  # one token each, nearly
    "river cloud engine market tensor winter signal copper planet garden bridge window silver number travel forest "
    "letter moment reason system energy water circle budget meeting report kernel socket memory matrix vector power "
    "grid cooling turbine ledger tenant region shard replica queue packet latency"
)
WORDS_PER_PROMPT = 78
"""With the chat template of the embedded model this comes to about 110 tokens."""


def prompt(number: int, words: int = WORDS_PER_PROMPT) -> str:
    """The same text for the same number, another for every other."""
    rng, words_known = random.Random(number), WORDS.split()
    return " ".join(rng.choice(words_known) for _ in range(words))


def chat(target: Target, model: str, *, tokens: int, words: int = WORDS_PER_PROMPT, **extra: object) -> Make:
    """Streamed, greedy, exactly `tokens` long: what every engine is asked alike."""

    def make(number: int) -> bytes:
        body = {
            "model": model,
            "messages": [{"role": "user", "content": prompt(number, words)}],
            "max_tokens": tokens,
            "temperature": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
            "ignore_eos": True,
        }
        return target.request("POST", "/v1/chat/completions", {**body, **extra})

    return make
