"""Labels of a layer in QGIS: the name of each place, from the scale on at which it can be read.

Flagged localities are named first and from far away, beside the dot that marks them; from near every place is named
across itself, where there is room for its name.
"""

from __future__ import annotations

from html import escape

_FROM_FAR, _FROM_NEAR, _ZONES_FROM = 5_000_000, 120_000, 25_000
"""Denominators of the smallest scales at which names stand: flagged places, other places, zones. From farther away
another place is named where its name has room."""

_HAS_ROOM = "max(bounds_width($geometry), 0.6 * bounds_height($geometry)) > 0.012 * @map_scale"
"""A place that is 12 millimetres wide on the map, or 20 high: a name on less would hide the dots of flagged places."""
_FLAGGED = "\"answer\" LIKE 'poorer%'"


def labels_of(style: str, name: str) -> str:
    """Return the labels of a layer as QGIS stores them.

    Parameters
    ----------
    style
        Name of the layer's look.
    name
        Expression of the name that is shown.

    Examples
    --------
    >>> labels_of("flagged", '"zone_name"').count("<rule ")
    1
    """
    if style == "verdict":
        rules = [
            _rule("flagged_far", _FLAGGED, (_FROM_NEAR, _FROM_FAR), name, is_bold=True, is_beside=True),
            _rule("flagged_near", _FLAGGED, (1, _FROM_NEAR), name, is_bold=True),
            _rule("others", f"NOT coalesce({_FLAGGED}, false)", (1, _FROM_NEAR), name),
            _rule("others_far", f"NOT coalesce({_FLAGGED}, false) AND {_HAS_ROOM}", (_FROM_NEAR, _FROM_FAR), name),
        ]
    else:
        rules = [_rule("all", "", (1, _FROM_FAR if style == "hot_spot" else _ZONES_FROM), name)]
    return '<labeling type="rule-based"><rules key="labels">' + "".join(rules) + "</rules></labeling>"


def _rule(
    key: str,
    condition: str,
    scales: tuple[int, int],
    name: str,
    *,
    is_bold: bool = False,
    is_beside: bool = False,
) -> str:
    where = f' filter="{escape(condition, quote=True)}"' if condition else ""
    return (
        f'<rule key="{key}"{where} scalemindenom="{scales[0]}" scalemaxdenom="{scales[1]}">'
        '<settings calloutType="simple">'
        f'<text-style fieldName="{escape(name, quote=True)}" isExpression="1" fontFamily="Sans" fontSize="8"'
        f' fontSizeUnit="Point" fontWeight="{75 if is_bold else 50}" textColor="25,25,25,255" textOpacity="1"'
        ' multilineHeight="1"><text-buffer bufferDraw="1" bufferSize="0.8" bufferSizeUnits="MM"'
        ' bufferColor="255,255,255,255" bufferOpacity="1"/></text-style>'
        '<text-format wrapChar="" autoWrapLength="18" useMaxLineLengthForAutoWrap="1" multilineAlign="1"/>'
        f'<placement placement="{0 if is_beside else 4}" dist="{1.5 if is_beside else 0}" distUnits="MM"'
        f' centroidWhole="0" centroidInside="1" polygonPlacementFlags="{3 if is_beside else 2}"'
        f' priority="{8 if is_bold else 4}"/>'
        '<rendering obstacle="0" scaleVisibility="0" drawLabels="1" displayAll="0"/></settings></rule>'
    )
