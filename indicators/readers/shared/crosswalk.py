"""Figures of areas drawn for another census, carried to the areas of today by where residents live.

Codes of two vintages look alike and name different places, so they are never matched. A crosswalk says which share of
each old area's residents lives in which new area; with one, counts are divided by these shares and added up anew. What
comes out is an estimate, and its status is ``modelled``. Without one, figures of another vintage are refused.

The project carries no crosswalk: one is made from census output areas or postcodes, and declared as a source. Its rows
hold an old code, a new code and a share of the old area's residents; the shares of an old area sum to 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from indicators.catalogue import Indicator
from indicators.errors import ConfigError, GeographyError
from indicators.readers.shared.areas import check_areas
from indicators.readers.shared.cells import MISSING, OBSERVED, Cells, parse_cells
from indicators.readers.shared.measured import MODELLED, source_table

_TOLERANCE = 0.005


@dataclass(frozen=True)
class Crosswalk:
    """Shares of residents: `shares` is a sparse matrix of new areas x old areas."""

    old: pd.Index
    new: pd.Index
    shares: sparse.csr_array
    where: str

    def carry(self, codes: pd.Index, cells: Cells) -> Cells:
        """Return counts of old areas as counts of the new ones, in the order of `new`.

        A new area whose residents come in part from an old one without a figure has none either.

        Raises
        ------
        GeographyError
            If an old area is not in the crosswalk.
        """
        strange = codes[~codes.isin(self.old)]
        if len(strange):
            raise GeographyError(
                "A crosswalk lacks areas of the table",
                where=self.where,
                codes=strange,
                expected="shares for every old area",
                found=f"{len(strange):,} areas without any",
                remedy="complete the crosswalk",
            )
        at = codes.get_indexer(self.old)
        lined = cells.take(at)
        has = lined.status == OBSERVED
        value = self.shares @ np.where(has, lined.value, 0.0)
        lacking = (self.shares @ (~has).astype(float)) > 0
        reached = np.asarray(self.shares.sum(axis=1)).ravel() > 0
        known = reached & ~lacking
        status = np.where(known, MODELLED, MISSING).astype(object)
        return Cells(np.where(known, value, np.nan), status)


def read_crosswalk(files: Mapping[str, Path], indicator: Indicator, old_geography: str) -> Crosswalk:
    """Return the crosswalk that a declaration names.

    Under ``columns``: ``crosswalk: {source: ..., from: ..., to: ..., share: ...}``, the last three being columns. The
    same source is named under ``companions``.

    Raises
    ------
    ConfigError
        If the declaration names none: the reason why the figures cannot be used as they are.
    GeographyError
        If codes are not of their vintages, or the shares of an old area do not sum to 1.
    """
    given = indicator.columns.get("crosswalk")
    if not isinstance(given, Mapping) or not {"source", "from", "to", "share"} <= set(given):
        raise ConfigError(
            "Figures of another vintage need a crosswalk",
            where=f"{indicator.id}.yaml",
            column="columns, crosswalk",
            expected=f"shares of residents from {old_geography} to {indicator.geography}: "
            "{source: ..., from: ..., to: ..., share: ...}",
            found=given,
            remedy="declare a crosswalk; codes are never matched across vintages",
        )
    table = source_table(files, indicator, source=str(given["source"]), has=[str(given["from"])])
    ends = [
        check_areas(table.column(str(given[key])), geography=geography, where=table.where, column=str(given[key]),
                    is_unique=False)
        for key, geography in (("from", old_geography), ("to", indicator.geography))
    ]  # fmt: skip
    column = str(given["share"])
    share = parse_cells(table.column(column), codes=ends[0], where=table.where, column=column, missing=()).value
    (row, new), (place, old) = (pd.factorize(pd.Series(codes, dtype="str"), sort=True) for codes in ends[::-1])
    matrix = sparse.csr_array((share, (row, place)), shape=(len(new), len(old)))
    total = np.asarray(matrix.sum(axis=0)).ravel()
    off = np.abs(total - 1) > _TOLERANCE
    if off.any():
        raise GeographyError(
            "Shares of a crosswalk do not sum to 1",
            where=table.where,
            column=column,
            codes=old[off],
            expected="all residents of each old area somewhere, once",
            found=f"{total[off][0]:g} in the first of {int(off.sum()):,}",
            remedy="correct the crosswalk",
        )
    return Crosswalk(pd.Index(old), pd.Index(new), matrix, table.where)
