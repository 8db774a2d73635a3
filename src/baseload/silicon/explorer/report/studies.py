"""The studies of one design: its anatomy, what it risks, when it pays, what turns the decision, what it rests on."""

from baseload.silicon.explorer.answer import Exploration
from baseload.silicon.explorer.programmable import worth
from baseload.silicon.explorer.report.html import beside, figure, folded, paragraph, section, table
from baseload.silicon.explorer.report.svg import Axis, Series, number, plot, stacked, tornado
from baseload.silicon.explorer.report.words import flipping, lever, percent, timing, usd, volume
from baseload.units import Mark

USD_PER_MTOK = "USD per million tokens"


def anatomy(found: Exploration) -> str:
    """Area, watts and dollars by block, and how near each limit is."""
    shown = [found.chosen] if found.chosen is found.safest else [found.chosen, found.safest]
    areas = [(f"{row.name}, {row.chiplets} × {row.die_mm2:.0f} mm²", _spaced(row.area_mm2)) for row in shown]
    watts = [(f"{row.name}, rated {row.rated_w:.0f} W", _spaced(row.watts)) for row in shown]
    costs = [(f"{row.name}, design cost {usd(row.nre_usd)} in all", _spaced(row.cost_usd)) for row in shown]
    uses = [[name, *(percent(row.limit_use[name]) for row in shown)] for name in shown[0].limit_use]
    s = found.supply
    wafers = f"{number(s.interposer_wafers)} of {number(s.interposer_wafers_limit)} packaging wafers"
    return section(
        f"Where the area, the watts and the dollars of {found.chosen.name} go",
        beside(
            figure(stacked("Area by block", areas, "mm²"), "Area by block, of the whole package"),
            figure(stacked("Watts by block", watts, "W"), "Watts by block, all busy at once; the rating is below that"),
            figure(stacked("Dollars by line", costs, "USD"), "Dollars a chip, with its share of the server"),
        ),
        table("Limits", ("limit, used to", *(row.name for row in shown)), uses),
        paragraph(f"A year's supply, the whole volume made in one: {wafers}, {number(s.memory_gb)} of "
                  f"{number(s.memory_gb_limit)} GB of memory."),
    )  # fmt: skip


def regret(found: Exploration) -> str:
    """Loss by shift, and what a programmable share does to it."""
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
         str(s.survives), "kept" if s.feasible else "broken"]
        for s, w in zip(found.programmable, saved, strict=True)
    ]  # fmt: skip
    head = ("programmable", "$/Mtok today", "after shifts", "worth", "regret", "shifts survived", "limits")
    return section(
        f"If the workload moves, {found.chosen.name} loses up to {percent(found.chosen.regret)}, "
        f"{found.safest.name} up to {percent(found.safest.regret)}",
        table("Loss by shift", ("loss over the best chip", found.chosen.name, found.safest.name), rows),
        figure(chart, f"{found.chosen.name} with more or less of its compute area programmable"),
        table("Programmable share", head, shares),
    )


def pays(found: Exploration) -> str:
    """Volume, time, and how far the software has come."""
    chart = plot(
        "How far the software has come",
        Axis(title="months in production"),
        Axis(title="share of settled speed"),
        [
            Series(
                name="a port of this traffic's models", kind="a", points=[(float(m), s) for m, s in found.port.items()]
            )
        ],
    )
    p = found.payback
    spread = plot(
        "Cost by chips made",
        Axis(title="chips made", log=True),
        Axis(title=USD_PER_MTOK),
        [
            Series(name=f"{found.chosen.name}, its design spread over them", kind="a", points=p.by_volume),
            Series(name=f"{found.bought[0].name}, bought today", kind="b",
                   points=[(n, p.bought_usd_per_mtok) for n, _ in p.by_volume]),
        ],
    )  # fmt: skip
    return section(
        "When designing pays",
        paragraph(volume(found)),
        paragraph(timing(found)),
        beside(
            figure(spread, "Where the lines cross the design is paid"),
            figure(chart, "MTIA 2i went from 0.5 to 1.8 times a GPU in eight months; the mean over life is charged"),
        ),
    )


def decision(found: Exploration) -> str:
    """The tornado."""
    bars = [(lever(b.name), b.ratio_at_low, b.ratio_at_high, b.flips(found.ratio)) for b in found.tornado]
    chart = tornado("Cost of the design over that of the cheapest bought chip", bars[:14], found.ratio, 1.0)
    rows = [
        [lever(b.name), f"{number(b.low)} to {number(b.high)} {b.unit}", f"{b.ratio_at_low:.2f}",
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
    """Rules of design with their sources."""
    facts = {name: getattr(found.market.rules, name) for name in found.market.rules.__slots__}
    rows = [
        [
            name.replace("_", " "),
            f"{number(f.value)} {f.unit}",
            f"{number(f.low)} to {number(f.high)}",
            f.kind,
            f.source,
        ]
        for name, f in facts.items()
    ]
    return section(
        "What this rests on",
        paragraph(
            f"Prices of {found.market.day:%B %Y}; {number(found.market.volume)} chips; seed {found.seed}; "
            f"{found.judged:,} designs judged, {found.feasible:,} within every limit. Step times come from "
            "data sheets, so a figure here is good to tens of per cent; comparisons between chips share the errors."
        ),
        folded(
            "Rules of design and their sources",
            table("Rules", ("rule", "value", "range", "kind", "source"), rows, text=4),
        ),
        mark=Mark.ASSUMED,
    )


def _spaced(parts: dict[str, float]) -> list[tuple[str, float]]:
    return [(name.replace("_", " "), value) for name, value in parts.items()]
