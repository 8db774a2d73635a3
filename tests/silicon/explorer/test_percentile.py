"""Promises in the event simulator: the planning form's points are seen at their percentile."""

from dataclasses import replace

import numpy as np
import pytest

from baseload.config.traffic import Slo, Spread
from baseload.silicon.explorer import judge, set_scene
from baseload.silicon.explorer.datasheet import datasheet
from baseload.silicon.explorer.percentile import Observed, observe
from baseload.silicon.explorer.scene import Scene
from baseload.silicon.explorer.schedule import mean_maturity
from tests.silicon.explorer.mixes import MARKET, chip, mix, one_class, scene


def seen(here: Scene, seed: int = 1, market: object = MARKET) -> Observed:
    found, one = judge(chip(), here), here.traffic.classes[0]
    services = found.priced.services[0]
    return observe(found.designs.chips, 0, one, datasheet, market, services, mean_maturity(MARKET), seed)  # type: ignore[arg-type]


def test_a_promise_planned_with_headroom_is_kept_at_its_percentile() -> None:
    found = seen(scene())
    assert found.percentile == 90
    assert found.kept
    assert found.tpot_s < 0.05
    assert found.ttft_s < 3.0


def test_the_same_seed_sees_the_same() -> None:
    assert seen(scene(), seed=4) == seen(scene(), seed=4)
    assert seen(scene(), seed=4) != seen(scene(), seed=5)


def test_a_busier_plan_is_slower() -> None:
    busy = MARKET.scaling("utilisation", 0.95 / MARKET.of("utilisation"))
    assert seen(scene(), market=busy).tpot_s > seen(scene()).tpot_s


def test_without_a_promise_nothing_is_kept_or_broken() -> None:
    assert seen(set_scene(mix(one_class(tpot_ms=None)), MARKET)).kept is None


def test_lengths_vary_as_the_traffic_says_and_cached_input_is_a_prefix() -> None:
    wide = Spread(mean=1000, p50=800, p90=2000, p99=5000)
    one = replace(one_class(), input_tokens=wide, cached_fraction=0.5, slo=Slo(ttft_ms=3000, percentile=99))
    found = seen(set_scene(mix(one), MARKET))
    assert found.percentile == 99
    assert np.isfinite(found.ttft_s)
    assert found.tpot_s == pytest.approx(found.tpot_s)


def test_answers_of_one_token_have_no_pace_and_break_no_promise_of_it() -> None:
    here = set_scene(mix(one_class(made=1, tpot_ms=0.001)), MARKET)
    found = seen(here)
    assert found.tpot_s is None
    assert found.kept
