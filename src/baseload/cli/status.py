"""`baseload status`: what runs now."""

from pathlib import Path

import click
import msgspec

from baseload.cli.place import NoCloud, ask, data_option
from baseload.cli.root import Command, answer_no
from baseload.cli.show import emit, json_option, table
from baseload.console.figures import count, number, percent
from baseload.console.wire import State


@click.command(cls=Command, example="baseload status")
@data_option
@json_option
def status(data: Path, as_json: bool) -> None:
    """What runs now: replicas, load, watts, problems. Exit code 3 when nothing runs."""
    try:
        raw = ask(data, "GET", "/admin/state")
    except NoCloud as e:
        answer_no(str(e))
    if as_json:
        emit(raw)
        return
    state = msgspec.convert(raw, State, strict=False)
    click.echo(_summary(state))
    click.echo()
    click.echo(_replicas(state))
    for problem in state.problems:
        click.echo(f"! {problem}")


def _summary(state: State) -> str:
    r, rates, power = state.requests, state.rates, state.power
    envelope = f" of {number(power.envelope_watts)} W allowed" if power.envelope_watts else ""
    return "\n".join(
        [
            f"models    {', '.join(state.model_ids)}",
            f"requests  {r.total:,} since the start: {r.completed:,} completed, {r.failed:,} failed, "
            f"{sum(r.refusals.values()):,} refused; {r.in_flight} in flight, {r.queued} waiting",
            f"tokens    {number(rates.decode_tokens_per_s)}/s out, {number(rates.prefill_tokens_per_s)}/s in "
            f"(measured); {percent(rates.utilisation)} of what the pool can do (modelled)",
            f"power     {number(power.watts)} W{envelope}; {number(power.joules_per_token)} J a token ({power.kind})",
            f"trust     {state.trust.metered_tokens:,} tokens metered = {state.trust.billed_tokens:,} billed "
            f"+ {state.trust.lost_tokens:,} lost + {state.trust.open_tokens:,} open (measured)",
        ]
    )


def _replicas(state: State) -> str:
    head = (
        "replica",
        "model",
        "engine",
        "state",
        "running",
        "waiting",
        "parked",
        "tokens/s",
        f"W ({state.power.kind})",
    )
    rows = [
        [
            *(r.id, r.model, r.engine, r.state, str(r.running), count(r.waiting), count(r.parked)),
            *(number(r.tokens_per_s), number(r.watts)),
        ]
        for r in state.replicas
    ]
    return table(head, rows)
