"""What there is to say of a partnership as a whole: its flagged places by each answer, and whom they leave out."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from localities.explain import sentences as words
from localities.explain.of_the_council import of_the_council
from localities.explain.report import Explanation

_NAMED = 8
_EVERY_ZONE = '`localities reach --missed` and the layer "Need outside flagged places" show every zone.'
_RURAL = 6
"""First of the rural classes of the 8-fold urban rural classification."""


def explain_partnership(tables: Mapping[str, pd.DataFrame], cpp_code: str) -> Explanation:
    """Return what is flagged in a partnership in the drawing proposed, where people in need live outside, and context.

    Parameters
    ----------
    tables
        ``verdicts, need_outside, zones`` and, where it is there, ``council_context``.
    cpp_code
        Code of the partnership.
    """
    need = _need_of(tables, cpp_code)
    drawing, name = str(need["candidate_set"].iloc[0]), str(need["cpp_name"].iloc[0])
    verdicts = tables["verdicts"]
    own = verdicts[(verdicts["cpp_code"] == cpp_code) & (verdicts["candidate_set"] == drawing)]
    own = own.sort_values("priority_rank")
    sections = (
        (f"Flagged places ({drawing.replace('_', ' ')})", _flagged(own, name)),
        ("People in need outside them", (*need_outside_lines(tables, cpp_code), _EVERY_ZONE)),
        ("Access to services", _access(own)),
        ("The whole council, for context", of_the_council(tables, need.iloc[0])),
    )
    return Explanation(f"{name} ({cpp_code})", tuple((heading, lines) for heading, lines in sections if lines))


def _flagged(own: pd.DataFrame, name: str) -> tuple[str, ...]:
    scotland, cpp = (own[own[f"verdict_{one}"] == "strong_evidence"] for one in ("scotland", "cpp"))
    only = cpp[~cpp["locality_id"].isin(scotland["locality_id"])]
    return (
        f"Strong evidence of being poorer than Scotland: {len(scotland)} of {len(own):,} localities{_names(scotland)}.",
        f"Poorer than elsewhere in {name}: {len(cpp)}{_names(cpp)}. Of these, not shown to be poorer than Scotland: "
        f"{len(only)}. The two answers are never added up.",
        "No evidence does not mean no need. The decision is the partnership's.",
    )


def _names(places: pd.DataFrame) -> str:
    some = places["locality_name"].astype(str).head(_NAMED).tolist()
    more = len(places) - len(some)
    return f" ({'; '.join(some)}{f'; and {more} more' if more else ''})" if some else ""


def _need_of(tables: Mapping[str, pd.DataFrame], cpp_code: str) -> pd.DataFrame:
    need = tables["need_outside"]
    return need[need["cpp_code"] == cpp_code].merge(
        tables["zones"][["zone_code", "cpp_name", "intermediate_zone_name", "urban_rural_8_code"]], on="zone_code"
    )


def need_outside_lines(tables: Mapping[str, pd.DataFrame], cpp_code: str) -> tuple[str, ...]:
    """Return how many people in need live outside every flagged place of a partnership, and where."""
    need = _need_of(tables, cpp_code)
    name = str(need["cpp_name"].iloc[0])
    total, outside = need["people_in_need"].sum(), need["need_outside_scotland"].sum()
    if not total:
        return ()
    rural = need["urban_rural_8_code"].astype("Float64").ge(_RURAL).fillna(False).to_numpy(dtype=bool)
    where = need.groupby("intermediate_zone_name", observed=True)["need_outside_scotland"].sum().nlargest(5)
    hidden = int((need["status"] == "suppressed").sum())
    beyond = need["need_outside_cpp"].sum()
    people = f"{words.count(round(total))} income-deprived people of {name}"
    lines = [
        (
            f"None of the {people} live in a place poorer than Scotland"
            if outside == total
            else f"{words.count(round(outside))} of {people} ({words.share(outside / total)}) live outside every place "
            "poorer than Scotland"
        )
        + (
            f", {words.count(round(beyond))} outside every place poorer than elsewhere in it."
            if beyond < total
            else ", and none in a place poorer than elsewhere in it."
        ),
        "Most outside places poorer than Scotland, by intermediate zone: "
        f"{words.listed([f'{one} ({words.count(round(of))})' for one, of in where.items()])}.",
    ]
    if rural.any():
        in_country = need.loc[rural, "people_in_need"].sum()
        reached = in_country - need.loc[rural, "need_outside_scotland"].sum()
        live = f"{words.count(round(in_country))} income-deprived people live in rural areas (classes 6 to 8)"
        lines.append(
            f"{live}; places poorer than Scotland reach {words.count(round(reached))} of them."
            if round(reached)
            else f"{live}; places poorer than Scotland reach none of them."
        )
    if hidden:
        lines.append(f"In {words.things(hidden, 'data zone')} the publisher hides the number.")
    return tuple(lines)


def _access(own: pd.DataFrame) -> tuple[str, ...]:
    poorer = own[own["verdict_access"] == "poorer"]
    return (
        f"Access (travel times, broadband) is importantly poorer than elsewhere in Scotland in {len(poorer)} of "
        f"{len(own):,} localities; it has no part in the verdicts.",
    )
