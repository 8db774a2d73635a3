"""How much a tenant may ask at once: requests and tokens a minute as token buckets, and answers under way.

Plain objects with the time handed in; one `Limits` per tenant lives in the gateway. A limit of 0 means none.
"""

from dataclasses import dataclass

from baseload.config.cloud import Tenant

MINUTE_US = 60_000_000


class Bucket:
    """A token bucket that holds a minute's worth and refills evenly. Integer micro-tokens: nothing drifts."""

    __slots__ = ("_at_us", "_level", "per_min")

    def __init__(self, per_min: int, now_us: int) -> None:
        self.per_min = per_min
        self._level = per_min * MINUTE_US
        self._at_us = now_us

    def _refill(self, now_us: int) -> None:
        if now_us > self._at_us:  # a clock set back pauses the refill, it does not empty the bucket
            self._level = min(self.per_min * MINUTE_US, self._level + (now_us - self._at_us) * self.per_min)
        self._at_us = now_us

    def wait_us(self, amount: int, now_us: int) -> int:
        """How long until so much may be taken: 0 is now. More than a minute's worth waits for a full bucket."""
        self._refill(now_us)
        short = min(amount, self.per_min) * MINUTE_US - self._level
        return -(-short // self.per_min) if short > 0 else 0

    def take(self, amount: int) -> None:
        """Take it; ask `wait_us` first. The level may go below zero for an amount over a minute's worth."""
        self._level -= amount * MINUTE_US

    def give_back(self, amount: int) -> None:
        """What was taken on a guess and not used."""
        self._level = min(self.per_min * MINUTE_US, self._level + amount * MINUTE_US)

    def remaining(self) -> int:
        return max(0, self._level // MINUTE_US)

    def reset_us(self) -> int:
        """Until the bucket is full again."""
        return -(-(self.per_min * MINUTE_US - self._level) // self.per_min) if self.per_min else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a request may start; if not, which limit stopped it and when to ask again."""

    allowed: bool
    limit: str = ""
    """requests_per_min · tokens_per_min · concurrency, when refused."""
    message: str = ""
    retry_after_s: float = 0.0


ALLOWED = Verdict(allowed=True)


class Limits:
    """One tenant's limits. `admit` takes; `finish`, once for each admitted request, returns what was not used."""

    __slots__ = ("_requests", "_tokens", "concurrency", "in_flight")

    def __init__(self, *, requests_per_min: int, tokens_per_min: int, concurrency: int, now_us: int) -> None:
        self._requests = Bucket(requests_per_min, now_us) if requests_per_min else None
        self._tokens = Bucket(tokens_per_min, now_us) if tokens_per_min else None
        self.concurrency = concurrency
        self.in_flight = 0

    @classmethod
    def of(cls, tenant: Tenant, now_us: int) -> "Limits":
        return cls(
            requests_per_min=tenant.requests_per_min,
            tokens_per_min=tenant.tokens_per_min,
            concurrency=tenant.concurrency,
            now_us=now_us,
        )

    def admit(self, tokens: int, now_us: int) -> Verdict:
        """All limits or none: a refused request takes nothing. `tokens` is prompt plus the most it may answer."""
        if self.concurrency and self.in_flight >= self.concurrency:
            text = f"{self.concurrency} requests are already being answered, your limit; retry when one has ended"
            return Verdict(allowed=False, limit="concurrency", message=text, retry_after_s=1.0)
        for name, bucket, amount in (("requests", self._requests, 1), ("tokens", self._tokens, tokens)):
            wait_us = bucket.wait_us(amount, now_us) if bucket else 0
            if bucket and wait_us:
                text = f"your limit of {bucket.per_min} {name} a minute is used up; retry in {wait_us / 1e6:.3g} s"
                return Verdict(allowed=False, limit=f"{name}_per_min", message=text, retry_after_s=wait_us / 1e6)
        if self._requests:
            self._requests.take(1)
        if self._tokens:
            self._tokens.take(tokens)
        self.in_flight += 1
        return ALLOWED

    def finish(self, admitted_tokens: int, used_tokens: int) -> None:
        """The request is over."""
        self.in_flight -= 1
        if self._tokens:
            self._tokens.give_back(max(0, admitted_tokens - used_tokens))

    def share_used(self, now_us: int) -> float | None:
        """How much of the tightest limit is used up, 0 to 1; None without limits."""
        shares = [self.in_flight / self.concurrency] if self.concurrency else []
        for bucket in (self._requests, self._tokens):
            if bucket:
                bucket.wait_us(0, now_us)
                shares.append(1.0 - bucket.remaining() / bucket.per_min)
        return min(1.0, max(shares)) if shares else None

    def headers(self) -> list[tuple[bytes, bytes]]:
        """`x-ratelimit-*` as OpenAI names them, for the limits that are set; reset times as seconds with an s."""
        out = []
        for name, bucket in ((b"requests", self._requests), (b"tokens", self._tokens)):
            if bucket:
                out += [
                    (b"x-ratelimit-limit-" + name, b"%d" % bucket.per_min),
                    (b"x-ratelimit-remaining-" + name, b"%d" % bucket.remaining()),
                    (b"x-ratelimit-reset-" + name, b"%.3fs" % (bucket.reset_us() / 1e6)),
                ]
        return out
