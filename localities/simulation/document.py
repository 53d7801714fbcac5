"""The validation as a page of documentation, in Markdown: the same bytes for the same numbers, and no date."""

from __future__ import annotations

import numpy as np
import pandas as pd

from localities.simulation.markdown import Show, percent, share, table
from localities.simulation.planted import AS_PLANTED, SIZES
from localities.simulation.proof import known_page, next_edition_page, persons_page
from localities.simulation.suite import Validation
from localities.simulation.worlds import SCENARIOS

_SHOWN = (1.5, 2.0, 3.0)
"""Sizes of effect at which other rules are held beside the one in use."""

_KINDS = {"mean": "mean", "proportion": "proportion", "rate": "rate"}


def document(validation: Validation, *, provenance: dict[str, str] | None = None) -> str:
    """Return the page.

    Parameters
    ----------
    validation
        From `localities.simulation.suite.validate`.
    provenance
        More facts for its head, such as the versions of the tables and of the code.
    """
    facts = {**validation.facts, **(provenance or {})}
    found = validation.tables
    parts = [
        "# Validation\n",
        "Written by `localities validate`; do not edit. What the method is, and what follows from these numbers, is in "
        "[METHODS.md](METHODS.md).\n",
        "\n".join(f"- {name}: {text}" for name, text in facts.items()) + "\n",
        *_intervals(found),
        *_nulls(found),
        *_drawn(found),
        *_power(found),
        *persons_page(found),
        *_rules(found),
        *_invariance(found),
        *_process(found),
        *next_edition_page(found),
        *known_page(found),
    ]
    return "\n".join(parts)


def _intervals(found: dict[str, pd.DataFrame]) -> list[str]:
    coverage, size = found["interval_coverage"], found["size"]
    return [
        "## Coverage of intervals\n",
        "Computed over every outcome, without simulation. Exact methods must not fall below nominal anywhere; the "
        "others are judged by their mean.\n",
        table(
            coverage,
            {
                "Method": lambda row: row["method"],
                "Of": lambda row: row["quantity"],
                "Nominal": lambda row: percent(row["nominal"]),
                "Mean": lambda row: percent(row["mean_interval_coverage"]),
                "Lowest": lambda row: percent(row["lowest_interval_coverage"]),
                "Lowest at": lambda row: row["lowest_at"],
                "Points below nominal": lambda row: f"{percent(row['share_below_nominal'], 0)} of {row['points']:,}",
                "Grid": lambda row: row["grid"],
            },
        ),
        "## Size of tests\n",
        "How often a test rejects where its null is just true; again over every outcome.\n",
        table(
            size,
            {
                "Test": lambda row: row["method"],
                "Of": lambda row: row["quantity"],
                "Poorer is": lambda row: row["poorer_is"],
                "Null": lambda row: row["null"],
                "Level": lambda row: percent(row["level"]),
                "Mean": lambda row: percent(row["mean_size"]),
                "Highest": lambda row: percent(row["maximum_size"]),
                "Highest at": lambda row: row["highest_at"],
                "Points": lambda row: f"{row['points']:,}",
            },
        ),
    ]


