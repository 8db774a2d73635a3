"""What is known of a request when it is let in: who pays, the price it is promised and the most it can cost."""

from typing import Literal

import msgspec

from baseload.config.cloud import Business, Tier
from baseload.units import Micros, Nano


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """A request at the door. `price_ver` is frozen here: whatever happens to prices later, this one is billed."""

    request_id: str
    tenant_id: str
    project_id: str
    key_id: str
    account_id: str
    model: str
    tier: Tier
    business: Business
    bound_nano: Nano
    price_ver: str
    now_us: Micros


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """A request let in, its bound bound: against the gateway's lease, or by a durable hold of its own."""

    admission: Admission
    kind: Literal["leased", "held"]
    bound_nano: Nano


_write = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(Admission).decode


def to_json(admission: Admission) -> bytes:
    """As the spool and the hold row keep it."""
    return _write(admission)


def from_json(data: bytes | str) -> Admission:
    """Back from the spool or the hold row."""
    return _read(data)


def spool_id(request_id: str) -> bytes:
    """`req_<32 hex>` as the 16 bytes a tally row is named by."""
    raw = bytes.fromhex(request_id[4:]) if request_id.startswith("req_") else b""
    if len(raw) != 16:
        raise ValueError(f"a request id is req_ and 32 hex digits, got {request_id!r}")
    return raw
