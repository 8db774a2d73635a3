"""What fits: a prompt as token ids, and what the model's context and the engine's cache leave for its answer."""

from baseload.errors import Refusal
from baseload.fleet.worker.ask import Ask
from baseload.fleet.worker.cores.base import Size, Words


class Context:
    """The context of one model on one engine. A prompt is never cut: what does not fit is refused with both numbers."""

    def __init__(self, size: Size, words: Words, *, slots: int) -> None:
        self.tokens = size.context_tokens
        self.words = words
        self._kv_tokens = size.kv_tokens
        self._slots = slots

    def encode(self, messages: list[dict[str, str]] | None, prompt: str) -> list[int]:
        """Token ids of what was asked; text that cannot fit whatever it says is refused uncounted."""
        texts = [prompt] if messages is None else [m["content"] for m in messages]
        least = sum(len(t) for t in texts) // max(1, self.words.longest)
        if least > self.tokens:
            raise self._too_long(f"at least {least}")
        try:
            return self.words.encode_text(prompt) if messages is None else self.words.encode_chat(messages)
        except (RuntimeError, UnicodeError) as e:
            raise Refusal(400, "the prompt is not text the model's tokeniser can read") from e

    def answer_tokens(self, prompt: int, asked: Ask) -> int:
        """Tokens each answer may have after a prompt of so many."""
        if prompt >= self.tokens:
            raise self._too_long(str(prompt))
        wanted = asked.max_tokens or self.tokens - prompt
        if prompt + wanted > self.tokens:
            raise Refusal(
                400,
                f"This model's maximum context length is {self.tokens} tokens. However, you requested "
                f"{prompt + wanted} tokens ({prompt} in the prompt, {wanted} in the completion). Please reduce either.",
                code="context_length_exceeded",
                param="max_tokens",
            )
        n = len(asked.choices)
        if n > self._slots or n * (prompt + wanted) > self._kv_tokens:
            raise Refusal(400, f"n={n} answers of this length do not fit the engine; ask for fewer", param="n")
        return wanted

    def _too_long(self, prompt: str) -> Refusal:
        return Refusal(
            400,
            f"This model's maximum context length is {self.tokens} tokens. However, your prompt has {prompt} tokens, "
            "which leaves no room for an answer. Please shorten it.",
            code="context_length_exceeded",
            param="messages",
        )
