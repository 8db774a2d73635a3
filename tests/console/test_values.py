"""The values behind the pages: figures, P&L, series, trust."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseload.console import figures, money, overview, series, trust
from baseload.console.wire import History, Power, Rates, Replica, Requests, State, Trust
from tests.console import fake_figures


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (0, "0"),
        (0.0123, "0.0123"),
        (4.56, "4.56"),
        (78.94, "78.9"),
        (1234.5, "1,234"),
        (float("nan"), "–"),
    ],
)
def test_a_number_has_three_significant_figures(value: float | None, text: str) -> None:
    assert figures.number(value) == text


@given(st.floats(1e-6, 1e12))
def test_a_number_is_within_half_a_percent_of_itself(value: float) -> None:
    assert float(figures.number(value).replace(",", "")) == pytest.approx(value, rel=0.0051)


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0, "$0.00"), (12.345, "$12.35"), (-3, "−$3.00"), (0.000412, "$0.000412")]
)
def test_dollars_keep_their_cents_or_three_figures(value: float | None, text: str) -> None:
    assert figures.usd(value) == text


def test_watts_get_a_prefix_when_they_are_many() -> None:
    assert figures.scaled(9_400, "W") == ("9,400", "W")
    assert figures.scaled(12_340_000, "W") == ("12.3", "MW")


def test_the_shallowest_figure_of_a_name_is_the_clouds() -> None:
    found = money.find(fake_figures.pnl(), "margin")
    assert found is not None
    assert found.value == 0.411
    assert found.mark == "assumed"


def test_the_waterfall_ends_at_price_minus_cost() -> None:
    steps = money.steps(fake_figures.pnl())
    assert steps[0].value == 0.432
    assert steps[-1].value == pytest.approx(0.432 - 0.2543)
    assert sum(s.value for s in steps[:-1]) == pytest.approx(steps[-1].value)


def test_a_loss_is_called_a_loss() -> None:
    tree = fake_figures.pnl()
    tree["totals"]["cost_usd_per_mtok"]["value"] = 0.9
    assert money.steps(tree)[-1].label == "Loss"


def test_nothing_sold_is_no_waterfall() -> None:
    tree = fake_figures.pnl()
    tree["totals"]["price_usd_per_mtok"]["value"] = None
    assert money.steps(tree) == []
    assert money.steps({}) == []


def test_an_empty_cloud_still_makes_a_page() -> None:
    tiles = overview.tiles(State(), series.Series(), {})
    assert [t.id for t in tiles] == ["speed", "power", "efficiency", "margin", "use", "payback"]
    assert overview.sentence(State(), {}) == "Serving 0 models on 0 nodes; nothing needs you."


def test_parts_of_the_power_chart_add_up_to_the_meter() -> None:
    state = State(replicas=[Replica(id="a", node="n1"), Replica(id="b", node="n1"), Replica(id="c", node="n2")])
    history = History(
        fields=["at_us", "watts"],
        rows=[[1e6, 60.0], [2e6, 50.0]],
        by_replica_watts={"a": [10, 10], "b": [20, 20], "c": [5, 5]},
    )
    hour = series.read(history, state)
    assert hour.by_node_watts == {"n1": [30, 30], "n2": [5, 5], series.UNASSIGNED: [25, 15]}


def test_columns_that_begin_late_are_aligned_at_their_newest_end() -> None:
    history = History(fields=["at_us"], rows=[[1e6], [2e6], [3e6]], by_model={"m": [7.0]})
    assert series.read(history, State()).by_model == {"m": [None, None, 7.0]}


def test_a_point_has_the_series_of_the_page() -> None:
    state = State(
        as_of_us=5_000_000,
        power=Power(watts=40, envelope_watts=100),
        replicas=[Replica(model="m", node="n", tokens_per_s=3, watts=30)],
    )
    now = series.point(state, ["m", "gone"], ["n", series.UNASSIGNED])
    assert now == {"at": 5.0, "tokens": {"m": 3, "gone": None}, "watts": {"n": 30, series.UNASSIGNED: 10}, "cap": 100}


def test_a_point_of_which_nothing_is_known_is_a_gap_and_never_zero() -> None:
    state = State(replicas=[Replica(model="m", node="n")])
    now = series.point(state, ["m"], ["n", series.UNASSIGNED])
    assert (now["tokens"], now["watts"]) == ({"m": None}, {"n": None, series.UNASSIGNED: None})


def test_the_tiles_of_a_cloud_that_has_said_nothing_are_dashes() -> None:
    assert [tile.value for tile in overview.tiles(State(), series.Series(), {})] == ["–"] * 6
    assert "envelope" not in overview.sentence(State(power=Power(envelope_watts=100)), {})


def test_buckets_keep_the_mean() -> None:
    assert series.bucketed([1.0, 3.0, 5.0, 7.0], 2) == [2.0, 6.0]
    assert series.bucketed([None, None, 5.0, 7.0], 2) == [None, 6.0]


def test_the_comparison_says_how_far_from_the_hour() -> None:
    assert overview.against_hour(110, [100.0, 100.0]) == "+10 % on the hour"
    assert overview.against_hour(90, [100.0, None]) == "−10 % on the hour"
    assert overview.against_hour(100.2, [100.0]) == "level with the hour"
    assert overview.against_hour(5, []) == "no hour to compare yet"


def test_the_trust_strip_prints_every_difference() -> None:
    state = State(
        trust=Trust(
            engine_tokens=100,
            metered_tokens=98,
            billed_tokens=90,
            lost_tokens=8,
            joules_metered=5.0,
            joules_allotted=4.5,
        )
    )
    engine, split, joules = trust.matches(state)
    assert (engine.difference, engine.standing) == ("−2", "differs")
    assert (split.difference, split.standing) == ("0", "agrees")
    assert (joules.difference, joules.standing) == ("−0.500 J", "differs")


def test_utilisation_is_against_what_the_fleet_could() -> None:
    state = State(rates=Rates(decode_tokens_per_s=30, capacity_tokens_per_s=60, utilisation=0.5))
    use = overview.tiles(state, series.Series(), {})[4]
    assert (use.value, use.unit, use.detail) == ("50", "%", "of 60 tok/s possible")


def test_a_difference_while_answers_run_is_open_and_not_wrong() -> None:
    running = State(requests=Requests(in_flight=2), trust=Trust(engine_tokens=10, metered_tokens=12))
    assert trust.matches(running)[0].standing == "open"


def test_a_loss_is_told_as_what_the_price_covers() -> None:
    tree = {"totals": {"margin": {"value": -9.0, "unit": "share", "mark": "assumed"}}}
    assert "the price covers 10\N{NO-BREAK SPACE}% of the cost" in overview.sentence(State(), tree)
    assert figures.percent(-9.0) == "−900 %"


def test_a_far_payback_is_told_in_years() -> None:
    assert overview.span(31.4) == ("31.4", "months")
    assert overview.span(2160) == ("180", "years")
    assert overview.span(None) == ("–", "")
