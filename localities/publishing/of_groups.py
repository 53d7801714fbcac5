"""What publications show of the people of a whole partnership: communities of interest, and context by council."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    import pyarrow as pa

READ_OF_GROUPS = ("group_findings", "group_indicators", "group_places")

GROUPS = (
    "Groups of people",
    "One row per group of people, outcome and what the group is held against: the rest of the council's people, "
    "everybody else in Scotland, or the same group elsewhere in Scotland. Figures are crude unless groups are ages; "
    "the column Ages says which comparisons are of people of the same age. Groups never decide the verdict on a place.",
)
PLACES = (
    "Where groups live",
    "One row per group of people that is counted by zone: how many there are, how gathered they live, and what share "
    "of them in the most income-deprived fifth and in flagged places of the proposed drawing.",
)

CONTEXT = (
    "The council in context",
    "One row per figure of the whole council in its latest period, with the publisher's limits, and Scotland's latest. "
    "They say what kind of area it is and nothing about one place in it; none has a part in any verdict.",
)
_CONTEXT = (
    "context_figure", "period", "value", "lower_ci", "upper_ci", "unit", "scotland_value", "scotland_lower_ci",
    "scotland_upper_ci", "scotland_period", "context_poorer_is", "poorer_rank", "councils", "context_topic",
    "source_id",
)  # fmt: skip

_OUTCOMES = (
    "indicator_title", "group_name", "group_comparator", "significance", "value", "lower_ci", "upper_ci", "unit",
    "comparator_value", "age_basis", "period", "denominator", "share_of_people", "domain", "difference",
    "difference_lower_ci", "difference_upper_ci", "ratio", "ratio_lower_ci", "ratio_upper_ci", "q_value",
    "q_important", "numerator", "status", "reason", "whole_area_value", "test_method", "group_dimension",
    "indicator_id",
)  # fmt: skip
_PLACES = (
    "indicator_title", "numerator", "share_of_people", "share_in_densest_fifth", "share_in_deprived_fifth",
    "share_in_flagged_scotland", "share_in_flagged_cpp", "dissimilarity", "period", "denominator",
    "zones_with_figures", "reason", "indicator_id",
)  # fmt: skip


def outcomes_of_groups(tables: Mapping[str, pa.Table]) -> pd.DataFrame:
    """Return the findings on groups for the latest period of each outcome, with titles; ``area_code`` says whose."""
    frame = tables["group_findings"].to_pandas()
    about = tables["group_indicators"].to_pandas()[["indicator_id", "indicator_title", "domain", "unit"]]
    frame = frame[frame["is_headline_period"]].merge(about, on="indicator_id")
    return frame[["area_code", *_OUTCOMES]]


def places_of_groups(tables: Mapping[str, pa.Table]) -> pd.DataFrame:
    """Return where groups live, with titles; ``area_code`` says whose."""
    frame = tables["group_places"].to_pandas()
    about = tables["indicators"].select(["indicator_id", "indicator_title"]).to_pandas()
    return frame.merge(about, on="indicator_id")[["area_code", *_PLACES]]


def context_of(tables: Mapping[str, pa.Table], cpp_codes: Iterable[str]) -> pd.DataFrame:
    """Return the figures of whole councils beside Scotland's; ``area_code`` says whose."""
    import pandas as pd

    from localities.choosing.beside_scotland import beside

    context = tables["council_context"].to_pandas()
    frames = [beside(context, code).assign(area_code=code) for code in cpp_codes]
    return pd.concat(frames, ignore_index=True)[["area_code", *_CONTEXT]]
