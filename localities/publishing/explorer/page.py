"""The file of a page: template, look, behaviour, map library and content put into one HTML file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from localities.publishing.atomic import Placed, place_whole
from localities.publishing.explorer.content import page_content

if TYPE_CHECKING:
    from localities.publishing.layers import Layer
    from localities.publishing.metadata import About

__all__ = ["write_explorer"]

_HERE = Path(__file__).parent


def write_explorer(
    target: Path,
    layers: Sequence[Layer],
    about: About,
    *,
    is_national: bool = False,
    more: dict[str, Any] | None = None,
) -> Placed:
    """Return where the page is after writing it whole; the same layers give the same bytes.

    Parameters
    ----------
    target
        Wanted path, ending in ``.html``.
    layers
        What the page shows, see `localities.publishing.explorer.content.page_content`.
    about
        What it says of itself.
    is_national
        Whether it is the page of all partnerships.
    more
        Further content by name, such as postcodes.

    Raises
    ------
    ConfigError
        If the file cannot be put in place.
    """
    content = page_content(layers, about, is_national=is_national) | (more or {})
    return place_whole(target, lambda draft: draft.write_text(_page(content), encoding="utf-8", newline="\n"))


def _page(content: dict[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    parts = {
        "title": escape(content["title"]),
        "style": (_HERE / "page.css").read_text(encoding="utf-8"),
        # no name can end the element that holds the content, nor begin a comment in it
        "content": text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"),
        "library": _library(),
        "script": (_HERE / "page.js").read_text(encoding="utf-8"),
    }
    page = (_HERE / "page.html").read_text(encoding="utf-8")
    before, *pieces = page.split("{{")
    written = [before]
    for piece in pieces:
        name, _, rest = piece.partition("}}")
        written += [parts[name], rest]
    return "".join(written)


@cache
def _library() -> str:
    """Return the map library as one script; bundling it takes a second or two, so once per process."""
    import vl_convert

    # every "</" would be read by a browser as the possible end of the script
    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").replace("</script", "<\\/script")
