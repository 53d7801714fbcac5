"""Figures that were published twice: the newer edition stands, and what moved is said.

A declaration lists its editions from the latest on (`indicators.readers.editions_of`). Where two give a figure for the
same area and period, the older one is superseded: a revision, not two figures and not a change in the place.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.catalogue import Catalogue, Indicator
from indicators.errors import ConfigError, some
from indicators.readers import editions_of, reader_named
from indicators.readers.shared.disclosure import ruled_alike

EARLIER = "the file given"
"""What `revised_since` calls the earlier edition."""

_log = logging.getLogger(__name__)
_SAME = 1e-9


def newest_editions(frame: pd.DataFrame, indicators: Iterable[Indicator]) -> pd.DataFrame:
    """Return observations with one figure per indicator, area and period: that of the newest edition that has one.

    What moved is logged, one line per indicator and period. Figures that one edition itself gives twice stay, so that
    they are found to be there twice.

    Parameters
    ----------
    frame
        Rows of the table ``observations``; texts may be categories.
    indicators
        As declared, with their editions.
    """
    found = revised(frame, indicators)
    for row in found.itertuples(index=False):
        _log.warning(
            "%s, %s: %d of %d areas differ from the edition before; that of %s stands, not that of %s",
            row.indicator_id, row.period, row.moved, row.areas, row.stands, row.superseded,
        )  # fmt: skip
    for row in found.itertuples(index=False):
        same = (frame["indicator_id"] == row.indicator_id) & (frame["period"] == row.period)
        newer = set(frame.loc[same & (frame["source_id"] == row.stands), "area_code"])
        old = same & (frame["source_id"] == row.superseded) & frame["area_code"].isin(newer)
        frame = frame[~old.to_numpy()]
    return frame.reset_index(drop=True)


def revised_since(earlier: Path, files: Mapping[str, Path], source: str, catalogue: Catalogue) -> pd.DataFrame:
    """Return what the file of a source revises of an earlier edition of it: one row per indicator and period in both.

    Parameters
    ----------
    earlier
        The earlier edition, in the form of the present one.
    files
        The file of each source id, that of `source` and its companions among them.
    source
        Id of the source.
    catalogue
        The declared indicators; those read from `source` are compared.

    Returns
    -------
    pandas.DataFrame
        As `revised`; ``superseded`` is `EARLIER`.

    Raises
    ------
    ConfigError
        If no indicator is read from the source.
    LocalitiesError
        As the readers, of either file.
    """
    wanted = [one for one in catalogue if one.source == source]
    if not wanted:
        raise ConfigError(
            "No indicator is read from this source",
            where=source,
            expected=some(sorted({one.source for one in catalogue}), 5),
            remedy="name a source that an indicator is read from: localities indicators list",
        )
    both = [replace(one, columns={**ruled_alike(one, EARLIER), "editions": [{"source": EARLIER}]}) for one in wanted]
    found = []
    for name in sorted({one.reader for one in both}):
        of_reader = [one for one in both if one.reader == name]
        editions = [edition for one in of_reader for edition in editions_of(one)]
        found.append(revised(reader_named(name)({**files, EARLIER: earlier}, editions), of_reader))
    return pd.concat(found, ignore_index=True).sort_values(["indicator_id", "period"], ignore_index=True)


def revised(frame: pd.DataFrame, indicators: Iterable[Indicator]) -> pd.DataFrame:
    """Return what a newer edition revises: one row per indicator, period and edition that is superseded.

    Columns: ``indicator_id, period, stands, superseded`` (sources), ``areas`` (published in both), ``moved`` (of them,
    those whose value or status differs), ``largest`` (largest difference of value, in the indicator's unit).
    """
    columns = ["indicator_id", "period", "stands", "superseded", "areas", "moved", "largest"]
    order = {
        one.id: [edition.source for edition in editions_of(one)] for one in indicators if one.columns.get("editions")
    }
    rows = frame[frame["indicator_id"].isin(list(order))]
    if rows.empty:
        return pd.DataFrame(columns=columns)
    texts = [rows[name].astype("category") for name in ("indicator_id", "period", "source_id")]
    sizes = [max(1, len(one.cat.categories)) for one in texts]
    # every pairing of indicator, period and source once, as one number each: quicker than by text
    codes = np.ravel_multi_index([one.cat.codes.to_numpy(dtype=np.intp) for one in texts], sizes)
    at = np.unravel_index(np.unique(codes), sizes)
    pairs = pd.DataFrame({one.name: one.cat.categories.take(where) for one, where in zip(texts, at, strict=True)})
    compared = []
    for (indicator_id, period), group in pairs.groupby(["indicator_id", "period"], sort=True):
        newest, *older = sorted(group["source_id"], key=order[str(indicator_id)].index)
        for source in older:
            figures = rows[(rows["indicator_id"] == indicator_id) & (rows["period"] == period)]
            new, old = (
                figures.loc[figures["source_id"] == one, ["area_code", "value", "status"]] for one in (newest, source)
            )
            both = new.merge(old, on="area_code")
            if both.empty:
                continue
            apart = (both["value_x"] - both["value_y"]).abs()
            moved = (apart > _SAME * (1 + both["value_y"].abs())) | (
                both["status_x"].astype(str) != both["status_y"].astype(str)
            )
            compared.append((indicator_id, period, newest, source, len(both), int(moved.sum()), apart.max()))
    return pd.DataFrame(compared, columns=columns)