def _nulls(found: dict[str, pd.DataFrame]) -> list[str]:
    kinds, sets, indicators = found["kinds"], found["sets"], found["indicators"]
    worlds = "\n".join(f"- *{one.name}*: {one.meaning}" for one in SCENARIOS)
    wide = indicators.pivot(index="indicator_id", columns="scenario", values=["p_below", "poorer", "assessed"])
    names = [one.name for one in SCENARIOS]
    last = indicators[indicators["scenario"] == names[-1]].set_index("indicator_id")
    by_indicator = wide.index.to_frame(index=False).assign(
        **{f"p {name}": (wide["p_below"][name] / wide["assessed"][name]).to_numpy() for name in names},
        **{f"poorer {name}": (wide["poorer"][name] / wide["assessed"][name]).to_numpy() for name in names},
        **{name: last[name].reindex(wide.index).to_numpy() for name in
           ("poorer", "false_poorer", "found_important", "truly_important")},
    )  # fmt: skip
    return [
        "## Where the truth is known: findings\n",
        "Simulated figures on the real zones, denominators, gaps and localities. Worlds:\n",
        worlds + "\n",
        "A finding of *poorer* is false where the true difference is no larger than the smallest important one; "
        "*slightly poorer* is false where there is no true difference toward poorer. Truth of a count is its zones' "
        "level; of a mean, the level due to where its zones lie, for their own scatter takes the part of chance. Every "
        "candidate set and both comparators together; corrected within candidate set, comparator and period as always, "
        "so that the false share is held over all indicators together and not within each kind.\n",
        table(
            kinds,
            {
                "World": lambda row: row["scenario"],
                "Kind": lambda row: _KINDS.get(row["kind"], row["kind"].replace("_", " ")),
                "Findings": lambda row: f"{row['assessed']:,.0f}",
                "p < 5 %": lambda row: share(row["p_below"], row["assessed"]),
                "p important < 5 %": lambda row: share(row["p_important_below"], row["assessed"]),
                "Truly important": lambda row: share(row["truly_important"], row["assessed"]),
                "Poorer": lambda row: share(row["poorer"], row["assessed"], 2),
                "of these false": lambda row: _false(row["false_poorer"], row["poorer"]),
                "Slightly poorer": lambda row: share(row["slightly_poorer"], row["assessed"], 2),
                "of these false ": lambda row: _false(row["false_slightly"], row["slightly_poorer"]),
                "Better": lambda row: share(row["better"], row["assessed"], 2),
                "Important found": lambda row: share(row["found_important"], row["truly_important"]),
            },
        ),
        "By indicator: share of findings with p below 5 % for no difference (before correction) and share called "
        "*poorer*, by world; then, in the world *"
        + names[-1]
        + "*, the share of these that is false, and of the truly important ones that is found.\n",
        table(
            by_indicator,
            {
                "Indicator": lambda row: f"`{row['indicator_id']}`",
                **{f"p < 5 %, {name}": _column(f"p {name}") for name in names},
                **{f"poorer, {name}": _column(f"poorer {name}") for name in names},
                f"of poorer false, {names[-1]}": lambda row: _false(row["false_poorer"], row["poorer"]),
                f"important found, {names[-1]}": lambda row: share(row["found_important"], row["truly_important"]),
            },
        ),
        "## Where the truth is known: verdicts\n",
        "The truth is put through the same rule: strong evidence is false where the true differences, known without "
        "error, would not give it, and groundless where not one vote is truly and importantly poorer. The error is the "
        "Monte Carlo standard error between worlds.\n",
        table(
            sets,
            {
                "World": lambda row: row["scenario"],
                "Candidate set": lambda row: row["candidate_set"].replace("_", " "),
                "Localities": lambda row: f"{row['localities']:,.0f}",
                "Strong": lambda row: share(row["strong"], row["localities"]),
                "Some": lambda row: share(row["some"], row["localities"]),
                "None": lambda row: share(row["none"], row["localities"]),
                "Insufficient": lambda row: share(row["insufficient"], row["localities"]),
                "Truly strong": lambda row: share(row["truly_strong"], row["localities"]),
                "of these found": lambda row: share(row["found_strong"], row["truly_strong"]),
                "False strong": lambda row: (
                    share(row["false_strong"], row["localities"], 2)
                    + ("" if np.isnan(row["false_strong_se"]) else f" ± {100 * row['false_strong_se']:.2f}")
                ),
                "Groundless strong": lambda row: f"{row['groundless_strong']:.0f}",
                "False some": lambda row: share(row["false_some"], row["localities"], 2),
            },
        ),
    ]


