"""Electoral wards, those at or over the limit split into contiguous parts under it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from localities.drawing.splitting import split_over_limit

if TYPE_CHECKING:
    from localities.drawing.context import DrawingContext

TITLE = "Electoral wards, split under the limit"
DESCRIPTION = "Wards with fewer residents than the limit as they are; larger ones split into natural communities."
SOURCES = ("ons-wards-2025", "nrs-output-areas-2011")
OPTIONAL_SOURCES = ("os-code-point-open", "sg-school-roll-2022")
IS_COMPLETE = True
DRAWN_FROM: tuple[str, ...] = ()


def draw(context: DrawingContext) -> pd.DataFrame:
    """Return the ward, or part of a ward, of every data zone."""
    return split_over_limit(context, context.draw("wards"))
