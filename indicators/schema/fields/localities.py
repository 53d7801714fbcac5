"""Fields of candidate localities and of the zones that belong to each."""

from __future__ import annotations

from indicators.schema.field import Field, flag, share, text

FIELDS: dict[str, Field] = {
    "locality_id": text(
        "Candidate locality",
        alias="Candidate locality (code)",
        published={
            "said": 900,
            "place_standard": 900,
            "decision_targets": 900,
            "decisions": 900,
            "findings": 900,
            "localities": 900,
            "members": 900,
            "proposed": 900,
            "vintages": 802,
        },
    ),
    "candidate_set": text(
        "Way of drawing localities",
        published={
            "said": 70,
            "place_standard": 70,
            "decision_targets": 80,
            "decisions": 50,
            "findings": 10,
            "localities": 220,
            "members": 10,
            "reach": 800,
            "vintages": 800,
        },
    ),
    "locality_name": text(
        "Name of the candidate locality",
        alias="Locality",
        published={
            "said": 5,
            "place_standard": 5,
            "decision_targets": 5,
            "decisions": 5,
            "findings": 5,
            "localities": 5,
            "members": 5,
            "proposed": 5,
            "vintages": 5,
        },
    ),
    "alternative_names": text(
        "Other names that residents may know it by",
        nullable=True,
        alias="Also known as",
        when_none="no other name known",
        published={"localities": 225, "proposed": 10},
    ),
    "is_within_limit": flag(
        "Fewer residents than the guidance often expects at most; not a legal limit",
        alias="Under the limit of residents",
        published={"localities": 120},
    ),
    "zone_count": Field(
        "integer",
        "Data zones in the locality",
        "zones",
        minimum=1,
        published={"localities": 195, "proposed": 20, "vintages": 100},
    ),
    "is_contiguous": flag(
        "Every zone can be reached from every other inside the locality",
        alias="In one piece",
        published={"localities": 200},
    ),
    "compactness": share(
        "Compactness (Polsby and Popper): 4 pi area / perimeter squared",
        alias="Compactness",
        published={"localities": 205, "proposed": 25},
    ),
    "fit": share(
        "Share of the locality's residents who live inside the boundary that it is named for",
        alias="Fit to the boundary it is named for",
        published={"localities": 210},
    ),
    "based_on": text(
        "Proposed candidate set that it is a partnership's edited drawing of",
        nullable=True,
        alias="Edited from",
        when_none="no other drawing",
    ),
    "based_on_since": text(
        "When that edited drawing was brought in: of several, the latest is proposed",
        nullable=True,
        alias="Edited since",
        when_none="no other drawing",
    ),
    "drawn_from": text(
        "Indicators used to draw it, comma separated; never tested on it",
        nullable=True,
        alias="Indicators used to draw it",
        when_none="none",
        published={"localities": 215},
    ),
    "exact_share": share(
        "Share of the zone's residents who live in zones of the other census that the locality holds whole: figures "
        "carried from there are exact"
    ),
    "weight": Field(
        "number",
        "Share of the zone's residents who belong",
        "share of residents",
        minimum=0.0,
        maximum=1.0,
        published={"members": 20},
    ),
}
