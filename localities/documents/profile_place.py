"""The part of a profile on the place itself: where it is, who lives there, its zones, its like, and services."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from localities.documents.document import Block, Bullets, Paragraph, Picture, Table
from localities.documents.drawings import map_of
from localities.documents.partnership import Partnership
from localities.explain import sentences as words
from localities.explain.beside import beside_similar_places
from localities.explain.facts import Facts
from localities.explain.in_hot_spots import in_hot_spots

_AGES = ("nrs_children", "nrs_working_age", "nrs_older_people")
"""Ages are always there; of all else what sets the place apart most."""
_APART = 5
_MOST_ZONES = 40
"""Zones of a place that are listed: a locality has fewer than twenty, a city as a whole hundreds."""


def _zones(facts: Facts, partnership: Partnership) -> pd.DataFrame:
    """Return the place's data zones from the largest share in need: name, residents, people in need, polygon."""
    members = partnership.tables["membership"]
    codes = members.loc[members["locality_id"] == facts.place["locality_id"], "zone_code"]
    zones = partnership.tables["zones"].set_index("zone_code").loc[codes]
    need = partnership.tables["need_outside"].drop_duplicates("zone_code").set_index("zone_code")["people_in_need"]
    zones = zones.assign(need=need.reindex(zones.index).to_numpy(dtype="float64", na_value=np.nan))
    zones = zones.assign(share=zones["need"] / zones["population"].where(zones["population"] > 0))
    zones = zones.reset_index()
    return zones.sort_values(["share", "zone_code"], ascending=[False, True], na_position="last", ignore_index=True)


def where_it_is(facts: Facts, partnership: Partnership) -> list[Block]:
    """Return the maps, and the neighbours."""
    zones = _zones(facts, partnership)
    place = facts.place["geometry"]
    around = partnership.drawn[partnership.drawn["locality_id"].isin(facts.neighbours["locality_id"])]
    neighbours = around["locality_name"].astype("str").tolist()
    name = facts.place["locality_name"]
    borders = f"{name} borders on {words.listed(neighbours)}." if neighbours else f"{name} borders on no other place."
    shown = "Left: in the partnership. Right: its data zones, by the share of residents who are income deprived."
    description = (
        f"Two maps. {name} in {partnership.cpp_name}; and its {len(zones)} data zones among its neighbours "
        f"{words.listed(neighbours)}, shaded by the share of residents who are income deprived."
    )
    svg = map_of(
        place,
        partnership.outlines,
        list(zip(neighbours, around["geometry"], strict=True)),
        list(zip(zones["geometry"], zones["share"], strict=True)),
    )
    return [Picture(svg, description, shown), Paragraph(borders)]


def shares_shown(facts: Facts, partnership: Partnership) -> pd.DataFrame:
    """Return shares of residents or households by indicator, ages first, then what sets the place apart most."""
    rows = partnership.own_estimates
    rows = rows[rows["locality_id"] == facts.place["locality_id"]].set_index("indicator_id")["value"]
    about = partnership.tables["indicators"].set_index("indicator_id")["indicator_title"]
    shares = partnership.shares_of_areas.assign(here=rows, title=about).dropna(subset=["here", "cpp"])
    odds = [
        (shares[one].clip(0.5, 99.5) / (100 - shares[one].clip(0.5, 99.5))).map(math.log) for one in ("here", "cpp")
    ]
    apart = (odds[0] - odds[1]).abs().sort_values(ascending=False)
    chosen = [one for one in _AGES if one in shares.index]
    chosen += [one for one in apart.index if one not in chosen and not one.startswith("simd_")][:_APART]
    return shares.loc[chosen]


def who_lives_here(chosen_rows: pd.DataFrame, partnership: Partnership) -> list[Block]:
    """Return ages, and the shares that set the place apart most, as `shares_shown` has them."""
    if chosen_rows.empty:
        return []
    lines = tuple(
        (str(row.title), *(words.figure(one, "%") for one in (row.here, row.cpp, row.scotland)))
        for row in chosen_rows.itertuples()
    )
    most = chosen_rows.iloc[len(chosen_rows) - min(_APART, len(chosen_rows)) :]
    more = most.loc[most["here"] > most["cpp"], "title"].tolist()
    fewer = most.loc[most["here"] <= most["cpp"], "title"].tolist()
    parts = [
        f"{word} {words.listed([inside_a_sentence(one) for one in some])}"
        for word, some in (("more", more), ("fewer", fewer)) if some
    ]  # fmt: skip
    return [
        Paragraph(f"What sets the place apart most from {partnership.cpp_name} as a whole: {'; '.join(parts)}."),
        Table(
            "Shares of residents or households; children are under 16, older people 65 and over",
            ("", "Here", partnership.cpp_name, "Scotland"),
            lines,
            (4, 1, 1.4, 1),
        ),
    ]


