"""The operator page as values: the sentence and six tiles. Drawn by templates, tested without them."""

from dataclasses import dataclass

from markupsafe import Markup

from baseload.console import figures, money
from baseload.console.charts import Values, spark
from baseload.console.series import Series, bucketed, mean
from baseload.console.wire import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One number now, its hour, and what to hold it against. `method` is the anchor of its formula."""

    id: str
    title: str
    value: str
    unit: str
    mark: str
    method: str
    detail: str
    compared: str
    spark: Markup


def sentence(state: State, pnl: money.Tree) -> str:
    """How the cloud is, in one line."""
    nodes = len({r.node for r in state.replicas})
    serving = sorted({r.model for r in state.replicas if r.state == "ready"})
    parts = [f"Serving {_plural(len(serving), 'model')} on {_plural(nodes, 'node')}"]
    used = _of_envelope(state)
    if used is not None:
        parts.append(f"{figures.percent(used)} of the power envelope")
    margin = money.find(pnl, "margin", "margin_share")
    if margin and margin.value is not None and margin.value >= 0:
        parts.append(f"margin {figures.percent(margin.value)}")
    elif margin and margin.value is not None:
        parts.append(f"the price covers {figures.percent(1 / (1 - margin.value))} of the cost")
    parts.append("nothing needs you" if not state.problems else f"{_plural(len(state.problems), 'thing')} to look at")
    return "; ".join(parts).replace(" %", "\N{NO-BREAK SPACE}%") + "."


def _of_envelope(state: State) -> float | None:
    """The share of the envelope that is drawn."""
    watts, most = state.power.watts, state.power.envelope_watts
    return None if watts is None or not most else watts / most


def _plural(n: int, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def against_hour(now: float | None, hour: Values) -> str:
    """Such as "+12 % on the hour", or why there is none."""
    usual = mean(hour)
    if now is None or not usual:
        return "no hour to compare yet"
    change = (now - usual) / usual
    return (
        "level with the hour"
        if abs(change) < 0.005
        else f"{figures.signed(change, figures.percent(abs(change)))} on the hour"
    )


def _spark(name: str, unit: str, *lines: Values) -> Markup:
    known = [v for line in lines for v in line if v is not None]
    if not known:
        return spark([], "")
    said = f"{name}, last hour: {figures.number(min(known))} to {figures.number(max(known))} {unit}"
    return spark([bucketed(line) for line in lines], said)


def tiles(state: State, hour: Series, pnl: money.Tree) -> list[Tile]:
    """Speed, power, efficiency, money, use, payback: in that order."""
    return [
        _speed(state, hour),
        _power(state, hour),
        _efficiency(state, hour),
        _margin(hour, pnl),
        _use(state, hour),
        _payback(hour, pnl),
    ]


def _speed(state: State, hour: Series) -> Tile:
    decode, prefill = hour.column("decode_tokens_per_s"), hour.column("prefill_tokens_per_s")
    now = state.rates.decode_tokens_per_s
    return Tile(
        id="speed",
        title="Decode",
        value=figures.number(now),
        unit="tok/s",
        mark="measured",
        method="tokens",
        detail=f"Prefill {figures.number(state.rates.prefill_tokens_per_s)} tok/s",
        compared=against_hour(now, decode),
        spark=_spark("Decode and prefill", "tokens/s", decode, prefill),
    )


def _power(state: State, hour: Series) -> Tile:
    value, unit = figures.scaled(state.power.watts, "W")
    cap = " ".join(figures.scaled(state.power.envelope_watts or None, "W"))
    return Tile(
        id="power",
        title="Power",
        value=value,
        unit=unit,
        mark=state.power.kind,
        method="watts",
        detail=f"{figures.percent(_of_envelope(state))} of {cap} cap",
        compared=against_hour(state.power.watts, hour.column("watts")),
        spark=_spark("Power", "W", hour.column("watts")),
    )


def _efficiency(state: State, hour: Series) -> Tile:
    line = hour.column("joules_per_token")
    now = state.power.joules_per_token
    return Tile(
        id="efficiency",
        title="Energy",
        value=figures.number(now),
        unit="J/tok",
        mark=state.power.kind,
        method="joules-per-token",
        detail=f"Idle draw {figures.number(state.power.idle_watts)} W",
        compared=against_hour(now, line),
        spark=_spark("Joules per token", "J", line),
    )


def _margin(hour: Series, pnl: money.Tree) -> Tile:
    cost, price = money.find(pnl, "cost_usd_per_mtok"), money.find(pnl, "price_usd_per_mtok")
    margin = money.find(pnl, "margin", "margin_share")
    mark = cost.mark if cost else "assumed"
    share = margin.value if margin else None
    return Tile(
        id="margin",
        title="Margin",
        value=figures.percent(share).removesuffix(" %"),
        unit="%" if share is not None else "",
        mark=margin.mark if margin else mark,
        method="margin",
        detail=f"Price {figures.usd(price.value if price else None)} a Mtok",
        compared=f"Cost {figures.usd(cost.value if cost else None)} a Mtok",
        spark=_spark(
            "Cost and price per Mtok", "$", hour.column("cost_usd_per_mtok"), hour.column("price_usd_per_mtok")
        ),
    )


def _use(state: State, hour: Series) -> Tile:
    most = state.rates.capacity_tokens_per_s
    line = [None if v is None or not most else v / most for v in hour.column("decode_tokens_per_s")]
    share = figures.percent(state.rates.utilisation)
    return Tile(
        id="use",
        title="Utilisation",
        value=share.removesuffix(" %"),
        unit="%" if state.rates.utilisation is not None else "",
        mark="modelled",
        method="utilisation",
        detail=f"of {figures.number(most)} tok/s possible",
        compared=against_hour(state.rates.utilisation, line),
        spark=_spark("Utilisation", "of capacity", line),
    )


def span(months: float | None) -> tuple[str, str]:
    """Months as months up to ten years, then as years."""
    if months is None:
        return figures.NONE, ""
    return (figures.number(months), "months") if months <= 120 else (figures.number(months / 12), "years")


def _payback(hour: Series, pnl: money.Tree) -> Tile:
    months, plan = money.find(pnl, "payback_months"), money.find(pnl, "plan_payback_months", "life_months")
    earned = [
        None if p is None or c is None else (p - c) * ((d or 0) + (f or 0)) * 3600 / 1e6
        for p, c, d, f in zip(
            hour.column("price_usd_per_mtok"), hour.column("cost_usd_per_mtok"),
            hour.column("decode_tokens_per_s"), hour.column("prefill_tokens_per_s"), strict=True,
        )
    ]  # fmt: skip
    value = months.value if months else None
    value_text, unit = span(value)
    why = months.note.partition(", so ")[0].capitalize() if months and months.note else "Nothing is on record yet"
    against = f"Chips live {figures.number(plan.value)} months" if plan and plan.value else "no plan to hold it against"
    return Tile(
        id="payback", title="Payback", value=value_text, unit=unit,
        mark=months.mark if months else "assumed", method="payback",
        detail="At the trailing rate" if value is not None else why, compared=against,
        spark=_spark("Earned per hour", "$/h", earned),
    )  # fmt: skip
