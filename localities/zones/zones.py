"""The zones: one row per data zone, with boundary, centroid, names, parents and residents.

Everything else in `localities` stands on this table. Which zones touch is in `localities.zones.adjacency`; reading and
checking of geographic files is in `localities.boundaries.files`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from indicators.errors import GeographyError, SchemaError, UnreadableSource
from indicators.schema.tables import TABLES
from localities.boundaries.files import CRS, check_file, check_polygons, read_csv, read_layer
from localities.councils import current_code, slug_of, vintage_of


@dataclass(frozen=True)
class _Form:
    """What the publisher calls the columns of one census's files, by our names, and when the census was.

    `residents` and `in_households` are columns of the boundary file, `code` its column of zone codes.
    """

    code: str
    residents: str
    in_households: str
    lookup: Mapping[str, str]
    census_day: str


_PARENTS = {
    "MMWard_Code": "ward_code",
    "MMWard_Name": "ward_name",
    "LA_Code": "cpp_code",
    "LA_Name": "cpp_name",
    "UR8_Code": "urban_rural_8_code",
    "UR8_Name": "urban_rural_8_name",
}
_FORMS = {
    "2011": _Form(
        code="DataZone",
        residents="TotPop2011",
        in_households="ResPop2011",
        lookup={
            "DZ2011_Code": "zone_code",
            "DZ2011_Name": "zone_name",
            "IZ2011_Code": "intermediate_zone_code",
            "IZ2011_Name": "intermediate_zone_name",
            "TTWA2011_Code": "travel_to_work_area_code",
            "TTWA2011_Name": "travel_to_work_area_name",
            **_PARENTS,
        },
        census_day="27 March 2011",
    ),
    # no travel-to-work areas are published for zones of 2022 yet
    "2022": _Form(
        code="dzcode",
        residents="totpop2022",
        in_households="hhres2022",
        lookup={
            "DZ22_Code": "zone_code",
            "DZ22_Name": "zone_name",
            "IZ22_Code": "intermediate_zone_code",
            "IZ22_Name": "intermediate_zone_name",
            **_PARENTS,
        },
        census_day="20 March 2022",
    ),
}
_OPTIONAL = ("travel_to_work_area_code", "travel_to_work_area_name", "urban_rural_8_code", "urban_rural_8_name")
# the publisher's boundaries of 2022 hold a polygon that touches itself; what a repair may change of it is its shape
# at that place, not where the zone lies
_LARGEST_REPAIR = 1e-3
_FEW_PEOPLE, _SMALL_SHARE = 50, 0.1
"""How far, in people or as a share, residents added up may be from the zone's own figure in the same census."""


