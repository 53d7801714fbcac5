"""The explanation itself: sections about one locality, or about why one and not another, plain or technical."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from localities.explain import sentences as words
from localities.explain.beside import beside_similar_places
from localities.explain.facts import Facts, find_locality, gather
from localities.explain.in_hot_spots import in_hot_spots
from localities.explain.of_the_council import of_the_council
from localities.explain.plain import plain_of_one, plain_of_two
from localities.explain.technical import short_name, technical_of_one, technical_of_two
from localities.settings import Settings


@dataclass(frozen=True)
class Explanation:
    """Sections of an explanation, in order: heading and lines.

    Parameters
    ----------
    title
        What is explained.
    sections
        ``(heading, lines)``.
    """

    title: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]

    def text(self, width: int = 100) -> str:
        """Return the explanation as text, wrapped to a width."""
        lines = [self.title, "=" * min(len(self.title), width)]
        for heading, content in self.sections:
            lines += ["", heading]
            for line in content:
                lines.append(textwrap.fill(line, width, initial_indent="  - ", subsequent_indent="    "))
        return "\n".join(lines)

    def to_dict(self) -> dict[str, object]:
        """Return the explanation for machines."""
        return {
            "title": self.title,
            "sections": [{"heading": heading, "lines": list(lines)} for heading, lines in self.sections],
        }


def explain(
    tables: Mapping[str, pd.DataFrame],
    locality: str,
    other: str | None = None,
    settings: Settings | None = None,
    *,
    is_technical: bool = False,
    decided: Sequence[str] = (),
    answers: Sequence[str] = (),
) -> Explanation:
    """Return why a locality has its verdict; with two localities, why they differ.

    Parameters
    ----------
    tables
        The tables ``candidate_localities, verdicts, findings, estimates, indicators, sources, membership, adjacency,
        zones``, as the store or a publication holds them.
    locality, other
        Id, code or name of a candidate locality.
    settings
        The thresholds that the tables were made with.
    is_technical
        With methods, intervals, q and depth, for an analyst; plain English for everybody otherwise.
    decided
        What the partnership decided on the place, from `localities.decisions.wording.sentences_of`.
    answers
        What its residents said, from `localities.place_standard.beside.said_in`.

    Raises
    ------
    ConfigError
        If a name fits no locality, or more than one.
    """
    settings = settings or Settings()
    first = gather(tables, find_locality(tables["verdicts"], locality))
    fiction = bool(tables["sources"]["is_fictional"].any())
    if other is None:
        sections = (technical_of_one if is_technical else plain_of_one)(
            first,
            beside_similar_places(tables, str(first.place["locality_id"]), settings, is_technical=is_technical),
            in_hot_spots(tables, first.place, is_technical=is_technical),
            of_the_council(tables, first.place),
            settings,
        )
        sections = (*sections[:1], ("What the partnership decided", tuple(decided)), *sections[1:-1],
                    ("What residents said (Place Standard)", tuple(answers)), *sections[-1:])  # fmt: skip
        title = f"{_name(first)}: {words.VERDICT[first.verdict['verdict']]}"
    else:
        second = gather(tables, find_locality(tables["verdicts"], other))
        sections = (technical_of_two if is_technical else plain_of_two)(first, second, settings)
        title = f"Why {short_name(first)} and not {short_name(second)}?" if _is_ahead(first, second) else (
            f"{short_name(first)} beside {short_name(second)}"
        )  # fmt: skip
    if fiction:
        sections = (("Fictional", ("This is the sample: the place and every figure are made up.",)), *sections)
    return Explanation(title, tuple((heading, tuple(lines)) for heading, lines in sections if lines))


def _name(facts: Facts) -> str:
    return f"{short_name(facts)} ({facts.place['cpp_name']}; {facts.place['locality_id']})"


def _is_ahead(first: Facts, second: Facts) -> bool:
    return bool(first.verdict["is_flagged"]) and not bool(second.verdict["is_flagged"])
