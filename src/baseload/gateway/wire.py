"""Request bodies as msgspec reads them: one decode validates types, ranges and names.

Three kinds of field: those we honour, those that cannot change the answer (taken and ignored), and those that would
change it and are not served (refused unless they say nothing, as `tools: []` does).
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from baseload.fleet.worker.ask import MAX_CHOICES, MAX_STOPS

Count = Annotated[int, Meta(ge=1)]
Stop = Annotated[str, Meta(min_length=1, max_length=256)]
Penalty = Annotated[float, Meta(ge=-2, le=2)]


class TextPart(msgspec.Struct, forbid_unknown_fields=True):
    """A part of a message. Only text is served."""

    type: Literal["text"]
    text: str


class Message(msgspec.Struct, forbid_unknown_fields=True):
    """One message. `name` is taken and not shown to the model; the null fields come from clients that echo answers."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart]
    name: str | None = None
    refusal: None = None
    audio: None = None
    tool_calls: Any = None
    function_call: None = None
    annotations: Any = None
    reasoning_content: Any = None


class StreamOptions(msgspec.Struct, forbid_unknown_fields=True):
    """Streaming options; padding against side channels is not served and not needed on loopback."""

    include_usage: bool = False
    include_obfuscation: bool | None = None


class JsonSchema(msgspec.Struct, forbid_unknown_fields=True):
    """A named schema the answer must follow."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    schema: dict[str, Any]
    strict: bool | None = None
    description: str | None = None


class ResponseFormat(msgspec.Struct, forbid_unknown_fields=True):
    """What the answer must look like."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class Common(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Fields of both completion routes."""

    model: Annotated[str, Meta(min_length=1, max_length=256)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Count | None = None
    n: Annotated[int, Meta(ge=1, le=MAX_CHOICES)] | None = None
    stop: Stop | Annotated[list[Stop], Meta(max_length=MAX_STOPS)] | None = None
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(gt=0, le=1)] | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    service_tier: Literal["auto", "default", "flex", "priority", "scale", "fast"] | None = None
    ignore_eos: bool | None = None
    # taken and ignored: they cannot change the answer
    user: Any = None
    safety_identifier: Any = None
    prompt_cache_key: Any = None
    metadata: Any = None
    # refused unless they say nothing
    logit_bias: Any = None


class ChatBody(Common, kw_only=True):
    """`POST /v1/chat/completions`."""

    messages: Annotated[list[Message], Meta(min_length=1, max_length=4096)]
    max_completion_tokens: Count | None = None
    response_format: ResponseFormat | None = None
    store: bool | None = None
    # refused unless they say nothing
    tools: Any = None
    tool_choice: Any = None
    parallel_tool_calls: Any = None
    functions: Any = None
    function_call: Any = None
    logprobs: Any = None
    top_logprobs: Any = None
    modalities: Any = None
    audio: Any = None
    prediction: Any = None
    web_search_options: Any = None
    reasoning_effort: Any = None
    verbosity: Any = None


class TextBody(Common, kw_only=True):
    """`POST /v1/completions`."""

    prompt: str | list[Any]
    # refused unless they say nothing
    logprobs: Any = None
    echo: Any = None
    suffix: Any = None
    best_of: Any = None


class TokenizeBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`POST /tokenize`, in the shape vLLM gave it."""

    model: Annotated[str, Meta(min_length=1, max_length=256)]
    messages: list[Message] | None = None
    prompt: str | None = None


SAYS_NOTHING: dict[str, tuple[Any, ...]] = {
    "tools": ([],),
    "tool_choice": ("none", "auto"),
    "parallel_tool_calls": (True, False),
    "functions": ([],),
    "function_call": ("none", "auto"),
    "logit_bias": ({},),
    "logprobs": (False, 0),
    "top_logprobs": (0,),
    "modalities": (["text"],),
    "echo": (False,),
    "suffix": ("",),
    "best_of": (1,),
    "verbosity": ("medium",),
    "reasoning_effort": ("none",),
}
"""Values of unserved fields that ask for nothing. A null always asks for nothing."""

UNSERVED = (
    "tools", "tool_choice", "parallel_tool_calls", "functions", "function_call", "logit_bias", "logprobs",
    "top_logprobs", "modalities", "audio", "prediction", "web_search_options", "reasoning_effort", "verbosity",
    "echo", "suffix", "best_of",
)  # fmt: skip
