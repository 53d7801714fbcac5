"""Settlements of National Records of Scotland: built-up areas, cities whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localities.boundaries.fitting import best_fit
from localities.boundaries.published import read_areas

if TYPE_CHECKING:
    import pandas as pd

    from localities.drawing.context import DrawingContext

TITLE = "Settlements"
DESCRIPTION = (
    "Built-up areas of about 500 residents or more (2020), large cities whole; each data zone goes where most of its "
    "residents live, and zones of the open country belong to none."
)
SOURCES = ("nrs-settlements-2020", "nrs-output-areas-2011")
IS_OPTIONAL = True
IS_COMPLETE = False
DRAWN_FROM: tuple[str, ...] = ()


def draw(context: DrawingContext) -> pd.DataFrame:
    """Return the settlement of every data zone most of whose residents live in one.

    Those in several partnerships are later cut along the boundary.

    Raises
    ------
    UnreadableSource, SchemaError, GeographyError
        See `localities.boundaries.published.read_areas`.
    """
    areas = read_areas(context.file(SOURCES[0]), name=("name",), code=("code",), layer="Settlements")
    return best_fit(context.zones, context.residents, areas, is_exclusive=True)
