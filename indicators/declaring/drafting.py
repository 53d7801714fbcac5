"""Drafts of declarations: what a published file looks like, written down as the declaration that would read it.

A draft holds what can be seen (`indicators.declaring.looking`) and leaves a question mark where a person must decide:
what is counted among whom, in which role, and which difference matters. Checking a finished declaration is in
`indicators.declaring.checking`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from indicators.catalogue import GEOGRAPHIES
from indicators.declaring.looking import Form, total_of
from indicators.declaring.own import UNDECIDED
from indicators.errors import ConfigError
from indicators.readers.shared.cells import bounds_of, is_named_as_rate
from indicators.readers.shared.periods import periods_within
from indicators.schema.vocabulary import VOTES

_OTHER_VINTAGE = (
    "# These areas are not those that the project draws with, and codes are never matched across vintages: get the\n"
    "# table for the areas of 2011, or a crosswalk by residents."
)
_MEDIAN = re.compile(r"median|price|quartile|percentile", re.IGNORECASE)
_VALUE = re.compile(r"mean|average|score|index|years of|expectancy|\b(?:SMR|SIR|EASR)\b", re.IGNORECASE)
_LIMIT = re.compile(r"\blower|\bupper|\bCI\b|confidence|_ci\b|[lu]cl\b", re.IGNORECASE)
_KEY = {"suppressed": "symbols", "not_applicable": "not_applicable", "missing": "missing"}


def draft_declaration(
    form: Form, *, indicator_id: str, source: str, title: str = UNDECIDED, covers: Sequence[str] = ()
) -> str:
    """Return a declaration as YAML text, with a question mark wherever a person must decide.

    Parameters
    ----------
    form
        What the file looks like.
    indicator_id, source
        Ids of the new indicator and of its source.
    title
        Title in plain words, if known.
    covers
        Councils whose zones the file has, where it has not those of all; UNDECIDED if that is not known.

    Raises
    ------
    ConfigError
        If the id is not made of small letters, digits and underscores.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", indicator_id):
        raise ConfigError(
            "An id of an indicator has the wrong form",
            expected="small letters, digits and underscores, such as nrs_children",
            found=indicator_id,
            remedy="choose another id",
        )
    kind, is_median = _kind(form)
    is_mean = kind == "mean"
    votes = " | ".join(VOTES)
    partly = covers or ([UNDECIDED] if form.share_of_areas < 0.9 and form.reader == "mapped_table" else [])
    lines = [
        "# A draft: replace every ? and delete the lines of comment that have served.",
        f"# The file has {form.rows:,} areas: {form.geography.replace('_', ' ')}.",
        *([] if form.geography in set(GEOGRAPHIES) - {"data_zone_2001"} else [_OTHER_VINTAGE]),
        f"id: {indicator_id}",
        f"title: {_text(title)}",
        f"definition: {_text(UNDECIDED)}  # who or what is counted, among whom; ends with a full stop",
        f"domain: {_text(UNDECIDED)}  # Income, Work, Health, Education, Housing, Crime, Access, Population or another",
        f"role: {_text(UNDECIDED)}  # outcome, determinant, access or population (the last three never vote)",
        f'vote: ""  # none: it describes. Else {votes}: `localities indicators check` shows what would change',
        f"source: {source}",
        f"reader: {form.reader}",
        f"geography: {form.geography}",
        *(
            [f"covers: {json.dumps(list(partly))}  # councils or health boards; nobody is judged outside them"]
            if partly
            else []
        ),
        f"kind: {kind}",
        "# proportion: people among people; rate: events among people; standardised_ratio: observed over expected;",
        "# mean: a published value with the people it concerns (value, weight). A percentage or rate without counts is",
        "# one of the first three, with people: {column: ..., per: 100}; a median or price: mean, is_combined: false",
        "columns:",
        *(f"  {line}" for line in _columns(form, is_mean=is_mean)),
        f"numerator: {_text('' if is_mean else UNDECIDED)}  # in words",
        f"denominator: {_text(UNDECIDED)}  # in words",
        f"unit: {_text(UNDECIDED)}  # such as % of residents, or per 10,000 residents",
        f"multiplier: {1 if is_mean else 100}  # value = numerator / denominator x this; of a mean, the value x this",
        f"poorer_is: {_text(UNDECIDED)}  # higher or lower",
        f"smallest_important_difference: {_text(UNDECIDED)}  # say why in a comment",
        *_scales(is_mean=is_mean),
        f"national_outcome: {_text(UNDECIDED)}",
        *(
            ["is_combined: false  # a median of two areas is not to be had from theirs", "is_tested: false"]
            if is_median
            else []
        ),
        *_suppression(form),
        "caveats: >-",
        f"  {UNDECIDED}",
    ]
    return "\n".join(lines) + "\n"


def _kind(form: Form) -> tuple[str, bool]:
    """Return the kind that the names of the figures suggest, and whether they are medians or prices."""
    if sum(bool(_MEDIAN.search(name)) for name in form.figures) * 2 > len(form.figures):
        return "mean", True
    figures = [name for name in form.figures if not _LIMIT.search(name)]
    values = [name for name in figures if is_named_as_rate(name) or _VALUE.search(name)]
    return ("mean" if figures and len(values) == len(figures) else "proportion"), False


