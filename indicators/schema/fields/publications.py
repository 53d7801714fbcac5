"""Fields of publications alone: words and names beside codes, and the settings of a run."""

from __future__ import annotations

from indicators.schema.field import Field, number, text

FIELDS: dict[str, Field] = {
    "community": text(
        "Name of the community that the zone is in: give it another's to move the zone",
        alias="Community",
        published={"editing": 5},
    ),
    "community_proposed": text(
        "Name of the community that the zone was proposed in", alias="Community as proposed", published={"editing": 120}
    ),
    "why": text(
        "Why the locality has its verdict, in one sentence with numbers", alias="Why", published={"localities": 7}
    ),
    "evidence": text(
        "Strongest findings on outcomes, with intervals, counts, both comparators and sources",
        alias="Evidence",
        when_none="nothing was found to tell",
        published={"localities": 40},
    ),
    "scotland_period": text(
        "Period of Scotland's figure", alias="Scotland, period", nullable=True, when_none="no figure"
    ),
    "scotland_value": number("Scotland's latest figure", alias="Scotland", decimals=2, when_none="no figure"),
    "scotland_lower_ci": number(
        "Scotland's latest figure, lower limit", alias="Scotland, lower limit", decimals=2, when_none="not published"
    ),
    "scotland_upper_ci": number(
        "Scotland's latest figure, upper limit", alias="Scotland, upper limit", decimals=2, when_none="not published"
    ),
    "poorer_rank": Field(
        "number",
        "Place among the councils with a figure, 1 the poorest; it says nothing of how sure a difference is",
        alias="Rank, 1 poorest",
        decimals=0,
        minimum=1,
        nullable=True,
        when_none="no poorer way",
    ),
    "councils": Field("integer", "Councils that have this figure", alias="Councils", minimum=1),
    "peer_name": text("Name of the similar place", alias="Similar place"),
    "peer_cpp_name": text("Partnership in which the similar place lies", alias="Its partnership"),
    "chart": text(
        "The strongest findings as bars: here with its interval, elsewhere in the partnership, elsewhere in Scotland",
        alias="Chart",
        when_none="nothing to draw",
        published={"localities": 35},
    ),
    "comparator_name": text(
        "What the value is held against, in words: always the rest of an area",
        alias="Held against",
        published={"findings": 25},
    ),
    "source_title": text("Title of the source of the value", alias="Source", published={"findings": 85}),
    "residents": Field(
        "number",
        "Residents of the zone who belong to the locality",
        "people",
        alias="Residents who belong",
        decimals=0,
        published={"members": 25},
    ),
    "candidate_set_title": text(
        "Title of the way of drawing localities", alias="Way of drawing localities", published={"reach": 5}
    ),
    "sets_flagged_scotland": Field(
        "integer",
        "Number of candidate sets in which the locality that holds most of the zone's residents is flagged as poorer "
        "than Scotland",
        alias="Candidate sets that flag it, against Scotland",
        published={"zones": 20},
    ),
    "sets_flagged_cpp": Field(
        "integer",
        "Number of candidate sets in which the locality that holds most of the zone's residents is flagged as poorer "
        "than elsewhere in the partnership",
        alias="Candidate sets that flag it, within the partnership",
        published={"zones": 22},
    ),
    "setting": text("Name of the setting", alias="Setting", published={"thresholds": 5}),
    "setting_value": text(
        "Value of the setting in the run that made this file", alias="Value", published={"thresholds": 10}
    ),
    "setting_meaning": text(
        "What the setting does, and why it has its default",
        alias="Meaning",
        when_none="a version, and no setting",
        published={"thresholds": 15},
    ),
}
