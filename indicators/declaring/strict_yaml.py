"""YAML as this project reads it: what a person wrote, and nothing that a reader of YAML makes of it.

Declarations, settings and lists all come through here. A file holds what JSON holds: mappings, lists, texts, numbers,
true, false and null, in UTF-8. Each key stands once; anchors, aliases and tags are refused, so a small file cannot
unfold into a large one. Only what is plainly a number is one: `010000`, `1_0`, `12:30` and `.nan` are texts, and so are
`yes`, `no` and dates, which YAML's older rules turn into other things.

What was read is then held against a pydantic model, `read_as`, whose complaints are told in the project's own form.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indicators.errors import ConfigError

if TYPE_CHECKING:
    import pydantic

STRICT: pydantic.ConfigDict = {
    "extra": "forbid",
    "strict": True,
    "allow_inf_nan": False,
    "use_attribute_docstrings": True,
}
"""How every model of a declaration is read: no unknown key, no text for a number, and only finite ones; what stands
under a field is its description in the JSON Schema."""

_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_WHOLE = re.compile(r"[-+]?(0|[1-9]\d*)")
_NUMBER = re.compile(r"[-+]?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?")
_MOST_ERRORS = 5


def read_yaml(path: Path | Traversable, what: str) -> Any:
    r"""Return what a YAML file holds.

    Parameters
    ----------
    path
        The file (or a resource of a package).
    what
        Its name in an error, such as ``A source declaration``.

    Raises
    ------
    ConfigError
        If the file cannot be read, is not UTF-8 or YAML, writes a key twice, or has anchors, aliases or tags.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a.yaml"
    >>> _ = path.write_text("limit: 010000\nshares: [1, 0.5, 1e3]\nanswer: no\nday: 2020-04-01\nopen: true")
    >>> read_yaml(path, "A list")
    {'limit': '010000', 'shares': [1, 0.5, 1000.0], 'answer': 'no', 'day': '2020-04-01', 'open': True}
    """
    import yaml

    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(
            f"{what} cannot be read", where=path, found=error.strerror, remedy="check the path"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{what} is not in UTF-8",
            where=path,
            expected="UTF-8",
            found=f"a byte {error.object[error.start]:#04x} at place {error.start + 1:,}",
            remedy="save it again as UTF-8",
        ) from error
    try:
        node = yaml.compose(text, Loader=_loader())
        return None if node is None else _value(node, path, what, set())
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigError(
            f"{what} is not valid YAML", where=path, found=" ".join(str(error).split()), remedy="correct the file"
        ) from error


@cache
def _loader() -> Any:
    import yaml

    # the one in C is ten times faster; it is absent where the library was built without libyaml
    base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    # no older rule decides what a plain scalar is: `_scalar` does
    return type("Plain", (base,), {"yaml_implicit_resolvers": {}})


def _value(node: Any, path: object, what: str, seen: set[int]) -> Any:
    import yaml

    line = node.start_mark.line + 1
    if id(node) in seen:
        raise refused(what, f"line {line}", "each value written out", "an alias (*) of another", where=path)
    seen.add(id(node))
    if node.tag.rpartition(":")[2] not in ("str", "seq", "map"):
        raise refused(what, f"line {line}", "no tags", node.tag, where=path)
    if isinstance(node, yaml.ScalarNode):
        return node.value if node.style else _scalar(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [_value(one, path, what, seen) for one in node.value]
    found: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise refused(what, f"line {line}", "a text as the key", "a list or a mapping", where=path)
        name = str(key.value)
        if name in found:
            again = f"it again on line {key.start_mark.line + 1}"
            raise refused(what, name, "each key once", again, where=path)
        found[name] = _value(value, path, what, seen)
    return found


def _scalar(text: str) -> Any:
    if text.lower() in _WORDS and text in (text.lower(), text.upper(), text.capitalize()):
        return _WORDS[text.lower()]
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def read_as(model: type, path: Path, what: str) -> Any:
    """Return what a YAML file holds as an instance of a pydantic model.

    Raises
    ------
    ConfigError
        As `read_yaml` and `check_as`.
    """
    return check_as(model, read_yaml(path, what), what, where=path)


def check_as(model: type, content: object, what: str, *, where: object | None = None) -> Any:
    """Return content (what JSON can hold) as an instance of a pydantic model, or say which key is wrong.

    Raises
    ------
    ConfigError
        Naming the place, the key, what is allowed, what was found and the nearest known name.
    """
    import pydantic

    if not isinstance(content, Mapping):
        raise refused(what, "(the whole)", "keys and values", _shown(content), where=where)
    try:
        # as JSON, because there strict means what a person means: a list is a list, and a text is never a number
        return _adapter(model).validate_json(json.dumps(content))
    except pydantic.ValidationError as error:
        complaints = [_complaint(model, one, what, where) for one in error.errors()]
        more = len(complaints) - _MOST_ERRORS
        complaints[_MOST_ERRORS:] = [f"And {more} more."] if more > 0 else []
        raise ConfigError("\n".join(complaints)) from error


def refused(
    what: str, key: str, expected: object, found: object, *, where: object | None, hint: str = ""
) -> ConfigError:
    """Return the error of a declaration that is wrong at a key."""
    remedy = f"correct it{hint}"
    return ConfigError(f"{what} is wrong at {key}", where=where, expected=expected, found=found, remedy=remedy)


def nearest(found: object, known: Iterable[str]) -> str:
    """Return ``: did you mean ...?``, or nothing where no known name is near.

    Examples
    --------
    >>> nearest("lmit", ["limit", "alpha"])
    ': did you mean limit?'
    """
    near = get_close_matches(str(found), list(known), n=1)
    return f": did you mean {near[0]}?" if near else ""


def json_schema(model: type) -> dict[str, Any]:
    """Return the JSON Schema of a model, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_adapter(model).json_schema()}


