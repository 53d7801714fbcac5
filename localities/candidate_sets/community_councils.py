"""Community council areas, fitted to data zones by where residents live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localities.boundaries.fitting import best_fit
from localities.boundaries.published import read_areas

if TYPE_CHECKING:
    import pandas as pd

    from localities.drawing.context import DrawingContext

TITLE = "Community council areas"
DESCRIPTION = (
    "Areas of community councils, active or not; each data zone goes to the one that most of its residents live in, "
    "where at least half of them live in any."
)
SOURCES = ("is-community-council-boundaries", "nrs-output-areas-2011")
IS_OPTIONAL = True
IS_COMPLETE = False
DRAWN_FROM: tuple[str, ...] = ()


def draw(context: DrawingContext) -> pd.DataFrame:
    """Return the community council area of every data zone that lies in one.

    Areas count in their own council only. They leave gaps, and small ones hold most residents of no zone: those are
    absent.

    Raises
    ------
    UnreadableSource, SchemaError, GeographyError
        See `localities.boundaries.published.read_areas`.
    """
    areas = read_areas(context.file(SOURCES[0]), name=("cc_name", "name"), council=("la_s_code", "la_code"))
    return best_fit(context.zones, context.residents, areas, is_exclusive=True)
