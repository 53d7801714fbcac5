"""What a source is: one YAML file per source, read strictly.

The declaration is the only place that names a publisher's address, licence and attribution. Downloads, provenance,
`localities sources list` and the attribution in every output derive from it. Nothing is requested from here.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import pydantic
import pydantic.dataclasses
import pydantic.json_schema

from indicators.declaring.own import finished_declarations, own_folder
from indicators.declaring.strict_yaml import STRICT, AtKey, check_as, read_yaml, refused
from indicators.errors import ConfigError
from indicators.readers.shared.disclosure import Disclosure, with_rules
from pipelines.sources.addresses import Address, Url, is_secure

if TYPE_CHECKING:
    from indicators.catalogue import Catalogue, Indicator

WHAT = "A source declaration"

Format = Literal[
    "csv", "csv_bz2", "csv_gz", "csv_xz", "csv_zip", "geojson", "geopackage", "json", "parquet", "shapefile_zip", "xlsx"
]
Vintage = Literal["2001", "2011", "2022", "none"]
TEXT_FORMATS = ("csv", "csv_bz2", "csv_gz", "csv_xz", "csv_zip")
HEADED_FORMATS = (*TEXT_FORMATS, "json", "parquet", "xlsx")
MIRROR_VARIABLE = "LOCALITIES_MIRROR"

_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}


def _safe_name(name: str) -> str:
    unsafe = (
        not name
        or _UNSAFE.search(name)
        or name != name.strip()
        or name.startswith(".")
        or name.endswith(".")
        or name.split(".")[0].casefold() in _DEVICES
    )
    if unsafe:
        raise ValueError("one name that every operating system allows")
    return name


def _known_encoding(name: str) -> str:
    try:
        codecs.lookup(name)
    except LookupError as error:
        raise ValueError("a text encoding such as utf-8-sig or cp1252") from error
    return name


# a year is a text here, also where it is written without quotes
_year = pydantic.BeforeValidator(lambda given: str(given) if type(given) is int else given)
Words = Annotated[str, pydantic.AfterValidator(lambda text: " ".join(text.split())), pydantic.Field(min_length=1)]
FileName = Annotated[str, pydantic.AfterValidator(_safe_name)]
Sha256 = Annotated[str, pydantic.Field(pattern=r"^[0-9a-f]{64}$")]
ColumnName = Annotated[str, pydantic.Field(min_length=1)]


IN_THIS_FOLDER = "file:"
"""How the landing page begins of what a person brought into the working folder: it has no page, and no declaration."""


def _page_or_place(text: str) -> str:
    if not (is_secure(text) or text.startswith(IN_THIS_FOLDER)):
        raise ValueError("an https address")
    return text


@pydantic.dataclasses.dataclass(frozen=True, config=STRICT)
class Source:
    """One declared source: where a file comes from, what it is, and on what terms."""

    id: Annotated[str, pydantic.Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    """Lower-case words and digits joined by hyphens; also the name of the declaration's file."""
    title: Words
    """Title of the publication, as the publisher has it."""
    publisher: Words
    """Who publishes it."""
    landing_page: Annotated[Words, pydantic.AfterValidator(_page_or_place)]
    """The page where a person finds it; https. Of what lies in the working folder alone, ``file:`` and where."""
    addresses: tuple[Address, ...]
    """Asked in order, after the mirror."""
    file_name: FileName
    """Name of the file in a mirror and among the downloads."""
    format: Format
    """Form of the file."""
    licence: Words
    """The terms on which it may be used."""
    attribution: Words
    """What every output must say of it."""
    vintage: Annotated[Vintage, _year]
    """The data zones that the file speaks of, or ``none`` where it has none."""
    update: Literal["pinned", "rolling"]
    """``pinned``: only the bytes whose SHA-256 is listed; ``rolling``: the publisher may replace the file."""
    basis: Literal["published", "inferred"] = "published"
    """Whether the publisher says what the file says, or it was worked out from other publications."""
    folder: FileName = ""
    """Folder of the file in a mirror and among the downloads; the id unless several sources share one."""
    encoding: Annotated[str, pydantic.AfterValidator(_known_encoding)] | None = None
    """How text is encoded: ``utf-8-sig`` reads UTF-8 with and without its mark. Only for formats of text."""
    licence_url: Url | None = None
    """Address of the licence; https."""
    period: Annotated[Words | None, _year] = None
    """What the file covers, in words."""
    sha256: tuple[Sha256, ...] = ()
    """Known good hashes of a pinned file: 64 hexadecimal digits in lower case."""
    disclosure: Disclosure | None = None
    """How small counts are protected, zone by zone, before anything is made of them; nothing for what is published."""
    requires_columns: tuple[ColumnName, ...] = ()
    """Names of columns that the table of the file must have, wherever its header stands."""
    is_fictional: pydantic.json_schema.SkipJsonSchema[bool] = False
    """Whether the file is the sample's: about no real place. Never declared; set by `for_sample`."""
    declared_in: pydantic.json_schema.SkipJsonSchema[Path | None] = field(default=None, compare=False)
    """The file that holds the declaration. Never declared; set by `load_source`."""

    @pydantic.model_validator(mode="after")
    def _keys_fit_together(self) -> Source:
        if not self.folder:
            object.__setattr__(self, "folder", self.id)
        if self.is_fictional or self.landing_page.startswith(IN_THIS_FOLDER):
            return self
        if self.format in TEXT_FORMATS and self.encoding is None:
            raise AtKey("encoding", "a text encoding such as utf-8-sig or cp1252", "nothing")
        if self.format not in TEXT_FORMATS and self.encoding is not None:
            raise AtKey("encoding", f"no encoding: {self.format} says its own", self.encoding)
        if self.update == "rolling" and self.sha256:
            raise AtKey("sha256", "no hash: a rolling file changes", "a list of hashes")
        if self.update == "pinned" and not self.sha256:
            raise AtKey("sha256", "a list of at least one hash: the file is pinned", "nothing")
        if self.requires_columns and self.format not in HEADED_FORMATS:
            raise AtKey("requires_columns", f"it only for {' and '.join(HEADED_FORMATS)}", f"format {self.format}")
        return self

    @property
    def is_pinned(self) -> bool:
        """Whether only the listed bytes will do."""
        return self.update == "pinned"

    @property
    def is_for_few(self) -> bool:
        """Whether every address that a program can ask needs a key of one's own, or is unconfirmed."""
        machines = [one for one in self.addresses if one.is_automatic]
        return bool(machines) and all(one.kind == "stat_xplore" or one.unconfirmed for one in machines)

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
        "The source declarations are missing from this installation",
        expected=f"{live} (a checkout) or {carried} (a wheel)",
        found="neither",
        remedy="install scottish-localities again",
    )