def build_zones(
    boundaries: Path,
    centroids: Path,
    lookup: Path,
    population: Path | None = None,
    *,
    population_source_id: str = "nrs-sape-2021",
    boundaries_source_id: str = "sg-data-zone-boundaries-2011",
    vintage: str = "2011",
    counted: pd.DataFrame | None = None,
    reproject: bool = False,
) -> gpd.GeoDataFrame:
    """Return the data zones of a census, one row each in order of code, in the form of table ``zones`` (EPSG:27700).

    Residents are the National Records of Scotland's mid-year estimates where `population` is given (mid-2021 is the
    last year on 2011 zones, and newer than the mid-2017 estimates inside SIMD 2020v2), else the census's: as `counted`,
    or as the boundary file has them. ``census_population`` is the boundary file's ``TotPop2011`` or ``totpop2022``,
    ``census_household_population`` its ``ResPop2011`` or ``hhres2022``: residents in households, which for 2011 is also
    the denominator of SIMD 2020v2's overcrowding and central heating rates. Zones without residents are kept.

    Parameters
    ----------
    boundaries
        Zip of the boundary shapefile (``DataZone, TotPop2011, ResPop2011``; ``dzcode, totpop2022, hhres2022``).
    centroids
        Zip of the population-weighted centroids (``DataZone`` or ``dzcode``, points).
    lookup
        CSV of zones and their parents, Windows-1252.
    population
        Workbook of residents by single year of age, persons; see `read_population`.
    population_source_id, boundaries_source_id
        Written to ``population_source_id``: the first where residents come from `population` or are `counted`, else
        the second.
    vintage
        Census year of the zones, ``2011`` or ``2022``; codes of another are an error.
    counted
        ``zone_code, population``: the census's residents by zone, added up from output areas.
    reproject
        Whether boundaries and centroids in another stated CRS are transformed; otherwise that is an error.

    Raises
    ------
    UnreadableSource
        If a file is missing, empty, a web page, truncated or of another format.
    SchemaError
        If a column is missing or renamed, or a cell is not what it should be.
    GeographyError
        If codes are duplicated, unknown or of another vintage, zones are absent from a file, the CRS is absent or
        another one, or a polygon is empty or invalid.
    """
    form = _form_of(vintage)
    shapes = read_layer(boundaries, [form.code, form.residents, form.in_households], reproject=reproject)
    shapes = shapes.rename(columns={form.code: "zone_code"})
    codes = checked_codes(shapes["zone_code"], boundaries, form.code, vintage)
    geometry = check_polygons(shapes.geometry.to_numpy(), codes, boundaries, largest_change=_LARGEST_REPAIR)
    census = _whole_people(shapes[form.residents], codes, boundaries, form.residents)
    households = _whole_people(shapes[form.in_households], codes, boundaries, form.in_households)

    names = _read_lookup(lookup, vintage)
    points = _read_centroids(centroids, vintage, reproject)
    _same_zones(codes, boundaries, names["zone_code"], lookup)
    _same_zones(codes, boundaries, points["zone_code"], centroids)

    zones = pd.DataFrame(
        {"zone_code": codes, "census_population": census, "census_household_population": households}
    ).merge(names, on="zone_code")
    zones = zones.merge(points, on="zone_code")
    if population is not None:
        residents, period = read_population(population, vintage=vintage)
        where: Path | None = population
    elif counted is not None:
        where, period = Path(population_source_id), form.census_day
        people = _whole_people(counted["population"], counted["zone_code"], population_source_id, "population")
        residents = pd.DataFrame({"zone_code": counted["zone_code"].reset_index(drop=True), "population": people})
    else:
        where, period = None, form.census_day
        residents = pd.DataFrame({"zone_code": codes, "population": census})
    if where is not None:
        _same_zones(codes, boundaries, residents["zone_code"], where)
    zones = zones.merge(residents, on="zone_code")
    if counted is not None and population is None:
        _same_people(zones, boundaries, form.residents, population_source_id)
    zones["population_source_id"] = boundaries_source_id if where is None else population_source_id
    zones["population_period"] = period
    zones["vintage"] = vintage
    zones["area_m2"] = shapely.area(geometry)
    zones["perimeter_m"] = shapely.length(geometry)
    frame = gpd.GeoDataFrame(zones, geometry=gpd.GeoSeries(geometry, crs=CRS))
    return frame[list(TABLES["zones"].columns)].sort_values("zone_code", ignore_index=True)


def read_population(path: Path, *, vintage: str = "2011") -> tuple[pd.DataFrame, str]:
    """Return residents by zone (``zone_code, population``) and the date that they stand for.

    The sheet and its header row are found by the text "Data zone code"; residents are the column "Total population".
    The date is read from the words above the header ("mid-2021" is 30 June 2021). Notes below the table are left out.

    Raises
    ------
    UnreadableSource
        If the file is not a workbook.
    SchemaError
        If no sheet has the header, no year is stated, or a number of residents is not a whole number of at least 0.
    GeographyError
        If codes are duplicated, unknown or of another vintage.
    """
    title, header, rows = _population_rows(path)
    code_at, total_at = header.index("data zone code"), header.index("total population")
    table = pd.DataFrame(
        {
            "zone_code": pd.Series([row[code_at] for row in rows], dtype="str"),
            "population": pd.Series([row[total_at] for row in rows], dtype=object),
        }
    )
    codes = checked_codes(table["zone_code"], path, "Data zone code", vintage)
    people = _whole_people(table["population"], codes, path, "Total population")
    year = re.search(r"mid-?\s?((?:19|20)\d{2})|30 June ((?:19|20)\d{2})", title, flags=re.IGNORECASE)
    if year is None:
        raise SchemaError(
            "A population workbook does not say which year it is for",
            where=path,
            expected="a title above the table such as: ..., mid-2021",
            found=title.strip()[:120] or "no title",
            remedy="fetch the publisher's workbook again",
        )
    return pd.DataFrame({"zone_code": codes, "population": people}), f"30 June {year[1] or year[2]}"


