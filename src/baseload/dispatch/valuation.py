"""Worth: what one more, and one less, node, watt or request a second changes, by solving again.

Raw duals mislead: at a kink the left and right value differ, and the relaxation overstates small pools. So worth is
V(+step) − V and V − V(−step) for a named step, money and penalties apart.
"""

from dataclasses import dataclass, replace
from typing import Literal

from baseload.dispatch.commitment import commit
from baseload.dispatch.plan import Dispatcher, value_of
from baseload.dispatch.results import Commitment
from baseload.dispatch.running import change_to
from baseload.dispatch.solver import Limits
from baseload.dispatch.values import Block, Snapshot, WorkClass

StepKind = Literal["node", "watt", "request"]
EXACT = Limits(time_s=2.0, gap=1e-6)
"""A step is small beside the whole, so its two solves look closer than a commitment does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A node of pool `id`, a watt of site `id`'s envelope, or a request a second of class `id`, `size` of them."""

    kind: StepKind
    id: str
    size: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a step changes per hour: money, penalties avoided, and by how much the solver may be wrong in their sum."""

    money_usd_per_h: float
    penalty_avoided_usd_per_h: float
    error_usd_per_h: float

    @property
    def value_usd_per_h(self) -> float:
        return self.money_usd_per_h + self.penalty_avoided_usd_per_h


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """`up` is V(+step) − V, `down` is V − V(−step), or None where there is not a whole step to take away."""

    step: Step
    up: Change
    down: Change | None


def worth(
    snapshot: Snapshot, step: Step, *, commitment: Commitment | None = None, limits: Limits | None = None
) -> Worth:
    """The worth of a step. Watts and requests at a fixed `commitment` when one is given (what admission faces this
    second); nodes, and everything without a commitment, by committing again (what a buyer faces).
    """
    more, less = stepped(snapshot, step, 1), stepped(snapshot, step, -1)
    if commitment is not None and step.kind != "node":
        dispatcher = Dispatcher(snapshot)
        here = _fixed(dispatcher, snapshot, commitment)
        above = _fixed(dispatcher, more, commitment) if more else here
        below = _fixed(dispatcher, less, commitment) if less else None
    else:
        exact = limits or EXACT
        base = commit(snapshot, limits=exact)
        here = _valued(snapshot, base)
        above = _valued(more, commit(more, limits=exact, start=base.replicas)) if more else here
        below = _valued(less, commit(less, limits=exact)) if less else None
    return Worth(step=step, up=_change(here, above), down=_change(below, here) if below else None)


def stepped(snapshot: Snapshot, step: Step, sign: int) -> Snapshot | None:
    """The snapshot with the step added (+1) or taken away (−1); None when there is not that much to take.

    A request is added to a class's last (cheapest) block and taken from the last blocks first.
    """
    by = sign * step.size
    if step.kind == "node":
        pools = {p.id: p for p in snapshot.pools}
        nodes = pools[step.id].nodes + round(by)
        changed = tuple(replace(p, nodes=nodes) if p.id == step.id else p for p in snapshot.pools)
        return replace(snapshot, pools=changed) if nodes >= 0 else None
    if step.kind == "watt":
        watts = next(s.envelope_w for s in snapshot.sites if s.id == step.id) + by
        sites = tuple(replace(s, envelope_w=watts) if s.id == step.id else s for s in snapshot.sites)
        return replace(snapshot, sites=sites) if watts >= 0 else None
    asked = sum(b.per_s for c in snapshot.classes if c.id == step.id for b in c.blocks)
    if asked + by < 0 or asked == 0 == len(next(c for c in snapshot.classes if c.id == step.id).blocks):
        return None
    return replace(snapshot, classes=tuple(_ask(c, by) if c.id == step.id else c for c in snapshot.classes))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Value:
    money: float
    penalty: float
    error: float = 0.0


def _fixed(dispatcher: Dispatcher, snapshot: Snapshot, commitment: Commitment) -> _Value:
    money, penalty = value_of(snapshot, dispatcher.solved(snapshot, commitment))
    return _Value(money=money, penalty=penalty)


def _valued(snapshot: Snapshot, commitment: Commitment) -> _Value:
    proof = commitment.proof
    if proof is None:
        return _fixed(Dispatcher(snapshot), snapshot, change_to(snapshot, commitment.replicas))
    money = proof.value_usd_per_h + proof.penalty_usd_per_h
    return _Value(money=money, penalty=proof.penalty_usd_per_h, error=proof.error_usd_per_h)


def _change(low: _Value, high: _Value) -> Change:
    return Change(
        money_usd_per_h=high.money - low.money,
        penalty_avoided_usd_per_h=low.penalty - high.penalty,
        error_usd_per_h=max(low.error, high.error),
    )


def _ask(cls: WorkClass, by: float) -> WorkClass:
    """More or less asked, at the cheap end."""
    blocks = list(cls.blocks)
    if by >= 0:
        blocks[-1] = Block(price_usd=blocks[-1].price_usd, per_s=blocks[-1].per_s + by)
        return replace(cls, blocks=tuple(blocks))
    left = -by
    for i in range(len(blocks) - 1, -1, -1):
        taken = min(left, blocks[i].per_s)
        blocks[i] = Block(price_usd=blocks[i].price_usd, per_s=blocks[i].per_s - taken)
        left -= taken
    return replace(cls, blocks=tuple(blocks))
