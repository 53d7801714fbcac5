"""The sample country on data zones of 2022: what the census made of some of its zones, in the publishers' files.

Most zones hold the same people as before. On purpose: emptied zones are part of a neighbour; some zones were cut in
two; some gave their second output area to a neighbour, so that two old and two new zones hold the same people together.
They are made of the files of the sample's zones of 2011, and written last.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import ops

from tests.sample_country.formats import csv_bytes, write_shapefile_zip

FIRST = 995_001
"""Number of the first fictional code of 2022."""

_EVERY, _CUT, _GIVES = 20, 7, 14


def write_zones_2022(folder: Path) -> None:
    """Write zones of 2022 beside the files of the sample in a folder."""
    zones = _zones(folder)
    shapes = dict(zip(zones["DZ2011_Code"], zones.geometry, strict=True))
    areas = _output_areas(folder, zones)
    new: dict[tuple[str, int], shapely.Geometry] = {(code, 0): shape for code, shape in shapes.items()}
    home = {area: (zone, 0) for area, zone in zip(areas["OA22"], areas["zone_2011"], strict=True)}
    lived = set(areas["zone_2011"])
    for place, code in enumerate(zones["DZ2011_Code"]):
        mine = areas.loc[areas["zone_2011"] == code, "OA22"].tolist()
        near = [one for one in _neighbours(code, zones, shapes) if one in lived]
        if code not in lived:
            joins = (near[0], 0)
            new[joins] = shapely.union(new[joins], new.pop((code, 0)))
        elif place % _EVERY in (_CUT, _GIVES):
            first, second = _halves(shapes[code])
            to = next((one for one in near if _shares_a_border(second, new[one, 0])), None)
            if place % _EVERY == _GIVES and to is not None:
                new[code, 0], new[to, 0], home[mine[1]] = first, shapely.union(new[to, 0], second), (to, 0)
            elif place % _EVERY == _CUT:
                new[code, 0], new[code, 1], home[mine[1]] = first, second, (code, 1)
    codes = {key: f"S01{FIRST + number}" for number, key in enumerate(sorted(new))}
    areas["zone_2022"] = areas["OA22"].map(home).map(codes)
    _write(folder, zones.set_index("DZ2011_Code"), new, codes, areas)


def _zones(folder: Path) -> gpd.GeoDataFrame:
    shapes = gpd.read_file(folder / "sg-data-zone-boundaries-2011" / "SG_DataZoneBdry_2011.zip")
    lookup = pd.read_csv(
        folder / "sg-data-zone-lookup-2011" / "2011_data_zone_lookup.csv", encoding="cp1252", dtype=str
    )
    frame = shapes[["DataZone", "geometry"]].rename(columns={"DataZone": "DZ2011_Code"}).merge(lookup)
    return frame.sort_values("DZ2011_Code", ignore_index=True)


def _output_areas(folder: Path, zones: pd.DataFrame) -> pd.DataFrame:
    """Return output areas with their people and the zone that each was drawn in: two for each zone with residents.

    One row per output area: ``OA22, people, zone_2011`` (as drawn, whatever the lookup assigns).
    """
    path = folder / "derived-data-zone-2011-2022" / "oa2022_to_dz2011_inferred.csv.gz"
    areas = pd.read_csv(path, dtype=str)
    people = pd.read_parquet(folder / "nrs-census-2022-output-area" / "UV302b.parquet")["UV302b0001"]
    areas["people"] = areas["OA22"].map(people)
    order = zones["DZ2011_Code"].tolist()
    known = areas["DZ2011"].ffill()
    # output areas stand in order of their zones, so one without a zone lies in the next of them
    after = known.map(lambda code: order[min(order.index(code) + 1, len(order) - 1)])
    areas["zone_2011"] = areas["DZ2011"].fillna(after)
    return areas


def _neighbours(code: str, zones: gpd.GeoDataFrame, shapes: dict[str, shapely.Geometry]) -> list[str]:
    mine = zones.loc[zones["DZ2011_Code"] == code, "IZ2011_Code"].iloc[0]
    others = zones.loc[(zones["IZ2011_Code"] == mine) & (zones["DZ2011_Code"] != code), "DZ2011_Code"]
    return [one for one in others if _shares_a_border(shapes[code], shapes[one])]


def _shares_a_border(one: shapely.Geometry, other: shapely.Geometry) -> bool:
    return shapely.intersection(one, other).length > 1.0


def _halves(shape: shapely.Polygon) -> tuple[shapely.Polygon, shapely.Polygon]:
    """Return the zone cut along the chord between two of its corners that leaves the most even parts."""
    corners = list(shape.exterior.coords)[:-1]
    best: tuple[float, list[shapely.Polygon]] = (0.0, [])
    for first in range(len(corners)):
        for last in range(first + 2, len(corners)):
            chord = shapely.LineString([corners[first], corners[last]])
            if not shape.covers(chord) or shapely.intersection(chord, shape.exterior).length > 0:
                continue
            parts = list(ops.split(shape, chord).geoms)
            if len(parts) == 2 and min(part.area for part in parts) > best[0]:
                best = (min(part.area for part in parts), parts)
    return best[1][0], best[1][1]


def _write(
    folder: Path,
    zones: pd.DataFrame,
    new: dict[tuple[str, int], shapely.Geometry],
    codes: dict[tuple[str, int], str],
    areas: pd.DataFrame,
) -> None:
    keys = sorted(new)
    parents = zones.loc[[old for old, _ in keys]].drop(columns="geometry").reset_index(drop=True)
    parents = parents.rename(
        columns={"DZ2011_Name": "DZ22_Name", "IZ2011_Code": "IZ22_Code", "IZ2011_Name": "IZ22_Name"}
    )
    parents = parents.drop(columns=["TTWA2011_Code", "TTWA2011_Name"])  # the list of 2022 has none
    parents["IZ22_Code"] = "S02" + (parents["IZ22_Code"].str[3:].astype(int) + 5_000).astype(str)
    again = [part for _, part in keys]
    parents["DZ22_Name"] = parents["DZ22_Name"] + np.where(again, "b", "")
    parents.insert(0, "DZ22_Code", [codes[key] for key in keys])
    _place(folder / "sg-data-zone-lookup-2022" / "2022_data_zone_lookup.csv").write_bytes(
        csv_bytes([list(parents.columns), *parents.itertuples(index=False)], encoding="cp1252")
    )
    people = areas.groupby("zone_2022")["people"].sum().reindex(parents["DZ22_Code"]).astype("int32").to_numpy()
    shapes = gpd.GeoSeries([new[key] for key in keys], crs="EPSG:27700")
    fields = pd.DataFrame({"dzcode": parents["DZ22_Code"], "dzname": parents["DZ22_Name"], "totpop2022": people,
                           "hhres2022": people})  # fmt: skip
    for name, geometry in (("Bdry", shapes), ("Cent", shapes.representative_point())):
        source = {"Bdry": "sg-data-zone-boundaries-2022", "Cent": "sg-data-zone-centroids-2022"}[name]
        frame = gpd.GeoDataFrame(fields, geometry=geometry, crs="EPSG:27700")
        write_shapefile_zip(_place(folder / source / f"SG_DataZone{name}_2022.zip"), frame, f"SG_DataZone_{name}_2022")
    nested = areas.merge(parents, left_on="zone_2022", right_on="DZ22_Code")
    nested = nested[["OA22", "DZ22_Code", "IZ22_Code", "LA_Code"]].sort_values("OA22")
    rows = [["OA22", "DZ22", "IZ22", "CA19"], *nested.itertuples(index=False)]
    _place(folder / "nrs-oa22-dz22-lookup" / "oa22_dz22_iz22_ca19_ukpc24.csv").write_bytes(csv_bytes(rows))
    table = pd.DataFrame({"UV102b0001": areas["people"].to_numpy()}, index=pd.Index(areas["OA22"], name="OA"))
    table.to_parquet(folder / "nrs-census-2022-output-area" / "UV102b.parquet")


def _place(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
