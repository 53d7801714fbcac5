"""Areas about the nearest primary school: a stand-in for catchments, which are not published for all councils."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from localities.boundaries.fitting import best_label
from localities.residents.schools import nearest_school, read_schools

if TYPE_CHECKING:
    from localities.drawing.context import DrawingContext

TITLE = "Nearest primary school"
DESCRIPTION = (
    "Data zones by the council's nearest non-denominational primary school in a straight line, weighted by roll: "
    "an approximation, not the official catchments."
)
SOURCES = ("sg-school-roll-2022", "nrs-output-areas-2011")
IS_DEFAULT = False
IS_COMPLETE = True
DRAWN_FROM: tuple[str, ...] = ()


def draw(context: DrawingContext) -> pd.DataFrame:
    """Return for every data zone the primary school that is nearest to most of its residents."""
    schools = read_schools(context.file(SOURCES[0]), "Primary")
    shares = nearest_school(context.zones, context.residents, schools).rename(columns={"school": "label"})
    names = schools["school_name"].to_numpy()
    return best_label(context.zones, shares, schools["school_code"].to_numpy(), names)
