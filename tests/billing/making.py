"""Small clouds, admissions and outcomes for the ledger's tests."""

from pathlib import Path

from baseload.billing import Admission, Count, Ledger, Outcome, Try, bill
from baseload.billing.outcome import Reason
from baseload.billing.recovery import Witness
from baseload.billing.verify import verify
from baseload.config.cloud import Billing, Business, Cloud, ModelPrice, PriceBook, Tenant
from baseload.store import read_only
from baseload.tenants import account_id, project_id
from baseload.units import Mark, Micros, Millijoule, Nano, Pico

START_US = Micros(1_795_000_000_000_000)


class Clock:
    """A clock that tests turn."""

    def __init__(self, now_us: int = START_US) -> None:
        self.now_us = now_us

    def __call__(self) -> int:
        self.now_us += 1000
        return self.now_us


def tenant(
    name: str = "acme",
    *,
    balance: int = 10**9,
    credit: int = 0,
    billing: Billing = "prepaid",
    business: Business = "external",
) -> Tenant:
    return Tenant(
        id=name,
        business=business,
        tier="default",
        tiers=("default", "flex"),
        billing=billing,
        balance_nano=Nano(balance),
        credit_nano=Nano(credit),
    )


def book(input_pico: int = 50_000, output_pico: int = 200_000, *, valid_from_us: int = 0) -> PriceBook:
    price = ModelPrice(
        model="m", input_pico=Pico(input_pico), cached_input_pico=Pico(input_pico // 2), output_pico=Pico(output_pico)
    )
    return PriceBook(id="2026-11", valid_from_us=valid_from_us, prices=(price,))


def cloud(*tenants: Tenant, prices: PriceBook | None = None) -> Cloud:
    return Cloud(name="t", sites=(), pools=(), models=(), tenants=tenants or (tenant(),), book=prices or book())


def admission(
    number: int, bound_nano: int, *, price_ver: str, who: str = "acme", now_us: int = START_US, name: str = "a"
) -> Admission:
    return Admission(
        request_id=f"req_{ord(name[0]):02x}{number:030x}",
        tenant_id=who,
        project_id=project_id(who),
        key_id="AbCd1234",
        account_id=account_id(who),
        model="m",
        tier="default",
        business="external",
        bound_nano=Nano(bound_nano),
        price_ver=price_ver,
        now_us=Micros(now_us),
    )


def outcome(
    *,
    prompt: int = 10,
    emitted: int = 5,
    delivered: int | None = None,
    reason: Reason = "completed",
    cached: int | None = None,
    now_us: int = START_US + 1,
) -> Outcome:
    tries = (
        Try(
            replica="m-0",
            prefilled=prompt,
            emitted=emitted,
            delivered=emitted if delivered is None else delivered,
            reason=reason,
            count_mark="counted",
            started_us=START_US,
            ended_us=Micros(now_us),
        ),
    )
    billed = bill(tries, prompt)
    return Outcome(
        attempts=billed.attempts,
        tok_in=billed.tok_in,
        tok_cached=cached,
        tok_out=billed.tok_out,
        energy_mj=Millijoule(7),
        energy_kind=Mark.MODELLED,
        finish="stop" if reason == "completed" else reason,
        pool="box",
        replica="m-0",
        first_token_us=START_US,
        queue_us=0,
        now_us=Micros(now_us),
    )


async def opened(data: Path, *tenants: Tenant, clock: Clock | None = None) -> tuple[Ledger, str]:
    """A ledger with its books open, and the price that `acme` is promised."""
    ledger = await Ledger.open(data, clock=clock or Clock())
    opening = await ledger.open_books(cloud(*tenants), START_US)
    return ledger, opening.prices.at("m", "default", "external", START_US).id


def crash(ledger: Ledger) -> None:
    """As a SIGKILL leaves it: nothing given back, nothing more posted. (The threads of a test cannot be killed.)"""
    ledger.day_book.close()
    ledger.writer.close()
    ledger._spool.close()


def broken(data: Path, now_us: int = START_US) -> list[str]:
    """Every violation, with its first example."""
    conn = read_only(data / "ledger.db")
    try:
        return [f"{c.id}: {c.examples[0]}" for c in verify(conn, now_us) if c.violations]
    finally:
        conn.close()


def one(data: Path, sql: str) -> object:
    conn = read_only(data / "ledger.db")
    try:
        row = conn.execute(sql).fetchone()
        return row[0] if row and len(row) == 1 else row
    finally:
        conn.close()


def knowing(count: Count | None) -> Witness:
    """A witness that says the same of every request."""

    async def witness(_: Admission) -> Count | None:
        return count

    return witness


def telling(counts: dict[str, Count]) -> Witness:
    """A witness that knows these requests."""

    async def witness(admission: Admission) -> Count | None:
        return counts.get(admission.request_id)

    return witness
