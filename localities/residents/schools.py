"""Schools: where they are, how large, and which is nearest to residents of their council.

Catchments are not published as open data for all councils; the nearest school stands in for them, and says so.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from indicators.errors import GeographyError, SchemaError
from localities.boundaries.files import check_file, read_csv
from localities.councils import current_code
from localities.residents.nearest import nearest_weighted

_COLUMNS = ["SchUID", "SchoolType", "CentreType", "SchoolName", "LACode", "Denomination", "Pupil_Roll"]
_POINT = ["GridRefEasting", "GridRefNorthing"]
# pupils of Gaelic units and of the islands' online school come from far beyond the nearest streets
_NOT_LOCAL = r"gaelic|g[hà]*[aà]idhlig|^e-sgoil"


def read_schools(path: Path, school_type: str) -> pd.DataFrame:
    """Return the local schools of one type: ``school_code, school_name, cpp_code, roll, x, y`` (EPSG:27700).

    Councils' own non-denominational schools with pupils, without Gaelic units and online schools: every address has one
    of these. Denominational schools draw from wider areas that overlap them.

    Parameters
    ----------
    path
        CSV of the Scottish Government's school rolls.
    school_type
        ``Primary`` or ``Secondary``.

    Raises
    ------
    UnreadableSource, SchemaError
        As `localities.boundaries.files.read_csv`; also where a roll or position is not a number.
    GeographyError
        If a school occurs twice or there is none.
    """
    check_file(path)
    table = read_csv(path, [*_COLUMNS, *_POINT])
    numbers = {name: pd.to_numeric(table[name], errors="coerce") for name in ("Pupil_Roll", *_POINT)}
    for name, values in numbers.items():
        odd = ~np.isfinite(values) | (values < 0)
        if odd.any():
            raise SchemaError(
                "A number of a school is not one, or is negative",
                where=path,
                column=name,
                codes=table.loc[odd, "SchUID"],
                expected="a number of at least 0",
                found=", ".join(map(repr, table.loc[odd, name].unique()[:5])),
                remedy="fetch the file again",
            )
    local = (table["CentreType"] == "Local Authority") & (table["Denomination"] == "Non-denominational")
    local &= (table["SchoolType"] == school_type) & (numbers["Pupil_Roll"] > 0)
    local &= ~table["SchoolName"].str.contains(_NOT_LOCAL, case=False, regex=True)
    twice = table["SchUID"].duplicated(keep=False) & local
    if twice.any() or not local.any():
        raise GeographyError(
            "Schools are not as they should be",
            where=path,
            column="SchUID",
            codes=table.loc[twice, "SchUID"].unique(),
            expected=f"each {school_type.lower()} school once",
            found=f"{int(local.sum()):,} schools, {int(twice.sum()):,} rows of repeated ones",
            remedy="fetch the file again",
        )
    chosen = table[local]
    return pd.DataFrame(
        {
            "school_code": chosen["SchUID"],
            "school_name": chosen["SchoolName"],
            "cpp_code": chosen["LACode"].map({code: current_code(code) for code in chosen["LACode"].unique()}),
            "roll": numbers["Pupil_Roll"][local],
            "x": numbers["GridRefEasting"][local],
            "y": numbers["GridRefNorthing"][local],
        }
    ).sort_values("school_code", ignore_index=True)


def nearest_school(zones: gpd.GeoDataFrame, residents: pd.DataFrame, schools: pd.DataFrame) -> pd.DataFrame:
    """Return the school that each point of residents is nearest to in its council: ``zone, school, share``.

    ``zone`` and ``school`` are positions, ``share`` that of the zone's residents.

    Nearest in a straight line, weighted by roll: see `localities.residents.nearest.nearest_weighted`.

    Raises
    ------
    GeographyError
        If a partnership has residents and no school.
    """
    cpp = zones["cpp_code"].to_numpy()[residents["zone"].to_numpy()]
    points = residents[["x", "y"]].to_numpy()
    school = np.full(len(points), -1, dtype=np.intp)
    for one in np.unique(cpp):
        residents_here, theirs = np.flatnonzero(cpp == one), np.flatnonzero(schools["cpp_code"] == one)
        if not len(theirs):
            raise GeographyError(
                "A community planning partnership has no school of this type",
                where=one,
                codes=zones["zone_code"].to_numpy()[np.unique(residents["zone"].to_numpy()[residents_here])],
                expected="at least one",
                remedy="check the council codes of the school file",
            )
        places, pupils = schools[["x", "y"]].to_numpy()[theirs], schools["roll"].to_numpy()[theirs]
        school[residents_here] = theirs[nearest_weighted(points[residents_here], places, pupils)]
    return pd.DataFrame({"zone": residents["zone"], "school": school, "share": residents["share"]})
