"""Checks of a table against its declaration, before anything is written.

One place turns the declarations of `indicators.schema.tables` into checks, into errors that a person can act on, and
into a pyarrow schema. Rules that span tables (every zone of an observation exists, residents conserved) are in
`localities.rules`, because they need to know the places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from indicators.errors import ConfigError, SchemaError
from indicators.schema.field import Field
from indicators.schema.fields import FIELDS
from indicators.schema.tables import TABLES, Table

if TYPE_CHECKING:
    import pyarrow as pa


def table_named(name: str) -> Table:
    """Return the declared table of that name.

    Raises
    ------
    ConfigError
        If no such table is declared.
    """
    try:
        return TABLES[name]
    except KeyError:
        raise ConfigError(
            "Unknown table", expected=", ".join(TABLES), found=name, remedy="use a declared name"
        ) from None


def coerce(table: str, frame: pd.DataFrame, *, keep_categories: bool = False) -> pd.DataFrame:
    """Return the frame with its columns in declared order and in their declared types.

    Text and codes become pandas strings, numbers ``float64``, whole numbers ``int64`` (or nullable ``Int64`` where the
    field may be missing), dates ``datetime64[us]``. Columns that an open table adds keep their type and follow in
    order of name, so that the same content gives the same bytes.

    Parameters
    ----------
    table, frame
        Name and content.
    keep_categories
        Leave text that comes as categories as it is: a long table then takes a fraction of the memory.

    Raises
    ------
    SchemaError
        If a declared column is absent, an undeclared one present, or a value cannot take its type.
    """
    declared = table_named(table)
    absent = [name for name in declared.columns if name not in frame.columns]
    extra = sorted(set(map(str, frame.columns)) - set(declared.columns))
    if absent or (extra and not declared.is_open):
        raise SchemaError(
            f"The table {table} does not have its declared columns",
            where=f"table {table}",
            expected=", ".join(declared.columns),
            found=f"absent: {', '.join(absent) or 'none'}; undeclared: {', '.join(extra) or 'none'}",
            remedy="build the table with exactly the columns of indicators/schema/tables.py",
        )
    result = frame.loc[:, [*declared.columns, *extra]].reset_index(drop=True)
    for name in declared.columns:
        is_category = isinstance(result[name].dtype, pd.CategoricalDtype)
        if not (keep_categories and is_category and FIELDS[name].dtype in ("code", "text")):
            result[name] = _typed(table, name, result[name])
    return result


def _typed(table: str, name: str, column: pd.Series) -> pd.Series:
    field = FIELDS[name]
    try:
        match field.dtype:
            case "code" | "text":
                if isinstance(column.dtype, pd.CategoricalDtype):
                    codes = column.cat.codes.to_numpy()
                    texts = pd.array(column.cat.categories.astype(object), dtype="str").take(codes, allow_fill=True)
                    return pd.Series(texts, index=column.index, name=column.name)
                return column.astype("str")
            case "number":
                return column.astype("float64")
            case "integer":
                return column.astype("Int64" if field.nullable else "int64")
            case "boolean":
                return column.astype("bool")
            case "date":
                return column.astype("datetime64[us]")
            case _:
                return column
    except (TypeError, ValueError) as error:
        raise SchemaError(
            f"A column of {table} cannot take its declared type",
            where=f"table {table}",
            column=name,
            expected=field.dtype,
            found=f"{column.dtype}: {error}",
            remedy="mend the function that builds the table",
        ) from error


def validate(table: str, frame: pd.DataFrame, *, keep_categories: bool = False) -> pd.DataFrame:
    """Return the frame in its declared form, or raise with what is wrong.

    Checked: columns, types, missing values, allowed values, patterns, bounds, unique key.

    Parameters
    ----------
    table, frame, keep_categories
        As in `coerce`.

    Raises
    ------
    SchemaError
        At the first rule that fails, naming the table, the column, up to five keys, expected and found.

    Examples
    --------
    >>> import pandas as pd
    >>> good = pd.DataFrame({"locality_id": ["wards:S13000001"], "candidate_set": ["wards"],
    ...                      "zone_code": ["S01006506"], "weight": [1.0], "exact_share": [1.0]})
    >>> len(validate("membership", good))
    1
    >>> validate("membership", good.assign(weight=2.0))
    Traceback (most recent call last):
    ...
    indicators.errors.SchemaError: A value of membership is out of bounds.
      where: table membership, column weight
      codes: wards:S13000001 / S01006506
      expected: at most 1
      found: 2 in 1 row
      to do: check the function that builds the table and the source behind it
    """
    declared = table_named(table)
    result = coerce(table, frame, keep_categories=keep_categories)
    for name in declared.columns:
        _check_field(declared, name, FIELDS[name], result)
    duplicated = result.duplicated(list(declared.key), keep=False)
    if duplicated.any():
        _fail(
            declared,
            result,
            duplicated,
            "/".join(declared.key),
            "Rows share a key",
            "each key once",
            "duplicated",
        )
    return result


def _check_field(declared: Table, name: str, field: Field, frame: pd.DataFrame) -> None:
    column = frame[name]
    missing = column.isna()
    if missing.any() and (not field.nullable or name in declared.key):
        _fail(
            declared,
            frame,
            missing,
            name,
            f"A value of {declared.name} is missing",
            "a value in every row",
            "missing",
        )
    present = column[~missing]
    if present.empty:
        return
    if field.allowed:
        odd = ~column.isin(field.allowed) & ~missing
        if odd.any():
            found = ", ".join(map(str, pd.unique(column[odd])[:5]))
            _fail(
                declared,
                frame,
                odd,
                name,
                f"A value of {declared.name} is not allowed",
                ", ".join(field.allowed),
                found,
            )
    if field.pattern:
        unique = pd.Series(pd.unique(present))
        bad = set(unique[~unique.str.fullmatch(field.pattern)])
        if bad:
            odd = column.isin(bad)
            found = ", ".join(sorted(map(str, bad))[:5])
            _fail(
                declared,
                frame,
                odd,
                name,
                f"A code of {declared.name} has the wrong form",
                field.pattern,
                found,
            )
    if field.dtype == "number" and np.isinf(present.to_numpy(dtype="float64")).any():
        odd = np.isinf(column) & ~missing
        _fail(
            declared,
            frame,
            odd,
            name,
            f"A value of {declared.name} is infinite",
            "a finite number",
            "infinite",
        )
    # a hair of tolerance, because shares are sums of floating-point weights
    if field.minimum is not None:
        odd = (column < field.minimum - 1e-9) & ~missing
        if odd.any():
            _fail(
                declared, frame, odd, name, f"A value of {declared.name} is out of bounds",
                f"at least {field.minimum:g}", f"{column[odd].min():g}",
            )  # fmt: skip
    if field.maximum is not None:
        odd = (column > field.maximum + 1e-9) & ~missing
        if odd.any():
            _fail(
                declared, frame, odd, name, f"A value of {declared.name} is out of bounds",
                f"at most {field.maximum:g}", f"{column[odd].max():g}",
            )  # fmt: skip


def _fail(
    declared: Table, frame: pd.DataFrame, odd: pd.Series, column: str, what: str, expected: str, found: str
) -> None:
    keys = frame.loc[odd.fillna(False).astype(bool), list(declared.key)].astype(str).agg(" / ".join, axis=1)
    rows = f"{len(keys):,} row" + ("" if len(keys) == 1 else "s")
    raise SchemaError(
        what,
        where=f"table {declared.name}",
        column=column,
        codes=keys,
        expected=expected,
        found=f"{found} in {rows}",
        remedy="check the function that builds the table and the source behind it",
    )


def arrow_schema(table: str, frame: pd.DataFrame) -> pa.Schema:
    """Return the pyarrow schema of a table, each field with its description and unit as metadata.

    Geometry is left out: GeoPandas writes it as WKB with GeoParquet metadata.
    """
    import pyarrow as pa

    declared = table_named(table)
    kinds = {
        "code": pa.string(),
        "text": pa.string(),
        "number": pa.float64(),
        "integer": pa.int64(),
        "boolean": pa.bool_(),
        "date": pa.timestamp("us"),
    }
    fields = [
        pa.field(
            name,
            kinds[FIELDS[name].dtype],
            metadata={"description": FIELDS[name].description, "unit": FIELDS[name].unit},
        )
        for name in declared.columns
        if FIELDS[name].dtype != "geometry"
    ]
    known = {*declared.columns}
    for name in frame.columns:
        if name not in known:
            fields.append(pa.field(name, pa.Schema.from_pandas(frame[[name]], preserve_index=False).field(0).type))
    return pa.schema(fields)