def _drawn(found: dict[str, pd.DataFrame]) -> list[str]:
    return [
        "## Drawn from outcomes, then tested\n",
        "Boundaries drawn anew in every world from the simulated figures of one indicator, and tested: as if nothing "
        "had happened, and by the rule that an indicator (and what is nearly the same) is not tested on what it drew. "
        "*Own* is the indicator used to draw. Truth here is that of the zones, for means too: what was gathered really "
        "is so.\n",
        table(
            found["drawn"],
            {
                "World": lambda row: row["scenario"],
                "Drawing": lambda row: row["drawing"],
                "Tested on what drew it": lambda row: row["tested_on_what_drew_it"],
                "Localities": lambda row: f"{row['localities']:,.0f}",
                "Own: p < 5 %": lambda row: share(row["own_p_below"], row["own_assessed"]),
                "Own: slightly poorer": lambda row: share(row["own_slightly_poorer"], row["own_assessed"]),
                "Own: poorer": lambda row: share(row["own_poorer"], row["own_assessed"]),
                "All: p < 5 %": lambda row: share(row["p_below"], row["assessed"]),
                "All: false poorer": lambda row: _false(row["false_poorer"], row["poorer"]),
                "All: false slightly": lambda row: _false(row["false_slightly"], row["slightly_poorer"]),
                "Strong": lambda row: share(row["strong"], row["localities"]),
                "Truly strong": lambda row: share(row["truly_strong"], row["localities"]),
                "False strong": lambda row: f"{row['false_strong']:.0f}",
            },
        ),
    ]


def _power(found: dict[str, pd.DataFrame]) -> list[str]:
    power = found["power"]
    ratios = sorted(power["ratio"].unique())
    parts = [
        "## Planted communities: what is found\n",
        f"Contiguous communities of {SIZES[0]:,} to {SIZES[1]:,} residents, one per partnership and world, in the "
        "world *clustered*. A ratio of 1.25 is one smallest important difference of every indicator in the "
        "votes named; in the other votes the community is at Scotland's level. So a community at a ratio of 1 in a "
        "well-off partnership is truly poorer than the rest of that partnership. Its neighbours are what they are, and "
        "a locality holds some of them. Shown: share of communities whose locality (the one with most of their "
        f"residents) gets strong evidence, and in brackets strong or some. *{AS_PLANTED.capitalize()}* is a candidate "
        "set in which the boundary happens to be right.\n",
    ]
    for pattern in power["pattern"].unique():
        one = power[power["pattern"] == pattern]
        strong = one.pivot_table(index="candidate_set", columns="ratio", values="is_strong", aggfunc="mean")
        some = one.pivot_table(index="candidate_set", columns="ratio", values="is_some", aggfunc="mean")
        reached = one.pivot_table(index="candidate_set", columns="ratio", values="share_reached", aggfunc="mean")
        about = one.groupby("candidate_set").agg(
            inside=("share_held", "mean"), residents=("locality_residents", "median"), count=("is_strong", "size")
        )
        each = int(about["count"].iloc[0] / len(ratios))
        rows = about.reset_index()
        parts += [
            f"### {pattern.capitalize()}: strong evidence (strong or some), {each} communities per ratio and set\n",
            table(
                rows,
                {
                    "Candidate set": lambda row: row["candidate_set"].replace("_", " "),
                    "Median residents": lambda row: f"{row['residents']:,.0f}",
                    "Of the community inside": lambda row: percent(row["inside"], 0),
                    **{f"{ratio:g}": _power_cell(strong, some, ratio) for ratio in ratios},
                    f"Residents reached at {ratios[-1]:g}": _reached_cell(reached, ratios[-1]),
                },
            ),
        ]
    planted = power[(power["candidate_set"] == AS_PLANTED) & (power["pattern"] == power["pattern"].iloc[0])]
    bands = pd.cut(planted["residents"], [0, 4_000, 6_500, np.inf], right=False,
                   labels=["fewer than 4,000", "4,000 to 6,499", "6,500 or more"])  # fmt: skip
    by_size = planted.assign(band=bands).pivot_table(
        index="band", columns="ratio", values="is_strong", aggfunc="mean", observed=True
    )
    number = bands.value_counts() / len(ratios)
    parts += [
        f"### {planted['pattern'].iloc[0].capitalize()}, {AS_PLANTED}: strong evidence by size of the community\n",
        table(
            by_size.reset_index(),
            {
                "Residents": lambda row: str(row["band"]),
                "Communities": lambda row: f"{number[row['band']]:.0f}",
                **{f"{ratio:g}": _value_cell(ratio) for ratio in ratios},
            },
        ),
    ]
    return parts


