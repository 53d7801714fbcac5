"""Localities of National Records of Scotland: settlements divided into the towns that people know by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localities.boundaries.fitting import best_fit
from localities.boundaries.published import read_areas

if TYPE_CHECKING:
    import pandas as pd

    from localities.drawing.context import DrawingContext

TITLE = "Localities of settlements"
DESCRIPTION = (
    "Towns, and parts of large built-up areas with a name of their own, that National Records of Scotland divides "
    "settlements into (2020); zones of the open country belong to none."
)
SOURCES = ("nrs-localities-2020", "nrs-output-areas-2011")
IS_OPTIONAL = True
IS_COMPLETE = False
DRAWN_FROM: tuple[str, ...] = ()


def draw(context: DrawingContext) -> pd.DataFrame:
    """Return the locality of every data zone most of whose residents live in one.

    Those in several partnerships are later cut along the boundary.

    Raises
    ------
    UnreadableSource, SchemaError, GeographyError
        See `localities.boundaries.published.read_areas`.
    """
    areas = read_areas(context.file(SOURCES[0]), name=("name",), code=("code",), layer="Localities")
    return best_fit(context.zones, context.residents, areas, is_exclusive=True)
