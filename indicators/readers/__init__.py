"""Readers: one module per published form, each turning files into rows of the table ``observations``.

A reader is a module of this package with one function, ``read(files, indicators) -> DataFrame``, listed in
`indicators.declaring.readers`; a declaration names it under ``reader``. What the declaration says under ``columns`` is
the reader's own language, described at the head of its module. What readers share (files, sheets, codes, cells,
periods, figures) is in `indicators.readers.shared`. Caching and the checks against the zones are in
`indicators.observations.build`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from indicators.declaring.readers import READERS
from indicators.errors import ConfigError
from indicators.schema.vocabulary import STATUSES

if TYPE_CHECKING:
    import pandas as pd

    from indicators.catalogue import Catalogue, Indicator

Reader = Callable[[Mapping[str, Path], Sequence["Indicator"]], "pd.DataFrame"]


def sources_of(catalogue: Iterable[Indicator]) -> tuple[str, ...]:
    """Return the ids of all sources that the readers of a catalogue need, in order, each once.

    Beside the source of each indicator these are its companions, further files that explain or complete it (declared
    under ``columns`` as ``companion`` or ``companions``), and those of its other editions.

    Examples
    --------
    >>> from indicators.catalogue import load_catalogue
    >>> "is-cpop" in sources_of(load_catalogue())
    True
    """
    found: set[str] = set()
    for one in catalogue:
        for edition in editions_of(one):
            found |= {edition.source, *companions_of(edition)}
    return tuple(sorted(found))


@lru_cache(maxsize=16)
def sources_in(catalogue: Catalogue, *, by_group: bool = False) -> tuple[str, ...]:
    """Return the sources of a catalogue's indicators of places, or of those by group; steps ask many times in a run."""
    return sources_of(catalogue.by_group if by_group else catalogue)


def companions_of(indicator: Indicator) -> tuple[str, ...]:
    """Return the ids of the further sources that an indicator's reader needs."""
    listed = indicator.columns.get("companions") or ()
    single = indicator.columns.get("companion")
    people = indicator.people.source if indicator.people else ""
    return tuple(sorted({*map(str, listed), *(str(one) for one in (single, people) if one)}))


def editions_of(indicator: Indicator) -> tuple[Indicator, ...]:
    """Return an indicator once for each edition that its figures are published in.

    A declaration describes one edition, the latest. Under ``columns: {editions: [...]}`` it lists the others, each by
    what differs: ``source``, ``multiplier`` and ``geography``, and whatever the reader finds under ``columns``. An
    edition's value of null removes a key.

    Raises
    ------
    ConfigError
        If an edition is no mapping.

    Examples
    --------
    >>> from indicators.catalogue import load_catalogue
    >>> [(one.source, one.columns["period"]) for one in editions_of(load_catalogue()["simd_income"])][0]
    ('sg-simd-2020v2-indicators', '2017')
    """
    columns = {key: value for key, value in indicator.columns.items() if key != "editions"}
    found = [replace(indicator, columns=columns)]
    for differing in indicator.columns.get("editions") or ():
        if not isinstance(differing, Mapping):
            raise ConfigError(
                "An edition of an indicator is not a mapping",
                where=f"{indicator.id}.yaml",
                column="columns, editions",
                expected="{source: ..., period: ...} for each",
                found=differing,
                remedy="correct the declaration",
            )
        merged = {key: value for key, value in {**columns, **differing}.items() if value is not None}
        own = {key: merged.pop(key, getattr(indicator, key)) for key in ("source", "multiplier", "geography")}
        found.append(replace(indicator, **own, columns=merged))
    return tuple(found)


def reader_named(name: str) -> Reader:
    """Return the function ``read`` of a reader, whose rows are protected where their sources say so.

    Raises
    ------
    ConfigError
        If there is no such reader.
    """
    from importlib import import_module

    if name not in READERS:
        raise ConfigError(
            "A declaration names a reader that does not exist",
            expected=", ".join(READERS),
            found=name,
            remedy="correct the key reader, or write it: see indicators/declaring/readers.py",
        )
    return partial(_protecting, import_module(f"indicators.readers.{name}").read)


def _protecting(read: Reader, files: Mapping[str, Path], indicators: Sequence[Indicator]) -> pd.DataFrame:
    """Read, without what is declared as not read, and protect what its sources declare: nobody has rows otherwise."""
    from indicators.readers.shared.disclosure import protected, rule_of

    rules = [(one, rule_of(one, (one.source, *companions_of(one)))) for one in indicators]
    rows = _without_not_read(read(files, indicators), indicators)
    return protected(rows, [(one, rule) for one, rule in rules if rule is not None])


def _without_not_read(rows: pd.DataFrame, indicators: Sequence[Indicator]) -> pd.DataFrame:
    """Return rows without the periods, and without the figures of the areas, that their declarations take out."""
    for one in indicators:
        if one.not_read is None:
            continue
        for column, taken in (("period", one.not_read.periods), ("area_code", one.not_read.areas)):
            if not taken:
                continue
            own = rows["indicator_id"] == one.id
            out = own & rows[column].isin(taken)
            # a made-up country has other areas
            if (not out.any() and column == "period") or (own == out).all():
                there = rows.loc[own, column].astype(str).drop_duplicates().sort_values()
                raise ConfigError(
                    f"A declaration takes out {column.partition('_')[0]}s that are not there, or all that are",
                    where=f"{one.id}.yaml",
                    column="not_read",
                    expected="some of " + ", ".join(there.head(20)),
                    found=", ".join(taken),
                    remedy="correct them, or delete the key",
                )
            if column == "period":
                rows = rows[~out.to_numpy()].reset_index(drop=True)
            else:
                rows = rows.assign(
                    status=rows["status"].cat.set_categories(list(STATUSES)).where(~out, "missing"),
                    **{name: rows[name].mask(out) for name in ("numerator", "value")},
                )
    return rows
