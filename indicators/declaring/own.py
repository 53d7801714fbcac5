"""Declarations of a working folder, beside those that the project ships: indicators and sources of one's own.

They lie in ``declarations/indicators`` and ``declarations/sources`` of the folder. A draft with a question mark left is
skipped with a warning, so that it stops nobody while it is being finished. One process works in one folder: whoever
finds it says so here.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path

from indicators.errors import ConfigError, some

_log = logging.getLogger(__name__)
_USED: dict[str, Path] = {}
_WARNED: set[tuple[tuple[Path, int], ...]] = set()
UNDECIDED = "?"
"""What a draft says where a person must decide."""


def use_folder(root: Path | None) -> None:
    """Take the declarations of a working folder beside the project's own; None for none."""
    _USED.clear()
    if root is not None:
        _USED["root"] = root


def own_folder(kind: str) -> Path | None:
    """Return where the working folder's declarations of ``indicators`` or ``sources`` lie, if they do."""
    return _USED["root"] / "declarations" / kind if _USED else None


def finished_declarations(kind: str) -> Iterator[Path]:
    """Yield the working folder's finished declarations in order of name, warning once of drafts."""
    folder = own_folder(kind)
    if folder is None or not folder.is_dir():
        return
    paths = sorted(folder.glob("*.yaml"))
    drafts = [path for path in paths if is_unfinished(path)]
    stamp = tuple((path, path.stat().st_mtime_ns) for path in drafts)
    if drafts and stamp not in _WARNED:
        _WARNED.add(stamp)
        named = some([path.stem for path in drafts])
        _log.warning("Not used yet, for a question mark is left in it: %s, in %s", named, folder)
    yield from (path for path in paths if path not in drafts)


def is_unfinished(path: Path) -> bool:
    r"""Return whether a declaration has a question mark left where a person must decide.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.yaml"
    >>> _ = path.write_text("id: a\ncolumns: {where: {Sex: '?'}}\n")
    >>> is_unfinished(path)
    True
    """
    from indicators.declaring.strict_yaml import read_yaml

    try:
        return has_question(read_yaml(path, "A declaration"))
    except ConfigError:
        return False  # no YAML: whoever reads it says so


def has_question(value: object) -> bool:
    """Return whether a value of a declaration, or one within it, is the question mark of a draft."""
    if isinstance(value, Mapping):
        return any(has_question(part) for pair in value.items() for part in pair)
    if isinstance(value, list | tuple):
        return any(map(has_question, value))
    return isinstance(value, str) and value.strip() in (UNDECIDED, f"https://{UNDECIDED}")
