"""Documents that a run writes: which are due, and which of before go. What they say is tested with their texts."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from indicators.errors import ConfigError
from pipelines.folders import Home
from pipelines.run import decisions, documents
from pipelines.storage.store import Store
from tests.elsewhere import Elsewhere


@dataclass
class Folder:
    """What documents are written from and into: the store of the sample, and a folder of publications of its own."""

    publications: Path
    decisions: Path
    place_standard: Path
    is_sample: bool = False


@dataclass
class Work:
    store: Store
    home: Folder


@pytest.fixture
def work(sample_home: Home, tmp_path: Path) -> Work:
    return Work(
        Store(sample_home.store), Folder(tmp_path / "publications", tmp_path / "decisions", tmp_path / "place_standard")
    )


@pytest.fixture
def writes(work, monkeypatch):
    """Stand in for the writing of documents; returns what was asked for, by kind."""
    asked: list[documents.Wanted] = []

    def written(home, wanted, folder, formats=documents.FORMATS):
        slugs = work.store.read("zones").drop_duplicates("cpp_code").set_index("cpp_code")["cpp_slug"]
        for one in wanted:
            asked.append(one)
            path = folder / slugs[one.cpp_code] / f"{one.kind}-{one.locality_id.partition(':')[2]}.pdf"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"%PDF")
            yield [path]

    monkeypatch.setattr(documents, "written", written)
    return asked


def test_each_partnership_has_two_documents_and_one_for_every_flagged_place(work, writes) -> None:
    published = documents.publish_documents(work)
    proposed = work.store.read("reach").query("is_proposed")
    assert {one.status for one in published} == {"written"}
    kinds = [one.kind for one in writes]
    assert kinds.count("evidence_pack") == kinds.count("progress_report") == len(proposed) == len(published)
    drawn = work.store.read("verdicts").merge(proposed[["cpp_code", "candidate_set"]])
    flagged = drawn.loc[drawn["is_flagged"], "locality_id"]
    assert sorted(one.locality_id for one in writes if one.kind == "profile") == sorted(flagged)


def test_what_did_not_change_is_left_alone(work, writes) -> None:
    documents.publish_documents(work)
    writes.clear()
    assert {one.status for one in documents.publish_documents(work)} == {"unchanged"}
    assert writes == []


def test_a_decision_makes_the_documents_of_its_partnership_due(work, writes, monkeypatch) -> None:
    documents.publish_documents(work)
    writes.clear()
    code = work.store.read("zones")["cpp_code"].iloc[0]
    monkeypatch.setattr(decisions, "states_of_decisions", lambda home: {code: "another"})
    status = {one.name: one.status for one in documents.publish_documents(work)}
    assert sorted(status.values()) == ["unchanged"] * (len(status) - 1) + ["written"]
    assert {one.cpp_code for one in writes} == {code}


def test_a_file_that_is_gone_is_written_again_and_one_that_is_no_longer_made_goes(work, writes, monkeypatch) -> None:
    documents.publish_documents(work)
    folder = work.home.publications / "documents"
    kept = next(folder.rglob("profile-*.pdf"))
    kept.unlink()
    documents.publish_documents(work)
    assert kept.is_file()
    only_packs = documents._wanted(work.store, work.store.read("zones")["cpp_code"].unique())
    monkeypatch.setattr(documents, "_wanted", lambda *_: [one for one in only_packs if one.kind != "profile"])
    monkeypatch.setattr(documents, "_version_of", lambda package: "another")
    own = folder / "notes of the planner.txt"
    own.write_text("mine", encoding="utf-8")
    documents.publish_documents(work)
    assert list(folder.rglob("profile-*.pdf")) == []
    assert own.is_file()


@pytest.fixture
def reports(sample_home) -> list[documents.Wanted]:
    proposed = Store(sample_home.store).read("reach").query("is_proposed").head(2)
    return [
        documents.Wanted("progress_report", str(row.cpp_code), str(row.candidate_set)) for row in proposed.itertuples()
    ]


def test_dasks_workers_write_the_same_bytes_from_the_same_tables_alone(
    sample_home, reports, tmp_path, monkeypatch
) -> None:
    def written(name: str) -> dict[str, bytes]:
        out = tmp_path / name
        paths = [path for some in documents.written(sample_home, reports, out, ["html"]) for path in some]
        return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(paths)}

    monkeypatch.setattr(documents, "workers", lambda *_, **__: nullcontext(None))
    here = written("here")
    assert len(here) == len(reports) == 2
    monkeypatch.setattr(documents, "workers", lambda *_, **__: nullcontext(Elsewhere()))
    monkeypatch.setattr(documents, "is_a_worker", lambda: True)
    monkeypatch.setenv("LOCALITIES_HOME", str(sample_home.root.parent))
    assert written("there") == here
    documents._writer.cache_clear()
    monkeypatch.setenv("LOCALITIES_HOME", str(tmp_path / "other tables"))
    with pytest.raises(ConfigError, match=r"(?s)does not have what the documents are asked of.*same LOCALITIES_STORE"):
        written("nowhere")
