"""Rules that span tables: what must hold between places and figures before a table becomes current.

`indicators.schema.validation` checks a table by itself; here are the rules that need a second table. Each rule is
named, so that Dagster reports it as an asset check under the same name, and each failure is an error that says where.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from indicators.errors import GeographyError, SchemaError
from indicators.schema.vocabulary import PROJECTED_YEARS
from localities.boundaries.own_ids import PREFIX

Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Rule:
    """One rule of one table: the function that raises where it is broken, after which it is named, and what it says."""

    table: str
    check: Callable[[pd.DataFrame, Tables], None]
    says: str

    @property
    def name(self) -> str:
        """Its name in Dagster."""
        return self.check.__name__.removeprefix("_")


def check_rules(table: str, frame: pd.DataFrame, tables: Tables) -> None:
    """Raise at the first rule of a table that its new content breaks.

    Parameters
    ----------
    table, frame
        Name and new content.
    tables
        The tables that it was computed from, and those computed together with it.

    Raises
    ------
    GeographyError, SchemaError
        Naming the table, up to five codes, expected and found.
    """
    for rule in RULES:
        if rule.table == table:
            rule.check(frame, tables)


def _neighbours_are_zones(frame: pd.DataFrame, tables: Tables) -> None:
    unknown = set(frame["neighbour_code"]) - set(tables["zones"]["zone_code"])
    if unknown:
        raise GeographyError("A neighbour is not a data zone", where="table adjacency", codes=sorted(unknown))
    pairs = pd.MultiIndex.from_frame(frame[["zone_code", "neighbour_code"]])
    back = pd.MultiIndex.from_frame(frame[["neighbour_code", "zone_code"]])
    if not back.isin(pairs).all():
        raise GeographyError(
            "Neighbours are stored in one direction only", where="table adjacency", expected="both directions"
        )


def _areas_are_known(frame: pd.DataFrame, tables: Tables) -> None:
    zones = tables["zones"]
    for area_type, column in (("data_zone", "zone_code"), ("intermediate_zone", "intermediate_zone_code")):
        codes = pd.unique(frame.loc[frame["area_type"] == area_type, "area_code"])
        unknown = sorted(set(codes) - set(zones[column]))
        if unknown:
            raise GeographyError(
                f"Observations name areas that are not a {area_type.replace('_', ' ')} of this geography",
                where="table observations",
                column="area_code",
                codes=unknown,
                remedy="check the vintage of the source's geography",
            )


def _every_indicator_has_figures(frame: pd.DataFrame, tables: Tables) -> None:
    observed = frame["status"].isin(["observed", "modelled"]).groupby(frame["indicator_id"], observed=True).mean()
    bare = observed[observed < 0.5]
    if len(bare):
        raise SchemaError(
            "An indicator has figures for fewer than half of its areas",
            where="table observations",
            codes=bare.index,
            expected="at least 50 % observed",
            found=f"{bare.min():.0%}",
            remedy="check the source, and the columns that the declaration names",
        )


def _zones_are_known(frame: pd.DataFrame, tables: Tables) -> None:
    unknown = sorted(set(frame["zone_code"]) - set(tables["zones"]["zone_code"]))
    if unknown:
        raise GeographyError("Membership names unknown zones", where="table membership", codes=unknown)


def _residents_are_conserved(frame: pd.DataFrame, tables: Tables) -> None:
    zones, places = tables["zones"], tables["candidate_localities"]
    people = frame["zone_code"].map(zones.set_index("zone_code")["population"]) * frame["weight"]
    summed = people.groupby(frame["locality_id"]).sum()
    stated = places.set_index("locality_id")["population"]
    off = (summed.reindex(stated.index).fillna(0) - stated).abs() > np.maximum(1.0, 1e-6 * stated)
    if off.any():
        raise GeographyError(
            "Residents of localities are not those of their zones",
            where="table candidate_localities",
            column="population",
            codes=stated.index[off],
        )


def _one_cpp_each(frame: pd.DataFrame, tables: Tables) -> None:
    cpp = tables["zones"].set_index("zone_code")["cpp_code"]
    spread = frame["zone_code"].map(cpp).groupby(frame["locality_id"]).nunique()
    if (spread > 1).any():
        raise GeographyError(
            "A candidate locality reaches into more than one partnership's area",
            where="table membership",
            codes=spread.index[spread > 1],
        )


def _intervals_hold_values(frame: pd.DataFrame, tables: Tables) -> None:
    off = _outside(frame["value"], frame["lower_ci"], frame["upper_ci"])
    if off.any():
        raise SchemaError(
            "An interval does not hold its estimate",
            where="table estimates",
            codes=_named(frame, off, "locality_id", "indicator_id"),
        )


def _findings_have_reasons(frame: pd.DataFrame, tables: Tables) -> None:
    bare = (frame["significance"] == "not_assessed") & frame["reason"].isna()
    if bare.any():
        raise SchemaError(
            "A finding is not assessed and does not say why",
            where="table findings",
            codes=_named(frame, bare, "locality_id", "indicator_id"),
        )


def _every_locality_once(frame: pd.DataFrame, tables: Tables) -> None:
    expected = set(tables["candidate_localities"]["locality_id"])
    found = set(frame["locality_id"])
    if found != expected:
        raise SchemaError(
            "Verdicts do not cover the candidate localities",
            where="table verdicts",
            codes=sorted(expected ^ found),
        )


def _named(frame: pd.DataFrame, rows: pd.Series, *columns: str) -> pd.Series:
    """Return what to call some rows in a message, whether their text is held as text or as categories."""
    return frame.loc[rows, list(columns)].astype(str).agg(" / ".join, axis=1)


def _outside(value: pd.Series, lower: pd.Series, upper: pd.Series) -> pd.Series:
    """Return where a limit lies on the wrong side of its value; a missing limit has no side."""
    slack = 1e-9 * np.maximum(1.0, value.abs())
    return (lower > value + slack) | (upper < value - slack)


def _measures_are_whole(frame: pd.DataFrame, tables: Tables) -> None:
    off = _outside(frame["value"], frame["lower_ci"], frame["upper_ci"])
    off |= frame["value"].isna() & frame["reason"].isna()
    off |= frame["measure"].isin(["duncan_index", "concentration_index"]) & (frame["value"].abs() > 1 + 1e-9)
    if off.any():
        raise SchemaError(
            "A measure of inequality lies outside its limits or its range, or is missing and does not say why",
            where="table inequality",
            codes=_named(frame, off, "area_code", "measure"),
        )


def _every_partnership_is_measured(frame: pd.DataFrame, tables: Tables) -> None:
    expected = {*tables["zones"]["cpp_code"], "S92000003"}
    found = set(frame["area_code"])
    if found != expected:
        raise SchemaError(
            "Inequality is not measured for every partnership and Scotland",
            where="table inequality",
            codes=sorted(expected ^ found),
        )


def _trends_hold_together(frame: pd.DataFrame, tables: Tables) -> None:
    from indicators.change.trends import MINIMUM_PERIODS

    pairs = [("change", "change_lower_ci", "change_upper_ci")]
    pairs += [("annual_change_pct", "annual_change_lower_ci_pct", "annual_change_upper_ci_pct")]
    pairs += [(f"projected_{n}", f"projected_{n}_lower", f"projected_{n}_upper") for n in PROJECTED_YEARS]
    off = pd.Series(False, index=frame.index)
    for value, lower, upper in pairs:
        off |= _outside(frame[value], frame[lower], frame[upper])
    off |= (frame["trend_status"] != "trend") & (frame["reason"].isna() | frame["annual_change_pct"].notna())
    off |= (frame["trend_status"] == "trend") & (frame["period_count"] < MINIMUM_PERIODS)
    if off.any():
        raise SchemaError(
            "A trend lies outside its limits, is fitted to too few periods, or is missing and does not say why",
            where="table trends",
            codes=_named(frame, off, "locality_id", "indicator_id"),
        )


def _hot_spots_hold_together(frame: pd.DataFrame, tables: Tables) -> None:
    from localities.zones.graph import are_contiguous

    spots, zones = tables["hot_spots"].set_index("hot_spot_id"), tables["zones"].set_index("zone_code")
    whose = frame["hot_spot_id"]
    known = frame["zone_code"].isin(zones.index)
    people = frame["zone_code"].map(zones["population"]).groupby(whose).sum().reindex(spots.index)
    apart = ~are_contiguous(frame.rename(columns={"hot_spot_id": "locality_id"}), tables["adjacency"])
    # plain circles take what lies over the water too
    apart &= spots["shape"].reindex(apart.index) != "plain"
    own_cpp = frame["zone_code"].map(zones["cpp_code"]) == whose.map(spots["cpp_code"])
    abroad = ~own_cpp & (whose.map(spots["within"]) == "cpp")
    off = {
        *whose[~known | abroad | frame.duplicated("zone_code", keep=False)],
        *spots.index[people != spots["population"]],
        *apart.index[apart],
    }
    if off:
        raise GeographyError(
            "A hot spot is not what it should be: one piece, in one partnership's area, apart from all others",
            where="table hot_spot_zones",
            codes=sorted(off),
            expected="contiguous zones of one area, each in one hot spot, with the residents stated",
            remedy="mend the search for hot spots",
        )


def _progress_holds_together(frame: pd.DataFrame, tables: Tables) -> None:
    off = pd.Series(False, index=frame.index)
    for value in ("change", "rest_change", "change_against_rest"):
        off |= _outside(frame[value], frame[f"{value}_lower_ci"], frame[f"{value}_upper_ci"])
    off |= (frame["change"].isna() | frame["change_against_rest"].isna()) & frame["reason"].isna()
    ways = frame["change_direction"].astype("str") + " in " + frame["wider_direction"].astype("str")
    off |= frame["is_against_the_trend"] & ~ways.isin(["improving in worsening", "worsening in improving"])
    if off.any():
        raise SchemaError(
            "A change lies outside its limits, is missing and does not say why, or is against no trend",
            where="table progress",
            codes=_named(frame, off, "area_id", "indicator_id"),
        )


def _peers_are_other_places(frame: pd.DataFrame, tables: Tables) -> None:
    places = tables["candidate_localities"].set_index("locality_id")["candidate_set"]
    of = pd.concat([places.astype("str"), pd.Series("cpp", index=pd.unique(tables["zones"]["cpp_code"]))])
    off = (frame["area_id"] == frame["peer_id"]) | (frame["area_id"].map(of) != frame["candidate_set"])
    # places of own boundaries, which may be few, have their peers in another set
    peers, own = frame["peer_id"].map(of), frame["candidate_set"].astype("str").str.startswith(PREFIX)
    off |= (peers != frame["candidate_set"]) & ~(own & peers.notna() & ~peers.str.startswith(PREFIX).fillna(True))
    if off.any():
        raise GeographyError(
            "A peer is the place itself, unknown, or of another candidate set",
            where="table peers",
            column="peer_id",
            codes=_named(frame, off, "area_id", "peer_id"),
        )


def _peers_are_in_order(frame: pd.DataFrame, tables: Tables) -> None:
    rows = frame.sort_values(["area_id", "matching", "peer_rank"])
    lists = rows.groupby(["area_id", "matching"], observed=True, sort=False)
    off = (rows["peer_rank"] != lists.cumcount() + 1) | (lists["distance"].diff() < -1e-9)
    off |= rows.duplicated(["area_id", "matching", "peer_id"])
    if off.any():
        raise SchemaError(
            "Peers are not ranked from the nearest, or one is named twice",
            where="table peers",
            column="peer_rank",
            codes=rows.loc[off, "area_id"],
        )


def _people_in_need_are_conserved(frame: pd.DataFrame, tables: Tables) -> None:
    sums = frame["need_reached"] + frame["need_missed"]
    off = (sums - frame["people_in_need"]).abs() > 1e-6 * np.maximum(1.0, frame["people_in_need"])
    off |= frame["residents_in_scope"] > frame["population"] * (1 + 1e-6)
    # every set of a partnership counts the same people
    off |= frame.groupby("cpp_code")["people_in_need"].transform("nunique") > 1
    if off.any():
        raise SchemaError(
            "People in need reached and missed are not all of them, or more residents are in scope than there are",
            where="table reach",
            codes=_named(frame, off, "cpp_code", "candidate_set"),
        )


def _every_drawing_is_weighed(frame: pd.DataFrame, tables: Tables) -> None:
    key = ["cpp_code", "candidate_set"]
    drawn = set(map(tuple, tables["candidate_localities"][key].drop_duplicates().astype("str").to_numpy()))
    found = set(map(tuple, frame[key].astype("str").to_numpy()))
    several = frame.groupby("cpp_code")["is_recommended"].sum()
    if drawn != found or (several > 1).any():
        raise SchemaError(
            "A candidate set of a partnership is not weighed, or more than one is recommended there",
            where="table reach",
            codes=[*sorted(" / ".join(one) for one in drawn ^ found), *several.index[several > 1]],
        )


def _groups_hold_together(frame: pd.DataFrame, tables: Tables) -> None:
    silent = frame[(frame["significance"] == "not_assessed") & frame["reason"].isna()]
    if len(silent):
        raise SchemaError(
            "Findings on groups are not assessed without a reason",
            where="table group_findings",
            codes=(silent["indicator_id"] + " / " + silent["group_name"] + " / " + silent["area_code"]).head(),
        )
    councils = set(tables["zones"]["cpp_code"])
    areas = frame.groupby(["indicator_id", "group_name"])["area_code"].agg(set)
    lacking = [f"{' / '.join(key)}: {', '.join(sorted(councils - of))}" for key, of in areas.items() if councils - of]
    if lacking:
        raise SchemaError(
            "A group has no row for a council",
            where="table group_findings",
            codes=lacking,
            expected="one for every council, with a figure or the reason why there is none",
        )


RULES: tuple[Rule, ...] = (
    Rule("adjacency", _neighbours_are_zones, "Neighbours are zones, in both directions"),
    Rule("observations", _areas_are_known, "Every area observed is one of this geography"),
    Rule("observations", _every_indicator_has_figures, "At least half of the areas have a figure, for every indicator"),
    Rule("membership", _zones_are_known, "Every zone of a locality exists"),
    Rule("membership", _one_cpp_each, "Every candidate locality lies in one partnership's area"),
    Rule("membership", _residents_are_conserved, "A locality has the residents of its zones"),
    Rule("estimates", _intervals_hold_values, "Every interval holds its estimate"),
    Rule("findings", _findings_have_reasons, "What is not assessed says why"),
    Rule(
        "group_findings",
        _groups_hold_together,
        "Every group has a row for every council, and what is not assessed says why",
    ),
    Rule("verdicts", _every_locality_once, "Every candidate locality has one verdict"),
    Rule("inequality", _measures_are_whole, "Every measure lies in its limits or says why not"),
    Rule("inequality", _every_partnership_is_measured, "Every partnership and Scotland is measured"),
    Rule("trends", _trends_hold_together, "Every trend lies in its limits or says why not"),
    Rule(
        "progress",
        _progress_holds_together,
        "Every change lies in its limits or says why not, and what stands against a trend stands against one",
    ),
    Rule(
        "reach",
        _people_in_need_are_conserved,
        "People in need are reached or missed, the same people for every set of a partnership",
    ),
    Rule(
        "reach",
        _every_drawing_is_weighed,
        "Every set with a locality in a partnership is weighed there, and at most one recommended",
    ),
    Rule("peers", _peers_are_other_places, "A peer is another place of the same set"),
    Rule("peers", _peers_are_in_order, "Peers are ranked from the nearest, each once"),
    Rule("hot_spot_zones", _hot_spots_hold_together, "A hot spot is in one piece, in one area, and overlaps no other"),
)
