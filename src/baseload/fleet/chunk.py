"""An event of an OpenAI stream, as far as it is read; the bytes themselves go on as they came."""

import msgspec


class Delta(msgspec.Struct):
    """The new part of a chat message."""

    content: str | None = None
    role: str | None = None


class ChunkChoice(msgspec.Struct):
    """One choice in a chunk: `delta` for chat, `text` for completions; `message` in an answer that comes whole."""

    index: int = 0
    delta: Delta | None = None
    message: Delta | None = None
    text: str | None = None
    finish_reason: str | None = None


class ChunkUsage(msgspec.Struct):
    """What the engine counted."""

    prompt_tokens: int = 0
    completion_tokens: int | None = 0


class Chunk(msgspec.Struct):
    """The fields of an engine's event that are read."""

    id: str = ""
    created: int = 0
    choices: list[ChunkChoice] = []
    usage: ChunkUsage | None = None
    error: msgspec.Raw | None = None
