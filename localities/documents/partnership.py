"""What the documents of a partnership are written from: its rows of the tables, read once for all its places."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd
import shapely

from localities.change.targets import build_target_ranges, similar_places
from localities.documents.document import Block, Document, Heading, Paragraph
from localities.place_standard.beside import said_in
from localities.settings import Settings

if TYPE_CHECKING:
    from indicators.catalogue import Catalogue
    from localities.decisions.beside import Decided

TARGET_YEARS = 3
"""How far ahead a profile carries a trend; `localities targets` has 1 and 10 years too."""

_GAP_SHARE = 0.5


@dataclass(frozen=True)
class Partnership:
    """One partnership and one way of drawing its localities.

    Parameters
    ----------
    cpp_code, cpp_name
        The partnership.
    candidate_set
        The way of drawing that its documents are about.
    tables
        As `localities.explain.explain` takes them, with ``trends, progress, reach, inequality`` too. ``findings`` and
        ``progress`` may hold this partnership's rows alone, ``estimates`` those of every place of the way of drawing.
    settings
        Thresholds that the tables were made with.
    made_with
        Thresholds and version of the code, in words.
    place_standard
        Table ``place_standard`` of the partnership: what residents said.
    catalogue
        The declared indicators.
    decided
        What the partnership decided.
    find_moved
        Returns the id of the edition before, and the localities of which a verdict moved since: ``cpp_code,
        locality_id, locality_name, because`` and both verdicts before and after (such as ``verdict_scotland_before``).
    """

    cpp_code: str
    cpp_name: str
    candidate_set: str
    tables: Mapping[str, pd.DataFrame]
    settings: Settings
    catalogue: Catalogue
    decided: Decided | None = None
    find_moved: Callable[[], tuple[str, pd.DataFrame] | None] = lambda: None
    place_standard: pd.DataFrame | None = None
    made_with: str = ""

    @cached_property
    def drawn(self) -> pd.DataFrame:
        """Return the localities of this way of drawing, in all of Scotland."""
        places = self.tables["candidate_localities"]
        return places[places["candidate_set"] == self.candidate_set]

    @cached_property
    def own(self) -> pd.DataFrame:
        """Return the partnership's own localities of this way of drawing, with polygons."""
        return self.drawn[self.drawn["cpp_code"] == self.cpp_code]

    @property
    def drawing(self) -> str:
        """Return the way of drawing in words."""
        return self.candidate_set.replace("_", " ")

    def document(self, title: str, sections: Sequence[tuple[str, list[Block]]], subject: str = "") -> Document:
        """Return a document of the partnership: its sections that say something, each under its heading."""
        blocks: list[Block] = []
        if self.tables["sources"]["is_fictional"].any():
            blocks.append(Paragraph("This is the sample: every place and figure is made up.", "Fictional."))
        for heading, content in sections:
            if content:
                blocks += [Heading(heading), *content]
        if self.made_with:
            blocks.append(Paragraph(self.made_with, "Settings, for analysts:"))
        subtitle = f"{self.cpp_name} Community Planning Partnership. Boundaries: {self.drawing}."
        return Document(title, subtitle, tuple(blocks), f"{title}{f' ({subject})' if subject else ''}")

    @cached_property
    def outlines(self) -> list[shapely.Geometry]:
        """Return their polygons as a small map shows them."""
        shapes = shapely.GeometryCollection(list(self.own["geometry"]))
        west, south, east, north = shapes.bounds
        return list(shapely.simplify(list(self.own["geometry"]), max(east - west, north - south) / 600))

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        """Return the verdicts on them, by priority rank."""
        rows = self.tables["verdicts"]
        rows = rows[(rows["cpp_code"] == self.cpp_code) & (rows["candidate_set"] == self.candidate_set)]
        return rows.sort_values("priority_rank", ignore_index=True)

    def answers(self, locality_id: str) -> list[str]:
        """Return what the residents of a place said, in words; nothing where nobody asked."""
        if self.place_standard is None:
            return []
        return said_in(self.place_standard[self.place_standard["locality_id"] == locality_id])

    @cached_property
    def headline(self) -> pd.DataFrame:
        """Return estimates of headline periods of every place of this way of drawing."""
        rows = self.tables["estimates"]
        return rows[rows["is_headline_period"] & rows["locality_id"].isin(self.drawn["locality_id"])]

    @cached_property
    def own_estimates(self) -> pd.DataFrame:
        """Return those of its own places alone: every profile looks through them, several times."""
        return self.headline[self.headline["locality_id"].isin(self.own["locality_id"])]

    @cached_property
    def target_ranges(self) -> pd.DataFrame:
        """Return ranges for targets in `TARGET_YEARS` years, half the gap to the rest of the partnership closed."""
        similar = similar_places(self.headline, self.drawn, self._members, self.tables["zones"], self.settings)
        tables = self.tables
        return build_target_ranges(
            tables["trends"], self.headline, tables["findings"], similar, self.catalogue,
            years=TARGET_YEARS, gap_share=_GAP_SHARE,
        )  # fmt: skip

    @property
    def _members(self) -> pd.DataFrame:
        members = self.tables["membership"]
        return members[members["candidate_set"] == self.candidate_set]

    @cached_property
    def shares_of_areas(self) -> pd.DataFrame:
        """Return shares of residents or households in the partnership and in Scotland, by indicator.

        Columns ``cpp`` and ``scotland``: the sums of the localities of this way of drawing. Both are whole areas.
        """
        about = self.tables["indicators"].set_index("indicator_id")
        shares = about.index[(about["role"].isin(["population", "determinant"])) & (about["kind"] == "proportion")]
        rows = self.headline[self.headline["indicator_id"].isin(shares)]
        columns = ["numerator", "denominator"]
        every = rows.groupby("indicator_id", observed=True)[columns].sum()
        own = (
            rows[rows["locality_id"].isin(self.own["locality_id"])]
            .groupby("indicator_id", observed=True)[columns]
            .sum()
        )
        return pd.DataFrame(
            {name: 100 * one["numerator"] / one["denominator"] for name, one in (("cpp", own), ("scotland", every))}
        )
