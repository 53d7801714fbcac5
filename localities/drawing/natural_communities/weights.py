"""What a good division is worth: the weights of the design, with their reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType

from indicators.errors import ConfigError

IDENTITIES: Mapping[str, float] = MappingProxyType(
    {
        "named_place": 4.0,
        "settlement": 5.0,
        "ward": 1.5,
        "community_council": 1.0,
        "place": 1.5,
        "postcode_sector": 0.5,
    }
)
"""Votes for keeping two residents together, by kind of identity.

They follow the log odds of a logistic regression of "these two zones share a neighbourhood", over all pairs of zones
within 2 km, on the neighbourhoods that residents of Edinburgh drew, and were then set, in halves, where agreement with
one half of these neighbourhoods and with the other is flat. The names that residents live nearest to say most (3.3),
then the ward (2.2) and the places that the intermediate zone is named for (2.2); the postcode sector says a little
(0.5). The intermediate zone itself adds nothing to its name (-0.8) and has no vote, nor have the nearest primary school
(-0.2), distance (-0.7 per km) and a railway in between (-0.2). What a city cannot tell is set beside them: a settlement
counts a little more than the names, so that none under the limit is parted unless names, ward and all else say so; a
community council area, whose file is seldom at hand, a little less than the places.
"""


@dataclass(frozen=True)
class Weights:
    """Weights of the energy that the design lowers; all are votes for pairs of residents, so that they compare.

    Parameters
    ----------
    identities
        Votes for keeping two residents of one identity (named place, ward, ...) together; see `IDENTITIES`.
    border
        Worth of not cutting a border between zones, by the share of their boundaries that it is: smooth outlines.
    size
        Votes that two residents need to be better together than apart; None means half of all votes cast, so that the
        majority decides. Nothing else speaks for or against a size between the floor and the limit.
    floor
        Cost of each resident that a locality lacks to the floor.
    homogeneity
        Worth of zones alike in the attributes given, if any are; 0 leaves them out.
    """

    identities: Mapping[str, float] = field(default_factory=lambda: dict(IDENTITIES))
    border: float = 0.5
    size: float | None = None
    floor: float = 6.0
    homogeneity: float = 0.0

    def __post_init__(self) -> None:
        """Check every value."""
        values = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "identities"}
        if self.size is None:
            del values["size"]
        for name, value in {**values, **self.identities}.items():
            if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < float("inf"):
                raise ConfigError(
                    "A weight of the design is not allowed", column=name, expected="0 or more", found=value
                )
