"""Rows of every partnership laid out once, in files that processes map into memory together.

A partnership alone reads its own rows from the store. Where many are written, each table is read once and put in order
of partnership: the rows of one are then a slice, which costs nothing to take, and which all processes share.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipelines.storage.reading import arrow_rows

if TYPE_CHECKING:
    import pyarrow as pa

    from pipelines.storage.store import Store

_SPANS = b"spans"


@dataclass(frozen=True)
class Selection:
    """What publications read of a table.

    Parameters
    ----------
    by
        Column that tells whose a row is: ``cpp_code``, or one of the keys of `lay_out`'s `owners`; empty where every
        partnership sees all rows.
    columns
        Columns wanted; None for all.
    where
        Allowed values of other columns.
    coded
        Whether text comes as codes.
    """

    by: str
    columns: Sequence[str] | None = None
    where: Mapping[str, Sequence[object]] | None = None
    coded: bool = False


def lay_out(
    store: Store, wanted: Mapping[str, Selection], folder: Path, owners: Mapping[str, Mapping[str, str]]
) -> None:
    """Write the wanted rows of some tables in order of partnership, one file a table.

    Parameters
    ----------
    store
        The store.
    wanted
        What is read, by table; tables of which every partnership sees all rows are left to the store.
    folder
        Where; made.
    owners
        Code of the partnership by value, for each column that tells whose a row is. Rows of nobody are left out.
    """
    import pyarrow as pa

    folder.mkdir(parents=True)

    def write(name: str, one: Selection) -> None:
        table = arrow_rows(store, name, columns=one.columns, where=one.where, coded=one.coded)
        codes, whose = _owners_of(table[one.by], owners.get(one.by))
        order = np.argsort(whose, kind="stable")
        order = order[np.searchsorted(whose[order], 0) :]
        spans = np.searchsorted(whose[order], np.arange(len(codes) + 1)).tolist()
        table = table.take(pa.array(order)).replace_schema_metadata({_SPANS: json.dumps([codes, spans])})
        if one.coded:
            table = table.unify_dictionaries()
        with pa.ipc.new_file(folder / f"{name}.arrow", table.schema) as file:
            file.write_table(table.combine_chunks())

    # Arrow does the work, so that two threads do not wait for each other; more would take more memory
    with ThreadPoolExecutor(2) as pool:
        begun = [pool.submit(write, name, one) for name, one in wanted.items() if one.by]
    for each in begun:
        each.result()


def laid_out_rows(folder: Path, name: str, cpp_code: str) -> pa.Table:
    """Return the rows of one partnership in a table that was laid out, in the order of the store."""
    import pyarrow as pa

    table = pa.ipc.open_file(pa.memory_map(str(folder / f"{name}.arrow"))).read_all()
    codes, spans = json.loads(table.schema.metadata[_SPANS])
    at = codes.index(cpp_code) if cpp_code in codes else None
    start, stop = (0, 0) if at is None else spans[at : at + 2]
    return table.slice(start, stop - start).replace_schema_metadata(None)


def _owners_of(column: pa.ChunkedArray, owners: Mapping[str, str] | None) -> tuple[list[str], np.ndarray]:
    """Return codes of partnerships in order, and the position of each row's among them; -1 where it has none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    coded = pc.dictionary_encode(column) if not pa.types.is_dictionary(column.type) else column.unify_dictionaries()
    coded = coded.combine_chunks()
    coded = coded.chunk(0) if isinstance(coded, pa.ChunkedArray) else coded
    found = [one if owners is None else owners.get(one) for one in coded.dictionary.to_pylist()]
    codes = sorted({one for one in found if one is not None})
    place = {code: number for number, code in enumerate(codes)}
    # a row without a value has the code -1, which is the last
    at = np.array([*(place.get(one, -1) for one in found), -1])
    return codes, at[pc.fill_null(coded.indices, -1).to_numpy()]
