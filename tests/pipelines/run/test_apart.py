"""Steps computed by a process of their own: the same tables, and the same errors."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from indicators.errors import GeographyError
from pipelines.folders import Home
from pipelines.run import apart
from pipelines.run.offline import held_sources
from pipelines.run.run import Computing, run
from pipelines.run.workspace import open_workspace
from pipelines.steps.registry import all_steps, in_turn
from pipelines.steps.step import Context

APART = ("inequality", "hot_spots", "hot_spot_zones", "judgements")


@pytest.fixture
def home(copied: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A working folder in which the sample was run, where any work is enough for another process."""
    monkeypatch.setattr(apart, "_MANY_BYTES", 0)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    return copied


def test_another_process_makes_the_same_tables(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_workspace(home, is_sample=True).store
    before = {name: one.version for name, one in store.manifests().items()}
    for name in (*APART, "reach", "estimates"):
        shutil.rmtree(store.root / name)
    taken = []
    take = apart.Apart.take

    def noting(self, step):
        found = take(self, step)
        taken.extend(name for tables in found or () for name in tables)
        return found

    monkeypatch.setattr(apart.Apart, "take", noting)
    report = run(open_workspace(home, is_sample=True), areas=[], network=False)
    assert set(taken) == set(APART)
    assert set(APART) <= set(report.computed)
    assert {name: one.version for name, one in store.manifests().items()} == before


def failing(*_: object) -> dict[str, object]:
    raise GeographyError("zones without neighbours")


def test_an_error_of_the_other_process_is_the_error_of_the_run(home: Home) -> None:
    workspace = open_workspace(home, is_sample=True)
    step = next(one for one in workspace.steps if one.name == "hot_spots")
    context = Context({}, workspace.settings, workspace.catalogue, workspace.home.cache)
    with apart.Apart(workspace.store, failing) as process:
        process.begin(step, context)
        with pytest.raises(GeographyError, match="zones without neighbours"):
            process.take(step)


def test_what_fails_beside_is_found_out_by_the_run_itself(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = open_workspace(home, is_sample=True)
    before = workspace.store.manifest("hot_spots")
    shutil.rmtree(workspace.store.root / "hot_spots")
    first, step = (one for one in workspace.steps if one.name in ("zones", "hot_spots"))
    looked_at = []
    monkeypatch.setattr("pipelines.run.run.result_of", failing)
    with Computing(workspace, [step], held_sources(workspace, workspace.sources)) as computing:
        # hot spots are begun, and fail, beside a step that stays as it is
        assert computing.compute(first) is None
        computing.compute(step, lambda table, *_: looked_at.append(table))
    assert set(looked_at) == set(step.outputs)
    assert workspace.store.manifest("hot_spots").version == before.version


def test_files_are_read_ahead_by_the_other_process(home: Home, tmp_path: Path) -> None:
    workspace = open_workspace(home, is_sample=True)
    step = next(one for one in workspace.steps if one.name == "observations")
    files = {key: one.path_in(workspace.home.downloads) for key, one in workspace.sources.items()}
    context = Context(files, workspace.settings, workspace.catalogue, tmp_path / "cache")
    with apart.Apart(workspace.store, failing) as process:
        process.begin_ahead(step, context)
        process.wait_ahead(step)
    read, before = (
        {one.name for one in (folder / "observations").iterdir()} for folder in (context.cache, workspace.home.cache)
    )
    assert read == before


def test_what_goes_apart_comes_last_and_what_it_needs_first() -> None:
    names = [one.name for one in in_turn(all_steps("2011"))]
    assert set(names[-2:]) == {"inequality", "hot_spots"}
    # verdicts wait for judgements, and findings are made meanwhile
    assert names.index("findings") < names.index("judgements") < names.index("verdicts")
    assert max(names.index(one) for one in ("zones", "adjacency")) < names.index("candidate_localities")
    # files of figures are read beside the drawing
    assert names.index("candidate_localities") < names.index("observations") < names.index("estimates")
    made: set[str] = set()
    for one in in_turn(all_steps("2011")):
        assert {"zones", "adjacency", "observations"} & set(one.inputs) <= made
        made |= set(one.outputs)
