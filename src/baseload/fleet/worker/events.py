"""A job's answer as bytes: server-sent events with our counts, or one whole OpenAI object."""

from typing import Any

import msgspec

from baseload.fleet.worker.job import Choice, Finish, Job
from baseload.http1 import Exchange

_json = msgspec.json.encode


class Answer:
    """What both kinds of answer share: names and counts."""

    def __init__(self, exchange: Exchange, *, model: str, request_id: str, chat: bool, now_s: int) -> None:
        self.exchange = exchange
        self.model = model
        self.id = ("chatcmpl-" if chat else "cmpl-") + request_id.removeprefix("req_")
        self.chat = chat
        self.created = now_s
        self.job: Job | None = None

    def usage(self, job: Job) -> dict[str, Any]:
        """Counts of the whole request."""
        prompt = len(job.prompt)
        return {"prompt_tokens": prompt, "completion_tokens": job.emitted, "total_tokens": prompt + job.emitted}


class Stream(Answer):
    """Events as they come. All of a step leave in one write."""

    def begin(self, job: Job) -> None:
        """The head, the prompt's count, and for a chat each choice's role."""
        self.job = job
        self.out: list[bytes] = []
        object_ = "chat.completion.chunk" if self.chat else "text_completion"
        head = _json({"id": self.id, "object": object_, "created": self.created, "model": self.model})[:-1]
        self._pre: list[bytes] = []
        self._post = b',"logprobs":null,"finish_reason":null}]}\n\n'
        for choice in job.choices:
            before = b'data: %b,"choices":[{"index":%d,' % (head, choice.index)
            self._pre.append(before + (b'"delta":{"content":' if self.chat else b'"text":'))
        self.exchange.start()
        self.out.append(b": prompt=%d cached=-\n\n" % len(job.prompt))
        if self.chat:
            for choice in job.choices:
                role = b'"delta":{"role":"assistant","content":""}'
                self.out.append(b'data: %b,"choices":[{"index":%d,%b%b' % (head, choice.index, role, self._post))
        self._head = head
        self.flush()

    def news(self, choice: Choice, text: str, finish: Finish | None) -> None:
        """See `Sink`."""
        job = choice.job
        after = b"}" if self.chat else b""
        after += self._post if finish is None else b',"logprobs":null,"finish_reason":"%b"}]}\n\n' % finish.encode()
        self.out.append(b": tokens=%d\n%b%b%b" % (job.emitted, self._pre[choice.index], _json(text), after))

    def note(self, comment: bytes) -> None:
        """See `Sink`."""
        self.out.append(b": %b\n\n" % comment)

    def flush(self) -> bool:
        """See `Sink`."""
        if not self.out:
            return not self.exchange.gone
        data = self.out[0] if len(self.out) == 1 else b"".join(self.out)
        self.out.clear()
        return self.exchange.write(data)

    def end(self, job: Job) -> None:
        """The usage chunk and [DONE], or the error that ended it."""
        if job.error:
            error = {"message": job.error, "type": "server_error", "param": None, "code": "engine_error"}
            event = b": tokens=%d\ndata: %b\n\n" % (job.emitted, _json({"error": error}))
            self.exchange.end(b"".join(self.out) + event)
            return
        tail = b'data: %b,"choices":[],"usage":%b}\n\ndata: [DONE]\n\n' % (self._head, _json(self.usage(job)))
        self.exchange.end(b"".join(self.out) + tail)
        self.out.clear()


class Whole(Answer):
    """One object at the end."""

    def begin(self, job: Job) -> None:
        """Nothing leaves before the end."""
        self.job = job
        self._texts: list[list[str]] = [[] for _ in job.choices]

    def news(self, choice: Choice, text: str, finish: Finish | None) -> None:
        """See `Sink`."""
        self._texts[choice.index].append(text)

    def note(self, comment: bytes) -> None:
        """See `Sink`: a whole answer has no comments."""

    def flush(self) -> bool:
        """See `Sink`."""
        return not self.exchange.gone

    def end(self, job: Job) -> None:
        """The object, or the error that stands in its place."""
        if job.error:
            error = {"message": job.error, "type": "server_error", "param": None, "code": "engine_error"}
            self.exchange.respond(500, _json({"error": error}))
            return
        answer = {
            "id": self.id,
            "object": "chat.completion" if self.chat else "text_completion",
            "created": self.created,
            "model": self.model,
            "choices": [self._choice(c) for c in job.choices],
            "usage": self.usage(job),
        }
        self.exchange.respond(200, _json(answer))

    def _choice(self, choice: Choice) -> dict[str, Any]:
        text = "".join(self._texts[choice.index])
        body: dict[str, Any] = {"message": {"role": "assistant", "content": text}} if self.chat else {"text": text}
        return {"index": choice.index, **body, "logprobs": None, "finish_reason": choice.finish}
