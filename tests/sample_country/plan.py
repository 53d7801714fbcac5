"""The plan of Alltmara: its councils, settlements, names, and the communities planted in it.

Everything here is invented. The names only sound Scottish; the codes are in ranges that no publisher uses; the land
lies in the open North Sea of the national grid, more than 80 km east of Scotland. What a plan is made into is in
`country` (polygons), `people` and `outcomes`.
"""

from __future__ import annotations

from dataclasses import dataclass

COUNTRY_NAME = "Alltmara (fictional)"


@dataclass(frozen=True)
class Land:
    """One piece of land: centre in EPSG:27700 metres, half-axes in metres, and the number of points of its coast."""

    name: str
    x: float
    y: float
    half_width: float
    half_height: float
    coast_points: int


LANDS = (
    Land("Mainland", 528_000, 803_000, 21_000, 25_000, 150),
    Land("Sgèire Mhòr", 571_000, 822_000, 6_500, 8_500, 60),
    Land("Fladmorran", 573_000, 842_000, 4_500, 4_000, 36),
    Land("Hellisbrae", 585_500, 833_000, 3_000, 3_500, 28),
    Land("Papa Fennie", 586_500, 815_000, 2_500, 2_000, 24),
    Land("Holm of Tarf", 592_500, 824_000, 1_200, 1_500, 14),
    Land("Little Holm", 595_000, 826_500, 700, 900, 10),
)


@dataclass(frozen=True)
class Settlement:
    """Zones scattered about a point, densest at the centre; `spread` in metres, urban-rural class 1 to 8."""

    land: str
    x: float
    y: float
    zones: int
    spread: float
    urban_rural: int


@dataclass(frozen=True)
class Council:
    """A council area (and its community planning partnership), with the names that its parts take.

    `name` is the spelling of the zone lookup, `other_name` that of the other publishers. The first settlement is the
    seat, and names of intermediate zones are given outward from it. `custom_areas` names sub-council areas that are
    not wards; where it is empty they are the wards. `deprivation` shifts the whole council on the latent scale, and
    `variation` is the standard deviation of its zones on it.
    """

    code: str
    name: str
    other_name: str
    anchors: tuple[tuple[float, float, float], ...]
    settlements: tuple[Settlement, ...]
    intermediate_zones: tuple[str, ...]
    wards: tuple[str, ...]
    custom_areas: tuple[str, ...]
    travel_to_work_area: str
    deprivation: float
    variation: float = 0.45

    @property
    def zones(self) -> int:
        """Number of data zones."""
        return sum(settlement.zones for settlement in self.settlements)


MAIN = "Mainland"

