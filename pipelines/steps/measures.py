"""Indicators layer: what is measured, and every published figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.steps.step import Context, step

if TYPE_CHECKING:
    import pandas as pd


def _read_by_readers(zones: str) -> tuple[str, ...]:
    from indicators.catalogue import load_catalogue
    from indicators.readers import sources_in

    return sources_in(load_catalogue(zones=zones))


def _read_ahead(context: Context) -> None:
    from indicators.observations.build import read_ahead

    read_ahead(context.files, context.catalogue, cache=context.cache)


@step(group="indicators", registries=("indicators.declarations",), kinds=("yaml",))
def indicators(context: Context) -> pd.DataFrame:
    """The catalogue: every declared indicator with its definition, domain, role, direction and important difference."""
    return context.catalogue.to_frame()


def _of_councils() -> tuple[str, ...]:
    from localities.choosing.council_context import CONTEXT_SOURCES

    return CONTEXT_SOURCES


@step(group="indicators", sources=_of_councils, optional=_of_councils, kinds=("excel", "csv"))
def council_context(context: Context) -> pd.DataFrame:
    """Figures of whole councils beside a partnership, never a vote.

    Life expectancy, drug deaths, child poverty after housing costs, benchmarks of council services and the health
    profiles, each as published, with the publisher's limits.
    """
    from localities.choosing.council_context import build_context

    return build_context(context.files)


@step(
    group="indicators",
    sources=_read_by_readers,
    registries=("indicators.readers", "indicators.declarations"),
    settings=("zones",),
    kinds=("pandas", "excel", "csv"),
    ahead=_read_ahead,
)
def observations(context: Context, zones: pd.DataFrame, crosswalk: pd.DataFrame) -> pd.DataFrame:
    """Published figures in one tidy table: indicator x area x period, with numerator, denominator, value and status.

    Observed, suppressed, not applicable, missing and zero stay apart. Figures on the zones of another census are
    carried over: exactly where the same people live, else modelled by where people lived in 2022.
    """
    from indicators.observations.build import build_observations

    return build_observations(
        context.files,
        context.catalogue,
        zone_codes=zones["zone_code"],
        cache=context.cache,
        zones=context.settings.zones,
        crosswalk=crosswalk,
        zone_councils=zones["cpp_code"],
    )