def _population_rows(path: Path) -> tuple[str, list[str], list[Sequence[object]]]:
    import python_calamine

    check_file(path)
    seen: list[str] = []
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(path)
        for name in workbook.sheet_names:
            sheet = workbook.get_sheet_by_name(name)
            title = ""
            rows = sheet.iter_rows()
            for _, row in zip(range(30), rows, strict=False):
                header = [" ".join(str(cell).split()).casefold() for cell in row]
                if "data zone code" not in header:
                    title += " ".join(str(cell) for cell in row if cell != "") + "\n"
                    continue
                if "total population" not in header:
                    seen.append(f"{name}: {', '.join(str(cell) for cell in row[:6])}, ...")
                    break
                at = header.index("data zone code")
                return title, header, [line for line in rows if _is_data(line, at)]
            else:
                seen.append(f"{name}: no such header")
    except (python_calamine.CalamineError, OSError) as error:
        raise UnreadableSource(
            "A workbook cannot be read",
            where=path,
            expected="an Excel workbook (.xlsx)",
            found=str(error),
            remedy="fetch it again: it may be truncated or of another format",
        ) from error
    raise SchemaError(
        "No sheet holds the table of residents",
        where=path,
        column="Data zone code, Total population",
        expected="a header row with both columns within the first 30 rows of a sheet",
        found="; ".join(seen) or "no sheets",
        remedy="compare the workbook with the publisher's; if the publisher renamed a column, change the reader",
    )


def _is_data(row: Sequence[object], code_at: int) -> bool:
    """Whether a row below the header belongs to the table: it has a code, and is not a note alone in its row."""
    return bool(str(row[code_at]).strip()) and any(str(cell).strip() for i, cell in enumerate(row) if i != code_at)


def _form_of(vintage: str) -> _Form:
    if vintage not in _FORMS:
        raise GeographyError(
            "Zones of this census cannot be built",
            expected=" or ".join(_FORMS),
            found=vintage,
            remedy="choose one of these in the setting zones",
        )
    return _FORMS[vintage]


def _read_lookup(path: Path, vintage: str) -> pd.DataFrame:
    columns = dict(_form_of(vintage).lookup)
    names = read_csv(path, list(columns)).rename(columns=columns)[list(columns.values())]
    for name in set(_OPTIONAL) - set(columns.values()):
        names[name] = pd.Series(pd.NA, index=names.index, dtype="str")
    code_column = next(source for source, name in columns.items() if name == "zone_code")
    names["zone_code"] = checked_codes(names["zone_code"], path, code_column, vintage).to_numpy()
    for source, name in columns.items():
        missing = names[name].isna()
        if name not in _OPTIONAL and missing.any():
            raise SchemaError(
                "A zone lacks a name or a parent",
                where=path,
                column=source,
                codes=names.loc[missing, "zone_code"],
                expected="a value for every zone",
                found=f"{int(missing.sum()):,} blank",
                remedy="fetch the lookup again",
            )
    classes = pd.to_numeric(names["urban_rural_8_code"], errors="coerce")
    odd = names["urban_rural_8_code"].notna() & ~classes.isin(range(1, 9))
    if odd.any():
        raise SchemaError(
            "An urban rural class is not one of the eight",
            where=path,
            column="UR8_Code",
            codes=names.loc[odd, "zone_code"],
            expected="1 to 8, or blank",
            found=", ".join(names.loc[odd, "urban_rural_8_code"].unique()[:5]),
            remedy="fetch the lookup again",
        )
    names["urban_rural_8_code"] = classes.astype("Int64")
    names["cpp_code"] = names["cpp_code"].map({code: current_code(code) for code in names["cpp_code"].unique()})
    _one_parent(names, "intermediate_zone_code", "cpp_code", path)
    _one_parent(names, "cpp_code", "cpp_name", path)
    names["cpp_slug"] = names["cpp_name"].map({name: slug_of(name) for name in names["cpp_name"].unique()})
    return names


def _one_parent(names: pd.DataFrame, child: str, parent: str, path: Path) -> None:
    pairs = names[[child, parent]].drop_duplicates()
    twice = pairs[child].duplicated(keep=False)
    if twice.any():
        raise GeographyError(
            f"One {child} has more than one {parent}",
            where=path,
            codes=sorted(pairs.loc[twice, child].unique()),
            expected="one each",
            found="; ".join(" / ".join(pair) for pair in pairs[twice].head(4).itertuples(index=False)),
            remedy="fetch the lookup again",
        )


def _read_centroids(path: Path, vintage: str, reproject: bool) -> pd.DataFrame:
    column = _form_of(vintage).code
    points = read_layer(path, [column], reproject=reproject)
    codes = checked_codes(points[column], path, column, vintage)
    geometry = points.geometry.to_numpy()
    odd = (shapely.get_type_id(geometry) != 0) | shapely.is_empty(geometry)
    if odd.any():
        raise GeographyError(
            "A centroid is not a point",
            where=path,
            codes=codes[odd],
            expected="one point for every zone",
            found=f"{int(odd.sum()):,} empty or of another type",
            remedy="check that this is the file of centroids, not of boundaries",
        )
    return pd.DataFrame(
        {"zone_code": codes, "centroid_x": shapely.get_x(geometry), "centroid_y": shapely.get_y(geometry)}
    )


