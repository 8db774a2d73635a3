"""A ledger file with just enough rows for a P&L, and the description that goes with it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw

from baseload import config
from baseload.billing.cost import HOUR_US
from baseload.billing.statement import Statement, statement
from baseload.config import Cloud
from baseload.store import read_only
from baseload.store.connection import writing
from baseload.store.migration import migrate
from baseload.units import Micros

NOW = 1_800_000_000_000_000
HOURS = 10
FROM = NOW - HOURS * HOUR_US

TEXT = """\
[site.s]
envelope_w = 1000
pue = 1.25
tariff = "us-industrial"
space_usd_per_hour = 0.5
staff_usd_per_hour = 1.5
[pool.p]
site = "s"
chip = "epyc-genoa-vcpu"
chips_per_node = 2
price_usd_per_chip = 1000
life_years = 4
[model.m]
pool = "p"
engine = "openvino"
catalog = "smollm2-135m-instruct-q4_1"
[tenant.inside]
business = "internal"
[tenant.acme]
business = "external"
[prices]
id = "b"
valid_from = 2026-01-01
[prices.models.m]
input_usd_per_mtok = 1
output_usd_per_mtok = 2
"""


def describe(text: str = TEXT) -> Cloud:
    return config.read_text(text, "x.toml", environment={}).cloud


@dataclass
class Book:
    """A ledger file with just enough rows, written as the gateway's ledger would."""

    path: Path
    conn: apsw.Connection
    requests: int = 0
    windows: int = 0

    def sale(
        self,
        tenant: str = "acme",
        *,
        business: str = "external",
        tok_in: int = 100,
        tok_out: int = 50,
        lost: int = 0,
        nano: int = 200_000,
        at: int = NOW - HOUR_US,
        model: str = "m",
        pool: str = "p",
        price: str = "b/m",
    ) -> str:
        self.requests += 1
        name = f"req_{self.requests}"
        self.conn.execute("INSERT OR IGNORE INTO tenant VALUES (?, ?, 'prepaid', 'default', 0)", (tenant, business))
        self.conn.execute("INSERT OR IGNORE INTO project VALUES (?, ?, 'default', 0)", (f"{tenant}/p", tenant))
        row = {
            "source": "gw", "event_id": name, "request_id": name, "tenant_id": tenant, "project_id": f"{tenant}/p",
            "key_id": "k", "model": model, "pool": pool, "replica": f"{model}-0", "tier": "default",
            "business": business,
            "occurred_us": at, "recorded_us": at, "admitted_us": at - 5, "first_token_us": None, "queue_us": 0,
            "tok_in": tok_in, "tok_cached": None, "tok_out": tok_out, "energy_mj": 0, "energy_kind": "modelled",
            "finish": "stop", "price_ver": price, "amount_nano": nano, "count_mark": "counted",
            "payload_hash": b"0" * 32,
        }  # fmt: skip
        self.insert("usage_event", row)
        self.attempt(name, tok_in, tok_out, lost, at=at)
        return name

    def attempt(self, name: str, prefilled: int, billed: int, lost: int, *, at: int, replica: str = "m-0") -> None:
        row = {
            "request_id": name, "n": 1, "replica": replica, "prefilled": prefilled,
            "prefill_billed": prefilled if billed else 0, "emitted": billed + lost, "delivered": billed,
            "billed": billed, "lost": lost, "reason": "completed",
            "count_mark": "counted", "started_us": at - 5, "ended_us": at,
        }  # fmt: skip
        self.insert("attempt", row)

    def window(
        self, shares: dict[str, int], *, idle: int = 0, overhead: int = 0, kind: str = "modelled", pool: str = "p"
    ) -> None:
        self.windows += 1
        active = sum(shares.values())
        end = FROM + self.windows * HOUR_US
        row = {
            "id": f"{pool}:{end}", "pool": pool, "started_us": end - HOUR_US, "ended_us": end, "kind": kind,
            "meter_mj": active + idle + overhead, "active_mj": active, "idle_mj": idle, "overhead_mj": overhead,
        }  # fmt: skip
        self.insert("energy_window", row)
        for name, mj in shares.items():
            self.insert(
                "energy_share",
                {"window_id": row["id"], "request_id": name, "attempt_n": 1, "work": 1.0, "energy_mj": mj},
            )

    def insert(self, table: str, row: dict[str, Any]) -> None:
        names = ", ".join(row)
        marks = ", ".join("?" * len(row))
        self.conn.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))

    def statement(self, cloud: Cloud | None = None, from_us: int | None = FROM) -> Statement:
        reader = read_only(self.path)
        try:
            return statement(reader, cloud or describe(), Micros(NOW), from_us=from_us)
        finally:
            reader.close()


class opened:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Book:
        self.conn = writing(self.path)
        migrate(self.conn, 0)
        return Book(path=self.path, conn=self.conn)

    def __exit__(self, *_: object) -> None:
        self.conn.close()
