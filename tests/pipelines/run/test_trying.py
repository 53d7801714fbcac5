"""An indicator tried on the last run before it is taken in: by every rule, with what would change, and nothing kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from indicators.catalogue import Catalogue, Indicator, load_catalogue
from indicators.errors import UnreadableSource
from pipelines.folders import Home
from pipelines.run.trying import has_run, try_indicator
from pipelines.storage.store import Store


@pytest.fixture
def parcels() -> Indicator:
    columns = {"area": "DataZone", "numerator": "Parcels", "denominator": "Homes", "period": "2021"}
    return replace(
        load_catalogue()["nrs_children"], id="parcels", role="outcome", is_tested=True, vote="", source="parcels",
        reader="mapped_table", columns=columns,
    )  # fmt: skip


def files(folder: Path, zones: list[str], rate: int = 20) -> dict[str, Path]:
    path = folder / "parcels.csv"
    path.write_text("DataZone,Parcels,Homes\n" + "".join(f"{zone},{rate},400\n" for zone in zones), encoding="utf-8")
    return {"parcels": path}


def tried(home: Home, one: Indicator, given: dict[str, Path]):
    return try_indicator(home, one, Catalogue(tuple(load_catalogue())), given)


def test_what_covers_one_council_is_tried_there_alone(tmp_path, sample_home, parcels):
    assert has_run(sample_home)
    assert not has_run(Home(tmp_path))
    zones = Store(sample_home.store).read("zones", ["zone_code", "cpp_code"])
    council = zones["cpp_code"].iloc[0]
    inside = zones.loc[zones["cpp_code"] == council, "zone_code"].tolist()
    with pytest.raises(UnreadableSource, match="declare covers"):
        tried(sample_home, parcels, files(tmp_path, inside))
    found = tried(sample_home, replace(parcels, covers=(council,)), files(tmp_path, inside))
    assert found.figures["observed"].tolist() == [len(inside)]
    assert found.findings["assessed_scotland"].sum() == 0
    assert found.findings["assessed_cpp"].sum() > 0
    assert set(found.findings["reason"]) <= {
        "not published for this place",
        "published for some councils only: there is no figure for the rest of Scotland",
    }
    assert found.verdicts.empty


def test_a_vote_says_whose_answer_would_be_another_and_keeps_nothing(tmp_path, sample_home, parcels):
    store = Store(sample_home.store)
    versions = {name: one.version for name, one in store.manifests().items()}
    zones = store.read("zones", ["zone_code"])["zone_code"].tolist()
    # everybody alike: of two that are poorer in health this one is not, so some lose that vote
    found = tried(sample_home, replace(parcels, vote="health"), files(tmp_path, zones))
    assert (found.findings[["poorer_scotland", "poorer_cpp"]] == 0).all(axis=None)
    assert len(found.verdicts) > 0
    assert (found.verdicts["before"] != found.verdicts["after"]).all()
    before = store.read("verdicts").set_index(["candidate_set", "locality_name", "cpp_name"])
    for row in found.verdicts.itertuples():
        stored = before.loc[[(row.candidate_set, row.locality_name, row.cpp_name)], f"verdict_{row.comparator}"]
        assert row.before in set(stored)
    assert {name: one.version for name, one in store.manifests().items()} == versions


def test_without_another_vote_the_answers_are_those_of_the_run(tmp_path, sample_home, parcels):
    """The same sums by another way: what is tried against them starts from the verdicts as stored."""
    zones = Store(sample_home.store).read("zones", ["zone_code"])["zone_code"].tolist()
    # in a vote of its own, which is not a core one, figures that are alike everywhere change no answer
    found = tried(sample_home, replace(parcels, vote="access"), files(tmp_path, zones))
    assert found.verdicts.empty
