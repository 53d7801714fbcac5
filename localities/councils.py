"""Names and codes of places: the community planning partnerships, their spellings, and the vintage of zone codes.

Codes are the keys of every table; names are for showing. This module turns what people and files write ("Edinburgh,
City of", "Eilean Siar", ``S12000046``) into a current code. The geometry of places is in `localities.zones.zones`.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import overload

import pandas as pd

from indicators.errors import ConfigError, compose


@dataclass(frozen=True)
class Cpp:
    """One community planning partnership: its council area's code, its name, other spellings and former codes."""

    code: str
    name: str
    spellings: tuple[str, ...] = ()
    former_codes: tuple[str, ...] = ()

    @property
    def slug(self) -> str:
        """Short name for file names and the command line."""
        return slug_of(self.name)


_WESTERN_ISLES = (
    "Na h-Eileanan an Iar", "Eilean Siar", "Western Isles", "Comhairle nan Eilean Siar", "Outer Hebrides",
)  # fmt: skip

# Former codes: boundaries moved by a little and the council area was given a new code (2006 to 2019).
CPPS: tuple[Cpp, ...] = (
    Cpp("S12000033", "Aberdeen City", (), ("S12000001",)),
    Cpp("S12000034", "Aberdeenshire", (), ("S12000002",)),
    Cpp("S12000041", "Angus", (), ("S12000003",)),
    Cpp("S12000035", "Argyll and Bute", (), ("S12000004",)),
    Cpp("S12000036", "City of Edinburgh", (), ("S12000012",)),
    Cpp("S12000005", "Clackmannanshire", ("Clacks",)),
    Cpp("S12000006", "Dumfries and Galloway"),
    Cpp("S12000042", "Dundee City", (), ("S12000007",)),
    Cpp("S12000008", "East Ayrshire"),
    Cpp("S12000045", "East Dunbartonshire", (), ("S12000009",)),
    Cpp("S12000010", "East Lothian"),
    Cpp("S12000011", "East Renfrewshire"),
    Cpp("S12000014", "Falkirk"),
    Cpp("S12000047", "Fife", (), ("S12000015",)),
    Cpp("S12000049", "Glasgow City", (), ("S12000016", "S12000043", "S12000046")),
    Cpp("S12000017", "Highland", ("Highlands",)),
    Cpp("S12000018", "Inverclyde"),
    Cpp("S12000019", "Midlothian"),
    Cpp("S12000020", "Moray"),
    Cpp("S12000013", "Na h-Eileanan Siar", _WESTERN_ISLES),
    Cpp("S12000021", "North Ayrshire"),
    Cpp("S12000050", "North Lanarkshire", (), ("S12000022", "S12000044")),
    Cpp("S12000023", "Orkney Islands"),
    Cpp("S12000048", "Perth and Kinross", (), ("S12000024",)),
    Cpp("S12000038", "Renfrewshire", (), ("S12000025",)),
    Cpp("S12000026", "Scottish Borders", ("Borders",)),
    Cpp("S12000027", "Shetland Islands"),
    Cpp("S12000028", "South Ayrshire"),
    Cpp("S12000029", "South Lanarkshire"),
    Cpp("S12000030", "Stirling"),
    Cpp("S12000039", "West Dunbartonshire", (), ("S12000031",)),
    Cpp("S12000040", "West Lothian", (), ("S12000032",)),
)

_CURRENT = {former: cpp.code for cpp in CPPS for former in cpp.former_codes}
_SPELLINGS = {cpp.code: (cpp.name, *cpp.spellings) for cpp in CPPS}

# words that spellings add or leave out without meaning another place
_FILLERS = frozenset({"and", "of", "the", "council", "cpp", "community", "planning", "partnership"})
# left out only where no spelling matches with them: "Aberdeen" for "Aberdeen City", "Orkney" for "Orkney Islands"
_GENERIC = frozenset({"city", "islands", "island", "isles"})

_WORD = re.compile(r"[a-z0-9]+")
_APOSTROPHES = str.maketrans("", "", "'’‘`")

_LAST_ZONE_2001 = 6505
_LAST_ZONE_2011 = 13481
_LAST_ZONE_2022 = 20873


def slug_of(name: str) -> str:
    """Return a name in lower-case ASCII letters, digits and single hyphens.

    Examples
    --------
    >>> slug_of("Na h-Eileanan Siar"), slug_of("Mòr & O'Neil's Isle")
    ('na-h-eileanan-siar', 'mor-and-oneils-isle')
    """
    return "-".join(_words(name))


def _words(text: str) -> list[str]:
    plain = text.casefold().replace("&", " and ")
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain)
        plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _WORD.findall(plain.translate(_APOSTROPHES))


def _key(text: str) -> tuple[str, ...]:
    return tuple(sorted(word for word in _words(text) if word not in _FILLERS))


def _short_key(text: str) -> tuple[str, ...]:
    return tuple(word for word in _key(text) if word not in _GENERIC)


def current_code(code: str) -> str:
    """Return the code in use now for a council area; a code without a successor comes back unchanged.

    Examples
    --------
    >>> current_code("S12000046"), current_code("S12000049"), current_code("S12990001")
    ('S12000049', 'S12000049', 'S12990001')
    """
    return _CURRENT.get(code, code)


