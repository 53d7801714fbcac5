"""Findings layer: estimates, what they are held against, and the verdict on each place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localities.settings import OF_GRADES, OF_VERDICTS
from pipelines.steps.step import Context, step

if TYPE_CHECKING:
    import pandas as pd


@step(group="findings", settings=("confidence",), registries=("indicators.declarations",), per_set=True)
def estimates(
    context: Context,
    observations: pd.DataFrame,
    zones: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
) -> pd.DataFrame:
    """Every indicator of every candidate locality and period, with interval, method, denominator and coverage."""
    from localities.evidence.estimates import build_estimates

    return build_estimates(
        observations, context.catalogue, zones, candidate_localities, membership, context.settings, context.panels
    )


@step(
    group="findings",
    settings=("confidence", *OF_GRADES, "reference_set"),
    graded_by=(*OF_GRADES, "reference_set"),
    per_set=True,
    held_against="reference_set",
    registries=("indicators.declarations",),
)
def findings(
    context: Context,
    observations: pd.DataFrame,
    zones: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
) -> pd.DataFrame:
    """Each estimate held against the rest of its partnership's area and the rest of Scotland.

    Carries the difference and ratio with limits, p and q for no difference and for the smallest important difference,
    the shrunken value, and the grade ``poorer``, ``slightly_poorer``, ``not_different``, ``better`` or
    ``not_assessed`` with its reason.
    """
    from localities.evidence.findings import build_findings

    return build_findings(
        observations,
        context.catalogue,
        zones,
        candidate_localities,
        membership,
        context.settings,
        context.panels,
        context.sets,
        context.kept,
    )


@step(
    group="findings",
    settings=OF_VERDICTS,
    graded_by=(*OF_GRADES, "vote_share", "reference_set", "depth_limit", "need_indicator"),
    per_set=True,
    apart=True,
    held_against="reference_set",
    registries=("indicators.declarations",),
)
def judgements(
    context: Context,
    observations: pd.DataFrame,
    zones: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
) -> pd.DataFrame:
    """The verdict on each candidate locality as far as its candidate set by itself decides: basis, stability, order."""
    from localities.evidence.verdicts import build_judgements

    return build_judgements(
        observations,
        context.catalogue,
        zones,
        candidate_localities,
        membership,
        context.settings,
        panels=context.panels,
        kept=context.kept,
    )


@step(group="findings")
def verdicts(
    context: Context,
    zones: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
    judgements: pd.DataFrame,
) -> pd.DataFrame:
    """The grade of the statistical evidence for each candidate locality, its basis, stability and order.

    ``is_flagged`` means strong evidence of significantly poorer outcomes. The decision remains the partnership's.
    Judgements of each candidate set, and what the other drawings say of the same residents.
    """
    from localities.evidence.verdicts import with_drawing_support

    return with_drawing_support(judgements, zones, candidate_localities, membership)


@step(
    group="findings",
    settings=(*OF_VERDICTS, "other_zones"),
    registries=("indicators.declarations",),
    kinds=("geopandas",),
)
def redrawn(
    context: Context,
    zones: pd.DataFrame,
    crosswalk: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
    vintages: pd.DataFrame,
    verdicts: pd.DataFrame,
) -> pd.DataFrame:
    """Localities that change on the zones of the other census: their polygons there, which verdicts move, and why.

    Needs a run on those zones in the same working folder; without one it is empty.
    """
    import geopandas as gpd

    from indicators.schema.tables import TABLES
    from localities.change.redrawn import build_redrawn

    if context.there is None or vintages.empty:
        return gpd.GeoDataFrame(columns=list(TABLES["redrawn"].columns), geometry="geometry", crs="EPSG:27700")
    there, observations = context.there("zones"), context.there("observations")
    return build_redrawn(zones, crosswalk, candidate_localities, membership, vintages, verdicts, there, observations,
                         context.settings)  # fmt: skip


@step(
    group="findings",
    outputs=("reach", "need_outside"),
    settings=("need_indicator", "least_fit", "least_within_limit", "least_covered"),
    registries=("indicators.declarations",),
)
def reach(
    context: Context,
    observations: pd.DataFrame,
    zones: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
    estimates: pd.DataFrame,
    verdicts: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Which boundaries serve best: what each way of drawing localities reaches of the people in need, and misses.

    Per partnership and candidate set: people in need and residents inside flagged localities, where the missed live,
    fit, size and age of the evidence, and the set to start from with the reasons. It weighs drawings; it flags nothing.
    Per zone, the people in need who live outside every flagged place.
    """
    from localities.choosing.need_outside import build_need_outside
    from localities.choosing.reach import build_reach

    found = build_reach(
        observations, context.catalogue, zones, candidate_localities, membership, estimates, verdicts, context.settings
    )
    outside = build_need_outside(
        observations, zones, candidate_localities, membership, verdicts, found, context.settings
    )
    return {"reach": found, "need_outside": outside}
