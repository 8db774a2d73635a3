"""What can run, what cannot, and the sentence that says so."""

import pytest

from baseload.errors import BaseloadError, Unsupported
from baseload.silicon.setup import setup_of


def test_by_default_all_chips_are_one_tensor_parallel_engine():
    setup = setup_of(chip="H100 SXM", model="Llama-3.1-70B", chips=8, precision="fp8")
    assert (setup.chip, setup.served.plan.tensor, setup.replicas) == ("H100-SXM", 8, 1)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"chip": "A100-SXM-80GB", "precision": "fp8"}, "no fp8 arithmetic"),
        ({"chip": "H100-SXM", "precision": "fp4"}, "no fp4 arithmetic"),
        ({"precision": "fp6"}, "precision 'fp6' is not known"),
        ({"chips": 1}, r"GB more than fit; TP\d+ would do"),
        ({"chips": 6, "tensor": 4}, "do not divide"),
        ({"chips": 3}, "does not divide 64 heads"),
        ({"expert": 4}, "has no experts"),
        ({"chip": "H100-SXL"}, "did you mean"),
        ({"model": "Llama-3.1-71B"}, "did you mean"),
    ],
)
def test_what_cannot_run_is_one_clear_sentence(asked: dict[str, object], words: str):
    base: dict[str, object] = {"chip": "H100-SXM", "model": "Llama-3.1-70B", "chips": 8, "precision": "bf16"}
    with pytest.raises(BaseloadError, match=words):
        setup_of(**{**base, **asked})  # type: ignore[arg-type]


def test_a_chip_whose_int8_was_cut_does_not_pretend():
    weak = setup_of(chip="B300-SXM", model="Llama-3.1-8B", precision="int8").served.hardware
    strong = setup_of(chip="B200-SXM", model="Llama-3.1-8B", precision="int8").served.hardware
    assert weak.rate("int8") < strong.rate("int8") / 20


def test_a_power_limit_slows_arithmetic_by_the_cube_root():
    full = setup_of(chip="H100-SXM", model="Llama-3.1-8B").served.hardware
    limited = setup_of(chip="H100-SXM-pcap", model="Llama-3.1-8B").served.hardware
    assert limited.rate("bf16") / full.rate("bf16") == pytest.approx((350 / 700) ** (1 / 3))
    assert limited.bandwidth_bytes_per_s == full.bandwidth_bytes_per_s


def test_a_model_of_the_size_of_the_memory_leaves_no_room():
    with pytest.raises(Unsupported, match="Llama-3.1-405B in fp8 puts 205 GB"):
        setup_of(chip="H200-SXM", model="Llama-3.1-405B", chips=2, precision="fp8")
