"""Candidate localities: the drawings of every candidate set as tables, with what is common to all of them.

A set says which zones belong together (`localities.candidate_sets`). Here every drawing gets ids, names that are unique
in the CPP and set, polygons, residents, contiguity, compactness and fit; a locality that reaches over a CPP's boundary
is cut along it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from indicators.errors import GeographyError, SchemaError
from indicators.schema.tables import TABLES
from localities.boundaries.dissolving import compactness, dissolve
from localities.boundaries.files import CRS
from localities.boundaries.own_files import describe_own, load_own, own_files
from localities.boundaries.own_ids import SOURCE_PREFIX, set_of, source_of
from localities.candidate_sets import candidate_set, drawn_from_of, is_complete, set_ids, sources_of
from localities.drawing.context import DrawingContext
from localities.drawing.given_names import SOURCE, read_names, with_given_names
from localities.drawing.own import draw_own
from localities.zones.crosswalk import exact_shares
from localities.zones.graph import are_contiguous

_log = logging.getLogger(__name__)


def drawing_context(
    zones: gpd.GeoDataFrame,
    adjacency: pd.DataFrame,
    files: Mapping[str, Path],
    limit: int = 10_000,
    seed: int = 2015,
    boundaries: Path | None = None,
    crosswalk: pd.DataFrame | None = None,
) -> DrawingContext:
    """Return what candidate sets may use to draw, with zones in order of code.

    Parameters
    ----------
    zones, adjacency
        The tables.
    files
        The file of each source id.
    limit
        A locality is within the limit when it has *fewer* residents.
    seed
        Seed of whatever is random.
    boundaries
        Folder of own boundaries (`localities.boundaries.own_files`) whose sets are drawn too; they may also be among
        `files`.
    crosswalk
        Table ``crosswalk``, for lookups and own lists on the zones of another census.
    """
    ordered = zones.sort_values("zone_code", ignore_index=True)
    own = {} if boundaries is None else own_files(boundaries)
    return DrawingContext(ordered, adjacency, {**files, **own}, draw_set, limit, seed, crosswalk)


def draw_set(context: DrawingContext, set_id: str) -> pd.DataFrame:
    """Return the drawing of a candidate set, or of own boundaries among the context's files.

    Raises
    ------
    ConfigError
        If there is no such set.
    """
    if set_id in own_sets(context):
        return draw_own(context, load_own(context.files[source_of(set_id)].parent.parent, set_id))
    return candidate_set(set_id).draw(context)


def own_sets(context: DrawingContext) -> tuple[str, ...]:
    """Return the ids of the sets of own boundaries among the context's files."""
    return tuple(sorted(set_of(one) for one in context.files if one.startswith(SOURCE_PREFIX)))


