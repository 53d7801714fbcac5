"""What is compared: sums of localities over every series, and of both sides of a comparison."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from indicators.catalogue import Indicator
from localities.evidence.kept import Rows
from localities.evidence.panel import Floats, Panel
from localities.evidence.sums import Places, Sums

Layer = tuple[Places, Panel]
"""Localities and figures by data zone, or by intermediate zone."""


@dataclass(frozen=True)
class LocalitySums:
    """Sums of localities over the figures of data zones, and beside them over those of intermediate zones.

    Parameters
    ----------
    layers
        What was summed.
    series, indicators
        Of all columns (K), those of data zones first.
    sums
        Localities x series.
    spread
        Standard deviation between all areas of Scotland, less what is chance, per column of kind ``mean``; NaN else.
    residents
        Per locality.
    unseen
        Localities x series: which of suppressed, not applicable and missing most of its areas say.
    is_cut
        Localities x series: published by intermediate zone, and the locality holds some of them in part.
    is_modelled
        Per series: by the publisher throughout.
    """

    layers: tuple[Layer, ...]
    series: pd.DataFrame
    indicators: tuple[Indicator, ...]
    sums: Sums
    spread: Floats
    residents: Floats
    unseen: NDArray[np.int8]
    is_cut: NDArray[np.bool_]
    is_modelled: NDArray[np.bool_]

    def take(self, rows: Rows) -> LocalitySums:
        """Return some of the localities, in the order given; all of them for a slice."""
        if isinstance(rows, slice):
            return self
        return replace(
            self,
            layers=tuple((places.take(rows), panel) for places, panel in self.layers),
            sums=self.sums.take(rows),
            **{name: getattr(self, name)[rows] for name in ("residents", "unseen", "is_cut")},
        )

    @property
    def places(self) -> Places:
        """The localities, with the data zones that they are made of."""
        return self.layers[0][0]

    def columns(self, wanted: NDArray[np.intp]) -> LocalitySums:
        """Return the sums of some series, in ascending order."""
        layers, start = [], 0
        for places, panel in self.layers:
            end = start + len(panel.indicators)
            layers.append((places, panel.take(wanted[(wanted >= start) & (wanted < end)] - start)))
            start = end
        return replace(
            self,
            layers=tuple(layers),
            series=self.series.iloc[wanted].reset_index(drop=True),
            indicators=tuple(self.indicators[column] for column in wanted),
            sums=self.sums.columns(wanted),
            spread=self.spread[wanted],
            unseen=self.unseen[:, wanted],
            is_cut=self.is_cut[:, wanted],
            is_modelled=self.is_modelled[wanted],
        )


@dataclass(frozen=True)
class Sides:
    """Both sides of a comparison: sums of every locality and of the rest of an area, and of the area as a whole.

    Parameters
    ----------
    indicators, spread
        Per series, as in `LocalitySums`.
    locality, whole, rest
        Localities x series.
    comparator
        ``cpp`` or ``scotland``; "" for another.
    """

    indicators: tuple[Indicator, ...]
    spread: Floats
    locality: Sums
    whole: Sums
    rest: Sums
    comparator: str = ""

    def columns(self, wanted: NDArray[np.intp]) -> Sides:
        """Return both sides of some series, in the order given."""
        return Sides(
            tuple(self.indicators[column] for column in wanted),
            self.spread[wanted],
            self.locality.columns(wanted),
            self.whole.columns(wanted),
            self.rest.columns(wanted),
            self.comparator,
        )

    def take(self, rows: Rows) -> Sides:
        """Return both sides of some localities, in the order given; all of them for a slice."""
        if isinstance(rows, slice):
            return self
        return replace(self, locality=self.locality.take(rows), whole=self.whole.take(rows), rest=self.rest.take(rows))

    @property
    def is_open(self) -> NDArray[np.bool_]:
        """Localities x series: a count on either side lies between bounds, because it was suppressed or rounded."""
        return np.logical_or.reduce(
            [one.numerator_high - one.numerator_low > 1e-9 * (1 + one.numerator) for one in (self.locality, self.rest)]
        )
