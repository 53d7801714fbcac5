"""Communities of interest in publications: rows with titles, of the latest period, each told whose it is."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from indicators.schema.fields import FIELDS
from localities.publishing.explorer.whole_area import whole_area
from localities.publishing.of_groups import context_of, outcomes_of_groups, places_of_groups


def table(**columns: Sequence[object]) -> pa.Table:
    frame = pd.DataFrame({name: list(cells) for name, cells in columns.items()})
    return pa.Table.from_pandas(frame, preserve_index=False)


def test_findings_on_groups_are_of_the_latest_period_and_have_titles():
    blank = dict.fromkeys(
        ("value", "lower_ci", "upper_ci", "comparator_value", "age_basis", "denominator", "share_of_people",
         "difference", "difference_lower_ci", "difference_upper_ci", "ratio", "ratio_lower_ci", "ratio_upper_ci",
         "q_value", "q_important", "numerator", "status", "reason", "whole_area_value", "test_method",
         "group_dimension"), (None, None, None),
    )  # fmt: skip
    tables = {
        "group_findings": table(
            **blank, indicator_id=["ill"] * 3, group_name=["Men"] * 3, group_comparator=["cpp", "cpp", "scotland"],
            significance=["poorer", "better", "poorer"], period=["2022", "2021", "2022"],
            is_headline_period=[True, False, True], area_code=["S12000005", "S12000005", "S92000003"],
        ),
        "group_indicators": table(indicator_id=["ill"], indicator_title=["Ill"], domain=["Health"], unit=["%"]),
    }  # fmt: skip
    frame = outcomes_of_groups(tables)
    assert frame["area_code"].tolist() == ["S12000005", "S92000003"]
    assert frame[["indicator_title", "group_name", "significance", "period"]].iloc[0].tolist() == [
        "Ill", "Men", "poorer", "2022",
    ]  # fmt: skip


def test_where_groups_live_has_titles():
    names = ("numerator", "share_of_people", "share_in_densest_fifth", "share_in_deprived_fifth",
             "share_in_flagged_scotland", "share_in_flagged_cpp", "dissimilarity", "period", "denominator",
             "zones_with_figures", "reason")  # fmt: skip
    tables = {
        "group_places": table(**dict.fromkeys(names, (1.0,)), indicator_id=["carers"], area_code=["S12000005"]),
        "indicators": table(indicator_id=["carers", "other"], indicator_title=["Carers", "Other"]),
    }
    assert places_of_groups(tables)[["area_code", "indicator_title"]].values.tolist() == [["S12000005", "Carers"]]


def test_a_page_tells_of_the_whole_area_and_leaves_out_who_is_only_older():
    groups = table(
        indicator_title=["Ill, by age"] * 3, group_name=["Under 16"] * 3, period=["2022"] * 3,
        unit=["% of residents"] * 3, group_comparator=["same_group", "cpp", "scotland"],
        age_basis=["same_ages", "other_ages", "other_ages"],
        value=[1.5] * 3, lower_ci=[1.25] * 3, upper_ci=[1.75] * 3, comparator_value=[0.5, 9, 9],
        significance=["poorer", "better", "better"],
    )  # fmt: skip
    life = dict(context_topic="life_expectancy", context_figure="Life expectancy, males", unit="years", source_id="s",
                context_poorer_is="lower", lower_ci=None, upper_ci=None)  # fmt: skip
    context = pd.DataFrame(
        [
            {**life, "area_code": "S12000005", "period": "2020-2022", "value": 77.5},
            {**life, "area_code": "S12000047", "period": "2020-2022", "value": 78.5},
            {**life, "area_code": "S92000003", "period": "2017-2019", "value": 77.2},
        ]
    )
    own = context_of({"council_context": pa.Table.from_pandas(context)}, ["S12000005"])
    assert own[["area_code", "poorer_rank", "councils"]].values.tolist() == [["S12000005", 1, 2]]
    told = whole_area({"Groups of people": groups, "The council in context": pa.Table.from_pandas(own)})
    assert [one["rows"] for one in told] == [
        [["Ill, by age: Under 16, 2022", "1.50% (1.25 to 1.75)", "The same group elsewhere in Scotland", "0.500%",
          "Surely and importantly poorer"]],
        [["Life expectancy, males, 2020-2022", "77.5", "years", "77.2 (2017-2019)"]],
    ]  # fmt: skip
    assert whole_area({}) == []


def test_what_may_be_absent_has_words_of_its_own_in_an_attribute_table():
    """QGIS shows "NULL" else: shares of people are absent where counts are made from published limits."""
    from localities.publishing.of_groups import _CONTEXT, _OUTCOMES, _PLACES

    assert not {name for name in _CONTEXT if FIELDS[name].nullable and not FIELDS[name].when_none}
    assert FIELDS["poorer_rank"].dtype == "number"  # of an integer QGIS shows NULL
    numbers = {name for name in (*_CONTEXT, *_OUTCOMES, *_PLACES) if FIELDS[name].dtype in ("number", "date")}
    always = {"whole_area_value"}  # a finding without it has no row
    assert {name for name in numbers if FIELDS[name].nullable and not FIELDS[name].when_none} <= always
