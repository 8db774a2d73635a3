"""How far an answer has come, as its engine's stream tells it: tokens, stretches on the engine, time spent waiting.

Our workers say in a comment line before each event how many tokens they have emitted so far (`: tokens=17`), and when
the work is started, parked and resumed. Other engines say at the end, in their usage chunk; until then a chunk with
content counts as one.
"""

from dataclasses import dataclass, field

from baseload.fleet.chunk import Chunk


@dataclass(slots=True)
class Segment:
    """What one stretch on the engine did: from its prefill until it ended or was parked."""

    prefilled: int = 0
    emitted: int = 0
    ended_us: int = 0


@dataclass(slots=True)
class Progress:
    """What has been seen so far; tokens are sums over all choices."""

    sent_us: int = 0
    prompt: int | None = None
    cached: int | None = None
    seen: int = 0
    delivered: int = 0
    usage_tokens: int | None = None
    first_token_us: int = 0
    finish: str = ""
    parked_since_us: int = 0
    held_us: int = 0
    segments: list[Segment] = field(default_factory=lambda: [Segment()])

    def count(self, chunks: list[Chunk], *, speaks_tokens: bool, at_us: int) -> str:
        """What the events say, and the first error among them. One loop without calls: it runs for every token."""
        seen, error = self.seen, ""
        for chunk in chunks:
            for choice in chunk.choices:
                if choice.finish_reason:
                    self.finish = choice.finish_reason
                if not speaks_tokens and (choice.text or (choice.delta is not None and choice.delta.content)):
                    seen += 1
            if chunk.usage is not None:
                self.prompt = chunk.usage.prompt_tokens
                self.usage_tokens = chunk.usage.completion_tokens or 0
            if chunk.error is not None:
                error = error or bytes(chunk.error).decode("utf-8", "replace")
        if seen != self.seen:
            self._saw(seen, at_us)
        return error

    def hear(self, comment: bytes, at_us: int) -> None:
        """A comment line of a worker of ours."""
        words = dict(word.partition("=")[::2] for word in comment.decode("ascii", "replace").split())
        if "tokens" in words:
            self._saw(int(words["tokens"]), at_us)
        elif "prompt" in words:
            self.prompt = int(words["prompt"])
            self.cached = int(words["cached"]) if words.get("cached", "-") != "-" else None
            self.segments[-1].prefilled = self.prompt
        elif "parked" in words:
            self.parked_since_us = self.segments[-1].ended_us = at_us
        elif "started" in words:
            self.held_us = at_us - self.sent_us  # not a sum: one put back uncomputed says it again
        elif "resumed" in words:
            self._resumed(at_us)
            self.segments.append(Segment(prefilled=int(words.get("prefilled", "0"))))

    def end(self, at_us: int) -> None:
        """The attempt is over."""
        self._resumed(at_us)
        self.segments[-1].ended_us = at_us

    def _saw(self, tokens: int, at_us: int) -> None:
        if tokens and not self.first_token_us:
            self.first_token_us = at_us
        self.segments[-1].emitted += tokens - self.seen
        self.seen = tokens

    def _resumed(self, at_us: int) -> None:
        if self.parked_since_us:
            self.held_us += at_us - self.parked_since_us
            self.parked_since_us = 0
