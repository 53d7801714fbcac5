"""`localities settings`: what is in force, and where it comes from."""

from __future__ import annotations

from localities.settings import Settings, load_settings


def test_a_setting_changed_in_the_folder_is_said_to_be(localities, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "settings.yaml").write_text("limit: 8000\n", encoding="utf-8")
    rows = {row["setting"]: row for row in localities("settings", "--home", home, "--json").json}
    assert list(rows) == list(Settings().to_dict())
    assert (rows["limit"]["value"], rows["limit"]["default"]) == (8000, 10000)
    assert rows["limit"]["overridden_in"].endswith("settings.yaml")
    assert rows["alpha"]["overridden_in"] is None
    assert all(row["meaning"].endswith(".") for row in rows.values())
    assert "limit" in localities("settings", "--home", home).out.splitlines()[-1]


def test_a_draft_changes_nothing_until_it_is_edited(localities, tmp_path):
    draft = tmp_path / "settings.yaml"
    assert localities("settings", "--home", tmp_path, "--draft", draft).code == 0
    text = draft.read_text(encoding="utf-8")
    assert text.splitlines()[0].endswith("settings.schema.json")
    assert load_settings(draft) == Settings()
    draft.write_text(text.replace("# limit: 10000", "limit: 9000"), encoding="utf-8")
    assert load_settings(draft) == Settings(limit=9000)
    assert localities("settings", "--home", tmp_path, "--draft", draft).code == 1
