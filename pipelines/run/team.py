"""Keeping a working folder with a team's store: fetch what is current before a run, hand over what it made after it.

``LOCALITIES_STORE`` names the store, such as ``s3://bucket/localities``, or ``s3://bucket/localities#anna`` for a
workspace of one's own beside everybody's. The folder remembers it. Tables become current for everybody one by one, as
they are promoted (`pipelines.storage.store`), publications all together (`pipelines.run.shelf`); here is the rest.
"""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from indicators.errors import ConfigError
from pipelines.folders import GIVEN

if TYPE_CHECKING:
    from pipelines.folders import Home
    from pipelines.storage.shared import Shared

_log = logging.getLogger(__name__)

STORE_VARIABLE = "LOCALITIES_STORE"
_SETTINGS = "settings.yaml"
_OWN = (*GIVEN, "names.csv")
"""What people gave, and every machine needs."""


def team_store(home: Home) -> str:
    """Return the address of the store that a working folder is kept with; empty for none."""
    if address := os.environ.get(STORE_VARIABLE, "").strip():
        return address
    if not (home.root / ".shared").is_file():
        return ""
    from pipelines.storage.shared import Shared

    own = Shared.of(home.root)
    return str(own.address) if own else ""


def keep_up(home: Home) -> None:
    """Bring a working folder to what is current for everybody; its lock is held.

    Raises
    ------
    ConfigError
        If the store or the folder cannot be used, or its settings are not those of the store.
    StoreUnavailable
        If the store does not answer.
    """
    if not (address := team_store(home)):
        return
    own = _part(home, address, "own", home.root)
    _same_settings(home, own)
    own.sync(*_OWN)
    _part(home, address, "downloads", home.downloads).sync()
    for one, start in _by_zones(home):
        _part(home, address, f"{start}editions", one.editions).sync()
        _keep_up_tables(_part(home, address, f"{start}store", one.store))


def look_in(home: Home) -> None:
    """Bring a working folder to what is current for everybody, for reading; a run that is under way has done so.

    Where the store does not answer, what was current last is read, and the log says so.
    """
    if not team_store(home):
        return
    from filelock import FileLock, Timeout

    from pipelines.storage.objects import StoreUnavailable

    home.root.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(home.lock, timeout=0):
            keep_up(home)
    except Timeout:
        return
    except StoreUnavailable as error:
        _log.warning("What was current last is read: %s", " ".join(str(error).split()))


def hand_over(home: Home) -> None:
    """Give everybody what a run fetched and kept; what it promoted and published they have. Its lock is held."""
    if not (address := team_store(home)):
        return
    own = _part(home, address, "own", home.root)
    own.sync(*_OWN)
    _part(home, address, "downloads", home.downloads).sync()
    for one, start in _by_zones(home):
        _part(home, address, f"{start}editions", one.editions).sync()
    own.tidy()


def fetch_publications(home: Home) -> None:
    """Fetch the publications that are current for everybody, where a team's store keeps them."""
    if address := team_store(home):
        _part(home, address, f"{_start(home)}publications", home.publications).pull()


def settings_for_all(home: Home) -> None:
    """Make the settings of a working folder those of everybody in the same workspace of the team's store.

    Raises
    ------
    ConfigError
        If the folder is kept with no store.
    """
    if not (address := team_store(home)):
        raise ConfigError(
            "This working folder is kept with no team's store",
            where=home.root,
            remedy=f"name it in {STORE_VARIABLE}",
        )
    own = _part(home, address, "own", home.root)
    own.sync(*_OWN)
    own.push({_SETTINGS: _settings_text(home)})


def _same_settings(home: Home, own: Shared) -> None:
    """Raise where runs of this folder would replace everybody's tables by those of other settings."""
    from pipelines.storage.objects import Address

    known = (own.record() or {}).get(_SETTINGS)
    text = _settings_text(home)
    if known is not None and known.sha256 == hashlib.sha256(text).hexdigest():
        return
    if known is None or own.address.workspace != Address.MAIN:
        own.sync(*_OWN)
        own.push({_SETTINGS: text})
        return
    raise ConfigError(
        "The settings of this working folder are not those of the team's store",
        where=home.settings_file,
        expected=f"the settings that {known.by} gave at {known.at}",
        remedy=f"name a workspace of your own, {STORE_VARIABLE}={own.address.url}#your-name, with a working folder "
        "of its own; to change them for everybody, `localities settings --for-all`",
    )


def _settings_text(home: Home) -> bytes:
    return home.settings_file.read_bytes().replace(b"\r\n", b"\n") if home.settings_file.is_file() else b""


def _keep_up_tables(store: Shared) -> None:
    """Fetch everybody's tables; where there are none yet, give everybody those that are here."""
    from pipelines.storage.store import Store

    store.pull()
    if store.record() is None:
        here = Store(store.folder)
        for manifest in here.manifests().values():
            here.give_everybody(manifest, (store.folder / manifest.table / "current.json").read_text("utf-8"))


def _part(home: Home, address: str, name: str, folder: Path) -> Shared:
    from pipelines.storage.shared import connected

    return connected(folder, address, f"{home.in_team_store}{name}")


def _by_zones(home: Home) -> list[tuple[Home, str]]:
    """Return the folder for the zones of every census that is worked on, and the start of its names in the store."""
    from localities.settings import ZONES

    every = [home.on_zones(one) for one in ZONES]
    return [(one, _start(one)) for one in every if one.store in (one.root / "store", home.store) or one.store.is_dir()]


def _start(home: Home) -> str:
    return "" if home.store.parent == home.root else f"{home.store.parent.name}/"
