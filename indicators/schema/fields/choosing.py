"""Fields of choosing a drawing: what each reaches of the people in need, and similar places."""

from __future__ import annotations

from indicators.schema.field import Field, flag, number, share, text
from indicators.schema.vocabulary import (
    COMPARATORS,
    MATCHINGS,
)

FIELDS: dict[str, Field] = {
    # peers
    "area_id": text("Candidate locality, or code of a partnership"),
    "matching": text("Whether peers are alike in income deprivation too", allowed=MATCHINGS),
    "peer_rank": Field("integer", "Order of similarity, 1 the most similar", "rank", minimum=1),
    "peer_id": text("The similar candidate locality or partnership"),
    "peer_count": Field("integer", "Similar places held against, together", "places", minimum=1),
    "peers_value": number("Value of all similar places together, in the indicator's unit"),
    "distance": Field("number", "How far apart they are", "standard deviations, root mean square", minimum=0.0),
    "settlement_distance": number("How far apart in settlement and density", "standard deviations, root mean square"),
    "age_distance": number("How far apart in age structure", "standard deviations, root mean square"),
    "deprivation_distance": number("How far apart in income deprivation", "standard deviations"),
    "is_same_cpp": flag("Both lie in one partnership's area"),
    # which boundaries serve best
    "locality_count": Field(
        "integer",
        "Candidate localities of the set in the partnership",
        "localities",
        minimum=1,
        alias="Candidate localities",
    ),
    "counted_against": text("Answer whose flags are counted as reached", allowed=COMPARATORS),
    **{
        name: field
        for code, than in (("scotland", "elsewhere in Scotland"), ("cpp", "elsewhere in the partnership"))
        for name, field in (
            (f"flagged_count_{code}", Field("integer", f"Localities poorer than {than}", "localities", minimum=0)),
            (
                f"share_of_need_{code}",
                share(
                    f"Share of people in need in localities poorer than {than}",
                    alias=f"Share of need, in places poorer than {than}",
                ),
            ),
            (
                f"share_of_residents_{code}",
                share(
                    f"Share of residents in localities poorer than {than}",
                    alias=f"Share of residents, in places poorer than {than}",
                ),
            ),
        )
    },
    "flagged_count": Field(
        "integer",
        "Flagged localities of the set in the partnership",
        "localities",
        minimum=0,
        alias="Flagged localities",
    ),
    "share_covered": share(
        "Share of residents who live in a locality of the set", alias="Share of residents in a locality"
    ),
    "share_overlapping": share(
        "Share of residents whose zone is in localities that overlap",
        alias="Share of residents where localities overlap",
    ),
    "residents_in_scope": Field("number", "Residents inside flagged localities", "people", minimum=0.0, decimals=0),
    "share_of_residents": share(
        "Share of the partnership's residents inside flagged localities", alias="Share of residents in scope"
    ),
    "need_reached": Field(
        "number",
        "People in need inside flagged localities",
        "people",
        minimum=0.0,
        alias="People in need reached",
        decimals=0,
    ),
    "share_of_need": share(
        "Share of the partnership's people in need inside flagged localities (completeness)",
        alias="Share of people in need reached",
    ),
    "need_per_100_in": number(
        "People in need per 100 residents when they were counted, inside flagged localities (efficiency)",
        "per 100",
        alias="In need per 100 residents, inside",
        when_none="no place is flagged",
    ),
    "need_per_100_out": number(
        "People in need per 100 residents when they were counted, outside every flagged locality",
        "per 100",
        alias="In need per 100 residents, outside",
    ),
    "lift": number(
        "Share of people in need reached, less the share of residents in scope",
        "share",
        alias="Share of need less share of residents",
    ),
    "need_missed": Field(
        "number",
        "People in need outside every flagged locality",
        "people",
        minimum=0.0,
        alias="People in need missed",
        decimals=0,
    ),
    "need_outside_scotland": number(
        "People in need outside every place flagged as poorer than Scotland",
        "people",
        minimum=0.0,
        alias="In need, outside places poorer than Scotland",
        decimals=0,
        published={"need_outside": 10},
    ),
    "need_outside_cpp": number(
        "People in need outside every place flagged as poorer than elsewhere in the partnership",
        "people",
        minimum=0.0,
        alias="In need, outside places poorer than the partnership",
        decimals=0,
        published={"need_outside": 15},
    ),
    "missed_where": text(
        "Intermediate zones where most of the missed live, and how many",
        nullable=True,
        alias="Where most of the missed live",
    ),
    "share_within_limit": share(
        "Share of the set's localities under the limit of residents", alias="Share of localities under the limit"
    ),
    "evidence_from": Field(
        "date",
        "End of the earliest period of the evidence",
        nullable=True,
        alias="Earliest evidence, to",
        when_none="no evidence",
        published={"localities": 75},
    ),
    "evidence_to": Field(
        "date",
        "End of the latest period of the evidence",
        nullable=True,
        alias="Latest evidence, to",
        when_none="no evidence",
        published={"localities": 80},
    ),
    "share_modelled": share(
        "Share of the headline estimates of outcomes that are modelled", alias="Share of the evidence modelled"
    ),
    "is_proposed": flag(
        "The drawing proposed to the partnership: its own edited one, else the natural communities",
        alias="Proposed to the partnership",
    ),
    "is_recommended": flag(
        "The set to start from in the partnership; the decision remains its own", alias="Recommended to start from"
    ),
}
