"""A `Cloud` as JSON: how the supervisor hands its description to the processes it starts."""

import msgspec

from baseload.config.cloud import Cloud


def to_json(cloud: Cloud) -> bytes:
    """One JSON object; money stays integer, tuples become lists."""
    return msgspec.json.format(msgspec.json.encode(cloud), indent=1)


def from_json(data: bytes) -> Cloud:
    """The same `Cloud` again; raises `msgspec.ValidationError` on anything else."""
    return msgspec.json.decode(data, type=Cloud)
