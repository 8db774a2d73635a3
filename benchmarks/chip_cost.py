"""What chips cost, by our model and by others: `python -m benchmarks.chip_cost CHECKS.csv`.

CHECKS.csv has the columns of the validation data's `silicon_checks.csv`. Prints the table of docs/method/chip-cost.md:
each row with its prediction, its 80 % band and whether that lies within what the row tolerates, or why the model is
silent. --json: `rows` with `check_id`, `category`, `subject`, `quantity`, `value`, `unit`, `prediction`, `low`, `high`,
`mode`, `inside`, `reason`; `answered`, `silent`, `inside`, `outside`, `untested` (modes that are inputs, or rows that
tolerate nothing in numbers).
"""

import csv
import json
from pathlib import Path
from typing import Any

from baseload.silicon.costing.answer import CATALOGUE
from baseload.silicon.costing.checks import inside, speak_to
from baseload.silicon.estimate import Estimate
from benchmarks.report import options

OWN = Path(__file__).resolve().parents[1] / "tests" / "silicon" / "costing" / "silicon_checks.csv"
WORDS = {True: "yes", False: "**no**", None: "–"}


def scored(row: dict[str, str]) -> dict[str, Any]:
    answer = speak_to(row)
    known = {key: row[key] for key in ("check_id", "category", "subject", "quantity", "unit")}
    known["value"] = float(row["value"])
    if not isinstance(answer, Estimate):
        return {
            **known,
            "prediction": None,
            "low": None,
            "high": None,
            "mode": None,
            "inside": None,
            "reason": answer,
        }
    within = inside(row, answer.value)
    band = {"prediction": answer.value, "low": answer.low, "high": answer.high}
    return {**known, **band, "mode": answer.mode, "inside": within, "reason": answer.assumption}


def summary(rows: list[dict[str, Any]]) -> dict[str, int]:
    answered = [row for row in rows if row["prediction"] is not None]
    tested = [row for row in answered if row["mode"] != CATALOGUE and row["inside"] is not None]
    return {
        "answered": len(answered),
        "silent": len(rows) - len(answered),
        "inside": sum(row["inside"] for row in tested),
        "outside": sum(not row["inside"] for row in tested),
        "untested": len(answered) - len(tested),
    }


def markdown(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| row | what | published | model | 80 % band | error | within | how |",
        "|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *map(_line, rows)])


def _line(row: dict[str, Any]) -> str:
    what = f"{row['subject']}: {row['quantity']}"
    published = f"{row['value']:,.6g} {row['unit']}"
    if row["prediction"] is None:
        return f"| {row['check_id']} | {what} | {published} | – | – | – | – | silent: {row['reason']} |"
    error = f"{row['prediction'] / row['value'] - 1:+.1%}" if row["value"] else "–"
    how = f"{row['mode']}; {row['reason']}" if row["reason"] else row["mode"]
    band = f"{row['low']:,.4g} to {row['high']:,.4g}"
    cells = (row["check_id"], what, published, f"{row['prediction']:,.4g}", band, error, WORDS[row["inside"]], how)
    return f"| {' | '.join(cells)} |"


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("checks", type=Path, nargs="?", default=OWN, help="rows as of silicon_checks.csv")
    chosen = parser.parse_args()
    rows = [scored(row) for row in csv.DictReader(chosen.checks.read_text(encoding="utf-8").splitlines())]
    if chosen.json:
        print(json.dumps({"rows": rows, **summary(rows)}))
        return
    print(markdown(rows))
    print("\n" + ", ".join(f"{count} {name}" for name, count in summary(rows).items()))


if __name__ == "__main__":
    main()
