"""Numbers as publishers write them: separators of thousands, decimal commas, brackets, marks of notes.

A column is read as a whole: ``1,234`` beside ``12,5`` has a decimal comma, beside ``1,234.5`` a thousand.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

_THOUSANDS = r"[+-]?\d{1,3}(?:[, \u00a0\u202f'’]\d{3})+(?:\.\d+)?"
_EUROPEAN = r"[+-]?\d+(?:[. \u00a0\u202f']\d{3})*(?:,\d+)?"
_ENGLISH = r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?"
# what says that a figure is provisional, revised or estimated, or has a note, and is one
_MARK = (
    r"\[(?:[prebud]|\d{1,2}|notes? \d+(?:, ?(?:note )?\d+)*)\]|\((?:[pre]|provisional|revised|estimated?|notes? \d+)\)"
    r"|[*†‡§^¹²³⁴-⁹⁰]+|(?<=[\d%])\s?[prebd]"
)
_MARKED = rf"(?<=[\d%)])\s*(?:(?:{_MARK})\s*)+$"
_IN_BRACKETS = r"\(([£$]?\d[\d,.]*%?)\)"


def plain_numbers(texts: pd.Series, *, is_count: bool = False) -> np.ndarray:
    """Return the numbers that texts of one column are, however dressed; NaN for what is none.

    Understood are separators of thousands, decimal commas where the column can have no others, marks of provisional,
    revised or noted figures (``12 [p]``, ``12*``), and, where no count is expected, a percent sign, a pound sign, and
    brackets around what is negative.

    Examples
    --------
    >>> plain_numbers(pd.Series(["1,234", "12 [p]", "5%", "(3)"])).tolist()
    [1234.0, 12.0, 5.0, -3.0]
    >>> plain_numbers(pd.Series(["1.234,5", "12,5", "2.000"])).tolist()
    [1234.5, 12.5, 2000.0]
    """
    bare = _bare(texts)
    if not is_count:
        bare = bare.str.replace(f"^{_IN_BRACKETS}$", r"-\1", regex=True)
        bare = bare.str.removesuffix("%").str.replace(r"^([+-]?)£", r"\1", regex=True).str.strip()
    if _is_european(bare):
        is_one = bare.str.fullmatch(_EUROPEAN).to_numpy(dtype=bool)
        bare = bare.where(~is_one, bare.str.replace(r"[^\d,+-]", "", regex=True).str.replace(",", "."))
    dressed = bare.str.fullmatch(_THOUSANDS).to_numpy(dtype=bool)
    bare = bare.where(~dressed, bare.str.replace(r"[^\d.+-]", "", regex=True))
    return pd.to_numeric(bare, errors="coerce").to_numpy(dtype="float64")


def has_decimal_commas(texts: pd.Series) -> bool:
    """Return whether the texts of a column can only be read with decimal commas.

    Examples
    --------
    >>> [has_decimal_commas(pd.Series(one)) for one in (["1,234"], ["1,234", "12,5"], ["0,125"], ["12,5", "1,234.5"])]
    [False, True, True, False]
    """
    return _is_european(_bare(texts).str.removesuffix("%").str.strip())


def how_dressed(texts: pd.Series) -> Iterator[str]:
    """Yield in words what is read as part of a figure, or beside one, and a person should know.

    Examples
    --------
    >>> list(how_dressed(pd.Series(["12*", "(3)", "4"])))
    ['the marks * are left out', 'what is in brackets is negative']
    """
    marks = texts.str.extract(f"({_MARKED})")[0].dropna().str.strip()
    numbers = pd.Series(plain_numbers(texts), index=texts.index).notna()
    if shown := sorted({mark for mark, known in zip(marks, numbers[marks.index], strict=True) if known}):
        yield f"the marks {', '.join(shown[:8])} are left out"
    if (_bare(texts).str.fullmatch(_IN_BRACKETS) & numbers).any():
        yield "what is in brackets is negative"
    if has_decimal_commas(texts):
        yield "commas are decimal"


def _bare(texts: pd.Series) -> pd.Series:
    return texts.str.strip().str.replace(_MARKED, "", regex=True).str.replace("\u2212", "-", regex=False).str.strip()


def _is_european(bare: pd.Series) -> bool:
    with_comma = bare[bare.str.contains(",", regex=False).to_numpy(dtype=bool)]
    with_comma = with_comma[with_comma.str.fullmatch(r"[+-]?[\d., \u00a0\u202f']+").to_numpy(dtype=bool)]
    if not len(with_comma) or not with_comma.str.fullmatch(_EUROPEAN).all():
        return False
    return not with_comma.str.fullmatch(_ENGLISH).all()
