"""`baseload dispatch`: the merit order. Live, as the gateway follows it now, or worked out for a snapshot in a file."""

from pathlib import Path
from typing import Any

import click

from baseload.cli.place import ask, data_option
from baseload.cli.root import Command
from baseload.cli.show import emit, json_option, table
from baseload.console.figures import number, usd

WORTH = {"node": "one more node", "watt": "one more watt", "request": "one more request/s"}
MEASURED = "asked is measured, price is the book's; served, waits, cost and margin are modelled"
ASSUMED = "asked and price are the file's (assumed); served, waits, cost and margin are modelled"
"""The marks of the table's columns."""


@click.command(cls=Command, example="baseload dispatch")
@click.argument("snapshot", type=click.Path(dir_okay=False, path_type=Path), required=False)
@data_option
@json_option
def dispatch(snapshot: Path | None, data: Path, as_json: bool) -> None:
    """Who runs, who waits, and why. Margins, and the worth of a node, a watt and a request.

    With SNAPSHOT (a TOML or JSON file) the problem in it is solved; no cloud is needed.
    """
    answer = solved(snapshot) if snapshot else ask(data, "GET", "/admin/state")["orders"]
    if as_json:
        emit(answer)
        return
    click.echo(_merit(answer["merit"]))
    click.echo(ASSUMED if snapshot else MEASURED)
    click.echo()
    click.echo(_worth(answer["worth"], answer.get("worth_steps", {})))
    for broken in answer.get("breaks", []):
        click.echo(f"! {broken}")


def solved(path: Path) -> dict[str, Any]:
    """The whole answer for a snapshot: commitment, plan, merit order and worth, units in the keys."""
    from baseload import dispatch as room
    from baseload.dispatch.snapshot_io import read_file

    snapshot = read_file(path)
    commitment = room.commit(snapshot)
    plan = room.dispatch(snapshot, commitment)
    proof = commitment.proof
    return {
        "file": str(path),
        "value_usd_per_h": plan.value_usd_per_h,
        "bound_usd_per_h": proof.bound_usd_per_h if proof else None,
        "replicas": dict(commitment.replicas),
        "watts": dict(plan.watts),
        "flex_slots": room.flex_slots_by_model(room.standing_orders(snapshot, commitment, plan)),
        "merit": [r.describe() for r in room.merit_order(snapshot, commitment)],
        "worth": _worths(snapshot, commitment),
        "breaks": [str(b) for b in plan.breaks],
    }


def _worths(snapshot: Any, commitment: Any) -> list[dict[str, Any]]:
    """Nodes are weighed by committing again, as a buyer faces them; watts and requests as admission faces them now."""
    from baseload.dispatch import Step, worth

    steps = [Step(kind="node", id=p.id) for p in snapshot.pools]
    steps += [Step(kind="watt", id=s.id) for s in snapshot.sites]
    steps += [Step(kind="request", id=c.id) for c in snapshot.classes if c.blocks]
    found = []
    for step in steps:
        value = worth(snapshot, step, commitment=commitment)
        found.append(
            {
                "step": step.kind,
                "id": step.id,
                "up_usd_per_h": value.up.money_usd_per_h,
                "down_usd_per_h": value.down.money_usd_per_h if value.down else None,
                "penalty_avoided_usd_per_h": value.up.penalty_avoided_usd_per_h,
                "error_usd_per_h": value.up.error_usd_per_h,
            }
        )
    return found


def _merit(rows: list[dict[str, Any]]) -> str:
    head = ("class", "asked/s", "served/s", "waits/s", "price", "cost", "margin", "why")
    cells = [
        [
            row["class"],
            *(number(row[key]) for key in ("asked_per_s", "served_per_s", "waits_per_s")),
            *(_usd(row[key]) for key in ("price_usd_per_h", "marginal_cost_usd_per_h", "margin_usd_per_h")),
            row["reason"].replace("_", " "),
        ]
        for row in rows
    ]
    return table(head, cells) + "\nprice, cost and margin in dollars an hour of one request a second"


def _usd(value: float | None) -> str:
    """A solver's zero is a few billionths either side of it."""
    return usd(None if value is None else round(value, 8) + 0.0)


def _worth(worth: Any, steps: dict[str, str]) -> str:
    """One more, in dollars an hour: three figures live, one for each pool, site and class of a snapshot."""
    if isinstance(worth, dict):
        names = {"node_usd_per_h": "node", "watt_usd_per_h": "watt", "request_per_s_usd_per_h": "request"}
        rows = [[WORTH[n], steps.get(n, ""), _usd(worth.get(key))] for key, n in names.items()]
    else:
        rows = [[WORTH[w["step"]], w["id"], _usd(w["up_usd_per_h"])] for w in worth]
    return table(("step", "where", "worth, $/h (modelled)"), rows)
