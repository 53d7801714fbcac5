"""Checks of a declaration beyond its keys and values: that what it names is there, and that it reads.

`indicators.catalogue.parse_indicator` refuses what is no declaration at all; here is what a person who adds an
indicator wants to know before a run does: undecided parts, names that do not exist, a file that does not hold what the
declaration says, figures that look wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from indicators.catalogue import Indicator
from indicators.declaring.own import UNDECIDED, has_question
from indicators.errors import ConfigError, LocalitiesError, compose, some
from indicators.observations.by_group import variants_of
from indicators.readers import companions_of, editions_of, reader_named
from indicators.readers.shared.periods import declared_period

NATIONAL_OUTCOMES = (
    "Children and Young People",
    "Communities",
    "Culture",
    "Economy",
    "Education",
    "Environment",
    "Fair Work and Business",
    "Health",
    "Human Rights",
    "International",
    "Poverty",
)
"""National Outcomes of the National Performance Framework."""

_HARDLY = 0.001
"""Areas that chance would leave at 0 throughout, below which none is taken to be."""

_FEW = 20
"""Areas up to which chance makes figures look odd."""


def check_declaration(
    indicator: Indicator, *, sources: Collection[str], files: Mapping[str, Path] | None = None
) -> list[str]:
    """Return what is wrong with a declaration, each as a message; empty where nothing is.

    Parameters
    ----------
    indicator
        The declaration.
    sources
        Ids of the declared sources.
    files
        The file of each source that is there; the figures are read where all of the indicator's are.
    """
    problems = _names(indicator, sources)
    indicator = indicator.on_councils() if indicator.groups else indicator.on_zones("2011")
    needed = {one for edition in editions_of(indicator) for one in (edition.source, *companions_of(edition))}
    if not problems and files is not None and needed <= {name for name, path in files.items() if Path(path).is_file()}:
        problems += check_figures(indicator, files)
    return problems


def check_figures(indicator: Indicator, files: Mapping[str, Path]) -> list[str]:
    """Return what is wrong with the figures that a declaration reads: that it cannot, or that they look implausible."""
    where = f"{indicator.id}.yaml"
    try:
        variants = variants_of(indicator).values() if indicator.groups else (indicator,)
        editions = [edition for variant in variants for edition in editions_of(variant)]
        rows = reader_named(indicator.reader)(files, editions)
    except LocalitiesError as error:
        return [str(error)]
    problems = []
    for period, part in rows.groupby("period", observed=True):
        start = pd.Timestamp(part["period_start"].iloc[0])
        if start > pd.Timestamp.now():
            # evidence from the future would make all other evidence old
            problems.append(
                compose(f"{period} has not begun", where=where, column="period", expected="figures of the past",
                        found=f"a period from {start.date()}",
                        remedy="correct the period, or leave projections out with periods")
            )  # fmt: skip
        has = part["status"].isin(["observed", "modelled"]).to_numpy()
        if has.mean() < 0.5:
            most = part["status"].value_counts().index[0]
            problems.append(
                compose(
                    f"Fewer than half of the areas have a figure in {period}",
                    where=where,
                    expected="figures for most areas",
                    found=f"{has.mean():.0%}; most are {most}",
                    remedy="check the columns and the symbols of suppression",
                )
            )
            continue
        value = part["value"].to_numpy(dtype="float64")[has]
        if len(value) > _FEW and np.nanmin(value) == np.nanmax(value):
            problems.append(
                compose(f"Every area has the same value in {period}", where=where, found=f"{value[0]:g}",
                        remedy="check the columns")
            )  # fmt: skip
        if indicator.unit.startswith("%") and (value < 0).sum() == 0 and np.nanmax(value) <= 1.0 and len(value) > _FEW:
            problems.append(
                compose(
                    f"Percentages look like shares of 1 in {period}",
                    where=where,
                    column="multiplier",
                    expected="values up to 100",
                    found=f"at most {np.nanmax(value):g}",
                    remedy="set multiplier to 100",
                )
            )
        counts = part["numerator"].to_numpy(dtype="float64")[has]
        whole = pd.Series(counts).dropna()
        is_counted = indicator.kind != "mean" and indicator.people is None and indicator.counts_are_whole
        if is_counted and (whole != whole.round()).any():
            problems.append(
                compose(
                    f"Counts are not whole in {period}",
                    where=where,
                    column="counts_are_whole",
                    expected="whole counts, or counts_are_whole: false",
                    found=f"{whole[whole != whole.round()].iloc[0]:g}",
                    remedy="declare counts_are_whole: false",
                )
            )
    taken = set(indicator.not_read.areas if indicator.not_read else ())
    gone = sorted(taken - set(rows["area_code"].astype(str)))
    # a made-up country has none of them
    if gone and len(gone) < len(taken):
        problems.append(
            compose("Areas that are not to be read are not there", where=where, column="not_read", codes=gone,
                    expected="codes of the table", remedy="correct them, or delete the key")
        )  # fmt: skip
    return problems + _never_anything(rows, where)


def _never_anything(rows: pd.DataFrame, where: str) -> list[str]:
    """Return that areas stand at 0 in every period, where chance would leave none: nothing was counted, not none."""
    seen = rows[rows["status"] == "observed"]
    zero = (seen["value"] == 0).groupby(seen["area_code"], observed=True).agg(["all", "size"])
    share = float((seen["value"] == 0).mean())
    # as many areas as chance would leave, if each figure were 0 as often as any is
    at_zero = zero["all"] & (len(zero) * share ** zero["size"] < _HARDLY)
    if not at_zero.any():
        return []
    return [
        compose(
            "Areas stand at 0 in every period, where few figures are",
            where=where,
            codes=zero.index[at_zero],
            expected=f"a figure in some period, as elsewhere: {share:.1%} of all are 0",
            found=f"{int(at_zero.sum()):,} areas with 0 throughout",
            remedy="see whether they are missing, and say so under not_read, areas",
        )
    ]


def refuse_draft(content: object, path: Path) -> None:
    """Raise if a declaration, as read from YAML, has a question mark left, naming every key that has.

    Raises
    ------
    ConfigError
        If one is left.
    """
    left = [str(key) for key, value in content.items() if has_question(value)] if isinstance(content, Mapping) else []
    if left:
        raise ConfigError(
            "A declaration is still a draft",
            where=path,
            column=", ".join(left),
            expected=f"no {UNDECIDED}",
            remedy="decide what the draft leaves open",
        )


def _names(indicator: Indicator, sources: Collection[str]) -> list[str]:
    where = f"{indicator.id}.yaml"
    problems = []
    needed = {one for edition in editions_of(indicator) for one in (edition.source, *companions_of(edition))}
    if absent := sorted(needed - set(sources)):
        problems.append(
            compose(
                "An indicator names a source that is not declared",
                where=where,
                column="source",
                codes=absent,
                expected=some(sorted(sources), 8),
                remedy="correct the id, or declare the source in data/sources/",
            )
        )
    if indicator.national_outcome not in NATIONAL_OUTCOMES:
        problems.append(
            compose(
                "An indicator names no National Outcome",
                where=where,
                column="national_outcome",
                expected=", ".join(NATIONAL_OUTCOMES),
                found=indicator.national_outcome,
                remedy="choose one of the eleven",
            )
        )
    for edition in editions_of(indicator):
        if "period" in edition.columns:
            try:
                declared_period(edition.columns, indicator.id)
            except LocalitiesError as error:
                problems.append(str(error))
    return problems
