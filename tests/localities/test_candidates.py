"""Drawings as tables: residents conserved, names unique, fits stated, the limit kept."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import shapely

from indicators.errors import ConfigError, GeographyError, SchemaError, SourceUnavailable
from indicators.schema.validation import validate
from localities.candidate_sets import candidate_set, is_complete, set_ids, sources_of
from localities.candidates import build_candidates, drawing_context, finish_drawing
from localities.rules import check_rules

FIRST = ("intermediate_zones", "sub_council_areas", "wards", "wards_split")


@pytest.fixture
def context(drawn):
    return drawing_context(drawn.zones, drawn.adjacency, drawn.files, limit=3_000, seed=1)


def drawing(rows):
    return pd.DataFrame(rows, columns=["locality_code", "locality_name", "zone_code", "weight"])


def test_the_tables_are_valid_and_residents_are_conserved(context, drawn):
    localities, members = build_candidates(context, FIRST)
    localities, members = validate("candidate_localities", localities), validate("membership", members)
    check_rules("membership", members, {"zones": drawn.zones, "candidate_localities": localities})
    assert localities.groupby("candidate_set")["population"].sum().to_dict() == dict.fromkeys(FIRST, 18_500)
    assert members.groupby("candidate_set")["zone_code"].nunique().to_dict() == dict.fromkeys(FIRST, 19)
    assert len(members) == 4 * 19
    assert localities.crs.to_epsg() == 27700


def test_intermediate_zones_that_share_a_name_take_their_ward(context):
    localities, _ = build_candidates(context, ["intermediate_zones"])
    names = localities.set_index("locality_id")["locality_name"]
    assert names["intermediate_zones:S02990001"] == "Mill (Lower Mill)"
    assert names["intermediate_zones:S02990002"] == "Mill (Upper Mill)"
    assert not localities.duplicated(["candidate_set", "cpp_code", "locality_name"]).any()
    longest = "Drochaid nan Clach Bàna agus Ceann Loch a' Mhuilinn Mhòir (O'Neil's)"
    assert names["intermediate_zones:S02990003"] == longest


def test_wards_take_zones_by_where_residents_live(context):
    localities, members = build_candidates(context, ["wards"])
    ward = members.set_index("zone_code")["locality_id"]
    # 7 of 10 residents of zones 5 to 8 live in the upper ward
    assert set(ward[[f"S0199{n:04d}" for n in range(5, 13)]]) == {"wards:S13990002"}
    # the island is in no ward: the nearest of its own partnership, though B's is nearer
    assert ward["S01990013"] == "wards:S13990001"
    fit = localities.set_index("locality_id")["fit"]
    # zones 5-8: 0 + 600 + 700 + 800 = 2,100 residents, 0.7 inside; zones 9-12: 4,200 inside; 5,670 of 6,300
    assert fit["wards:S13990002"] == pytest.approx(0.9)
    # zones 1-4: 1,000 inside; the island's 1,300 are in no ward
    assert fit["wards:S13990001"] == pytest.approx(1_000 / 2_300)
    assert fit["wards:S13990003"] == pytest.approx(1.0)


def test_areas_of_one_name_in_two_councils_stay_apart(context):
    localities, _ = build_candidates(context, ["sub_council_areas"])
    brae = localities[localities["locality_name"] == "Brae"]
    assert sorted(brae["locality_id"]) == ["sub_council_areas:S12990001-brae", "sub_council_areas:S12990002-brae"]
    assert sorted(brae["population"]) == [400, 9_900]


def test_split_wards_are_under_the_limit_contiguous_and_named_from_their_parent(context):
    localities, _ = build_candidates(context, ["wards", "wards_split"])
    split = localities[localities["candidate_set"] == "wards_split"]
    assert (split["population"] < 3_000).all()
    assert split["is_within_limit"].all()
    assert split["is_contiguous"].all()
    # the lower ward, 2,300 residents, is under the limit and stays whole
    assert "Lower Mill" in set(split["locality_name"])
    assert all(name.startswith(("Upper Mill: ", "Brae: ", "Lower Mill")) for name in split["locality_name"])
    assert not split.duplicated(["cpp_code", "locality_name"]).any()


def test_the_limit_is_strict(drawn):
    # intermediate zone 1 has exactly 1,000 residents
    for limit, expected in ((1_000, False), (1_001, True)):
        context = drawing_context(drawn.zones, drawn.adjacency, drawn.files, limit=limit)
        localities, _ = build_candidates(context, ["intermediate_zones"])
        row = localities.set_index("locality_id").loc["intermediate_zones:S02990001"]
        assert row["population"] == 1_000
        assert bool(row["is_within_limit"]) is expected


def test_compactness_of_a_square_and_a_strip(context):
    rows = [("square", "Square", f"S0199{n:04d}", 1.0) for n in (1, 2, 5, 6)]
    rows += [("strip", "Strip", f"S0199{n:04d}", 1.0) for n in (9, 10, 11, 12)]
    localities, _ = finish_drawing(context, "mine", drawing(rows))
    found = localities.set_index("locality_id")["compactness"]
    assert found["mine:square"] == pytest.approx(math.pi / 4)
    # 400 x 100 m: 4 pi 40,000 / 1,000 squared
    assert found["mine:strip"] == pytest.approx(0.16 * math.pi)


def test_polygons_are_dissolved(context):
    rows = [("square", "Square", f"S0199{n:04d}", 1.0) for n in (1, 2, 5, 6)]
    localities, _ = finish_drawing(context, "mine", drawing(rows))
    assert localities.geometry.iloc[0].equals(shapely.box(400_000, 800_000, 400_200, 800_200))


def test_a_part_of_a_zone_counts_by_its_share_of_residents(context):
    localities, _ = finish_drawing(
        context, "mine", drawing([("x", "X", "S01990001", 1.0), ("x", "X", "S01990002", 0.333)])
    )
    # 100 + 0.333 x 200 = 166.6
    assert localities["population"].tolist() == [167]


def test_a_locality_over_the_boundary_of_a_partnership_is_cut_along_it(context):
    rows = [("x", "Border", "S01990004", 1.0), ("x", "Border", "S01990014", 1.0), ("y", "Inland", "S01990001", 1.0)]
    localities, members = finish_drawing(context, "mine", drawing(rows))
    assert sorted(localities["locality_id"]) == ["mine:x-S12990001", "mine:x-S12990002", "mine:y"]
    assert sorted(members["locality_id"]) == sorted(localities["locality_id"])
    assert localities["zone_count"].tolist() == [1, 1, 1]


def test_a_zone_without_residents_is_a_member_like_any_other(context):
    localities, _ = finish_drawing(context, "mine", drawing([("x", "Empty", "S01990005", 1.0)]))
    assert localities["population"].tolist() == [0]
    assert localities["fit"].tolist() == [1.0]


@pytest.mark.parametrize(
    ("rows", "complete", "error", "message"),
    [
        ([("x", "X", "S01006506", 1.0)], False, GeographyError, "S01006506"),
        ([("x", "X", "S01990001", 1.0)] * 2, False, SchemaError, "twice"),
        ([("x", "X", "S01990001", 1.5)], False, SchemaError, "weight"),
        ([("x", "X", "S01990001", 0.0)], False, SchemaError, "weight"),
        ([("x", "X", "S01990001", np.nan)], False, SchemaError, "weight"),
        ([("x", "X", "S01990001", 1.0)], True, GeographyError, "exactly once"),
    ],
)
def test_a_wrong_drawing_is_explained(context, rows, complete, error, message):
    with pytest.raises(error, match=message):
        finish_drawing(context, "mine", drawing(rows), must_be_complete=complete)


def test_the_same_inputs_give_the_same_tables(drawn):
    once, again = (
        build_candidates(drawing_context(drawn.zones, drawn.adjacency, drawn.files, limit=3_000, seed=7), FIRST)
        for _ in range(2)
    )
    pd.testing.assert_frame_equal(pd.DataFrame(once[0]), pd.DataFrame(again[0]))
    pd.testing.assert_frame_equal(once[1], again[1])


def test_sets_are_found_by_name_and_say_what_they_are():
    assert set(FIRST) <= set(set_ids())
    assert all(is_complete(one) for one in FIRST)
    assert set(sources_of()) >= {"ons-wards-2025", "nrs-output-areas-2011", "is-sub-council-areas"}
    for one in set_ids():
        assert candidate_set(one).TITLE
        assert candidate_set(one).DESCRIPTION.endswith(".")


def test_an_unknown_set_is_named():
    with pytest.raises(ConfigError, match="'parishes'"):
        candidate_set("parishes")


def test_a_set_says_which_source_it_lacks(drawn):
    context = drawing_context(drawn.zones, drawn.adjacency, {}, limit=3_000)
    with pytest.raises(SourceUnavailable, match="ons-wards-2025"):
        build_candidates(context, ["wards"])


@pytest.mark.mirror
def test_complete_sets_divide_scotland(scotland):
    context = drawing_context(scotland.zones, scotland.adjacency, scotland.files)
    localities, members = build_candidates(context, FIRST)
    localities, members = validate("candidate_localities", localities), validate("membership", members)
    check_rules("membership", members, {"zones": scotland.zones, "candidate_localities": localities})
    residents = int(scotland.zones["population"].sum())
    for one in FIRST:
        mine, zones = localities[localities["candidate_set"] == one], members[members["candidate_set"] == one]
        assert len(zones) == zones["zone_code"].nunique() == 6_976
        assert mine["population"].sum() == residents
        assert not mine.duplicated(["cpp_code", "locality_name"]).any()
    assert localities.groupby("candidate_set").size().reindex(["intermediate_zones", "sub_council_areas"]).tolist() == [
        1_279,
        345,
    ]
    split = localities[localities["candidate_set"] == "wards_split"]
    assert (split["population"] < 10_000).all()
    assert (localities.loc[localities["candidate_set"] == "wards", "fit"].mean()) > 0.95
    assert shapely.is_valid(localities.geometry.to_numpy()).all()
