"""The drawing of a partnership's own boundaries, and how well zones fit them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import shapely

from indicators.errors import GeographyError
from indicators.errors import some as shown
from localities.boundaries.fitting import best_fit, fit_errors, shares_fit
from localities.boundaries.repairing import REPORT
from localities.drawing.units import in_data_zones, unknown_codes
from localities.residents.output_areas import residents_of

if TYPE_CHECKING:
    from localities.drawing.context import DrawingContext

from localities.boundaries.own_files import OwnBoundaries

READ_IF_THERE = ("nrs-output-areas-2011", "os-code-point-open", "nrs-oa22-dz22-lookup")
"""Sources that say where residents of polygons, output areas and postcodes live."""

_SLIVER = 0.01
"""Share of an area's ground in another partnership below which borders are only drawn otherwise."""


def draw_own(context: DrawingContext, own: OwnBoundaries) -> pd.DataFrame:
    """Return the drawing of own boundaries: their zones, by where residents live.

    Boundaries that fit no zone (fewer residents than half of any zone) are absent: see `fit_report`. Of a set that is
    one partnership's, only its own zones are taken.

    Raises
    ------
    GeographyError
        If no boundary fits any zone.
    """
    if own.has_polygons:
        fit = shares_fit if own.about.by_shares else best_fit
        drawing = fit(context.zones, _residents(context), _of_cpp(own))
    else:
        drawing = _listed(context, own)
        if own.about.cpp_code is not None:
            own_zones = context.zones.loc[context.zones["cpp_code"] == own.about.cpp_code, "zone_code"]
            drawing = drawing[drawing["zone_code"].isin(own_zones)]
    if drawing.empty:
        raise GeographyError(
            "Own boundaries hold no zone",
            where=own.about.file_name,
            codes=own.areas["locality_code"].unique(),
            expected="areas with at least half of a zone's residents",
            found="; ".join(left_out(context, own)["problem"]) or "no residents of any zone inside",
            remedy="check the position of the boundaries and the partnership, or fit them by shares",
        )
    return drawing.reset_index(drop=True)


def left_out(context: DrawingContext, own: OwnBoundaries) -> pd.DataFrame:
    """Return what the drawing leaves out, as rows of its report (`REPORT`).

    Of a list the zones that lie in another partnership or nowhere, codes in no lookup, and zones of another census
    whose people cannot be told apart. Of one partnership's polygons the ground that they cover in others.
    """
    if own.has_polygons:
        rows = _ground_elsewhere(context, own)
    else:
        in_zones = in_data_zones(context, own.areas.copy(), own.about.file_name, by_shares=own.about.by_shares)
        rows = [*_unknown(context, own), *_undecided(context, in_zones), *_zones_elsewhere(context, own)]
    return pd.DataFrame(rows, columns=REPORT)


def _unknown(context: DrawingContext, own: OwnBoundaries) -> list[tuple[str, str, str, float]]:
    return [
        (
            name,
            f"{len(some):,} code{'s' * (len(some) > 1)} that no lookup has: {shown(some['zone_code'])}",
            "left out",
            0.0,
        )
        for name, some in unknown_codes(context, own.areas).groupby("locality_name", sort=True)
    ]


def _undecided(context: DrawingContext, in_zones: pd.DataFrame) -> list[tuple[str, str, str, float]]:
    """Return the zones of another census of which no zone of the run is made."""
    if context.crosswalk is None or in_zones["zone_code"].isin(context.zones["zone_code"]).any():
        return []
    drawn = context.of_these_zones(in_zones, "a list")
    pairs = context.crosswalk[context.crosswalk["to_vintage"] == context.vintage]
    pairs = pairs.merge(drawn[["zone_code", "locality_code"]], left_on="to_code", right_on="zone_code")
    used = pd.MultiIndex.from_frame(pairs[["locality_code", "from_code"]])
    lost = in_zones[~pd.MultiIndex.from_frame(in_zones[["locality_code", "zone_code"]]).isin(used)]
    return [
        (name, f"{len(some):,} zone{'s' * (len(some) > 1)} of another census that no zone of the run stands for: "
         f"{shown(some['zone_code'])}", "left out", 0.0)
        for name, some in lost.groupby("locality_name", sort=True)
    ]  # fmt: skip


