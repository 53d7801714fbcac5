"""Candidates layer: every way of drawing localities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.steps.step import Context, step

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd


def _read_by_sets() -> tuple[str, ...]:
    from localities.candidate_sets import sources_of

    return tuple(dict.fromkeys((*sources_of(), *_read_by_own())))


def _read_if_there() -> tuple[str, ...]:
    from localities.candidate_sets import optional_sources, sources_of

    needed = set(sources_of()) - set(optional_sources())
    return tuple(dict.fromkeys((*optional_sources(), *(one for one in _read_by_own() if one not in needed))))


def _read_by_own() -> tuple[str, ...]:
    """Return the sources that place own boundaries, see `localities.drawing.own`."""
    from localities.drawing.own import READ_IF_THERE

    return READ_IF_THERE


@step(group="candidates")
def vintages(
    context: Context,
    zones: pd.DataFrame,
    crosswalk: pd.DataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
) -> pd.DataFrame:
    """What becomes of each candidate locality on the zones of the other census: redrawn there, people gained and lost.

    People are those of the 2022 census by output area. Empty where the lookups between the censuses are not at hand.
    """
    from localities.change.vintages import build_vintages

    return build_vintages(zones, crosswalk, candidate_localities, membership)


@step(
    group="candidates",
    outputs=("candidate_localities", "membership"),
    sources=_read_by_sets,
    settings=("limit", "seed", "candidate_sets"),
    per_set=True,
    registries=("localities.candidate_sets",),
    kinds=("geopandas",),
    spatial_inputs=("zones",),
    optional=_read_if_there,
)
def candidate_localities(
    context: Context, zones: gpd.GeoDataFrame, adjacency: pd.DataFrame, crosswalk: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Candidate localities of every set, and the data zones of each.

    Each set is one module of `localities/candidate_sets` with one function, ``draw``. Localities say their residents,
    whether they are of the size that the guidance often expects, contiguity, compactness, and how well zones fit the
    boundary. The setting `candidate_sets` names the sets; where it is empty, those that are drawn by default, and your
    own.
    """
    from localities.candidates import build_candidates, drawing_context
    from pipelines.steps.parts import sets_drawn

    settings = context.settings
    drawing = drawing_context(
        zones, adjacency, context.files, limit=settings.limit, seed=settings.seed, crosswalk=crosswalk
    )
    sets = context.sets or sets_drawn(settings, context.files)
    drawn, members = build_candidates(drawing, sets=sets)
    return {"candidate_localities": drawn, "membership": members}