def inside_a_sentence(title: str) -> str:
    """Return a title as it stands inside a sentence."""
    return (
        title
        if title[:2].isupper() or title.startswith(("African", "Asian", "Polish"))
        else title[0].lower() + title[1:]
    )


def inside(facts: Facts, partnership: Partnership) -> list[Block]:
    """Return how even need is inside the place, its data zones, and hot spots."""
    zones = _zones(facts, partnership)
    # nobody lives in some zones: they have no share
    known = zones.dropna(subset=["need", "share"])
    blocks: list[Block] = []
    total = known["need"].sum()
    if len(known) > 1 and total:
        ordered = known.sort_values("need", ascending=False)
        half = int((ordered["need"].cumsum() < total / 2).sum()) + 1
        most = ordered.head(half)
        of_need, of_people = most["need"].sum() / total, most["population"].sum() / known["population"].sum()
        which = (
            "The zone with most people in need holds"
            if half == 1
            else f"The {half} zones with most (of {len(zones)}) hold"
        )
        first, last = known.iloc[0], known.iloc[-1]
        blocks.append(
            Paragraph(
                f"The share of residents who are income deprived is {words.share(first['share'])} in "
                f"{first['zone_name']} and {words.share(last['share'])} in {last['zone_name']}. {which} "
                f"{words.share(of_need)} of the people in need, {words.share(of_people)} of the residents."
            )
        )
    lines = tuple(
        (
            f"{number}  {row.zone_name} ({row.zone_code})",
            words.count(row.population),
            "hidden or not known" if pd.isna(row.need) else words.count(round(row.need)),
            "" if pd.isna(row.share) else words.share(row.share),
        )
        for number, row in enumerate(zones.head(_MOST_ZONES).itertuples(), start=1)
    )
    some = "" if len(zones) <= _MOST_ZONES else f": the {_MOST_ZONES} of {len(zones)} with the largest share in need"
    blocks.append(
        Table(
            f"Data zones, numbered as on the map{some}",
            ("Data zone", "Residents", "Income deprived", "Of residents"),
            lines,
            (4, 1, 1.3, 1),
        )
    )
    spots = in_hot_spots(partnership.tables, facts.place)
    return [*blocks, *(Paragraph(one) for one in spots[:2])]


def alike(facts: Facts, partnership: Partnership) -> list[Block]:
    """Return which places are most like it, and how it compares with them."""
    lines = beside_similar_places(partnership.tables, str(facts.place["locality_id"]), partnership.settings)
    if not lines:
        return []
    # the third line says for everybody what the comparison is for; here that is a few words
    named, compared = lines[:2]
    return [Bullets((Paragraph(named), Paragraph(f"{compared} This has no part in the answer.")))]


def services(facts: Facts) -> list[Block]:
    """Return how far services are."""
    rows = facts.findings[(facts.findings["role"] == "access") & (facts.findings["comparator"] == "scotland")]
    rows = rows[(rows["significance"] != "not_assessed") & rows["value"].notna()].sort_values("depth", ascending=False)
    if rows.empty:
        return []
    poorer = int(facts.verdict["access_poorer"])
    named = rows[rows["significance"] == "poorer"] if poorer else rows[rows["unit"] == "minutes"]
    some = [
        f"{inside_a_sentence(row.indicator_title)} {words.figure(row.value, row.unit)}"
        f"{'' if row.unit.startswith('%') else f' {row.unit}'} "
        f"({words.figure(row.comparator_value, row.unit)} elsewhere in Scotland)"
        for row in named.head(4 if poorer else 3).itertuples()
    ]
    assessed = words.things(facts.verdict["access_assessed"], "measure")
    found = (
        f"Access is importantly poorer than elsewhere in Scotland by {poorer} of {assessed}"
        if poorer
        else f"None of {int(facts.verdict['access_assessed'])} access measures is importantly poorer than elsewhere in "
        "Scotland"
    )
    return [
        Paragraph(
            f"{found}; access has no part in the answer. "
            f"{'The poorest' if poorer else 'For example'}: {'; '.join(some)}."
        )
    ]
