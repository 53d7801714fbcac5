"""Boundaries of one's own judged at once: what a run would say of them, without a run and with nothing kept.

They are drawn as own boundaries are, and held against the thresholds of a reference set as in `grading`. Only headline
periods are weighed. How firm a verdict is (`localities.evidence.stability`) is left to a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.catalogue import Catalogue
from indicators.errors import ConfigError
from localities.boundaries.own_files import OwnBoundaries, OwnDescription
from localities.boundaries.own_ids import PREFIX
from localities.candidates import finish_drawing
from localities.councils import slug_of
from localities.drawing.context import DrawingContext
from localities.drawing.own import draw_own, fit_report, left_out
from localities.evidence.estimates import estimates_of
from localities.evidence.findings import FOR_MAPS, assess, findings_of, sums_over
from localities.evidence.panel import Panel
from localities.evidence.verdicts import verdicts_of
from localities.settings import Settings
from localities.similar_places.peers import describe, peers_of


@dataclass(frozen=True)
class Checked:
    """What is found of boundaries of one's own.

    Parameters
    ----------
    own
        The boundaries, with the report of their repair and of what the drawing leaves out.
    reference_set
        The candidate set whose thresholds they were judged against, and among which their peers are.
    places, membership
        As in the tables ``candidate_localities`` and ``membership``.
    fit
        How residents fit the boundaries (`localities.drawing.own.fit_report`); empty for lists of zones.
    verdicts
        As in the table, without the columns that need other places, such as those that say how firm they are.
    findings
        As in the table, for headline periods, without what is for maps, and with what ``estimates`` says of each.
    peers
        As in the table: the places of the reference set, and of these, most like each.
    """

    own: OwnBoundaries
    reference_set: str
    places: pd.DataFrame
    membership: pd.DataFrame
    fit: pd.DataFrame
    verdicts: pd.DataFrame
    findings: pd.DataFrame
    peers: pd.DataFrame


def unkept(
    areas: pd.DataFrame,
    report: pd.DataFrame,
    *,
    title: str,
    file_name: str = "",
    cpp_code: str | None = None,
    by_shares: bool = False,
) -> OwnBoundaries:
    """Return areas and their report (`localities.boundaries.own_files.read_boundaries`) as boundaries kept nowhere."""
    about = OwnDescription(
        set_id=PREFIX + (slug_of(title).replace("-", "_") or "areas"),
        title=title,
        cpp_code=cpp_code,
        is_current=False,
        by_shares=by_shares,
        is_list="geometry" not in areas,
        file_name=file_name or title,
        file_sha256="",
        areas_sha256="",
        added_at=datetime.now(UTC).isoformat(timespec="seconds"),
        report=report,
        folder=Path(),
    )
    return OwnBoundaries(about, areas)


def reference_of(sets: pd.Series, settings: Settings) -> str:
    """Return the candidate set whose thresholds own boundaries are held against, given the set of every locality.

    Raises
    ------
    ConfigError
        If there is no other set.
    """
    others = sets[~sets.str.startswith(PREFIX)].value_counts()
    if others.empty:
        raise ConfigError(
            "There is no candidate set to hold boundaries against",
            expected=settings.reference_set,
            remedy="run `localities run` first",
        )
    return settings.reference_set if settings.reference_set in others.index else str(others.index[0])


def check_boundaries(
    own: OwnBoundaries,
    context: DrawingContext,
    reference: tuple[pd.DataFrame, pd.DataFrame],
    figures: Sequence[Panel],
    alike: Panel | None,
    catalogue: Catalogue,
    settings: Settings,
) -> Checked:
    """Return what is found of boundaries of one's own.

    Parameters
    ----------
    own
        The boundaries.
    context
        To draw them.
    reference
        Candidate localities and membership of the reference set.
    figures
        `localities.evidence.findings.panels_of_tested` of the headline periods, in the order of the context's zones.
    alike
        `localities.similar_places.peers.described_by`, in the same order.
    catalogue, settings
        Declarations and thresholds.

    Raises
    ------
    GeographyError
        If the boundaries fit no zone.
    """
    zones = context.zones
    drawing = draw_own(context, own)
    drawn, belong = finish_drawing(context, own.set_id, drawing)
    places = pd.concat([pd.DataFrame(drawn.drop(columns="geometry")), reference[0]], ignore_index=True)
    members = pd.concat([belong, reference[1]], ignore_index=True)
    reference_set = str(reference[0]["candidate_set"].iloc[0])
    localities = sums_over(figures, zones, places, members)
    rows = np.arange(len(drawn))
    assessments = assess(localities, settings, rows=rows)
    alone = localities.take(rows)
    verdicts = verdicts_of(alone, assessments, zones, drawn, catalogue, settings, is_alone=True)
    # shrinking towards a few places of one's own would say nothing
    findings = findings_of(alone, assessments, settings).drop(columns=list(FOR_MAPS))
    estimates = pd.concat([estimates_of(*layer, settings) for layer in alone.layers])
    key = ["locality_id", "indicator_id", "period"]
    texts = dict.fromkeys(key, "str")
    estimates = estimates.drop(columns=["is_headline_period", "source_id"]).astype(texts)
    what = describe(alike, zones, localities.places, settings)
    peers = peers_of(what, localities.places, settings, [own.set_id])
    report = pd.concat([own.report, left_out(context, own)], ignore_index=True)
    return Checked(
        own=replace(own, about=replace(own.about, report=report)),
        reference_set=reference_set,
        places=drawn,
        membership=belong,
        fit=fit_report(context, own, drawing),
        verdicts=verdicts,
        findings=findings.astype(texts).merge(estimates, on=key, how="left", validate="many_to_one"),
        peers=peers,
    )