def _scales(*, is_mean: bool) -> list[str]:
    if is_mean:
        return [
            'smallest_important_difference_scale: "sd"  # standard deviations between zones (half is usual), or points',
            "# sd_between_people: without it a mean describes and is not tested",
        ]
    return [
        'smallest_important_difference_scale: "ratio"  # ratio (1.25 is usual) of what few have; odds (1.25) of what',
        "# half or more have; points, in the unit. It is the size alone: poorer_is says which side",
    ]


def _suppression(form: Form) -> list[str]:
    if not form.symbols:
        return []
    lines = ["suppression:  # confirm what each symbol means"]
    unknown = [symbol for symbol, proposed in form.symbols.items() if not proposed]
    for meaning, key in _KEY.items():
        listed = [symbol for symbol, proposed in form.symbols.items() if proposed == meaning]
        if key == "symbols" and unknown:
            lines.append(f"  # not known, to be listed under one of these: {json.dumps(unknown, ensure_ascii=False)}")
            listed.append(UNDECIDED)
        if listed:
            lines.append(f"  {key}: {json.dumps(listed, ensure_ascii=False)}")
    bounds = [found for symbol in form.symbols if (found := bounds_of(symbol)) is not None]
    if bounds:
        lines.append(f"  lower: {min(one[0] for one in bounds)}")
        lines.append(f"  upper: {max(one[1] for one in bounds)}")
    elif "suppressed" in form.symbols.values():
        lines.append("  # lower: 0, upper: 4: the counts that it may stand for, if the publisher says so")
    return lines


def _columns(form: Form, *, is_mean: bool) -> list[str]:
    """Return the lines under ``columns``, with what there is to choose from in comments."""
    if form.reader == "nrs_population":
        return ["ages: [0, 15]  # first and last age counted", f"period: {_text(UNDECIDED)}  # date of the estimate"]
    lines = []
    by_sheet = _sheet_of_each_period(form)
    if form.seen.sheet:
        every = f"  # every sheet named so; {_text(form.seen.sheet)} for that alone" if by_sheet else ""
        lines.append(f"sheet: {_text(by_sheet or form.seen.sheet)}{every}")
    lines.append(f"area: {_text(form.area)}")
    if form.date:
        lines += [f"date: {_text(form.date)}", _comment("periods", form.periods)]
    fixed = {name: members for name, members in form.dimensions.items() if name not in form.over}
    if fixed:
        lines.append("where:")
        for name, members in fixed.items():
            lines += [f"  {_text(name)}: {_text(total_of(members))}", "  " + _comment("members", members)]
    if form.over:
        lines.append(f"sum_over: {json.dumps(list(form.over), ensure_ascii=False)}  # no member is a total")
        lines += [_comment(name, form.dimensions[name]) for name in form.over]
    if form.others:
        # zones of 2001 are the past of a table; those of a later census may be its newest years
        known = "true" if set(form.others) == {"2001"} else _text(UNDECIDED)
        others = ", ".join(f"{count:,} of {vintage}" for vintage, count in sorted(form.others.items()))
        lines.append(f"mixes_vintages: {known}  # true leaves out {others}; else split the table by census")
    figures = form.wide or form.figures
    if is_mean:
        lines += [
            f"value: {_text(UNDECIDED)}",
            _comment("columns", figures),
            f"weight: {_text(UNDECIDED)}  # column of the people it concerns; or {{source: ..., column: ...}}, and the",
            "# source under companions: [...]",
        ]
    elif {name.casefold() for name in form.figures} >= {"value"}:
        lines += [
            f"numerator: {{where: {{{_text(UNDECIDED)}: {_text(UNDECIDED)}}}}}  # the member that is counted",
            f"denominator: {{where: {{{_text(UNDECIDED)}: {_text(UNDECIDED)}}}}}  # the member that it is among",
        ]
    else:
        total = next((name for name in figures if name.casefold().startswith(("all", "total"))), UNDECIDED)
        lines += [f"numerator: [{_text(UNDECIDED)}]", f"denominator: [{_text(total)}]"]
        lines.append(_comment("columns", figures))
        lines.append(
            "# where the base is in another file: {source: ..., column: ...}, and that source under companions: [...]"
        )
    if not form.date and not form.wide and not by_sheet:
        around = [text[start:end] for text in form.seen.titles for start, end in periods_within(text)]
        hint = f"  # above the table: {', '.join(dict.fromkeys(around))}" if around and not form.periods else ""
        lines.append(f"period: {_text(form.periods[0] if form.periods else UNDECIDED)}{hint}")
    return lines


def _sheet_of_each_period(form: Form) -> str:
    """Return the name of the sheet taken with ``{period}`` for its period, if others in sight are named alike."""
    if form.date or form.wide:
        return ""
    in_sight = [name for name, zones, is_hidden in form.seen.sheets if zones and not is_hidden]
    patterns = {}
    for name in in_sight:
        if found := periods_within(name):
            start, end = found[0]
            patterns[name] = f"{name[:start]}{{period}}{name[end:]}"
    own = patterns.get(form.seen.sheet, "")
    return own if list(patterns.values()).count(own) > 1 else ""


def _comment(what: str, values: Sequence[str]) -> str:
    shown = ", ".join(repr(value) for value in values[:12])
    return f"# {what}: {shown}" + (f" and {len(values) - 12} more" if len(values) > 12 else "")


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
