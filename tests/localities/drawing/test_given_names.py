"""Names that partnerships give: they win, outlive a new drawing, and wait where their place is gone."""

from __future__ import annotations

import pandas as pd
import pytest

from indicators.errors import SchemaError
from localities.drawing.given_names import give_name, read_names, with_given_names

ZONES = pd.DataFrame({"zone_code": list("abcdef"), "population": [100, 200, 300, 400, 500, 600]})


def drawing(**communities: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Localities of one set and partnership, by code, each a string of its zones."""
    ids = [f"natural_communities:{code}" for code in communities]
    places = pd.DataFrame(
        {
            "locality_id": ids,
            "candidate_set": "natural_communities",
            "locality_name": [f"Place {code}" for code in communities],
            "alternative_names": pd.Series([None] * len(ids), dtype="str"),
            "cpp_code": "S12000008",
            "based_on": pd.Series([None] * len(ids), dtype="str"),
        }
    )
    members = pd.DataFrame(
        [(name, zone, 1.0) for name, zones in zip(ids, communities.values(), strict=True) for zone in zones],
        columns=["locality_id", "zone_code", "weight"],
    )
    return places, members


@pytest.fixture
def names(tmp_path):
    return tmp_path / "names.csv"


def test_a_given_name_wins_and_the_found_one_becomes_an_alternative(names):
    given = give_name(names, "natural_communities", "S12000008", "Place p", "The Bennals", ["a", "b"])
    named = with_given_names(*drawing(p="ab", q="cdef"), given, ZONES).set_index("locality_id")
    assert named.loc["natural_communities:p", "locality_name"] == "The Bennals"
    assert named.loc["natural_communities:p", "alternative_names"] == "Place p"
    assert named.loc["natural_communities:q", "locality_name"] == "Place q"


def test_it_goes_with_most_of_its_residents_into_another_drawing(names):
    given = give_name(names, "natural_communities", "S12000008", "Place p", "The Bennals", ["c", "d"])
    # 700 residents named; of c, d and a they are 700 of 800; of d, e and f 400 of 1,800
    assert with_given_names(*drawing(new="acd", other="bef"), given, ZONES)["locality_name"].tolist() == [
        "The Bennals", "Place other",
    ]  # fmt: skip
    # now 400 of 1,800 and 300 of 600: nobody shares more than half of all that either holds but the second, just
    assert with_given_names(*drawing(one="def", two="abc"), given, ZONES)["locality_name"].tolist() == [
        "Place one", "Place two",
    ]  # fmt: skip


def test_it_goes_into_an_edited_drawing_that_has_not_named_the_place_itself(names):
    given = give_name(names, "natural_communities", "S12000008", "Place p", "The Bennals", ["a", "b"])
    given = give_name(names, "natural_communities", "S12000008", "Place q", "Hillend", ["c", "d", "e", "f"])
    places, members = drawing(p="ab", q="cdef")
    own = places.assign(candidate_set="own_ours", based_on="natural_communities", locality_name=["Place p", "Mill Row"])
    assert with_given_names(own, members, given, ZONES)["locality_name"].tolist() == ["The Bennals", "Mill Row"]
    # what the edited drawing itself was given wins
    given = give_name(names, "own_ours", "S12000008", "The Bennals", "Bennals Mill", ["a", "b"])
    assert with_given_names(own, members, given, ZONES)["locality_name"].tolist() == ["Bennals Mill", "Mill Row"]
    # and a drawing based on nothing keeps its own
    alone = own.assign(based_on=pd.Series([None, None], dtype="str"))
    assert with_given_names(alone, members, given.iloc[:2], ZONES)["locality_name"].tolist() == ["Place p", "Mill Row"]


def test_another_set_keeps_its_own_names(names):
    given = give_name(names, "wards", "S12000008", "Ward p", "The Bennals", ["a", "b"])
    places, members = drawing(p="ab")
    assert with_given_names(places, members, given, ZONES)["locality_name"].tolist() == ["Place p"]


def test_a_name_that_a_run_found_elsewhere_gives_way(names):
    given = give_name(names, "natural_communities", "S12000008", "Place p", "Place q", ["a", "b"])
    assert with_given_names(*drawing(p="ab", q="cdef"), given, ZONES)["locality_name"].tolist() == [
        "Place q", "Place q (q)",
    ]  # fmt: skip


def test_the_latest_name_for_a_place_stays(names):
    give_name(names, "natural_communities", "S12000008", "Place p", "The Bennals", ["b", "a"])
    give_name(names, "natural_communities", "S12000008", "The Bennals", 'Bennals, and "Byres"', ["a", "b"])
    assert read_names(names)["locality_name"].tolist() == ['Bennals, and "Byres"']
    assert read_names(names.with_name("none.csv")).empty


def test_a_file_that_is_no_list_of_names_is_refused_in_words(names):
    names.write_text("name\nThe Bennals\n", encoding="utf-8")
    with pytest.raises(SchemaError, match="localities candidates rename"):
        read_names(names)
