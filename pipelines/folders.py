"""Where everything lies: the working folder and the folders inside it.

The working folder is ``LOCALITIES_HOME``; by default ``data/`` of the checkout that holds this package, else the
current folder. Nothing here reads the environment at import, and nothing else in the project joins these paths.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from indicators.declaring.own import use_folder
from indicators.errors import ConfigError

DEFAULT_ZONES = "2011"
ZONES_VARIABLE = "LOCALITIES_ZONES"
GIVEN = ("boundaries", "declarations", "decisions", "place_standard")
"""Folders of what people gave, beside ``settings.yaml`` and ``names.csv``; nothing can compute it again."""
_SAMPLE = "sample_run"


def checkout() -> Path | None:
    """Return the root of the checkout that this package is run from, or None for an installed wheel."""
    root = Path(__file__).resolve().parent.parent
    return root if (root / "pyproject.toml").is_file() and (root / "data" / "sources").is_dir() else None


@dataclass(frozen=True)
class Home:
    """The working folder.

    Parameters
    ----------
    root
        Absolute path.
    zones
        Census whose zones the outputs stand on; empty means the default. What is computed and published for another
        has a folder of its own; downloads, caches and own boundaries serve every census.

    Examples
    --------
    >>> home = Home(Path("/data"))
    >>> home.store.name, home.for_sample().root.name
    ('store', 'sample_run')
    >>> Home(Path("/data"), "2022").publications.parts[-2:]
    ('zones_2022', 'publications')
    """

    root: Path
    zones: str = ""

    @property
    def _outputs(self) -> Path:
        return self.root if self.zones in ("", DEFAULT_ZONES) else self.root / f"zones_{self.zones}"

    @property
    def downloads(self) -> Path:
        """Files as published, ``<folder>/<file name>``."""
        return self.root / "downloads"

    @property
    def boundaries(self) -> Path:
        """A partnership's own boundaries, ``<name>/``."""
        return self.root / "boundaries"

    @property
    def names(self) -> Path:
        """What partnerships call their communities."""
        return self.root / "names.csv"

    @property
    def decisions(self) -> Path:
        """What partnerships decided about places, ``<partnership>.yaml``; written by a person's command alone."""
        return self.root / "decisions"

    @property
    def place_standard(self) -> Path:
        """What residents said of their places: ``<round>.yaml`` and ``<round>.csv``."""
        return self.root / "place_standard"

    @property
    def cache(self) -> Path:
        """Parsed sources; may be deleted at any time."""
        return self.root / "cache"

    @property
    def store(self) -> Path:
        """The store of record."""
        return self._outputs / "store"

    @property
    def publications(self) -> Path:
        """GeoPackages, the DuckDB file and GeoParquet."""
        return self._outputs / "publications"

    @property
    def editions(self) -> Path:
        """What stood in the store, by date."""
        return self._outputs / "editions"

    @property
    def last_success(self) -> Path:
        """When a run last ended well, or a night found nothing to do."""
        return self._outputs / "last_success.json"

    @property
    def dagster(self) -> Path:
        """Dagster's own home."""
        return self.root / "dagster_home"

    @property
    def declarations(self) -> Path:
        """Indicators and sources of one's own, beside the project's: ``indicators/`` and ``sources/``."""
        return self.root / "declarations"

    @property
    def lock(self) -> Path:
        """File whose lock says that a run is under way."""
        return self.root / "run.lock"

    @property
    def settings_file(self) -> Path:
        """Thresholds of this working folder, where they differ from the defaults."""
        return self.root / "settings.yaml"

    @property
    def in_team_store(self) -> str:
        """Name of this folder in a team's store: the sample's lies beside the real one's."""
        return f"{_SAMPLE}/" if self.root.name == _SAMPLE else ""

    def for_sample(self) -> Home:
        """Return the folder in which the fictional sample runs, apart from real outputs."""
        return self if self.is_sample else Home(self.root / _SAMPLE, self.zones)

    @property
    def is_sample(self) -> bool:
        """Whether the fictional sample runs in this folder."""
        return self.root.name == _SAMPLE

    def on_zones(self, zones: str) -> Home:
        """Return the same working folder with the outputs for the zones of another census."""
        return Home(self.root, zones)


def find_home(root: str | Path | None = None) -> Home:
    """Return the working folder: the argument, else ``LOCALITIES_HOME``, else the checkout's ``data``, else here.

    Its declarations count beside the project's from then on. Its outputs are those for the zones of the census that
    ``LOCALITIES_ZONES`` names, else the folder's settings.
    """
    if root is None:
        root = os.environ.get("LOCALITIES_HOME") or None
    if root is None:
        source = checkout()
        root = source / "data" if source else Path.cwd()
    home = Home(Path(root).expanduser().resolve())
    use_folder(home.root)
    return home.on_zones(os.environ.get(ZONES_VARIABLE) or _zones_set(home.settings_file))


def _zones_set(settings: Path) -> str:
    """Return what a settings file says of the zones, "" for nothing; whether it is right is seen by its reader."""
    try:
        found = re.search(
            r"""^zones:\s*["']?(\w+)""", settings.read_text(encoding="utf-8", errors="replace"), re.MULTILINE
        )
    except OSError:
        return ""
    return found[1] if found else ""


def sample_folder() -> Path:
    """Return the folder that holds the sample's files, laid out as a mirror.

    In a checkout that is `data/sample`; in an installed wheel, the copy inside the package.

    Raises
    ------
    ConfigError
        If neither is there: the installation is not whole.

    Examples
    --------
    >>> (sample_folder() / "truth.csv").is_file()
    True
    """
    root = checkout()
    if root is not None:
        return root / "data" / "sample"
    installed = Path(__file__).resolve().parent / "declared" / "sample"
    if installed.is_dir():
        return installed
    raise ConfigError(
        "The embedded sample is not there",
        where=installed,
        expected="the folder of the sample's files",
        found="no such folder",
        remedy="install the package again",
    )