def _zones_elsewhere(context: DrawingContext, own: OwnBoundaries) -> list[tuple[str, str, str, float]]:
    places = context.zones[["zone_code", "cpp_code", "cpp_name", "area_m2"]]
    found = _listed(context, own).merge(places, on="zone_code", how="left")
    if own.about.cpp_code is not None:
        found = found[found["cpp_code"] != own.about.cpp_code]
    else:
        found = found[found["cpp_code"].isna()]
    found["cpp_name"] = found["cpp_name"].astype("object").fillna("no partnership")
    return [
        (
            name,
            f"{len(some):,} zone{'s' * (len(some) > 1)} of {cpp}: {shown(some['zone_code'])}",
            "left out",
            float(some["area_m2"].sum()),
        )
        for (name, cpp), some in found.groupby(["locality_name", "cpp_name"], sort=True)
    ]


def _ground_elsewhere(context: DrawingContext, own: OwnBoundaries) -> list[tuple[str, str, str, float]]:
    """Return the ground that polygons of one partnership cover in others, if it is more than borders that differ."""
    if own.about.cpp_code is None:
        return []
    others = gpd.GeoDataFrame(context.zones[context.zones["cpp_code"] != own.about.cpp_code])
    areas = gpd.GeoDataFrame(own.areas)
    area, zone = others.sindex.query(areas.geometry, predicate="intersects")
    inside = shapely.area(shapely.intersection(areas.geometry.to_numpy()[area], others.geometry.to_numpy()[zone]))
    pairs = pd.DataFrame({
        "locality_name": areas["locality_name"].to_numpy()[area], "whole": areas.area.to_numpy()[area],
        "cpp_name": others["cpp_name"].to_numpy()[zone], "ground": inside,
    })  # fmt: skip
    found = pairs.groupby(["locality_name", "cpp_name"], sort=True).agg(
        ground=("ground", "sum"), whole=("whole", "first")
    )
    found = found[found["ground"] > _SLIVER * found["whole"]]
    return [
        (name, f"{row.ground / row.whole:.0%} of its ground is in {cpp}", "left out: only residents of "
         "the partnership count", float(row.ground))
        for (name, cpp), row in found.iterrows()
    ]  # fmt: skip


def _listed(context: DrawingContext, own: OwnBoundaries) -> pd.DataFrame:
    in_zones = in_data_zones(context, own.areas.copy(), own.about.file_name, by_shares=own.about.by_shares)
    return context.of_these_zones(in_zones, own.about.file_name)


def _of_cpp(own: OwnBoundaries) -> gpd.GeoDataFrame:
    areas = gpd.GeoDataFrame(own.areas)
    return areas if own.about.cpp_code is None else areas.assign(cpp_code=own.about.cpp_code)


def fit_report(context: DrawingContext, own: OwnBoundaries, drawing: pd.DataFrame) -> pd.DataFrame:
    """Return how well zones stand for each boundary (`localities.boundaries.fitting`); empty for lists of zones.

    `drawing` is what `draw_own` returns of them.
    """
    if not own.has_polygons:
        return pd.DataFrame()
    found = fit_errors(context.zones, _residents(context), _of_cpp(own), drawing)
    return found.merge(own.areas[["locality_code", "locality_name"]], on="locality_code")


def _residents(context: DrawingContext) -> pd.DataFrame:
    if "nrs-output-areas-2011" in context.files:
        return context.residents
    # without output areas a zone's residents stand at its population-weighted centroid
    none = pd.DataFrame({"zone_code": pd.Series(dtype="str"), "residents": [], "x": [], "y": []})
    return residents_of(context.zones, none)
