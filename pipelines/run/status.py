"""How things stand in a working folder, and what to do: nobody is asked, and nothing is computed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indicators.errors import ConfigError, LocalitiesError, some
from pipelines.run.history import last_success, made_of
from pipelines.run.offline import at_hand, held_sources
from pipelines.run.staleness import plan_of

if TYPE_CHECKING:
    from pipelines.run.workspace import LeftOut, Workspace

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class State:
    """How one thing stands.

    Parameters
    ----------
    what
        A source, a table, or what all stands on: ``last success``, ``publications``.
    kind
        ``run``, ``source``, ``table`` or ``publications``.
    state
        ``good``, ``stale`` (it could not be refreshed, or is out of date), ``held back`` or ``missing``.
    found
        What is known of it, in words.
    remedy
        What to do; empty where nothing has to be done.
    """

    what: str
    kind: str
    state: str
    found: str
    remedy: str = ""


def status(workspace: Workspace, now: dt.datetime | None = None) -> list[State]:
    """Return how the last run, sources, tables and publications stand.

    Parameters
    ----------
    workspace
        From `pipelines.run.workspace.open_workspace`.
    now
        When this is.
    """
    try:
        present = at_hand(workspace)
    except ConfigError as error:
        return [_of_success(workspace, now), *_of_sources(workspace), State("zones", "table", "missing", str(error))]
    return [
        _of_success(workspace, now),
        *_of_sources(workspace, present.left_out),
        *_of_tables(present),
        _of_publications(present),
    ]


def duration(text: str) -> dt.timedelta:
    """Return a length of time.

    Raises
    ------
    ConfigError
        If it is none.

    Examples
    --------
    >>> duration("36h"), duration("90m"), duration("2d")
    (datetime.timedelta(days=1, seconds=43200), datetime.timedelta(seconds=5400), datetime.timedelta(days=2))
    """
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not number.isdecimal() or not 0 < int(number) < 100_000:
        raise ConfigError(
            "This is no length of time", expected="a number and m, h or d, such as 36h", found=text or "nothing"
        )
    return dt.timedelta(**{_UNITS[unit]: int(number)})


def _of_success(workspace: Workspace, now: dt.datetime | None) -> State:
    found = last_success(workspace.home)
    if found is None:
        return State("last success", "run", "missing", "no run has ended well here", "localities run")
    age = (now or dt.datetime.now(dt.UTC)) - found.at
    hours = age.total_seconds() / 3600
    ago = f"{hours:.0f} hours ago" if hours >= 1 else f"{max(0, age.total_seconds() / 60):.0f} minutes ago"
    return State("last success", "run", "good", f"{ago}, {found.at.isoformat(timespec='minutes')}: {found.what}")


def _of_sources(workspace: Workspace, left_out: Mapping[str, LeftOut] | None = None) -> Iterator[State]:
    from pipelines.sources.held_back import read_held_back
    from pipelines.sources.own import is_own

    noted = _as_last_fetched(workspace)
    for source_id, source in workspace.sources.items():
        if is_own(source_id):
            continue
        path = source.path_in(workspace.home.downloads)
        waiting = read_held_back(path)
        if not path.is_file():
            yield State(
                source_id,
                "source",
                "missing",
                f"no file among the downloads; the publisher's page: {source.landing_page}",
                f"localities sources fetch {source_id}",
            )
        elif source_id in (left_out or {}):
            missed = some((left_out or {})[source_id].missed, 3) or "nothing"
            remedy = f"localities sources add-file {source_id} FILE, or sources fetch {source_id}"
            yield State(source_id, "source", "missing", f"altered since it came; left out with it: {missed}", remedy)
        elif waiting is not None:
            remedy = f'localities sources check {source_id}, then sources accept {source_id} --because "..."'
            yield State(source_id, "source", "held back", waiting.in_words, remedy)
        elif noted.get(source_id):
            remedy = f"localities sources fetch {source_id}"
            yield State(source_id, "source", "stale", noted[source_id], remedy)
        else:
            yield State(source_id, "source", "good", "as last fetched")


def _as_last_fetched(workspace: Workspace) -> dict[str, str]:
    """Return why sources could not be refreshed when they were last asked for, by id."""
    from pipelines.storage.reading import rows_of

    if "sources" not in workspace.store.manifests():
        return {}
    rows = rows_of(workspace.store, "sources", columns=["source_id", "is_stale", "note"])
    stale = rows[rows["is_stale"].astype(bool)]
    return dict(zip(stale["source_id"], stale["note"].fillna("it could not be refreshed"), strict=True))


def _of_tables(workspace: Workspace) -> Iterator[State]:
    try:
        versions = {key: one.sha256 for key, one in held_sources(workspace, workspace.sources).items()}
        plan = plan_of(workspace, versions)
    except LocalitiesError as error:
        yield State("tables", "table", "stale", " ".join(str(error).split()))
        return
    due = plan.by_whole_table()
    there = workspace.store.manifests()
    for table in dict.fromkeys(name.partition("/")[0] for name in (*plan.tables, *plan.unchanged)):
        if table in due:
            reasons = some(due[table], 3)
            yield State(table, "table", "stale" if table in there else "missing", reasons, "localities run")
        else:
            yield State(table, "table", "good", f"computed {there[table].written_at}")


def _of_publications(workspace: Workspace) -> State:
    found = last_success(workspace.home)
    what = "publications"
    if found is None:
        return State(what, what, "missing", "nothing has been published", "localities run")
    if not found.made_of:
        return State(what, what, "stale", "the last run published only some areas or drawings", "localities run")
    if found.made_of != made_of(workspace):
        return State(what, what, "stale", "made of other tables than the present ones", "localities run")
    return State(what, what, "good", "made of the present tables")
