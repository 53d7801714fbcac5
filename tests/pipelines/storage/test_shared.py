"""A store that several machines share: one writer wins, the others are told, a reader sees all of it or none.

The object store is obstore's own, in memory: it keeps conditions as S3 does. `make team` asks a server.
"""

from __future__ import annotations

import uuid
from pathlib import Path

import pandas as pd
import pytest

from indicators.errors import ConfigError
from pipelines.folders import Home
from pipelines.run.team import STORE_VARIABLE, hand_over, keep_up, settings_for_all
from pipelines.storage.objects import Objects, Overtaken, StoreUnavailable
from pipelines.storage.shared import Shared, connected
from pipelines.storage.store import Store

pytest.importorskip("obstore", reason="the extra `team` is not installed")

MEMBERS = pd.DataFrame(
    {
        "locality_id": ["wards:A"],
        "candidate_set": ["wards"],
        "zone_code": ["S01000001"],
        "weight": [1.0],
        "exact_share": [0.0],
    }
)
LINKS = pd.DataFrame({"zone_code": ["S01000001"], "neighbour_code": ["S01000002"], "shared_border_m": [120.0],
                      "is_link": [False], "link_kind": [None], "barrier": [None]})  # fmt: skip


@pytest.fixture
def address() -> str:
    return f"memory:///{uuid.uuid4().hex}"


def machine(folder: Path, address: str) -> tuple[Store, Shared]:
    """Return the store of a machine of its own, as it is when a run begins there."""
    shared = connected(folder, address, "store")
    shared.pull()
    return Store(folder), shared


def test_what_one_machine_promotes_another_reads_from_its_own_folder(tmp_path, address):
    here, _ = machine(tmp_path / "a", address)
    written = here.write("membership", MEMBERS)
    there, shared = machine(tmp_path / "b", address)
    assert there.manifest("membership") == written
    pd.testing.assert_frame_equal(there.read("membership"), here.read("membership"))
    assert shared.pull() == 0


def test_of_two_runs_that_began_alike_the_second_is_told_by_whom_and_changes_nothing(tmp_path, address):
    (one, _), (other, again) = machine(tmp_path / "a", address), machine(tmp_path / "b", address)
    one.write("membership", MEMBERS)
    with pytest.raises(Overtaken, match=r"(?s)faster.*membership/current\.json.*written by .+, process \d+ at 20"):
        other.write("membership", MEMBERS.assign(weight=0.5))
    assert other.manifest("membership") is None
    again.pull()
    assert other.read("membership")["weight"].tolist() == [1.0]
    # and the run after it is right
    other.write("membership", MEMBERS.assign(weight=0.5))
    assert machine(tmp_path / "c", address)[0].read("membership")["weight"].tolist() == [0.5]


def test_a_table_computed_from_one_that_moved_meanwhile_is_refused_and_others_are_not(tmp_path, address):
    (one, _), (other, _) = machine(tmp_path / "a", address), machine(tmp_path / "b", address)
    old = one.write("membership", MEMBERS)
    other_shared = Shared.of(other.root)
    other_shared.pull()
    one.write("membership", MEMBERS.assign(weight=0.5))
    with pytest.raises(Overtaken, match="membership"):
        other.write("adjacency", LINKS, inputs={"membership": old.version})
    other.write("adjacency", LINKS)
    reader, _ = machine(tmp_path / "c", address)
    assert (len(reader.read("adjacency")), reader.read("membership")["weight"].tolist()) == (1, [0.5])


def test_a_run_that_ends_between_files_and_record_is_seen_by_nobody(tmp_path, address, monkeypatch):
    here, shared = machine(tmp_path / "a", address)
    before = here.write("membership", MEMBERS)
    with monkeypatch.context() as gone:
        gone.setattr(Objects, "replace", lambda *_: (_ for _ in ()).throw(StoreUnavailable("gone")))
        with pytest.raises(StoreUnavailable):
            here.write("membership", MEMBERS.assign(weight=0.5))
    assert here.manifest("membership") == before
    assert machine(tmp_path / "b", address)[0].manifest("membership") == before
    here.write("membership", MEMBERS.assign(weight=0.25))
    shared.pull()
    assert here.read("membership")["weight"].tolist() == [0.25]


