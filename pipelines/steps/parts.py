"""Steps in parts: one for each candidate set, so that a drawing added, changed or removed recomputes itself alone.

A step that is `per_set` has the rows of a candidate set from that set alone, since families of tests are per set. Its
part for a set is the same step with the names of the parts, ``<table>/<set>``, in the place of tables in parts: so
versions, reasons and plans of parts are those of tables. Own boundaries are held against a reference set, whose parts
are then inputs too. What compares drawings is a step of its own that takes whole tables.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from localities.settings import Settings
    from pipelines.steps.step import Step


def sets_drawn(settings: Settings, available: Collection[str]) -> tuple[str, ...]:
    """Return the candidate sets that are drawn, in order, given the ids of the sources whose files are there.

    The setting `candidate_sets` names them; where it is empty, they are those drawn by default, then one's own.
    """
    from localities.boundaries.own_ids import SOURCE_PREFIX, set_of
    from localities.candidate_sets import default_sets, drawable

    own = tuple(sorted(set_of(one) for one in available if one.startswith(SOURCE_PREFIX)))
    named = tuple(one for one in settings.candidate_sets if one in own or drawable(one, available))
    return named or (*default_sets(available), *own)


def in_parts(steps: Iterable[Step], settings: Settings, available: Collection[str]) -> tuple[Step, ...]:
    """Return steps with their parts.

    Parameters
    ----------
    steps
        In order, with the sources that they read.
    settings
        Say which sets are drawn, and the one that own boundaries are held against.
    available
        Ids of the sources whose files are there.
    """
    every = tuple(steps)
    sets = sets_drawn(settings, available)
    split = {table for one in every if one.per_set for table in one.outputs}

    def with_parts(one: Step) -> Step:
        parts = (_part(one, name, sets, split, settings) for name in (*sets, *one.beside))
        return replace(one, parts=tuple(parts))

    return tuple(with_parts(one) if one.per_set else one for one in every)


def _part(step: Step, name: str, sets: Sequence[str], split: Collection[str], settings: Settings) -> Step:
    from localities.boundaries.own_ids import PREFIX

    is_own = name.startswith(PREFIX)
    # sets whose rows are needed: none for what is beside them
    needed = [name] if name in sets else []
    if is_own and step.held_against:
        others = [one for one in sets if not one.startswith(PREFIX)] or [one for one in sets if one != name]
        wanted = getattr(settings, step.held_against)
        needed += [wanted] if wanted in others else others
    inputs = [
        key for table in step.inputs for key in ([f"{table}/{one}" for one in needed] if table in split else [table])
    ]
    unused = {"candidate_sets", *([] if is_own else [step.held_against])}
    return replace(
        step,
        outputs=tuple(f"{table}/{name}" for table in step.outputs),
        inputs=tuple(inputs),
        find_sources=partial(_sources_of_part, step, name),
        settings=tuple(one for one in step.settings if one not in unused),
        part=name,
        parts=(),
    )


def _sources_of_part(step: Step, name: str) -> tuple[str, ...]:
    """Return the sources of a part: own boundaries read their own, other sets may look at those of one another."""
    from localities.boundaries.own_ids import PREFIX, SOURCE_PREFIX, source_of
    from localities.drawing.given_names import SOURCE

    sources = step.find_sources()
    if name.startswith(PREFIX):
        return tuple(one for one in sources if one in (source_of(name), SOURCE, "nrs-output-areas-2011"))
    return tuple(one for one in sources if not one.startswith(SOURCE_PREFIX))


def part_of_rows(frame: pd.DataFrame) -> pd.Categorical:
    """Return the part that each row of a table belongs to: its candidate set, also where only its id tells.

    Examples
    --------
    >>> import pandas as pd
    >>> list(part_of_rows(pd.DataFrame({"locality_id": ["wards:S13002965", "own_plan:shore"]})))
    ['wards', 'own_plan']
    """
    import pandas as pd

    naming = frame["candidate_set"] if "candidate_set" in frame else frame["locality_id"]
    if isinstance(naming.dtype, pd.CategoricalDtype):
        codes, names = naming.cat.codes.to_numpy(), naming.cat.categories
    else:
        codes, names = pd.factorize(naming)
    places, sets = pd.factorize(pd.Index([str(one).partition(":")[0] for one in names]))
    return pd.Categorical.from_codes(places[codes] if len(places) else codes, categories=sets)


def of_parts(frame: pd.DataFrame, names: Collection[str]) -> pd.DataFrame:
    """Return the rows of some parts of a table, in order."""
    import numpy as np

    parts = part_of_rows(frame)
    rows = np.isin(parts.categories, list(names))[parts.codes] if len(frame) else np.zeros(0, dtype=bool)
    if rows.all():
        return frame
    at = np.flatnonzero(rows)
    # most parts are rows that follow each other, which need not be picked out
    run = len(at) > 0 and at[-1] - at[0] + 1 == len(at)
    return (frame.iloc[at[0] : at[-1] + 1] if run else frame.iloc[at]).reset_index(drop=True)
