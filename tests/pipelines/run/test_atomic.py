"""A file is whole or not there."""

from __future__ import annotations

import os

import pytest

from indicators.errors import ConfigError
from localities.publishing.atomic import place_whole


def test_an_interrupted_write_leaves_the_old_file(tmp_path):
    target = tmp_path / "a.gpkg"
    target.write_text("old")

    def stop(draft):
        draft.write_text("ha")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        place_whole(target, stop)
    assert [path.name for path in tmp_path.iterdir()] == ["a.gpkg"]
    assert target.read_text() == "old"


def test_a_draft_of_a_run_that_died_is_removed_after_a_day(tmp_path):
    dead, young = tmp_path / ".a.1234.partial.gpkg", tmp_path / ".a.5678.partial.gpkg"
    for path in (dead, young):
        path.write_text("x")
    os.utime(dead, (0, 0))
    place_whole(tmp_path / "a.gpkg", lambda draft: draft.write_text("new"))
    assert not dead.exists()
    assert young.exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be made"):
        place_whole(tmp_path / "file" / "out" / "a.gpkg", lambda draft: draft.write_text("new"))


def test_where_neither_place_can_be_had_the_error_says_what_to_close(tmp_path, monkeypatch):
    def refuse(source, target):
        raise PermissionError(13, "held open")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(ConfigError, match=r"close a\.gpkg and a \(new\)\.gpkg"):
        place_whole(tmp_path / "a.gpkg", lambda draft: draft.write_text("new"))
    assert list(tmp_path.iterdir()) == []
