"""Sections of the page of the validation: places drawn person by person, the next edition, and what is known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from localities.simulation.known import KNOWN_SET, RULES
from localities.simulation.markdown import Show, percent, share, table
from localities.simulation.persons import AT_THE_BOUNDARY

_MANY = 40
"""Most places listed."""


def persons_page(found: Mapping[str, pd.DataFrame]) -> list[str]:
    """Return the section on places whose true ratio is known exactly."""
    everywhere = {name: found[f"person_{name}"] for name in ("findings", "votes", "verdicts")}
    findings, votes, verdicts = (one[~one["is_real_elsewhere"]] for one in everywhere.values())
    real = {name: one[one["is_real_elsewhere"]] for name, one in everywhere.items()}
    ratios, sizes = sorted(findings["ratio"].unique()), sorted(findings["residents"].unique())
    declared = findings[findings["episodes"].isna() & (findings["residents"] == sizes[len(sizes) // 2])]
    summed = declared.groupby(["indicator_id", "ratio"])[["places", "below", "poorer"]].sum()
    below = (summed["below"] / summed["places"]).unstack("ratio")
    poorer = (summed["poorer"] / summed["places"]).unstack("ratio")
    below.columns, poorer.columns = [f"below {one:g}" for one in below], [f"poorer {one:g}" for one in poorer]
    by_indicator = below.join(poorer).reset_index()
    chance = f"below {AT_THE_BOUNDARY:g}"
    places = summed["places"].unstack("ratio")[AT_THE_BOUNDARY]
    by_indicator["places"] = places.reindex(by_indicator["indicator_id"]).to_numpy()
    error = np.sqrt(0.05 * 0.95 / max(places.max() / 2, 1))
    shown: dict[str, Show] = {
        "Indicator": lambda row: f"`{row['indicator_id']}`",
        f"p important < 5 % at {AT_THE_BOUNDARY:g}": lambda row: f"{percent(row[chance])} ({row['places']:,.0f})",
    }
    shown |= {f"Poorer at {ratio:g}": _cell(f"poorer {ratio:g}") for ratio in ratios}
    whole = findings[(findings["comparator"] == "cpp") & findings["is_whole"]]
    covered = whole["covered"].sum() / max(whole["places"].sum(), 1)
    votes = votes[votes["episodes"].isna() & (votes["places"] > 0)]
    counted = votes.groupby(["vote", "residents", "ratio"], sort=False)[["places", "poorer"]].sum()
    by_vote = (counted["poorer"] / counted["places"]).unstack("ratio").reset_index()
    spread = findings[findings["residents"] == sizes[len(sizes) // 2]]
    spread = spread[spread["ratio"] == AT_THE_BOUNDARY].assign(
        episodes=spread["episodes"].map(lambda one: "as declared" if np.isnan(one) else f"{one:g}")
    )
    several = found["process"].set_index("indicator_id")["dispersion"] > 1
    spread = spread[spread["indicator_id"].map(several)]
    episodes = spread.groupby(["indicator_id", "episodes"])[["places", "below"]].sum()
    by_spread = (episodes["below"] / episodes["places"]).unstack("episodes").reset_index()
    names = [one for one in by_spread.columns if one != "indicator_id"]
    return [
        "## Places whose true ratio is known: drawn person by person\n",
        "Contiguous places of a stated size, one per partnership and world, whose level is a stated multiple of "
        "Scotland's in every indicator; all other zones have Scotland's level, so that what they are held against is "
        f"known. {AT_THE_BOUNDARY:g} is just at the smallest important difference of every indicator (on other scales "
        "one of them), where *poorer* is false; the family is that of natural communities, where nobody else is "
        "poorer, so that correction is at its strictest. Counts are drawn from the people concerned, episodes several "
        "to a person with the declared dispersion, and published rounded, hidden and as ratios. Both comparators "
        "together.\n",
        f"Of places of {sizes[len(sizes) // 2]:,}: the share whose p of the important difference is below 5 % at the "
        "boundary (uncorrected; 5 % is right, of as many answers as stand in brackets), and the share called "
        "*poorer*. The two answers of a place share its own chance, so that they tell little more than one: the Monte "
        f"Carlo error of 5 % is {percent(error)}, and the largest of so many indicators is to be expected two such "
        "errors above.\n",
        table(by_indicator, shown),
        f"Intervals of ratios within the partnership hold the true ratio in {percent(covered)} of findings on counts "
        "that are published whole.\n",
        "Share of places with a vote *poorer*, by size:\n",
        table(
            by_vote,
            {
                "Vote": lambda row: row["vote"].replace("_", " "),
                "Residents": lambda row: f"{row['residents']:,}",
                **{f"{ratio:g}": _cell(ratio) for ratio in ratios},
            },
        ),
        "Verdicts, and beside them the localities of the family where nothing is poorer:\n",
        table(
            verdicts.sort_values(["residents", "episodes", "ratio"], na_position="first"),
            {
                "Residents": lambda row: f"{row['residents']:,.0f}",
                "Ratio": lambda row: f"{row['ratio']:g}",
                "True dispersion of episodes": lambda row: (
                    "as declared" if np.isnan(row["episodes"]) else f"{row['episodes']:g}"
                ),
                "Places": lambda row: f"{row['places']:,.0f}",
                "Strong": lambda row: share(row["strong"], row["places"]),
                "Elsewhere": lambda row: f"{row['others']:,.0f}",
                "Strong elsewhere": lambda row: f"{row['others_strong']:.0f}",
            },
        ),
        *_among_real_places(real),
        "Indicators of episodes at the boundary: share with p of the important difference below 5 %, by the true "
        "dispersion. Where that is greater than the declared one, more are called so than should be.\n",
        table(
            by_spread,
            {"Indicator": lambda row: f"`{row['indicator_id']}`", **{f"Dispersion {one}": _cell(one) for one in names}},
        ),
    ]


def _among_real_places(real: Mapping[str, pd.DataFrame]) -> list[str]:
    """Return the tables of the same places where everybody else is as poor as the real figures say."""
    shown = {}
    for name, by in (("votes", "vote"), ("findings", "indicator_id")):
        counted = real[name][real[name]["places"] > 0].groupby([by, "ratio"], sort=False)[["places", "poorer"]].sum()
        shown[name] = (counted["poorer"] / counted["places"]).unstack("ratio").reset_index()
    strong = real["verdicts"].groupby("ratio")[["places", "strong"]].sum()
    shown["votes"].loc[len(shown["votes"])] = {"vote": "strong evidence", **(strong["strong"] / strong["places"])}
    ratios = [one for one in shown["votes"].columns if one != "vote"]
    cells = {f"{ratio:g}": _cell(ratio) for ratio in ratios}
    return [
        "The same places of the middle size set into Scotland as it is: everywhere else the real figures stand, so "
        "that the family holds as many poor places as there are, and correction asks what it asks in use. The ratio "
        "is that to Scotland; only that answer is counted. Share *poorer* by vote and indicator, and verdicts:\n",
        table(shown["votes"], {"Vote": lambda row: row["vote"].replace("_", " "), **cells}),
        table(shown["findings"], {"Indicator": lambda row: f"`{row['indicator_id']}`", **cells}),
    ]


def next_edition_page(found: Mapping[str, pd.DataFrame]) -> list[str]:
    """Return the section on whether what maps show comes true; nothing where no figure has two editions."""
    if "next_values" not in found:
        return []
    return [
        "## Does what maps show come true?\n",
        f"Values and chances for maps ({KNOWN_SET.replace('_', ' ')}), made of an earlier edition of a figure alone, "
        "held against its next edition, which shares at most a quarter of its years. First the root mean square error "
        "of the next value, in its standard deviations between places: foretold by the earlier value as published, and "
        "by the shrunken one, both moved by what Scotland's whole changed. It holds real change and the next edition's "
        "own chance, too.\n",
        table(
            found["next_values"],
            {
                "Indicator": lambda row: f"`{row['indicator_id']}`",
                "Earlier": _text("earlier"),
                "Next": _text("later"),
                "Places": lambda row: f"{row['places']:,}",
                "Foretold by the value": lambda row: f"{row['as_published']:.3f}",
                "By the shrunken value": lambda row: f"{row['shrunken']:.3f}",
            },
        ),
        "Chances of being among the partnership's worst fifth, over these indicators, and how often the place was "
        "there in the next edition. Because the next edition has chance of its own, and places change, chances near "
        "0 and 1 must come true a little less often than they say.\n",
        table(
            found["next_chances"],
            {
                "Chance": lambda row: f"{row['from']:.0%} to {row['to']:.0%}",
                "Places and indicators": lambda row: f"{row['places']:,.0f}",
                "Mean chance": _cell("mean_chance"),
                "Came true": _cell("came_true"),
            },
        ),
    ]


def known_page(found: Mapping[str, pd.DataFrame]) -> list[str]:
    """Return the section that holds verdicts beside what is known; nothing where the tables have no verdicts."""
    if "known_agreement" not in found:
        return []
    shares: dict[str, Show] = {
        "Residents": lambda row: f"{row['residents']:,.0f}",
        "In Scotland's worst fifth": _cell("worst_fifth"),
        **{words: _cell(name) for name, words in RULES.items()},
    }
    return [
        "## Does it agree with what is known?\n",
        f"On the real figures, {KNOWN_SET.replace('_', ' ')}. Printed, never asserted or tuned to: the index is made "
        "of many of the same figures, older, so to copy it would agree best. *Worst fifth* is the share of residents "
        "who live in Scotland's most deprived fifth of zones (SIMD 2020v2); the other columns are shares of residents "
        "in places that are named: by either answer, by a plain rule (most residents in the worst fifth), and by the "
        "Improvement Service's ranking, replayed here from the outcomes by intermediate zone that are at hand (mean "
        "z-score within each partnership, worst fifth named): so it names a fifth everywhere.\n",
        table(
            found["known_agreement"],
            {
                "Named by": lambda row: RULES[row["rule"]],
                "Places": lambda row: f"{row['places']:,}",
                "Of residents": lambda row: percent(row["residents"]),
                "Rank correlation with the worst fifth, over partnerships": lambda row: f"{row['correlation']:.2f}",
                "In the better half": lambda row: f"{row['better_half']:,}",
                "Most residents in the worst fifth, and not named": lambda row: f"{row['missed']:,}",
            },
        ),
        "By partnership:\n",
        table(found["known_cpps"].sort_values("worst_fifth"), {"Partnership": _text("area"), **shares}),
        "By urban-rural class of residents:\n",
        table(found["known_ground"], {"Class": _text("area"), **shares}),
        "Strong evidence, against Scotland or within the partnership, in places where a smaller share of residents is "
        "income-deprived than in the place of Scotland's median resident:\n",
        _places(found["known_better_half"]),
        "No strong evidence against Scotland, and most residents in the worst fifth:\n",
        _places(found["known_missed"]),
    ]


def _places(rows: pd.DataFrame) -> str:
    listed = table(
        rows.head(_MANY),
        {
            "Place": _text("locality_name"),
            "Partnership": _text("cpp_name"),
            "Residents": lambda row: f"{row['residents']:,.0f}",
            "Worst fifth": _cell("worst_fifth"),
            "Income-deprived": _cell("income"),
            "Against Scotland": lambda row: row["verdict_scotland"].replace("_", " "),
            "Within the partnership": lambda row: row["verdict_cpp"].replace("_", " "),
            "Why": lambda row: str(row["reason"]).replace("|", "/"),
        },
    )
    more = len(rows) - _MANY
    return listed + (f"\n… and {more:,} more.\n" if more > 0 else "") if len(rows) else "None.\n"


def _cell(name: object) -> Show:
    return lambda row: percent(row[name])


def _text(name: str) -> Show:
    return lambda row: str(row[name])
