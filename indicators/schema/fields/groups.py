"""Fields of communities of interest: groups of people, what they are held against, and where they live."""

from __future__ import annotations

from indicators.schema.field import Field, flag, share, text
from indicators.schema.vocabulary import AGE_BASES, GROUP_COMPARATORS, GROUP_DIMENSIONS

FIELDS: dict[str, Field] = {
    "group_dimension": text("What the groups are told apart by", allowed=GROUP_DIMENSIONS, alias="Groups by"),
    "group_name": text("Group of people", alias="Group"),
    "group_comparator": text(
        "What the group is held against: the rest of the council's people, everybody else in Scotland, or the same "
        "group elsewhere in Scotland",
        allowed=GROUP_COMPARATORS,
        alias="Held against",
    ),
    "share_of_people": share(
        "Share of the area's people who are of the group", alias="Share of people", when_none="not counted"
    ),
    "age_basis": text(
        "Whether age is in the comparison: both sides are of the same ages, one is older by definition, or it may be",
        allowed=AGE_BASES,
        alias="Ages",
    ),
    "share_in_densest_fifth": share(
        "Share of the group in the fifth of people among whom it is densest; 0.2 where it lives as everybody does",
        alias="Share in its densest fifth",
        when_none="not known",
    ),
    "dissimilarity": share(
        "Index of dissimilarity between zones: 0 spread as others are, 1 apart from them",
        alias="Dissimilarity",
        when_none="not known",
    ),
    "share_in_deprived_fifth": share(
        "Share of the group in the area's most income-deprived fifth",
        alias="Share in the most deprived fifth",
        when_none="not known",
    ),
    "share_in_flagged_scotland": share(
        "Share of the group in places of the proposed drawing that are poorer than elsewhere in Scotland",
        alias="Share in places poorer than Scotland",
        when_none="not known",
    ),
    "share_in_flagged_cpp": share(
        "Share of the group in places of the proposed drawing that are poorer than elsewhere in the partnership",
        alias="Share in places poorer than the partnership",
        when_none="not known",
    ),
    "is_by_group": flag("Some declared table has outcomes of the domain by these groups"),
    "group_tables": text("Which tables these are", nullable=True, when_none="none"),
}
