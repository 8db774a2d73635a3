"""The multilevel fit: it finds what was put in, is careful with few rows, and knows what it has not seen."""

import numpy as np
import pytest

from baseload.silicon.calibrate.hierarchy import Belief, Fit, Prior

LEVELS = ("a", "b", "c", "d")


def belief(spread: float = 0.3) -> Belief:
    prior = Prior(mean=1.0, sd=1.0, spread={"engine": spread})
    return Belief(priors={"slope": prior, "base": prior}, residual={}, noise=0.02)


def rows(rng: np.random.Generator, n: int = 120) -> tuple[np.ndarray, list[str], np.ndarray]:
    x = rng.uniform(0.1, 10.0, n)
    engine = [LEVELS[i % 4] for i in range(n)]
    slope = 2.0 * np.exp(np.array([{"a": 0.3, "b": -0.3, "c": 0.0, "d": 0.1}[e] for e in engine]))
    return x, engine, np.log(0.5 + slope * x) + rng.normal(0, 0.02, n)


def fitted(x: np.ndarray, engine: list[str], log_y: np.ndarray) -> Fit:
    return Fit(lambda made: np.log(made["base"] + made["slope"] * x), belief(), {"engine": engine}, log_y).run(30)


def test_it_finds_the_constants_and_the_effects_behind_rows():
    learned = fitted(*rows(np.random.default_rng(1))).learned()
    made = learned.constants(belief(), {"engine": list(LEVELS)})
    assert made["slope"] == pytest.approx(2.0 * np.exp([0.3, -0.3, 0.0, 0.1]), rel=0.02)
    assert made["base"] == pytest.approx([0.5] * 4, rel=0.1)


def test_a_level_never_seen_gets_the_common_constants():
    learned = fitted(*rows(np.random.default_rng(1))).learned()
    new = learned.constants(belief(), {"engine": ["z"]})
    assert new["slope"] == pytest.approx([np.exp(learned.common["slope"][0])])


def test_one_row_moves_its_level_less_than_it_asks_for():
    x, engine, log_y = rows(np.random.default_rng(1))
    x, engine, log_y = np.append(x, 5.0), [*engine, "new"], np.append(log_y, np.log(0.5 + 2.0 * 5.0) + 0.5)
    moved = fitted(x, engine, log_y).learned().effects["slope"]["engine"]["new"]
    assert 0.0 < moved[0] < 0.5
    assert moved[1] > 0.02


def test_an_outlier_hardly_moves_the_rest():
    x, engine, log_y = rows(np.random.default_rng(1))
    clean = fitted(x, engine, log_y).learned().common["slope"][0]
    log_y[0] += 3.0
    assert fitted(x, engine, log_y).learned().common["slope"][0] == pytest.approx(clean, abs=0.03)


def test_rows_left_out_are_predicted_as_if_they_had_never_been_there():
    x, engine, log_y = rows(np.random.default_rng(2))
    out = np.array([e == "a" for e in engine])
    with_them = fitted(x, engine, log_y)
    with_them.unseen = out
    left = with_them.run(30).learned()
    kept = [e for e, gone in zip(engine, out, strict=True) if not gone]
    without = fitted(x[~out], kept, log_y[~out]).learned()
    for name in ("slope", "base"):
        assert left.common[name][0] == pytest.approx(without.common[name][0], abs=1e-3)
        assert left.effects[name]["engine"]["b"][0] == pytest.approx(without.effects[name]["engine"]["b"][0], abs=1e-3)


def test_a_ceiling_holds():
    x = np.linspace(1, 2, 20)
    prior = Prior(mean=0.5, sd=1.0, spread={}, ceiling=0.9)
    made = Belief(priors={"part": prior}, residual={}, noise=0.02)
    fit = Fit(lambda k: np.log(k["part"] * x), made, {}, np.log(3.0 * x)).run(30)
    assert 0.85 < float(fit.learned().constants(made, {})["part"]) <= 0.9


def test_quick_values_are_the_values():
    fit = fitted(*rows(np.random.default_rng(3)))
    slow, quick = fit.learned(), fit.learned(spreads=False)
    assert quick.common["slope"][0] == pytest.approx(slow.common["slope"][0])
