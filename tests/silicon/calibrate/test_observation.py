"""What a measured row is taken to say, and why some say nothing."""

import pytest

from baseload.silicon.calibrate.observation import LeftOut, observe
from baseload.silicon.engines import family_of

ROW = {
    "chip": "H100-SXM",
    "n_chips": "8",
    "model": "Llama-3.1-70B",
    "precision": "fp8",
    "engine": "vLLM 0.12.0",
    "parallelism": "TP4",
    "isl": "1024",
    "osl": "256",
    "concurrency_or_mode": "concurrency=16 batch=16",
    "metric": "tpot_ms",
    "value": "20.5",
    "unit": "ms",
    "statistic": "mean",
    "workload": "random fixed-length",
    "quality": "open-raw-data",
}


def test_a_row_as_the_model_sees_it():
    o = observe(ROW)
    assert (o.family, o.replicas, o.served.plan.tensor, o.concurrency, o.kind) == ("vllm", 2, 4, 16.0, "closed")
    assert o.lengths.mean_context == 1024 + 128
    assert o.lengths.assumption == ""


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"quality": "suspect"}, "quality is suspect"),
        ({"metric": "goodput"}, "metric goodput is not predicted"),
        ({"quality": " Suspect "}, "quality is suspect"),
        ({"chip": "H100-SXL"}, "^chip 'H100-SXL' is not in the catalogue$"),
        ({"chip": " "}, "^the chip is not stated$"),
        ({"model": "Llama-9"}, "^model 'Llama-9' is not in the catalogue$"),
        ({"model": ""}, "^the model is not stated$"),
        ({"precision": "(fp8)"}, "^precision '\\(fp8\\)' is not known$"),
        ({"chip": "A100-SXM-80GB"}, "no fp8 arithmetic"),
        ({"parallelism": "P:0x(TP4 PP1) D:0x(TP8 PP1)"}, "number of workers not stated"),
        ({"parallelism": "TP0"}, "parallelism over 0 chips"),
        ({"concurrency_or_mode": "as usual"}, "the load is not stated"),
        ({"concurrency_or_mode": "static"}, "the load is not stated"),
        ({"concurrency_or_mode": "concurrency=0"}, "the concurrency is not believable"),
        ({"concurrency_or_mode": "offline max_num_seqs=0"}, "the limit of sequences is not believable"),
        ({"concurrency_or_mode": "MLPerf Server target_qps=."}, "the rate of requests is not a number"),
        ({"concurrency_or_mode": "MLPerf Server target_qps=1.2.3"}, "the rate of requests is not a number"),
        ({"concurrency_or_mode": "MLPerf Server target_qps=0"}, "the rate of requests is not believable"),
        ({"n_chips": ""}, "the number of chips is not stated"),
        ({"n_chips": "0"}, "the number of chips is not believable"),
        ({"n_chips": "1.5"}, "the number of chips is not whole"),
        ({"isl": "-5"}, "^the number of input tokens is not believable$"),
        ({"isl": "1e300"}, "^the number of input tokens is not believable$"),
        ({"osl": "0"}, "^the number of output tokens is not believable$"),
        ({"parallelism": f"TP{'9' * 5000}"}, "beyond what can be computed with"),
    ],
)
def test_a_row_that_says_nothing_is_left_out_with_a_reason(change: dict[str, str], reason: str):
    with pytest.raises(LeftOut, match=reason):
        observe({**ROW, **change})


def test_names_become_the_ids_of_the_catalogue():
    o = observe({**ROW, "chip": "h100 sxm", "model": "meta-llama/llama-3.1-70b-instruct"})
    assert (o.chip, o.model) == ("H100-SXM", "Llama-3.1-70B")
    assert o.labels() == observe(ROW).labels()


def test_input_that_is_not_stated_is_assumed_and_said():
    o = observe({**ROW, "isl": "", "workload": "MLPerf OpenOrca", "concurrency_or_mode": "MLPerf Offline"})
    assert o.lengths.input_tokens == 295
    assert "295 input tokens assumed" in o.lengths.assumption


def test_four_bit_weights_on_a_chip_without_their_arithmetic_are_weights_only():
    assert observe({**ROW, "precision": "mxfp4"}).precision == "int4"


def test_an_engine_takes_the_fewest_chips_with_room_where_nothing_is_stated():
    o = observe({**ROW, "parallelism": ""})
    assert (o.served.plan.tensor, o.replicas) == (2, 4)


@pytest.mark.parametrize(
    ("load", "kind", "rate"),
    [
        ("static batch=8", "static", None),
        ("MLPerf Offline", "offline", None),
        ("MLPerf Server target_qps=82.24", "server", 82.24),
        ("MLPerf Interactive", "interactive", None),
        ("open loop 0.5 req/s, 60% prefix-cache hit", "open", 0.5),
        ("offline infinite rate, num_prompts=max_num_seqs=1500", "offline", None),
    ],
)
def test_kinds_of_load(load: str, kind: str, rate: float | None):
    o = observe({**ROW, "concurrency_or_mode": load})
    assert (o.kind, o.rate_per_s) == (kind, rate)


@pytest.mark.parametrize(
    ("engine", "family"), [("vLLM 0.12", "vllm"), ("TRTLLM-rubin, Dynamo", "trtllm-rubin"), ("", "")]
)
def test_the_family_is_the_first_word(engine: str, family: str):
    assert family_of(engine) == family
