"""Areas about the nearest GP practice: access to a service that shapes local identity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from localities.boundaries.fitting import best_label
from localities.residents.nearest import nearest_weighted
from localities.residents.practices import read_practices

if TYPE_CHECKING:
    from localities.drawing.context import DrawingContext

TITLE = "Nearest GP practice"
DESCRIPTION = (
    "Data zones by the nearest GP practice in a straight line, weighted by its list of patients: an approximation, not "
    "the practices' own areas."
)
SOURCES = ("phs-gp-practices", "os-code-point-open", "nrs-output-areas-2011")
IS_OPTIONAL = True
IS_COMPLETE = True
DRAWN_FROM: tuple[str, ...] = ()


def draw(context: DrawingContext) -> pd.DataFrame:
    """Return for every data zone the practice that is nearest to most of its residents, whatever its council.

    Those in several partnerships are later cut along the boundary.
    """
    postcodes, _ = context.postcodes
    places = read_practices(context.file(SOURCES[0]), postcodes)
    residents = context.residents
    near = nearest_weighted(
        residents[["x", "y"]].to_numpy(), places[["x", "y"]].to_numpy(), places["patients"].to_numpy()
    )
    shares = residents[["zone", "share"]].assign(label=near)
    return best_label(context.zones, shares, places["place_code"].to_numpy(), places["place_name"].to_numpy())
