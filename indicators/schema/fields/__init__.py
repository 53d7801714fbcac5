"""Every field, described once, in one module for each subject. Tables refer to fields by name.

A new field is one entry in the module of its subject; here they are put together.
"""

from __future__ import annotations

from indicators.schema.field import Field
from indicators.schema.fields import (
    change,
    choosing,
    decisions,
    evidence,
    groups,
    hot_spots,
    localities,
    observations,
    place_standard,
    places,
    publications,
    verdicts,
)

_SUBJECTS = (
    places, observations, localities, evidence, groups, verdicts, hot_spots, change, choosing, decisions,
    place_standard, publications,
)  # fmt: skip

FIELDS: dict[str, Field] = {name: one for subject in _SUBJECTS for name, one in subject.FIELDS.items()}

if len(FIELDS) < sum(len(subject.FIELDS) for subject in _SUBJECTS):
    names = [name for subject in _SUBJECTS for name in subject.FIELDS]
    raise ValueError(f"described twice: {', '.join(sorted({name for name in names if names.count(name) > 1}))}")
