"""Phrases for figures: a value with its unit, an interval, a comparison, a list."""

from __future__ import annotations

import math
from collections.abc import Sequence

from localities.wording.codes import CODES_IN_WORDS
from localities.wording.numbers import NOT_KNOWN, is_missing, number


def _inside_a_sentence(column: str) -> dict[str, str]:
    return {code: text[0].lower() + text[1:] for code, text in CODES_IN_WORDS[column].items()}


VERDICT = _inside_a_sentence("verdict")
SIGNIFICANCE = _inside_a_sentence("significance")
SURELY = "surely and importantly poorer"
VOTE = {
    "poorer": "poorer",
    "slightly": "poorer, not surely by enough to matter,",
    "better": "better",
    "": "not shown to be poorer",
}
"""A domain by its vote, before "than"."""


def against(code: str, cpp_name: str) -> str:
    """Return the name of what a locality is held against."""
    return f"elsewhere in {cpp_name}" if code == "cpp" else "elsewhere in Scotland"


def size(is_within_limit: bool, limit: int) -> str:
    """Return how a place's residents stand to the size that the guidance often expects, which is no rule of law.

    Examples
    --------
    >>> size(True, 10_000)
    'fewer than 10,000, the size that the guidance often expects of a locality'
    >>> size(False, 10_000)
    'more than the guidance often expects of a locality (fewer than 10,000), which is not a legal limit'
    """
    if is_within_limit:
        return f"fewer than {limit:,}, the size that the guidance often expects of a locality"
    return f"more than the guidance often expects of a locality (fewer than {limit:,}), which is not a legal limit"


def count(figure: float) -> str:
    """Return a count: whole where it is whole, else as `localities.wording.numbers.number` has it.

    Examples
    --------
    >>> count(94.0), count(1277.0), count(12.53)
    ('94', '1,277', '12.5')
    """
    is_whole = not is_missing(figure) and float(figure).is_integer()
    return f"{figure:,.0f}" if is_whole else number(figure)


def share(part: float) -> str:
    """Return a share as a percentage.

    Examples
    --------
    >>> share(0.256), share(1.0)
    ('26%', '100%')
    """
    return f"{part:.0%}"


def trials(part: float) -> str:
    """Return in how many trials something stays.

    Examples
    --------
    >>> trials(1.0), trials(33 / 34), trials(0.0)
    ('every trial', '97% of trials', 'no trial')
    """
    return {1.0: "every trial", 0.0: "no trial"}.get(part, f"{share(part)} of trials")


def figure(value: float, unit: str = "") -> str:
    """Return a number for a reader in no need of digits: shares and minutes with one decimal, else as `number` has it.

    Examples
    --------
    >>> figure(6.157, "% of residents"), figure(0.596, "% of households"), figure(100.0, "%"), figure(0.0123, "%")
    ('6.2%', '0.6%', '100%', '0.0123%')
    >>> figure(4.428, "score"), figure(3.274, "minutes"), figure(float("nan"), "%")
    ('4.43', '3.3', 'not known')
    """
    text = number(value)
    if text == NOT_KNOWN or not unit.startswith(("%", "minutes")):
        return text
    if unit == "minutes":
        return f"{value:.1f}"
    return f"{text if abs(value) < 0.05 else f'{value:.1f}'.replace('100.0', '100')}%"


def value(figure: float, unit: str) -> str:
    """Return a value with its unit.

    Examples
    --------
    >>> value(23.4, "% of residents"), value(101.0, "Scotland = 100"), value(312.2, "per 10,000 residents")
    ('23.4% of residents', '101 (Scotland = 100)', '312 per 10,000 residents')
    >>> value(float("nan"), "% of residents")
    'not known'
    """
    text = number(figure)
    if text == NOT_KNOWN:
        return text
    if unit.startswith("%"):
        return text + unit
    if unit.startswith("per "):
        return f"{text} {unit}"
    return f"{text} ({unit})" if unit else text


def chance(probability: float) -> str:
    """Return a p or q value with its sign, never smaller than can be meant.

    Examples
    --------
    >>> chance(2.2e-257), chance(0.0312), chance(0.4567)
    ('< 0.001', '= 0.031', '= 0.46')
    """
    return "< 0.001" if probability < 0.001 else f"= {probability:.2g}"


def counted(how_many: float, of: float, thing: str) -> str:
    """Return how many of some things, in the right number.

    Examples
    --------
    >>> counted(1, 1, "indicator"), counted(0, 5, "indicator")
    ('1 of 1 indicator', '0 of 5 indicators')
    """
    return f"{int(how_many)} of {things(of, thing)}"


def things(of: float, thing: str) -> str:
    """Return a number of things.

    Examples
    --------
    >>> things(1, "data zone"), things(12, "data zone")
    ('1 data zone', '12 data zones')
    """
    return f"{int(of):,} {thing}" + ("" if int(of) == 1 else "s")


def interval(lower: float, upper: float, confidence: float) -> str:
    """Return an interval with its confidence.

    Examples
    --------
    >>> interval(21.6, 25.3, 0.95)
    '95% interval 21.6 to 25.3'
    """
    return f"{confidence:.0%} interval {number(lower)} to {number(upper)}"


def comparison(ratio: float, difference: float, unit: str) -> str:
    """Return how far a value lies from another: a multiple where that is natural, else a difference.

    Examples
    --------
    >>> comparison(1.84, 10.1, "%"), comparison(float("nan"), -3.2, "tariff points"), comparison(0.8, -2.0, "%")
    ('1.84 times', '3.20 (tariff points) lower than', '0.800 times')
    """
    if ratio is not None and math.isfinite(ratio) and ratio > 0:
        return f"{number(ratio)} times"
    words = "higher than" if difference > 0 else "lower than"
    return f"{value(abs(difference), unit)} {words}"


def listed(names: Sequence[str], word: str = "and") -> str:
    """Return names as a list in a sentence; where a name holds an "and" or a comma itself, one sees where it ends.

    Examples
    --------
    >>> listed(["Health", "Crime", "Housing"]), listed(["Health"]), listed([])
    ('Health, Crime and Housing', 'Health', 'none')
    >>> listed(["income and work", "education"]), listed(["Laxdale, Newmarket and Marybank", "Tarbert"])
    ('income and work, and education', 'Laxdale, Newmarket and Marybank; and Tarbert')
    """
    *first, last = [str(name) for name in names] or ["none"]
    if not first:
        return last
    if any(", " in one for one in (*first, last)):
        return f"{'; '.join(first)}; {word} {last}"
    comma = "," if any(" and " in one for one in (*first, last)) else ""
    return f"{', '.join(first)}{comma} {word} {last}"
