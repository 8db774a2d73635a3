"""The text of an API key: `blk_live_<8 id>_<43 base62>_<6 check>`.

The id is public and names the row; 43 base62 digits carry 256 random bits; the check digits are CRC-32, so that a typo
is refused without a look-up and scanners can tell a real key from a random string.
"""

import hmac
import re
import zlib

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PREFIX = "blk_live_"
ID_LENGTH, BODY_LENGTH, CHECK_LENGTH = 8, 43, 6
RANDOM_BYTES = 6 + 32
"""What `make` needs: 6 bytes for the id, 32 for the secret."""

_SHAPE = re.compile(rb"blk_live_([0-9A-Za-z]{8})_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}", re.ASCII)


def base62(number: int, length: int) -> str:
    """The last `length` base62 digits of a number."""
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(DIGITS[digit])
    return "".join(reversed(digits))


def make(random: bytes) -> str:
    """A new key from `RANDOM_BYTES` of the operating system's randomness."""
    if len(random) != RANDOM_BYTES:
        raise ValueError(f"a key takes {RANDOM_BYTES} random bytes, got {len(random)}")
    head = base62(int.from_bytes(random[:6], "big"), ID_LENGTH)
    body = base62(int.from_bytes(random[6:], "big"), BODY_LENGTH)
    text = f"{PREFIX}{head}_{body}"
    return f"{text}_{_check(text.encode())}"


def read_id(secret: bytes) -> str | None:
    """The public id of a well-formed key, else None: nothing else about it is known yet."""
    match = _SHAPE.fullmatch(secret)
    if match is None or _check(secret[: -CHECK_LENGTH - 1]) != secret[-CHECK_LENGTH:].decode("ascii"):
        return None
    return match[1].decode("ascii")


def digest(pepper: bytes, secret: bytes) -> bytes:
    """What is stored of a key. A fast keyed hash is right here: the secret is random, not chosen by a person."""
    return hmac.digest(pepper, secret, "sha256")


def _check(text: bytes) -> str:
    return base62(zlib.crc32(text), CHECK_LENGTH)
