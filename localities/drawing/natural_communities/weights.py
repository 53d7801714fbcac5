"""What a good division is worth: the weights of the design, with their reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType

from indicators.errors import ConfigError, compose

__all__ = ["IDENTITIES", "Weights"]

# Places and intermediate zones are what residents and planners name; the others say the same less sharply.
IDENTITIES: Mapping[str, float] = MappingProxyType(
    {"intermediate_zone": 3.0, "place": 2.0, "ward": 1.0, "postcode_sector": 1.0, "nearest_primary_school": 1.0}
)


@dataclass(frozen=True)
class Weights:
    """Weights of the energy that the design lowers; all are per resident, so that they compare.

    Parameters
    ----------
    identities
        Worth of keeping the residents of one identity (intermediate zone, place, ward, ...) together.
    border
        Worth of not cutting a border between zones, by the share of their boundaries that it is: smooth outlines.
    size
        Cost of putting residents together at all, relative to the limit: what has nothing in common stays apart.
    floor
        Cost of each resident that a locality lacks to the floor.
    homogeneity
        Worth of zones alike in the attributes given, if any are; 0 leaves them out.
    """

    identities: Mapping[str, float] = field(default_factory=lambda: dict(IDENTITIES))
    border: float = 1.5
    size: float = 1.0
    floor: float = 6.0
    homogeneity: float = 0.0

    def __post_init__(self) -> None:
        """Check every value."""
        values = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "identities"}
        for name, value in {**values, **self.identities}.items():
            if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < float("inf"):
                raise ConfigError(
                    compose("A weight of the design is not allowed", column=name, expected="0 or more", found=value)
                )
