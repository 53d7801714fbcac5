"""Inequality, change and likeness: how unequal each partnership is, how each place has moved, and what it is like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localities.settings import OF_GRADES
from pipelines.steps.step import Context, step

if TYPE_CHECKING:
    import pandas as pd

    from indicators.catalogue import Catalogue


@step(group="findings", settings=("confidence", "need_indicator"), registries=("indicators.declarations",), apart=True)
def inequality(context: Context, observations: pd.DataFrame, zones: pd.DataFrame) -> pd.DataFrame:
    """How unequal outcomes are between more and less deprived zones, in each partnership and in Scotland.

    The Duncan index as the Improvement Service defines it, slope and relative index of inequality, concentration index,
    gap and ratio between the most and the least deprived fifth, and the attributable share, with intervals.
    """
    from localities.change.inequality import build_inequality

    return build_inequality(observations, context.catalogue, zones, context.settings)


@step(
    group="findings",
    settings=("confidence", "minimum_coverage", "reference_set"),
    registries=("indicators.declarations",),
    per_set=True,
    held_against="reference_set",
)
def trends(
    context: Context, estimates: pd.DataFrame, observations: pd.DataFrame, membership: pd.DataFrame
) -> pd.DataFrame:
    """How each candidate locality has changed, its trend, and where that leads in 1, 3 and 10 years.

    Never across a declared break, nor from zones of one census to those of another unless the place holds the old ones
    whole; a place with too few periods says so. Limits of a projection hold the error of the line and the scatter about
    it, not the chance that it bends.
    """
    import numpy as np
    import pandas as pd

    from localities.change.across_vintages import across_vintages
    from localities.change.trends import build_trends

    def build(catalogue: Catalogue) -> pd.DataFrame:
        return build_trends(estimates, catalogue, context.settings)

    table = across_vintages(build, context.catalogue, observations, membership, "locality_id")
    # place by place, so that what one partnership shows is read alone
    places = pd.Index(membership["locality_id"].unique())
    return table.iloc[np.argsort(places.get_indexer(table["locality_id"]), kind="stable")].reset_index(drop=True)


@step(
    group="findings",
    settings=("confidence", "minimum_coverage", "minimum_residents"),
    per_set=True,
    beside=("cpp",),
    registries=("indicators.declarations",),
)
def progress(
    context: Context,
    observations: pd.DataFrame,
    zones: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
) -> pd.DataFrame:
    """What an annual progress report needs: each place against its own past and against the rest over the same years.

    Localities are held against the rest of their partnership, partnerships against the rest of Scotland, with limits,
    over the latest periods that compare. Marks the localities that surely go the other way than their partnership,
    which its average hides.
    """
    from localities.change.across_vintages import across_vintages
    from localities.change.progress import build_progress

    def build(catalogue: Catalogue) -> pd.DataFrame:
        return build_progress(observations, catalogue, zones, candidate_localities, membership, context.settings)

    return across_vintages(build, context.catalogue, observations, membership, "area_id")


@step(
    group="findings",
    settings=("need_indicator", "reference_set"),
    registries=("indicators.declarations",),
    per_set=True,
    beside=("cpp",),
    held_against="reference_set",
)
def peers(
    context: Context,
    observations: pd.DataFrame,
    zones: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
) -> pd.DataFrame:
    """The ten places most like each candidate locality, in its candidate set, and those most like each partnership.

    Alike in settlement and density, age structure and income deprivation, by standardised distance; and once more
    without deprivation. For context: peers have no part in any verdict.
    """
    from localities.similar_places.peers import build_peers

    return build_peers(
        observations, context.catalogue, zones, candidate_localities, membership, context.settings, context.sets
    )


@step(
    group="findings",
    settings=("confidence", *OF_GRADES, "need_indicator", "reference_set"),
    graded_by=OF_GRADES,
    registries=("indicators.declarations",),
    per_set=True,
    held_against="reference_set",
)
def peer_findings(
    context: Context,
    observations: pd.DataFrame,
    zones: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
    peers: pd.DataFrame,
) -> pd.DataFrame:
    """The latest outcomes of each candidate locality held against all of the places most like it together.

    For context: it tells what is a place's own from what comes with its kind, and has no part in any verdict.
    """
    from localities.similar_places.against_peers import build_peer_findings
    from pipelines.steps.parts import of_parts

    due = of_parts(peers, context.sets) if context.sets else peers
    return build_peer_findings(
        observations,
        context.catalogue,
        zones,
        candidate_localities,
        membership,
        due,
        context.settings,
        context.panels,
        context.kept,
    )
