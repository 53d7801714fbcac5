"""The findings of headline periods beside their estimates, indicators and sources: the layer "Findings".

Rows are named by their position and taken only when a partnership's file is written, because all of them side by side
would be the largest thing that a run holds in memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from indicators.errors import ConfigError
from indicators.schema.publication import in_order
from indicators.schema.vocabulary import CORE_VOTES
from localities.publishing.why import top_rows

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

USED = frozenset({*in_order("findings"), "is_headline_period", "source_id"})
"""Columns of the findings and estimates that are looked at; the rest are in the national files only."""

_DIFFERENCE = ("difference", "difference_lower_ci", "difference_upper_ci")
_GRADES = {"poorer": 2, "slightly_poorer": 1}


class HeadlineFindings:
    """Headline findings beside their estimates, indicators and sources, in order of locality, indicator, comparator."""

    def __init__(self, tables: Mapping[str, pa.Table], localities: pd.DataFrame) -> None:
        import pyarrow as pa

        self.localities = localities
        self.indicators = tables["indicators"]
        self.sources = tables["sources"]
        known = pa.array(localities["locality_id"].tolist(), pa.string())
        findings, estimates = tables["findings"], tables["estimates"]
        locality = _positions(findings["locality_id"], known)
        kept = np.flatnonzero(locality >= 0)
        indicator = _positions(findings["indicator_id"], self.indicators["indicator_id"])
        second = _equals(findings["comparator"], "scotland")
        order = kept[np.lexsort((second[kept], indicator[kept], locality[kept]))]
        # rows are named, not copied: each partnership's are taken when it is written
        self.findings, self.row = findings, order
        self.locality, self.indicator = locality[order], indicator[order]
        self.names = {name: _text(localities[name]) for name in ("locality_name", "candidate_set")}
        self.rests = _text("The rest of " + localities["cpp_name"])
        # one period per indicator is the headline, so that locality and indicator name an estimate
        size = len(self.indicators)
        keys = _positions(estimates["locality_id"], known) * size + _positions(
            estimates["indicator_id"], self.indicators["indicator_id"]
        )
        rows = np.argsort(keys, kind="stable")
        wanted = self.locality * size + self.indicator
        place = np.minimum(np.searchsorted(keys, wanted, sorter=rows), len(rows) - 1)
        self.estimate = rows[place] if len(rows) else np.zeros(0, dtype=int)
        if len(wanted) and (not len(rows) or (keys[self.estimate] != wanted).any()):
            raise ConfigError(
                "Findings and estimates of the store do not belong together",
                where="tables findings and estimates",
                expected="an estimate for every finding of a headline period",
                remedy="compute both again with `localities run`",
            )
        self.estimates = estimates

    def table(self, rows: np.ndarray) -> pa.Table:
        """Return rows of the layer's table."""
        import pyarrow as pa

        columns = {}
        for name in in_order("findings"):
            if name == "comparator_name":
                columns[name] = self._comparator_names(rows)
            elif name == "source_title":
                columns[name] = self._source_titles(rows)
            elif name in self.names:
                columns[name] = self.names[name].take(self.locality[rows])
            elif name in self.findings.column_names:
                columns[name] = self.findings[name].take(self.row[rows])
            elif name in self.estimates.column_names:
                columns[name] = self.estimates[name].take(self.estimate[rows])
            elif name in self.indicators.column_names:
                columns[name] = self.indicators[name].take(self.indicator[rows])
        return pa.table(columns)

    def _comparator_names(self, rows: np.ndarray) -> pa.Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        is_scotland = pa.array(_equals(self.findings["comparator"].take(self.row[rows]), "scotland"))
        return pc.if_else(is_scotland, "The rest of Scotland", self.rests.take(self.locality[rows]))

    def _source_titles(self, rows: np.ndarray) -> pa.Array:
        import pyarrow as pa

        place = _positions(self.estimates["source_id"].take(self.estimate[rows]), self.sources["source_id"])
        return self.sources["title"].combine_chunks().take(pa.array(place, mask=place < 0))

    def strongest(self) -> pd.DataFrame:
        """Return the strongest findings on outcomes of each locality, as `evidence_of` takes them."""
        import pandas as pd

        votes = np.array(self.indicators["role"].to_pylist()) == "outcome"
        rows = self.row
        taken = np.flatnonzero(votes[self.indicator] & ~_equals(self.findings["significance"], "not_assessed")[rows])
        code = self.findings["significance"].take(rows[taken]).to_pandas().to_numpy(dtype=object)
        second = _equals(self.findings["comparator"], "scotland")[rows[taken]]
        depth = self.findings["depth"].to_numpy()[rows[taken]]
        figures = {
            figure_name: self.findings[name].to_numpy()[rows[taken]]
            for figure_name, name in (("value", "comparator_value"), *((name, name) for name in _DIFFERENCE))
        }
        # rows are in order, so that equal neighbours are the same locality and indicator held against both comparators
        key = self.locality[taken] * len(self.indicators) + self.indicator[taken]
        _, first, group = np.unique(key, return_index=True, return_inverse=True)
        count = len(first)
        frame: dict[str, np.ndarray] = {}
        for name, selected in (("cpp", ~second), ("scotland", second)):
            codes = np.full(count, "", dtype=object)
            codes[group[selected]] = code[selected]
            frame[f"{name}_significance"] = codes
            for figure_name, figure in figures.items():
                values = np.full(count, np.nan)
                values[group[selected]] = figure[selected]
                frame[f"{name}_{figure_name}"] = values
        grade, deepest = np.zeros(count, dtype=int), np.full(count, -np.inf)
        np.maximum.at(grade, group, [_GRADES.get(one, 0) for one in code])
        np.maximum.at(deepest, group, np.nan_to_num(depth, nan=-np.inf))
        locality = self.locality[taken][first]
        core = np.isin(self.indicators["vote"].to_pylist(), CORE_VOTES)
        top = top_rows(locality, grade, core[self.indicator[taken][first]], deepest)
        rows = taken[first[top]]
        estimate, indicator = self.estimate[rows], self.indicator[rows]
        result = pd.DataFrame({name: column[top] for name, column in frame.items()})
        result["locality"] = locality[top]
        for name in ("value", "lower_ci", "upper_ci", "confidence", "numerator", "denominator", "period"):
            result[name] = self.estimates[name].take(estimate).to_pandas().to_numpy()
        for name in ("indicator_title", "unit", "kind"):
            result[name] = self.indicators[name].take(indicator).to_pandas().to_numpy()
        result["is_count"] = result.pop("kind") == "proportion"
        result["source_title"] = self._source_titles(rows).to_pandas().to_numpy()
        return result


def _positions(values: pa.ChunkedArray, known: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """Return where each value stands among the known ones, or -1."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(known, pa.ChunkedArray):
        known = known.combine_chunks()
    known = known.cast(pa.string())
    if not pa.types.is_dictionary(values.type):
        return pc.fill_null(pc.index_in(values.cast(pa.string()), value_set=known), -1).to_numpy().astype(np.int64)
    found = [
        # a missing value has the index -1, which is the -1 at the end
        np.append(_positions(pa.chunked_array([chunk.dictionary]), known), -1)[pc.fill_null(chunk.indices, -1)]
        for chunk in values.chunks
    ]
    return np.concatenate([*found, np.zeros(0, dtype=np.int64)])


def _equals(values: pa.ChunkedArray, text: str) -> np.ndarray:
    """Return where a column, of plain text or of codes into a dictionary, has this text."""
    import pyarrow as pa

    return _positions(values, pa.array([text])) == 0


def _text(column: pd.Series) -> pa.Array:
    import pyarrow as pa

    return pa.array([None if value != value else value for value in column.tolist()], pa.string())
