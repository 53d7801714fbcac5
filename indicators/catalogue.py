"""The catalogue: every declared indicator, read from one YAML file each.

`indicators/declarations/` holds the declarations as package data, so that a file added to a checkout is seen at once
and a wheel carries its own. Schema checks, the text in the UI, the documentation and the aliases in the GeoPackage
all derive from what a declaration says; nothing about an indicator is written twice.

The direction of "poorer" is stored once, here, and applied once, in `indicators.comparison.compare`.
"""

from __future__ import annotations

import datetime as dt
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import pandas as pd
import pydantic
import pydantic.dataclasses

from indicators.declaring.groups import GROUP, Groups
from indicators.declaring.own import finished_declarations
from indicators.declaring.readers import READERS
from indicators.declaring.strict_yaml import STRICT, AtKey, check_as, nearest, read_yaml, refused
from indicators.errors import ConfigError, some
from indicators.schema.vocabulary import VOTES

WHAT = "An indicator declaration"

SCHEMA = Path(__file__).parent / "declarations" / "indicator.schema.json"
"""JSON Schema of a declaration, for editors."""

Role = Literal["outcome", "determinant", "access", "population"]
Kind = Literal["proportion", "rate", "standardised_rate", "standardised_ratio", "mean"]
Scale = Literal["ratio", "odds", "points", "sd"]
Geography = Literal[
    "data_zone_2001", "data_zone_2011", "data_zone_2022", "intermediate_zone_2011", "intermediate_zone_2022",
    "output_area_2022", "council_2019",
]  # fmt: skip
ROLES: tuple[str, ...] = get_args(Role)
GEOGRAPHIES: tuple[str, ...] = get_args(Geography)

Positive = Annotated[float, pydantic.Field(gt=0)]
Amount = Annotated[float, pydantic.Field(ge=0)]
# a symbol may look like a number: -99 stands for suppressed in some files
Symbol = Annotated[
    str,
    pydantic.BeforeValidator(
        lambda cell: str(cell) if isinstance(cell, int | float) else cell, json_schema_input_type=str | float
    ),
]
Vote = Annotated[str, pydantic.Field(json_schema_extra={"enum": ["", *VOTES]})]
OneLine = Annotated[str, pydantic.AfterValidator(lambda text: " ".join(text.split()))]


@pydantic.dataclasses.dataclass(frozen=True, config=STRICT)
class Suppression:
    """How a source hides small counts: its symbols, and the counts that a symbol may stand for."""

    symbols: tuple[Symbol, ...] = ()
    """Cell texts that mean *suppressed*."""
    lower: Amount | None = None
    """Smallest count behind a suppressed cell; nothing where the source does not say."""
    upper: Amount | None = None
    """Largest count behind a suppressed cell; nothing where the source does not say."""
    not_applicable: tuple[Symbol, ...] = ()
    """Cell texts that mean *not applicable*: there is nobody whom the figure could concern."""
    missing: tuple[Symbol, ...] = ()
    """Cell texts that mean *missing*; a blank does unless it is listed elsewhere."""

    @pydantic.model_validator(mode="after")
    def _bounds(self) -> Suppression:
        listed = [*self.symbols, *self.not_applicable, *self.missing]
        if twice := sorted({one for one in listed if listed.count(one) > 1}):
            raise AtKey("symbols", "each symbol with one meaning", ", ".join(twice))
        given = [bound for bound in (self.lower, self.upper) if bound is not None]
        if len(given) == 1 or given != sorted(given):
            raise AtKey("lower", "both lower and upper, 0 <= lower <= upper", f"{self.lower} to {self.upper}")
        return self


