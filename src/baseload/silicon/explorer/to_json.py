"""The answer as one JSON object: stable keys with their units, told in docs/reference/cli.md."""

from dataclasses import asdict
from typing import Any

from baseload.silicon.explorer.answer import Exploration
from baseload.silicon.explorer.programmable import worth
from baseload.units import Mark


def to_json(found: Exploration) -> dict[str, Any]:
    """Plain tables, lists and numbers; null where a figure is undefined."""
    p, d, saved = found.payback, found.deadline, worth(list(found.programmable))
    return {
        "traffic": found.traffic.name,
        "traffic_kind": found.traffic.kind,
        "date": found.market.day.isoformat(),
        "volume_chips": found.market.volume,
        "seed": found.seed,
        "mark": str(Mark.MODELLED),
        "designs_judged": found.judged,
        "designs_feasible": found.feasible,
        "designs_unbeaten": found.front,
        "ratio_to_bought": found.ratio,
        "pareto": [asdict(row) for row in found.pareto],
        "chosen": found.chosen.name,
        "safest": found.safest.name,
        "bought": [asdict(row) for row in found.bought],
        "left_out": found.left_out,
        "frontiers": {
            name: [
                {
                    "user_tokens_per_s": q.per_user,
                    "chip_tokens_per_s": q.per_chip,
                    "replica_chips": q.replica,
                    "batch": q.batch,
                }
                for q in points
            ]
            for name, points in found.frontiers.items()
        },
        "bounds": [asdict(bound) for bound in found.bounds],
        "pair": asdict(found.pair) | {"usd_per_mtok": found.pair.usd_per_mtok} if found.pair else None,
        "break_even": {
            "nre_usd": p.nre_usd,
            "marginal_usd_per_mtok": p.marginal_usd_per_mtok,
            "bought_usd_per_mtok": p.bought_usd_per_mtok,
            "saving_usd_per_chip": p.saving_usd_per_chip,
            "chips": p.chips,
            "megawatts": p.megawatts,
            "requests_per_s": p.requests_per_s,
            "chips_for_this_traffic": p.chips_for_traffic,
            "by_volume": [{"chips": n, "usd_per_mtok": usd} for n, usd in p.by_volume],
        },
        "tape_out": {
            "bought_gain_per_year": d.gain_per_year,
            "respins": d.respins,
            "latest": d.tape_out_by.isoformat(),
            "latest_months": d.tape_out_by_months,
            "latest_volume_months": d.volume_by_months,
            "earliest_months": d.earliest_tape_out_months,
            "too_late_months": d.too_late_months,
        },
        "supply_per_year": asdict(found.supply),
        "programmable": [
            asdict(share) | {"worth_usd_per_mtok": w} for share, w in zip(found.programmable, saved, strict=True)
        ],
        "tornado": [asdict(bar) | {"flips": bar.flips(found.ratio)} for bar in found.tornado],
        "first_port": [{"months": month, "share_of_settled_speed": share} for month, share in found.port.items()],
    }
