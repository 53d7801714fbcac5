"""Hot spots of the real Scotland: places that everybody who works there would name."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from indicators.catalogue import load_catalogue
from indicators.readers import simd
from indicators.schema.validation import validate
from localities.hotspots.search import find_hot_spots
from localities.rules import check_rules
from localities.zones.adjacency import build_adjacency
from localities.zones.zones import build_zones
from pipelines.sources.declarations import load_sources

pytestmark = pytest.mark.mirror


@pytest.fixture(scope="module")
def real(mirror: Path) -> SimpleNamespace:
    """Zones, neighbours and income deprivation, from the real files."""
    files = {
        name: path
        for name, source in load_sources().items()
        if (path := mirror / (source.folder or name) / source.file_name).is_file()
    }
    zones = build_zones(
        boundaries=files["sg-data-zone-boundaries-2011"],
        centroids=files["sg-data-zone-centroids-2011"],
        lookup=files["sg-data-zone-lookup-2011"],
        population=files["nrs-sape-2021"],
    )
    income = load_catalogue()["simd_income"]
    return SimpleNamespace(
        zones=zones, adjacency=build_adjacency(zones), income=income, observations=simd.read(files, [income])
    )


@pytest.fixture(scope="module")
def found(real):
    return find_hot_spots(real.zones, real.adjacency, real.observations, indicators=[real.income])


def test_every_partnership_has_a_most_likely_hot_spot(real, found):
    spots = validate("hot_spots", found.hot_spots)
    tables = {"zones": real.zones, "adjacency": real.adjacency, "hot_spots": spots}
    check_rules("hot_spot_zones", validate("hot_spot_zones", found.hot_spot_zones), tables)
    assert (spots["rank"] == 1).sum() == spots["cpp_code"].nunique() == 32
    assert (spots["population"] < 10_000).all()
    assert (spots["ratio"] > 1.5).all()


@pytest.mark.parametrize(
    ("partnership", "place"),
    [
        ("Inverclyde", "Greenock"),
        ("Highland", "Merkinch"),
        ("Renfrewshire", "Ferguslie"),
        ("Stirling", "Raploch"),
        ("City of Edinburgh", "Craigmillar"),
        ("Fife", "Methil"),
    ],
)
def test_most_likely_hot_spots_are_where_they_are_known_to_be(found, partnership, place):
    first = found.hot_spots.query("rank == 1").set_index("cpp_name")
    assert place in first.loc[partnership, "hot_spot_name"]


def test_cities_have_their_other_estates_too(found):
    # above 1.5 times the rest and a log likelihood ratio of 12; names that anyone there would add to the first
    spots = found.hot_spots.set_index("cpp_name")
    assert spots.index.value_counts()[["Glasgow City", "City of Edinburgh"]].tolist() == [73, 42]
    names = " ".join(spots.loc[["Glasgow City", "City of Edinburgh"], "hot_spot_name"])
    for place in ("Easterhouse", "Drumchapel", "Possil", "Castlemilk", "Wester Hailes", "Muirhouse", "Gilmerton"):
        assert place in names


def test_zones_of_glasgows_hot_spot_are_poor_ones(real, found):
    spots = found.hot_spots.set_index(["cpp_name", "rank"])["hot_spot_id"]
    members = found.hot_spot_zones.set_index("hot_spot_id")["zone_code"]
    zones = members.loc[spots.loc["Glasgow City", 1]]
    income = real.observations.query("period == '2017'").set_index("area_code")
    share = income.loc[zones, "numerator"].sum() / income.loc[zones, "denominator"].sum()
    # 19 % of Glasgow's residents are income deprived (SIMD 2020v2), 37 % of these
    assert share > 0.35


def test_few_hot_spots_stand_out_from_the_inequality_around_them(real, found):
    # a null of sampling error alone calls every one; with 0.05 one or two areas are called by chance
    assert found.hot_spots["is_beyond_chance"].all()
    beyond = found.hot_spots[found.hot_spots["is_beyond_inequality"]]
    assert beyond["cpp_code"].nunique() <= 6
    assert (found.areas["over_dispersion"] > 0.25).all()
