"""`localities context`: figures of a whole council, beside its partnership; never a vote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from indicators.schema.vocabulary import CONTEXT_TOPICS
from pipelines.cli.parts.choices import Areas, AsCsv, AsJson, HomeFolder, Limit, Sample, among
from pipelines.cli.parts.output import in_words, number, numbers, table_of
from pipelines.cli.parts.reading import open_store
from pipelines.cli.parts.results import asked_for
from pipelines.storage.reading import rows_of

if TYPE_CHECKING:
    import pandas as pd


def context(
    area: Areas = None,
    topic: Annotated[
        list[str] | None,
        typer.Option(
            "--topic",
            "-t",
            metavar="TOPIC",
            help=f"One of {', '.join(CONTEXT_TOPICS)}. Repeatable; all by default.",
            show_default=False,
        ),
    ] = None,
    limit: Limit = None,
    sample: Sample = False,
    home: HomeFolder = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show figures of whole councils beside Scotland's, as published, with their intervals and years.

    They say what kind of area a partnership has, nothing of one place in it, and have no part in any verdict.
    """
    import pandas as pd

    from localities.choosing.beside_scotland import SCOTLAND, beside

    topics = among(topic, CONTEXT_TOPICS, "--topic")
    asked = asked_for(home, sample=sample, as_json=as_json, as_csv=as_csv, area=area)
    found = rows_of(open_store(asked.home, "council_context", is_sample=sample), "council_context")
    names = found[found["area_code"] != SCOTLAND].drop_duplicates("area_code").set_index("area_code")["area_name"]
    codes = [one for one in names.index.sort_values() if asked.areas is None or one in asked.areas]
    frames = [beside(found, one, topics=topics).assign(area_code=one, area_name=names[one]) for one in codes]
    rows = pd.concat(frames, ignore_index=True) if frames else beside(found, "")
    nothing = "No figure of these councils is here: their files are optional sources; see `localities sources list`."
    asked.show(rows, _show, what="figures", nothing=nothing, limit=limit)


def _show(rows: pd.DataFrame) -> None:
    for (name, code), group in rows.groupby(["area_name", "area_code"], sort=False):
        table_of(
            f"{name} ({code})",
            group,
            (
                ("About", "left", lambda row: in_words(row.context_topic)),
                ("Figure", "left", lambda row: str(row.context_figure)),
                ("Period", "left", lambda row: str(row.period)),
                ("Value", "right", lambda row: number(row.value)),
                ("Interval", "right", lambda row: numbers(row.lower_ci, row.upper_ci)),
                ("Unit", "left", lambda row: str(row.unit)),
                ("Scotland", "right", lambda row: _country(row)),
                ("From the poorest", "right", lambda row: _rank(row)),
            ),
            caption="As published; Scotland's latest figure, with its period where it is another. "
            "From the poorest: 1 of 32 is the poorest council; ranks say nothing of how sure a difference is.",
            if_wide=("Unit", "From the poorest", "Period"),
            once=("About",),
        )


def _country(row) -> str:
    if row.scotland_value != row.scotland_value:
        return ""
    return number(row.scotland_value) + ("" if row.scotland_period == row.period else f" ({row.scotland_period})")


def _rank(row) -> str:
    import pandas as pd

    return "" if pd.isna(row.poorer_rank) else f"{row.poorer_rank} of {row.councils}"
