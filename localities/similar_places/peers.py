"""The table ``peers``: the places most like each candidate locality and each partnership.

A third thing to hold a locality against, beside the two that the Act names: places that are like it. The method is
that of statistical nearest neighbours, as CIPFA uses it for councils: describe every area by figures, standardise each
figure over the areas compared (mean 0, standard deviation 1), and take the nearest by Euclidean distance. What areas
are described by, in three themes of equal weight:

- **settlement**: the share of residents in large urban areas; in any urban area; in urban areas or small towns; in
  remote or very remote places; in very remote ones (sums over the 8-fold urban rural classes, so that accessible
  countryside is nearer to remote countryside than to a city); and the logarithm of the density at which residents
  live, the mean over residents of the residents per hectare of their data zone;
- **age**: the shares of residents who are children, young adults, 65 and over, and 85 and over;
- **deprivation**: the share of residents who are income deprived.

Why deprivation is in: without it, peers mostly repeat that deprived places have poorer outcomes. With it they answer
the next question: does this place do worse, or better, than others as deprived? It must not be used to judge income
itself, for peers are alike in it by choice. So every area has peers of both kinds, ``matching`` says which, and
`localities.similar_places.against_peers` uses those found without deprivation for income and what is nearly the same.

Peers of a locality are of its own candidate set, anywhere in Scotland: other partnerships' and its own
(``is_same_cpp`` says which); those of own boundaries, which may be few, are natural communities.
Peers of a partnership are among the others. Similarity is not symmetric: the place most like an unusual one may have
many others more like it. The distance is.

References
----------
CIPFA, Nearest Neighbours Model (z-scores and Euclidean distance over local authorities).
Office for National Statistics, Clustering similar local authorities and statistical nearest neighbours in the UK.
Craig J (1985) Population Trends 39 (density as residents experience it).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from indicators.catalogue import Catalogue
from indicators.schema.tables import TABLES
from indicators.schema.validation import coerce
from indicators.schema.vocabulary import MATCHINGS
from localities.evidence.grading import guests_of, host_of
from localities.evidence.panel import Floats, Panel, build_panel
from localities.evidence.sums import Places, build_places
from localities.settings import Settings

if TYPE_CHECKING:
    import geopandas as gpd

PEERS = 10
"""How many peers each area has: enough for pooled figures to be steady, few enough to be told by name."""

FARTHEST = 2**0.5
"""Distance from which two areas are not called similar: that of two drawn at random, in standard deviations."""

WEIGHTS: Mapping[str, float] = {"settlement": 1.0, "age": 1.0, "deprivation": 1.0}
"""Weight of each theme in the mean squared difference; the figures of a theme share its weight."""

AGE = ("nrs_children", "nrs_young_adults", "nrs_older_people", "nrs_oldest_people")
"""Indicators of age structure. Residents of working age are the rest, and so say nothing more."""

_CLASSES = {
    "large_urban": (1,),
    "urban": (1, 2),
    "urban_or_town": (1, 2, 3, 4, 5),
    "remote": (4, 5, 7, 8),
    "very_remote": (5, 8),
}
"""Sums over the 8-fold urban rural classes."""


@dataclass(frozen=True)
class Description:
    """What areas are described by.

    Parameters
    ----------
    area_id, group
        One per area: its id, and its candidate set or ``cpp``. Peers are sought within a group.
    cpp
        Index of each area's partnership.
    figures
        Areas x figures, before standardising; NaN where there is no figure.
    names, themes
        Name and theme of each figure.
    """

    area_id: NDArray[np.object_]
    group: NDArray[np.object_]
    cpp: NDArray[np.intp]
    figures: Floats
    names: tuple[str, ...]
    themes: tuple[str, ...]


def described_by(
    observations: pd.DataFrame, catalogue: Catalogue, zones: pd.DataFrame, settings: Settings
) -> Panel | None:
    """Return the panel of the figures that areas are compared by: of age and deprivation, in their latest period.

    An indicator that is not in the observations, as in a catalogue of one's own, is left out; None where all are.
    """
    wanted = (*AGE, settings.need_indicator)
    there = [name for name in wanted if name in catalogue and catalogue[name].kind != "mean"]
    rows = observations[observations["indicator_id"].isin(there)]
    return build_panel(rows, catalogue, zones["zone_code"], headline_only=True) if len(rows) else None


def describe(
    panel: Panel | None, zones: pd.DataFrame | gpd.GeoDataFrame, places: Places, settings: Settings
) -> Description:
    """Return the figures that areas are compared by: every locality of `places`, then every partnership.

    Counts are summed over an area's zones before any share is taken.

    Parameters
    ----------
    panel
        From `described_by`.
    """
    names: list[str] = []
    themes: list[str] = []
    parts: list[tuple[Floats, Floats]] = []
    people = places.population
    urban_rural = zones["urban_rural_8_code"].to_numpy(dtype="float64", na_value=np.nan)
    classed = np.where(np.isfinite(urban_rural), people, 0.0)
    for name, classes in _CLASSES.items():
        names.append(name)
        themes.append("settlement")
        parts.append((classed * np.isin(urban_rural, classes), classed))
    hectares = zones["area_m2"].to_numpy(dtype="float64") / 10_000
    parts.append((np.where(hectares > 0, people * people / np.where(hectares > 0, hectares, 1.0), 0.0), people))
    names.append("density")
    themes.append("settlement")

    wanted = {**dict.fromkeys(AGE, "age"), settings.need_indicator: "deprivation"}
    if panel is not None:
        usable = panel.is_usable
        for column, one in enumerate(panel.indicators):
            known = usable[:, column]
            names.append(one.id)
            themes.append(wanted[one.id])
            parts.append(
                (np.where(known, panel.numerator[:, column], 0.0), np.where(known, panel.denominator[:, column], 0.0))
            )
    areas = sparse.vstack([places.members, places.by_cpp]).tocsr()
    with np.errstate(invalid="ignore", divide="ignore"):
        figures = (areas @ np.column_stack([top for top, _ in parts])) / (
            areas @ np.column_stack([bottom for _, bottom in parts])
        )
        density = names.index("density")
        figures[:, density] = np.log(figures[:, density])
    figures[~np.isfinite(figures)] = np.nan
    count = len(places.cpp_codes)
    return Description(
        area_id=np.concatenate([places.locality_id, places.cpp_codes]).astype(object),
        group=np.concatenate([places.candidate_set, np.full(count, "cpp", dtype=object)]).astype(object),
        cpp=np.concatenate([places.cpp, np.arange(count)]),
        figures=figures,
        names=tuple(names),
        themes=tuple(themes),
    )


@dataclass(frozen=True)
class Nearest:
    """The nearest areas of each area, by position among those given; areas without figures have none.

    Parameters
    ----------
    area, peer
        Positions, one per pair, in order of area and then rank.
    rank
        From 1.
    distance
        Over all themes that have a weight.
    by_theme
        Distance in each theme of `WEIGHTS`; NaN where it has no figures.
    """

    area: NDArray[np.intp]
    peer: NDArray[np.intp]
    rank: NDArray[np.intp]
    distance: Floats
    by_theme: dict[str, Floats]


def nearest(
    figures: Floats, themes: tuple[str, ...], *, weights: Mapping[str, float] = WEIGHTS, count: int = PEERS
) -> Nearest:
    """Return the nearest areas of each area.

    Parameters
    ----------
    figures
        Areas x figures. An area that lacks any has no peers and is nobody's.
    themes
        Theme of each figure.
    weights
        Weight of each theme; a theme with none has no say, but its distance is reported.
    count
        Peers wanted.

    Notes
    -----
    With z the figures standardised over the areas given (unweighted; a figure that is the same everywhere has no say),
    the squared distance is ``Σ w_t · mean over theme t of (z_i − z_j)² / Σ w_t``: the root mean square difference, in
    standard deviations. Two areas drawn at random lie about √2 apart.

    Examples
    --------
    Three places by age and deprivation: in standard deviations, children 0, 1.22 and −1.22 and the income deprived
    0, −1.22 and 1.22 from their means. The first lies √(1.22² / 2 + 1.22² / 2) from both others.

    >>> found = nearest(np.array([[18.0, 12.0], [20.0, 9.0], [16.0, 15.0]]), ("age", "deprivation"), count=1)
    >>> found.distance.round(3).tolist(), found.peer[1:].tolist()
    ([1.225, 1.225, 1.225], [0, 0])
    """
    from scipy.spatial import KDTree

    known = np.flatnonzero(np.isfinite(figures).all(axis=1))
    x = figures[known]
    z = _standardised(x, x)
    scaled = z * _scale(themes, weights)
    wanted = min(count, max(len(x) - 1, 0))
    if not wanted or not scaled.any():
        return _nobody()
    _, found = KDTree(scaled).query(scaled, k=wanted + 1)
    rows = np.arange(len(x))
    # each area finds itself, though not always first among places that are the same in everything
    found = np.reshape(found, (len(x), wanted + 1))
    own = found == rows[:, None]
    own[~own.any(axis=1), -1] = True
    peer = found[~own].reshape(len(x), wanted)
    distance = np.sqrt(((scaled[:, None, :] - scaled[peer]) ** 2).sum(axis=2))
    order = np.lexsort((peer, distance.round(12)), axis=1)
    peer, distance = np.take_along_axis(peer, order, axis=1), np.take_along_axis(distance, order, axis=1)
    return Nearest(
        area=known[np.repeat(rows, wanted)],
        peer=known[peer.ravel()],
        rank=np.tile(np.arange(1, wanted + 1), len(x)),
        distance=distance.ravel(),
        by_theme=_by_theme((z[:, None, :] - z[peer]) ** 2, themes),
    )


def nearest_hosts(
    guests: Floats,
    hosts: Floats,
    shares_residents: NDArray[np.bool_],
    themes: tuple[str, ...],
    *,
    weights: Mapping[str, float] = WEIGHTS,
    count: int = PEERS,
) -> Nearest:
    """Return the nearest hosts of each guest, standardised over the hosts alone.

    Parameters
    ----------
    guests, hosts
        Areas x figures. Who lacks any has no peers and is nobody's.
    shares_residents
        Guests x hosts: some live in both, so that they cannot be held against each other.
    themes, weights, count
        As for `nearest`; positions of `Nearest` are among the guests and among the hosts.
    """
    at, there = (np.flatnonzero(np.isfinite(one).all(axis=1)) for one in (guests, hosts))
    z, others = _standardised(guests[at], hosts[there]), _standardised(hosts[there], hosts[there])
    scale = _scale(themes, weights)
    wanted = min(count, len(there))
    if not wanted or not len(at) or not (others * scale).any():
        return _nobody()
    distance = np.sqrt((((z[:, None, :] - others) * scale) ** 2).sum(axis=2))
    distance[shares_residents[np.ix_(at, there)]] = np.inf
    peer = np.argsort(distance.round(12), axis=1, kind="stable")[:, :wanted]
    return Nearest(
        area=np.repeat(at, wanted),
        peer=there[peer.ravel()],
        rank=np.tile(np.arange(1, wanted + 1), len(at)),
        distance=np.take_along_axis(distance, peer, axis=1).ravel(),
        by_theme=_by_theme((z[:, None, :] - others[peer]) ** 2, themes),
    )


def _standardised(figures: Floats, over: Floats) -> Floats:
    """Return figures in standard deviations from the mean of some areas."""
    if not len(over):
        return np.zeros(figures.shape)
    spread = over.std(axis=0)
    # a figure that is the same everywhere differs by rounding only
    flat = spread <= 1e-12 * np.maximum(1.0, np.abs(over).max(axis=0, initial=0.0))
    return np.where(flat, 0.0, (figures - over.mean(axis=0)) / np.where(flat, 1.0, spread))


def _scale(themes: tuple[str, ...], weights: Mapping[str, float]) -> Floats:
    """Return what each standardised figure is multiplied by, so that squares add up to the squared distance."""
    total = sum(weights.get(name, 0.0) for name in dict.fromkeys(themes))
    scale = np.array([weights.get(name, 0.0) / themes.count(name) for name in themes])
    return np.sqrt(scale / total if total else scale)


def _by_theme(apart: Floats, themes: tuple[str, ...]) -> dict[str, Floats]:
    """Return distances in each theme from squared differences, areas x peers x figures."""
    of = np.array(themes, dtype=object)
    return {
        name: np.sqrt(apart[:, :, of == name].mean(axis=2)).ravel()
        if name in themes
        else np.full(apart.shape[0] * apart.shape[1], np.nan)
        for name in WEIGHTS
    }


def _nobody() -> Nearest:
    none = np.empty(0, dtype=np.intp)
    return Nearest(none, none, none, np.empty(0), {name: np.empty(0) for name in WEIGHTS})


def build_peers(
    observations: pd.DataFrame,
    catalogue: Catalogue,
    zones: pd.DataFrame | gpd.GeoDataFrame,
    candidate_localities: pd.DataFrame,
    membership: pd.DataFrame,
    settings: Settings,
    groups: Collection[str] = (),
) -> pd.DataFrame:
    """Return the table ``peers``: the ten places most like each candidate locality and each partnership.

    Parameters
    ----------
    observations, catalogue
        Tables and declarations; the latest period of each indicator of age and of ``need_indicator`` is used.
    zones
        Table ``zones``, with urban rural class, area and residents.
    candidate_localities, membership
        Tables of the same names.
    settings
        ``need_indicator``.
    groups
        Candidate sets, or ``cpp``, whose peers are wanted; all by default.

    Returns
    -------
    pandas.DataFrame
        Columns as declared in `indicators.schema.tables`. ``candidate_set`` is ``cpp`` for partnerships. Each area has
        peers twice: ``matching`` ``with_deprivation`` and ``without_deprivation`` (weight 0; ``deprivation_distance``
        then says how far apart they are in it all the same). A place without residents has none. Own boundaries, which
        may be few, have their peers among the localities of ``reference_set`` with which they share no residents.
    """
    places = build_places(zones, candidate_localities, membership)  # type: ignore[arg-type]
    what = describe(described_by(observations, catalogue, zones, settings), zones, places, settings)
    return peers_of(what, places, settings, groups)


def peers_of(what: Description, places: Places, settings: Settings, groups: Collection[str] = ()) -> pd.DataFrame:
    """Return the table ``peers`` of areas: those most like each in its group, with deprivation and without.

    `groups` are those whose peers are wanted; all by default.
    """
    frames = []
    sets = pd.Series(places.candidate_set, dtype="str")
    own, host = set(sets[guests_of(sets, settings)]), host_of(sets, settings)
    for group in (one for one in dict.fromkeys(what.group) if not groups or one in groups):
        at = np.flatnonzero(what.group == group)
        among = np.flatnonzero(what.group == host) if group in own else at
        for matching in MATCHINGS:
            weights = {**WEIGHTS, "deprivation": WEIGHTS["deprivation"] if matching == MATCHINGS[0] else 0.0}
            if group in own:
                shared = (places.members[at] @ places.members[among].T).toarray() > 0
                found = nearest_hosts(what.figures[at], what.figures[among], shared, what.themes, weights=weights)
            else:
                found = nearest(what.figures[at], what.themes, weights=weights)
            # a list of similar places ends where they are no longer similar
            near = found.distance <= FARTHEST
            area, peer = at[found.area[near]], among[found.peer[near]]
            frames.append(
                pd.DataFrame(
                    {
                        "area_id": what.area_id[area],
                        "candidate_set": group,
                        "matching": matching,
                        "peer_rank": found.rank[near],
                        "peer_id": what.area_id[peer],
                        "distance": found.distance[near],
                        **{f"{name}_distance": found.by_theme[name][near] for name in WEIGHTS},
                        "is_same_cpp": what.cpp[area] == what.cpp[peer],
                    }
                )
            )
    if not frames:
        return coerce("peers", pd.DataFrame({name: pd.Series(dtype="object") for name in TABLES["peers"].columns}))
    return coerce("peers", pd.concat(frames, ignore_index=True))
