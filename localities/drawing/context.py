"""What a candidate set may use to draw: zones, their graph, files of sources, the limit, and other sets' drawings.

Whatever several sets need is read or computed once here, when the first of them asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from indicators.errors import SourceUnavailable
from localities.zones.graph import neighbour_matrix

if TYPE_CHECKING:
    import geopandas as gpd
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class DrawingContext:
    """What a candidate set may use.

    Parameters
    ----------
    zones, adjacency
        The tables, in order of zone code.
    files
        The file of each source id; of own boundaries (`localities.boundaries.own_files`), the manifest.
    draw_set
        ``draw_set(context, set_id)`` returns the drawing of a candidate set, for sets that build on others.
    limit
        A locality should have fewer residents than this.
    seed
        Seed of whatever is random.
    crosswalk
        Table ``crosswalk``, for lookups on the zones of another census.
    """

    zones: gpd.GeoDataFrame
    adjacency: pd.DataFrame
    files: Mapping[str, Path]
    draw_set: Callable[[DrawingContext, str], pd.DataFrame]
    limit: int = 10_000
    seed: int = 2015
    crosswalk: pd.DataFrame | None = None
    _drawn: dict[str, pd.DataFrame] = field(default_factory=dict, repr=False, compare=False)

    def file(self, source_id: str) -> Path:
        """Return the file of a source.

        Raises
        ------
        SourceUnavailable
            If it was not fetched.
        """
        try:
            return self.files[source_id]
        except KeyError:
            raise SourceUnavailable(
                "A candidate set needs a source that was not fetched",
                where=source_id,
                found=", ".join(sorted(self.files)) or "no files",
                remedy=f"fetch it: localities sources fetch {source_id}",
            ) from None

    @cached_property
    def codes(self) -> pd.Index:
        """Zone codes, in the order of `zones`."""
        return pd.Index(self.zones["zone_code"])

    @cached_property
    def population(self) -> np.ndarray:
        """Residents of each zone, in the order of `zones`."""
        return self.zones["population"].to_numpy(dtype="float64")

    @cached_property
    def points(self) -> np.ndarray:
        """Population-weighted centroid of each zone: easting and northing in metres, in the order of `zones`."""
        return self.zones[["centroid_x", "centroid_y"]].to_numpy(dtype="float64")

    @cached_property
    def matrix(self) -> csr_array:
        """Graph of zones, links included: 0 and 1 in the order of `zones`."""
        return neighbour_matrix(self.codes, self.adjacency)

    @cached_property
    def residents(self) -> pd.DataFrame:
        """Points that carry every zone's residents, from census output areas (`localities.residents.output_areas`)."""
        from localities.residents.output_areas import read_output_areas, residents_of

        points = read_output_areas(self.file("nrs-output-areas-2011"))
        if self.vintage != "2011":
            # where people lived in 2011 is still the finest pattern inside a zone of 2022: no points of later output
            # areas are published with it
            from localities.boundaries.fitting import zones_at

            points = zones_at(self.zones, points)
        return residents_of(self.zones, points)

    @cached_property
    def postcodes(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Scotland's postcodes, and where residents of zones live by postcode; see `localities.residents.postcodes`."""
        from localities.residents.postcodes import postcode_residents, read_postcodes

        postcodes = read_postcodes(self.file("os-code-point-open"))
        return postcodes, postcode_residents(postcodes, self.residents)

    @cached_property
    def named_places(self) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray] | None:
        """Places with points, which of them each zone's residents live nearest to, and which are large towns.

        See `localities.drawing.natural_communities.named_places`; None where no source of names was fetched.
        """
        from localities.drawing.natural_communities.named_places import nearest_places, read_named_places

        if not {"os-open-names", "nrs-output-areas-2011"} <= set(self.files):
            return None
        places = read_named_places(self.file("os-open-names"))
        return places, *nearest_places(places, self.residents, limit=self.limit)

    @cached_property
    def vintage(self) -> str:
        """Census that the zones were drawn for."""
        return str(self.zones["vintage"].iloc[0]) if "vintage" in self.zones else "2011"

    def of_these_zones(self, drawing: pd.DataFrame, where: object, *, is_division: bool = False) -> pd.DataFrame:
        """Return a drawing made of the zones of another census, redrawn on these by where people live.

        See `localities.zones.redrawing.redraw`. One made of these zones comes as it is.

        Raises
        ------
        GeographyError
            If the zones are of several censuses, or nothing leads from theirs to these.
        """
        from localities.zones.redrawing import redraw

        return redraw(drawing, self.zones, self.crosswalk, self.vintage, where, is_division=is_division)

    def draw(self, set_id: str) -> pd.DataFrame:
        """Return the drawing of a candidate set, made once.

        Raises
        ------
        ConfigError
            If there is no such set.
        """
        if set_id not in self._drawn:
            self._drawn[set_id] = self.draw_set(self, set_id)
        return self._drawn[set_id].copy()