def test_a_part_that_was_moved_and_never_promoted_with_its_table_is_forgotten(tmp_path, address):
    here, shared = machine(tmp_path / "a", address)
    here.write("membership/wards", MEMBERS)
    here.list_parts("membership", ["wards"])
    here.write("membership/wards", MEMBERS.assign(weight=0.5))  # the run ends here
    here.write("membership/towns", MEMBERS)
    shared.pull()
    assert here.read("membership")["weight"].tolist() == [1.0]
    assert here.manifest("membership/wards").version == here.manifest("membership").parts["wards"]
    assert here.manifest("membership/towns") is None


def test_a_store_in_which_every_writer_is_told_that_he_won_is_refused(tmp_path, address, monkeypatch):
    import obstore

    put = obstore.put
    monkeypatch.setattr(obstore, "put", lambda store, key, content, mode=None: put(store, key, content))
    with pytest.raises(ConfigError, match=r"(?s)cannot hold what several machines write.*found: 8 .*If-None-Match"):
        connected(tmp_path / "a", address, "store")
    assert not list(tmp_path.rglob(".shared"))


def test_a_folder_with_tables_of_its_own_joins_an_empty_store_and_no_other(tmp_path, address, monkeypatch):
    monkeypatch.setenv(STORE_VARIABLE, address)
    first, second = Home(tmp_path / "first"), Home(tmp_path / "second")
    for home, weight in ((first, 1.0), (second, 0.5)):
        Store(home.store).write("membership", MEMBERS.assign(weight=weight))
    keep_up(first)
    with pytest.raises(ConfigError, match="both hold tables"):
        keep_up(second)
    third = Home(tmp_path / "third")
    keep_up(third)
    assert Store(third.store).read("membership")["weight"].tolist() == [1.0]


def test_other_settings_need_a_workspace_of_their_own_which_begins_as_everybodys(tmp_path, address, monkeypatch):
    monkeypatch.setenv(STORE_VARIABLE, address)
    national, anna = Home(tmp_path / "national"), Home(tmp_path / "anna")
    keep_up(national)
    Store(national.store).write("membership", MEMBERS)
    (anna.root).mkdir()
    anna.settings_file.write_text("alpha: 0.01\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"(?s)settings of this working folder.*{address}#your-name"):
        keep_up(anna)
    monkeypatch.setenv(STORE_VARIABLE, f"{address}#anna")
    anna = Home(tmp_path / "anna2")
    anna.root.mkdir()
    anna.settings_file.write_text("alpha: 0.01\n", encoding="utf-8")
    keep_up(anna)
    assert Store(anna.store).read("membership")["weight"].tolist() == [1.0]
    Store(anna.store).write("membership", MEMBERS.assign(weight=0.5))
    monkeypatch.setenv(STORE_VARIABLE, address)
    keep_up(national)
    assert Store(national.store).read("membership")["weight"].tolist() == [1.0]
    national.settings_file.write_text("alpha: 0.02\n", encoding="utf-8")
    settings_for_all(national)
    keep_up(national)


def test_downloads_go_to_everybody_and_a_file_changed_on_both_sides_is_said(tmp_path, address, monkeypatch):
    monkeypatch.setenv(STORE_VARIABLE, address)
    one, other = Home(tmp_path / "a"), Home(tmp_path / "b")
    keep_up(one)
    file = one.downloads / "simd" / "simd.csv"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("2020\n")
    hand_over(one)
    keep_up(other)
    there = other.downloads / "simd" / "simd.csv"
    assert there.read_text() == "2020\n"
    file.write_text("2024\n")
    hand_over(one)
    there.write_text("2025\n")
    with pytest.raises(Overtaken, match=r"simd/simd\.csv"):
        keep_up(other)
    there.write_text("2020\n")
    keep_up(other)
    assert there.read_text() == "2024\n"


def test_what_people_gave_goes_to_everybody(tmp_path, address, monkeypatch):
    monkeypatch.setenv(STORE_VARIABLE, address)
    one, other = Home(tmp_path / "a"), Home(tmp_path / "b")
    keep_up(one)
    given = [
        home / "a file" for home in (one.boundaries, one.declarations / "indicators", one.decisions, one.place_standard)
    ]
    for file in given:
        file.parent.mkdir(parents=True)
        file.write_text(file.parent.name)
    one.names.write_text("names")
    hand_over(one)
    keep_up(other)
    for file in (*given, one.names):
        assert (other.root / file.relative_to(one.root)).read_text() == file.read_text()
