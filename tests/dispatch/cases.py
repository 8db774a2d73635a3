"""Small random clouds for the properties, and plain builders for the hand-made ones."""

from collections.abc import Sequence

from hypothesis import strategies as st

from baseload.dispatch import Block, Pool, Recipe, Reservation, Running, Site, Snapshot, WorkClass

NAMES = ("internal", "paying", "flex")


def site(**changes: object) -> Site:
    return Site(**({"id": "home", "envelope_w": 1000.0, "pue": 1.0, "tariff_usd_per_kwh": 0.1} | changes))  # type: ignore[arg-type]


def pool(**changes: object) -> Pool:
    return Pool(**({"id": "cpu", "site": "home", "nodes": 1, "memory_gb_per_node": 64.0} | changes))  # type: ignore[arg-type]


def recipe(rates: dict[str, float], **changes: object) -> Recipe:
    start: dict[str, object] = {"id": "chat", "pool": "cpu", "model": "m", "rates_per_s": rates}
    return Recipe(**(start | {"idle_w": 10.0, "busy_w": 100.0} | changes))  # type: ignore[arg-type]


def work(name: str, *blocks: tuple[float, float], **changes: object) -> WorkClass:
    start: dict[str, object] = {"id": name, "business": "external", "tier": "default", "model": "m"}
    priced = tuple(Block(price_usd=p, per_s=q) for p, q in blocks)
    return WorkClass(**(start | {"blocks": priced} | changes))  # type: ignore[arg-type]


def one_box(classes: Sequence[WorkClass], rates: dict[str, float], **changes: object) -> Snapshot:
    """One site, one pool, one recipe that is on."""
    start: dict[str, object] = {"sites": (site(),), "pools": (pool(),), "recipes": (recipe(rates),)}
    start |= {"classes": tuple(classes), "current": (Running(recipe="chat", replicas=1, up_s=1e6),)}
    return Snapshot(**(start | changes))  # type: ignore[arg-type]


def _few(low: float, high: float) -> st.SearchStrategy[float]:
    """Coarse numbers, so that ties happen often."""
    return st.integers(0, 8).map(lambda n: low + (high - low) * n / 8)


@st.composite
def classes(draw: st.DrawFn, name: str, reserved: bool = True) -> WorkClass:
    prices = sorted((draw(_few(0.0, 1e-3)) for _ in range(draw(st.integers(1, 2)))), reverse=True)
    blocks = tuple(Block(price_usd=p, per_s=draw(_few(0.0, 8.0))) for p in prices)
    promise = None
    if reserved and draw(st.booleans()):
        promise = Reservation(
            per_s=draw(_few(0.0, 6.0)),
            shortfall_usd=2e-3 + draw(_few(0.0, 1e-2)),
            recall_s=draw(st.sampled_from((1.0, 5.0))),
        )
    return WorkClass(
        id=name,
        business="internal" if name == "internal" else "external",
        tier="flex" if name == "flex" else "default",
        model="m",
        blocks=blocks,
        reservation=promise,
        clear_s=draw(st.sampled_from((0.1, 3.0, 60.0))),
    )


@st.composite
def snapshots(draw: st.DrawFn, reserved: bool = True) -> Snapshot:
    """One or two pools at one site, up to three recipes of one model, two or three classes."""
    names = NAMES[: draw(st.integers(2, 3))]
    pools = tuple(
        pool(
            id=f"p{i}", nodes=draw(st.integers(0, 2)), chips_per_node=4.0, memory_gb_per_node=40.0,
            node_idle_w=draw(_few(0.0, 80.0)), tenure="rented", take_or_pay=draw(st.booleans()),
            rent_usd_per_node_hour=0.5,
        )
        for i in range(draw(st.integers(1, 2)))
    )  # fmt: skip
    recipes = tuple(
        recipe(
            {n: draw(_few(0.5, 4.5)) for n in names if draw(st.integers(0, 4))},
            id=f"r{i}", pool=f"p{draw(st.integers(0, len(pools) - 1))}",
            chips=draw(st.sampled_from((1.0, 2.0, 3.0, 4.0, 8.0))),
            memory_gb=draw(st.sampled_from((0.0, 10.0, 25.0))),
            idle_w=draw(_few(0.0, 80.0)), busy_w=draw(_few(0.0, 160.0)),
            load_s=draw(st.sampled_from((0.0, 60.0))), start_usd=draw(_few(0.0, 0.8)), stop_usd=draw(_few(0.0, 0.1)),
            min_up_s=draw(st.sampled_from((0.0, 600.0))), max_replicas=draw(st.sampled_from((None, 1, 2))),
        )
        for i in range(draw(st.integers(1, 3)))
    )  # fmt: skip
    running = tuple(
        Running(
            recipe=r.id,
            replicas=1,
            up_s=draw(st.sampled_from((0.0, 1e4))),
            ready_in_s=draw(st.sampled_from((0.0, 30.0))),
        )
        for r in recipes
        if draw(st.booleans())
    )
    return Snapshot(
        sites=(site(envelope_w=draw(_few(0.0, 800.0)), pue=draw(st.sampled_from((1.0, 1.25)))),),
        pools=pools,
        recipes=recipes,
        classes=tuple(draw(classes(n, reserved)) for n in names),
        current=running,
    )
