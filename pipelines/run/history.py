"""What a run leaves behind when it ended well: when that was, an edition, and a page that says what it moved."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indicators.errors import LocalitiesError
from pipelines.storage.editions import Editions
from pipelines.storage.whole import write_whole

if TYPE_CHECKING:
    from pipelines.folders import Home
    from pipelines.run.workspace import Workspace


@dataclass(frozen=True)
class Success:
    """When all was last well.

    Parameters
    ----------
    at
        With its time zone.
    what
        What happened, for people: a run published, or a night found that nothing had changed.
    made_of
        What everything published was made of, as `made_of` has it; empty where only some of it was published.
    """

    at: dt.datetime
    what: str
    made_of: str = ""


def note_success(home: Home, what: str, made: str, now: dt.datetime | None = None) -> None:
    """Note that all is well as of now; see `Success`."""
    when = (now or dt.datetime.now(dt.UTC)).isoformat(timespec="seconds")
    home.last_success.parent.mkdir(parents=True, exist_ok=True)
    write_whole(home.last_success, json.dumps({"at": when, "what": what, "made_of": made}) + "\n")


def last_success(home: Home) -> Success | None:
    """Return when all was last well; None if it never was, or nobody can tell."""
    try:
        content = json.loads(home.last_success.read_text(encoding="utf-8"))
        return Success(dt.datetime.fromisoformat(content["at"]), str(content["what"]), str(content["made_of"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def made_of(workspace: Workspace) -> str:
    """Return a hash of what a publication of everything is made of: tables, their settings, the code that writes it."""
    from pipelines.run.decisions import states_of_decisions
    from pipelines.run.place_standard import state_of_rounds
    from pipelines.run.publish import made_by

    tables = {name: [one.version, dict(one.configuration)] for name, one in workspace.store.manifests().items()}
    text = json.dumps(
        [tables, made_by(), states_of_decisions(workspace.home), state_of_rounds(workspace.home)], sort_keys=True
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def keep_edition(workspace: Workspace) -> tuple[str, str]:
    """Keep what stands in the store as an edition where something changed, with a page of what moved.

    Returns
    -------
    tuple of str
        Id of the new edition, empty where nothing had changed; and a warning, empty where there is none: whatever is
        wrong with earlier editions, what was published stands.
    """
    from pipelines.run.differences import difference, write_page

    editions = Editions(workspace.home.editions)
    try:
        made = editions.keep(workspace.store, days=workspace.settings.editions_days)
        if made is None:
            return "", ""
        before = editions.all()[:-1]
        if before:
            write_page(difference(editions, before[-1], made), editions.root / f"{made.id}.html")
        return made.id, ""
    except LocalitiesError as error:
        return "", f"this edition's history could not be kept: {' '.join(str(error).split())}"