COUNCILS = (
    Council(
        code="S12990001",
        name="Inverbrae, City of",
        other_name="City of Inverbrae",
        anchors=((541_500, 802_000, 1.6),),
        settlements=(
            Settlement(MAIN, 542_500, 802_500, 84, 1_500, 1),
            Settlement(MAIN, 537_500, 798_500, 20, 1_000, 1),
            Settlement(MAIN, 540_500, 808_500, 14, 1_300, 2),
        ),
        intermediate_zones=(
            "Inverbrae Castle and Quay",
            "Cotter's Wynd",
            "Skinnerhaugh",
            "Inverbrae Old Port",
            "Gallowshaw",
            "Tollmorran",
            "Ladyfennie and St Brannoc's",
            "Mastrin",
            "Lower Haugh of Brae",
            "Dunmorlich",
            "Braefoot Mills",
            "Seafaulds",
            "Craigfardle",
            "Craigfardle Parks",
            "Torbrae",
            "Pitfennie",
            "Bonnyhaugh",
            "Balmorran",
            "Kilfardle",
            "Larchfennie",
            "Wester Tollmorran",
            "Hillhead of Mastrin",
        ),
        wards=(
            "Brae Centre",
            "Castlehaugh",
            "Tollmorran/Gallowshaw",
            "Seafaulds and Torbrae",
            "Craigfardle",
            "Hill of Mastrin and Pitfennie",
        ),
        custom_areas=(),
        travel_to_work_area="Inverbrae",
        deprivation=0.10,
    ),
    Council(
        code="S12990002",
        name="Strathfardle and the Glens of Morlich",
        other_name="Strathfardle and the Glens of Morlich",
        anchors=((516_000, 815_000, 1.0), (513_000, 801_000, 0.9)),
        settlements=(
            Settlement(MAIN, 518_500, 810_500, 18, 900, 4),
            Settlement(MAIN, 513_500, 798_500, 9, 700, 7),
            Settlement(MAIN, 517_500, 819_500, 7, 700, 7),
            Settlement(MAIN, 515_500, 808_500, 32, 9_000, 7),
        ),
        intermediate_zones=(
            "Strathfardle",
            "Auchterfennie",
            "Kilbrannoch",
            "Drumfardle",
            "Easter Haugh",
            "Tullymorran",
            "Glenmorlich",
            "Pitmorlich and Nether Fennie",
            "Achnafardle",
            "Braes of Tullymorran, Kirkhaugh and Upper Strathfardle",
            "Lochmorran",
            "Corriemorlich",
        ),
        wards=(
            "Strathfardle",
            "Drumfardle and Kilbrannoch",
            "Glenmorlich",
            "Lochmorran and the Braes",
            "Nether Fennie",
        ),
        custom_areas=("Strathfardle Town", "Landward", "The Glens"),
        travel_to_work_area="Strathfardle",
        deprivation=-0.05,
    ),
    Council(
        code="S12990003",
        name="Kirkfennie and Dalmorran",
        other_name="Kirkfennie & Dalmorran",
        anchors=((527_000, 786_500, 1.0), (533_500, 789_000, 0.9)),
        settlements=(
            Settlement(MAIN, 530_500, 787_500, 34, 1_300, 2),
            Settlement(MAIN, 523_500, 790_500, 15, 900, 3),
            Settlement(MAIN, 535_000, 791_000, 7, 700, 3),
            Settlement(MAIN, 526_500, 787_500, 16, 6_000, 6),
        ),
        intermediate_zones=(
            "Kirkfennie Cross",
            "Kirkfennie Harbour",
            "Kirkfennie Muirs",
            "Laird's Cross",
            "Whinfardle",
            "Dalmorran",
            "Dalmorran Mains",
            "Auchfardle",
            "Balfennie",
            "Easter Haugh",
            "Muirfardle",
            "Carsemorran",
            "Glenfennie",
        ),
        wards=(
            "Kirkfennie",
            "Kirkfennie Muirs",
            "Dalmorran",
            "Laird’s Cross and Muirfardle",
            "Glenfennie and the Carse",
        ),
        custom_areas=("Kirkfennie", "Dalmorran", "Landward", "The Carse"),
        travel_to_work_area="Kirkfennie and Dalmorran",
        deprivation=0.0,
    ),
    Council(
        code="S12990004",
        name="Carrickmorlich",
        other_name="Carrickmorlich",
        anchors=((531_000, 818_500, 1.0), (527_000, 823_500, 0.8)),
        settlements=(
            Settlement(MAIN, 532_000, 817_500, 22, 1_200, 2),
            Settlement(MAIN, 526_500, 821_500, 8, 800, 3),
            Settlement(MAIN, 530_000, 818_500, 14, 6_500, 6),
        ),
        intermediate_zones=(
            "Carrickmorlich Town",
            "Abbeyfennie",
            "Drumcarrick",
            "Knockmorran",
            "Barfennie",
            "Straidfardle",
            "Corsemorlich",
            "Glencarrick Water",
        ),
        wards=("Carrickmorlich", "Abbeyfennie and Knockmorran", "Glencarrick"),
        custom_areas=(),
        travel_to_work_area="Inverbrae",
        deprivation=0.0,
        variation=0.25,
    ),
    Council(
        code="S12990005",
        name="Na h-Eileanan Sgèire",
        other_name="Na h-Eileanan an Sgèire",
        anchors=(),
        settlements=(
            Settlement("Sgèire Mhòr", 572_500, 820_500, 9, 600, 5),
            Settlement("Sgèire Mhòr", 571_000, 823_000, 9, 5_000, 8),
            Settlement("Fladmorran", 573_000, 842_000, 6, 2_500, 8),
            Settlement("Hellisbrae", 585_500, 833_000, 4, 1_800, 8),
            Settlement("Papa Fennie", 586_500, 815_000, 3, 1_400, 8),
            Settlement("Holm of Tarf", 592_500, 824_000, 1, 300, 8),
        ),
        intermediate_zones=(
            "Fladmorran a Tuath",
            "Fladmorran a Deas",
            "Sgèire a Tuath",
            "Hellisbrae, Papa Fennie and the Holms",
            "Port na Sgèire",
            "Sgèire a Deas",
        ),
        wards=("Fladmorran", "Na h-Eileanan a-Muigh agus Sgèire a Tuath", "Port na Sgèire agus Sgèire a Deas"),
        custom_areas=(),
        travel_to_work_area="Na h-Eileanan Sgèire",
        deprivation=-0.05,
    ),
)


@dataclass(frozen=True)
class Community:
    """A contiguous community planted in one council.

    It grows from the zone nearest (`x`, `y`) until it holds about `residents` people, and its zones are shifted by
    `effect` on the latent deprivation scale (positive: poorer), where zones ordinarily differ by about 0.45. Where
    `effect` is 0 the zones are centred on the mean of their council instead: a place that is truly no different.
    """

    name: str
    council_code: str
    x: float
    y: float
    residents: int
    effect: float

    @property
    def kind(self) -> str:
        """What is true of it: ``poorer``, ``better`` or ``no_different``."""
        return "poorer" if self.effect > 0 else "better" if self.effect < 0 else "no_different"


COMMUNITIES = (
    Community("Quayside", "S12990001", 543_600, 801_400, 8_800, 1.8),
    Community("Nine Fields", "S12990001", 537_000, 797_800, 4_600, 2.1),
    Community("Upper Strath", "S12990002", 513_500, 798_500, 3_000, 1.7),
    Community("Fennie Muirs", "S12990003", 529_500, 788_800, 6_300, 1.9),
    Community("The Port", "S12990005", 572_500, 820_500, 3_600, 2.0),
    Community("Dalmorran Braes", "S12990003", 523_300, 790_800, 4_200, -1.8),
    Community("Abbey Parks", "S12990004", 526_500, 821_500, 4_500, 0.0),
)
"""Five poorer communities, one better and one no different. Carrickmorlich has no poorer one, and zones that differ
little: hardly anything should be flagged there."""
