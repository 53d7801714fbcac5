"""Postcodes: their points, and how many residents live at each, from the output areas about them."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from indicators.errors import GeographyError, UnreadableSource
from localities.boundaries.files import check_file

_SCOTLAND = "S92000003"
# Code-Point Open has no header: postcode, positional quality, easting, northing, country, ...
_COLUMNS = {0: "postcode", 1: "quality", 2: "x", 3: "y", 4: "country"}
_NO_POSITION = 90
_LARGEST_MEMBER = 100_000_000


def read_postcodes(path: Path) -> pd.DataFrame:
    """Return Scotland's postcodes with a position: ``postcode, district, sector, x, y`` (metres, EPSG:27700).

    Postcodes are written "EH6 5AB", districts "EH6", sectors "EH6 5". Those of other countries (a few in files of
    border areas) and those without a position (quality 90) are left out.

    Raises
    ------
    UnreadableSource
        If the file is missing, empty, a web page, truncated, or not Code-Point Open.
    GeographyError
        If a postcode occurs twice, or a position is not a number.
    """
    check_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            names = sorted(
                name
                for name in archive.namelist()
                if PurePosixPath(name).suffix.lower() == ".csv" and PurePosixPath(name).parent.name.upper() == "CSV"
            )
            if any(archive.getinfo(name).file_size > _LARGEST_MEMBER for name in names):
                raise _unreadable(path, "a table of more than 100 MB")
            tables = [_read_member(archive.read(name), f"{path}, {name}") for name in names]
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise _unreadable(path, str(error)) from error
    if not tables:
        raise _unreadable(path, "a zip without files Data/CSV/*.csv")
    table = pd.concat(tables, ignore_index=True)
    quality = pd.to_numeric(table["quality"], errors="coerce")
    table = table[(table["country"] == _SCOTLAND) & (quality < _NO_POSITION)].reset_index(drop=True)
    compact = table["postcode"].str.replace(" ", "", regex=False).str.upper()
    position = table[["x", "y"]].apply(pd.to_numeric, errors="coerce").astype("float64")
    twice, odd = compact.duplicated(), ~np.isfinite(position).all(axis=1)
    if twice.any() or odd.any() or not len(table):
        raise GeographyError(
            "Postcodes are not as they should be",
            where=path,
            codes=compact[twice | odd],
            expected="each Scottish postcode once, with an easting and a northing",
            found=f"{len(table):,} postcodes, {int(twice.sum()):,} repeated, {int(odd.sum()):,} without a position",
            remedy="fetch the file again",
        )
    outward, inward = compact.str.slice(0, -3), compact.str.slice(-3)
    return pd.DataFrame(
        {
            "postcode": outward + " " + inward,
            "district": outward,
            "sector": outward + " " + inward.str.slice(0, 1),
            "x": position["x"].astype("float64"),
            "y": position["y"].astype("float64"),
        }
    )


def _unreadable(path: Path, found: str) -> UnreadableSource:
    return UnreadableSource(
        "A file of postcodes cannot be read",
        where=path,
        expected="a whole zip of Code-Point Open",
        found=found,
        remedy="fetch it again: it may be truncated or of another product",
    )


def _read_member(content: bytes, where: str) -> pd.DataFrame:
    try:
        text = content.decode("utf-8-sig")
        table = pd.read_csv(
            io.StringIO(text), header=None, usecols=list(_COLUMNS), dtype=str, quoting=csv.QUOTE_MINIMAL
        )
    except (UnicodeDecodeError, ValueError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UnreadableSource(
            "A table of postcodes cannot be read",
            where=where,
            expected="postcode, quality, easting, northing, country, ... without a header",
            found=str(error),
            remedy="fetch Code-Point Open again",
        ) from error
    return table.rename(columns=_COLUMNS)


def postcode_residents(postcodes: pd.DataFrame, residents: pd.DataFrame) -> pd.DataFrame:
    """Return where residents of zones live by postcode: ``zone, postcode`` (positions) ``, share``.

    Residents of an output area live at the postcodes nearest to its point: every postcode belongs to its nearest output
    area, whose residents it shares equally with the others; an output area without one takes its nearest postcode.

    Parameters
    ----------
    postcodes
        ``x, y``, from `read_postcodes`.
    residents
        ``zone, x, y, share``, from `localities.residents.output_areas.residents_of`.

    Examples
    --------
    >>> codes = pd.DataFrame({"x": [0.0, 2.0, 9.0], "y": 0.0})
    >>> people = pd.DataFrame({"zone": [0, 0], "x": [1.0, 30.0], "y": 0.0, "share": [0.6, 0.4]})
    >>> postcode_residents(codes, people)["share"].round(2).tolist()
    [0.2, 0.2, 0.2, 0.4]
    """
    from scipy.spatial import cKDTree

    people, codes = residents[["x", "y"]].to_numpy(), postcodes[["x", "y"]].to_numpy()
    owner = cKDTree(people).query(codes)[1]
    count = np.bincount(owner, minlength=len(people))
    bare = np.flatnonzero(count == 0)
    nearest = cKDTree(codes).query(people[bare])[1] if len(bare) else np.empty(0, dtype=np.intp)
    area = np.concatenate([owner, bare])
    share = residents["share"].to_numpy()[area] / np.maximum(count[area], 1)
    return pd.DataFrame(
        {
            "zone": residents["zone"].to_numpy()[area],
            "postcode": np.concatenate([np.arange(len(codes)), nearest]),
            "share": share,
        }
    )
