"""Cell texts of published tables, read as numbers and statuses.

Here: what one column of cells says, with *observed*, *suppressed*, *not applicable* and *missing* kept apart. Not here:
where the column is (`published`, `workbooks`), and what the numbers mean (`measured`).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.errors import SchemaError
from indicators.readers.shared.dressed import has_decimal_commas, plain_numbers
from indicators.readers.shared.workbooks import cell_text

_log = logging.getLogger(__name__)

OBSERVED = "observed"
SUPPRESSED = "suppressed"
NOT_APPLICABLE = "not_applicable"
MISSING = "missing"

_RATE = re.compile(
    r"%|per ?cent|(?<![a-z])pct(?![a-z])|(?<![a-z])(?:rate|ratio|share|proportion)(?![a-z])"
    r"|per 1(?:0{0,2},?0{3}|00)(?!\d)",
    re.IGNORECASE,
)
_ERRORS = re.compile(r"#(?:REF|DIV/0|VALUE|NAME|NUM|NULL|ERROR|SPILL|CALC)[!?]?", re.IGNORECASE)
_NUMBER = r"(\d[\d,]*|one|two|three|four|five|six|seven|eight|nine|ten)"
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_BELOW = re.compile(rf"(?:<|less than|fewer than|under|below)\s*{_NUMBER}")
_AT_MOST = re.compile(rf"(?:(?:<=|≤|up to|at most)\s*{_NUMBER}|{_NUMBER} (?:or|and) (?:fewer|less|under|below))")
_BETWEEN = re.compile(rf"{_NUMBER}\s*(?:-|–|to)\s*{_NUMBER}")
# the shorthand that the Government Analysis Function recommends (in brackets), and older usage
_MEANINGS = {
    SUPPRESSED: ("c", "conf", "confidential", "low", "l", "*", "**", "#", "s", "suppressed", "disclosive", "~"),
    NOT_APPLICABLE: ("z", "n/a", "not applicable", "not relevant", "n.a."),
    MISSING: (
        "x", "u", "w", "m", "..", "...", "…", ":", "-", "–", "—", "null", "nan", "none", "na", "n", "nil", "#n/a",
        "not available", "missing", "unknown", "no data", "not known", ".", "?",
    ),
}  # fmt: skip


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


def is_named_as_rate(column: str) -> bool:
    """Return whether the name of a column says that it holds rates or shares.

    Examples
    --------
    >>> is_named_as_rate("Income_rate"), is_named_as_rate("Patients"), is_named_as_rate("per 1,000 residents")
    (True, False, True)
    """
    return bool(_RATE.search(column))


def is_error(text: str) -> bool:
    """Return whether a text is what a workbook shows where a formula has failed, such as ``#REF!``."""
    return bool(_ERRORS.fullmatch(text))


def proposed_meaning(symbol: str) -> str:
    """Return what a text among figures usually means, "" where that is not known: for a person to confirm.

    Examples
    --------
    >>> [proposed_meaning(one) for one in ("[c]", "5 or fewer", "[z]", "–", "banana")]
    ['suppressed', 'suppressed', 'not_applicable', 'missing', '']
    """
    if bounds_of(symbol) is not None:
        return SUPPRESSED
    bare = symbol.strip().casefold().strip("[]() ")
    return next((status for status, known in _MEANINGS.items() if bare in known or symbol.strip() in known), "")


