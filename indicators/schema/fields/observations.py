"""Fields of what is measured: indicators, observations and the files that they come from."""

from __future__ import annotations

from indicators.schema.field import Field, flag, number, text
from indicators.schema.vocabulary import (
    CONTEXT_TOPICS,
    STATUSES,
    VOTES,
)

FIELDS: dict[str, Field] = {
    # indicators and observations
    "indicator_id": text(
        "Indicator", alias="Indicator (code)", published={"decision_targets": 905, "findings": 905, "indicators": 900}
    ),
    "indicator_title": text(
        "Indicator, in plain words",
        alias="Indicator",
        published={"decision_targets": 10, "findings": 15, "indicators": 5},
    ),
    "definition": text("What the indicator counts", published={"indicators": 15}),
    "domain": text("Domain of outcomes", published={"findings": 100, "indicators": 10}),
    "vote": text(
        "Vote of the verdict that it takes part in; empty: it describes",
        nullable=True,
        allowed=VOTES,
        when_none="none: it describes",
    ),
    "role": text(
        "What the indicator is for",
        allowed=("outcome", "determinant", "access", "population"),
        published={"indicators": 30},
    ),
    "kind": text(
        "How the indicator is aggregated and tested",
        allowed=("proportion", "rate", "standardised_rate", "standardised_ratio", "mean"),
        alias="Kind of indicator",
    ),
    "unit": text("Unit of the value", published={"decision_targets": 12, "findings": 50, "indicators": 20}),
    "multiplier": Field("number", "Value = numerator / denominator x this", "", minimum=0.0, alias="Multiplier"),
    "poorer_is": text("Which way is poorer", allowed=("higher", "lower"), published={"indicators": 25}),
    "smallest_important_difference": Field(
        "number",
        "Smallest difference that matters, on its scale",
        alias="Smallest important difference",
        published={"indicators": 35},
    ),
    "smallest_important_difference_scale": text(
        "Scale of the smallest important difference",
        allowed=("ratio", "odds", "points", "sd"),
        published={"indicators": 40},
    ),
    "national_outcome": text(
        "National Outcome that the indicator speaks to", alias="National Outcome", published={"indicators": 45}
    ),
    "supersedes": text(
        "Older indicators of the very same thing, which do not vote beside it", nullable=True, when_none="none"
    ),
    "caveats": text("What to keep in mind", nullable=True, published={"indicators": 50}),
    "is_approximate": flag(
        "The weights of the mean stand in for the population that it concerns", alias="Weights are a stand-in"
    ),
    "area_code": Field("code", "GSS code of the area observed", pattern=r"S\d{8}"),
    "area_type": text("Type of the area observed", allowed=("data_zone", "intermediate_zone")),
    "context_topic": text("What the figure of a whole council is about", allowed=CONTEXT_TOPICS),
    "context_figure": text("Figure of a whole council, in plain words", alias="Figure"),
    "context_poorer_is": text(
        "Which way is poorer, where the publisher or the meaning of the figure says so",
        alias="Poorer is",
        when_none="not said",
        nullable=True,
        allowed=("higher", "lower"),
    ),
    "period": text(
        "Period as published, such as 2017 or 2020/21",
        alias="Period",
        published={"decision_targets": 46, "findings": 20},
    ),
    "period_start": Field("date", "First day of the period"),
    "period_end": Field("date", "Last day of the period"),
    "is_headline_period": flag("The indicator's latest period, used in the verdict"),
    "numerator": Field(
        "number",
        "Events or people counted",
        "count",
        minimum=0.0,
        nullable=True,
        alias="Numerator",
        decimals=1,
        when_none="no count published",
        published={"findings": 130},
    ),
    "denominator": Field(
        "number",
        "Population or expected count held against",
        "count",
        minimum=0.0,
        nullable=True,
        alias="Denominator",
        decimals=1,
        when_none="no count published",
        published={"findings": 135},
    ),
    "value": number(
        "Value of the indicator",
        alias="Value",
        when_none="no figure",
        published={"decision_targets": 35, "findings": 35},
    ),
    "status": text(
        "What stands behind the value", allowed=STATUSES, alias="Status of the data", published={"findings": 165}
    ),
    "is_summable": flag(
        "Shared out from zones of another census that all have a figure: a place that holds those zones whole has "
        "what was published for them"
    ),
    "is_lost": flag(
        "Published for zones of another census, and not to be had from them here; what is missing there too is not"
    ),
    "is_remainder": flag(
        "Its share of what the published total of its intermediate zone leaves over: a place that holds all zones that "
        "share it has what was published"
    ),
    "open_by": number(
        "How much the numerator may be lower or higher: hidden counts were shared out into it; 0 where none was",
        minimum=0.0,
    ),
    "source_id": text("Source", alias="Source (code)", published={"indicators": 905}),
    # sources
    "title": text("Title"),
    "publisher": text("Publisher"),
    "landing_page": text("Page about the data"),
    "address_used": text("Address that the file came from", alias="Address"),
    "licence": text("Licence"),
    "attribution": text("Attribution that the licence asks for", alias="Attribution"),
    "source_vintage": text("Census year of the geography, or none", nullable=True, when_none="of no census"),
    "sha256": text("SHA-256 of the file"),
    "retrieved_at": text("When the file was retrieved, UTC"),
    "rows": Field("integer", "Rows read", "rows", minimum=0, nullable=True),
    "is_stale": flag(
        "The last good version serves because a newer one could not be used", alias="Last good version serves"
    ),
    "note": text("What happened when it was fetched", nullable=True, when_none="nothing to add"),
    "is_fictional": flag("Made up for the sample: describes no real place", alias="Fictional"),
}