def source_schema() -> Path:
    """Return the place of the JSON Schema of a declaration, for editors."""
    return declared_folder() / "source.schema.json"


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
    """Return every source declared in a folder, by id, in the order of the ids; by default also the working folder's.

    Parameters
    ----------
    folder
        A folder of ``<id>.yaml`` files; by default `declared_folder`.

    Raises
    ------
    ConfigError
        If the folder is missing or empty, a declaration is wrong, or two would use one id or one file.
    """
    own = list(finished_declarations("sources")) if folder is None else []
    folder = declared_folder() if folder is None else Path(folder)
    if not folder.is_dir():
        raise ConfigError(
            "The folder of source declarations is missing", where=folder, remedy="name an existing folder"
        )
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".yaml", ".yml"))
    if not files:
        raise ConfigError("No source is declared", where=folder, expected="<id>.yaml files", found="none of them")
    sources: dict[str, Source] = {}
    places: dict[str, Source] = {}
    for path in [*files, *own]:
        source = load_source(path)
        if source.id in sources:
            also = sources[source.id].declared_in
            raise refused(WHAT, "id", "each id once", f"{source.id}, also in {also}", where=path)
        place = source.relative_path.casefold()
        if place in places:
            found = f"{source.relative_path}, also of {places[place].id}"
            raise refused(WHAT, "file_name", "a file of its own", found, where=path)
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
    content = read_yaml(path, WHAT)
    for key in ("declared_in", "is_fictional"):
        if isinstance(content, dict) and key in content:
            raise refused(WHAT, key, "it never declared", "an unknown key", where=path)
    source: Source = check_as(Source, content, WHAT, where=path)
    if source.id != path.stem:
        raise refused(WHAT, "id", f"the name of the file, {path.stem}", source.id, where=path)
    # of what a working folder declares a person may bring the file by hand alone
    if not source.addresses and path.parent != own_folder("sources"):
        raise refused(WHAT, "addresses", "a list of at least one address", "none", where=path)
    return replace(source, declared_in=path)


def with_encodings(catalogue: Catalogue, sources: Mapping[str, Source]) -> Catalogue:
    """Return indicators that know what their sources declare for their readers: encoding, and rules of disclosure.

    ``utf-8-sig`` is what nearly all declare, and reads UTF-8 with and without its mark.
    """
    from indicators.catalogue import Catalogue
    from indicators.readers import sources_of

    declared = {key: one.encoding for key, one in sources.items() if one.encoding}

    def knowing(one: Indicator) -> Indicator:
        named = sources_of([one])
        one = with_rules(one, {key: rule for key in named if key in sources and (rule := sources[key].disclosure)})
        known = {key: declared[key] for key in named if key in declared}
        return replace(one, columns={**one.columns, "encodings": known}) if known else one

    return Catalogue(tuple(map(knowing, catalogue)), tuple(map(knowing, catalogue.by_group)))


def with_own_rules(catalogue: Catalogue) -> Catalogue:
    """Return indicators that know what the working folder's own sources declare where one has a rule of disclosure.

    Those who read stored figures learn so what a suppressed count may be.
    """
    own = {one.id: one for one in map(load_source, finished_declarations("sources")) if one.disclosure}
    return with_encodings(catalogue, own) if own else catalogue


def inferred(sources: Mapping[str, Source]) -> frozenset[str]:
    """Return the ids of the sources that are declared as inferred, not published."""
    return frozenset(key for key, source in sources.items() if source.basis == "inferred")


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
