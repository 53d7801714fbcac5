"""How well ways of drawing agree with the neighbourhoods that residents of Edinburgh drew.

``python -m tests.bench --agreement`` with LOCALITIES_MIRROR set prints it. Every way is held against the same
residents: those of 2011's output areas, by the neighbourhood that their point lies in. Shown: areas, adjusted Rand
index over pairs of residents, V-measure, and the share of a resident's own neighbourhood that is in the same area, on
average (which grows with the size of areas, where the index does not). The weights of natural communities were set on
these very neighbourhoods (`localities.drawing.natural_communities.weights`): leaving out one kind of vote at a time
shows what each is worth. Not a test: nothing here fails.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from localities.candidates import drawing_context
from localities.drawing.natural_communities import Weights
from localities.drawing.natural_communities.communities import design_communities
from localities.drawing.natural_communities.weights import IDENTITIES
from localities.zones.adjacency import build_adjacency
from localities.zones.barriers import read_barriers
from localities.zones.zones import build_zones

if TYPE_CHECKING:
    from localities.drawing.context import DrawingContext

CITY = "City of Edinburgh"
FORMAL = ("intermediate_zones", "wards", "wards_split", "postcode_sectors", "postcode_districts")


def compare(mirror: Path) -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    context = city(mirror)
    folder = mirror / "cec-natural-neighbourhood-polygons"
    truth = pd.read_csv(folder / "output_area_2011_to_natural_neighbourhood.csv").dropna(subset="name")
    print("| drawing | areas | adjusted Rand | V-measure | together |")
    print("|---|---|---|---|---|")
    for name, label in ways(context):
        table = contingency(truth, pd.Series(label, index=context.codes))
        print(f"| {name} | {table.shape[1]} | {adjusted_rand(table):.3f} | {v_measure(table):.3f} "
              f"| {together(table):.3f} |", flush=True)  # fmt: skip


def city(mirror: Path) -> DrawingContext:
    """Return what is needed to draw the city, from every source in the mirror."""
    files = {}
    for path in sorted((Path(__file__).resolve().parents[2] / "data" / "sources").glob("*.yaml")):
        source = yaml.safe_load(path.read_text(encoding="utf-8"))
        file = mirror / source.get("folder", source["id"]) / source["file_name"]
        if file.is_file():
            files[source["id"]] = file
    zones = build_zones(
        boundaries=files["sg-data-zone-boundaries-2011"],
        centroids=files["sg-data-zone-centroids-2011"],
        lookup=files["sg-data-zone-lookup-2011"],
        population=files["nrs-sape-2021"],
    )
    zones = zones[zones["cpp_name"] == CITY].reset_index(drop=True)
    return drawing_context(zones, build_adjacency(zones, barriers=read_barriers(files)), files)


def ways(context: DrawingContext) -> Iterator[tuple[str, NDArray]]:
    """Yield a name and the area of each zone, for every way."""
    for name in FORMAL:
        yield name.replace("_", " "), of_zones(context, name)
    if context.named_places is not None:
        shares = context.named_places[1]
        largest = shares.sort_values("share").drop_duplicates("zone", keep="last").set_index("zone")["place"]
        yield "nearest name of Open Names, no limit", largest.reindex(range(len(context.zones))).to_numpy()
        alone = Weights({"named_place": 1.0}, border=0.0)
        yield "nearest name alone, under the limit", design_communities(context, weights=alone).region
    yield "natural communities", design_communities(context).region
    for kind in IDENTITIES:
        rest = {key: vote for key, vote in IDENTITIES.items() if key != kind}
        yield f"without {kind.replace('_', ' ')}", design_communities(context, weights=Weights(rest)).region
    school = Weights({**IDENTITIES, "nearest_primary_school": 0.5})
    yield "with nearest primary school", design_communities(context, weights=school).region
    yield "with smoother borders", design_communities(context, weights=Weights(border=1.5)).region


def of_zones(context: DrawingContext, set_id: str) -> NDArray:
    """Return the area of a set that most of each zone is in."""
    drawing = context.draw(set_id).sort_values("weight", kind="stable").drop_duplicates("zone_code", keep="last")
    return drawing.set_index("zone_code")["locality_code"].reindex(context.codes).to_numpy(dtype=object)


def contingency(truth: pd.DataFrame, area_of_zone: pd.Series) -> NDArray[np.float64]:
    """Return residents by neighbourhood (rows) and area (columns)."""
    area = truth["DataZone"].map(area_of_zone)
    return pd.crosstab(truth["name"], area, values=truth["residents"], aggfunc="sum").fillna(0.0).to_numpy()


def adjusted_rand(table: NDArray[np.float64]) -> float:
    """Return the adjusted Rand index over pairs of residents (Hubert and Arabie 1985).

    >>> tables = [[2.0, 0.0], [0.0, 2.0]], [[1.0, 1.0], [1.0, 1.0]]
    >>> [round(adjusted_rand(np.array(one)), 6) for one in tables]
    [1.0, -0.5]
    """

    def pairs(people: NDArray[np.float64]) -> float:
        return float((people * (people - 1) / 2).sum())

    rows, columns = pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    expected = rows * columns / pairs(np.array([table.sum()]))
    return (pairs(table) - expected) / ((rows + columns) / 2 - expected)


def v_measure(table: NDArray[np.float64]) -> float:
    """Return the V-measure: mutual information over the mean of the two entropies (Rosenberg and Hirschberg 2007).

    >>> v_measure(np.array([[2.0, 0.0], [0.0, 2.0]])), v_measure(np.array([[1.0, 1.0], [1.0, 1.0]]))
    (1.0, 0.0)
    """

    def entropy(people: NDArray[np.float64]) -> float:
        share = people[people > 0] / table.sum()
        return float(-(share * np.log(share)).sum())

    rows, columns = entropy(table.sum(axis=1)), entropy(table.sum(axis=0))
    return 2 * (rows + columns - entropy(table.ravel())) / (rows + columns)


def together(table: NDArray[np.float64]) -> float:
    """Return the mean share of a resident's neighbourhood that is in the resident's area.

    >>> together(np.array([[2.0, 2.0], [0.0, 4.0]]))
    0.75
    """
    return float((table**2 / table.sum(axis=1, keepdims=True)).sum() / table.sum())
