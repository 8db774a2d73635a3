"""The sections of a report, each a finding with its chart and its numbers."""

from collections.abc import Iterator

from baseload.silicon.explorer.answer import Exploration
from baseload.silicon.explorer.report.html import Tile, figure, folded, paragraph, section, table, tiles
from baseload.silicon.explorer.report.studies import USD_PER_MTOK, anatomy, assumptions, decision, pays, regret
from baseload.silicon.explorer.report.svg import Axis, Series, number, plot
from baseload.silicon.explorer.report.words import design, months, percent, usd
from baseload.units import Mark

KEPT = {True: "kept", False: "broken", None: "none"}


def sections(found: Exploration) -> Iterator[str]:
    """In the order of the questions one asks."""
    yield headline(found)
    yield traffic(found)
    yield pareto(found)
    yield trade(found)
    yield phases(found)
    yield anatomy(found)
    yield regret(found)
    yield pays(found)
    yield decision(found)
    yield assumptions(found)


def headline(found: Exploration) -> str:
    """The figures that answer the question."""
    row, p, d = found.chosen, found.payback, found.deadline
    best = found.bought[0]
    return tiles(
        [
            Tile(name="Cheapest design", value=usd(row.usd_per_mtok), note=f"per million tokens; {design(row)}"),
            Tile(name="Cheapest bought", value=usd(best.usd_per_mtok), note=f"per million tokens; {best.name}"),
            Tile(name="Tokens/s per MW", value=number(row.tokens_per_s_per_mw), note="rated watts at the meter"),
            Tile(name="Worst regret", value=percent(row.regret), note=f"safest design: {percent(found.safest.regret)}"),
            Tile(name="Break-even", value="never" if p.chips is None else f"{number(p.chips)} chips",
                 note="against the cheapest bought, today"),
            Tile(name="Volume", value=f"{row.volume_months:.0f} months", note="from the start, re-spins expected"),
            Tile(name="Last tape-out", value=f"{d.tape_out_by:%b %Y}",
                 note=f"one re-spin counted; earliest: in {months(d.earliest_tape_out_months)}"),
        ]
    )  # fmt: skip


def traffic(found: Exploration) -> str:
    """What was asked."""
    mix = found.traffic
    rows = [
        [f"{c.model} ({c.tier})", percent(c.share), number(c.input_tokens.mean), number(c.output_tokens.mean),
         percent(c.cached_fraction), _ms(c.slo.ttft_ms if c.slo else None), _ms(c.slo.tpot_ms if c.slo else None)]
        for c in mix.classes
    ]  # fmt: skip
    head = ("class", "requests", "tokens in", "tokens out", "cached", "first token, ms", "per token, ms")
    mark = Mark.MEASURED if mix.kind == "measured" else Mark.ASSUMED
    return section(f"The traffic: {mix.name}", table("The traffic", head, rows), mark=mark)


def pareto(found: Exploration) -> str:
    """Designs and bought chips."""
    rows = [
        [row.name, design(row), usd(row.usd_per_mtok), number(row.tokens_per_s_per_mw), f"{row.volume_months:.0f}",
         percent(row.regret), number(row.bf16_tflops), f"{row.rated_w:.0f}"]
        for row in found.pareto
    ]  # fmt: skip
    head = ("design", "what it is", "$/Mtok", "tokens/s/MW", "months", "regret", "BF16 TFLOP/s", "W")
    sold = [row for row in found.bought if row.usd_per_mtok is not None and row.tokens_per_s_per_mw is not None]
    chart = plot(
        "Cost and power of designs and of bought chips",
        Axis(title=USD_PER_MTOK, log=True),
        Axis(title="tokens/s per MW"),
        [
            Series(name="designs no other beats", kind="a", shape="dot",
                   points=[(row.usd_per_mtok, row.tokens_per_s_per_mw) for row in found.pareto]),
            Series(name="bought, at its price", kind="b", shape="box", labels=[row.name for row in sold],
                   points=[(row.usd_per_mtok or 0, row.tokens_per_s_per_mw or 0) for row in sold]),
        ],
    )  # fmt: skip
    bought = [
        [row.name, usd(row.price_usd), usd(row.total_usd), f"{row.ready_months:.0f}", usd(row.usd_per_mtok),
         "–" if row.tokens_per_s_per_mw is None else number(row.tokens_per_s_per_mw), percent(row.regret),
         percent(row.coverage)]
        for row in found.bought
    ]  # fmt: skip
    bought_head = ("bought", "price", "with server", "months", "$/Mtok", "tokens/s/MW", "regret", "serves")
    return section(
        f"{found.front} designs are beaten by no other; {len(found.pareto)} of them stand for all",
        figure(chart, "Left and up is better. Bought chips at their quotes, with their server"),
        table("Designs", head, rows, best=0, text=1),
        table("Bought chips", bought_head, bought),
        *[paragraph(f"Left out: {name}, for {why}.") for name, why in found.left_out.items()],
    )


