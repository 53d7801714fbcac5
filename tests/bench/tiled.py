"""Scotland many times over: the steps of a national run, one process each, on copies of the country side by side.

Every copy has codes, names of partnerships and land of its own; figures are those of Scotland. What is read from files
is repeated after it was read: zones, lookups between censuses, and what readers made of published files. Everything
else is computed by the steps of a run: neighbours, the drawings that need no file (natural communities of fewer
identities, intermediate zones), observations, and all that follows, to the files of one partnership.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.bench.measures import Bench, Measured, bench
from tests.bench.national import make_home, timed_process

if TYPE_CHECKING:
    import pandas as pd

    from pipelines.run.workspace import Workspace
    from pipelines.steps.step import Context

_CODE = re.compile(r"S(\d\d)(\d{6})")
_OWN_NAMES = ("cpp_name", "cpp_slug", "locality_id", "locality_name")
_DRAWN = ("intermediate_zones", "natural_communities")
"""Sets that are drawn from tables alone."""
_STEPS = (
    "tile", "adjacency", "observations", "candidate_localities", "estimates", "findings", "judgements", "verdicts",
    "publication",
)  # fmt: skip
_APART = 25_000
"""Codes of a kind between one copy and the next: those of data zones of three censuses end at 20,873."""


@bench("country", is_default=False)
def country(bench: Bench) -> list[Measured]:
    """The whole chain on one and on ten Scotlands, one process a step; one candidate set on a hundred."""
    make_home(bench)
    found: list[Measured] = []
    once: dict[str, float] = {}
    for times, steps in ((1, (*_STEPS, "one_set")), (10, _STEPS), (100, ("one_set",))):
        home = bench.home.parent / f"{bench.home.name}-times-{times}"
        for name in steps:
            took = timed_process([sys.executable, "-m", "tests.bench.tiled", name, str(times), str(bench.home),
                                  str(home), str(bench.mirror)])  # fmt: skip
            budget = once.setdefault(name, took.processor) * times * 1.1
            print(f"{times} times, {name}: {took}", file=sys.stderr, flush=True)
            found.append(Measured(f"{name}, {times} times Scotland", round(budget, 1), took.processor, "s",
                                  f"{took.megabytes:,.0f} MB at most; {took.said.strip()}"))  # fmt: skip
        shutil.rmtree(home, ignore_errors=True)
    return found


def repeated(frame: pd.DataFrame, times: int) -> pd.DataFrame:
    """Return a table of Scotland under each other so many times, every copy with codes, names and land of its own."""
    import pandas as pd

    return pd.concat([_copy(frame, number) for number in range(times)], ignore_index=True)


def _copy(frame: pd.DataFrame, number: int) -> pd.DataFrame:
    import pandas as pd
    import shapely

    if number == 0:
        return frame
    found = frame.copy(deep=False)
    east, north = number % 10 * 500_000.0, number // 10 * 1_300_000.0
    for name in frame:
        column = frame[name]
        if name == "geometry":
            found[name] = shapely.transform(column.to_numpy(), partial(np.add, [east, north]))
        elif name in ("centroid_x", "centroid_y"):
            found[name] = column + (east if name == "centroid_x" else north)
        elif not pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_datetime64_any_dtype(column):
            codes, texts = pd.factorize(column)
            moved = np.array([*(_moved(str(text), name, number) for text in texts), None], dtype=object)
            found[name] = pd.Series(moved[codes], index=column.index, dtype=column.dtype if
                                    not isinstance(column.dtype, pd.CategoricalDtype) else "category")  # fmt: skip
    return found


def _moved(text: str, column: str, number: int) -> str:
    moved = _CODE.sub(lambda code: f"S{code[1]}{int(code[2]) + number * _APART:06d}", text)
    if moved == text and column in _OWN_NAMES:
        return f"{text}-{number + 1}" if column in ("cpp_slug", "locality_id") else f"{text} {number + 1}"
    return moved


def _workspace(home: Path, mirror: Path) -> tuple[Workspace, Context]:
    """Return the workspace of a tiled home, whose steps read no files, and what steps may use."""
    from pipelines.folders import Home
    from pipelines.run.workspace import open_workspace
    from pipelines.steps.parts import in_parts
    from pipelines.steps.registry import all_steps, reading_only
    from pipelines.steps.step import Context

    whole = open_workspace(Home(home), mirror=mirror, candidate_sets=_DRAWN)
    steps = in_parts(reading_only(all_steps("2011"), ()), whole.settings, whole.sources)
    context = Context(
        files={key: one.path_in(mirror) for key, one in whole.sources.items()},
        settings=whole.settings, catalogue=whole.catalogue, cache=whole.home.cache,
    )  # fmt: skip
    return replace(whole, steps=steps), context


def tile(times: int, source: Path, home: Path, mirror: Path) -> str:
    """Write what is read from files, so many times."""
    import pandas as pd

    from indicators.observations.build import _by_reader, _place
    from pipelines.storage.store import Store

    workspace, context = _workspace(home, mirror)
    once, many = Store(source / "store"), workspace.store
    zones = repeated(once.read("zones"), times)
    many.write("zones", zones)
    many.write("crosswalk", repeated(once.read("crosswalk"), times))
    for name in ("indicators", "sources"):
        many.write(name, once.read(name))
    for reader, indicators in _by_reader(context.catalogue).items():
        kept = next((source / "cache" / "observations").glob(f"{reader}-*.parquet"))
        path = _place(reader, context.files, indicators, home / "cache")
        path.parent.mkdir(parents=True, exist_ok=True)
        repeated(pd.read_parquet(kept), times).to_parquet(path, compression="zstd", index=False)
    return f"{len(zones):,} zones"


def compute(name: str, home: Path, mirror: Path) -> str:
    """Compute the tables of one step as a run does, in this process."""
    from localities.evidence.sums import Panels
    from pipelines.run import run
    from pipelines.run.inputs import Inputs
    from pipelines.run.memory import spared

    workspace, context = _workspace(home, mirror)
    step = next(one for one in workspace.steps if one.name == name)
    store = workspace.store
    files = context.files if name == "observations" else {}
    with spared():
        run.compute(workspace, step, replace(context, files=files, panels=Panels()), {}, Inputs(store).of(step))
    return ", ".join(f"{store.manifest(one).rows:,} {one}" for one in step.outputs)  # type: ignore[union-attr]


def publication(home: Path, mirror: Path) -> str:
    """Write the files of one partnership: Fife of the first copy."""
    from pipelines.run import publish
    from pipelines.run.memory import spared
    from pipelines.run.shelf import Shelf

    workspace, _ = _workspace(home, mirror)
    shelf = Shelf(home / "publications")
    versions = {name: one.version for name, one in workspace.store.manifests().items()}
    with spared():
        found = publish._of_partnerships(workspace, shelf, versions, {"S12000047": "fife"}, None, None, lambda: None)
        shelf.issue(found)
    return ", ".join(f"{one.name} {one.path.stat().st_size:,} bytes" for one in found)


def one_set(times: int, source: Path) -> str:
    """Draw intermediate zones on so many Scotlands, and judge them by headline figures; the seconds of each."""
    import time

    import pandas as pd

    from indicators.catalogue import load_catalogue
    from localities.candidates import build_candidates, drawing_context
    from localities.evidence.findings import assess
    from localities.evidence.sums import build_places
    from localities.evidence.verdicts import verdicts_of
    from localities.evidence.weighing import sum_localities
    from localities.settings import Settings
    from localities.zones.adjacency import build_adjacency
    from pipelines.storage.store import Store
    from tests.bench.parts import panel_of_headlines

    took: dict[str, float] = {}

    def timed(name: str, start: float) -> float:
        now = time.process_time()
        took[name] = round(took.get(name, 0.0) + now - start, 1)
        return now

    once = Store(source / "store")
    panel, whole = panel_of_headlines(once), once.read("zones").sort_values("zone_code", ignore_index=True)
    clock = time.process_time()
    parts = []
    # shapes of so many would be most of the memory
    for number in range(times):
        own = _copy(whole, number)
        clock = timed("tiling", clock)
        adjacency = build_adjacency(own)
        clock = timed("adjacency", clock)
        places, within = build_candidates(drawing_context(own, adjacency, {}), sets=[_DRAWN[0]])
        parts.append([pd.DataFrame(one.drop(columns="geometry", errors="ignore")) for one in (own, places, within)])
        clock = timed("drawing", clock)
    zones, drawn, members = (pd.concat(tables, ignore_index=True) for tables in zip(*parts, strict=True))
    arrays = [key for key, value in vars(panel).items() if isinstance(value, np.ndarray) and value.ndim == 2]
    stacked: dict[str, Any] = {key: np.tile(getattr(panel, key), (times, 1)) for key in arrays}
    panel = replace(panel, zone_codes=zones["zone_code"].to_numpy(dtype=object), **stacked)
    localities = sum_localities((build_places(zones, drawn, members), panel))  # type: ignore[arg-type]
    clock = timed("sums", clock)
    settings = Settings()
    assessed = assess(localities, settings, wanted=("depth", "p_better", "p_important", "p_value"))
    clock = timed("evidence", clock)
    judged = verdicts_of(localities, assessed, zones, drawn, load_catalogue(), settings)
    timed("verdicts", clock)
    return f"{len(zones):,} zones, {len(judged):,} localities; {json.dumps(took)}"


def main(given: list[str]) -> Iterator[str]:
    name, times, source, home, mirror = given[0], int(given[1]), *map(Path, given[2:])
    if name == "tile":
        yield tile(times, source, home, mirror)
    elif name == "one_set":
        yield one_set(times, source)
    elif name == "publication":
        yield publication(home, mirror)
    else:
        yield compute(name, home, mirror)


if __name__ == "__main__":
    print(*main(sys.argv[1:]))
