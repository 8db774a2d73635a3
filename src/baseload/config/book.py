"""The price book of a description: what it says itself, and what it leaves to entries of the catalogue."""

from difflib import get_close_matches
from typing import Any

from baseload.config.cloud import ListedPrice, ModelPrice, PriceBook
from baseload.config.settings import Path, Settings, dotted

NEEDED = ("input_usd_per_mtok", "output_usd_per_mtok")
"""What a price says itself unless it names an entry of the catalogue."""


def check_prices(settings: Settings) -> None:
    """Each model has a price, each price a model; what a price does not say, the catalogue's entry must."""
    models = settings.ids("model")
    for model in models:
        _is_priced(settings, model)
    for table in _tables(settings):
        name = table[2]
        _says_enough(settings, table)
        if models and name not in models:
            near = get_close_matches(name, models, 1, 0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"there is: {', '.join(models)}"
            settings.fault(table, f"a price for a model that is not here: {name!r}; {hint}")


def book(settings: Settings) -> PriceBook:
    """The frozen book; only for settings without faults."""
    head = settings.row(("prices",))
    percents = settings.row(("prices", "tier_percent"))
    rows = {table[2]: settings.row(table) for table in _tables(settings)}
    return PriceBook(
        id=head["id"],
        valid_from_us=head["valid_from"],
        prices=tuple(_stated(model, row) for model, row in rows.items() if row["catalog"] is None),
        listed=tuple(_listed(model, row) for model, row in rows.items() if row["catalog"] is not None),
        tier_percent=(("priority", percents["priority"]), ("default", percents["default"]), ("flex", percents["flex"])),
        internal_percent=head["internal_percent"],
    )


def _stated(model: str, row: dict[str, Any]) -> ModelPrice:
    cached = row["cached_input_usd_per_mtok"]
    return ModelPrice(
        model=model,
        input_pico=row["input_usd_per_mtok"],
        cached_input_pico=row["input_usd_per_mtok"] if cached is None else cached,
        output_pico=row["output_usd_per_mtok"],
    )


def _listed(model: str, row: dict[str, Any]) -> ListedPrice:
    return ListedPrice(
        model=model,
        catalog=row["catalog"],
        input_pico=row["input_usd_per_mtok"],
        cached_input_pico=row["cached_input_usd_per_mtok"],
        output_pico=row["output_usd_per_mtok"],
    )


def _tables(settings: Settings) -> list[Path]:
    return [table for table in settings.tables if table[:2] == ("prices", "models") and len(table) == 3]


def _is_priced(settings: Settings, model: str) -> None:
    table = ("prices", "models", model)
    if table not in settings.tables and settings.values.get(("model", model, "engine")) != "twin":
        book_id = settings.values.get(("prices", "id"), "")
        settings.fault(
            ("model", model), f"no price for model {model!r} in price book {book_id!r}; add [{dotted(table)}]"
        )


def _says_enough(settings: Settings, table: Path) -> None:
    """Silent is not the same as wrong: a value that did not convert has had its fault."""
    if settings.values.get((*table, "catalog"), "wrong") is not None:
        return
    for key in settings.tables[table].keys:
        path = (*table, key.name)
        if key.name in NEEDED and path in settings.values and settings.values[path] is None:
            settings.fault(table, f"[{dotted(table)}] lacks {key.name}: {key.about.partition(';')[0]}")
