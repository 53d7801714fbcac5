"""A partnership's own boundaries: read from its files, repaired with a report, kept, and fitted to zones by residents.

Polygons (GeoPackage, GeoJSON, shapefile) in any CRS, overlapping or not, dirty or not; or a list by code of data zones
or of what lies in them (`localities.boundaries.zone_lists`).
What is kept is the repaired boundaries, not the fit, so that they are fitted anew when zones or residents change. They
become a candidate set like any other; current locality plan areas are marked as current.

Kept are ``<folder>/<name>/manifest.json`` and ``<folder>/<name>/areas.parquet``. The id of a set, ``own_<name>`` with
underscores, is valid as a name of a layer, a file and a column; as a source it is ``own-<name>`` with hyphens.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as replace_field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from indicators.errors import ConfigError, GeographyError, SchemaError, UnreadableSource
from localities.boundaries.edited import read_edited
from localities.boundaries.files import CRS, Undecided, checked_crs, read_features, stated_crs
from localities.boundaries.own_ids import PREFIX, SOURCE_PREFIX, set_of, source_of
from localities.boundaries.repairing import REPORT, overlaps_of, repair_polygons
from localities.boundaries.zone_lists import AREA_NAMES, LISTS, read_list
from localities.councils import slug_of

MANIFEST, AREAS = "manifest.json", "areas.parquet"


@dataclass(frozen=True)
class OwnDescription:
    """What the manifest of a set of own boundaries says, without its areas.

    Parameters
    ----------
    set_id
        Id of the candidate set, ``own_`` and a short name.
    title
        For people.
    cpp_code
        Partnership whose residents alone count as inside; None for all.
    is_current
        Whether these are the areas of current locality plans.
    by_shares
        Whether zones belong by the share of residents inside, else whole where most residents live inside.
    is_list
        Whether they are lists of zones, not polygons.
    file_name, file_sha256
        The file that they came from.
    areas_sha256
        Hash of what is kept.
    added_at
        When, in UTC (ISO 8601).
    report
        What was found and mended: ``locality_name, problem, done, area_m2``.
    folder
        Where the set lies.
    based_on
        The proposed candidate set that this is an edited drawing of; None for boundaries of other origin.
    """

    set_id: str
    title: str
    cpp_code: str | None
    is_current: bool
    by_shares: bool
    is_list: bool
    file_name: str
    file_sha256: str
    areas_sha256: str
    added_at: str
    report: pd.DataFrame
    folder: Path
    based_on: str | None = None

    @property
    def manifest(self) -> Path:
        """The file that says all this."""
        return self.folder / MANIFEST

    @property
    def areas(self) -> Path:
        """The file of the areas."""
        return self.folder / AREAS


@dataclass(frozen=True)
class OwnBoundaries:
    """A set of own boundaries: what is said of it, and its areas.

    Parameters
    ----------
    about
        From the manifest.
    areas
        ``locality_code, locality_name, geometry`` (EPSG:27700), or for codes of zones ``locality_code, locality_name,
        zone_code, weight``.
    """

    about: OwnDescription
    areas: pd.DataFrame

    @property
    def set_id(self) -> str:
        """Id of the candidate set."""
        return self.about.set_id

    @property
    def title(self) -> str:
        """For people."""
        return self.about.title

    @property
    def is_current(self) -> bool:
        """Whether these are the areas of current locality plans."""
        return self.about.is_current

    @property
    def report(self) -> pd.DataFrame:
        """What was found and mended."""
        return self.about.report

    @property
    def has_polygons(self) -> bool:
        """Whether boundaries are polygons, not lists of zones."""
        return "geometry" in self.areas


def read_boundaries(
    path: Path,
    *,
    name_column: str | None = None,
    code_column: str | None = None,
    layer: str | None = None,
    crs: str | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return areas and the report of their repair from a file of polygons or of zone codes.

    Polygons are repaired as `localities.boundaries.repairing.repair_polygons` says; rows of one name are put together.
    Overlaps are kept and reported. A table (text or workbook) has a column of codes, one of names and perhaps one named
    ``weight`` (share of residents); see `localities.boundaries.zone_lists.read_list`.

    Parameters
    ----------
    path
        The file.
    name_column, code_column
        Column of names, and of codes in a list; None means to find it.
    layer
        Layer of a map, or sheet of a workbook; None means the only one that holds areas.
    crs
        CRS of the coordinates. Where the file states another one, this is believed, and the report says so.

    Raises
    ------
    UnreadableSource, GeographyError
        As `localities.boundaries.files.read_features`; also if no polygon is left, or codes are of several kinds.
    ConfigError
        If there is no such CRS.
    SchemaError
        If the layer, or the column of names or codes, cannot be told (`Undecided`) or is not there.
    """
    if crs is not None:
        checked_crs(crs)
    if path.suffix.lower() in LISTS:
        areas, whence = read_list(path, name_column=name_column, code_column=code_column, sheet=layer)
        areas.insert(0, "locality_code", areas["locality_name"].map(_code_of))
        # the first spelling of a name stands for all
        areas["locality_name"] = areas.groupby("locality_code")["locality_name"].transform("first")
        return areas.drop_duplicates(["locality_code", "zone_code"], ignore_index=True), _read_from(path, whence)
    areas, report = areas_in(read_features(path, crs, only=layer), path, name_column=name_column)
    stated = stated_crs(path, layer) if crs is not None else None
    if stated is not None and checked_crs(crs or stated) != checked_crs(stated):
        done = (path.name, f"states the coordinate system {stated}", f"read as {crs}, as --crs says", 0.0)
        report = pd.concat([pd.DataFrame([done], columns=REPORT), report], ignore_index=True)
    return areas, report


