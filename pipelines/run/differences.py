"""What moved between two editions, and why: figures, boundaries, thresholds, code.

Figures are held against each other by indicator, period and area; verdicts by locality. A verdict that moved is told
with every cause that there was for it: its boundary, figures of its own zones, figures elsewhere (what it is held
against), thresholds, the code. Which of several tipped it is not guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.run.workspace import NOT_SETTINGS

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.storage.editions import Edition, Editions
    from pipelines.storage.store import Manifest

_JUDGED = ("findings", "judgements", "verdicts")
"""Tables whose thresholds and code decide a verdict."""

_FIGURES = """
create temp table figures as
with before as (from read_parquet($before)), after as (from read_parquet($after))
select indicator_id, period, area_code, area_type,
    coalesce(after.period_end, before.period_end) as period_end,
    before.area_code is null as is_new, after.area_code is null as is_gone,
    after.value - before.value as change
from before full join after using (indicator_id, period, area_code, area_type)
where before.area_code is null or after.area_code is null or before.status <> after.status
    or before.value is distinct from after.value
    or before.numerator is distinct from after.numerator or before.denominator is distinct from after.denominator
"""

_BY_INDICATOR = """
select indicator_id, period, count(*) filter (not is_new and not is_gone) as changed,
    count(*) filter (is_new) as appeared, count(*) filter (is_gone) as gone, max(abs(change)) as largest
from figures group by all order by all
"""

_VERDICTS = """
with before as (from read_parquet($before)), after as (from read_parquet($after)),
    headline as (
        select indicator_id, max(period_end) as period_end from read_parquet($observations) group by all
    ),
    new_members as (select locality_id, zone_code, round(weight, 6) as weight from read_parquet($new_membership)),
    old_members as (select locality_id, zone_code, round(weight, 6) as weight from read_parquet($old_membership)),
    redrawn as (
        select distinct locality_id from (
            (from new_members except from old_members) union all (from old_members except from new_members)
        )
    ),
    touched as (
        select locality_id, list(distinct indicator_id order by indicator_id) as indicators
        from new_members join figures on zone_code = area_code join headline using (indicator_id, period_end)
        group by all
    )
select locality_id, coalesce(after.candidate_set, before.candidate_set) as candidate_set,
    coalesce(after.locality_name, before.locality_name) as locality_name,
    coalesce(after.cpp_code, before.cpp_code) as cpp_code, coalesce(after.cpp_name, before.cpp_name) as cpp_name,
    before.verdict_scotland as verdict_scotland_before, after.verdict_scotland as verdict_scotland_after,
    before.verdict_cpp as verdict_cpp_before, after.verdict_cpp as verdict_cpp_after,
    redrawn.locality_id is not null as is_redrawn, coalesce(touched.indicators, []) as indicators
from before full join after using (locality_id)
    left join redrawn using (locality_id) left join touched using (locality_id)
where before.verdict_scotland is distinct from after.verdict_scotland
    or before.verdict_cpp is distinct from after.verdict_cpp
