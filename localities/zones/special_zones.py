"""Special zones: where many residents live in institutions, so that the figures describe the institution.

Students' halls, prisons, barracks, hospitals and care homes are communal establishments. The 2011 census published,
for every data zone, all residents and those in households: the difference lives in communal establishments. A zone
where that is a certain share of residents or more (the setting ``communal_share``) is *special*; findings say whether
they hold without such zones.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def is_special(zones: pd.DataFrame, communal_share: float) -> NDArray[np.bool_]:
    """Return whether each zone is special.

    Parameters
    ----------
    zones
        Table ``zones``: ``census_population, census_household_population``. A zone without either is not special.
    communal_share
        Share of residents in communal establishments from which a zone is special.

    Examples
    --------
    >>> import pandas as pd
    >>> zones = pd.DataFrame({"census_population": [800, 900], "census_household_population": [790, 400]})
    >>> is_special(zones, 0.25).tolist()
    [False, True]
    """
    total = zones["census_population"].astype("Float64").to_numpy(dtype="float64", na_value=np.nan)
    household = zones["census_household_population"].astype("Float64").to_numpy(dtype="float64", na_value=np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, (total - household) / total, 0.0) >= communal_share
