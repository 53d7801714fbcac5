"""Fields of what residents said of their places with the Place Standard tool."""

from __future__ import annotations

from indicators.schema.field import Field, text

ANSWER_STATUSES = ("observed", "withheld")

FIELDS: dict[str, Field] = {
    "results_id": text("Round of answers", alias="Round (code)", published={"place_standard": 900}),
    "results_title": text("Name of the round of answers", alias="Round", published={"place_standard": 50}),
    "gathered": text("When the answers were given", alias="Gathered", published={"place_standard": 45}),
    "theme": text("Theme of the Place Standard", alias="Theme", published={"place_standard": 10}),
    "theme_number": Field(
        "integer", "Order of the theme in the tool", minimum=1, maximum=14, published={"place_standard": 60}
    ),
    "answer_group": text("Group of residents who answered, or everyone", alias="Who", published={"place_standard": 15}),
    "people_asked": Field(
        "number",
        "People who scored the theme",
        "people",
        minimum=0.0,
        nullable=True,
        decimals=0,
        alias="People who answered",
        when_none="withheld",
        published={"place_standard": 25},
    ),
    "place_score": Field(
        "number",
        "Mean score: 1 there is much to improve, 7 there is little to improve",
        "1 to 7",
        minimum=1.0,
        maximum=7.0,
        nullable=True,
        decimals=1,
        alias="Score",
        when_none="withheld",
        published={"place_standard": 20},
    ),
    "answer_status": text(
        "Whether the score is shown, or withheld because too few answered or others' scores would tell",
        allowed=ANSWER_STATUSES,
        alias="Shown",
        published={"place_standard": 30},
    ),
    "outcome_beside": text(
        "What the evidence says, against Scotland, of the outcomes nearest to the theme; not a test of the score",
        nullable=True,
        alias="What the figures say beside it",
        when_none="no outcome is near to it",
        published={"place_standard": 35},
    ),
    "said_text": text(
        "What residents said with the Place Standard tool: beside the evidence, and no part of the verdict",
        alias="What residents said",
        when_none="no answers brought in",
        published={"localities": 43, "said": 20},
    ),
    "themes_low": text(
        "How many of the themes score below the middle of the scale",
        allowed=("none", "some", "most", "withheld"),
        alias="Themes with a low score",
        published={"said": 10},
    ),
}
