"""What partnerships decided, beside what the tables say now: verdicts, boundaries, and the way to each target.

Nothing here is kept: the two tables are made of the files of decisions and of a run's tables whenever they are asked
for, so that what is deleted from a file is gone with it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import pandas as pd

from indicators.change.targets import on_the_way, target_track
from indicators.schema.tables import TABLES
from indicators.schema.validation import coerce
from localities.wording.numbers import number
from localities.wording.periods import period_in_words

if TYPE_CHECKING:
    from indicators.catalogue import Catalogue
    from localities.decisions.records import Decision, Decisions

_LEAST_SHARE = 0.005
"""Change of the share of a zone's residents from which a boundary is another: less is the fit's rounding."""


class ReadRows(Protocol):
    """Reads rows of a table of a run."""

    def __call__(self, table: str, *, columns: Sequence[str], where: Mapping[str, Sequence[object]]) -> pd.DataFrame:
        """Return the rows that have one of the wanted values in each column named under ``where``."""


class Decided(NamedTuple):
    """The tables ``decisions`` and ``decision_targets``."""

    decisions: pd.DataFrame
    targets: pd.DataFrame


def build_decided(decided: Iterable[Decisions], read: ReadRows, catalogue: Catalogue) -> Decided:
    """Return what partnerships decided, beside what is known now.

    Parameters
    ----------
    decided
        From `localities.decisions.records.read_decisions`.
    read
        Reads rows of ``candidate_localities, membership, zones, verdicts, estimates`` and ``observations``.
    catalogue
        The declared indicators.

    Returns
    -------
    Decided
        Columns as declared in `indicators.schema.tables`.

        - ``boundary_now``: ``changed`` where a zone came in or went out since, or the share of its residents who belong
          moved by half a per cent; ``gone`` where the place is no longer drawn; ``not_compared`` where it was decided
          on the zones of another census.
        - ``boundary_change``: the same in words, with the people concerned; of a place no longer drawn, the place of
          the same way of drawing that most of them are in now.
        - ``value_on_the_way``: on a straight line from the figure then, at the end of its period, to the target on its
          day, at the end of the latest period.
        - ``target_track``: `indicators.change.targets.target_track` of the latest figure; ``cannot_tell`` until there
          is a later one; ``not_assessed``, with the reason, where the boundary changed, a break of the series lies
          between, or there is no figure or interval.
    """
    files = list(decided)
    every = [(file, one) for file in files for one in file.decisions]
    if not every:
        return Decided(_table("decisions", {}), _table("decision_targets", {}))
    places = sorted({one.place for _, one in every})
    of_places = {"locality_id": places}
    answers = read("verdicts", columns=["locality_id", "answer"], where=of_places)
    now = answers.set_index("locality_id")["answer"].astype("str").to_dict()
    last = {one.place: one.decided_on for _, one in sorted(every, key=lambda pair: pair[1].decided_on)}
    current = [last[one.place] == one.decided_on for _, one in every]
    changes = _boundaries([one for _, one in every], read)
    frame = _table(
        "decisions",
        {
            **_place_columns(every),
            "decision": [one.decision for _, one in every],
            "by_role": [one.by_role for _, one in every],
            "decided_on": [pd.Timestamp(one.decided_on) for _, one in every],
            "because": [one.because for _, one in every],
            "is_in_force": current,
            "answer_then": [one.answer for _, one in every],
            "answer_now": [now.get(one.place) for _, one in every],
            "people_then": [one.people for _, one in every],
            "boundary_now": [code for code, _ in changes],
            "boundary_change": [text for _, text in changes],
        },
    )
    standing = [(pair, change) for pair, change, is_last in zip(every, changes, current, strict=True) if is_last]
    return Decided(frame, _targets(standing, read, catalogue))


def period_ends(read: ReadRows, indicators: Sequence[str]) -> dict[tuple[str, str], dt.date]:
    """Return the last day of each period of some indicators, by indicator and period."""
    columns = ["indicator_id", "period", "period_end"]
    rows = read("observations", columns=columns, where={"indicator_id": list(indicators)}).drop_duplicates(columns[:2])
    ends = pd.to_datetime(rows["period_end"]).dt.date
    return dict(zip(zip(rows["indicator_id"], rows["period"], strict=True), ends, strict=True))


def years_later(day: dt.date, years: int) -> dt.date:
    """Return the same day so many years later; of 29 February the day before 1 March.

    Examples
    --------
    >>> years_later(dt.date(2024, 2, 29), 1), years_later(dt.date(2026, 11, 30), 3)
    (datetime.date(2025, 2, 28), datetime.date(2029, 11, 30))
    """
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _table(name: str, columns: Mapping[str, object]) -> pd.DataFrame:
    columns = columns or {one: pd.Series(dtype="object") for one in TABLES[name].columns}
    return coerce(name, pd.DataFrame({one: columns[one] for one in TABLES[name].columns}))


def _place_columns(every: Sequence[tuple[Decisions, Decision]]) -> dict[str, list[str]]:
    return {
        "cpp_code": [file.cpp_code for file, _ in every],
        "cpp_name": [file.cpp_name for file, _ in every],
        "locality_id": [one.place for _, one in every],
        "candidate_set": [one.place.partition(":")[0] for _, one in every],
        "locality_name": [one.name for _, one in every],
    }


def _boundaries(decisions: Sequence[Decision], read: ReadRows) -> list[tuple[str, str | None]]:
    """Return, for each decision, what became of the boundary, as a code and in words."""
    zones = sorted({zone for one in decisions for zone in one.zones})
    sets = sorted({one.place.partition(":")[0] for one in decisions})
    columns = ["locality_id", "zone_code", "weight"]
    drawn = read("membership", columns=columns, where={"locality_id": sorted({one.place for one in decisions})})
    about = read(
        "zones", columns=["zone_code", "population", "vintage"],
        where={"zone_code": sorted({*zones, *drawn["zone_code"]})},
    ).set_index("zone_code")  # fmt: skip
    people = about["population"].astype("float64")
    members = {place: rows.set_index("zone_code")["weight"] for place, rows in drawn.groupby("locality_id")}
    others: pd.DataFrame | None = None
    found: list[tuple[str, str | None]] = []
    for one in decisions:
        # where none of its zones is there, they are those of the other census
        if not set(one.zones) & set(about.index) or (about["vintage"].astype("str") != one.vintage).all():
            found.append(("not_compared", f"decided on the zones of {one.vintage}, which this run does not stand on"))
        elif one.place in members:
            found.append(_moved(one, members[one.place], people))
        else:
            if others is None:
                others = read("membership", columns=columns, where={"candidate_set": sets, "zone_code": zones})
            found.append(("gone", _gone(one, others, people, read)))
    return found


def _moved(one: Decision, now: pd.Series, people: pd.Series) -> tuple[str, str | None]:
    then = pd.Series(one.weights, dtype="float64")
    both = then.index.union(now.index)
    step = now.reindex(both, fill_value=0.0) - then.reindex(both, fill_value=0.0)
    step = step[step.abs() > _LEAST_SHARE]
    if step.empty:
        return "same", None
    lived = people.reindex(step.index).fillna(0.0) * step
    came, went = lived[step > 0].sum(), -lived[step < 0].sum()
    parts = [
        f"{_counted(len(step[sign * step > 0]), 'data zone')} {words} ({_counted(round(moved), 'resident')})"
        for sign, words, moved in ((1, "came in", came), (-1, "went out", went))
        if (sign * step > 0).any()
    ]
    return "changed", f"{' and '.join(parts)}, of {_counted(one.people, 'resident')} when decided"


def _gone(one: Decision, members: pd.DataFrame, people: pd.Series, read: ReadRows) -> str:
    candidate_set = one.place.partition(":")[0]
    weights = pd.Series(one.weights, dtype="float64")
    rows = members[
        members["zone_code"].isin(weights.index)
        & (members["locality_id"].astype("str").str.partition(":")[0] == candidate_set)
    ]
    shared = rows["zone_code"].map(people * weights) * rows["weight"]
    by_place = shared.groupby(rows["locality_id"].astype("str")).sum().sort_values(ascending=False, kind="stable")
    if by_place.empty or not by_place.iloc[0]:
        return "no place of that way of drawing holds its residents now"
    place = str(by_place.index[0])
    named = read("candidate_localities", columns=["locality_id", "locality_name"], where={"locality_id": [place]})
    share = by_place.iloc[0] / (people.reindex(weights.index) * weights).sum()
    return f"{share:.0%} of its residents are in {named['locality_name'].iloc[0]} ({place}) now"


def _counted(count: int, thing: str) -> str:
    return f"{count:,} {thing}" + ("" if count == 1 else "s")


_Standing = tuple[tuple["Decisions", "Decision"], tuple[str, str | None]]


def _targets(standing: Sequence[_Standing], read: ReadRows, catalogue: Catalogue) -> pd.DataFrame:
    """Return the targets of decisions in force, each beside the latest figure of the place."""
    rows = [
        (pair, change, target) for pair, change in standing for target in pair[1].targets
    ]  # fmt: skip
    if not rows:
        return _table("decision_targets", {})
    wanted = sorted({target.indicator for *_, target in rows})
    latest = read(
        "estimates",
        columns=["locality_id", "indicator_id", "period", "value", "lower_ci", "upper_ci", "status"],
        where={
            "locality_id": sorted({one.place for (_, one), *_ in rows}),
            "indicator_id": wanted,
            "is_headline_period": [True],
        },
    ).set_index(["locality_id", "indicator_id"])
    ends = period_ends(read, wanted)
    declared = {one.id: one for one in catalogue}
    key = pd.MultiIndex.from_tuples([(one.place, target.indicator) for (_, one), _, target in rows])
    figures = latest.reindex(key)
    then = [target.period_end for *_, target in rows]
    now: list[Any] = [
        ends.get((indicator, str(period))) for (_, indicator), period in zip(key, figures["period"], strict=True)
    ]
    due = [years_later(one.decided_on, target.years) for (_, one), _, target in rows]
    passed = np.array(
        [np.nan if b is None or b <= a else (b - a).days / max((c - a).days, 1)
         for a, b, c in zip(then, now, due, strict=True)]
    )  # fmt: skip
    way = on_the_way([one.value for *_, one in rows], [one.target for *_, one in rows], passed)
    direction = [declared[one.indicator].poorer_is if one.indicator in declared else "higher" for *_, one in rows]
    limits = [figures[name].to_numpy(dtype="float64", na_value=np.nan) for name in ("lower_ci", "upper_ci")]
    track = target_track(limits[0], limits[1], way, direction)
    reasons: list[str | None] = []
    for at, (_, (boundary, change), target) in enumerate(rows):
        one = declared.get(target.indicator)
        value = figures["value"].iloc[at]
        reason: str | None
        if one is None:
            track[at], reason = "not_assessed", "the indicator is no longer measured"
        elif pd.isna(value):
            status = figures["status"].iloc[at]
            why = "the place is no longer drawn" if pd.isna(status) else str(status).replace("_", " ")
            track[at], reason = "not_assessed", f"no figure now: {why}"
        elif boundary != "same":
            track[at], reason = "not_assessed", f"another boundary than when the target was set: {change}"
        elif now[at] is None or now[at] <= then[at]:
            track[at], reason = "cannot_tell", f"no figure later than that of {period_in_words(target.period)} yet"
        elif any(then[at] < day <= now[at] for day in one.breaks):
            track[at], reason = "not_assessed", "the series was changed since, and its figures do not compare"
        else:
            reason = {
                "not_assessed": "how sure the figure is, is not known",
                "cannot_tell": f"the figure may be on either side of {number(way[at])}, where it would be on the way",
            }.get(track[at])
        reasons.append(reason)
    return _table(
        "decision_targets",
        {
            **_place_columns([pair for pair, *_ in rows]),
            "indicator_id": [one.indicator for *_, one in rows],
            "indicator_title": [declared[one.indicator].title if one.indicator in declared else one.indicator
                                for *_, one in rows],
            "unit": [declared[one.indicator].unit if one.indicator in declared else "" for *_, one in rows],
            "years_ahead": [one.years for *_, one in rows],
            "due_on": [pd.Timestamp(day) for day in due],
            "target": [one.target for *_, one in rows],
            "target_ground": [one.ground for *_, one in rows],
            "period_then": [one.period for *_, one in rows],
            "value_then": [one.value for *_, one in rows],
            "value_then_lower_ci": [one.lower for *_, one in rows],
            "value_then_upper_ci": [one.upper for *_, one in rows],
            "period": figures["period"].fillna("none").tolist(),
            **{name: figures[name].to_numpy(dtype="float64", na_value=np.nan)
               for name in ("value", "lower_ci", "upper_ci")},
            "value_on_the_way": way,
            "target_track": track,
            "reason": reasons,
        },
    )  # fmt: skip