def build_candidates(
    context: DrawingContext, sets: Iterable[str] | None = None
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return the tables ``candidate_localities`` and ``membership`` of candidate sets.

    Parameters
    ----------
    context
        From `drawing_context`.
    sets
        Ids of the sets; None means all whose sources are among the context's files (the sample has not every one).

    Raises
    ------
    ConfigError
        If there is no such set.
    GeographyError
        If a set that says it is complete is not, or a file does not fit the zones.
    """
    own = own_sets(context)
    if sets is None:
        chosen = tuple(one for one in set_ids() if set(sources_of([one], with_optional=False)) <= set(context.files))
        for one in sorted(set(set_ids()) - set(chosen)):
            _log.info("candidate set %s is left out: a source that it reads was not fetched", one)
        chosen += own
    else:
        chosen = tuple(dict.fromkeys(sets))
    finished = [
        finish_drawing(context, one, context.draw(one), edited=_edited(context, one))
        if one in own
        else finish_drawing(
            context, one, context.draw(one), drawn_from=drawn_from_of(one), must_be_complete=is_complete(one)
        )
        for one in chosen
    ]
    drawn = pd.concat([one for one, _ in finished], ignore_index=True)
    members = pd.concat([two for _, two in finished], ignore_index=True)
    localities = gpd.GeoDataFrame(drawn, geometry="geometry", crs=CRS)
    return localities[list(TABLES["candidate_localities"].columns)], members[list(TABLES["membership"].columns)]


def finish_drawing(
    context: DrawingContext,
    set_id: str,
    drawing: pd.DataFrame,
    *,
    drawn_from: Iterable[str] = (),
    must_be_complete: bool = False,
    edited: tuple[str | None, str | None] = (None, None),
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return the localities and the membership of one drawing, in the form of their tables.

    ``population`` is the sum of weight x residents, whole by nature where all weights are 1 and rounded elsewhere.
    Names that the partnership gave (`localities.drawing.given_names`, where the file is among the context's) win.
    ``fit`` is the share of a locality's residents who live inside the boundary that it is named for: 1 where the
    boundary is made of whole zones.

    Parameters
    ----------
    context
        Zones, graph and limit.
    set_id
        Id of the set; a locality's id is ``<set>:<code>``.
    drawing
        As ``draw`` of a set returns it.
    drawn_from
        Ids of the indicators used in the drawing.
    must_be_complete
        Whether every zone has to be in exactly one locality, whole.
    edited
        The candidate set that this is a partnership's edited drawing of, and since when.

    Raises
    ------
    GeographyError
        If the drawing names unknown zones or, where it must be, is not complete.
    SchemaError
        If it names a zone twice in a locality, or a weight is not above 0 and at most 1.
    """
    rows = _checked(context, set_id, drawing, must_be_complete)
    zones = context.zones
    at = rows["zone"].to_numpy()
    rows["cpp_code"] = zones["cpp_code"].to_numpy()[at]
    rows["people"] = rows["weight"] * context.population[at]
    _clip_to_cpp(rows)
    # by partnership, so that what one of them shows is read alone
    rows = rows.sort_values(["cpp_code", "locality_code", "zone_code"], kind="stable", ignore_index=True)
    group, codes = pd.factorize(rows["locality_code"])
    count = len(codes)
    first = rows.drop_duplicates("locality_code")
    people = np.bincount(group, weights=rows["people"], minlength=count)
    # half a person does not exist, and half up is what a reader expects
    population = np.floor(people + 0.5).astype("int64")
    polygons = dissolve(zones.geometry.to_numpy()[rows["zone"].to_numpy()], group, count)
    rows["locality_id"] = set_id + ":" + rows["locality_code"]
    contiguous = are_contiguous(rows, context.adjacency)
    cpp_names = zones.drop_duplicates("cpp_code").set_index("cpp_code")["cpp_name"]
    localities = pd.DataFrame(
        {
            "locality_id": set_id + ":" + first["locality_code"].to_numpy(),
            "candidate_set": set_id,
            "locality_name": _unique_names(rows, first, zones),
            "alternative_names": first["alternative_names"].to_numpy() if "alternative_names" in first else None,
            "cpp_code": first["cpp_code"].to_numpy(),
            "cpp_name": first["cpp_code"].map(cpp_names).to_numpy(),
            "population": population,
            "is_within_limit": population < context.limit,
            "zone_count": np.bincount(group, minlength=count),
            "compactness": compactness(polygons),
            "fit": _fit(rows, group, count, people),
            "drawn_from": ", ".join(drawn_from) or None,
            "based_on": edited[0],
            "based_on_since": edited[1],
            "geometry": polygons,
        }
    )
    localities["is_contiguous"] = localities["locality_id"].map(contiguous).astype(bool)
    texts = ["drawn_from", "alternative_names", "based_on", "based_on_since"]
    localities[texts] = localities[texts].astype("str")
    members = rows[["locality_id", "zone_code", "weight"]].assign(candidate_set=set_id)
    members["exact_share"] = exact_shares(members, context.crosswalk, str(zones["vintage"].iloc[0]))
    if SOURCE in context.files:
        localities = with_given_names(localities, members, read_names(context.files[SOURCE]), zones)
    frame = gpd.GeoDataFrame(localities, geometry="geometry", crs=CRS)
    return frame[list(TABLES["candidate_localities"].columns)], members[list(TABLES["membership"].columns)]


def _edited(context: DrawingContext, set_id: str) -> tuple[str | None, str | None]:
    about = describe_own(context.files[source_of(set_id)].parent.parent, set_id)
    return about.based_on, about.added_at if about.based_on else None


def _checked(context: DrawingContext, set_id: str, drawing: pd.DataFrame, must_be_complete: bool) -> pd.DataFrame:
    where = f"candidate set {set_id}"
    rows = drawing.reset_index(drop=True)
    rows["weight"] = rows["weight"].astype("float64")
    rows["zone"] = context.codes.get_indexer(pd.Index(rows["zone_code"]))
    unknown = rows["zone"] < 0
    if unknown.any():
        raise GeographyError(
            "A drawing names zones that do not exist",
            where=where,
            column="zone_code",
            codes=rows.loc[unknown, "zone_code"].unique(),
            expected="codes of the table zones",
            found=f"{int(unknown.sum()):,} others",
            remedy="check the vintage of the zones that it was drawn on",
        )
    twice = rows.duplicated(["locality_code", "zone_code"])
    odd = ~((rows["weight"] > 0) & (rows["weight"] <= 1))
    if twice.any() or odd.any():
        raise SchemaError(
            "A drawing names a zone twice in a locality, or with a weight outside 0 to 1",
            where=where,
            codes=rows.loc[twice | odd, "zone_code"].unique(),
            expected="each zone once in a locality, with a weight above 0 and at most 1",
            found=f"{int(twice.sum()):,} twice, {int(odd.sum()):,} with another weight",
            remedy="mend the set's draw function",
        )
    if must_be_complete:
        times = np.bincount(rows["zone"], minlength=len(context.codes))
        off = (times != 1) | (np.bincount(rows["zone"], weights=rows["weight"], minlength=len(times)) != 1)
        if off.any():
            raise GeographyError(
                "A complete candidate set does not hold every zone exactly once",
                where=where,
                codes=context.codes[off],
                expected="every zone in one locality, whole",
                found=f"{int((times == 0).sum()):,} in none, {int((times > 1).sum()):,} in several",
                remedy="mend the set's draw function, or declare IS_COMPLETE = False",
            )
    return rows


def _clip_to_cpp(rows: pd.DataFrame) -> None:
    """Give the parts of a locality in several CPPs codes of their own: a locality lies in one."""
    spread = rows.groupby("locality_code")["cpp_code"].nunique()
    over = rows["locality_code"].isin(spread.index[spread > 1])
    rows.loc[over, "locality_code"] = rows.loc[over, "locality_code"] + "-" + rows.loc[over, "cpp_code"]


def _fit(rows: pd.DataFrame, group: np.ndarray, count: int, people: np.ndarray) -> np.ndarray:
    if "inside" not in rows:
        return np.ones(count)
    inside = rows["inside"].to_numpy(dtype="float64")
    lived = np.bincount(group, weights=rows["people"] * inside, minlength=count)
    mean = np.bincount(group, weights=inside, minlength=count) / np.bincount(group, minlength=count)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.clip(np.where(people > 0, lived / people, mean), 0.0, 1.0)


def _unique_names(rows: pd.DataFrame, first: pd.DataFrame, zones: gpd.GeoDataFrame) -> np.ndarray:
    """Return a name for each locality, unique in its CPP: a shared one takes its ward, or its code, in brackets."""
    names = first[["locality_code", "locality_name", "cpp_code"]].reset_index(drop=True)
    shared = names.duplicated(["cpp_code", "locality_name"], keep=False)
    if not shared.any():
        return names["locality_name"].to_numpy()
    some = rows[rows["locality_code"].isin(names.loc[shared, "locality_code"])]
    wards = some.assign(ward=zones["ward_name"].to_numpy()[some["zone"].to_numpy()])
    wards = wards.groupby(["locality_code", "ward"])[["people"]].sum().reset_index()
    wards = wards.sort_values(["locality_code", "people", "ward"], ascending=[True, False, True])
    ward = names["locality_code"].map(wards.drop_duplicates("locality_code").set_index("locality_code")["ward"])
    with_ward = names["locality_name"] + " (" + ward.fillna("") + ")"
    with_code = names["locality_name"] + " (" + names["locality_code"] + ")"
    label = names["locality_name"].where(~shared, with_ward)
    again = label.groupby([names["cpp_code"], label]).transform("size") > 1
    return label.where(~again, with_code).to_numpy()
