"""The sections of a report, each a finding with its chart and its numbers."""

from collections.abc import Iterator

from baseload.silicon.explore.answer import Exploration
from baseload.silicon.explore.programmable import worth
from baseload.silicon.explore.report.html import Tile, beside, figure, folded, paragraph, section, table, tiles
from baseload.silicon.explore.report.svg import Axis, Series, number, plot, stacked, tornado
from baseload.silicon.explore.report.words import design, flipping, months, percent, timing, usd, volume
from baseload.units import Mark

USD_PER_MTOK = "USD per million tokens"


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
    row, p, d = found.chosen, found.payback, found.deadline
    best = found.bought[0]
    return tiles(
        [
            Tile(name="Cheapest design", value=f"{usd(row.usd_per_mtok)}/Mtok", note=design(row)),
            Tile(name="Cheapest bought", value=f"{usd(best.usd_per_mtok)}/Mtok", note=best.name),
            Tile(name="Tokens/s per MW", value=number(row.tokens_per_s_per_mw), note="rated watts at the meter"),
            Tile(name="Worst regret", value=percent(row.regret), note=f"safest design: {percent(found.safest.regret)}"),
            Tile(name="Break-even", value="never" if p.chips is None else f"{number(p.chips)} chips",
                 note="against the cheapest bought, today"),
            Tile(name="Volume", value=f"in {row.volume_months:.0f} months", note="one re-spin expected"),
            Tile(name="Last tape-out", value=f"{d.tape_out_by:%b %Y}", note=f"earliest: {months(d.earliest_tape_out_months)}"),
        ]
    )  # fmt: skip


def traffic(found: Exploration) -> str:
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
    head = ("chip", "class", "chips a replica", "batch", "first token, ms", "per token, ms", "prefill binds", "decode binds")
    rows = [
        [b.chip, f"{b.model} ({b.tier})", str(b.replica), str(b.batch), f"{b.ttft_s * 1e3:.0f}", f"{b.tpot_s * 1e3:.1f}",
         b.prefill_binds, b.decode_binds]
        for b in found.bounds
    ]  # fmt: skip
    if found.pair is None:
        title, text = "No chip does a phase of every class within its promise", ""
    else:
        p = found.pair
        title = f"Cheapest pair: prefill on {p.prefill}, decode on {p.decode}"
        text = (
            f"Prefill {usd(p.prefill_usd_per_mtok)} and decode {usd(p.decode_usd_per_mtok)} per million tokens of the mix, "
            f"{usd(p.usd_per_mtok)} together; both phases on {p.single}: {usd(p.single_usd_per_mtok)}."
        )
    return section(title, paragraph(text), table("What binds", head, rows))


def anatomy(found: Exploration) -> str:
    shown = [found.chosen] if found.chosen is found.safest else [found.chosen, found.safest]
    areas = [(f"{row.name}, {row.chiplets} × {row.die_mm2:.0f} mm²", _spaced(row.area_mm2)) for row in shown]
    watts = [(f"{row.name}, rated {row.rated_w:.0f} W", _spaced(row.watts)) for row in shown]
    costs = [(f"{row.name}, design cost {usd(row.nre_usd)} in all", _spaced(row.cost_usd)) for row in shown]
    uses = [
        [name, *(percent(row.limit_use[name]) for row in shown)] for name in shown[0].limit_use
    ]
    s = found.supply
    wafers = f"{number(s.interposer_wafers)} of {number(s.interposer_wafers_limit)} packaging wafers"
    return section(
        f"Where the area, the watts and the dollars of {found.chosen.name} go",
        beside(
            figure(stacked("Area by block", areas, "mm²"), "Area by block, of the whole package"),
            figure(stacked("Watts by block", watts, "W"), "Watts by block, everything busy at once; the rating is below"),
            figure(stacked("Dollars by line", costs, "USD"), "Dollars a chip, with its share of the server"),
        ),
        table("Limits", ("limit, used to", *(row.name for row in shown)), uses),
        paragraph(f"A year's supply, the whole volume made in one: {wafers}, {number(s.memory_gb)} of "
                  f"{number(s.memory_gb_limit)} GB of memory."),
    )  # fmt: skip


