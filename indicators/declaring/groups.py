"""Groups of people in a declaration: whose figures the rows of a table are.

A table of outcomes by age, sex or disability is declared as any other, with ``groups`` beside: which dimension it is
by, the name of each group and how the publisher's file calls it, and what stands for everybody. Wherever a text under
``columns`` holds ``{group}``, the publisher's name of each group stands in turn, so that every reader reads groups
without knowing of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Annotated, Any, Literal

import pydantic
import pydantic.dataclasses

from indicators.declaring.strict_yaml import STRICT, AtKey
from indicators.errors import ConfigError

GROUP = "{group}"
"""Stands for the publisher's name of a group under ``columns``."""

EVERYBODY = ""
"""Name of the group of everybody, among the groups of a declaration."""

Dimension = Literal[
    "age", "sex", "ethnic_group", "disability", "health_condition", "tenure", "care_experience", "household",
    "deprivation",
]  # fmt: skip
Text = Annotated[str, pydantic.Field(pattern=r"\S")]
# a name that looks like a number, such as an age, is a text here; several are names that a group has had
Names = Annotated[
    tuple[Text, ...],
    pydantic.BeforeValidator(
        lambda given: tuple(str(one) for one in given) if isinstance(given, list | tuple) else (str(given),),
        json_schema_input_type=str | float | list[str | float],
    ),
    pydantic.Field(min_length=1),
]


@pydantic.dataclasses.dataclass(frozen=True, config=STRICT)
class Groups:
    """Which groups of people a table has figures of."""

    dimension: Dimension
    """What the groups are told apart by."""
    members: dict[Text, Names] = field(default_factory=dict)
    """Each group by the name that is shown, with the publisher's name of it. A list where it was renamed: whichever of
    them is there, in each period one."""
    whole: Names = ()
    """The publisher's name of everybody: the rest is everybody less the group. Without one everybody is all groups
    together, which then must be all that there are."""
    overlap: bool = False
    """Whether somebody may be in several of the groups, such as of health conditions."""

    @pydantic.model_validator(mode="after")
    def _are_groups(self) -> Groups:
        if not self.members:
            raise AtKey("members", "at least one group", "none")
        if self.overlap and not self.whole:
            raise AtKey(
                "whole", "the publisher's name of everybody: groups that overlap do not add up to them", "nothing"
            )
        names = [one for given in self.members.values() for one in given]
        if twice := sorted({one for one in [*names, *self.whole] if [*names, *self.whole].count(one) > 1}):
            raise AtKey("members", "each of the publisher's names once, and not that of everybody", ", ".join(twice))
        return self

    @property
    def all(self) -> dict[str, tuple[str, ...]]:
        """The publisher's names by group, everybody (`EVERYBODY`) last where they have one."""
        return {**self.members, **({EVERYBODY: self.whole} if self.whole else {})}


def of_group(columns: Mapping[str, Any], names: tuple[str, ...], where: str) -> dict[str, Any]:
    """Return the ``columns`` of a declaration for one group: its names in place of ``{group}``.

    Parameters
    ----------
    columns
        As declared.
    names
        The publisher's names of the group.
    where
        The declaration, for messages.

    Raises
    ------
    ConfigError
        If a group has several names where only one can stand, such as inside the name of a column.

    Examples
    --------
    >>> of_group({"numerator": ["Bad: {group}"], "where": {"Age": "{group}"}}, ("0 to 15",), "an indicator")
    {'numerator': ['Bad: 0 to 15'], 'where': {'Age': '0 to 15'}}
    """

    def put(given: Any) -> Any:
        if isinstance(given, Mapping):
            return {key: put(value) for key, value in given.items()}
        if isinstance(given, list | tuple):
            return [put(value) for value in given]
        if not isinstance(given, str) or GROUP not in given:
            return given
        if len(names) == 1:
            return given.replace(GROUP, names[0])
        if given == GROUP:
            return list(names)
        raise ConfigError(
            "A group has several names where one is needed",
            where=where,
            column="groups, members",
            codes=names,
            expected=f"several names only where {GROUP} is all of a value under where",
            found=given,
            remedy="give the name that the file has now",
        )

    return {key: put(value) for key, value in columns.items()}
