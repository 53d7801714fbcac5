"""Names as they may be shown: in CSV and workbooks, in Markdown, and in a map tip of QGIS.

A name comes from a file that anybody may have written. In a table it must not begin a formula, in a page no mark-up.
HTML and XML are escaped where they are written, by `html.escape`.
"""

from __future__ import annotations

import re

_FORMULA = re.compile(r"[=+\-@\t\r]")
_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~!&])")


def in_cell(text: str) -> str:
    """Return a text as a cell of a table that a spreadsheet opens: never a formula.

    An apostrophe goes before what a spreadsheet would compute; spreadsheets show it or take it away.

    Examples
    --------
    >>> in_cell("@SUM(1+1)"), in_cell("St Colm's")
    ("'@SUM(1+1)", "St Colm's")
    """
    return f"'{text}" if _FORMULA.match(text.lstrip(" ")) else text


def in_markdown(text: str) -> str:
    r"""Return a text in one line of Markdown that shows it as it is: no mark-up, link or HTML.

    Examples
    --------
    >>> in_markdown("<b>*x*</b> | y")
    '\\<b\\>\\*x\\*\\</b\\> \\| y'
    """
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


def in_map_tip(html: str) -> str:
    """Return the HTML of a QGIS map tip whose fields, ``[% "field" %]`` or ``[% lines("field") %]``, are shown as text.

    QGIS puts the value of an expression into the page as it is. ``lines`` keeps line breaks.

    Examples
    --------
    >>> print(in_map_tip('<b>[% "name" %]</b>'))
    <b>[% replace(replace(coalesce("name", ''), '&', '&amp;'), '<', '&lt;') %]</b>
    """
    shown = r"replace(replace(coalesce(\1, ''), '&', '&amp;'), '<', '&lt;')"
    html = re.sub(r'\[% ("\w+") %\]', rf"[% {shown} %]", html)
    return re.sub(r'\[% lines\(("\w+")\) %\]', rf"[% replace({shown}, '\\n', '<br/>') %]", html)
