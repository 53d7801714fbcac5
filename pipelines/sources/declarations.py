"""What a source is: one YAML file per source, read strictly.

The declaration is the only place that names a publisher's address, licence and attribution. Downloads, provenance,
`localities sources list` and the attribution in every output derive from it. Nothing is requested from here.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from indicators.errors import ConfigError, compose, some
from pipelines.sources.addresses import Address, is_secure, parse_address

__all__ = [
    "FORMATS",
    "MIRROR_VARIABLE",
    "UPDATES",
    "VINTAGES",
    "Source",
    "declared_folder",
    "for_sample",
    "load_source",
    "load_sources",
    "mirror_from_environment",
]

FORMATS = ("csv", "csv_gz", "csv_zip", "geojson", "geopackage", "json", "parquet", "shapefile_zip", "xlsx")
TEXT_FORMATS = ("csv", "csv_gz", "csv_zip")
HEADED_FORMATS = ("csv", "csv_gz")
UPDATES = ("pinned", "rolling")
VINTAGES = ("2001", "2011", "2022", "none")
MIRROR_VARIABLE = "LOCALITIES_MIRROR"

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}

_NEEDED = (
    "id",
    "title",
    "publisher",
    "landing_page",
    "addresses",
    "file_name",
    "format",
    "licence",
    "attribution",
    "vintage",
    "update",
)
_OPTIONAL = ("folder", "encoding", "licence_url", "period", "sha256", "requires_columns")


@dataclass(frozen=True)
class Source:
    """One declared source: where a file comes from, what it is, and on what terms.

    Attributes
    ----------
    id
        Lower-case words joined by hyphens; also the name of the declaration's file.
    addresses
        Asked in order, after the mirror.
    folder
        The folder of the file in a mirror and among the downloads; the id unless several sources share one.
    encoding
        How text is encoded: ``utf-8-sig`` reads UTF-8 with and without its mark. None for formats that say it
        themselves.
    vintage
        The data zones that the file speaks of: ``2001``, ``2011``, ``2022``, or ``none`` where it has none.
    update
        ``pinned``: only the bytes whose SHA-256 is listed; ``rolling``: the publisher may replace the file.
    requires_columns
        Names that the header of a CSV file must hold, whatever else it holds.
    is_fictional
        Whether the file is the sample's: about no real place. Never declared; set by `for_sample`.
    declared_in
        The file that holds the declaration.
    """

    id: str
    title: str
    publisher: str
    landing_page: str
    addresses: tuple[Address, ...]
    file_name: str
    folder: str
    format: str
    licence: str
    attribution: str
    vintage: str
    update: str
    encoding: str | None = None
    licence_url: str | None = None
    period: str | None = None
    sha256: tuple[str, ...] = ()
    requires_columns: tuple[str, ...] = ()
    is_fictional: bool = False
    declared_in: Path | None = field(default=None, compare=False)

    @property
    def is_pinned(self) -> bool:
        """Whether only the listed bytes will do."""
        return self.update == "pinned"

    @property
    def relative_path(self) -> str:
        """The place of the file in a mirror and among the downloads, with ``/``."""
        return f"{self.folder}/{self.file_name}"

    def path_in(self, folder: Path) -> Path:
        """Return the place of the file under a mirror or downloads folder."""
        return folder / self.folder / self.file_name


def declared_folder() -> Path:
    """Return the folder that holds the declarations of this installation.

    In a checkout (also one installed in editable mode) that is ``data/sources`` beside ``pyproject.toml``, so a
    declaration added later is seen at once. Otherwise it is the copy that the wheel carries.

    Raises
    ------
    ConfigError
        If neither exists.
    """
    package = Path(__file__).resolve().parents[1]
    checkout = package.parent
    live = checkout / "data" / "sources"
    if (checkout / "pyproject.toml").is_file() and live.is_dir():
        return live
    carried = package / "declared" / "sources"
    if carried.is_dir():
        return carried
    raise ConfigError(
        compose(
            "The source declarations are missing from this installation",
            expected=f"{live} (a checkout) or {carried} (a wheel)",
            found="neither",
            remedy="install scottish-localities again",
        )
    )


def mirror_from_environment(environment: Mapping[str, str] | None = None) -> str | None:
    """Return the mirror that ``LOCALITIES_MIRROR`` names, or None if it is unset or empty.

    Examples
    --------
    >>> mirror_from_environment({"LOCALITIES_MIRROR": " /srv/mirror "})
    '/srv/mirror'
    >>> mirror_from_environment({}) is None
    True
    """
    named = (os.environ if environment is None else environment).get(MIRROR_VARIABLE, "").strip()
    return named or None


def load_sources(folder: Path | None = None) -> dict[str, Source]:
    """Return every source declared in a folder, by id, in the order of the ids.

    Parameters
    ----------
    folder
        A folder of ``<id>.yaml`` files; by default `declared_folder`.

    Raises
    ------
    ConfigError
        If the folder is missing or empty, a declaration is wrong, or two would use one id or one file.
    """
    folder = declared_folder() if folder is None else Path(folder)
    if not folder.is_dir():
        raise ConfigError(
            compose("The folder of source declarations is missing", where=folder, remedy="name an existing folder")
        )
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".yaml", ".yml"))
    if not files:
        raise ConfigError(
            compose("No source is declared", where=folder, expected="<id>.yaml files", found="none of them")
        )
    sources: dict[str, Source] = {}
    places: dict[str, Source] = {}
    for path in files:
        source = load_source(path)
        if source.id in sources:
            raise _wrong(path, "id", "each id once", f"{source.id}, also in {sources[source.id].declared_in}")
        place = source.relative_path.casefold()
        if place in places:
            raise _wrong(path, "file_name", "a file of its own", f"{source.relative_path}, also of {places[place].id}")
        sources[source.id] = places[place] = source
    return dict(sorted(sources.items()))


def load_source(path: Path) -> Source:
    """Return the source that one file declares.

    Raises
    ------
    ConfigError
        Naming the file and the key: an unknown or missing key, or a value that is not allowed.
    """
    path = Path(path)
    entry = _read_yaml(path)
    if not isinstance(entry, dict):
        raise _wrong(path, "(the whole file)", "keys and values", type(entry).__name__)
    unknown = [str(key) for key in entry if key not in _NEEDED + _OPTIONAL]
    if unknown:
        raise _wrong(path, some(unknown), f"only {', '.join(_NEEDED + _OPTIONAL)}", "an unknown key")
    missing = [key for key in _NEEDED if entry.get(key) is None]
    if missing:
        raise _wrong(path, some(missing), "a value", "nothing")
    values: dict[str, Any] = {"declared_in": path}
    for key in ("title", "publisher", "licence", "attribution"):
        values[key] = _text(path, key, entry[key])
    values["id"] = _text(path, "id", entry["id"])
    if not _ID.fullmatch(values["id"]):
        raise _wrong(path, "id", "lower-case words and digits joined by hyphens", values["id"])
    if values["id"] != path.stem:
        raise _wrong(path, "id", f"the name of the file, {path.stem}", values["id"])
    for key, default in (("file_name", None), ("folder", values["id"])):
        given = entry.get(key)
        values[key] = _file_name(path, key, default if given is None and default else given)
    for key in ("landing_page", "licence_url"):
        if entry.get(key) is None:
            continue
        values[key] = _text(path, key, entry[key])
        if not is_secure(values[key]):
            raise _wrong(path, key, "an https address", values[key])
    for key, allowed in (("format", FORMATS), ("update", UPDATES)):
        values[key] = _one_of(path, key, entry[key], allowed)
    values["vintage"] = _one_of(path, "vintage", str(entry["vintage"]), VINTAGES)
    if entry.get("period") is not None:
        values["period"] = _text(path, "period", str(entry["period"]))
    values["encoding"] = _encoding(path, entry.get("encoding"), values["format"])
    values["sha256"] = _hashes(path, entry.get("sha256"), values["update"])
    values["requires_columns"] = _columns(path, entry.get("requires_columns"), values["format"])
    addresses = entry["addresses"]
    if not isinstance(addresses, list) or not addresses:
        raise _wrong(path, "addresses", "a list of at least one address", repr(addresses))
    values["addresses"] = tuple(
        parse_address(address, where=path, key=f"addresses[{n}]") for n, address in enumerate(addresses)
    )
    return Source(**values)


def for_sample(sources: Mapping[str, Source]) -> dict[str, Source]:
    """Return the same sources as read from the fictional sample: nobody's data, from no address.

    The sample is laid out as a mirror. Its files have the publishers' formats and other bytes, so nothing is pinned,
    and no publisher, licence or attribution may be carried over to them.
    """
    return {
        key: replace(
            source,
            title=f"{source.title} (fictional sample)",
            publisher="None: a fictional country made by this project",
            addresses=(),
            licence="MIT",
            licence_url=None,
            attribution="Fictional data made by scottish-localities. Not about any real place.",
            period="fictional",
            update="rolling",
            sha256=(),
            is_fictional=True,
        )
        for key, source in sources.items()
    }


def _read_yaml(path: Path) -> object:
    import yaml

    class Strict(yaml.SafeLoader):
        """Refuses a key that is written twice, which YAML readers otherwise let pass."""

    def mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = str(loader.construct_object(key_node))  # type: ignore[no-untyped-call]
            if key in seen:
                raise _wrong(path, key, "each key once", f"it again on line {key_node.start_mark.line + 1}")
            seen.add(key)
        return dict(yaml.SafeLoader.construct_mapping(loader, node, deep=True))

    Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    try:
        # Strict derives from SafeLoader: no tag can make it build anything but plain values.
        return yaml.load(path.read_text(encoding="utf-8"), Loader=Strict)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(
            compose(
                "A source declaration is not valid YAML",
                where=path,
                found=" ".join(str(error).split()),
                remedy="correct the declaration",
            )
        ) from error


def _wrong(path: Path, key: str, expected: str, found: str) -> ConfigError:
    return ConfigError(
        compose(
            f"A source declaration is wrong at {key}",
            where=path,
            expected=expected,
            found=found,
            remedy="correct the declaration",
        )
    )


def _text(path: Path, key: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _wrong(path, key, "text", repr(value))
    return " ".join(value.split())


def _one_of(path: Path, key: str, value: object, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise _wrong(path, key, " | ".join(allowed), repr(value))
    return str(value)


def _file_name(path: Path, key: str, value: object) -> str:
    unsafe = (
        not isinstance(value, str)
        or not value
        or _UNSAFE.search(value)
        or value != value.strip()
        or value.startswith(".")
        or value.endswith(".")
        or value.split(".")[0].casefold() in _DEVICES
    )
    if unsafe:
        raise _wrong(path, key, "one name that every operating system allows", repr(value))
    return str(value)


def _encoding(path: Path, value: object, file_format: str) -> str | None:
    if file_format not in TEXT_FORMATS:
        if value is not None:
            raise _wrong(path, "encoding", f"no encoding: {file_format} says its own", repr(value))
        return None
    if not isinstance(value, str):
        raise _wrong(path, "encoding", "a text encoding such as utf-8-sig or cp1252", repr(value))
    try:
        codecs.lookup(value)
    except LookupError as error:
        raise _wrong(path, "encoding", "a text encoding such as utf-8-sig or cp1252", repr(value)) from error
    return value


def _hashes(path: Path, value: object, update: str) -> tuple[str, ...]:
    if update == "rolling":
        if value:
            raise _wrong(path, "sha256", "no hash: a rolling file changes", "a list of hashes")
        return ()
    if not isinstance(value, list) or not value:
        raise _wrong(path, "sha256", "a list of at least one hash: the file is pinned", repr(value))
    for known in value:
        if not isinstance(known, str) or not _SHA256.fullmatch(known):
            raise _wrong(path, "sha256", "64 hexadecimal digits in lower case", repr(known))
    return tuple(value)


def _columns(path: Path, value: object, file_format: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if file_format not in HEADED_FORMATS:
        raise _wrong(path, "requires_columns", f"it only for {' and '.join(HEADED_FORMATS)}", f"format {file_format}")
    if not isinstance(value, list) or not value or not all(isinstance(name, str) and name for name in value):
        raise _wrong(path, "requires_columns", "a list of column names", repr(value))
    return tuple(value)
