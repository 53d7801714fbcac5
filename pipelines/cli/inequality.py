"""`localities inequality`: how unequal outcomes are between the more and the less deprived zones of an area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from indicators.schema.vocabulary import INEQUALITY_MEASURES
from pipelines.cli.parts.choices import Areas, AsCsv, AsJson, HomeFolder, Indicators, Limit, Sample, among
from pipelines.cli.parts.output import in_words, number, numbers, table_of
from pipelines.cli.parts.reading import open_store, where_of
from pipelines.cli.parts.results import asked_for, titled
from pipelines.storage.reading import rows_of

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.storage.store import Store

# the country stands in the table as an area of its own (localities.change.inequality.SCOTLAND, too heavy to import
# here)
COUNTRY = "S92000003"


def inequality(
    area: Areas = None,
    indicator: Indicators = None,
    measure: Annotated[
        list[str] | None,
        typer.Option(
            "--measure",
            "-m",
            metavar="MEASURE",
            help=f"One of {', '.join(INEQUALITY_MEASURES)}. Repeatable; all by default.",
            show_default=False,
        ),
    ] = None,
    all_periods: Annotated[bool, typer.Option("--all-periods", help="Every period, not only the latest.")] = False,
    limit: Limit = None,
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show how unequal outcomes are inside each CPP area, and in Scotland (--area Scotland)."""
    measures = among(measure, INEQUALITY_MEASURES, "--measure")
    others = [text for text in area or () if text.strip().casefold() not in ("scotland", COUNTRY.casefold())]
    asked = asked_for(home, sample=sample, as_json=as_json, as_csv=as_csv, area=others, indicator=indicator)
    wanted = asked.areas
    if len(others) < len(area or ()):
        # the country was named: with areas, or alone
        wanted = [COUNTRY] if not others else None if wanted is None else [*wanted, COUNTRY]
    store = open_store(asked.home, "inequality", is_sample=sample)
    where = where_of(
        indicator_id=asked.indicators, measure=measures, is_headline_period=None if all_periods else [True]
    )
    rows = rows_of(store, "inequality", where=where | where_of(area_code=wanted))
    rows = rows.sort_values(["area_code", "indicator_id", "period", "measure"], ignore_index=True)

    def show(shown: pd.DataFrame) -> None:
        _show(shown, rows_of(store, "inequality", where=where | {"area_code": [COUNTRY]}), store)

    asked.show(rows, show, what="rows", nothing="Nothing matches.", limit=limit)


def _show(rows: pd.DataFrame, country: pd.DataFrame, store: Store) -> None:
    titles = titled(rows["indicator_id"], store, with_unit=False)
    key = ["indicator_id", "period", "measure"]
    beside = country[[*key, "value"]].rename(columns={"value": "country_value"})
    for (name, code), group in rows.groupby(["area_name", "area_code"], sort=False):
        table_of(
            f"{name} ({code})",
            group.merge(beside, on=key, how="left"),
            (
                ("Indicator", "left", lambda row: titles[row.indicator_id]),
                ("Period", "left", lambda row: str(row.period)),
                ("Measure", "left", lambda row: f"{in_words(row.measure)} ({row.unit})"),
                ("Value", "right", lambda row: number(row.value)),
                ("Interval", "right", lambda row: numbers(row.lower_ci, row.upper_ci)),
                ("Scotland", "right", lambda row: number(row.country_value)),
                ("Why not", "left", lambda row: in_words(row.reason)),
            ),
            if_wide=("Why not", "Interval", "Period"),
            once=("Indicator", "Period"),
        )