def cpp_table(zones: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the CPPs, one row each, with ``cpp_code, cpp_name, cpp_slug``, in order of code.

    Parameters
    ----------
    zones
        Any table with ``cpp_code`` and ``cpp_name``, such as `zones`: its CPPs are returned (so a fictional country
        has its own). None means Scotland's 32.

    Examples
    --------
    >>> len(cpp_table())
    32
    >>> cpp_table().iloc[0].tolist()
    ['S12000005', 'Clackmannanshire', 'clackmannanshire']
    """
    if zones is None:
        table = pd.DataFrame({"cpp_code": [cpp.code for cpp in CPPS], "cpp_name": [cpp.name for cpp in CPPS]})
    else:
        table = pd.DataFrame(zones[["cpp_code", "cpp_name"]]).drop_duplicates("cpp_code")
    table = table.sort_values("cpp_code", ignore_index=True)
    return table.assign(cpp_slug=[slug_of(name) for name in table["cpp_name"]])


class _Gazetteer:
    """The spellings of a set of CPPs, ready for many questions."""

    def __init__(self, zones: pd.DataFrame | None) -> None:
        table = cpp_table(zones)
        self.names = dict(zip(table["cpp_code"], table["cpp_name"], strict=True))
        self.exact: dict[tuple[str, ...], set[str]] = {}
        self.short: dict[tuple[str, ...], set[str]] = {}
        for code, name in self.names.items():
            for spelling in (name, *_SPELLINGS.get(code, ())):
                self.exact.setdefault(_key(spelling), set()).add(code)
                self.short.setdefault(_short_key(spelling), set()).add(code)

    def find(self, text: str) -> str:
        code = current_code(text.strip().upper())
        if code in self.names:
            return code
        key = _key(text)
        matches = self.exact.get(key) or self.short.get(_short_key(text)) or set() if key else set()
        if len(matches) == 1:
            return next(iter(matches))
        raise ConfigError(self._message(text, sorted(matches)))

    def _message(self, text: str, matches: list[str]) -> str:
        if not matches:
            known = {" ".join(key): codes for key, codes in (self.short | self.exact).items()}
            near = difflib.get_close_matches(" ".join(_key(text)), known, n=5, cutoff=0.6)
            matches = list(dict.fromkeys(code for name in near for code in sorted(known[name])))
            what, lead = "No such community planning partnership", "nearest"
        else:
            what, lead = "More than one community planning partnership has this name", "one of"
        shown = ", ".join(f"{self.names[code]} ({code})" for code in matches[:5])
        return compose(
            what,
            expected=f"{lead}: {shown}" if shown else f"one of the {len(self.names)}: {', '.join(self.names.values())}",
            found=repr(text),
            remedy="give a code, a short name such as glasgow-city, or a usual spelling",
        )


def cpp_codes(texts: Iterable[str], zones: pd.DataFrame | None = None) -> list[str]:
    """Return the code of the CPP that each code, slug or usual spelling means; each spelling is looked up once.

    Capitals, accents, punctuation, ``&``, and the order of words ("Edinburgh, City of") do not matter. Former codes of
    a council area lead to the one in use now.

    Parameters
    ----------
    texts
        What was asked for.
    zones
        Table with ``cpp_code`` and ``cpp_name`` to look among; None means Scotland's 32.

    Raises
    ------
    ConfigError
        If nothing matches a text (with the nearest names) or more than one does.

    Examples
    --------
    >>> cpp_codes(["Edinburgh, City of", "glasgow-city", "S12000046", "Eilean Siar", "Argyll & Bute"])
    ['S12000036', 'S12000049', 'S12000049', 'S12000013', 'S12000035']
    >>> cpp_codes(["Glasgwo"])
    Traceback (most recent call last):
    ...
    indicators.errors.ConfigError: No such community planning partnership.
      expected: nearest: Glasgow City (S12000049)
      found: 'Glasgwo'
      to do: give a code, a short name such as glasgow-city, or a usual spelling
    """
    gazetteer = _Gazetteer(zones)
    texts = list(texts)
    found = {text: gazetteer.find(text) for text in dict.fromkeys(texts)}
    return [found[text] for text in texts]


@overload
def vintage_of(codes: str) -> str | None: ...


@overload
def vintage_of(codes: pd.Series) -> pd.Series: ...


def vintage_of(codes: str | pd.Series) -> str | pd.Series | None:
    """Return the census year that data zone codes were drawn for: ``2001``, ``2011`` or ``2022``.

    S01000001–S01006505 are 2001 zones, S01006506–S01013481 are 2011 zones, S01013482–S01020873 are 2022 zones. The
    sample's fictional codes, S0199 and four digits, stand for 2011 zones, those from S01995001 to S01998999 for 2022
    zones. Anything else is missing.

    Examples
    --------
    >>> vintage_of("S01006505"), vintage_of("S01006506"), vintage_of("S01013482"), vintage_of("E01000001")
    ('2001', '2011', '2022', None)
    >>> import pandas as pd
    >>> vintage_of(pd.Series(["S01013481", "S01990001", "S0101348", None])).tolist()
    ['2011', '2011', nan, nan]
    """
    if isinstance(codes, str):
        answer = vintage_of(pd.Series([codes], dtype="str"))[0]
        return None if pd.isna(answer) else str(answer)
    text = codes.astype("str")
    has_form = text.str.fullmatch(r"S01\d{6}").fillna(False).astype(bool)
    number = pd.to_numeric(text.where(has_form).str.slice(3), errors="coerce")
    result = pd.Series(pd.NA, index=codes.index, dtype="str")
    result = result.mask(number.between(1, _LAST_ZONE_2001), "2001")
    is_2011 = number.between(_LAST_ZONE_2001 + 1, _LAST_ZONE_2011) | number.between(990_000, 999_999)
    result = result.mask(is_2011, "2011")
    is_2022 = number.between(_LAST_ZONE_2011 + 1, _LAST_ZONE_2022) | number.between(995_001, 998_999)
    return result.mask(is_2022, "2022")