def checked_codes(raw: pd.Series, where: object, column: str, vintage: str) -> pd.Series:
    """Return data zone codes as text, or raise on blank, unknown, other-vintage or duplicated ones.

    Raises
    ------
    GeographyError
        Naming the file, the column and up to five codes.
    """
    codes = raw.astype("str").str.strip().reset_index(drop=True)
    blank = codes.isna() | (codes == "")
    if blank.any():
        raise GeographyError(
            "A row has no zone code",
            where=where,
            column=column,
            codes=[f"row {row + 1}" for row in np.flatnonzero(blank)],
            expected="a data zone code in every row",
            found=f"{int(blank.sum()):,} blank",
            remedy="fetch the file again",
        )
    found = vintage_of(codes)
    unknown = found.isna()
    if unknown.any():
        raise GeographyError(
            "A code is not that of a data zone",
            where=where,
            column=column,
            codes=codes[unknown],
            expected=f"codes of {vintage} data zones, such as S01006506",
            found=f"{int(unknown.sum()):,} of {len(codes):,} others",
            remedy="fetch the file again, or check that it is the file of data zones",
        )
    other = found != vintage
    if other.any():
        counts = found[other].value_counts()
        shown = ", ".join(f"{number:,} of {year}" for year, number in counts.items())
        raise GeographyError(
            f"Zones of another vintage than {vintage}",
            where=where,
            column=column,
            codes=codes[other],
            expected=f"{vintage} data zones only",
            found=f"{shown} among {len(codes):,}",
            remedy=f"use the publisher's file on {vintage} data zones: codes of different years do not match",
        )
    twice = codes.duplicated(keep=False)
    if twice.any():
        repeated = codes[twice].unique()
        raise GeographyError(
            "Duplicated zone codes",
            where=where,
            column=column,
            codes=repeated,
            expected="each zone once",
            found=f"{len(repeated):,} more than once",
            remedy="fetch the file again; do not choose among the rows by hand",
        )
    return codes


def _whole_people(raw: pd.Series, codes: pd.Series, where: object, column: str) -> pd.Series:
    """Return numbers of people as whole numbers, or raise on non-numeric, fractional or negative ones."""
    values = pd.to_numeric(raw.reset_index(drop=True), errors="coerce").astype("float64")
    odd = ~np.isfinite(values) | (values < 0) | (values != np.floor(values))
    if odd.any():
        found = pd.unique(raw.reset_index(drop=True)[odd].astype(str))
        raise SchemaError(
            "A number of residents is not a whole number of at least 0",
            where=where,
            column=column,
            codes=codes[odd],
            expected="0, 1, 2, ...",
            found=", ".join(repr(value) for value in found[:5]),
            remedy="fetch the file again; residents of a zone are never suppressed in this source",
        )
    return values.astype("int64")


def _same_people(zones: pd.DataFrame, where: Path, column: str, source_id: str) -> None:
    """Raise if people counted by a smaller area do not add up to those of the zones: a lookup puts them elsewhere.

    The same census may be perturbed a little from table to table; output areas have some hundred residents.
    """
    apart = (zones["population"] - zones["census_population"]).abs()
    wrong = apart > np.maximum(_FEW_PEOPLE, _SMALL_SHARE * zones["census_population"])
    if wrong.any():
        first = zones[wrong].iloc[0]
        raise GeographyError(
            "Residents by output area do not add up to those of the zones",
            where=source_id,
            codes=zones.loc[wrong, "zone_code"],
            expected=f"about {first['census_population']:,} in {first['zone_code']}: {column} of {where.name}",
            found=f"{first['population']:,}; {int(wrong.sum()):,} zones in all",
            remedy="fetch the lookup from output areas to zones again: it is of other zones, or misses some areas",
        )


def _same_zones(codes: pd.Series, where: Path, others: pd.Series, elsewhere: Path) -> None:
    known, theirs = pd.Index(codes), pd.Index(others)
    absent, extra = known.difference(theirs), theirs.difference(known)
    for some_codes, lacking, having in ((absent, elsewhere, where), (extra, where, elsewhere)):
        if len(some_codes):
            raise GeographyError(
                "Zones are absent from a file",
                where=lacking,
                codes=some_codes,
                expected=f"every zone of {having.name}",
                found=f"{len(some_codes):,} absent",
                remedy="fetch both files again, so that they describe the same zones",
            )
