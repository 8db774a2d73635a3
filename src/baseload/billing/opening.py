"""Opening the books for a description: tenants, accounts, first balances, credit, prices. Again it adds nothing."""

from collections.abc import Iterable
from dataclasses import dataclass

import apsw

from baseload.billing.books import PRICE_COLUMNS, Books
from baseload.billing.commands import CASH, TopUp
from baseload.billing.entry import Entry
from baseload.billing.price import PriceList, PriceVersion
from baseload.billing.pricebook import new_versions
from baseload.billing.settlement import WRITE_OFF, revenue_account
from baseload.config.cloud import Cloud, Tenant
from baseload.store.chain import digest
from baseload.store.unit import Row, Table, insert_rows
from baseload.tenants.roster import account_id, enrol
from baseload.units import Micros

PRICE = Table(name="price_version", columns=PRICE_COLUMNS)
HOUSE = (
    (CASH, "cash_clearing"),
    (WRITE_OFF, "writeoff"),
    ("house:rounding", "rounding"),
    (revenue_account("external"), "revenue"),
    (revenue_account("internal"), "revenue"),
)
ACTOR = "description"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What opening the books changed, and the prices now known."""

    tenants: tuple[str, ...]
    topped_up: tuple[str, ...]
    new_prices: int
    notes: tuple[str, ...]
    """Sentences for the operator, e.g. a credit that could not be lowered as far as asked."""
    prices: PriceList


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBooks:
    """The command. A balance in a description is the first top-up only: later ones are payments."""

    cloud: Cloud
    now_us: Micros

    def __call__(self, books: Books) -> Opening:
        changed = enrol(books, self.cloud.tenants, self.now_us, ACTOR)
        books.conn.executemany("INSERT INTO account (id, kind) VALUES (?,?) ON CONFLICT (id) DO NOTHING", HOUSE)
        notes = [note for t in self.cloud.tenants for note in self._account(books, t)]
        topped = tuple(t.id for t in self.cloud.tenants if self._first_balance(books, t))
        prices = load_prices(books.conn)
        added = new_versions(self.cloud.book, prices, self.now_us)
        write_prices(books, added)
        for version in added:
            prices.add(version)
        return Opening(
            tenants=tuple(changed), topped_up=topped, new_prices=len(added), notes=tuple(notes), prices=prices
        )

    def _account(self, books: Books, tenant: Tenant) -> list[str]:
        kind = "prepaid" if tenant.billing == "prepaid" else "receivable"
        books.conn.execute(
            "INSERT INTO account (id, tenant_id, kind) VALUES (?,?,?)"
            " ON CONFLICT (id) DO UPDATE SET kind = excluded.kind",
            (account_id(tenant.id), tenant.id, kind),
        )
        return set_credit(books, tenant.id, tenant.credit_nano)

    def _first_balance(self, books: Books, tenant: Tenant) -> bool:
        if tenant.balance_nano <= 0:
            return False
        command = TopUp(
            account_id=account_id(tenant.id),
            amount_nano=tenant.balance_nano,
            idem_key=f"opening:{tenant.id}",
            actor=ACTOR,
            now_us=self.now_us,
        )
        return command(books)


def set_credit(books: Books, tenant: str, credit_nano: int) -> list[str]:
    """Change a credit limit, audited; never below what is already used and held."""
    account = books.account(account_id(tenant))
    lowest = max(0, account.held - account.posted)
    given = max(credit_nano, lowest)
    if given == account.credit:
        return []
    books.audit(ACTOR, "credit.change", account.id, {"before_nano": account.credit, "after_nano": given})
    account.credit, account.dirty = given, True
    if given == credit_nano:
        return []
    return [f"credit of {tenant!r} was lowered to {given} nano-dollars, not {credit_nano}: the rest is in use"]


def load_prices(conn: apsw.Connection) -> PriceList:
    """Every version on record."""
    rows = conn.execute(f"SELECT {','.join(PRICE_COLUMNS)} FROM price_version")  # noqa: S608
    return PriceList(PriceVersion(**dict(zip(PRICE_COLUMNS, row, strict=True))) for row in rows)


def price_row(version: PriceVersion) -> Row:
    """As the table and the payload hash have it."""
    return tuple(getattr(version, column) for column in PRICE_COLUMNS)


def write_prices(books: Books, versions: Iterable[PriceVersion]) -> None:
    """Each version is vouched for by the journal, so a price changed by hand shows even before anyone used it."""
    for version in versions:
        row = price_row(version)
        insert_rows(books.conn, PRICE, [row])
        books.record(
            Entry(
                kind="price",
                idem_key=version.id,
                effective_us=version.valid_from_us,
                actor=ACTOR,
                payload_hash=digest(row),
            )
        )