@pydantic.dataclasses.dataclass(frozen=True, config=STRICT)
class People:
    """Whom a figure published without counts concerns, so that it becomes a count.

    With n people, of whom each stands for ``per_person`` of those counted (births for each child under five; events
    expected of each resident over the period at Scotland's rate), the denominator is ``n * per_person`` and the
    numerator ``figure / per`` times the denominator. A share gives its count among the people it concerns, a
    standardised ratio observed and expected events.
    """

    column: str = ""
    """Column of the people in the file of the figure itself, or of ``source`` if that is given."""
    source: str = ""
    """Or another file: of residents by age (reader `nrs_population`), or any table by area with this ``column``."""
    ages: tuple[int, int] | None = None
    """First and last age in that file, such as ``[16, 19]``."""
    by_age: tuple[tuple[int, int, Positive], ...] = ()
    """Instead of ``ages``: ``[[first, last, per_person], ...]``, for expected events that rise with age."""
    per_person: Positive = 1.0
    """As above; 1 unless given."""
    per: Positive = 1.0
    """The figure is published per this many: 1 a fraction, 100 a percentage or a ratio where Scotland is 100."""

    @pydantic.model_validator(mode="after")
    def _says_who(self) -> People:
        if not (self.column or self.source):
            raise AtKey("column", "a column, or a source with a column, ages or by_age", "neither")
        if self.source and [bool(one) for one in (self.column, self.ages, self.by_age)].count(True) != 1:
            raise AtKey("ages", "one of column, ages and by_age beside the source", self.ages)
        return self


@pydantic.dataclasses.dataclass(frozen=True, config=STRICT)
class NotRead:
    """Published figures that no step may see, because they are not what the file says."""

    because: OneLine
    """What is wrong with them, and how it was found; ends with a full stop."""
    periods: tuple[str, ...] = ()
    """As in the table ``observations``, such as ``2013/14``: gone, as if they were not published."""
    areas: tuple[str, ...] = ()
    """Codes of areas, in every period: missing there."""