def editor_line(schema: Path, folder: Path) -> str:
    """Return the comment that names a JSON Schema to an editor, as seen from the folder of a draft.

    Examples
    --------
    >>> editor_line(Path("a/declarations/indicator.schema.json"), Path("a/drafts"))
    '# yaml-language-server: $schema=../declarations/indicator.schema.json'
    """
    try:
        seen = Path(os.path.relpath(schema, folder)).as_posix()
    except ValueError:  # on another drive of Windows
        seen = schema.as_posix()
    return f"# yaml-language-server: $schema={seen}"


@cache
def _adapter(model: type) -> pydantic.TypeAdapter[Any]:
    import pydantic

    return pydantic.TypeAdapter(model)


def _complaint(model: type, error: Any, what: str, where: object | None) -> str:
    """Return one complaint of pydantic in the project's form."""
    place, kind, found = list(error["loc"]), error["type"], error["input"]
    reason = error.get("ctx", {}).get("error")
    schema = json_schema(model)
    hint = ""
    if isinstance(reason, AtKey):
        place, expected, shown, hint = [*place, *reason.place], reason.expected, _shown(reason.found), reason.hint
    elif kind in ("unexpected_keyword_argument", "extra_forbidden"):
        known = sorted(name for part in _parts_at(schema, place[:-1]) for name in part.get("properties", {}))
        # its value is not shown: it may be a secret in the wrong place
        expected, shown, hint = f"only {', '.join(known)}", "an unknown key", nearest(place[-1], known)
    elif kind == "missing":
        expected, shown = "a value", "nothing"
    elif kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", error["ctx"]["expected"])
        expected, shown, hint = " | ".join(allowed), _shown(found), nearest(found, allowed)
    else:
        in_words = " or ".join(filter(None, map(_allowed, _parts_at(schema, place))))
        own = str(reason) if isinstance(reason, ValueError) else ""
        expected, shown = own or in_words or error["msg"], _shown(found)
    return str(refused(what, _key(place), expected, shown, where=where, hint=hint))


class AtKey(ValueError):
    """What a model's own rule says that a key must be, given the others; raised inside a validator.

    Parameters
    ----------
    key
        The key, or several for a place further inside.
    expected, found
        As in every message of the project.
    hint
        What `nearest` returns.
    """

    def __init__(self, key: str | tuple[str | int, ...], expected: str, found: object, hint: str = "") -> None:
        super().__init__(expected)
        self.place = (key,) if isinstance(key, str) else key
        self.expected, self.found, self.hint = expected, found, hint


_TYPES = {
    "array": "a list", "boolean": "true or false", "integer": "a whole number", "null": "nothing", "number": "a number",
    "object": "keys and values", "string": "a text",
}  # fmt: skip
_BOUNDS = {"exclusiveMinimum": "above", "minimum": "at least", "exclusiveMaximum": "below", "maximum": "at most"}


def _allowed(part: Mapping[str, Any]) -> str:
    """Return in words what a part of a schema allows."""
    if "enum" in part:
        return " | ".join(map(str, part["enum"]))
    bounds = " and ".join(f"{word} {part[name]:g}" for name, word in _BOUNDS.items() if name in part)
    kind = "a date such as 2020-04-01" if part.get("format") == "date" else _TYPES.get(part.get("type", ""), "")
    return f"{kind} {bounds}".strip()


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:77] + "..."


def _key(place: list[Any]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".") or "(the whole)"


def _parts_at(schema: Mapping[str, Any], place: list[Any]) -> list[Mapping[str, Any]]:
    """Return what a schema says of a place: one part, or several where there is a choice."""

    def inside(part: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        if "$ref" in part:
            part = schema["$defs"][part["$ref"].rpartition("/")[2]]
        return [part, *(one for other in part.get("anyOf", ()) for one in inside(other))]

    here = inside(schema)
    for step in place:
        following = [one.get("items") if isinstance(step, int) else one.get("properties", {}).get(step) for one in here]
        here = [one for part in following if part for one in inside(part)]
    return here