order by cpp_name, candidate_set, locality_name, locality_id
"""


@dataclass(frozen=True)
class Difference:
    """What moved between two editions.

    Parameters
    ----------
    before, after
        Their ids.
    sources
        Ids of sources whose file changed, came or went.
    settings
        Setting, value before, value after.
    code
        Tables whose code changed.
    figures
        One row per indicator and period with ``changed, appeared, gone`` areas and the ``largest`` change of value, in
        the indicator's unit.
    verdicts
        One row per locality whose answer moved, came or went: both verdicts before and after, ``because`` (causes, in
        words) and ``indicators`` (of its own zones whose latest figures moved, a list of ids).
    """

    before: str
    after: str
    sources: tuple[str, ...]
    settings: tuple[tuple[str, object, object], ...]
    code: tuple[str, ...]
    figures: pd.DataFrame
    verdicts: pd.DataFrame

    @property
    def is_empty(self) -> bool:
        """Whether no figure and no verdict moved."""
        return self.figures.empty and self.verdicts.empty


def difference(editions: Editions, before: Edition, after: Edition) -> Difference:
    """Return what moved from one edition to another.

    Raises
    ------
    UnreadableSource
        If a file of either is gone.
    """
    import duckdb

    def files(edition: Edition, table: str) -> list[str]:
        return [path.as_posix() for path in editions.files(edition, table)]

    figures_of = [one.manifests["observations"].version for one in (before, after)]
    with duckdb.connect() as connection:
        # one thread: the same order, and the machine is not ours alone
        connection.execute("set threads = 1")
        # a million figures that are the same ones need not be looked at
        none = " limit 0" if len(set(figures_of)) == 1 else ""
        connection.execute(
            _FIGURES + none, {"before": files(before, "observations"), "after": files(after, "observations")}
        )
        figures = connection.execute(_BY_INDICATOR).df()
        verdicts = connection.execute(
            _VERDICTS,
            {
                "before": files(before, "verdicts"),
                "after": files(after, "verdicts"),
                "observations": files(after, "observations"),
                "old_membership": files(before, "membership"),
                "new_membership": files(after, "membership"),
            },
        ).df()
    settings, code = _settings(before.manifests, after.manifests), _code(before.manifests, after.manifests)
    verdicts["indicators"] = [list(one) for one in verdicts["indicators"]]
    causes = _causes(before.manifests, after.manifests, is_any_figure=not figures.empty)
    verdicts["because"] = [causes.of(row) for row in verdicts.itertuples(index=False)]
    return Difference(
        before.id,
        after.id,
        _sources(before.manifests, after.manifests),
        settings,
        code,
        figures,
        verdicts.drop(columns="is_redrawn"),
    )


@dataclass(frozen=True)
class _Causes:
    """Causes that hold for every locality of a candidate set, in words, by set."""

    by_set: Mapping[str, Sequence[str]]
    is_any_figure: bool

    def of(self, row: object) -> str:
        """Return the causes for a verdict that moved."""
        came, went = (row.verdict_scotland_before, row.verdict_scotland_after)  # type: ignore[attr-defined]
        if not isinstance(came, str) or not isinstance(went, str):
            return "the place is new" if isinstance(went, str) else "the place is no longer drawn"
        found = ["boundary"] if row.is_redrawn else []  # type: ignore[attr-defined]
        if len(row.indicators):  # type: ignore[attr-defined]
            found.append("figures of its zones")
        elif self.is_any_figure:
            found.append("figures elsewhere")
        found += self.by_set.get(str(row.candidate_set), ())  # type: ignore[attr-defined]
        return ", ".join(found) or "other places of its drawing"


def _causes(old: Mapping[str, Manifest], new: Mapping[str, Manifest], *, is_any_figure: bool) -> _Causes:
    by_set: dict[str, list[str]] = {}
    for name, manifest in new.items():
        table, _, part = name.partition("/")
        if not part or table not in _JUDGED or name not in old:
            continue
        causes = by_set.setdefault(part, [])
        if _of_settings(old[name]) != _of_settings(manifest) and "thresholds" not in causes:
            causes.append("thresholds")
        if old[name].code_version != manifest.code_version and "code" not in causes:
            causes.append("code")
    return _Causes(by_set, is_any_figure)


def _of_settings(manifest: Manifest) -> dict[str, object]:
    return {name: one for name, one in manifest.configuration.items() if name not in NOT_SETTINGS}


def _settings(old: Mapping[str, Manifest], new: Mapping[str, Manifest]) -> tuple[tuple[str, object, object], ...]:
    was: dict[str, object] = {}
    now: dict[str, object] = {}
    for found, manifests in ((was, old), (now, new)):
        for manifest in manifests.values():
            found |= _of_settings(manifest)
    return tuple((name, was.get(name), now.get(name)) for name in sorted(was | now) if was.get(name) != now.get(name))


def _code(old: Mapping[str, Manifest], new: Mapping[str, Manifest]) -> tuple[str, ...]:
    changed = {
        name.partition("/")[0] for name in new if name in old and old[name].code_version != new[name].code_version
    }
    return tuple(sorted(changed))


def _sources(old: Mapping[str, Manifest], new: Mapping[str, Manifest]) -> tuple[str, ...]:
    was: dict[str, str] = {}
    now: dict[str, str] = {}
    for found, manifests in ((was, old), (now, new)):
        for manifest in manifests.values():
            found |= manifest.sources
    return tuple(name for name in sorted(was | now) if was.get(name) != now.get(name))


def write_page(found: Difference, path: Path) -> None:
    """Write what moved as a page that any browser opens, the same bytes for the same difference."""
    from html import escape

    from pipelines.storage.whole import write_whole

    def listed(frame: pd.DataFrame) -> str:
        shown = frame.rename(columns=lambda name: str(name).replace("_", " "))
        return shown.to_html(index=False, border=0, na_rep="", justify="left", float_format=lambda one: f"{one:,.4g}")

    figures = found.figures.rename(columns={"indicator_id": "indicator", "appeared": "new"})
    figures["indicator"] = figures["indicator"].map(_titles()).fillna(figures["indicator"])
    settings = "".join(f"<li>{escape(name)}: {escape(str(a))} → {escape(str(b))}</li>" for name, a, b in found.settings)
    sections = [
        f"<h1>What changed: {escape(found.after)}</h1><p>Held against the edition {escape(found.before)}.</p>",
        f"<h2>Verdicts that moved: {len(found.verdicts):,}</h2>",
        listed(_for_people(found.verdicts)) if len(found.verdicts) else "<p>None.</p>",
        f"<h2>Figures that moved</h2>{listed(figures)}<p>Areas in all; the largest change in the indicator's unit.</p>"
        if len(figures)
        else "<h2>No figure moved</h2>",
        f"<h2>Files of sources that changed</h2><p>{escape(', '.join(found.sources)) or 'None.'}</p>",
        f"<h2>Thresholds</h2><ul>{settings}</ul>" if settings else "",
        f"<h2>Code</h2><p>Tables whose code changed: {escape(', '.join(found.code))}</p>" if found.code else "",
    ]
    write_whole(
        path,
        '<!doctype html><html lang="en-GB"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>What changed: {escape(found.after)}</title><style>{_STYLE}</style><main>{''.join(sections)}</main>\n",
    )


_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:75rem;padding:1rem;color:#222}"
    "table{border-collapse:collapse;font-size:.875rem}th,td{padding:.3rem .6rem;border-bottom:1px solid #ccc;"
    "text-align:left;vertical-align:top}main{overflow-x:auto}"
)


def _for_people(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Return verdicts that moved in words: one column for each answer, before → after."""
    titles = _titles()

    def moved(answer: str) -> pd.Series:
        before, after = (
            verdicts[f"verdict_{answer}_{when}"].fillna("none").str.replace("_", " ") for when in ("before", "after")
        )
        return (before + " → " + after).where(before != after, after)

    return verdicts[["cpp_name", "candidate_set", "locality_name"]].assign(
        against_Scotland=moved("scotland"),
        within_the_partnership=moved("cpp"),
        because=verdicts["because"],
        latest_figures_that_moved=[
            ", ".join(titles.get(one, one) for one in names) for names in verdicts["indicators"]
        ],
    )


def _titles() -> dict[str, str]:
    from indicators.catalogue import load_catalogue

    return {one.id: one.title for one in load_catalogue()}