@pydantic.dataclasses.dataclass(frozen=True, config=STRICT)
class Indicator:
    """One declared indicator (DESIGN, section 5): each key of its file, and what it says."""

    id: str
    """Name in code: the name of the file."""
    title: str
    """Name in plain words."""
    definition: OneLine
    """Who or what is counted, among whom; ends with a full stop."""
    domain: str
    """Domain of outcomes, in plain words: Income, Work, Health, Education, Housing, Crime, Access or another."""
    role: Role
    """``outcome`` votes in a verdict; ``determinant``, ``access`` and ``population`` never do."""
    source: str
    """Id of the source."""
    reader: str
    """Name of the reader: a module of `indicators.readers`."""
    geography: Geography
    """Areas that the source publishes for."""
    kind: Kind
    """Decides aggregation, interval and test."""
    unit: str
    """Unit of the value, such as ``% of residents``."""
    poorer_is: Literal["higher", "lower"]
    """Which values are poorer."""
    smallest_important_difference: Positive
    """Difference that matters: a ``ratio`` or ``odds`` above 1, ``points`` in the indicator's unit, or ``sd``."""
    smallest_important_difference_scale: Scale
    """Scale of it: ``ratio``, ``odds``, ``points``, or ``sd``: standard deviations between zones (means only)."""
    national_outcome: str
    """National Outcome of the National Performance Framework."""
    covers: tuple[str, ...] = ()
    """Codes of the councils (S12...) or health boards (S08...) whose zones the source publishes for; nothing for all of
    Scotland. Elsewhere it is not assessed, and nobody is held against Scotland by it."""
    groups: Groups | None = None
    """Of a table by group: whose figures its rows are. It is no indicator of places: each group of a council is held
    against the rest of its people and against Scotland (table ``group_findings``)."""
    columns: Mapping[str, Any] = field(default_factory=dict)
    """What the reader needs to find the figures, such as ``{numerator: income_count}``: see the reader's module."""
    vote: Vote = ""
    """The vote that it casts; without one it describes and does not vote."""
    supersedes: tuple[str, ...] = ()
    """Indicators of the very same thing (people, definition, standardisation) that this newer one replaces: where it
    has figures, they do not vote."""
    people: People | None = None
    """Of a share or ratio published without counts: whom it concerns. Its kind is then ``proportion``,
    ``rate`` or ``standardised_ratio``, as for a count. Where the people stand in for those really concerned, it is
    marked ``is_approximate``."""
    rounding: Amount = 0.0
    """Width of the rounding of a published figure, in the figure's own terms: 5 for ratios rounded to fives."""
    dispersion: Annotated[float, pydantic.Field(ge=1, le=4)] = 1.0
    """Variance of a count over its Poisson or binomial variance: episodes such as stays in hospital come several to a
    person. Capped: beyond 4 repeated stays tell less of a place than of a few people."""
    sd_between_people: Amount | None = None
    """Of a mean: standard deviation between the people it is taken over, from which it gets its sampling error; 0 for
    what is measured and not sampled, such as travel times. Without one a mean describes and is not tested."""
    multiplier: Positive = 1.0
    """``value = numerator / denominator * multiplier``; of a mean, the published value times this."""
    denominator: str = ""
    """Among whom, in words."""
    numerator: str = ""
    """What is counted, in words."""
    suppression: Suppression = field(default_factory=Suppression)
    """How the source hides small counts."""
    counts_are_whole: bool = True
    """False for annual averages and modelled counts, which take quasi-likelihood versions."""
    is_approximate: bool = False
    """The weights of a mean stand in for the population that it concerns."""
    is_combined: bool = True
    """False for medians, prices and whatever else an area has not from its parts: of a mean, described for places that
    are one of the areas published for, never put together."""
    is_tested: bool = True
    """False for description that is reported with intervals and never tested, such as SIMD ranks."""
    is_carried: bool = True
    """False for ranks, distances and figures per hectare: never carried to the zones of another census."""
    is_ratio_scale: bool = True
    """False where zero is arbitrary, such as an index: ratios mean nothing then."""
    same_as: tuple[str, ...] = ()
    """Indicators that measure nearly the same thing: not tested on places drawn from this one."""
    breaks: tuple[dt.date, ...] = ()
    """Dates across which values do not compare."""
    not_read: NotRead | None = None
    """Periods or areas that are published and not read, and why."""
    caveats: OneLine = ""
    """What a reader of the figures must know."""

    @pydantic.model_validator(mode="after")
    def _difference_fits_the_kind(self) -> Indicator:
        least, scale = self.smallest_important_difference, self.smallest_important_difference_scale
        if scale in ("ratio", "odds") and least <= 1:
            raise AtKey("smallest_important_difference", "above 1 for a ratio or odds", least)
        by_kind = {"mean": ("sd", "points"), "proportion": ("ratio", "odds", "points")}
        allowed = by_kind.get(self.kind, ("ratio", "points"))
        if scale not in allowed:
            raise AtKey("smallest_important_difference_scale", f"{' | '.join(allowed)} for kind {self.kind}", scale)
        if self.kind == "proportion" and scale == "points" and least >= self.multiplier:
            raise AtKey("smallest_important_difference", f"points in the unit, below {self.multiplier:g}", least)
        if not self.is_combined and (self.kind != "mean" or self.is_tested):
            raise AtKey("is_combined", "kind mean and is_tested: false beside it", f"{self.kind}, {self.is_tested}")
        if self.people and self.kind not in ("proportion", "rate", "standardised_ratio"):
            raise AtKey("people", "kind proportion, rate or standardised_ratio beside it", self.kind)
        if self.geography.startswith("council") and self.groups is None:
            raise AtKey("geography", "small areas: figures of councils only are read by group (groups)", self.geography)
        if self.groups is not None:
            self._is_by_group()
        return self

    def _is_by_group(self) -> None:
        if self.vote:
            raise AtKey("vote", "nothing: what is by group never votes on places", self.vote)
        if self.kind not in ("proportion", "rate", "mean"):
            raise AtKey("kind", "proportion | rate | mean for what is by group", self.kind)

    @property
    def area_type(self) -> str:
        """Type of the areas that it is published for: ``data_zone`` or ``intermediate_zone``."""
        return self.geography.rpartition("_")[0]

    def on_zones(self, vintage: str) -> Indicator:
        """Return the indicator as read on data zones of a vintage; only one published by output area changes.

        Its figures are sums over the output areas of each zone, so it needs their lookup as a companion. Where
        ``columns`` says under ``on_zones`` what a vintage has of its own, such as the census's own table by zone,
        the ``source`` and the ``reader`` given there stand instead, without companions.
        """
        from indicators.readers.shared.output_areas import OUTPUT_AREA_LOOKUPS

        if not self.geography.startswith("output_area"):
            return self
        columns = {key: value for key, value in self.columns.items() if key != "on_zones"}
        changed: dict[str, Any] = {"geography": f"data_zone_{vintage}", "columns": columns}
        if own := (self.columns.get("on_zones") or {}).get(vintage):
            columns.pop("companions", None)
            return replace(self, **changed, **own)
        lookup = OUTPUT_AREA_LOOKUPS[vintage][0] if vintage in OUTPUT_AREA_LOOKUPS else None
        columns["companions"] = [*(columns.get("companions") or ()), *([lookup] if lookup else [])]
        return replace(self, **changed)

    def on_councils(self) -> Indicator:
        """Return an indicator by group as read on councils: sums over their output areas, where it is by those."""
        from indicators.readers.shared.output_areas import OUTPUT_AREA_LOOKUPS

        if not self.geography.startswith("output_area"):
            return self
        columns = {key: value for key, value in self.columns.items() if key != "on_zones"}
        columns["companions"] = [*(columns.get("companions") or ()), OUTPUT_AREA_LOOKUPS["2019"][0]]
        return replace(self, geography="council_2019", columns=columns)

    @property
    def possible(self) -> tuple[float, float]:
        """The least and the greatest value that can be: 0 on a ratio scale, 100 for a percentage of something."""
        least = 0.0 if self.is_ratio_scale else -math.inf
        return least, 100.0 if self.is_ratio_scale and self.unit.startswith("% of") else math.inf

    @property
    def votes(self) -> bool:
        """Whether findings on this indicator count in a verdict."""
        return bool(self.vote) and self.role == "outcome" and self.is_tested

    @property
    def weight(self) -> Any:
        """What a reader weighs a figure without counts by: `people` as a mapping, else ``columns: {weight: ...}``."""
        if self.people is None:
            return self.columns.get("weight")
        if not self.people.source:
            return self.people.column
        given = {"ages": self.people.ages, "by_age": self.people.by_age, "column": self.people.column}
        return {"source": self.people.source, **{key: value for key, value in given.items() if value}}


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All declared indicators, in order of id; two are the same where they are one object.

    Examples
    --------
    >>> catalogue = load_catalogue()
    >>> catalogue["simd_income"].poorer_is
    'higher'
    """

    indicators: tuple[Indicator, ...]
    by_group: tuple[Indicator, ...] = ()
    """Those whose rows are by group, in order of id: no indicators of places."""

    def __iter__(self):
        """Iterate over the indicators in order of id."""
        return iter(self.indicators)

    def __len__(self) -> int:
        return len(self.indicators)

    def __contains__(self, indicator_id: object) -> bool:
        return any(indicator.id == indicator_id for indicator in self.indicators)

    def __getitem__(self, indicator_id: str) -> Indicator:
        for indicator in self.indicators:
            if indicator.id == indicator_id:
                return indicator
        raise ConfigError(
            "Unknown indicator",
            expected=some([indicator.id for indicator in self.indicators], 8),
            found=indicator_id,
            remedy="use a declared id, or add a declaration under indicators/declarations/",
        )

    def to_frame(self) -> pd.DataFrame:
        """Return the table ``indicators``: one row per indicator, columns as declared in `indicators.schema.tables`."""
        return self._frame("indicators", self.indicators)

    def groups_to_frame(self) -> pd.DataFrame:
        """Return the table ``group_indicators``: one row per indicator by group."""
        return self._frame("group_indicators", self.by_group)

    def _frame(self, table: str, declared: tuple[Indicator, ...]) -> pd.DataFrame:
        from indicators.schema.tables import TABLES
        from indicators.schema.validation import coerce

        rows = [
            {
                "indicator_id": one.id,
                "indicator_title": one.title,
                "definition": one.definition,
                "domain": one.domain,
                "vote": one.vote or None,
                "role": one.role,
                "kind": one.kind,
                "unit": one.unit,
                "multiplier": one.multiplier,
                "poorer_is": one.poorer_is,
                "smallest_important_difference": one.smallest_important_difference,
                "smallest_important_difference_scale": one.smallest_important_difference_scale,
                "national_outcome": one.national_outcome,
                "source_id": one.source,
                "supersedes": "; ".join(one.supersedes) or None,
                "is_approximate": one.is_approximate,
                "caveats": one.caveats or None,
                "group_dimension": one.groups.dimension if one.groups else None,
            }
            for one in declared
        ]
        return coerce(table, pd.DataFrame(rows, columns=list(TABLES[table].columns)))


def declared_folder() -> Path:
    """Return the folder of the declarations: package data, seen live in an editable install."""
    return Path(__file__).parent / "declarations"


def load_catalogue(folder: Path | None = None, *, zones: str = "2011") -> Catalogue:
    """Return every declared indicator, those of the working folder among them (`indicators.declaring.own`).

    Parameters
    ----------
    folder
        Folder of YAML files, each named for its indicator; by default the project's and the working folder's.
    zones
        Vintage of the data zones on which those published by output area are read: see `Indicator.on_zones`.

    Raises
    ------
    ConfigError
        If a declaration is not YAML, lacks a key, has an unknown one, or gives a value that is not allowed.
    """
    own = [] if folder else [(str(path), path.stat().st_mtime_ns) for path in finished_declarations("indicators")]
    folder = folder or declared_folder()
    found: list[tuple[str, int]] = []
    if folder.is_dir():
        with os.scandir(folder) as entries:
            found = [(one.path, one.stat().st_mtime_ns) for one in entries if one.name.endswith(".yaml")]
    return _put_together(folder, tuple(sorted(found)), tuple(own), zones)


@lru_cache(maxsize=8)
def _put_together(
    folder: Path, shipped: tuple[tuple[str, int], ...], own: tuple[tuple[str, int], ...], zones: str
) -> Catalogue:
    """Return the catalogue of files and when they changed, for which steps ask dozens of times in a run."""
    found = [_parsed(Path(path), changed) for path, changed in shipped]
    ids = {one.id for one in found}
    for path, changed in ((Path(name), changed) for name, changed in own):
        if path.stem in ids:
            raise refused(WHAT, "id", "an id that the project does not use itself", path.stem, where=path)
        found.append(_parsed(path, changed))
    found.sort(key=lambda one: one.id)
    if not found:
        raise ConfigError("There are no indicator declarations", where=folder, remedy="add one YAML file per indicator")
    known = sorted(indicator.id for indicator in found)
    for indicator in found:
        named = [(key, other) for key in ("same_as", "supersedes") for other in getattr(indicator, key)]
        for key, other in named:
            if other not in known:
                where = folder / f"{indicator.id}.yaml"
                raise refused(WHAT, key, "the id of an indicator", other, where=where, hint=nearest(other, known))
    return Catalogue(
        tuple(one.on_zones(zones) for one in found if one.groups is None),
        tuple(one.on_councils() for one in found if one.groups is not None),
    )


@lru_cache(maxsize=1024)
def _parsed(path: Path, mtime_ns: int) -> Indicator:
    """Return the declaration of a file; one that nobody has touched is parsed once in a process."""
    return parse_indicator(read_yaml(path, WHAT), path)


def parse_indicator(content: object, path: Path) -> Indicator:
    """Return one declaration as an `Indicator`, with every value checked.

    Raises
    ------
    ConfigError
        Naming the file and the key.
    """
    values = {"id": path.stem, **content} if isinstance(content, Mapping) else content
    one: Indicator = check_as(Indicator, values, WHAT, where=path)
    if one.id != path.stem:
        raise refused(WHAT, "id", f"the name of the file, {path.stem}", one.id, where=path)
    if one.reader not in READERS:
        known = sorted(READERS)
        raise refused(WHAT, "reader", " | ".join(known), one.reader, where=path, hint=nearest(one.reader, known))
    if one.vote and one.vote not in VOTES:
        expected = f"{' | '.join(VOTES)}, or nothing for what does not vote"
        raise refused(WHAT, "vote", expected, one.vote, where=path, hint=nearest(one.vote, VOTES))
    if one.groups is not None and GROUP not in str(one.columns):
        raise refused(
            WHAT, "columns", f"{GROUP} where the publisher's name of a group stands", "it nowhere", where=path
        )
    _check_columns(one, path)
    return one


def _check_columns(one: Indicator, path: Path) -> None:
    """Refuse whatever the reader of a declaration does not read."""
    reads = READERS[one.reader]
    parts: list[tuple[str, object, frozenset[str]]] = [("columns", one.columns, reads)]
    for number, edition in enumerate(one.columns.get("editions") or ()):
        parts.append((f"columns.editions[{number}]", edition, reads | {"source", "multiplier", "geography"}))
    for place, given, known in parts:
        if not isinstance(given, Mapping):
            raise refused(WHAT, place, "keys and values", given, where=path)
        for key in sorted(set(given) - known):
            expected = f"only {', '.join(sorted(known))}: what the reader {one.reader} reads"
            hint = nearest(key, known)
            raise refused(WHAT, f"{place}.{key}", expected, "an unknown key", where=path, hint=hint)