def _rules(found: dict[str, pd.DataFrame]) -> list[str]:
    rules, power = found["rules"], found["power"]
    few = power[(power["ratio"].isin(_SHOWN)) & (power["candidate_set"] == AS_PLANTED)]
    patterns = list(power["pattern"].unique())
    rows = []
    for name in rules["rule"].unique():
        row: dict[str, object] = {"rule": name}
        for one in rules[rules["rule"] == name].itertuples():
            row[f"strong {one.scenario}"] = f"{percent(one.strong / one.localities)} ({one.baseless:.0f})"
        for pattern in patterns:
            for ratio in _SHOWN:
                chosen = few[(few["pattern"] == pattern) & (few["ratio"] == ratio)]
                row[f"{pattern}, {ratio:g}"] = percent(chosen[f"is_strong: {name}"].mean(), 0)
        rows.append(row)
    frame = pd.DataFrame(rows)
    shown: dict[str, Show] = {"Rule": lambda row: row["rule"]}
    shown |= {f"Strong, {one.name}": _text(f"strong {one.name}") for one in SCENARIOS}
    shown |= {f"{pattern}, {ratio:g}": _text(f"{pattern}, {ratio:g}") for pattern in patterns for ratio in _SHOWN}
    return [
        "## Other rules of the verdict\n",
        "One setting changed at a time. Share of localities with strong evidence in each world, all sets together, and "
        "in brackets the number of those that have fewer than two votes truly and importantly poorer; then the share "
        f"of planted communities with strong evidence, {AS_PLANTED}.\n",
        table(frame, shown),
    ]


def _invariance(found: dict[str, pd.DataFrame]) -> list[str]:
    return [
        "## What must not matter\n",
        "On the real figures. An effective number of zones is Kish's; the zone cut is in the partnership with the "
        "fewest zones.\n",
        table(
            found["invariance"],
            {
                "Check": lambda row: row["check"],
                "Compared": lambda row: f"{row['compared']:,}",
                "Differing": lambda row: f"{row['differing']:,}",
                "Largest difference": lambda row: (
                    "below 0.000001" if row["largest_difference"] < 1e-6 else f"{row['largest_difference']:.3f}"
                ),
                "Expected": lambda row: row["expected"],
            },
        ),
    ]


def _process(found: dict[str, pd.DataFrame]) -> list[str]:
    return [
        "## What the worlds are fitted to\n",
        "Moran's I of normal scores over pairs of neighbouring zones, and the share of their variance that the world "
        "*clustered* makes smooth.\n",
        table(
            found["process"],
            {
                "Indicator": lambda row: f"`{row['indicator_id']}`",
                "Kind": lambda row: row["kind"],
                "Vote": lambda row: row["vote"].replace("_", " "),
                "Moran's I": lambda row: f"{row['neighbour_correlation']:.2f}",
                "Smooth share": lambda row: f"{row['smooth_share']:.2f}",
            },
        ),
    ]


def _false(part: float, whole: float) -> str:
    return f"{share(part, whole)} ({part:,.0f})" if whole else "none called so"


def _column(name: str) -> Show:
    return lambda row: percent(row[name])


def _text(name: str) -> Show:
    return lambda row: str(row[name])


def _value_cell(ratio: float) -> Show:
    return lambda row: percent(row[ratio], 0)


def _power_cell(strong: pd.DataFrame, some: pd.DataFrame, ratio: float) -> Show:
    def cell(row: pd.Series) -> str:
        first = _at(strong, row, ratio)
        return f"{100 * first:.0f} ({100 * (first + _at(some, row, ratio)):.0f}) %"

    return cell


def _reached_cell(reached: pd.DataFrame, ratio: float) -> Show:
    return lambda row: percent(_at(reached, row, ratio), 0)


def _at(shares: pd.DataFrame, row: pd.Series, ratio: float) -> float:
    return float(shares[ratio].to_dict()[row["candidate_set"]])
