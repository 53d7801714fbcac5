"""Fields of evidence: estimates, with their intervals, and findings against a comparator."""

from __future__ import annotations

from indicators.schema.field import Field, number, share, text
from indicators.schema.vocabulary import (
    COMPARATORS,
    SIGNIFICANCES,
)

FIELDS: dict[str, Field] = {
    # estimates
    "lower_ci": number(
        "Lower limit of the interval",
        alias="Value, lower limit",
        when_none="no figure",
        published={"decision_targets": 40, "findings": 40},
    ),
    "upper_ci": number(
        "Upper limit of the interval",
        alias="Value, upper limit",
        when_none="no figure",
        published={"decision_targets": 45, "findings": 45},
    ),
    "ci_method": text("Method of the interval", published={"findings": 180}),
    "confidence": Field(
        "number", "Confidence of the interval", "share", minimum=0.0, maximum=1.0, published={"findings": 175}
    ),
    "coverage": share("Share of residents with observed data", published={"findings": 170}),
    "effective_n": number(
        "Effective number of zones or people behind the value", "count", alias="Effective number behind the value"
    ),
    # findings
    "comparator": text(
        "What it is held against, always the rest of the area",
        allowed=COMPARATORS,
        alias="Comparator (code)",
        published={"findings": 105},
    ),
    "comparator_value": number(
        "Value in the rest of the comparator area",
        alias="Comparator value (the rest)",
        when_none="none: see the reason",
        published={"findings": 55},
    ),
    "whole_area_value": number(
        "Value in the whole comparator area, as published figures have it",
        alias="Whole area, as published",
        published={"findings": 110},
    ),
    "difference": number(
        "Locality minus the rest of the comparator",
        alias="Difference from the rest",
        when_none="none: see the reason",
        published={"findings": 60},
    ),
    "difference_lower_ci": number(
        "Lower limit of the difference",
        alias="Difference, lower limit",
        when_none="none: see the reason",
        published={"findings": 65},
    ),
    "difference_upper_ci": number(
        "Upper limit of the difference",
        alias="Difference, upper limit",
        when_none="none: see the reason",
        published={"findings": 70},
    ),
    "ratio": number(
        "Locality over the rest of the comparator",
        "ratio",
        alias="Ratio to the rest",
        when_none="none: see the reason",
        published={"findings": 115, "hot_spots": 35},
    ),
    "ratio_lower_ci": number(
        "Lower limit of the ratio",
        "ratio",
        alias="Ratio, lower limit",
        when_none="none: see the reason",
        published={"findings": 120},
    ),
    "ratio_upper_ci": number(
        "Upper limit of the ratio",
        "ratio",
        alias="Ratio, upper limit",
        when_none="none: see the reason",
        published={"findings": 125},
    ),
    "p_value": share(
        "One-sided p toward poorer, for no difference",
        alias="p, no difference",
        decimals=4,
        when_none="not tested",
        published={"findings": 140},
    ),
    "q_value": share(
        "p_value after Benjamini and Hochberg in its family",
        alias="q, no difference",
        decimals=4,
        when_none="not tested",
        published={"findings": 145},
    ),
    "p_important": share(
        "One-sided p toward poorer, for a difference at or below the smallest important one",
        alias="p, important difference",
        decimals=4,
        when_none="not tested",
        published={"findings": 150},
    ),
    "q_important": share(
        "p_important after Benjamini and Hochberg in its family",
        alias="q, important difference",
        decimals=4,
        when_none="not tested",
        published={"findings": 75},
    ),
    "null_model": text(
        "Null that the p values refer to",
        allowed=("sampling", "correlated", "none"),
        alias="Null of the test",
        published={"findings": 190},
    ),
    "test_method": text("Method of the test", published={"findings": 185}),
    "depth": number(
        "Near interval limit, in units of the smallest important difference: 0 no difference, 1 exactly important",
        "smallest important differences",
        alias="Depth (important differences)",
        when_none="not assessed",
        published={"findings": 155, "localities": 160},
    ),
    "shrunken_value": number("Empirical-Bayes value, for maps and ranks only", alias="Shrunken value, for maps"),
    "posterior_worst_fifth": share(
        "Posterior probability of being in the CPP's worst fifth",
        alias="Chance of being in the worst fifth",
        when_none="not assessed",
        published={"findings": 160},
    ),
    "posterior_worst_tenth": share(
        "Posterior probability of being in the CPP's worst tenth", alias="Chance of being in the worst tenth"
    ),
    "significance": text(
        "Grade of the finding", allowed=SIGNIFICANCES, alias="Significance", published={"findings": 30}
    ),
    "reason": text(
        "Why the grade is what it is, in plain words",
        nullable=True,
        alias="Reason",
        when_none="nothing to add",
        published={"decision_targets": 22, "editing": 10, "findings": 80, "localities": 190},
    ),
}
