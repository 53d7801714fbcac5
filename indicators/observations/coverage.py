"""Whose zones an indicator is published for: all of Scotland, or the councils and health boards that it declares.

A council's own data are data like any other inside it. Outside there is nothing to judge by, and that a file has only
its own council's zones is no sign that it was cut short.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.catalogue import Catalogue
from indicators.errors import GeographyError, UnreadableSource

LEAST_COVER = 0.9
"""Share of the zones it is published for that a table must have."""

BOARDS = {
    "S08000015": ("S12000008", "S12000021", "S12000028"),
    "S08000016": ("S12000026",),
    "S08000017": ("S12000006",),
    "S08000019": ("S12000005", "S12000014", "S12000030"),
    "S08000020": ("S12000020", "S12000033", "S12000034"),
    "S08000022": ("S12000017", "S12000035"),
    "S08000024": ("S12000010", "S12000019", "S12000036", "S12000040"),
    "S08000025": ("S12000023",),
    "S08000026": ("S12000027",),
    "S08000028": ("S12000013",),
    "S08000029": ("S12000047",),
    "S08000030": ("S12000041", "S12000042", "S12000048"),
    "S08000031": ("S12000011", "S12000018", "S12000038", "S12000039", "S12000045", "S12000049"),
    "S08000032": ("S12000029", "S12000050"),
}
"""Councils of each health board, by code; every council lies in one."""


def councils_of(covers: Iterable[str]) -> frozenset[str]:
    """Return the codes of the councils that a declaration's ``covers`` comes to.

    Examples
    --------
    >>> sorted(councils_of(["S08000022", "S12000047"]))
    ['S12000017', 'S12000035', 'S12000047']
    """
    return frozenset(council for code in covers for council in BOARDS.get(code, (code,)))


def check_cover(
    table: pd.DataFrame, catalogue: Catalogue, zone_codes: NDArray[np.object_], zone_councils: Sequence[str] | None
) -> None:
    """Raise unless each indicator has nearly all the zones that it is published for, and none beyond them.

    Parameters
    ----------
    table
        Observations in order of indicator and area, both categories; of data zones those of `zone_codes`.
    zone_codes, zone_councils
        The data zones of the country, and the council of each; None takes every indicator as covering them all.

    Raises
    ------
    UnreadableSource
        If a table lacks more than a tenth of its zones.
    GeographyError
        If a council that is declared is not there, or zones outside the councils have figures.
    """
    indicator, areas = table["indicator_id"].array, table["area_code"].array
    is_zone = (table["area_type"] == "data_zone").to_numpy()
    which, place = indicator.codes[is_zone], areas.codes[is_zone]
    # each pair starts where either changes
    is_first = np.ones(len(which), dtype=bool)
    is_first[1:] = (which[1:] != which[:-1]) | (place[1:] != place[:-1])
    found = np.bincount(which[is_first], minlength=len(indicator.categories))
    councils = None if zone_councils is None else np.asarray(zone_councils, dtype=object)
    for row in np.flatnonzero(found):
        name = str(indicator.categories[row])
        covers = catalogue[name].covers
        inside = np.ones(len(zone_codes), dtype=bool)
        if covers and councils is not None:
            wanted = councils_of(covers)
            inside = np.isin(councils, list(wanted))
            have = np.asarray(areas.categories)[place[is_first & (which == row)]]
            beyond = have[~np.isin(have, zone_codes[inside])]
            if absent := sorted(wanted - set(councils)):
                raise GeographyError(
                    "An indicator covers councils that are not there",
                    where=f"{name}.yaml",
                    column="covers",
                    codes=absent,
                    expected="codes of councils (S12...) or health boards (S08...)",
                    remedy="correct the declaration",
                )
            if len(beyond):
                raise GeographyError(
                    f"{name} has figures outside what it covers",
                    where=f"{name}.yaml",
                    column="covers",
                    codes=beyond,
                    expected=f"zones of {', '.join(covers)} only",
                    found=f"{len(beyond):,} others",
                    remedy="add their councils to covers, or remove the rows",
                )
        if found[row] < LEAST_COVER * inside.sum():
            raise UnreadableSource(
                "A table lacks many data zones of those that it is published for",
                where="table observations",
                codes=[name],
                expected=f"rows for at least {LEAST_COVER:.0%} of {inside.sum():,} data zones",
                found=f"{found[row]:,}",
                remedy="if it is published for some councils or health boards only, declare covers; else fetch the "
                "file again with `localities sources fetch`",
            )
