"""What a caller asks, read from an OpenAI body: messages or a prompt, and how to answer."""

import os
from dataclasses import dataclass
from typing import Any

import msgspec

from baseload.errors import Refusal
from baseload.fleet.worker.job import Sampling
from baseload.fleet.worker.schema import SchemaFault, compiled

ROLES = frozenset({"system", "developer", "user", "assistant", "tool", "function"})
MAX_CHOICES = 8
MAX_STOPS = 4
"""The gateway's bounds, too: what a worker would refuse gets no further than there."""
SEED_BITS = 63
LEAST_TEMPERATURE = 1e-3
"""Below this the likeliest token always wins, and the engine's 32-bit number may become 0, at which it cannot draw."""
LEAST_TOP_P = 1e-6


class Part(msgspec.Struct):
    """A piece of a message's content."""

    type: str
    text: str | None = None


class Message(msgspec.Struct):
    """One turn of a conversation."""

    role: str
    content: str | list[Part] | None = None


class SchemaOf(msgspec.Struct):
    """`response_format.json_schema`."""

    schema: Any = msgspec.field(name="schema", default=None)


class Format(msgspec.Struct):
    """`response_format`."""

    type: str
    json_schema: SchemaOf | None = None


class StreamOptions(msgspec.Struct):
    """`stream_options`; our stream always ends with usage."""

    include_usage: bool = True


class Body(msgspec.Struct):
    """The fields of both routes that are read; the gateway has refused what would change an answer."""

    messages: list[Message] | None = None
    prompt: str | list[str | int] | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    n: int | None = None
    stop: str | list[str] | None = None
    seed: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    response_format: Format | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    ignore_eos: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request, checked. `max_tokens` 0: as many as the context holds."""

    messages: list[dict[str, str]] | None
    prompt: str
    max_tokens: int
    stops: tuple[str, ...]
    stream: bool
    choices: tuple[Sampling, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsaid:
    """How tokens are drawn where a request does not say: what the model's makers advise, else OpenAI's defaults."""

    temperature: float = 1.0
    top_p: float = 1.0


OPENAIS = Unsaid()
_decode = msgspec.json.Decoder(Body).decode


def read(body: bytes, *, chat: bool, unsaid: Unsaid = OPENAIS) -> Ask:
    """The request in a body; `Refusal` 400 in one sentence when there is none."""
    try:
        said = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as e:
        raise Refusal(400, f"the body is not a valid request: {e}") from e
    return Ask(
        messages=_messages(said) if chat else None,
        prompt="" if chat else _prompt(said),
        max_tokens=_max_tokens(said),
        stops=_stops(said),
        stream=bool(said.stream),
        choices=_choices(said, unsaid),
    )


def _messages(said: Body) -> list[dict[str, str]]:
    if not said.messages:
        raise Refusal(400, "messages must be a list with at least one message", param="messages")
    return [_message(m, i) for i, m in enumerate(said.messages)]


def _message(message: Message, index: int) -> dict[str, str]:
    param = f"messages[{index}]"
    if message.role not in ROLES:
        raise Refusal(400, f"{param}.role must be one of {', '.join(sorted(ROLES))}", param=f"{param}.role")
    content = message.content
    if isinstance(content, list):
        if any(p.type != "text" or p.text is None for p in content):
            raise Refusal(400, f"{param}.content may hold only parts of type text", param=f"{param}.content")
        content = "".join(p.text or "" for p in content)
    return {"role": "system" if message.role == "developer" else message.role, "content": content or ""}


def _prompt(said: Body) -> str:
    prompt = said.prompt[0] if isinstance(said.prompt, list) and len(said.prompt) == 1 else said.prompt
    if not isinstance(prompt, str) or not prompt:
        raise Refusal(400, "prompt must be one string, not empty", param="prompt")
    return prompt


def _max_tokens(said: Body) -> int:
    param = "max_tokens" if said.max_completion_tokens is None else "max_completion_tokens"
    wanted = said.max_tokens if said.max_completion_tokens is None else said.max_completion_tokens
    if wanted is not None and wanted < 1:
        raise Refusal(400, f"{param} must be at least 1", param=param)
    return wanted or 0


def _stops(said: Body) -> tuple[str, ...]:
    stops = (said.stop,) if isinstance(said.stop, str) else tuple(said.stop or ())
    if len(stops) > MAX_STOPS or not all(stops):
        raise Refusal(400, f"stop must be one to {MAX_STOPS} strings, none of them empty", param="stop")
    return stops


def _within(value: float | None, low: float, high: float, param: str, otherwise: float) -> float:
    if value is None:
        return otherwise
    if not low <= value <= high:
        raise Refusal(400, f"{param} must be from {low:g} to {high:g}", param=param)
    return value


def _choices(said: Body, unsaid: Unsaid) -> tuple[Sampling, ...]:
    """One way of drawing a choice: seeds differ, and all follow from the seed asked for."""
    n = int(_within(said.n, 1, MAX_CHOICES, "n", 1))
    seed = int.from_bytes(os.urandom(8), "little") if said.seed is None else said.seed
    temperature = _within(said.temperature, 0, 2, "temperature", unsaid.temperature)
    common = {
        "temperature": temperature if temperature >= LEAST_TEMPERATURE else 0.0,
        "top_p": max(LEAST_TOP_P, _within(said.top_p, 0, 1, "top_p", unsaid.top_p)),
        "presence_penalty": _within(said.presence_penalty, -2, 2, "presence_penalty", 0.0),
        "frequency_penalty": _within(said.frequency_penalty, -2, 2, "frequency_penalty", 0.0),
    }
    schema = _schema(said.response_format)
    return tuple(
        Sampling(
            **common,
            seed=(seed + i) % (1 << SEED_BITS),
            ignore_eos=said.ignore_eos,
            schema=schema,
        )
        for i in range(n)
    )


def _schema(wanted: Format | None) -> str:
    if wanted is None or wanted.type == "text":
        return ""
    if wanted.type == "json_object":
        return '{"type":"object"}'
    if wanted.type != "json_schema" or wanted.json_schema is None:
        raise Refusal(400, "response_format.type must be text, json_object or json_schema", param="response_format")
    try:
        return compiled(wanted.json_schema.schema)
    except SchemaFault as e:
        raise Refusal(400, f"response_format.json_schema: {e}", param="response_format") from e
