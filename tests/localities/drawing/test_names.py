"""Communities are called by the names that most of their residents live nearest to."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from indicators.errors import SchemaError, UnreadableSource
from localities.candidates import build_candidates, drawing_context
from localities.drawing.natural_communities.named_places import islands_of, nearest_places, read_named_places
from localities.drawing.natural_communities.naming import PlaceNames, names_by_places

HEADER = "ID,NAME1,NAME1_LANG,NAME2,NAME2_LANG,TYPE,LOCAL_TYPE,X,Y,MBRXMIN,MBRYMIN,MBRXMAX,MBRYMAX\n"


def row(name, kind, x, y, side, second=",", first=""):
    half = side / 2
    return f"1,{name},{first},{second},populatedPlace,{kind},{x},{y},{x - half},{y - half},{x + half},{y + half}\n"


@pytest.fixture
def names_file(tmp_path):
    def write(*rows):
        path = tmp_path / "names.csv"
        path.write_text(HEADER + "".join(rows), encoding="utf-8")
        return path

    return write


def residents(*points):
    frame = pd.DataFrame(points, columns=["zone", "x", "y", "residents"])
    return frame.assign(share=frame["residents"] / frame.groupby("zone")["residents"].transform("sum"))


def zones(*people, x=None, iz=None):
    return pd.DataFrame(
        {
            "cpp_code": "S12000036",
            "population": people,
            "centroid_x": x or list(range(len(people))),
            "centroid_y": 0.0,
            "intermediate_zone_name": iz or "Elsewhere",
        }
    )


def known(names, shares, large=None, settlement=None, islands=None):
    frame = pd.DataFrame(shares, columns=["zone", "place", "share"])
    is_large = np.array([False] * len(names) if large is None else large)
    if islands is not None:
        islands = pd.DataFrame(islands, columns=["zone", "name", "share"])
    return PlaceNames(np.array(names, dtype=object), frame, is_large, settlement, islands)


def test_names_are_read_in_english_where_gaelic_comes_first(names_file):
    path = names_file(
        row("Am Ploc", "Village", 100, 100, 500, second="Plockton,eng", first="gla"),
        row("Leith", "Other Settlement", 0, 0, 900),
        row("Edinburgh", "City", 0, 0, 9_000),
        row("Oban", "Town", 500, 100, 900),
    )
    found = read_named_places(path)
    # cities and places smaller than any community are left out
    assert found["name"].tolist() == ["Plockton", "Oban"]
    assert found.loc[1, ["west", "south", "east", "north"]].tolist() == [50, -350, 950, 550]


def test_a_file_that_is_none_is_explained(names_file, tmp_path):
    with pytest.raises(SchemaError, match="no number"):
        read_named_places(names_file("1,Oban,,,,populatedPlace,Town,here,1,1,1,1,1\n"))
    (tmp_path / "page.csv").write_text("<!DOCTYPE html><html></html>")
    with pytest.raises(UnreadableSource, match="HTML"):
        read_named_places(tmp_path / "page.csv")


def test_a_resident_as_near_to_two_names_belongs_half_to_each(names_file):
    places = read_named_places(names_file(row("A", "Village", 0, 0, 1_000), row("B", "Village", 2_000, 0, 1_000)))
    shares, is_large = nearest_places(places, residents((0, 1_000, 0, 60), (1, 0, 0, 40)), limit=10_000)
    assert shares.to_numpy().tolist() == [[0, 0, 0.5], [0, 1, 0.5], [1, 0, 1.0]]
    assert not is_large.any()


def test_a_place_of_larger_extent_reaches_farther(names_file):
    small, large = row("A", "Suburban Area", 0, 0, 500), row("B", "Suburban Area", 2_000, 0, 2_000)
    shares, _ = nearest_places(read_named_places(names_file(small, large)), residents((0, 950, 0, 1)), limit=10_000)
    assert shares.loc[shares["share"].idxmax(), "place"] == 1


def test_a_town_of_more_residents_than_the_limit_stands_for_its_centre(names_file):
    town, suburb = row("Town", "Town", 0, 0, 6_000), row("Suburb", "Suburban Area", 2_000, 0, 1_000)
    where = residents((0, 100, 0, 6_000), (1, 1_200, 0, 4_000))
    places = read_named_places(names_file(town, suburb))
    for limit, of_second_zone in ((10_001, 0), (10_000, 1)):
        shares, is_large = nearest_places(places, where, limit=limit)
        second = shares[shares["zone"] == 1]
        assert second.loc[second["share"].idxmax(), "place"] == of_second_zone
        assert is_large.tolist() == [limit == 10_000, False]


def test_names_are_listed_until_half_of_the_residents_are_named():
    # 40 % Leith, 35 % Pilrig, 25 % Lochend: two names for three quarters
    places = known(["Leith", "Pilrig", "Lochend"], [(0, 0, 0.4), (0, 1, 0.35), (0, 2, 0.25)])
    names, others = names_by_places(zones(1_000), np.array([0]), places)
    assert names.tolist() == ["Leith and Pilrig"]
    assert others.tolist() == ["Lochend"]


def test_a_part_of_a_large_town_does_not_take_its_name():
    places = known(["Cumbernauld", "Abronhill"], [(0, 0, 1.0), (1, 1, 1.0)], large=[True, False])
    names, _ = names_by_places(zones(4_590, 6_000), np.array([0, 1]), places)
    assert names.tolist() == ["Cumbernauld Town Centre", "Abronhill"]


def test_a_settlement_that_is_nearly_all_of_a_community_names_it():
    settlement = np.array(["Forfar", "Forfar", "Letham", None], dtype=object)
    places = known(["Market Muir", "Zoar", "Letham"], [(0, 0, 1.0), (1, 1, 1.0), (2, 2, 1.0), (3, 2, 1.0)],
                   settlement=settlement)  # fmt: skip
    # both zones of Forfar; of the second region 60 % in Letham, too few for the settlement, so by the nearest name
    names, _ = names_by_places(zones(5_000, 3_000, 900, 600), np.array([0, 0, 1, 1]), places)
    assert names.tolist() == ["Forfar", "Letham"]


def test_a_town_over_the_limit_names_only_what_holds_most_of_it():
    # 14,000 people: 9,780 are seven tenths (9,800) but for 20; the suburb has a name of its own
    for people, name in ((9_780, "Forfar Town Centre"), (9_820, "Forfar")):
        settlement = np.array(["Forfar", "Forfar"], dtype=object)
        places = known(["Forfar", "Whitehills"], [(0, 0, 1.0), (1, 1, 1.0)], large=[True, False], settlement=settlement)
        names, _ = names_by_places(zones(people, 14_000 - people), np.array([0, 1]), places)
        assert names.tolist() == [name, "Whitehills"]


def test_an_island_names_its_community_and_its_villages_are_alternatives():
    places = known(["Pierowall", "Backaland"], [(0, 0, 0.8), (0, 1, 0.2)],
                   islands=[(0, "Westray", 0.7), (0, "Papa Westray", 0.1), (0, "Eday", 0.2)])  # fmt: skip
    names, others = names_by_places(zones(800), np.array([0]), places)
    assert names.tolist() == ["Westray and Eday"]
    assert others.tolist() == ["Pierowall; Backaland"]


def test_residents_live_on_the_island_of_the_nearest_place():
    # by Pierowall, by Holland on Papa Westray, and Kirkwall, which is on no island that is listed
    where = residents((0, 343_500, 1_048_700, 570), (0, 349_200, 1_051_600, 90), (1, 344_900, 1_011_000, 500))
    found = islands_of(where, np.array([0])).set_index("name")["share"]
    assert found.to_dict() == {"Papa Westray": pytest.approx(90 / 660), "Westray": pytest.approx(570 / 660)}
    assert islands_of(where.assign(x=0.0), np.array([1])).empty


def test_a_place_in_the_name_of_its_intermediate_zone_comes_before_a_side():
    places = known(["Castlemilk"], [(zone, 0, 1.0) for zone in range(4)])
    named = zones(8_000, 600, 3_000, 2_000, iz=["Castlemilk", "Glenwood South", "Glenwood North", "Castlemilk"])
    names, _ = names_by_places(named, np.array([0, 0, 1, 1]), places)
    assert names.tolist() == ["Castlemilk", "Glenwood"]


def test_a_side_comes_only_where_no_name_exists():
    shares = [(0, 0, 1.0), (1, 0, 1.0)]
    places = known(["Lochee"], shares)
    named = zones(2_000, 1_000, x=[0, 500], iz=["Lochee", "Balgay"])
    assert names_by_places(named, np.array([0, 1]), places)[0].tolist() == ["Lochee", "Balgay"]
    same = zones(2_000, 1_000, x=[0, 500], iz=["Lochee", "Lochee"])
    # the name of its intermediate zone is that of the other part
    assert names_by_places(same, np.array([0, 1]), places)[0].tolist() == ["Lochee", "Lochee east"]


def test_two_places_of_one_name_are_told_apart():
    places = known(["Newton", "Newton", "Mill", "Bridgend"], [(0, 0, 0.8), (0, 2, 0.2), (1, 1, 0.8), (1, 3, 0.2)])
    names, _ = names_by_places(zones(1_000, 900), np.array([0, 1]), places)
    assert names.tolist() == ["Newton (Mill)", "Newton (Bridgend)"]


def test_without_a_file_of_names_intermediate_zones_give_them(drawn):
    context = drawing_context(drawn.zones, drawn.adjacency, drawn.files, limit=6_000)
    assert context.named_places is None
    localities, _ = build_candidates(context, ["natural_communities"])
    assert localities["alternative_names"].isna().all()
    assert localities["locality_name"].str.contains("Mill|Brae").any()
