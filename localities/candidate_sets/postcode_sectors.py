"""Postcode sectors, fitted to data zones by where residents live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from localities.boundaries.fitting import best_label

if TYPE_CHECKING:
    from localities.drawing.context import DrawingContext

TITLE = "Postcode sectors"
DESCRIPTION = "Postcode sectors such as EH6 5; each data zone goes to the sector that most of its residents live in."
SOURCES = ("os-code-point-open", "nrs-output-areas-2011")
IS_COMPLETE = True
DRAWN_FROM: tuple[str, ...] = ()


def draw(context: DrawingContext) -> pd.DataFrame:
    """Return the postcode sector of every data zone; those in several CPPs are later cut along the boundary."""
    postcodes, people = context.postcodes
    label, names = pd.factorize(postcodes["sector"], sort=True)
    shares = people[["zone", "share"]].assign(label=label[people["postcode"].to_numpy()])
    codes = pd.Series(names).str.replace(" ", "-", regex=False).to_numpy()
    return best_label(context.zones, shares, codes, pd.Series(names).to_numpy())