def trade(found: Exploration) -> str:
    """The frontier of pace and work."""
    kinds = ("a", "b", "c")
    series = [
        Series(name=name, kind=kinds[i % 3], points=[(p.per_user, p.per_chip) for p in points])
        for i, (name, points) in enumerate(found.frontiers.items())
        if points
    ]
    chart = plot(
        "Tokens a second for a user against tokens a second of a chip",
        Axis(title="output tokens/s for one user", log=True),
        Axis(title="output tokens/s of a chip", log=True),
        series,
    )
    rows = [
        [name, f"{p.per_user:.1f}", number(p.per_chip), str(p.replica), str(p.batch)]
        for name, points in found.frontiers.items()
        for p in points
    ]
    return section(
        "What each chip can trade: pace for a user against work of a chip",
        figure(chart, "The class with most output; up and to the right is better"),
        folded("The points", table("Frontier", ("chip", "per user", "per chip", "chips a replica", "batch"), rows)),
    )


def phases(found: Exploration) -> str:
    """Prefill and decode: the cheapest pair, and what binds."""
    rows = [
        [b.chip, f"{b.model} ({b.tier})", str(b.replica), str(b.batch), b.prefill_binds, b.decode_binds,
         usd(b.input_usd_per_mtok), usd(b.output_usd_per_mtok)]
        for b in found.bounds
    ]  # fmt: skip
    head = ("chip", "class", "chips a replica", "batch", "prefill binds", "decode binds", "$/M in", "$/M out")
    seen = [
        [b.chip, f"{b.model} ({b.tier})", _milliseconds(b.ttft_s), _milliseconds(b.tpot_s),
         f"{b.observed.percentile:g} %", _milliseconds(b.observed.ttft_s), _milliseconds(b.observed.tpot_s),
         KEPT[b.observed.kept]]
        for b in found.bounds
    ]  # fmt: skip
    seen_head = ("chip", "class", "mean TTFT, ms", "mean TPOT, ms", "simulated", "TTFT, ms", "TPOT, ms", "promise")
    if found.pair is None:
        title, text = "No chip does a phase of every class within its promise", ""
    else:
        p = found.pair
        title = f"Cheapest pair: prefill on {p.prefill}, decode on {p.decode}"
        text = (
            f"Prefill {usd(p.prefill_usd_per_mtok)} and decode {usd(p.decode_usd_per_mtok)} a million tokens of the "
            f"mix, {usd(p.usd_per_mtok)} together; both phases on {p.single}: {usd(p.single_usd_per_mtok)}."
        )
    return section(
        title,
        paragraph(text),
        table("What binds", head, rows),
        paragraph("The same points in the event simulator at the planned utilisation; so many per cent are no slower."),
        table("Promises", seen_head, seen),
    )


def _milliseconds(seconds: float | None) -> str:
    return "–" if seconds is None else number(seconds * 1e3)


def _ms(value: float | None) -> str:
    return "–" if value is None else number(value)
