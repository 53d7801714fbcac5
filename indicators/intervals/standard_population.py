"""The European Standard Population 2013, by age band and sex.

References
----------
Eurostat (2013) Revision of the European Standard Population: report of Eurostat's task force. doi:10.2785/11470.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from indicators.arrays.arguments import Floats

__all__ = ["AGE_BANDS", "as_frame", "european_standard_population"]

AGE_BANDS = (*(f"{start}-{start + 4}" for start in range(0, 90, 5)), "90+")
"""The nineteen five-year age bands of `european_standard_population`, in years."""

_EUROPEAN_2013 = (
    5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000, 7000, 6500, 6000, 5500, 5000, 4000, 2500, 1500, 1000,
)  # fmt: skip


def european_standard_population(sexes: int = 1) -> Floats:
    """Return the European Standard Population 2013: people in each of `AGE_BANDS`, 100,000 per sex.

    Parameters
    ----------
    sexes
        1 for one row of bands; 2 for female and male, which the standard gives the same numbers.

    Returns
    -------
    array
        Bands, or sexes × bands. Ages 0 and 1-4 are together, and so are 90-94 and 95 and over.

    Examples
    --------
    >>> people = european_standard_population()
    >>> len(people), people.sum(), people[AGE_BANDS.index("75-79")]
    (19, np.float64(100000.0), np.float64(4000.0))
    >>> european_standard_population(sexes=2).shape
    (2, 19)
    """
    if sexes not in (1, 2):
        raise ValueError(f"sexes is {sexes}; expected 1 (both sexes as one) or 2 (female and male apart)")
    people = np.array(_EUROPEAN_2013, dtype=np.float64)
    return people if sexes == 1 else np.vstack([people, people])


def as_frame() -> pd.DataFrame:
    """Return the standard as a table: one row per sex and age band, columns ``sex, age_band, population``.

    Examples
    --------
    >>> as_frame().groupby("sex")["population"].sum().to_dict()
    {'female': 100000.0, 'male': 100000.0}
    """
    return pd.DataFrame(
        {
            "sex": np.repeat(["female", "male"], len(AGE_BANDS)),
            "age_band": AGE_BANDS * 2,
            "population": european_standard_population(2).ravel(),
        }
    )
