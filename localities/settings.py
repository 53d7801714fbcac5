"""Every threshold of the project, with its default and the reason for it, in one place.

A working folder may change any of them in its ``settings.yaml``. The values used are stored with every table that
depends on them and published with every output.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from indicators.errors import ConfigError, compose

__all__ = ["Settings", "load_settings"]


@dataclass(frozen=True)
class Settings:
    """Thresholds and choices.

    Parameters
    ----------
    confidence
        Confidence of every interval, in (0, 1).
    alpha
        Level at which q values are read: the expected share of false findings among those called poorer.
    limit
        A locality has *fewer* residents than this (guidance on community planning, paragraph 78).
    minimum_residents
        Fewer residents than this cannot be assessed: a place smaller than one data zone's lower design limit (500)
        is a handful of households in any one indicator.
    minimum_coverage
        Share of residents with observed data, below which an indicator is not assessed in a place.
    minimum_expected
        Expected events in the locality at the comparator's rate, below which a count is not assessed: with fewer
        than 3 expected not even zero events would be surprising (exp(-3) = 0.05).
    minimum_zones
        Zones behind a mean, below which it is not assessed under zone exchange.
    minimum_votes
        Votes (domains) assessed, below which the verdict is ``insufficient_evidence``.
    vote_share
        A domain is poorer where at least this share of its assessed indicators is.
    strong_votes
        Poorer domains needed for strong evidence: more than one, so that no single domain or publication decides.
    strong_vote_share
        Share of assessed domains that must be poorer for strong evidence.
    strong_depth
        Mean depth over the poorer domains from which two of them are enough, whatever share of the assessed they are.
    candidate_sets
        Ways of drawing localities to compute; empty means those drawn by default, and your own boundaries.
    need_indicator
        Count indicator whose people are shown as the number of people in need.
    hot_spot_indicators
        Outcomes scanned together for hot spots: one by default, because a hot spot of one thing is easily said, and
        income deprivation is the count of need that covers every zone.
    hot_spot_shape
        Shape of the windows, ``circular`` or ``flexible``; circles are the common choice, and quicker.
    hot_spot_replications
        Draws of the null behind a hot spot's p: with 499 the standard error of a p near 0.05 is 0.01.
    least_fit
        A way of drawing localities is recommended to a partnership only where its boundaries fit residents this well.
    least_within_limit
        Share of its localities under the limit, below which a way of drawing is not recommended.
    least_covered
        Share of residents in a locality, below which a way of drawing is not recommended: the Act asks for a division
        of the whole area. No more than the rest of 1 may live in several localities.
    seed
        Seed of whatever is random.
    """

    confidence: float = 0.95
    alpha: float = 0.05
    limit: int = 10_000
    minimum_residents: int = 500
    minimum_coverage: float = 0.75
    minimum_expected: float = 3.0
    minimum_zones: int = 2
    minimum_votes: int = 3
    vote_share: float = 0.5
    strong_votes: int = 2
    strong_vote_share: float = 0.5
    strong_depth: float = 2.0
    candidate_sets: tuple[str, ...] = ()
    need_indicator: str = "simd_income"
    hot_spot_indicators: tuple[str, ...] = ("simd_income",)
    hot_spot_shape: str = "circular"
    hot_spot_replications: int = 499
    least_fit: float = 0.8
    least_within_limit: float = 0.5
    least_covered: float = 0.95
    seed: int = 2015

    def __post_init__(self) -> None:
        """Check every value."""
        for name in ("confidence", "alpha"):
            if not 0 < getattr(self, name) < 1:
                raise _wrong(name, "strictly between 0 and 1", getattr(self, name))
        shares = ("minimum_coverage", "vote_share", "strong_vote_share")
        for name in (*shares, "least_fit", "least_within_limit", "least_covered"):
            if not 0 <= getattr(self, name) <= 1:
                raise _wrong(name, "0 to 1", getattr(self, name))
        for name in ("limit", "minimum_votes", "strong_votes", "minimum_zones", "hot_spot_replications"):
            if getattr(self, name) < 1:
                raise _wrong(name, "at least 1", getattr(self, name))
        for name in ("minimum_residents", "minimum_expected", "strong_depth"):
            if getattr(self, name) < 0:
                raise _wrong(name, "at least 0", getattr(self, name))

        if self.hot_spot_shape not in ("circular", "flexible"):
            raise _wrong("hot_spot_shape", "circular or flexible", self.hot_spot_shape)

    def to_dict(self) -> dict[str, Any]:
        """Return every setting by name, lists for tuples."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}


def load_settings(path: Path | None = None, **overrides: Any) -> Settings:
    """Return the settings of a working folder.

    Parameters
    ----------
    path
        ``settings.yaml``: a mapping of setting to value. A missing file means defaults.
    overrides
        Settings that win over the file; None means not given.

    Raises
    ------
    ConfigError
        For an unknown setting or a value out of bounds.
    """
    given: dict[str, Any] = {}
    if path is not None and path.is_file():
        import yaml

        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        except yaml.YAMLError as error:
            raise ConfigError(compose("The settings are not valid YAML", where=path, found=error)) from error
        if not isinstance(content, Mapping):
            raise ConfigError(compose("The settings must be a mapping of names to values", where=path))
        given.update(content)
    given.update({name: value for name, value in overrides.items() if value is not None})
    known = {one.name: one for one in fields(Settings)}
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise ConfigError(
            compose(
                "Unknown settings", where=path, codes=unknown, expected=", ".join(known), remedy="correct the names"
            )
        )
    defaults = Settings()
    values: dict[str, Any] = {}
    for name, value in given.items():
        default = getattr(defaults, name)
        if isinstance(default, tuple):
            if isinstance(value, str) or not all(isinstance(one, str) for one in value):
                raise _wrong(name, "a list of names", value)
            values[name] = tuple(value)
        elif isinstance(default, str):
            if not isinstance(value, str):
                raise _wrong(name, "a text", value)
            values[name] = value
        else:
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise _wrong(name, "a number", value)
            if isinstance(default, int) and value != int(value):
                raise _wrong(name, "a whole number", value)
            values[name] = type(default)(value)
    return replace(defaults, **values)


def _wrong(name: str, expected: str, found: object) -> ConfigError:
    return ConfigError(
        compose("A setting has a value that is not allowed", column=name, expected=expected, found=found)
    )
