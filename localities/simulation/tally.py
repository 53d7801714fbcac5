"""Counts over simulated worlds: how often each grade and verdict was given, and how often it was false."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from localities.evidence.findings import Assessment, assess
from localities.evidence.grading import BETTER, NOT_ASSESSED, POORER, SLIGHTLY_POORER, Families, families, grade
from localities.evidence.panel import Floats
from localities.evidence.sums import Places
from localities.evidence.votes import INSUFFICIENT, NO_EVIDENCE, SOME, STRONG, Ballot, ballot, best_of, count_votes
from localities.evidence.weighing import sum_localities
from localities.settings import Settings
from localities.simulation.truth import ROUNDING, true_votes
from localities.simulation.worlds import World

LEVEL = 0.05
"""Level at which uncorrected p values are counted, for comparison with the corrected grades."""

VERDICT_COUNTS = (
    "localities", "strong", "some", "none", "insufficient", "truly_strong", "found_strong", "false_strong",
    "groundless_strong", "false_some",
)  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """One world, judged.

    Parameters
    ----------
    family, settings
        Of the grades given.
    verdict, truth
        Per locality: the verdict given, and what the true differences would give.
    true_votes
        Per locality: votes truly and importantly poorer against a comparator, the larger of the two numbers.
    """

    assessments: list[Assessment]
    family: Families
    settings: Settings
    voting: Ballot
    verdict: NDArray[np.int8]
    truth: NDArray[np.int8]
    true_votes: NDArray[np.intp]

    def under(self, settings: Settings) -> NDArray[np.int8]:
        """Return the verdicts by another rule, of the same evidence."""
        is_same = settings.alpha == self.settings.alpha
        grades = [one.grades if is_same else grade(one.evidence, self.family, settings) for one in self.assessments]
        return best_of(
            [
                count_votes(graded.grade, one.evidence.comparison["depth"], self.voting, settings).verdict
                for one, graded in zip(self.assessments, grades, strict=True)
            ]
        )


@dataclass
class Tally:
    """Sums over worlds.

    Parameters
    ----------
    sets
        Candidate sets, in the order of the rows.
    findings
        By name (``assessed, p_below, p_important_below, poorer, slightly_poorer, better, truly_important,
        found_important, false_poorer, false_slightly``): sets x series, over worlds and both comparators.
    verdicts
        Per world, by name in `VERDICT_COUNTS`: sets.
    """

    sets: tuple[str, ...]
    findings: dict[str, Floats] = field(default_factory=dict)
    verdicts: list[dict[str, Floats]] = field(default_factory=list)

    def finding_rows(self, labels: Sequence[str], by: str) -> pd.DataFrame:
        """Return findings summed over sets and over the series of one label, one row per label."""
        frame = pd.DataFrame({name: array.sum(axis=0) for name, array in self.findings.items()})
        return frame.groupby(pd.Series(labels, name=by), sort=True).sum().reset_index()

    def verdict_rows(self) -> pd.DataFrame:
        """Return verdicts summed over worlds, one row per candidate set, and how false strong ones vary by world."""
        frame = pd.DataFrame({name: np.sum([one[name] for one in self.verdicts], axis=0) for name in VERDICT_COUNTS})
        shares = np.array([one["false_strong"] / np.maximum(one["localities"], 1) for one in self.verdicts])
        worlds = len(shares)
        error = shares.std(axis=0, ddof=1) / np.sqrt(worlds) if worlds > 1 else np.full(len(self.sets), np.nan)
        frame.insert(0, "candidate_set", self.sets)
        frame["false_strong_se"] = error
        frame["worlds"] = worlds
        return frame


def judge(tally: Tally, places: Places, world: World, settings: Settings) -> Judged:
    """Add a world to a tally; return what was found.

    Notes
    -----
    *False strong evidence*: the true differences would not give strong evidence. *Groundless*: not a single domain is
    truly and importantly poorer. *False some evidence*: in truth not even some.
    """
    panel = world.panel
    voting = ballot(panel.indicators, np.ones(len(panel.indicators), dtype=bool))
    assessments = assess(replace(sum_localities((places, panel)), spread=world.spread), settings)
    votes = [count_votes(one.grades.grade, one.evidence.comparison["depth"], voting, settings) for one in assessments]
    depths, truths = true_votes(places, world, assessments, voting, settings)
    verdict, truth = best_of([one.verdict for one in votes]), best_of([one.verdict for one in truths])
    true_votes_poorer = np.maximum.reduce([one.poorer.sum(axis=1) for one in truths])
    belongs = (places.candidate_set[None, :] == np.array(tally.sets, dtype=object)[:, None]).astype(float)

    counts = {
        "localities": np.ones(len(verdict)),
        "strong": verdict == STRONG,
        "some": verdict == SOME,
        "none": verdict == NO_EVIDENCE,
        "insufficient": verdict == INSUFFICIENT,
        "truly_strong": truth == STRONG,
        "found_strong": (verdict == STRONG) & (truth == STRONG),
        "false_strong": (verdict == STRONG) & (truth != STRONG),
        "groundless_strong": (verdict == STRONG) & (true_votes_poorer == 0),
        "false_some": (verdict == SOME) & (truth == NO_EVIDENCE),
    }
    tally.verdicts.append({name: belongs @ values.astype(float) for name, values in counts.items()})
    for one, depth in zip(assessments, depths, strict=True):
        for name, values in _finding_counts(one, depth).items():
            tally.findings[name] = tally.findings.get(name, 0.0) + belongs @ values.astype(float)
    return Judged(
        assessments,
        families(places, len(panel.indicators), settings),
        settings,
        voting,
        verdict,
        truth,
        true_votes_poorer,
    )


def _finding_counts(one: Assessment, depth: Floats) -> dict[str, np.ndarray]:
    given = one.grades.grade
    assessed = given < NOT_ASSESSED
    with np.errstate(invalid="ignore"):
        important, differs = depth > 1 + ROUNDING, depth > ROUNDING
        return {
            "assessed": assessed,
            "p_below": assessed & (one.evidence.comparison["p_value"] < LEVEL),
            "p_important_below": assessed & (one.evidence.comparison["p_important"] < LEVEL),
            "poorer": given == POORER,
            "slightly_poorer": given == SLIGHTLY_POORER,
            "better": given == BETTER,
            "truly_important": assessed & important,
            "found_important": (given == POORER) & important,
            "false_poorer": (given == POORER) & ~important,
            "false_slightly": (given == SLIGHTLY_POORER) & ~differs,
        }
