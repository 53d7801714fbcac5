"""Editions: what stood in the store each time that something a person may ask about had changed, kept by date.

An edition is a small JSON file that names every table's manifest, and the files of a few tables: figures, boundaries as
lists of zones, verdicts, sources. The files are links into the store where the file system has links, else copies, and
lie under the hash of their content, so that what two editions share is there once. Not here: what moved between two
(`pipelines.run.differences`).
"""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from indicators.errors import ConfigError, UnreadableSource, some
from pipelines.storage.store import Manifest, Store
from pipelines.storage.whole import write_whole

KEPT = ("observations", "membership", "verdicts", "sources")
"""Tables whose content is kept: with them any two editions can be held against each other."""


@dataclass(frozen=True)
class Edition:
    """What stood in the store at one time.

    Parameters
    ----------
    id
        Its day, with a number from the second of a day on: ``2026-11-30``, ``2026-11-30.2``.
    made_at
        UTC, ISO 8601.
    manifests
        Of every table and part, by name.
    """

    id: str
    made_at: str
    manifests: Mapping[str, Manifest]

    def versions(self) -> dict[str, str]:
        """Return the version of each table whose content is kept."""
        return {name: self.manifests[name].version for name in KEPT}


class Editions:
    """Editions in a folder.

    Parameters
    ----------
    root
        The folder; made when the first is kept.
    """

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def all(self) -> list[Edition]:
        """Return the editions, the oldest first.

        Raises
        ------
        UnreadableSource
            If the file of one is damaged.
        """
        found = [_read(path) for path in self.root.glob("*.json")]
        return sorted(found, key=lambda one: (one.made_at, one.id))

    def find(self, name: str) -> Edition:
        """Return the edition of an id; of a day alone, the last of that day.

        Raises
        ------
        ConfigError
            If there is none; lists those that there are.
        """
        editions = self.all()
        for one in reversed(editions):
            if name in (one.id, one.id.partition(".")[0]):
                return one
        raise ConfigError(
            "There is no such edition",
            where=self.root,
            expected=some([one.id for one in reversed(editions)], 5) or "an edition: the first run keeps one",
            found=name,
            remedy="`localities history` lists them",
        )

    def keep(self, store: Store, *, days: float, now: dt.datetime | None = None) -> Edition | None:
        """Keep what stands in the store, unless the newest edition holds the same; let go of what is too old.

        Parameters
        ----------
        store
            The store of record.
        days
            How long an edition is kept. The newest two stay however old they are.
        now
            When this is.

        Returns
        -------
        Edition or None
            The new edition; None where nothing had changed, or the store does not hold all of `KEPT` yet.
        """
        now = now or dt.datetime.now(dt.UTC)
        manifests = store.sound_manifests()
        editions = self.all()
        made = None
        if not set(KEPT) <= set(manifests):
            return None
        if not editions or editions[-1].versions() != {name: manifests[name].version for name in KEPT}:
            made = Edition(self._free_id(now, editions), now.isoformat(timespec="seconds"), manifests)
            for name in KEPT:
                for path in store.files_of(manifests[name]):
                    _link(path, self.root / path.relative_to(store.root))
            write_whole(self.root / f"{made.id}.json", json.dumps(asdict(made), indent=1, default=str) + "\n")
            editions.append(made)
        self._let_go(editions, now - dt.timedelta(days=days))
        return made

    def files(self, edition: Edition, table: str) -> list[Path]:
        """Return the Parquet files of a table in an edition.

        Raises
        ------
        UnreadableSource
            If one is gone.
        """
        paths = Store(self.root).files_of(edition.manifests[table])
        gone = [path.name for path in paths if not path.is_file()]
        if gone:
            raise UnreadableSource(
                f"The edition {edition.id} is not whole",
                where=self.root / table,
                codes=gone,
                remedy=f"delete {edition.id}.json, or restore the folder from a backup",
            )
        return paths

    def _free_id(self, now: dt.datetime, editions: list[Edition]) -> str:
        day = now.astimezone(dt.UTC).date().isoformat()
        taken = {one.id for one in editions}
        number = 1 + sum(one.partition(".")[0] == day for one in taken)
        return day if number == 1 else f"{day}.{number}"

    def _let_go(self, editions: list[Edition], before: dt.datetime) -> None:
        old = [one for one in editions[:-2] if dt.datetime.fromisoformat(one.made_at) < before]
        for one in old:
            for suffix in (".json", ".html"):
                (self.root / f"{one.id}{suffix}").unlink(missing_ok=True)
        if not old:
            return
        used = {path for one in editions if one not in old for name in KEPT for path in self.files(one, name)}
        for path in self.root.rglob("*.parquet"):
            if path not in used:
                path.unlink(missing_ok=True)


def _link(source: Path, target: Path) -> None:
    """Have a file in a second place: by a link, else as a copy that is moved into place when it is whole."""
    if target.is_file():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:  # a file system without links, such as exFAT, or another drive
        part = target.with_suffix(".part")
        shutil.copyfile(source, part)
        os.replace(part, target)


def _read(path: Path) -> Edition:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        manifests = {name: Manifest(**one) for name, one in content["manifests"].items()}
        return Edition(content["id"], content["made_at"], manifests)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnreadableSource(
            "An edition is damaged", where=path, found=error, remedy="delete the file, or restore a backup"
        ) from error
