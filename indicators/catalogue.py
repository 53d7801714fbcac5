"""The catalogue: every declared indicator, read from one YAML file each.

`indicators/declarations/` holds the declarations as package data, so that a file added to a checkout is seen at once
and a wheel carries its own. Schema checks, the text in the UI, the documentation and the aliases in the GeoPackage
all derive from what a declaration says; nothing about an indicator is written twice.

The direction of "poorer" is stored once, here, and applied once, in `indicators.comparison.compare`.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pandas as pd

from indicators.errors import ConfigError, compose, some
from indicators.schema.vocabulary import VOTES

__all__ = ["Catalogue", "Indicator", "People", "Suppression", "declared_folder", "load_catalogue", "parse_indicator"]

ROLES = ("outcome", "determinant", "access", "population")
KINDS = ("proportion", "rate", "standardised_rate", "standardised_ratio", "mean")
SCALES = ("ratio", "odds", "points", "sd")
GEOGRAPHIES = ("data_zone_2011", "intermediate_zone_2011")
AGGREGATIONS = {
    "proportion": "sum",
    "rate": "sum",
    "standardised_rate": "sum",
    "standardised_ratio": "sum",
    "mean": "weighted_mean",
}


@dataclass(frozen=True)
class Suppression:
    """How a source hides small counts: its symbols, and the counts that a symbol may stand for.

    Parameters
    ----------
    symbols
        Cell texts that mean *suppressed*.
    lower, upper
        Smallest and largest count behind a suppressed cell; None where the source does not say.
    """

    symbols: tuple[str, ...] = ()
    lower: float | None = None
    upper: float | None = None


MOST_DISPERSION = 4.0
"""A declared dispersion is capped: beyond it repeated stays tell less of a place than of a few people."""


@dataclass(frozen=True)
class People:
    """Whom a figure published without counts concerns, so that it becomes a count.

    With n people, of whom each stands for ``per_person`` of those counted (births for each child under five; events
    expected of each resident over the period at Scotland's rate), the denominator is ``n * per_person`` and the
    numerator ``figure / per`` times the denominator. A share gives its count among the people it concerns, a
    standardised ratio observed and expected events.

    Parameters
    ----------
    column
        Column of the people in the file of the figure itself.
    source, ages
        Or a file of residents by age (reader `nrs_population`) and first and last age, such as ``[16, 19]``.
    by_age
        Instead of ``ages``: ``[[first, last, per_person], ...]``, for expected events that rise with age.
    per_person
        As above; 1 unless given.
    per
        The figure is published per this many: 1 a fraction, 100 a percentage or a ratio where Scotland is 100.
    """

    column: str = ""
    source: str = ""
    ages: tuple[int, int] | None = None
    by_age: tuple[tuple[int, int, float], ...] = ()
    per_person: float = 1.0
    per: float = 1.0


@dataclass(frozen=True)
class Indicator:
    """One declared indicator (DESIGN, section 5).

    Parameters
    ----------
    id, title, definition
        Name in code, name in plain words, and what is counted among whom.
    domain
        Domain of outcomes, in plain words.
    vote
        One of `indicators.schema.vocabulary.VOTES`; without one it describes and does not vote.
    supersedes
        Indicators of the very same thing (people, definition, standardisation) that this newer one replaces: where it
        has figures, they do not vote.
    role
        ``outcome`` votes in a verdict; ``determinant``, ``access`` and ``population`` never do.
    source, reader
        Id of the source and name of the reader in `indicators.readers`.
    geography
        Areas that the source publishes for.
    kind
        Decides aggregation, interval and test.
    columns
        What the reader needs to find the figures, such as ``{numerator: income_count}``.
    unit, multiplier
        ``value = numerator / denominator * multiplier``, in this unit.
    poorer_is
        ``higher`` or ``lower``.
    smallest_important_difference, smallest_important_difference_scale
        Difference that matters: a ``ratio`` or ``odds`` above 1, ``points`` in the indicator's unit, or ``sd``:
        standard deviations between zones.
    national_outcome
        National Outcome of the National Performance Framework.
    counts_are_whole
        False for annual averages and modelled counts, which take quasi-likelihood versions.
    is_approximate
        The weights of a mean stand in for the population that it concerns.
    is_tested
        False for description that is reported with intervals and never tested, such as SIMD ranks.
    people
        Of a share or ratio published without counts: whom it concerns (`People`). Its kind is then ``proportion`` or
        ``standardised_ratio``, as for a count. Where the people stand in for those really concerned, it is marked
        ``is_approximate``.
    rounding
        Width of the rounding of a published figure, in the figure's own terms: 5 for ratios rounded to fives.
    dispersion
        Variance of a count over its Poisson or binomial variance, at most 4: episodes such as stays in hospital come
        several to a person.
    sd_between_people
        Of a mean: standard deviation between the people it is taken over, from which it gets its sampling error; 0
        for what is measured and not sampled, such as travel times. Without one a mean describes and is not tested.
    votes_through
        The index through which it votes, instead of by itself (see `indicators.readers.domain_index`).
    is_ratio_scale
        False where zero is arbitrary, such as an index: ratios mean nothing then.
    same_as
        Indicators that measure nearly the same thing: not tested on places drawn from this one.
    breaks
        Dates across which values do not compare.
    """

    id: str
    title: str
    definition: str
    domain: str
    role: str
    source: str
    reader: str
    geography: str
    kind: str
    unit: str
    poorer_is: str
    smallest_important_difference: float
    smallest_important_difference_scale: str
    national_outcome: str
    columns: Mapping[str, Any] = field(default_factory=dict)
    vote: str = ""
    supersedes: tuple[str, ...] = ()
    people: People | None = None
    rounding: float = 0.0
    dispersion: float = 1.0
    sd_between_people: float | None = None
    multiplier: float = 1.0
    denominator: str = ""
    numerator: str = ""
    ci_method: str = ""
    aggregation: str = ""
    suppression: Suppression = field(default_factory=Suppression)
    counts_are_whole: bool = True
    is_approximate: bool = False
    is_tested: bool = True
    votes_through: str = ""
    is_ratio_scale: bool = True
    same_as: tuple[str, ...] = ()
    breaks: tuple[dt.date, ...] = ()
    caveats: str = ""

    @property
    def area_type(self) -> str:
        """Type of the areas that it is published for: ``data_zone`` or ``intermediate_zone``."""
        return self.geography.rpartition("_")[0]

    @property
    def possible(self) -> tuple[float, float]:
        """The least and the greatest value that can be: 0 on a ratio scale, 100 for a percentage of something."""
        least = 0.0 if self.is_ratio_scale else -math.inf
        return least, 100.0 if self.is_ratio_scale and self.unit.startswith("% of") else math.inf

    @property
    def votes(self) -> bool:
        """Whether findings on this indicator count in a verdict."""
        return bool(self.vote) and self.role == "outcome" and self.is_tested and not self.votes_through

    @property
    def weight(self) -> Any:
        """What a reader weighs a figure without counts by: `people` as a mapping, else ``columns: {weight: ...}``."""
        if self.people is None:
            return self.columns.get("weight")
        return self.people.column or {
            "source": self.people.source,
            "ages": self.people.ages,
            "by_age": self.people.by_age,
        }


@dataclass(frozen=True)
class Catalogue:
    """All declared indicators, in order of id.

    Examples
    --------
    >>> catalogue = load_catalogue()
    >>> catalogue["simd_income"].poorer_is
    'higher'
    """

    indicators: tuple[Indicator, ...]

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
            compose(
                "Unknown indicator",
                expected=some([indicator.id for indicator in self.indicators], 8),
                found=indicator_id,
                remedy="use a declared id, or add a declaration under indicators/declarations/",
            )
        )

    def to_frame(self) -> pd.DataFrame:
        """Return the table ``indicators``: one row per indicator, columns as declared in `indicators.schema.tables`."""
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
                "votes_through": one.votes_through or None,
                "is_approximate": one.is_approximate,
                "caveats": one.caveats or None,
            }
            for one in self.indicators
        ]
        return coerce("indicators", pd.DataFrame(rows))


def declared_folder() -> Path:
    """Return the folder of the declarations: package data, seen live in an editable install."""
    return Path(__file__).parent / "declarations"


def load_catalogue(folder: Path | None = None) -> Catalogue:
    """Return every declared indicator.

    Parameters
    ----------
    folder
        Folder of YAML files, each named for its indicator; by default the project's own declarations.

    Raises
    ------
    ConfigError
        If a declaration is not YAML, lacks a key, has an unknown one, or gives a value that is not allowed.
    """
    import yaml

    folder = folder or declared_folder()
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: list[Indicator] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            content = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
        except yaml.YAMLError as error:
            raise ConfigError(compose("A declaration is not valid YAML", where=path, found=error)) from error
        found.append(parse_indicator(content, path))
    if not found:
        raise ConfigError(
            compose("There are no indicator declarations", where=folder, remedy="add one YAML file per indicator")
        )
    known = {indicator.id for indicator in found}
    for indicator in found:
        through = [indicator.votes_through] if indicator.votes_through else []
        absent = [other for other in (*indicator.same_as, *indicator.supersedes, *through) if other not in known]
        if absent:
            raise ConfigError(
                compose(
                    "A declaration names an indicator that does not exist",
                    where=folder / f"{indicator.id}.yaml",
                    column="same_as, supersedes or votes_through",
                    codes=absent,
                    remedy="correct the id or declare the indicator",
                )
            )
    return Catalogue(tuple(found))


def parse_indicator(content: object, path: Path) -> Indicator:
    """Return one declaration as an `Indicator`, with every value checked.

    Raises
    ------
    ConfigError
        Naming the file and the key.
    """
    if not isinstance(content, dict):
        raise ConfigError(compose("A declaration must be a mapping of keys to values", where=path))
    known = {one.name for one in fields(Indicator)}
    required = {one.name for one in fields(Indicator) if _is_required(one)} - {"id"}
    unknown = sorted(set(content) - known)
    absent = sorted(required - set(content) - {"id"})
    if unknown or absent:
        raise ConfigError(
            compose(
                "A declaration has the wrong keys",
                where=path,
                expected=f"the required keys {', '.join(sorted(required))}",
                found=f"absent: {', '.join(absent) or 'none'}; unknown: {', '.join(unknown) or 'none'}",
                remedy="correct the keys; every key is described in indicators/catalogue.py",
            )
        )
    values: dict[str, Any] = dict(content)
    values.setdefault("id", path.stem)
    if values["id"] != path.stem:
        _refuse(path, "id", f"the name of the file, {path.stem}", values["id"])
    for key, allowed in (
        ("role", ROLES),
        ("kind", KINDS),
        ("poorer_is", ("higher", "lower")),
        ("smallest_important_difference_scale", SCALES),
        ("geography", GEOGRAPHIES),
    ):
        if values[key] not in allowed:
            _refuse(path, key, ", ".join(allowed), values[key])
    for key in ("smallest_important_difference", "multiplier"):
        if key in values:
            values[key] = _positive(path, key, values[key])
    if values["smallest_important_difference_scale"] in ("ratio", "odds") and (
        values["smallest_important_difference"] <= 1
    ):
        _refuse(
            path,
            "smallest_important_difference",
            "above 1 for a ratio or odds",
            values["smallest_important_difference"],
        )
    if values["kind"] != "mean" and values["smallest_important_difference_scale"] == "sd":
        _refuse(path, "smallest_important_difference_scale", "ratio, odds or points for this kind", "sd")
    if values["kind"] == "mean" and values["smallest_important_difference_scale"] not in ("sd", "points"):
        _refuse(
            path, "smallest_important_difference_scale", "sd or points for a mean",
            values["smallest_important_difference_scale"],
        )  # fmt: skip
    values["vote"] = values.get("vote") or ""
    if values["vote"] and values["vote"] not in VOTES:
        _refuse(path, "vote", f"{', '.join(VOTES)}, or nothing for what does not vote", values["vote"])
    values["people"] = _people(path, values.get("people"), values["kind"])
    values["supersedes"] = tuple(values.get("supersedes") or ())
    for key, least, most in (
        ("rounding", 0.0, math.inf),
        ("dispersion", 1.0, MOST_DISPERSION),
        ("sd_between_people", 0.0, math.inf),
    ):
        given = values.get(key)
        if given is None:
            continue
        if isinstance(given, bool) or not isinstance(given, int | float) or not least <= given <= most:
            _refuse(path, key, f"a number from {least:g}" + (f" to {most:g}" if most < math.inf else ""), given)
        values[key] = float(given)
    values["aggregation"] = values.get("aggregation") or AGGREGATIONS[values["kind"]]
    values["suppression"] = _suppression(path, values.get("suppression") or {})
    values["same_as"] = tuple(values.get("same_as") or ())
    values["breaks"] = tuple(values.get("breaks") or ())
    for moment in values["breaks"]:
        if not isinstance(moment, dt.date):
            _refuse(path, "breaks", "dates such as 2020-04-01", moment)
    values["caveats"] = " ".join(str(values.get("caveats") or "").split())
    values["definition"] = " ".join(str(values["definition"]).split())
    return Indicator(**values)


def _is_required(one: Any) -> bool:
    from dataclasses import MISSING

    return one.default is MISSING and one.default_factory is MISSING


def _positive(path: Path, key: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        _refuse(path, key, "a number above 0", value)
    return float(value)  # type: ignore[arg-type]


def _suppression(path: Path, content: Mapping[str, Any]) -> Suppression:
    unknown = set(content) - {"symbols", "lower", "upper"}
    if unknown:
        _refuse(path, "suppression", "symbols, lower, upper", ", ".join(sorted(unknown)))
    lower, upper = content.get("lower"), content.get("upper")
    if (lower is None) != (upper is None) or (lower is not None and not 0 <= lower <= upper):
        _refuse(path, "suppression", "both lower and upper, 0 <= lower <= upper", f"{lower} to {upper}")
    return Suppression(tuple(map(str, content.get("symbols") or ())), lower, upper)


def _people(path: Path, content: object, kind: str) -> People | None:
    if content is None:
        return None
    keys = {one.name for one in fields(People)}
    if not isinstance(content, Mapping) or set(content) - keys:
        _refuse(path, "people", f"a mapping of {', '.join(sorted(keys))}", content)
    given = dict(content)  # type: ignore[call-overload]
    if kind not in ("proportion", "standardised_ratio"):
        _refuse(path, "people", "kind proportion or standardised_ratio", kind)
    if bool(given.get("column")) == bool(given.get("source")):
        _refuse(path, "people", "either a column, or a source with ages or by_age", content)
    if given.get("source") and bool(given.get("ages")) == bool(given.get("by_age")):
        _refuse(path, "people", "ages or by_age beside the source", content)
    for key in ("per_person", "per"):
        if key in given:
            given[key] = _positive(path, f"people, {key}", given[key])
    if given.get("ages"):
        given["ages"] = tuple(given["ages"])
    given["by_age"] = tuple(
        (int(a), int(b), _positive(path, "people, by_age", r)) for a, b, r in given.get("by_age", ())
    )
    return People(**given)


def _refuse(path: Path, key: str, expected: str, found: Iterable[object] | object) -> None:
    raise ConfigError(
        compose(
            "A declaration holds a value that is not allowed",
            where=path,
            column=key,
            expected=expected,
            found=found,
            remedy="correct the declaration",
        )
    )
