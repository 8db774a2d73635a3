"""`baseload chip explore`: from a traffic mix to the chip that would serve it, against what can be bought."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from baseload.cli.root import Command
from baseload.cli.show import emit, json_option, say, table
from baseload.errors import SetupError

if TYPE_CHECKING:
    from baseload.silicon.explorer import Exploration

QUICK = (32, 8)
"""Population and generations: shows that it works, not where it ends."""


@click.command("explore", cls=Command, example="baseload chip explore TRAFFIC.toml --report chip.html")
@click.argument("traffic", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Write the answer as one HTML page.")
@click.option("--volume", type=click.FloatRange(min=1), default=100_000.0, show_default=True, help="Chips made in all.")
@click.option("--against", multiple=True, metavar="CHIP", help="A chip to buy instead; may be given again.")
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="The same seed, the same answer."
)
@click.option("--generations", type=click.IntRange(min=1), help="How long to search; 60 otherwise.")
@click.option("--quick", is_flag=True, help="A search of seconds, to see that it works.")
@json_option
def chip_explore(
    traffic: Path,
    report: Path | None,
    volume: float,
    against: tuple[str, ...],
    seed: int,
    generations: int | None,
    quick: bool,
    as_json: bool,
) -> None:
    """Design a chip for a traffic mix, and say whether designing it beats buying.

    TRAFFIC is a file such as `baseload usage traffic` writes.
    """
    if report and not report.parent.is_dir():
        raise SetupError(f"there is no folder {report.parent} to write the report in; make it first")
    from baseload.config.traffic_io import read_traffic
    from baseload.silicon import explorer as room
    from baseload.silicon.explorer.report import write
    from baseload.silicon.explorer.search import GENERATIONS, POPULATION

    population, usual = QUICK if quick else (POPULATION, GENERATIONS)
    found = room.explore(
        read_traffic(traffic),
        market=room.Market(volume=volume),
        against=against or room.SHOPPING_LIST,
        seed=seed,
        population=population,
        generations=generations or usual,
        progress=_progress,
    )
    if report:
        write(found, report)
        say(f"the report is in {report}")
    if as_json:
        emit(room.to_json(found))
        return
    click.echo(_shown(found))


def _progress(generation: int, of: int, least: float) -> None:
    if generation % 10 == 0 or generation == of:
        say(f"generation {generation} of {of}: ${least:.3g} per million tokens")


def _shown(found: "Exploration") -> str:
    from baseload.silicon.explorer.report.words import design, flipping, percent, timing, usd, verdict, volume

    designs = [
        [row.name, design(row), usd(row.usd_per_mtok), f"{row.tokens_per_s_per_mw:,.0f}", f"{row.volume_months:.0f}",
         percent(row.regret)]
        for row in found.pareto
    ]  # fmt: skip
    bought = [
        [row.name, usd(row.total_usd), usd(row.usd_per_mtok), f"{row.ready_months:.0f}", percent(row.regret)]
        for row in found.bought
    ]
    return "\n".join(
        [
            verdict(found),
            "",
            table(("design (modelled)", "what it is", "$/Mtok", "tokens/s/MW", "months", "regret"), designs),
            "",
            table(("bought (price assumed)", "with server", "$/Mtok (modelled)", "months", "regret"), bought),
            "",
            volume(found),
            timing(found),
            flipping(found),
        ]
    )