def bounds_of(symbol: str) -> tuple[int, int] | None:
    """Return the counts that a text such as ``<5`` or ``5 or fewer`` can stand for.

    Examples
    --------
    >>> bounds_of("<5"), bounds_of("five or fewer"), bounds_of("1 to 4"), bounds_of("*")
    ((0, 4), (0, 5), (1, 4), None)
    """
    text = " ".join(symbol.casefold().strip("[]()*†‡ ").split())

    def number(word: str) -> int:
        return _NUMBERS.index(word) + 1 if word in _NUMBERS else int(word.replace(",", ""))

    if match := _BELOW.fullmatch(text):
        return 0, max(number(match[1]) - 1, 0)
    if match := _AT_MOST.fullmatch(text):
        return 0, number(match[1] or match[2])
    if (match := _BETWEEN.fullmatch(text)) and number(match[1]) < number(match[2]) <= 100:
        return number(match[1]), number(match[2])
    return None


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
    is_whole: bool = False,
) -> Cells:
    """Return the numbers and statuses of one column of published cells.

    A suppressed, not applicable or missing cell has the value NaN, never 0. Declared symbols are looked up before a
    cell is taken for a number, so that -99 can be one. A percent sign is dropped (``8%`` is 8.0),
    but refused in a count, and separators, decimal commas and marks are understood as in
    `indicators.readers.shared.dressed` (``1,234``, ``12*``). TRUE and FALSE are no numbers. An
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
        Texts that stand for each status, compared without surrounding blanks; those that are numbers as numbers. A cell
        of None counts as "".
    minimum
        Smallest number allowed; None for no limit.
    is_count
        Whether the column counts people or events.
    is_whole
        Of a count: whether fractions are refused.

    Raises
    ------
    SchemaError
        If a cell is neither a number nor a declared text, or a number is below `minimum`, or every cell is blank; or a
        column of counts holds rates: it is named as one and nothing is above 100, or its figures are fractions.

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
    meanings = {
        # a workbook's own word for "no value available": missing, whatever a blank means there
        "#N/A": MISSING,
        **dict.fromkeys(missing, MISSING),
        **dict.fromkeys(not_applicable, NOT_APPLICABLE),
        **dict.fromkeys(suppressed, SUPPRESSED),
    }
    for symbol, meant_by in meanings.items():
        number = pd.to_numeric(symbol, errors="coerce") if symbol else np.nan
        if np.isfinite(number):
            hidden = value == number
            value[hidden], status[hidden] = np.nan, meant_by
    rows = np.flatnonzero(~np.isfinite(value) & (status == OBSERVED))
    if len(rows):
        shown = ["" if cell is None or cell != cell else cell_text(cell) for cell in raw[rows]]
        if len(raw) > 1 and len(rows) == len(raw) and not any(shown):
            raise SchemaError(
                "A column is blank throughout",
                where=where,
                column=column,
                expected=f"a figure in at least one of {len(raw):,} rows",
                found="nothing in any",
                remedy="check that the publisher's file is whole; a figure that is not published is no indicator",
            )
        texts = pd.Series(shown, dtype="str")
        if has_decimal_commas(texts):
            # beside 12,5 a 2.345 is two thousand
            rows = np.flatnonzero(np.array([isinstance(cell, str) for cell in raw]) & (status == OBSERVED))
            texts = pd.Series([cell_text(cell) for cell in raw[rows]], dtype="str")
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
    if is_count:
        _refuse_rates(value, codes, where, column, is_whole)
    if len(raw) > 1 and (status != OBSERVED).all() and len(set(status)) == 1:
        _log.warning("%s, column %s: every one of %d cells is %s", where, column, len(raw), status[0])
    if minimum is not None:
        low = np.flatnonzero(value < minimum)
        if len(low):
            raise SchemaError(
                "A published figure is negative" if minimum == 0 else "A published figure is too small",
                where=where,
                column=column,
                codes=np.asarray(codes, dtype=object)[low],
                expected=f"numbers of at least {minimum:g}",
                found=f"{value[low].min():g} in {_rows(len(low))}",
                remedy="ask the publisher, or correct the file; nothing is read from it until then",
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
    numbers = plain_numbers(texts, is_count=is_count)
    wrong = ~np.isfinite(numbers)
    if wrong.any():
        shown = ", ".join(repr(text) for text in pd.unique(texts[wrong])[:5])
        raise SchemaError(
            "A cell is not a number",
            where=where,
            column=column,
            codes=np.asarray(codes, dtype=object)[rows[wrong]],
            expected=("counts" if is_count else "numbers")
            + (f", or one of {', '.join(map(repr, known))}" if known else ""),
            found=f"{shown} in {_rows(int(wrong.sum()))}",
            remedy=_remedy([str(text) for text in pd.unique(texts[wrong])]),
        )
    value[rows] = numbers


def _remedy(odd: Sequence[str]) -> str:
    """Return what to do about texts among figures."""
    if any(map(is_error, odd)):
        return "a formula of the workbook has failed there: ask the publisher, or correct the file"
    keys = {SUPPRESSED: "symbols", NOT_APPLICABLE: "not_applicable", MISSING: "missing"}
    meant = [f"{text!r} as {meaning} ({keys[meaning]})" for text in odd[:5] if (meaning := proposed_meaning(text))]
    if meant:
        return f"if they mean it, add them to the declaration under suppression: {', '.join(meant)}"
    return "if the publisher's symbols changed, add them to the declaration of the indicator"


def _refuse_rates(value: np.ndarray, codes: Sequence[object] | np.ndarray, where: Path | str, column: str,
                  is_whole: bool) -> None:  # fmt: skip
    """Raise if what is declared as a count is a column of rates."""
    known = np.isfinite(value)
    broken = known & (value != np.round(value))
    is_named = is_named_as_rate(column) and known.any() and value[known].max() <= 100
    if not (is_named or (is_whole and broken.any())):
        return
    at = np.flatnonzero(broken if broken.any() else known)
    raise SchemaError(
        "A column of counts holds rates" if is_named else "A column of counts holds fractions",
        where=where,
        column=column,
        codes=np.asarray(codes, dtype=object)[at],
        expected="whole people or events",
        found=f"{value[at[0]]:g} in the first of {_rows(len(at))}",
        remedy="name the column of counts; or declare a rate as such (people, or kind: mean), and annual averages "
        "with counts_are_whole: false",
    )


def _rows(count: int) -> str:
    return f"{count:,} row" + ("" if count == 1 else "s")