def regret(found: Exploration) -> str:
    names = list(found.chosen.loss_by_shift)
    rows = [[n, percent(found.chosen.loss_by_shift[n]), percent(found.safest.loss_by_shift[n])] for n in names]
    chart = plot(
        "Cost today and after a shift by programmable share",
        Axis(title="share of compute area that is programmable, %"),
        Axis(title=USD_PER_MTOK),
        [
            Series(name="today", kind="a", points=[(s.programmable * 100, s.usd_per_mtok) for s in found.programmable]),
            Series(name="mean over the shifts", kind="b",
                   points=[(s.programmable * 100, s.mean_shifted_usd_per_mtok) for s in found.programmable]),
        ],
    )  # fmt: skip
    saved = worth(list(found.programmable))
    shares = [
        [percent(s.programmable), usd(s.usd_per_mtok), usd(s.mean_shifted_usd_per_mtok), usd(w), percent(s.regret),
         str(s.survives), "" if s.feasible else "over a limit"]
        for s, w in zip(found.programmable, saved, strict=True)
    ]  # fmt: skip
    head = ("programmable", "$/Mtok today", "after shifts", "worth", "regret", "shifts survived", "")
    return section(
        f"If the workload moves, {found.chosen.name} loses up to {percent(found.chosen.regret)}, "
        f"{found.safest.name} up to {percent(found.safest.regret)}",
        table("Loss by shift", ("loss over the best chip", found.chosen.name, found.safest.name), rows),
        figure(chart, f"{found.chosen.name} with more or less of its compute area programmable"),
        table("Programmable share", head, shares),
    )


def pays(found: Exploration) -> str:
    chart = plot(
        "How far the software has come",
        Axis(title="months in production"),
        Axis(title="share of settled speed"),
        [Series(name="a port of this traffic's models", kind="a", points=[(float(m), s) for m, s in found.port.items()])],
    )
    return section(
        "When designing pays",
        paragraph(volume(found)),
        paragraph(timing(found)),
        figure(chart, "MTIA 2i: 0.5 to 1.8 times a GPU's work for the money in eight months; the mean over life is charged"),
    )


def decision(found: Exploration) -> str:
    bars = [(b.name.replace("_", " "), b.ratio_at_low, b.ratio_at_high, b.flips(found.ratio)) for b in found.tornado]
    chart = tornado("Cost of the design over that of the cheapest bought chip", bars[:14], found.ratio, 1.0)
    rows = [
        [b.name.replace("_", " "), f"{number(b.low)} to {number(b.high)} {b.unit}", f"{b.ratio_at_low:.2f}",
         f"{b.ratio_at_high:.2f}", "yes" if b.flips(found.ratio) else "", b.kind, b.source]
        for b in found.tornado
    ]  # fmt: skip
    head = ("input", "range", "ratio at low", "at high", "turns it", "kind", "source")
    return section(
        flipping(found),
        figure(chart, "Design over bought, per token; below 1 designing is cheaper"),
        folded("Ranges and sources", table("Tornado", head, rows, text=6)),
    )


def assumptions(found: Exploration) -> str:
    facts = {name: getattr(found.market.rules, name) for name in found.market.rules.__slots__}
    rows = [
        [name.replace("_", " "), f"{number(f.value)} {f.unit}", f"{number(f.low)} to {number(f.high)}", f.kind, f.source]
        for name, f in facts.items()
    ]
    return section(
        "What this rests on",
        paragraph(
            f"Prices of {found.market.day:%B %Y}; {number(found.market.volume)} chips; seed {found.seed}; "
            f"{found.judged:,} designs judged, {found.feasible:,} within every limit. Step times come from data sheets, "
            "so a figure here is good to tens of per cent; comparisons between chips, which share the errors, are better."
        ),
        folded("Rules of design and their sources", table("Rules", ("rule", "value", "range", "kind", "source"), rows, text=4)),
        mark=Mark.ASSUMED,
    )


def _spaced(parts: dict[str, float]) -> list[tuple[str, float]]:
    return [(name.replace("_", " "), value) for name, value in parts.items()]


def _ms(value: float | None) -> str:
    return "–" if value is None else number(value)
