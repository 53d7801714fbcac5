"""Cell texts of published tables, read as numbers and statuses.

Here: what one column of cells says, with *observed*, *suppressed*, *not applicable* and *missing* kept apart. Not here:
where the column is (`published`, `workbooks`), and what the numbers mean (`measured`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.errors import SchemaError, compose

__all__ = ["MISSING", "NOT_APPLICABLE", "OBSERVED", "SUPPRESSED", "Cells", "parse_cells"]

OBSERVED = "observed"
SUPPRESSED = "suppressed"
NOT_APPLICABLE = "not_applicable"
MISSING = "missing"

_THOUSANDS = r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?"


@dataclass(frozen=True)
class Cells:
    """One column of cells, parsed: `value` (NaN unless observed) and `status`, both of shape (rows,)."""

    value: np.ndarray
    status: np.ndarray

    def take(self, rows: np.ndarray) -> Cells:
        """Return the cells of other rows; a row of -1 becomes a missing cell.

        Examples
        --------
        >>> cells = Cells(np.array([1.0, 2.0]), np.array(["observed", "observed"], dtype=object))
        >>> cells.take(np.array([1, -1])).status.tolist()
        ['observed', 'missing']
        """
        absent = rows < 0
        value = self.value[rows]
        status = self.status[rows]
        value[absent] = np.nan
        status[absent] = MISSING
        return Cells(value, status)


def parse_cells(
    cells: Sequence[object] | np.ndarray,
    *,
    codes: Sequence[object] | np.ndarray,
    where: Path | str,
    column: str,
    suppressed: Collection[str] = (),
    not_applicable: Collection[str] = (),
    missing: Collection[str] = ("",),
    minimum: float | None = 0.0,
    is_count: bool = False,
) -> Cells:
    """Return the numbers and statuses of one column of published cells.

    A suppressed, not applicable or missing cell has the value NaN, never 0. A percent sign is dropped (``8%`` is 8.0),
    but refused in a count, and separators of thousands are understood (``1,234``). TRUE and FALSE are no numbers. An
    error of a workbook (``#REF!``) is no figure, whatever a blank means; ``#N/A``, its word for no value, is missing. A
    column that holds nothing at all is more likely emptied than published so.

    Parameters
    ----------
    cells
        Cells as read: numbers, texts or None, shape (rows,).
    codes
        Area code of each row, for messages.
    where, column
        File and column, for messages.
    suppressed, not_applicable, missing
        Texts that stand for each status, compared without surrounding blanks. A cell of None counts as "".
    minimum
        Smallest number allowed; None for no limit.
    is_count
        Whether the column counts people or events.

    Raises
    ------
    SchemaError
        If a cell is neither a number nor a declared text, or a number is below `minimum`, or every cell is blank.

    Examples
    --------
    >>> cells = parse_cells(["8%", "*", "", 1234.0], codes=["a", "b", "c", "d"], where="file.csv", column="rate",
    ...                     suppressed=["*"], not_applicable=[""], missing=[])
    >>> cells.value.tolist()
    [8.0, nan, nan, 1234.0]
    >>> cells.status.tolist()
    ['observed', 'suppressed', 'not_applicable', 'observed']
    """
    raw = np.asarray(cells, dtype=object)
    value = pd.to_numeric(pd.Series(raw, dtype=object), errors="coerce").to_numpy(dtype="float64", copy=True)
    # a workbook's TRUE comes as a bool, which is a number to Python: 0 or 1
    for row in np.flatnonzero((value == 0) | (value == 1)):
        if isinstance(raw[row], bool | np.bool_):
            value[row] = np.nan
    status = np.full(len(raw), OBSERVED, dtype=object)
    rows = np.flatnonzero(~np.isfinite(value))
    if len(rows):
        shown = ["" if cell is None or cell != cell else str(cell).strip() for cell in raw[rows]]
        if len(raw) > 1 and len(rows) == len(raw) and not any(shown):
            raise SchemaError(
                compose(
                    "A column is blank throughout",
                    where=where,
                    column=column,
                    expected=f"a figure in at least one of {len(raw):,} rows",
                    found="nothing in any",
                    remedy="check that the publisher's file is whole; a figure that is not published is no indicator",
                )
            )
        texts = pd.Series(shown, dtype="str")
        meanings = {
            # a workbook's own word for "no value available": missing, whatever a blank means there
            "#N/A": MISSING,
            **dict.fromkeys(missing, MISSING),
            **dict.fromkeys(not_applicable, NOT_APPLICABLE),
            **dict.fromkeys(suppressed, SUPPRESSED),
        }
        meant = texts.map(meanings).to_numpy(dtype=object)
        is_number = pd.isna(meant)
        value[rows] = np.nan
        status[rows[~is_number]] = meant[~is_number]
        _parse_dressed_numbers(
            value,
            rows[is_number],
            texts[is_number],
            codes,
            where,
            column,
            sorted({*missing, *not_applicable, *suppressed}),
            is_count,
        )
    if minimum is not None:
        low = np.flatnonzero(value < minimum)
        if len(low):
            raise SchemaError(
                compose(
                    "A published figure is negative" if minimum == 0 else "A published figure is too small",
                    where=where,
                    column=column,
                    codes=np.asarray(codes, dtype=object)[low],
                    expected=f"numbers of at least {minimum:g}",
                    found=f"{value[low].min():g} in {_rows(len(low))}",
                    remedy="ask the publisher, or correct the file; nothing is read from it until then",
                )
            )
    return Cells(value, status)


def _parse_dressed_numbers(
    value: np.ndarray,
    rows: np.ndarray,
    texts: pd.Series,
    codes: Sequence[object] | np.ndarray,
    where: Path | str,
    column: str,
    known: Sequence[str],
    is_count: bool,
) -> None:
    """Fill in numbers written with a percent sign or separators of thousands; refuse what is left."""
    if not len(rows):
        return
    bare = texts if is_count else texts.str.removesuffix("%").str.strip()
    dressed = bare.str.fullmatch(_THOUSANDS).to_numpy(dtype=bool)
    bare = bare.where(~dressed, bare.str.replace(",", "", regex=False))
    numbers = pd.to_numeric(bare, errors="coerce").to_numpy(dtype="float64")
    wrong = ~np.isfinite(numbers)
    if wrong.any():
        shown = ", ".join(repr(text) for text in pd.unique(texts[wrong])[:5])
        raise SchemaError(
            compose(
                "A cell is not a number",
                where=where,
                column=column,
                codes=np.asarray(codes, dtype=object)[rows[wrong]],
                expected=("counts" if is_count else "numbers")
                + (f", or one of {', '.join(map(repr, known))}" if known else ""),
                found=f"{shown} in {_rows(int(wrong.sum()))}",
                remedy="if the publisher's symbols changed, add them to the declaration of the indicator",
            )
        )
    value[rows] = numbers


def _rows(count: int) -> str:
    return f"{count:,} row" + ("" if count == 1 else "s")
