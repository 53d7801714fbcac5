"""Ranks of the sample's zones, made from its indicators in the manner of the Scottish Index of Multiple Deprivation.

A stand-in: within a domain, indicators are put on normal scores and averaged, where the published index weights them by
factor analysis. Across domains it follows the published method: exponential scores of ranks, weighted.

Reference: Scottish Government, SIMD 2020 technical notes.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri
from scipy.stats import rankdata

FloatArray = npt.NDArray[np.float64]

# signs: +1 where more of it is poorer
_DOMAINS: Mapping[str, Mapping[str, int]] = {
    "SIMD2020v2_Income_Domain_Rank": {"income_rate": 1},
    "SIMD2020_Employment_Domain_Rank": {"employment_rate": 1},
    "SIMD2020_Health_Domain_Rank": dict.fromkeys(("CIF", "ALCOHOL", "DRUG", "SMR", "DEPRESS", "LBWT", "EMERG"), 1),
    "SIMD2020_Education_Domain_Rank": {
        "Attendance": -1,
        "Attainment": -1,
        "no_qualifications": 1,
        "not_participating": 1,
        "University": -1,
    },
    "SIMD2020_Access_Domain_Rank": dict.fromkeys(
        (
            *(f"drive_{kind}" for kind in ("petrol", "GP", "post", "primary", "retail", "secondary")),
            *(f"PT_{kind}" for kind in ("GP", "post", "retail")),
        ),
        1,
    ),
    "SIMD2020_Crime_Domain_Rank": {"crime_rate": 1},
    "SIMD2020_Housing_Domain_Rank": {},
}
_WEIGHTS = (28.0, 28.0, 14.0, 14.0, 9.0, 5.0, 2.0)


def domain_ranks(simd: pd.DataFrame) -> pd.DataFrame:
    """Return the rank of each zone in the seven domains, 1 the most deprived; equal scores share the mean rank."""
    ranks = {}
    for name, signs in _DOMAINS.items():
        if name == "SIMD2020_Housing_Domain_Rank":
            # the published domain is the sum of the two rates
            score = (simd["overcrowded_rate"] + simd["nocentralheating_rate"]).to_numpy()
        elif len(signs) == 1:
            score = simd[next(iter(signs))].to_numpy()
        else:
            score = np.mean([sign * _normal_score(simd[column].to_numpy()) for column, sign in signs.items()], axis=0)
        ranks[name] = rankdata(-np.round(score, 9), method="average")
    return pd.DataFrame(ranks, index=simd.index)


def overall_rank(ranks: pd.DataFrame) -> pd.DataFrame:
    """Return the overall rank (1 the most deprived, no ties), with percentile, vigintile, decile and quintile."""
    size = len(ranks)
    score = sum(
        weight * exponential_score((size + 1 - ranks[name].to_numpy()) / size)
        for name, weight in zip(_DOMAINS, _WEIGHTS, strict=True)
    )
    order = np.argsort(-np.asarray(score), kind="stable")
    rank = np.empty(size, dtype=np.int64)
    rank[order] = np.arange(1, size + 1)
    result = {"SIMD2020v2_Rank": rank}
    for name, parts in (
        ("SIMD_2020v2_Percentile", 100),
        ("SIMD2020v2_Vigintile", 20),
        ("SIMD2020v2_Decile", 10),
        ("SIMD2020v2_Quintile", 5),
    ):
        result[name] = -(-rank * parts // size)
    return pd.DataFrame(result, index=ranks.index)


def exponential_score(share: FloatArray) -> FloatArray:
    """Return -23 ln(1 - share (1 - exp(-100/23))), between 0 for share 0 and 100 for share 1 (the most deprived).

    Examples
    --------
    >>> exponential_score(np.array([0.0, 0.9, 1.0])).round(1).tolist()
    [0.0, 50.4, 100.0]
    """
    return -23.0 * np.log(1.0 - share * (1.0 - np.exp(-100.0 / 23.0))) + 0.0


def _normal_score(values: FloatArray) -> FloatArray:
    scores: FloatArray = ndtri((rankdata(values, method="average") - 0.5) / values.size)
    return scores
