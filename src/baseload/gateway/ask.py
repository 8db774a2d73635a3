"""From a body to what is asked: validated once, with the bound on its input and the bytes the engine will see."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from baseload.errors import Refusal
from baseload.gateway.wire import SAYS_NOTHING, UNSERVED, ChatBody, Common, Message, TextBody, TokenizeBody

TEMPLATE_TOKENS = 96
TOKENS_PER_MESSAGE = 12
"""What a chat template may add at most: its head with a default system message, and its marks round each message."""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """A generation request, understood. `input_bound` is at least the prompt's tokens: no token is less than a byte."""

    route: str
    model: str
    chat: bool
    stream: bool
    include_usage: bool
    n: int
    max_tokens: int | None
    service_tier: str | None
    input_bound: int
    affinity: int
    fields: dict[str, Any]

    def body(self, upstream_model: str, max_tokens: int | None, *, whole: bool = False) -> bytes:
        """What the engine is sent: streamed, with usage, unless asked for whole. Without a limit the context is it."""
        fields = {**self.fields, "model": upstream_model}
        if max_tokens is not None:
            fields["max_tokens"] = max_tokens
        if not whole:
            fields["stream"] = True
            fields["stream_options"] = {"include_usage": True}
        return msgspec.json.encode(fields)


_chat = msgspec.json.Decoder(ChatBody).decode
_text = msgspec.json.Decoder(TextBody).decode
_tokenize = msgspec.json.Decoder(TokenizeBody).decode


T = TypeVar("T")


def parse_chat(body: bytes) -> Ask:
    """A chat request, or a `Refusal` that names the field."""
    said = _read(_chat, body)
    if said.max_tokens and said.max_completion_tokens and said.max_tokens != said.max_completion_tokens:
        raise Refusal(400, "max_tokens and max_completion_tokens differ; give one of them", param="max_tokens")
    messages = [_plain(m, i) for i, m in enumerate(said.messages)]
    fields = _common(said)
    fields["messages"] = messages
    if said.response_format is not None and said.response_format.type != "text":
        fields["response_format"] = _format(said)
    text = [m["content"] for m in messages]
    return _ask(
        said,
        route="/v1/chat/completions",
        fields=fields,
        text=text,
        template=TEMPLATE_TOKENS + TOKENS_PER_MESSAGE * len(messages),
        max_tokens=said.max_completion_tokens or said.max_tokens,
    )


def parse_text(body: bytes) -> Ask:
    """A completion request, or a `Refusal` that names the field."""
    said = _read(_text, body)
    prompt = said.prompt[0] if isinstance(said.prompt, list) and len(said.prompt) == 1 else said.prompt
    if not isinstance(prompt, str):
        raise Refusal(
            400,
            "prompt: one string is served; send several prompts as several requests",
            param="prompt",
            code="unsupported_value",
        )
    if not prompt:
        raise Refusal(400, "prompt: is empty; say something", param="prompt")
    if said.logprobs is not None and said.logprobs is not False:  # 0 asks for the chosen tokens' own
        raise Refusal(400, "logprobs: is not served; leave it out", param="logprobs", code="unsupported_parameter")
    fields = _common(said)
    fields["prompt"] = prompt
    return _ask(said, route="/v1/completions", fields=fields, text=[prompt], template=4, max_tokens=said.max_tokens)


def parse_tokenize(body: bytes) -> tuple[str, bytes]:
    """The model asked, and the body its engine is sent."""
    said = _read(_tokenize, body)
    if (said.messages is None) == (said.prompt is None):
        raise Refusal(400, "give either messages or prompt", param="messages")
    if said.messages is not None:
        return said.model, msgspec.json.encode({"messages": [_plain(m, i) for i, m in enumerate(said.messages)]})
    return said.model, msgspec.json.encode({"prompt": said.prompt})


def _read(decode: Callable[[bytes], T], body: bytes) -> T:
    if not body:
        raise Refusal(400, "the body is empty; send a JSON object")
    try:
        said = decode(body)
    except msgspec.ValidationError as e:
        raise _invalid(str(e)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as e:
        raise Refusal(400, f"the body is not valid JSON: {e}") from None
    except RecursionError:
        raise Refusal(400, "the body is nested too deeply") from None
    return said


_PATH = re.compile(r"^(.*) - at `(?:key in )?\$\.?([^`]*)`$")
_FIELD = re.compile(r"^Object (contains unknown|missing required) field `([^`]*)`(?: - at `\$\.?([^`]*)`)?$")


def _invalid(message: str) -> Refusal:
    """Msgspec's sentence as ours, with the field as `param`."""
    if match := _FIELD.match(message):
        what, field, path = match.groups()
        param = f"{path}.{field}" if path else field
        if what == "missing required":
            return Refusal(400, f"{param}: is required and missing", param=param, code="missing_required_parameter")
        return Refusal(400, f"{param}: is not a field of this request", param=param, code="unknown_parameter")
    if match := _PATH.match(message):
        problem, param = match.groups()
        problem = problem[0].lower() + problem[1:].replace("`", "")
        return Refusal(400, f"{param or 'body'}: {problem}", param=param or None, code="invalid_type")
    return Refusal(400, f"the body is not what this route takes: {message}")


def _plain(message: Message, index: int) -> dict[str, str]:
    """Role and text. `developer` is OpenAI's newer name for `system`."""
    if message.tool_calls:
        raise Refusal(
            400,
            f"messages[{index}].tool_calls: tools are not served",
            param=f"messages[{index}].tool_calls",
            code="unsupported_parameter",
        )
    content = message.content if isinstance(message.content, str) else "".join(p.text for p in message.content)
    return {"role": "system" if message.role == "developer" else message.role, "content": content}


def _common(said: Common) -> dict[str, Any]:
    for name in UNSERVED:
        value = getattr(said, name, None)
        if value is not None and value not in SAYS_NOTHING.get(name, ()):
            raise Refusal(
                400,
                f"{name}: is not served, and ignoring it would change the answer; leave it out",
                param=name,
                code="unsupported_parameter",
            )
    fields: dict[str, Any] = {}
    for name in ("n", "stop", "seed", "temperature", "top_p", "presence_penalty", "frequency_penalty", "ignore_eos"):
        value = getattr(said, name)
        if value is not None:
            fields[name] = value
    return fields


def _format(said: ChatBody) -> dict[str, Any]:
    assert said.response_format is not None
    if said.response_format.type == "json_object":
        return {"type": "json_object"}
    schema = said.response_format.json_schema
    if schema is None:
        raise Refusal(
            400,
            "response_format.json_schema: is required with type json_schema",
            param="response_format.json_schema",
            code="missing_required_parameter",
        )
    return {"type": "json_schema", "json_schema": {"name": schema.name, "schema": schema.schema, "strict": True}}


def _ask(
    said: Common, *, route: str, fields: dict[str, Any], text: list[str], template: int, max_tokens: int | None
) -> Ask:
    if said.stream_options is not None and not said.stream:
        raise Refusal(400, "stream_options: is only allowed with stream: true", param="stream_options")
    try:
        size = sum(len(t.encode()) for t in text)
    except UnicodeEncodeError:
        raise Refusal(400, "the text holds half of a surrogate pair; send whole characters") from None
    return Ask(
        route=route,
        model=said.model,
        chat=route.endswith("/chat/completions"),
        stream=bool(said.stream),
        include_usage=said.stream_options is not None and said.stream_options.include_usage,
        n=said.n or 1,
        max_tokens=max_tokens,
        service_tier=said.service_tier,
        input_bound=size + template,
        affinity=hash(text[0][:512]),
        fields=fields,
    )
