"""The file of a page: template, look, behaviour, map library and content put into one HTML file."""

from __future__ import annotations

import json
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from localities.publishing.atomic import Placed, place_whole

_HERE = Path(__file__).parent


def write_page(target: Path, content: dict[str, Any], library: str = "") -> Placed:
    """Return where the page is after writing it whole; the same content gives the same bytes.

    Parameters
    ----------
    target
        Wanted path, ending in ``.html``.
    content
        From `localities.publishing.explorer.content.page_content`, or of all partnerships from
        `localities.publishing.explorer.national.national_content`; with ``pages`` (file names of partnerships' pages
        by the partnership's name) and ``postcodes`` where they are known.
    library
        From `map_library`, where it is at hand.

    Raises
    ------
    ConfigError
        If the file cannot be put in place.
    """
    return place_whole(target, lambda draft: draft.write_text(_page(content, library), encoding="utf-8", newline="\n"))


def _page(content: dict[str, Any], library: str) -> str:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    parts = {
        "title": escape(content["title"]),
        "style": (_HERE / "page.css").read_text(encoding="utf-8"),
        # no name can end the element that holds the content, nor begin a comment in it
        "content": text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"),
        "library": library or map_library(),
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
def map_library() -> str:
    """Return the map library as one script; bundling it takes a second or two and a hundred megabytes."""
    import vl_convert

    # every "</" would be read by a browser as the possible end of the script
    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").replace("</script", "<\\/script")
