"""Every threshold of the project, with its default and the reason for it, in one place.

A working folder may change any of them in its ``settings.yaml``; `localities settings` lists them. The values used are
stored with every table that depends on them and published with every output.
"""

from __future__ import annotations

import json
import textwrap
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic.dataclasses
from pydantic import BeforeValidator, Field

from indicators.declaring.strict_yaml import STRICT, check_as, editor_line, read_yaml

WHAT = "The settings file"

SCHEMA = Path(__file__).parent / "settings.schema.json"
"""JSON Schema of a settings file, for editors."""

Level = Annotated[float, Field(gt=0, lt=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0)]
Number = Annotated[int, Field(ge=1)]
Least = Annotated[int, Field(ge=0)]
# a year in YAML is a number
Zones = Annotated[Literal["2011", "2022"], BeforeValidator(lambda year: str(year) if type(year) is int else year)]

ZONES = ("2011", "2022")

OF_VERDICTS = (
    "confidence", "alpha", "minimum_residents", "communal_share", "minimum_coverage", "modelled_share",
    "minimum_expected", "vote_share", "reference_set", "evidence_years", "depth_limit", "need_indicator",
)  # fmt: skip
"""Names of the settings that a verdict depends on."""

OF_GRADES = ("alpha", "minimum_residents", "minimum_coverage", "modelled_share", "minimum_expected")
"""Names of those that grade comparisons and decide none."""