def areas_in(
    frame: gpd.GeoDataFrame, path: Path, *, name_column: str | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return areas and the report of their repair from polygons in EPSG:27700, as `read_boundaries` does from a file.

    `path` is what errors call them.
    """
    column = _name_column(frame.drop(columns=frame.geometry.name), name_column, path)
    names = frame[column].astype("str").str.split().str.join(" ")
    bare = (names.isna() | (names == "")).to_numpy(dtype=bool)
    # areas without a name are not one area
    numbers = [f"unnamed {number}" for number in range(1, bare.sum() + 1)]
    names[bare] = numbers if len(numbers) > 1 else ["unnamed"] * len(numbers)
    coordinates, of = shapely.get_coordinates(frame.geometry.to_numpy(), return_index=True)
    nowhere = np.zeros(len(frame), dtype=bool)
    nowhere[of[~np.isfinite(coordinates).all(axis=1)]] = True
    if nowhere.any():
        raise GeographyError(
            "Areas have corners that lie nowhere",
            where=path,
            codes=names[nowhere],
            expected="a number for every coordinate",
            found=f"no number in {int(nowhere.sum()):,} of {len(frame):,} areas",
            remedy="mend the geometry in QGIS (Vector geometry, Check validity) and save it again",
        )
    geometry, report = repair_polygons(frame.geometry.to_numpy(), names.to_numpy(dtype=object), path)
    kept = pd.DataFrame({"locality_name": names, "geometry": geometry})
    kept = kept[[one is not None for one in geometry]]
    areas, merged = _one_row_each(kept)
    report = pd.concat([_read_from(path, f"names in the column {column}"), report, merged, overlaps_of(areas)])
    return areas, report.reset_index(drop=True)


def _read_from(path: Path, whence: str) -> pd.DataFrame:
    """Return the line of the report that says which columns were read."""
    return pd.DataFrame([(path.name, whence, "read from there", 0.0)], columns=REPORT)


def _name_column(frame: pd.DataFrame, wanted: str | None, path: Path) -> str:
    columns = [str(one) for one in frame.columns]
    if wanted is not None:
        if wanted in columns:
            return wanted
        raise SchemaError(
            "Which column names the areas cannot be told",
            where=path,
            column=wanted,
            expected=wanted,
            found=", ".join(columns) or "no columns",
            remedy="say which column holds the names: --name-column",
        )
    words = {column: slug_of(column).replace("-", "_") for column in columns}
    text = [column for column in columns if pd.api.types.is_string_dtype(frame[column])]
    for name in AREA_NAMES:
        found = [column for column in text if words[column] == name]
        found = found or [column for column in text if words[column].endswith(f"_{name}")]
        if found:
            return found[0]
    if len(text) == 1:
        return text[0]
    raise Undecided("Which column names the areas cannot be told", path, "name_column", text or columns)


def _code_of(name: str) -> str:
    """Return the code of an area: its name in plain letters, and a hash where letters of it have none.

    Examples
    --------
    >>> _code_of("St Colm's"), _code_of("東京"), _code_of("北京")
    ('st-colms', 'area-130016b2', 'area-68c77e15')
    """
    code = slug_of(name)
    if code and all(slug_of(letter) for letter in name if letter.isalpha()):
        return code
    return f"{code or 'area'}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _one_row_each(kept: pd.DataFrame) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    kept = kept.assign(locality_code=kept["locality_name"].map(_code_of))
    rows, together = [], []
    for code, some in kept.groupby("locality_code", sort=True):
        geometry = some["geometry"].iloc[0]
        if len(some) > 1:
            geometry = shapely.union_all(some["geometry"].to_numpy())
            together.append((some["locality_name"].iloc[0], f"{len(some)} rows of one name", "put together", 0.0))
        rows.append((code, some["locality_name"].iloc[0], geometry))
    frame = pd.DataFrame(rows, columns=["locality_code", "locality_name", "geometry"])
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=CRS), pd.DataFrame(together, columns=REPORT)


def add_boundaries(
    folder: Path,
    path: Path,
    *,
    title: str | None = None,
    name_column: str | None = None,
    code_column: str | None = None,
    layer: str | None = None,
    crs: str | None = None,
    cpp_code: str | None = None,
    is_current: bool = False,
    by_shares: bool = False,
    replace: bool = False,
    reserved: Sequence[str] = (),
    based_on: str | None = None,
    check: Callable[[OwnBoundaries], pd.DataFrame | None] | None = None,
) -> OwnBoundaries:
    """Read a file of boundaries, keep what comes of it under a folder, and return it.

    The set's folder is moved into place whole: nothing is kept of a file that is refused.

    Parameters
    ----------
    folder
        ``boundaries/`` of the working folder.
    path
        GeoPackage, GeoJSON, shapefile (or a zip of one), or a list by code: text or a workbook.
    title
        Name of the set; None means the file's name.
    name_column, code_column, layer, crs
        See `read_boundaries`.
    cpp_code
        Partnership whose residents alone count as inside; None for all.
    is_current
        Whether these are the areas of current locality plans.
    by_shares
        Whether zones belong by shares of their residents.
    replace
        Whether a set of the same name may be replaced.
    reserved
        Ids of other candidate sets, which it may not take.
    based_on
        The candidate set that the file is an edited drawing of (`localities.boundaries.edited`).
    check
        Called with the `OwnBoundaries` before they are kept; refuses them by raising a `LocalitiesError`, and
        may return more rows of the report.

    Raises
    ------
    ConfigError
        If the title leaves no id, or the id is taken.
    UnreadableSource, SchemaError, GeographyError
        See `read_boundaries`.
    """
    text = " ".join((title or re.sub(r"[_-]+", " ", path.stem)).split())
    name = slug_of(text)
    set_id = PREFIX + name.replace("-", "_")
    if not name or set_id in reserved:
        raise ConfigError(
            "A set of boundaries needs a title of its own", expected="letters or digits", found=repr(text)
        )
    target = folder / name
    if target.exists() and not replace:
        raise ConfigError(
            "There is already a set of boundaries of this name",
            where=target,
            expected="another name",
            found=repr(text),
            remedy="give another with --name, or replace it with --replace",
        )
    if based_on is not None:
        areas, report = read_edited(path), pd.DataFrame(columns=REPORT)
    else:
        areas, report = read_boundaries(path, name_column=name_column, code_column=code_column, layer=layer, crs=crs)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".incoming-") as room:
        draft = Path(room) / name
        draft.mkdir()
        areas.to_parquet(draft / AREAS)
        about = OwnDescription(
            set_id=set_id,
            title=text,
            cpp_code=cpp_code,
            is_current=is_current,
            by_shares=by_shares,
            is_list="geometry" not in areas,
            file_name=path.name,
            file_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            areas_sha256=hashlib.sha256((draft / AREAS).read_bytes()).hexdigest(),
            added_at=datetime.now(UTC).isoformat(timespec="seconds"),
            report=report,
            folder=target,
            based_on=based_on,
        )
        own = OwnBoundaries(about, areas)
        if check is not None:
            more = check(own)
            if more is not None and len(more):
                about = replace_field(about, report=pd.concat([report, more], ignore_index=True))
                own = OwnBoundaries(about, areas)
        (draft / MANIFEST).write_text(_manifest_of(about), encoding="utf-8")
        if target.exists():
            target.rename(Path(room) / "former")
        draft.rename(target)
    return own


def _manifest_of(about: OwnDescription) -> str:
    content = {
        "name": about.folder.name,
        "title": about.title,
        "cpp_code": about.cpp_code,
        "is_current": about.is_current,
        "by_shares": about.by_shares,
        "is_list": about.is_list,
        "file_name": about.file_name,
        "file_sha256": about.file_sha256,
        "areas_sha256": about.areas_sha256,
        "added_at": about.added_at,
        "based_on": about.based_on,
        "report": about.report.to_dict(orient="records"),
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def own_sets(folder: Path) -> tuple[str, ...]:
    """Return the ids of the sets of own boundaries kept in a folder, in order."""
    if not folder.is_dir():
        return ()
    found = (path.parent.name for path in folder.glob(f"*/{MANIFEST}") if not path.parent.name.startswith("."))
    return tuple(sorted(set_of(f"{SOURCE_PREFIX}{name}") for name in found))


def own_files(folder: Path) -> dict[str, Path]:
    """Return the manifest of every kept set by the id of its source, as a `DrawingContext` takes files."""
    return {source_of(one): _folder_of(folder, one) / MANIFEST for one in own_sets(folder)}


def _folder_of(folder: Path, set_id: str) -> Path:
    return folder / set_id.removeprefix(PREFIX).replace("_", "-")


def describe_own(folder: Path, set_id: str) -> OwnDescription:
    """Return what the manifest of a kept set says.

    Raises
    ------
    ConfigError
        If there is none of that id.
    UnreadableSource
        If its manifest cannot be read.
    """
    place = _folder_of(folder, set_id)
    if not (place / MANIFEST).is_file():
        raise ConfigError(
            "No such set of own boundaries",
            where=folder,
            expected=", ".join(own_sets(folder)) or "none have been added",
            found=set_id,
            remedy="add it: localities candidates add <file>",
        )
    try:
        manifest: Mapping[str, Any] = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
        return OwnDescription(
            set_id=set_id,
            title=manifest["title"],
            cpp_code=manifest["cpp_code"],
            is_current=bool(manifest["is_current"]),
            by_shares=bool(manifest["by_shares"]),
            is_list=bool(manifest["is_list"]),
            file_name=manifest["file_name"],
            file_sha256=manifest["file_sha256"],
            areas_sha256=manifest["areas_sha256"],
            added_at=datetime.fromisoformat(manifest["added_at"]).isoformat(),
            report=pd.DataFrame(manifest["report"], columns=REPORT),
            folder=place,
            based_on=manifest.get("based_on"),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise UnreadableSource(
            "The manifest of own boundaries cannot be read",
            where=place / MANIFEST,
            found=str(error),
            remedy="add the boundaries again with --replace",
        ) from error


def load_own(folder: Path, set_id: str) -> OwnBoundaries:
    """Return a kept set of own boundaries.

    Raises
    ------
    ConfigError
        If there is none of that id.
    UnreadableSource
        If its areas are not those that were kept when it was added.
    """
    about = describe_own(folder, set_id)
    found = hashlib.sha256(about.areas.read_bytes()).hexdigest() if about.areas.is_file() else "no file"
    if found != about.areas_sha256:
        raise UnreadableSource(
            "Own boundaries were altered since they were added",
            where=about.areas,
            expected=f"sha256 {about.areas_sha256}",
            found=found,
            remedy=f"add them again: localities candidates add <file> --name '{about.title}' --replace",
        )
    areas: pd.DataFrame = pd.read_parquet(about.areas) if about.is_list else gpd.read_parquet(about.areas)
    return OwnBoundaries(about, areas)


def remove_own(folder: Path, set_id: str) -> OwnDescription:
    """Remove a kept set, and return what it was.

    Raises
    ------
    ConfigError
        If there is none of that id.
    """
    about = describe_own(folder, set_id)
    shutil.rmtree(about.folder)
    return about
