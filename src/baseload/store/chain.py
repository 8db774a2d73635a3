"""Hash chains: each row's hash covers the row before it, so a changed, removed or reordered row shows."""

import hashlib
from collections.abc import Sequence

import msgspec

GENESIS = bytes(32)
"""What the first row of a chain names as its predecessor."""

_encode = msgspec.json.Encoder().encode


def canonical(values: Sequence[object]) -> bytes:
    """One byte string per row: a JSON array in column order, no spaces, UTF-8, bytes as hex by the caller."""
    return _encode(values)


def digest(values: Sequence[object]) -> bytes:
    """SHA-256 of a row on its own."""
    return hashlib.sha256(_encode(values)).digest()


def link(prev_hash: bytes, values: Sequence[object]) -> bytes:
    """SHA-256 of the row before and this one."""
    return hashlib.sha256(prev_hash + _encode(values)).digest()
