"""Features of an ArcGIS layer, asked page by page from a real server on loopback."""

from __future__ import annotations

import json

import geopandas as gpd
import pytest

from indicators.errors import UnreadableSource
from pipelines.sources.addresses import Address
from pipelines.sources.download import fetch

LAYER = "/services/wards/FeatureServer/0"


def square(number: int) -> dict[str, object]:
    """Return a ward as the service tells it, one degree wide: its row number is not among the wanted fields."""
    corners = [[number, 55], [number + 1, 55], [number + 1, 56], [number, 56], [number, 55]]
    return {
        "type": "Feature",
        "id": number,
        "properties": {"FID": number, "WD25CD": f"S1399000{number}", "WD25NM": f"Mòr {number}"},
        "geometry": {"type": "Polygon", "coordinates": [corners]},
    }


@pytest.fixture
def layer(publisher):
    """Five wards, at most two to a page whatever is asked for; returns the address."""
    from tests.pipelines.sources.conftest import Answer

    def answer(request):
        if request.query.get("returnCountOnly") == "true":
            return Answer(b'{"count": 5}')
        start = int(request.query["resultOffset"])
        page = [square(number) for number in range(1, 6)][start : start + 2]
        return Answer(json.dumps({"type": "FeatureCollection", "features": page}).encode())

    publisher.answers[f"{LAYER}/query"] = answer
    return Address("arcgis", url=f"{publisher.address}{LAYER}", fields="WD25CD,WD25NM", where="WD25CD LIKE 'S13%'")


def geopackage(declare, address):
    return declare(address, file_name="wards.gpkg", format="geopackage", encoding=None, requires_columns=())


def test_all_pages_become_one_geopackage_of_the_wanted_fields(publisher, client, declare, downloads, layer):
    got = fetch(geopackage(declare, layer), downloads=downloads, client=client)
    wards = gpd.read_file(got.path)
    assert wards["WD25CD"].tolist() == [f"S1399000{number}" for number in range(1, 6)]
    assert wards.columns.tolist() == ["WD25CD", "WD25NM", "geometry"]
    assert wards["WD25NM"].iloc[0] == "Mòr 1"
    assert (wards.crs.to_epsg(), set(wards.geom_type)) == (4326, {"MultiPolygon"})
    assert wards.total_bounds.tolist() == [1, 55, 6, 56]
    # the number first, then pages from where the last one ended
    asked = [request.query for request in publisher.requests]
    assert [one.get("resultOffset") for one in asked] == [None, "0", "2", "4"]
    assert {one["where"] for one in asked} == {"WD25CD LIKE 'S13%'"}
    assert got.address_used == f"{publisher.address}{LAYER} (WD25CD LIKE 'S13%')"


def test_the_same_features_are_the_same_bytes(client, declare, downloads, tmp_path, layer):
    source = geopackage(declare, layer)
    first = fetch(source, downloads=downloads, client=client)
    again = fetch(source, downloads=tmp_path / "elsewhere", client=client)
    assert first.sha256 == again.sha256


def test_a_geojson_file_is_the_features_themselves(client, declare, downloads, layer):
    source = declare(layer, file_name="wards.geojson", format="geojson", encoding=None, requires_columns=())
    got = fetch(source, downloads=downloads, client=client)
    found = json.loads(got.path.read_text(encoding="utf-8"))
    assert [one["properties"]["WD25NM"] for one in found["features"]] == [f"Mòr {number}" for number in range(1, 6)]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ([b'{"error": {"code": 400, "message": "Invalid URL"}}'], "Invalid URL"),
        ([b'{"count": 0}'], "has 0 features"),
        ([b'{"count": 2}', b'{"features": []}'], "ends after 0 of 2"),
        ([b'{"count": 1}', b'{"features": [{"properties": {"WD24CD": 1}}]}'], "lacks 'WD25CD'"),
    ],
    ids=["an error with HTTP 200", "nothing there", "cut short", "a renamed field"],
)
def test_anything_but_all_the_features_is_refused(publisher, client, declare, downloads, layer, answers, words):
    publisher.serves(f"{LAYER}/query", *answers)
    with pytest.raises(UnreadableSource, match=words):
        fetch(geopackage(declare, layer), downloads=downloads, client=client)
    assert not list(downloads.rglob("*.gpkg"))
