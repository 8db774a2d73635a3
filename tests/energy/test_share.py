"""Joules shared out: parts + idle + overhead are the meter, exactly, whatever is shared among whomever."""

from hypothesis import given
from hypothesis import strategies as st

from baseload import catalog
from baseload.energy import Prorate, Weights, Work, apportion, share

WORK = st.builds(
    Work,
    request_id=st.text(max_size=4),
    attempt_n=st.integers(1, 9),
    prefilled=st.integers(0, 10**6),
    decoded=st.integers(0, 10**6),
)


@given(
    machine_mj=st.integers(0, 10**15),
    idle_w=st.floats(0, 1e6),
    dt_us=st.integers(0, 10**10),
    work=st.lists(WORK, max_size=20),
    pue=st.floats(1, 3),
    host=st.floats(0, 1),
)
def test_parts_idle_and_overhead_are_the_meter(
    machine_mj: int, idle_w: float, dt_us: int, work: list[Work], pue: float, host: float
) -> None:
    shares = share(machine_mj, idle_w=idle_w, dt_us=dt_us, work=work, pue=pue, host_fraction=host)
    assert shares.active_mj + shares.idle_mj + shares.overhead_mj == shares.meter_mj
    assert sum(part.energy_mj for part in shares.parts) == shares.active_mj
    assert min(shares.active_mj, shares.idle_mj, shares.overhead_mj) >= 0
    assert all(part.energy_mj >= 0 for part in shares.parts)
    assert len(shares.parts) == len(work)


@given(st.integers(0, 10**20), st.lists(st.integers(0, 10**18), max_size=30))
def test_apportioning_is_exact_and_never_off_by_more_than_one(total: int, weights: list[int]) -> None:
    parts = apportion(total, weights)
    assert sum(parts) == (total if sum(weights) else 0)
    for part, weight in zip(parts, weights, strict=True):
        if sum(weights):
            assert abs(part * sum(weights) - total * weight) < sum(weights)


@given(st.integers(0, 10**9), st.lists(st.integers(0, 1000), min_size=2, max_size=9))
def test_more_work_never_bears_less(total: int, weights: list[int]) -> None:
    parts = apportion(total, weights)
    heavy, light = weights.index(max(weights)), weights.index(min(weights))
    assert parts[heavy] >= parts[light]


def test_prefill_and_decode_weigh_as_the_catalogue_says() -> None:
    weights = Weights.of(catalog.model("smollm2-135m-instruct-q4_1"))
    work = [
        Work(request_id="a", attempt_n=1, prefilled=1556, decoded=0),
        Work(request_id="b", attempt_n=1, prefilled=0, decoded=685),
    ]
    shares = share(2_000_000, idle_w=0, dt_us=1, work=work, weights=weights)
    assert [part.energy_mj for part in shares.parts] == [1_000_000, 1_000_000]
    assert weights == Weights()


def test_each_model_weighs_its_own() -> None:
    work = [Work(request_id=m, attempt_n=1, prefilled=0, decoded=10, model=m) for m in ("small", "large")]
    shares = share(
        1_000_000, idle_w=0, dt_us=1, work=work, weights={"small": Weights(decode=1), "large": Weights(decode=9)}
    )
    assert [part.energy_mj for part in shares.parts] == [100_000, 900_000]


def test_a_window_without_work_is_idle_and_the_hosts_own() -> None:
    shares = share(10_000, idle_w=4, dt_us=1_000_000, work=[], pue=1.5)
    assert (shares.meter_mj, shares.active_mj, shares.idle_mj, shares.overhead_mj) == (15_000, 0, 4_000, 11_000)


def test_the_hosts_own_work_is_overhead_and_not_the_tenants() -> None:
    work = [Work(request_id="a", attempt_n=1, prefilled=1, decoded=1)]
    shares = share(10_000, idle_w=4, dt_us=1_000_000, work=work, host_fraction=0.25)
    assert (shares.active_mj, shares.idle_mj, shares.overhead_mj) == (4_500, 4_000, 1_500)


@given(
    st.floats(0, 1e4),
    st.floats(0.1, 50),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**12), st.integers(0, 10**8)), max_size=30),
)
def test_prorated_joules_are_never_negative(
    active_w: float, half_life: float, windows: list[tuple[int, int, int]]
) -> None:
    prorate = Prorate(active_w=active_w, half_life_s=half_life)
    for active_mj, work, dt_us in windows:
        prorate.learn(active_mj, work, dt_us)
        assert prorate.mj_per_work >= 0
        assert prorate.energy_of(Weights(), 100, 100) >= 0


@given(st.floats(0, 1000), st.integers(1, 10**4), st.integers(1, 50))
def test_prorated_joules_converge_on_a_steady_load(first_guess_w: float, mj: int, tokens: int) -> None:
    weights, prorate = Weights(), Prorate(active_w=first_guess_w)
    work = weights.work(tokens, tokens)
    for _ in range(1800):
        prorate.learn(mj, work, 1_000_000)
    assert abs(prorate.energy_of(weights, tokens, tokens) - mj) <= max(1, mj // 100)


def test_the_first_answer_already_has_an_energy() -> None:
    prorate = Prorate(active_w=6.0)
    one_second_of_decode = 1_000_000_000 // Weights().decode
    assert abs(prorate.energy_of(Weights(), 0, one_second_of_decode) - 6_000) < 10
