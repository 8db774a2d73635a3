"""Money in, as the operator tells it: dollars to the nano, each id booked once."""

from decimal import Decimal, InvalidOperation

from baseload.billing.books import Books
from baseload.billing.commands import TopUp
from baseload.errors import SetupError
from baseload.units import Micros, Nano, nano_to_usd, usd_to_nano

MAX_TOP_UP_USD = 10**9
"""A billion dollars at once is a slip of the keyboard."""


def amount_nano(text: str) -> Nano:
    """Dollars as a person wrote them, exactly: nothing is rounded on the way in."""
    try:
        usd = Decimal(text)
    except InvalidOperation:
        usd = Decimal("NaN")
    if not usd.is_finite() or not 0 < usd <= MAX_TOP_UP_USD:
        raise SetupError(f"{text!r} is no amount to top up with; give dollars above 0, at most a billion: 25 or 12.50")
    nano = usd_to_nano(usd)
    if nano_to_usd(nano) != usd:
        raise SetupError(f"{text} USD is finer than a nano-dollar; give at most nine decimals")
    return nano


def book(books: Books, account: str, amount: Nano, told_as: str, note: str, now_us: Micros) -> bool:
    """The entry and its audit row, in one transaction. False when the same was booked before.

    An id that was told before must have said the same, or somebody's money would silently go nowhere.
    """
    key = f"operator:{told_as}"
    if TopUp(account_id=account, amount_nano=amount, idem_key=key, actor="operator", now_us=now_us)(books):
        books.audit("operator", "account.topup", account, {"amount_nano": amount, "id": told_as, "note": note})
        return True
    rows = books.conn.execute(
        "SELECT p.account_id, p.amount_nano FROM posting p JOIN journal j ON j.id = p.journal_id"
        " WHERE j.kind = 'topup' AND j.idem_key = ?",
        (key,),
    )
    if (account, amount) not in [(str(a), n) for a, n in rows]:
        raise SetupError(f"top-up {told_as!r} was told before with another tenant or amount; give it an id of its own")
    return False
