"""Lists of areas: data zones, intermediate zones, output areas, postcodes or sectors, with the name of each area.

Here: which column holds the codes and which the names, in any table that `indicators.readers.shared.layout` reads. A
column that cannot be told is asked for (`Undecided`). Which data zones the codes mean is in `localities.drawing.units`.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.errors import GeographyError, SchemaError
from indicators.readers.shared.areas import vintages_of
from indicators.readers.shared.layout import read_table
from indicators.readers.shared.rows import code_in, is_figure
from indicators.readers.shared.workbooks import cell_text
from localities.boundaries.files import Undecided, check_file
from localities.councils import slug_of

LISTS = (".csv", ".txt", ".tsv", ".tab", ".xlsx", ".xls", ".xlsm", ".ods", ".parquet")
"""Endings of files that are lists, not maps."""
AREA_NAMES = ("locality_name", "locality", "name", "area_name", "area", "title", "label")
UNITS = {
    "data_zone": re.compile(r"S01\d{6}"),
    "output_area": re.compile(r"S00\d{6}"),
    "postcode": re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}"),
    "intermediate_zone": re.compile(r"S02\d{6}"),
    "postcode_sector": re.compile(r"[A-Z]{1,2}\d[A-Z\d]? \d"),
}
"""Form of a code of each kind, the likeliest first."""
_WRONG_CODE = re.compile(r"\b[SEWN]\d{4,}\b")
_WEIGHT = "weight"


def units_of(codes: pd.Series) -> pd.Series:
    """Return of which kind each code is, "" where it is none.

    Examples
    --------
    >>> units_of(pd.Series(["S01006506", "S02001236", "EH6 5AB", "EH6 5", "Leith"])).tolist()
    ['data_zone', 'intermediate_zone', 'postcode', 'postcode_sector', '']
    """
    found = pd.Series("", index=codes.index, dtype="str")
    for unit, form in UNITS.items():
        found = found.mask(codes.astype("str").str.fullmatch(form.pattern), unit)
    return found


def read_list(
    path: Path, *, name_column: str | None = None, code_column: str | None = None, sheet: str | None = None
) -> tuple[pd.DataFrame, str]:
    """Return ``locality_name, zone_code, weight``, each code of a list with the name of its area, and whence in words.

    Codes are of one kind and, for those of a census, of one census. ``weight`` is the share of its residents, 1 where
    the list has no column of that name.

    Parameters
    ----------
    path
        Any table, see `indicators.readers.shared.layout.read_table`.
    name_column, code_column
        Columns of the areas' names and of codes; None means to find them.
    sheet
        Of a workbook; None means that with the most zones.

    Raises
    ------
    Undecided
        If several columns could hold the codes or the names.
    SchemaError
        If none does, a name is not among the columns, or a code is twice in an area.
    GeographyError
        If codes are of several kinds or censuses, or have no name.
    """
    check_file(path)
    table = read_table(path, sheet=sheet or "", has=[one for one in (code_column, name_column) if one], is_list=True)
    cells = {
        str(name): pd.Series([cell_text(cell) for cell in column], dtype="str").str.split().str.join(" ")
        for name, column in table.columns.items()
    }
    spoilt = [note for note in table.seen.notes if _WRONG_CODE.search(note)]
    codes_of = {name: column.map(lambda text: code_in(text) or text.upper()) for name, column in cells.items()}
    at = _code_column(codes_of, code_column, path)
    codes = codes_of[at]
    named = _name_column(cells, codes_of, at, name_column, path)
    names = cells[named]
    _be_of_one_kind(codes, names, spoilt, path)
    weight = pd.to_numeric(cells[_WEIGHT], errors="coerce") if _WEIGHT in cells else pd.Series(1.0, index=codes.index)
    areas = pd.DataFrame({"locality_name": names, "zone_code": codes, "weight": weight})
    off = ~weight.between(0, 1, inclusive="right") | areas.duplicated(["locality_name", "zone_code"])
    if off.any():
        raise SchemaError(
            "A list of zones names a zone twice in an area, or gives a weight outside 0 to 1",
            where=path,
            codes=codes[off],
            expected="each zone once in an area; a weight above 0 and at most 1",
            remedy="correct the list, or name the column that has each code once with --code-column",
        )
    sheet_read = f", sheet {table.seen.sheet}" if table.seen.sheet else ""
    return areas, f"codes in the column {at}, names in the column {named}{sheet_read}"


def _code_column(codes_of: dict[str, pd.Series], wanted: str | None, path: Path) -> str:
    if wanted is not None:
        return _there(wanted, codes_of, "--code-column", path)
    units = {name: units_of(column) for name, column in codes_of.items()}
    most = {name: kinds[kinds != ""].mode().reindex([0]).iloc[0] for name, kinds in units.items()}
    found = [name for name, kinds in units.items() if len(kinds) and (kinds == most[name]).mean() > 0.5]
    # a row is about the code that no other row has
    found = [name for name in found if codes_of[name].is_unique] or found
    rank = {unit: place for place, unit in enumerate(UNITS)}
    found = [name for name in found if rank[most[name]] == min(rank[most[one]] for one in found)]
    if len(found) == 1:
        return found[0]
    what, expected = "Which column holds data zone codes cannot be told", "one column of codes such as S01006506"
    if found:
        raise Undecided(what, path, "code_column", found)
    raise SchemaError(
        what,
        where=path,
        expected=f"{expected}, or of intermediate zones, output areas, postcodes or postcode sectors",
        found=", ".join(codes_of) or "no columns",
        remedy="say which column holds the codes: --code-column",
    )


def _name_column(
    cells: dict[str, pd.Series], codes_of: dict[str, pd.Series], codes_at: str, wanted: str | None, path: Path
) -> str:
    """Return the column that names the areas: one that several codes share, or else the only one of names."""
    if wanted is not None:
        return _there(wanted, cells, "--name-column", path)

    def names_something(name: str) -> bool:
        codes = codes_of[name].map(lambda text: bool(code_in(text))) | (units_of(codes_of[name]) != "")
        texts = cells[name][cells[name] != ""]
        return not codes.mean() > 0.5 and not (len(texts) and texts.map(is_figure).all())

    known = [name for name in cells if name not in (codes_at, _WEIGHT)]
    found = [name for name in known if names_something(name)] or known
    # what differs from code to code names the codes themselves
    found = [name for name in found if cells[name].nunique() < codes_of[codes_at].nunique()] or found
    # of a code and a name of the same areas, the name
    same: dict[tuple[int, ...], list[str]] = {}
    for name in found:
        same.setdefault(tuple(pd.factorize(cells[name])[0]), []).append(name)
    if len(same) == 1:
        return max(found, key=lambda one: _like_a_name(one, cells[one]))
    if not known:
        raise SchemaError(
            "A list has no column that names the areas",
            where=path,
            expected="a column of codes and one of names",
            found=", ".join(cells),
            remedy="add a column with the name of each code's area",
        )
    raise Undecided("Which column names the areas cannot be told", path, "name_column", found)


def _like_a_name(name: str, cells: pd.Series) -> tuple[bool, bool, float]:
    word = slug_of(name).replace("-", "_")
    return word in AREA_NAMES, word.endswith("name"), float(cells.str.count(r"[^\W\d_]").mean())


def _there(wanted: str, columns: dict[str, pd.Series], option: str, path: Path) -> str:
    if wanted in columns:
        return wanted
    raise SchemaError(
        f"There is no column {wanted}",
        where=path,
        expected=", ".join(columns) or "no columns",
        found=f"{option} {wanted}",
        remedy=f"name one of these with {option}",
    )


def _be_of_one_kind(codes: pd.Series, names: pd.Series, spoilt: list[str], path: Path) -> None:
    units = units_of(codes)
    main = units[units != ""].mode().reindex([0]).iloc[0]
    odd = (units != main) | (names == "")
    of = "" if pd.isna(main) else str(main).replace("_", " ") + "s"
    if main in ("data_zone", "output_area", "intermediate_zone"):
        vintage = pd.Series(vintages_of(codes.to_numpy(dtype=object), str(main)), index=codes.index)
        census = vintage[vintage != ""].mode().reindex([0]).iloc[0]
        odd |= (vintage != census) | (vintage == "")
        of += "" if pd.isna(census) else f" of {census}"
    if odd.any() or spoilt:
        wrong = np.concatenate([codes[odd].to_numpy(dtype=object), np.array(spoilt, dtype=object)])
        raise GeographyError(
            "A list holds codes of several censuses or kinds, codes that are no data zones, or blank names",
            where=path,
            codes=wrong,
            expected="codes of one kind and census, such as data zones of 2011, each with the name of its area",
            found=f"{len(wrong):,} of {len(codes) + len(spoilt):,} rows are not" + (f" {of} with a name" if of else ""),
            remedy="use the codes of one census: zones of another than the run's are redrawn by where people live",
        )
