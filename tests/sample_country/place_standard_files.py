"""What residents of the fictional city said of three places with the Place Standard tool."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from localities.place_standard.results import EVERYONE, THEMES
from tests.sample_country.formats import csv_bytes

_PLACES = {"S02990008": (-0.8, (64, 41, 14, 9)), "S02990009": (0.1, (58, 30, 28)), "S02990012": (0.6, (7,))}
"""How far scores lie from the middle, and how many people answered: all, then those of each group."""
_GROUPS = (EVERYONE, "Age: 25 and over", "Age: 16 to 24", "Age: under 16")
_MIDDLE = (4.6, 3.2, 3.9, 4.1, 4.9, 3.8, 4.0, 3.0, 3.7, 4.4, 5.0, 4.2, 3.6, 3.1)

_DECLARED = """\
id: inverbrae-2026
title: A conversation about three places in Inverbrae (fictional)
gathered: March 2026
places: intermediate_zones
licence: MIT
smallest_count: 10
"""


def write_place_standard(folder: Path, seed: int) -> None:
    """Write a round of answers with its declaration: groups of few people, and a place where hardly anybody answered.

    Scores of groups are drawn, everyone's are their mean by number of people.
    """
    rng = np.random.default_rng([seed, 14])
    rows: list[list[object]] = [["place", "group", "theme", "score", "people"]]
    for code, (shift, people) in _PLACES.items():
        for theme, middle in zip(THEMES, _MIDDLE, strict=True):
            scores = np.clip(middle + shift + rng.normal(0.0, 0.4, max(len(people) - 1, 1)), 1.0, 7.0)
            weights = people[1:] or people
            every = float(np.average(scores, weights=weights))
            told = [every, *scores] if len(people) > 1 else [every]
            rows += [
                [code, group, theme, f"{score:.2f}", count]
                for group, score, count in zip(_GROUPS, told, people, strict=False)
            ]
    target = folder / "place-standard"
    target.mkdir(parents=True, exist_ok=True)
    (target / "inverbrae-2026.csv").write_bytes(csv_bytes(rows))
    (target / "inverbrae-2026.yaml").write_bytes(_DECLARED.encode())
