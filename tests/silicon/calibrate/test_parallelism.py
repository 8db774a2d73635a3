"""How rows write parallelism, and what each form is taken to mean."""

import pytest

from baseload.catalog import model
from baseload.silicon.calibrate.parallelism import Layout, Unclear, layout_of
from baseload.silicon.plan import Plan
from baseload.silicon.shape import shape_of

DENSE = shape_of(model("Llama-3.1-70B").architecture)
LATENT = shape_of(model("DeepSeek-V3").architecture)


@pytest.mark.parametrize(
    ("text", "chips", "expected"),
    [
        ("TP8", 8, Layout(decode=Plan(tensor=8), replicas=1)),
        ("TP2 PP1", 8, Layout(decode=Plan(tensor=2), replicas=4)),
        ("TP4 PP2", 8, Layout(decode=Plan(tensor=4, pipeline=2), replicas=1)),
        ("DEP4", 4, Layout(decode=Plan(data=4), replicas=1)),
        ("TEP8", 8, Layout(decode=Plan(tensor=8), replicas=1)),
        ("TP8 PP1 DPattn1 MoE-TP8 EP1", 8, Layout(decode=Plan(tensor=8), replicas=1)),
        ("TP4 PP1 DPattn4 MoE-TP1 EP16", 16, Layout(decode=Plan(data=4), replicas=1)),
        ("TP64 PP1 DPattn1 MoE-TP8 EP8", 64, Layout(decode=Plan(tensor=8), replicas=1)),
        ("TP1 PP1 DPattn64 MoE-TP8 EP8", 64, Layout(decode=Plan(data=8), replicas=1)),
        ("TP72 PP1 DPattn1 MoE-TP72 EP1", 72, Layout(decode=Plan(data=72), replicas=1)),
        ("TP32 (NeuronCores of one trn1.32xlarge = 16 chips)", 16, Layout(decode=Plan(tensor=16), replicas=1)),
        ("TP2 (inferred from # HPU)", 2, Layout(decode=Plan(tensor=2), replicas=1)),
        (
            "P:1x(TP4 PP1 DPattn1 MoE-TP1 EP4 b1) D:3x(TP1 PP1 DPattn8 MoE-TP1 EP8 b2)",
            28,
            Layout(decode=Plan(data=8), replicas=3, prefill=Plan(tensor=4), prefill_replicas=1),
        ),
    ],
)
def test_forms_of_parallelism(text: str, chips: int, expected: Layout):
    assert layout_of(text, chips, LATENT, domain=8) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("P:0x(TP4 PP1) D:0x(TP8 PP1)", "number of workers not stated"),
        ("P:what", "cannot be read"),
        ("eight of them", "cannot be read"),
        ("TP0", "parallelism over 0 chips"),
        ("DEP0", "parallelism over 0 chips"),
        ("TP1 PP0", "parallelism over 0 chips"),
        ("P:1x(TP0) D:1x(TP2)", "parallelism over 0 chips"),
        ("TP0 (NeuronCores of one trn1.32xlarge = 0 chips)", "parallelism over 0 chips"),
    ],
)
def test_what_cannot_be_used_says_why(text: str, words: str):
    with pytest.raises(Unclear, match=words):
        layout_of(text, 8, DENSE, domain=8)
