"""`baseload usage traffic`: the measured mix, as the TRAFFIC.toml that the chip explorer and the planner read."""

from collections.abc import Mapping
from pathlib import Path

import click

from baseload.cli.books import now_us, reading
from baseload.cli.place import NoCloud, data_option, frozen_cloud
from baseload.cli.root import Command, answer_no
from baseload.cli.show import emit, json_option, say
from baseload.cli.span import SPAN
from baseload.store.whole import write_whole
from baseload.units import Micros


@click.command(cls=Command, example="baseload usage traffic --since 30d --out TRAFFIC.toml")
@click.option("--since", "since_s", type=SPAN, default="30d", show_default=True, help="How far to look back: 12h, 30d.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write it here, not to stdout.")
@data_option
@json_option
def traffic(since_s: int, out: Path | None, data: Path, as_json: bool) -> None:
    """Models, lengths, cache hits, hours and times of what was asked, for `baseload chip explore`."""
    from baseload.billing.traffic import measure_traffic
    from baseload.config.traffic_io import traffic_to_json, traffic_to_toml

    now = now_us()
    name, models = _described(data)
    with reading(data) as conn:
        made = measure_traffic(conn, name=name, from_us=Micros(now - since_s * 1_000_000), to_us=now, models=models)
    if made.traffic is None:
        answer_no(_nothing(data, since_s, made.left_out))
    notes = [f"Measured by `baseload usage traffic`: {made.traffic.requests} requests."]
    notes += [f"Left out: {count} ({reason})." for reason, count in made.left_out.items()]
    text = traffic_to_toml(made.traffic, notes=notes)
    if out:
        write_whole(out, text)
        say(f"wrote {out}; try: baseload chip explore {out}")
    if as_json:
        emit(traffic_to_json(made.traffic) | {"left_out": dict(made.left_out), "file": str(out) if out else None})
    elif not out:
        click.echo(text, nl=False)


def _described(data: Path) -> tuple[str, dict[str, str]]:
    """The cloud's name, and what each of its models is: an entry of the catalogue, or its name at its own engine."""
    try:
        cloud = frozen_cloud(data)
    except NoCloud:
        return data.name, {}
    return cloud.name, {model.id: model.catalog or model.upstream_model or model.id for model in cloud.models}


def _nothing(data: Path, since_s: int, left_out: Mapping[str, int]) -> str:
    reasons = ", ".join(f"{count} {reason}" for reason, count in left_out.items())
    said = f" (left out: {reasons})" if reasons else ""
    return f"no request was answered in {data} in the last {since_s:,} s{said}; look further back with --since, or ask"
