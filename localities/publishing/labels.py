"""Labels of a layer in QGIS: the name of each place, from the scale on at which it can be read.

Flagged localities are named first and from far away; others when there is room for their names.
"""

from __future__ import annotations

from html import escape

__all__ = ["labels_of"]

_FROM_FAR, _FROM_NEAR, _ZONES_FROM = 1_500_000, 120_000, 25_000
"""Denominators of the smallest scales at which names stand: flagged places, other places, zones."""

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
        rules = (
            _rule("flagged", _FLAGGED, _FROM_FAR, name, is_bold=True),
            _rule("others", f"NOT coalesce({_FLAGGED}, false)", _FROM_NEAR, name),
        )
    else:
        rules = (_rule("all", "", _FROM_FAR if style == "hot_spot" else _ZONES_FROM, name),)
    return '<labeling type="rule-based"><rules key="labels">' + "".join(rules) + "</rules></labeling>"


def _rule(key: str, condition: str, smallest_scale: int, name: str, *, is_bold: bool = False) -> str:
    where = f' filter="{escape(condition, quote=True)}"' if condition else ""
    return (
        f'<rule key="{key}"{where} scalemindenom="1" scalemaxdenom="{smallest_scale}"><settings calloutType="simple">'
        f'<text-style fieldName="{escape(name, quote=True)}" isExpression="1" fontFamily="Sans" fontSize="8"'
        f' fontSizeUnit="Point" fontWeight="{75 if is_bold else 50}" textColor="25,25,25,255" textOpacity="1"'
        ' multilineHeight="1"><text-buffer bufferDraw="1" bufferSize="0.8" bufferSizeUnits="MM"'
        ' bufferColor="255,255,255,255" bufferOpacity="1"/></text-style>'
        '<text-format wrapChar="" autoWrapLength="18" useMaxLineLengthForAutoWrap="1" multilineAlign="1"/>'
        f'<placement placement="4" centroidWhole="0" centroidInside="1" polygonPlacementFlags="2" priority="{8 if is_bold else 4}"/>'
        '<rendering obstacle="0" scaleVisibility="0" drawLabels="1" displayAll="0"/></settings></rule>'
    )
