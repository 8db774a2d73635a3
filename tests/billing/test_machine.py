"""Any order of holds, settlements, repeats, top-ups, price changes and crashes keeps every invariant at every step."""

import asyncio
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from baseload.billing import Count, Grant, Ledger
from baseload.billing.price import PriceList
from baseload.energy.meter import Window
from baseload.energy.share import Work, share
from baseload.errors import InsufficientBalance
from baseload.units import Mark, Nano
from tests.billing.making import START_US, Clock, admission, book, broken, cloud, crash, knowing, one, outcome, tenant

OPENING = {"acme": 20_000, "later": 0}
CREDIT = {"acme": 0, "later": 15_000}
TENANTS = (
    tenant("acme", balance=OPENING["acme"]),
    tenant("later", balance=0, credit=CREDIT["later"], billing="postpaid"),
)
names = st.sampled_from(sorted(OPENING))
bounds = st.integers(0, 9_000)


class Books(RuleBasedStateMachine):
    """The model is one number per tenant: balance + credit − bounds of open requests."""

    grants = Bundle("grants")
    settled = Bundle("settled")

    @initialize()
    def start(self) -> None:
        self.data = Path(tempfile.mkdtemp(prefix="baseload-books-"))
        self.clock = Clock()
        self.runner = asyncio.Runner()
        self.number = 0
        self.room = {t: OPENING[t] + CREDIT[t] for t in OPENING}
        self.posted = dict(OPENING)
        self.acked: set[str] = set()
        self.epoch = 0
        self.prices = PriceList()
        self.runner.run(self.open())

    async def open(self) -> None:
        self.ledger = await Ledger.open(self.data, clock=self.clock)
        self.epoch += 1
        self.prices = (await self.ledger.open_books(cloud(*TENANTS), START_US)).prices

    def price(self) -> str:
        return self.prices.at("m", "default", "external", self.clock.now_us).id

    def ask(self, who: str, bound: int) -> Any:
        self.number += 1
        return self.ledger.hold(
            admission(self.number, bound, who=who, price_ver=self.price(), now_us=self.clock.now_us)
        )

    @rule(target=grants, who=names, wanted=st.lists(bounds, min_size=1, max_size=8))
    def hold(self, who: str, wanted: list[int]) -> Any:
        async def all_at_once() -> list[Any]:
            return await asyncio.gather(*(self.ask(who, bound) for bound in wanted), return_exceptions=True)

        let_in = []
        for bound, answer in zip(wanted, self.runner.run(all_at_once()), strict=True):
            fits = bound <= self.room[who]
            assert isinstance(answer, Grant if fits else InsufficientBalance), (bound, self.room[who], answer)
            if isinstance(answer, Grant):
                self.room[who] -= bound
                let_in.append((answer, self.epoch))
        return multiple(*let_in)

    @rule(
        target=settled,
        taken=consumes(grants),
        prompt=st.integers(0, 30),
        emitted=st.integers(0, 40),
        part=st.integers(0, 40),
        reason=st.sampled_from(["completed", "client_hangup", "engine_died", "cancelled"]),
        post=st.booleans(),
    )
    def settle(self, taken: tuple[Grant, int], prompt: int, emitted: int, part: int, reason: Any, post: bool) -> Any:
        grant, epoch = taken
        if epoch != self.epoch:
            return multiple()  # its gateway died
        done = outcome(prompt=prompt, emitted=emitted, delivered=min(part, emitted), reason=reason)
        receipt = self.runner.run(self.ledger.settle(grant, done))
        who = grant.admission.tenant_id
        assert 0 <= receipt.amount_nano <= grant.bound_nano
        self.room[who] += grant.bound_nano - receipt.amount_nano
        self.posted[who] -= receipt.amount_nano
        self.acked.add(grant.admission.request_id)
        if post:
            self.runner.run(self.ledger.day_book.posted())
        return (grant, done, receipt)

    @rule(again=settled)
    def settle_again(self, again: tuple[Any, Any, Any]) -> None:
        grant, done, receipt = again
        assert self.runner.run(self.ledger.settle(grant, done)) == receipt

    @rule(taken=consumes(grants))
    def release(self, taken: tuple[Grant, int]) -> None:
        grant, epoch = taken
        if epoch == self.epoch:
            self.ledger.release(grant)
            self.room[grant.admission.tenant_id] += grant.bound_nano

    @rule(who=names, amount=st.integers(1, 5_000), key=st.integers(0, 5))
    def top_up(self, who: str, amount: int, key: int) -> None:
        new = self.runner.run(
            self.ledger.top_up(f"acct_{who}", Nano(amount), idem_key=f"pay:{key}", actor="t", now_us=START_US)
        )
        if new:
            self.room[who] += amount
            self.posted[who] += amount

    @rule(output=st.integers(0, 300_000))
    def change_price(self, output: int) -> None:
        opening = self.runner.run(
            self.ledger.open_books(cloud(*TENANTS, prices=book(output_pico=output)), self.clock.now_us)
        )
        self.prices = opening.prices

    @rule(busy=st.booleans(), joules=st.integers(0, 10**6))
    def energy(self, busy: bool, joules: int) -> None:
        self.number += 1
        work = [Work(request_id=f"req_{self.number:032x}", attempt_n=1, prefilled=3, decoded=2)] if busy else []
        parts = share(joules, idle_w=0.1, dt_us=10**6, work=work, pue=1.3)
        at = self.clock.now_us
        window = Window(id=f"box:{self.number}", pool="box", started_us=at, ended_us=at + 1, shares=parts, watts=1.0)
        assert self.runner.run(self.ledger.record_energy(window))
        assert not self.runner.run(self.ledger.record_energy(window))
        assert parts.kind == Mark.MODELLED

    @rule(known=st.booleans(), emitted=st.integers(0, 50))
    def gateway_dies(self, known: bool, emitted: int) -> None:
        crash(self.ledger)
        self.clock.now_us += 7_200_000_000
        self.runner.run(self.open())
        count = Count(prefilled=1, emitted=emitted) if known else None
        self.runner.run(self.ledger.recover(knowing(count), START_US))
        self.room = {t: self.posted[t] + CREDIT[t] for t in self.posted}

    @rule()
    def gateway_restarts(self) -> None:
        open_grants = list(self.ledger.door._open)
        self.runner.run(self.ledger.close())
        self.runner.run(self.open())
        report = self.runner.run(self.ledger.recover(knowing(None), START_US))
        assert report.resolved == len(open_grants)
        self.room = {t: self.posted[t] + CREDIT[t] for t in self.posted}

    @invariant()
    def every_invariant_holds(self) -> None:
        assert broken(self.data) == []

    @invariant()
    def the_books_agree_with_the_model(self) -> None:
        for who in self.room:
            assert self.runner.run(self.ledger.available(f"acct_{who}")) == self.room[who]
            posted, held, credit = one(  # type: ignore[misc]
                self.data, f"SELECT posted_nano, held_nano, credit_nano FROM account WHERE id = 'acct_{who}'"
            )
            assert posted == self.posted[who] or not self.ledger.day_book.is_posted
            bounds = sum(
                e.grant.bound_nano for e in self.ledger.door._open.values() if e.purse.account_id == f"acct_{who}"
            )
            assert bounds <= held <= posted + credit

    @invariant()
    def what_was_acknowledged_is_on_record(self) -> None:
        if not self.ledger.day_book.is_posted:
            return
        stored = one(self.data, "SELECT coalesce(group_concat(event_id), '') FROM usage_event")
        assert self.acked <= set(str(stored).split(","))

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            crash(self.ledger)
            self.runner.close()
            shutil.rmtree(self.data)


TestBooks = Books.TestCase
TestBooks.settings = settings(
    max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
