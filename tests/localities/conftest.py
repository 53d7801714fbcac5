"""A hand-made country of nineteen squares, written in the publishers' own formats.

Squares of 100 m. Partnership A ("Sgìre a' Mhuilinn") has a block of four columns and three rows, zones 1 to 12 row by
row from the south-west, and an island, zone 13, 300 m east of the block. Partnership B ("Brae") has zones 14 to 19, two
columns and three rows, between the block and the island. At mid-2021 zone n has 100 n residents, but zone 5 none.
Each zone has two output areas: 3 of 10 residents 25 m north of its southern edge, 7 of 10 at 75 m.
"""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

EAST, NORTH = 400_000, 800_000
LONGEST = "Drochaid nan Clach Bàna agus Ceann Loch a' Mhuilinn Mhòir (O'Neil's)"


def code(number: int) -> str:
    return f"S0199{number:04d}"


def corner(number: int) -> tuple[int, int]:
    """South-western corner of a zone."""
    if number <= 12:
        return EAST + 100 * ((number - 1) % 4), NORTH + 100 * ((number - 1) // 4)
    if number == 13:
        return EAST + 900, NORTH
    return EAST + 400 + 100 * ((number - 14) % 2), NORTH + 100 * ((number - 14) // 2)


def square(number: int) -> shapely.Polygon:
    x, y = corner(number)
    return shapely.box(x, y, x + 100, y + 100)


NUMBERS = tuple(range(1, 20))


def write_shapefile(frame: gpd.GeoDataFrame, path: Path, *, has_prj: bool = True) -> Path:
    folder = path.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_file(folder / "layer.shp")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(folder.iterdir()):
            if has_prj or part.suffix != ".prj":
                archive.write(part, part.name)
    return path


def write_workbook(rows: list[list[object]], path: Path, title: str = "Sheet") -> Path:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = title
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


@dataclass
class TinyCountry:
    """Tables to change at will, and files written from them."""

    folder: Path
    boundaries: gpd.GeoDataFrame
    centroids: gpd.GeoDataFrame
    lookup: pd.DataFrame
    population: pd.DataFrame
    output_areas: pd.DataFrame
    wards: gpd.GeoDataFrame
    sub_council: pd.DataFrame

    def write(self, *, has_prj: bool = True) -> dict[str, Path]:
        self.folder.mkdir(parents=True, exist_ok=True)
        paths = {
            "boundaries": write_shapefile(self.boundaries, self.folder / "boundaries.zip", has_prj=has_prj),
            "centroids": write_shapefile(self.centroids, self.folder / "centroids.zip"),
            "lookup": self.folder / "lookup.csv",
            "population": self.folder / "persons.xlsx",
            "nrs-output-areas-2011": self.folder / "output_areas.csv.gz",
            "ons-wards-2025": self.folder / "wards.gpkg",
            "is-sub-council-areas": self.folder / "areas.xlsx",
        }
        self.lookup.to_csv(paths["lookup"], index=False, encoding="cp1252")
        title = [["Table 1: Population of data zones, persons, mid-2021"], ["This worksheet contains one table."]]
        table = [list(self.population.columns), *self.population.to_numpy(dtype=object).tolist()]
        write_workbook(title + table, paths["population"], "Population_persons_2021")
        with gzip.open(paths["nrs-output-areas-2011"], "wt", encoding="utf-8") as stream:
            self.output_areas.to_csv(stream, index=False)
        self.wards.to_file(paths["ons-wards-2025"], layer="wards", driver="GPKG")
        write_workbook(
            [list(self.sub_council.columns), *self.sub_council.to_numpy(dtype=object).tolist()],
            paths["is-sub-council-areas"],
        )
        return paths


def make_country(folder: Path) -> TinyCountry:
    codes = [code(n) for n in NUMBERS]
    in_a = [n <= 13 for n in NUMBERS]
    zone = ["Mill" if n <= 8 else LONGEST if n <= 13 else "Brae" for n in NUMBERS]
    zone_code = [f"S0299000{1 if n <= 4 else 2 if n <= 8 else 3 if n <= 13 else 4}" for n in NUMBERS]
    ward = ["Lower Mill" if n <= 4 or n == 13 else "Upper Mill" if n <= 12 else "Brae" for n in NUMBERS]
    boundaries = gpd.GeoDataFrame(
        {"DataZone": codes, "Name": zone, "TotPop2011": 90, "ResPop2011": 80},
        geometry=[square(n) for n in NUMBERS],
        crs="EPSG:27700",
    )
    centroids = gpd.GeoDataFrame({"DataZone": codes}, geometry=boundaries.centroid, crs="EPSG:27700")
    lookup = pd.DataFrame(
        {
            "DZ2011_Code": codes,
            "DZ2011_Name": [f"{name} - {n:02d}" for name, n in zip(zone, NUMBERS, strict=True)],
            "IZ2011_Code": zone_code,
            "IZ2011_Name": zone,
            "MMWard_Code": [{"L": "S13990001", "U": "S13990002", "B": "S13990003"}[name[0]] for name in ward],
            "MMWard_Name": ward,
            "LA_Code": ["S12990001" if a else "S12990002" for a in in_a],
            "LA_Name": ["Sgìre a' Mhuilinn" if a else "Brae" for a in in_a],
            "TTWA2011_Code": "S22990001",
            "TTWA2011_Name": "Mill",
            "UR8_Code": 3,
            "UR8_Name": "Accessible Small Towns",
        }
    )
    population = pd.DataFrame(
        {
            "Data zone code": codes,
            "Data zone name": lookup["DZ2011_Name"],
            "Total population": [0 if n == 5 else 100 * n for n in NUMBERS],
        }
    ).astype({"Total population": object})
    points = [(n, share, dy) for n in NUMBERS for share, dy in ((30, 25), (70, 75))]
    output_areas = pd.DataFrame(
        {
            "code": [f"S0099{i:04d}" for i in range(len(points))],
            "Popcount": [share for _, share, _ in points],
            "easting": [corner(n)[0] + 50 for n, _, _ in points],
            "northing": [corner(n)[1] + dy for n, _, dy in points],
            "DataZone": [code(n) for n, _, _ in points],
        }
    ).astype({"Popcount": object})
    wards = gpd.GeoDataFrame(
        {
            "WD25CD": ["S13990001", "S13990002", "S13990003"],
            "WD25NM": ["Lower Mill", "Upper Mill", "Brae"],
            "LAD25CD": ["S12990001", "S12990001", "S12990002"],
        },
        # the two wards of A meet at 160 m, so that 3 of 10 residents of zones 5 to 8 live in the lower one
        geometry=[
            shapely.box(EAST, NORTH, EAST + 400, NORTH + 160),
            shapely.box(EAST, NORTH + 160, EAST + 400, NORTH + 300),
            shapely.box(EAST + 400, NORTH, EAST + 600, NORTH + 300),
        ],
        crs="EPSG:27700",
    ).to_crs("EPSG:4326")
    sub_council = pd.DataFrame(
        {
            "Datazone 2011 Code": codes,
            "Sub-Council Area Name": ["Mill" if n <= 13 and n != 4 else "Brae" for n in NUMBERS],
            "Local Authority Name": lookup["LA_Name"],
        }
    )
    return TinyCountry(folder, boundaries, centroids, lookup, population, output_areas, wards, sub_council)


@pytest.fixture
def country(tmp_path: Path) -> TinyCountry:
    """The tiny country, to be changed and written."""
    return make_country(tmp_path / "country")


@dataclass(frozen=True)
class Drawn:
    """The tiny country's tables and files."""

    zones: gpd.GeoDataFrame
    adjacency: pd.DataFrame
    files: dict[str, Path]
    folder: Path


def zones_of(files: dict[str, Path]) -> gpd.GeoDataFrame:
    from localities.zones.zones import build_zones

    return build_zones(
        boundaries=files["boundaries"],
        centroids=files["centroids"],
        lookup=files["lookup"],
        population=files["population"],
    )


@pytest.fixture
def build_zones_of() -> Callable[[dict[str, Path]], gpd.GeoDataFrame]:
    """Build the table zones from written files."""
    return zones_of


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Drawn:
    """The tiny country, read once."""
    from localities.zones.adjacency import build_adjacency

    folder = tmp_path_factory.mktemp("country")
    files = make_country(folder).write()
    zones = zones_of(files)
    return Drawn(zones, build_adjacency(zones), files, folder)


@pytest.fixture(scope="session")
def scotland(mirror: Path) -> Drawn:
    """Scotland's zones and neighbours, from the real files, and the file of each source."""
    import yaml

    from localities.zones.adjacency import build_adjacency
    from localities.zones.barriers import read_barriers

    declarations = Path(__file__).resolve().parents[2] / "data" / "sources"
    files = {}
    for path in sorted(declarations.glob("*.yaml")):
        source = yaml.safe_load(path.read_text(encoding="utf-8"))
        file = mirror / source.get("folder", source["id"]) / source["file_name"]
        if file.is_file():
            files[source["id"]] = file
    zones = zones_of(
        {
            "boundaries": files["sg-data-zone-boundaries-2011"],
            "centroids": files["sg-data-zone-centroids-2011"],
            "lookup": files["sg-data-zone-lookup-2011"],
            "population": files["nrs-sape-2021"],
        }
    )
    return Drawn(zones, build_adjacency(zones, barriers=read_barriers(files)), files, mirror)
