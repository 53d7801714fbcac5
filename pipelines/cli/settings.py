"""`localities settings`: every setting with its value, its default, what it decides, and where it is overridden."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.parts.choices import AsJson, HomeFolder
from pipelines.cli.parts.output import screen, table_of, write_json
from pipelines.folders import find_home


def list_settings(
    home: HomeFolder = None,
    as_json: AsJson = False,
    draft: Annotated[
        Path | None,
        typer.Option("--draft", metavar="FILE", help="Write every setting, commented out, as a settings.yaml to edit."),
    ] = None,
    for_all: Annotated[
        bool, typer.Option("--for-all", help="Make this folder's settings those of everybody with the team's store.")
    ] = False,
) -> None:
    """Show every setting: value in this working folder, default, what it decides, and where it is overridden."""
    from localities.settings import Settings, draft_settings, load_settings, meanings
    from localities.wording.codes import setting_text

    if for_all:
        from pipelines.run.team import settings_for_all

        settings_for_all(find_home(home))
    file = find_home(home).settings_file
    value, default = load_settings(file).to_dict(), Settings().to_dict()
    if draft is not None:
        from indicators.errors import ConfigError

        if draft.exists():
            raise ConfigError("A draft would replace a file", where=draft, remedy="choose another name")
        draft.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(draft_settings(draft.parent), encoding="utf-8", newline="\n")
        screen().print(f"Draft written: {draft}")
        return
    rows = [
        {
            "setting": name,
            "value": value[name],
            "default": default[name],
            "meaning": meaning,
            "overridden_in": str(file) if value[name] != default[name] else None,
        }
        for name, meaning in meanings().items()
    ]
    if as_json:
        write_json(rows)
        return
    table_of(
        "Settings",
        rows,
        (
            ("Setting", "code", lambda row: row["setting"]),
            (
                "Value",
                "left",
                lambda row: (
                    setting_text(tuple(row["value"]) if isinstance(row["value"], list) else row["value"]) or "none"
                ),
            ),
            (
                "Default",
                "left",
                lambda row: (
                    setting_text(tuple(row["default"]) if isinstance(row["default"], list) else row["default"])
                    or "none"
                ),
            ),
            ("Meaning", "left", lambda row: row["meaning"]),
        ),
        if_wide=("Default",),
    )
    changed = [row["setting"] for row in rows if row["overridden_in"]]
    if changed:
        screen().print(f"Overridden in {file}: {', '.join(changed)}.")
    else:
        screen().print(f"All are defaults. To change one, write it into {file} (`localities settings --draft FILE`).")
