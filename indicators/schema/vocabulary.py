"""The values that fields may take, each list once."""

from __future__ import annotations

STATUSES = ("observed", "suppressed", "not_applicable", "missing", "modelled")


SIGNIFICANCES = ("poorer", "slightly_poorer", "not_different", "better", "not_assessed")


VERDICTS = ("strong_evidence", "some_evidence", "no_evidence", "insufficient_evidence")


OPEN_VERDICT = "Cannot be assessed on these zones"
"""How the headline of a verdict begins that hangs on figures modelled from another census's zones."""


MOVED_BY = ("boundary", "figures", "threshold", "modelled")
"""Why a locality has another verdict on the zones of the other census."""


CORE_VOTES = ("income_and_work", "health", "education")
"""Votes that can make a flag; the others describe and corroborate."""


VOTES = (*CORE_VOTES, "crime", "housing", "access")


COMPARATORS = ("cpp", "scotland")


CONTEXT_TOPICS = ("life_expectancy", "drug_deaths", "child_poverty", "council_services", "health_profile")
"""What the figures of whole councils are about, in the order in which they are shown."""


GROUP_COMPARATORS = ("cpp", "scotland", "same_group")
"""What a group is held against: the rest of the council's people, everybody else in Scotland, and the same group
elsewhere in Scotland."""


GROUP_DIMENSIONS = (
    "age", "sex", "ethnic_group", "disability", "health_condition", "tenure", "care_experience", "household",
    "deprivation",
)  # fmt: skip
"""What groups of people are told apart by."""


AGE_BASES = ("same_ages", "other_ages", "not_adjusted")
"""Whether age is in a comparison of groups: both sides are of the same ages; one is older by definition; it may be."""


ANSWERS = (
    "poorer_than_both",
    "poorer_than_scotland",
    "poorer_within_cpp_only",
    "some_evidence",
    "no_evidence",
    "insufficient_evidence",
)
"""Two answers side by side, as a legend has them: the first three are strong evidence."""


ACCESS_VERDICTS = ("poorer", "not_poorer", "not_assessed")


BASES = ("cpp", "scotland", "both", "none")


INEQUALITY_MEASURES = (
    "duncan_index",
    "slope_index",
    "relative_index",
    "concentration_index",
    "fifths_gap",
    "fifths_ratio",
    "attributable_share",
)


TREND_STATUSES = ("trend", "change_only", "not_assessed")


PROJECTED_YEARS = (1, 3, 10)


TREND_DIRECTIONS = ("improving", "worsening", "rising", "falling", "no_clear_change", "not_assessed")


MATCHINGS = ("with_deprivation", "without_deprivation")


PROGRESS_DIRECTIONS = ("improving", "worsening", "no_clear_change", "not_assessed")


GROUNDS = ("gaining_ground", "losing_ground", "no_clear_difference", "not_assessed")


RELATIVE_SCALES = ("percent", "points")


DECISIONS = ("chosen", "not_chosen", "to_revisit")
"""What a partnership decides on a place."""


BOUNDARIES_NOW = ("same", "changed", "gone", "not_compared")
"""What became of a place's boundary since it was decided on."""


TARGET_GROUNDS = ("own", "trend_continued", "best_quarter", "gap_closed")
"""What a target rests on: the partnership's own figure, or one of those that are worked out."""


TARGET_TRACKS = ("on_track", "not_on_track", "cannot_tell", "not_assessed")
"""Where a place is on the way to a target."""


VINTAGES = ("2001", "2011", "2022")
"""Censuses that data zones were drawn for."""


UNASSIGNED = "unassigned"
"""Stands for the zone of people whose zone is not known."""