@pydantic.dataclasses.dataclass(frozen=True, config=STRICT)
class Settings:
    """Thresholds and choices: each with its default, and under it what it decides."""

    confidence: Level = 0.95
    """Confidence of every interval, in (0, 1)."""
    alpha: Level = 0.05
    """Level at which q values are read: the expected share of false findings among those called poorer."""
    limit: Number = 10_000
    """The guidance expects localities often to have *fewer* residents than this (paragraph 151); no legal limit."""
    minimum_residents: Least = 500
    """Fewer residents than this cannot be assessed: a place smaller than one data zone's lower design limit (500) is a
    handful of households in any one indicator."""
    communal_share: Share = 0.25
    """Share of residents in communal establishments from which a zone is special: one in four is enough to move a rate
    of a few per cent by more than the differences that matter, and far above the usual (a care home makes about 5
    %)."""
    minimum_coverage: Share = 0.75
    """Share of residents with observed data, below which an indicator is not assessed in a place."""
    minimum_expected: Amount = 12.0
    """Expected events in the locality at the comparator's rate, over their dispersion, below which a count is not
    assessed: with 12, a place twice as poor is told from one 1.25 times as poor, the smallest difference that mostly
    matters, with even odds: (1.645 / log(2 / 1.25))^2 = 12.2. With fewer, silence says nothing, and would count in a
    vote as "not poorer". A mean is assessed where its people tell as much: where its smallest important difference is
    as many of its standard errors as 1.25 is with so many events."""
    download_seconds: Annotated[float, Field(gt=0)] = 1_800.0
    """Longest that one transfer may take in all, in seconds, headers, repetitions and pages included: the largest file
    is some 100 MB, and half an hour is enough for it over a slow line."""
    vote_share: Share = 0.5
    """A vote is poorer where at least this share of its assessed indicators is."""
    reference_set: str = "natural_communities"
    """Way of drawing whose thresholds own boundaries are held against, so that one place alone pays the price of one
    among many."""
    evidence_years: Amount = 0.0
    """Evidence older than this many years before the newest does not vote; 0 for no bound."""
    depth_limit: Amount = 10.0
    """How far one indicator can pull the mean depth of its vote, either way: one extreme figure decides no vote."""
    candidate_sets: tuple[str, ...] = ()
    """Ways of drawing localities to compute; empty means those drawn by default, and your own boundaries."""
    need_indicator: str = "simd_income"
    """Count indicator whose people are shown as the number of people in need."""
    hot_spot_indicators: tuple[str, ...] = ("simd_income",)
    """Outcomes scanned together for hot spots: one by default, because a hot spot of one thing is easily said, and
    income deprivation is the count of need that covers every zone."""
    hot_spot_shape: Literal["circular", "flexible", "plain"] = "circular"
    """Shape of the windows: ``circular`` (the part of a circle that hangs together), ``flexible`` (grown from the data)
    or ``plain`` (circles whatever lies between); circles are the common choice, and quicker."""
    hot_spot_least_ratio: Annotated[float, Field(ge=1)] = 1.5
    """A hot spot's rate is at least this many times that of the rest of its area: half as much again."""
    hot_spot_least_strength: Amount = 12.0
    """Its log likelihood ratio, which grows with the rate and with the people that it concerns, is at least this: one
    rate everywhere would show a ratio of 12 in any window of a large city less than once in twenty cities."""
    hot_spot_replications: Number = 499
    """Draws of the null behind a hot spot's p: with 499 the standard error of a p near 0.05 is 0.01."""
    least_fit: Share = 0.8
    """A way of drawing localities is recommended to a partnership only where its boundaries fit residents this well."""
    least_within_limit: Share = 0.5
    """Share of its localities under the limit, below which a way of drawing is not recommended."""
    least_covered: Share = 0.95
    """Share of residents in a locality, below which a way of drawing is not recommended: the Act asks for a division of
    the whole area. No more than the rest of 1 may live in several localities."""
    zones: Zones = "2011"
    """Census whose data zones a run stands on: 2011, or 2022."""
    modelled_share: Share = 0.25
    """Share of residents whose figure is modelled from another census's zones, above which a finding is not assessed: a
    figure shared out by residents says where people live, not how they fare there."""
    publications: tuple[Literal["geopackage", "workbook", "explorer", "editions", "documents"], ...] = (
        "geopackage",
        "workbook",
        "explorer",
        "editions",
    )
    """What is published of a partnership: ``geopackage``, ``workbook`` (with an archive of its tables), ``explorer`` (a
    page for a browser), ``editions`` (each GeoPackage once more under a name with its edition, ``fife_1e8dd2e5.gpkg``,
    to be sent and put beside an older one: 0.5 GB for all of Scotland, and no link will do, because QGIS finds the
    layers of a stored project by the name of their file). Leave out what nobody opens. With ``documents`` too, each run
    writes the profiles of flagged places, evidence packs and progress reports that are due."""
    editions_days: Number = 400
    """How long editions are kept, for `localities history` and `localities diff`, in days: a little over a year, so
    that two annual reports can be held against each other. The newest two stay."""
    seed: Least = 2015
    """Seed of whatever is random."""

    def to_dict(self) -> dict[str, Any]:
        """Return every setting by name, lists for tuples."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def load_settings(path: Path | None = None, **overrides: Any) -> Settings:
    """Return the settings of a working folder.

    Parameters
    ----------
    path
        ``settings.yaml``: a mapping of setting to value. A missing or empty file means defaults.
    overrides
        Settings that win over the file; None means not given.

    Raises
    ------
    ConfigError
        For an unknown setting or a value that is not allowed, naming the file.

    Examples
    --------
    >>> load_settings(limit=8000).limit
    8000
    >>> load_settings(lmit=8000)
    Traceback (most recent call last):
        ...
    indicators.errors.ConfigError: An option is wrong at lmit.
      expected: only alpha, ...
      found: an unknown key
      to do: correct it: did you mean limit?
    """
    content = read_yaml(path, WHAT) if path is not None and path.is_file() else None
    from_file: Settings = check_as(Settings, {} if content is None else content, WHAT, where=path)
    given = {name: value for name, value in overrides.items() if value is not None}
    if not given:
        return from_file
    settings: Settings = check_as(Settings, from_file.to_dict() | given, "An option")
    return settings


@cache
def meanings() -> dict[str, str]:
    """Return what each setting decides, in the words that stand under it.

    Examples
    --------
    >>> meanings()["confidence"]
    'Confidence of every interval, in (0, 1).'
    """
    described = pydantic.TypeAdapter(Settings).json_schema()["properties"]
    plain = {name: one["description"].replace("``", "").replace("*", "") for name, one in described.items()}
    return {name: " ".join(text.split()) for name, text in plain.items()}


def draft_settings(folder: Path) -> str:
    """Return a settings file with every setting commented out, for a folder: its editor finds the schema from there."""
    lines = [editor_line(SCHEMA, folder), "# A draft: take away the # before what is to differ from its default."]
    for name, meaning in meanings().items():
        lines += ["", *textwrap.wrap(meaning, 112, initial_indent="# ", subsequent_indent="# ")]
        lines.append(f"# {name}: {json.dumps(Settings().to_dict()[name])}")
    return "\n".join(lines) + "\n"
