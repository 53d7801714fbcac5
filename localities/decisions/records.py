"""A partnership's decisions on places, in one YAML file of its own that no run overwrites.

``decisions/<partnership>.yaml`` in the working folder holds what was decided on which place, when, by which role and
why; the targets that were set; and how things stood then: verdict, zones, figures. No person is named. Several
decisions
on a place are a history, of which the last is in force.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
import pydantic.dataclasses

from indicators.declaring.strict_yaml import STRICT, AtKey, check_as, read_yaml, refused
from indicators.errors import ConfigError
from indicators.schema.vocabulary import ANSWERS, DECISIONS, PROJECTED_YEARS, TARGET_GROUNDS
from localities.councils import slug_of

WHAT = "A file of decisions"
_LONGEST = {"by_role": 120, "because": 2_000}

_HEAD = """\
# What {name} decided about places. Written by `localities decide`, and by nothing else: a run only reads it.
# Roles, never persons: what stands here is shown in every file that is published from this folder.
"""


def _plain(text: str) -> str:
    """Return a text on one line, without what cannot be printed; refuse one of which nothing is left."""
    words = "".join(one for one in " ".join(text.split()) if one.isprintable())
    if not words:
        raise ValueError("a text that is not empty")
    return words


Words = Annotated[str, pydantic.AfterValidator(_plain)]
Day = Annotated[dt.date, pydantic.Field(strict=False)]


@pydantic.dataclasses.dataclass(frozen=True, config=STRICT)
class Target:
    """One target: where an outcome is to be in so many years from the decision, and where it stood."""

    indicator: Words
    """Id of the indicator, an outcome."""
    years: int
    """1, 3 or 10: from the day of the decision."""
    target: float
    """Value to reach, in the indicator's unit."""
    ground: Literal[TARGET_GROUNDS]  # type: ignore[valid-type]
    """What the figure rests on: the partnership's own, or one of those of `localities targets`."""
    value: float
    """Value when it was set."""
    period: Words
    """Period of that value."""
    period_end: Day
    """Last day of that period."""
    lower: float | None = None
    """Lower limit of that value, where it is known."""
    upper: float | None = None
    """Upper limit of that value, where it is known."""

    @pydantic.model_validator(mode="after")
    def _fits(self) -> Target:
        if self.years not in PROJECTED_YEARS:
            raise AtKey("years", " | ".join(map(str, PROJECTED_YEARS)), self.years)
        return self


@pydantic.dataclasses.dataclass(frozen=True, config=STRICT)
class Decision:
    """One decision on one place, and how things stood when it was made."""

    place: Words
    """Id of the candidate locality."""
    name: Words
    """Its name then."""
    decision: Literal[DECISIONS]  # type: ignore[valid-type]
    """What was decided."""
    by_role: Words
    """Who decided, as a role: a board, a committee, an officer's post. Never a person's name."""
    decided_on: Day
    """When."""
    because: Words
    """Why, in the partnership's own words."""
    answer: Literal[ANSWERS]  # type: ignore[valid-type]
    """What the evidence said then (`answer` of the table ``verdicts``)."""
    vintage: Literal["2011", "2022"]
    """Census of the zones."""
    people: int
    """Residents of the place then."""
    zones: tuple[str, ...]
    """Codes of the zones of the place then."""
    shares: dict[str, float] = field(default_factory=dict)
    """Of zones that belonged in part: the share of their residents who did."""
    targets: tuple[Target, ...] = ()
    """Targets set with it."""

    @pydantic.model_validator(mode="after")
    def _fits(self) -> Decision:
        for name, most in _LONGEST.items():
            if len(getattr(self, name)) > most:
                # the text itself is not repeated: messages may end in a log
                raise AtKey(name, f"at most {most:,} letters", f"{len(getattr(self, name)):,} letters")
        seen = [(one.indicator, one.years) for one in self.targets]
        for n, key in enumerate(seen):
            if key in seen[:n]:
                raise AtKey(("targets", n), "one target for an indicator and a number of years", f"{key[0]}@{key[1]}")
        if not self.zones or set(self.shares) - set(self.zones):
            raise AtKey("zones", "the zones of the place, those of `shares` among them", len(self.zones))
        return self

    @property
    def weights(self) -> dict[str, float]:
        """Share of residents by zone."""
        return {zone: self.shares.get(zone, 1.0) for zone in self.zones}


