"""Catchments of secondary schools as their councils draw them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localities.boundaries.fitting import best_fit
from localities.boundaries.published import read_areas

if TYPE_CHECKING:
    import pandas as pd

    from localities.drawing.context import DrawingContext

TITLE = "Secondary school catchments"
DESCRIPTION = (
    "Catchments of the councils' non-denominational secondary schools; each data zone goes to the one that most of its "
    "residents live in."
)
SOURCES = ("is-school-catchments", "nrs-output-areas-2011")
IS_OPTIONAL = True
IS_COMPLETE = False
DRAWN_FROM: tuple[str, ...] = ()


def draw(context: DrawingContext) -> pd.DataFrame:
    """Return the secondary school whose catchment holds most residents of a data zone.

    A catchment counts in its own council only. Schools without a catchment (that of Jordanhill, which no council runs)
    leave a gap. Denominational catchments overlap these and are not read.

    Raises
    ------
    UnreadableSource, SchemaError, GeographyError
        See `localities.boundaries.published.read_areas`.
    """
    areas = read_areas(
        context.file(SOURCES[0]),
        name=("school_name", "name"),
        code=("seed_code",),
        council=("la_s_code", "la_code"),
        layer="schlsn",
        only=("level", "secondary"),
    )
    return best_fit(context.zones, context.residents, areas, is_exclusive=True)
