"""Where residents live inside zones: points with numbers of people, finer than the zones.

Boundaries that are not made of whole zones are fitted by these (`localities.boundaries.fitting`), not by area.
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.errors import GeographyError, SchemaError, UnreadableSource
from localities.boundaries.files import check_columns, check_file
from localities.councils import vintage_of

_COLUMNS = ["code", "Popcount", "easting", "northing", "DataZone"]


def read_output_areas(path: Path) -> pd.DataFrame:
    """Return the census output areas of 2011: ``code, residents, x, y`` (metres, EPSG:27700) ``, zone_code``.

    Raises
    ------
    UnreadableSource
        If the file is missing, empty, a web page or truncated.
    SchemaError
        If a column is absent, or a number is not one, or residents are negative.
    GeographyError
        If codes are duplicated, or zones are not 2011 data zones.
    """
    check_file(path)
    try:
        header = pd.read_csv(path, nrows=0)
        check_columns(path, _COLUMNS, header.columns)
        table = pd.read_csv(path, usecols=_COLUMNS, dtype=str, keep_default_na=False)
    except (EOFError, gzip.BadGzipFile, zlib.error, UnicodeDecodeError, pd.errors.ParserError, OSError) as error:
        raise UnreadableSource(
            "A file of output areas cannot be read",
            where=path,
            expected="a whole, gzipped CSV file",
            found=str(error),
            remedy="fetch it again: it may be truncated",
        ) from error
    numbers = {name: pd.to_numeric(table[name], errors="coerce") for name in ("Popcount", "easting", "northing")}
    for name, values in numbers.items():
        odd = ~np.isfinite(values) | (values < 0)
        if odd.any():
            raise SchemaError(
                "A number of an output area is not one, or is negative",
                where=path,
                column=name,
                codes=table.loc[odd, "code"],
                expected="a number of at least 0",
                found=", ".join(map(repr, table.loc[odd, name].unique()[:5])),
                remedy="fetch the file again",
            )
    if table["code"].duplicated().any():
        raise GeographyError(
            "Duplicated output area codes",
            where=path,
            column="code",
            codes=table.loc[table["code"].duplicated(), "code"].unique(),
            expected="each once",
            remedy="fetch the file again",
        )
    zone = table["DataZone"].astype("str")
    other = vintage_of(zone) != "2011"
    if other.any():
        raise GeographyError(
            "An output area lies in a zone that is not a 2011 data zone",
            where=path,
            column="DataZone",
            codes=zone[other].unique(),
            expected="codes of 2011 data zones",
            found=f"{int(other.sum()):,} others",
            remedy="use the file of 2011 output areas",
        )
    return pd.DataFrame(
        {
            "code": table["code"].astype("str"),
            "residents": numbers["Popcount"].astype("float64"),
            "x": numbers["easting"].astype("float64"),
            "y": numbers["northing"].astype("float64"),
            "zone_code": zone,
        }
    )


def residents_of(zones: pd.DataFrame, points: pd.DataFrame) -> pd.DataFrame:
    """Return points that carry every zone's residents: ``zone, x, y, residents``.

    The points of a zone share out its residents in the table ``zones`` in proportion to theirs, so that zone totals are
    current while the pattern inside a zone is the census's. A zone without points, or whose points have no people,
    is one point at its population-weighted centroid.

    Parameters
    ----------
    zones
        Table ``zones``.
    points
        ``residents, x, y, zone_code``, such as output areas; those of other zones are left out.

    Returns
    -------
    pandas.DataFrame
        ``zone`` (position in `zones`), ``x, y`` (metres), ``share`` (of the zone's residents; sums to 1 in each zone),
        ``residents`` (people, not whole).

    Examples
    --------
    >>> zones = pd.DataFrame({"zone_code": ["S01006506", "S01006507"], "population": [90, 7],
    ...                       "centroid_x": [0.0, 50.0], "centroid_y": 0.0})
    >>> points = pd.DataFrame({"zone_code": "S01006506", "residents": [20.0, 40.0], "x": [1.0, 2.0], "y": 0.0})
    >>> residents_of(zones, points)["residents"].tolist()
    [30.0, 60.0, 7.0]
    """
    at = pd.Index(zones["zone_code"]).get_indexer(pd.Index(points["zone_code"]))
    known = (at >= 0) & (points["residents"].to_numpy() > 0)
    at, people = at[known], points["residents"].to_numpy()[known]
    totals = np.bincount(at, weights=people, minlength=len(zones))
    bare = np.flatnonzero(totals == 0)
    zone = np.concatenate([at, bare])
    share = np.concatenate([people / totals[at], np.ones(len(bare))])
    x = np.concatenate([points["x"].to_numpy()[known], zones["centroid_x"].to_numpy()[bare]])
    y = np.concatenate([points["y"].to_numpy()[known], zones["centroid_y"].to_numpy()[bare]])
    population = zones["population"].to_numpy(dtype="float64")
    frame = pd.DataFrame({"zone": zone, "x": x, "y": y, "share": share, "residents": share * population[zone]})
    return frame.sort_values("zone", kind="stable", ignore_index=True)