@pydantic.dataclasses.dataclass(frozen=True, config=STRICT)
class Decisions:
    """Everything that a partnership decided, in order of place and day."""

    cpp_code: Annotated[str, pydantic.Field(pattern=r"^S12\d{6}$")]
    """Code of the partnership."""
    cpp_name: Words
    """Its name."""
    decisions: tuple[Decision, ...] = ()
    """The decisions."""


def path_of(folder: Path, cpp_name: str) -> Path:
    """Return the file of a partnership."""
    return folder / f"{slug_of(cpp_name)}.yaml"


def read_decisions(folder: Path) -> tuple[Decisions, ...]:
    """Return what every partnership decided, in order of file; none where there is no folder.

    Raises
    ------
    ConfigError
        If a file is not what it should be; names the file and the key, and repeats no reason that is in it.
    """
    found = tuple(_read(path) for path in sorted(folder.glob("*.yaml")))
    codes = [one.cpp_code for one in found]
    if twice := sorted({one for one in codes if codes.count(one) > 1}):
        raise ConfigError(
            "Two files hold the decisions of one partnership", where=folder, codes=twice,
            remedy="move the decisions of one into the other",
        )  # fmt: skip
    return found


def _read(path: Path) -> Decisions:
    content = read_yaml(path, WHAT)
    listed = content.get("decisions") if isinstance(content, dict) else None
    for number, one in enumerate(listed if isinstance(listed, list) else ()):
        for key in ("because", "by_role", "name"):
            if isinstance(one, dict) and not isinstance(one.get(key, ""), str):
                # what stands there instead is not repeated: messages may end in a log
                raise refused(WHAT, f"decisions[{number}].{key}", "a text", "something else", where=path)
    read: Decisions = check_as(Decisions, content, WHAT, where=path)
    return read


def write_decisions(folder: Path, content: Decisions, write: Callable[[Path, str], None]) -> Path | None:
    """Write a partnership's file whole, sorted; delete it where no decision is left. Return its path, or None.

    Parameters
    ----------
    folder
        Made where it is not there.
    content
        Everything that the partnership decided.
    write
        Writes a text to a path in one move.
    """
    import yaml

    path = path_of(folder, content.cpp_name)
    if not content.decisions:
        path.unlink(missing_ok=True)
        return None
    rows = [_as_written(one) for one in sorted(content.decisions, key=_order)]
    body = {"cpp_code": content.cpp_code, "cpp_name": content.cpp_name, "decisions": rows}
    text = yaml.dump(
        body, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=100_000, default_flow_style=False
    )
    folder.mkdir(parents=True, exist_ok=True)
    write(path, _HEAD.format(name=content.cpp_name) + text)
    return path


def record(content: Decisions, decision: Decision) -> Decisions:
    """Return the decisions with one more; it takes the place of another of the same day on the same place."""
    kept = [
        one
        for one in content.decisions
        if (one.place, one.decided_on) != (decision.place, decision.decided_on)
    ]  # fmt: skip
    return replace(content, decisions=tuple(sorted([*kept, decision], key=_order)))


def forget(content: Decisions, is_gone: Callable[[Decision], bool]) -> Decisions:
    """Return the decisions without some."""
    return replace(content, decisions=tuple(one for one in content.decisions if not is_gone(one)))


def _order(one: Decision) -> tuple[str, dt.date]:
    return one.place, one.decided_on


def _as_written(one: Decision) -> dict[str, Any]:
    """Return a decision as JSON can hold it: free text marked as text, nothing where nothing is said."""
    row = {name: value for name, value in asdict(one).items() if value not in ({}, (), [])}
    row |= {"name": _Text(one.name), "by_role": _Text(one.by_role), "because": _Text(one.because)}
    row |= {"decided_on": str(one.decided_on), "zones": _Line(sorted(one.zones))}
    if one.targets:
        row["targets"] = [
            {name: str(value) if isinstance(value, dt.date) else value for name, value in asdict(target).items()
             if value is not None}
            for target in sorted(one.targets, key=lambda target: (target.indicator, target.years))
        ]  # fmt: skip
    return row


class _Text(str):
    """Written in quotes, so that no reader takes it for anything but text."""


class _Line(list[str]):
    """Written on one line."""


def _dumper() -> type:
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: object) -> bool:
            return True

    Dumper.add_representer(_Text, lambda it, data: it.represent_scalar("tag:yaml.org,2002:str", str(data), style='"'))
    Dumper.add_representer(
        _Line, lambda it, data: it.represent_sequence("tag:yaml.org,2002:seq", list(data), flow_style=True)
    )
    return Dumper
