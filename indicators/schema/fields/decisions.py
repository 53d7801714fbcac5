"""Fields of what partnerships decided, and of the targets that they set."""

from __future__ import annotations

from indicators.schema.field import Field, flag, number, text
from indicators.schema.vocabulary import ANSWERS, BOUNDARIES_NOW, DECISIONS, TARGET_GROUNDS, TARGET_TRACKS

_SET_THEN = "when the target was set"

FIELDS: dict[str, Field] = {
    "decision": text(
        "What the partnership decided on the place",
        allowed=DECISIONS,
        alias="Decision",
        published={"localities": 41, "decisions": 10},
    ),
    "decision_text": text(
        "What the partnership decided, by which role, when and why; its targets; whether the boundary changed since",
        alias="What the partnership decided",
        when_none="no decision recorded",
        published={"localities": 42},
    ),
    "by_role": text("Who decided, as a role and never a person", alias="Decided by", published={"decisions": 15}),
    "decided_on": Field("date", "Day of the decision", alias="Decided on", published={"decisions": 20}),
    "because": text("Why, in the partnership's own words", alias="Because", published={"decisions": 25}),
    "is_in_force": flag(
        "It is the partnership's last decision on the place", alias="In force", published={"decisions": 60}
    ),
    "answer_then": text(
        "Two answers of the evidence when it was decided",
        allowed=ANSWERS,
        alias="Evidence when decided",
        published={"decisions": 30},
    ),
    "answer_now": text(
        "Two answers of the evidence now; nothing where the place is no longer drawn",
        allowed=ANSWERS,
        nullable=True,
        alias="Evidence now",
        when_none="no longer drawn",
        published={"decisions": 32},
    ),
    "people_then": Field(
        "integer",
        "Residents of the place when it was decided",
        "people",
        minimum=0,
        alias="Residents when decided",
        published={"decisions": 45},
    ),
    "boundary_now": text(
        "Whether the place is drawn as it was when it was decided on",
        allowed=BOUNDARIES_NOW,
        alias="Boundary since",
        published={"decisions": 40},
    ),
    "boundary_change": text(
        "What became of the boundary since the decision",
        nullable=True,
        alias="What changed in the boundary",
        when_none="nothing",
        published={"decisions": 42},
    ),
    "years_ahead": Field(
        "integer", "Years from the decision to the target", "years", alias="Years", published={"decision_targets": 15}
    ),
    "due_on": Field("date", "Day by which the target is to be reached", alias="By", published={"decision_targets": 30}),
    "target": number("Value to reach", alias="Target", published={"decision_targets": 25}),
    "target_ground": text(
        "What the target rests on", allowed=TARGET_GROUNDS, alias="Rests on", published={"decision_targets": 75}
    ),
    "period_then": text(f"Latest period {_SET_THEN}", alias="Period then", published={"decision_targets": 70}),
    "value_then": number(f"Value {_SET_THEN}", alias="Value then", published={"decision_targets": 55}),
    "value_then_lower_ci": number(
        f"Lower limit of the value {_SET_THEN}", alias="Lower limit then", published={"decision_targets": 60}
    ),
    "value_then_upper_ci": number(
        f"Upper limit of the value {_SET_THEN}", alias="Upper limit then", published={"decision_targets": 65}
    ),
    "value_on_the_way": number(
        "Where the value would be by now on a straight line from the figure then to the target",
        alias="On the way it would be",
        when_none="no later figure",
        published={"decision_targets": 50},
    ),
    "target_track": text(
        "Whether the latest figure is on the way to the target",
        allowed=TARGET_TRACKS,
        alias="On track",
        published={"decision_targets": 20},
    ),
}
