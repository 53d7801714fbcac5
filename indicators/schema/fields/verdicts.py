"""Fields of verdicts: the answers, what they rest on, and how firm they are."""

from __future__ import annotations

from indicators.schema.field import Field, flag, number, share, text
from indicators.schema.vocabulary import (
    ACCESS_VERDICTS,
    ANSWERS,
    BASES,
    VERDICTS,
)

_VOTES_OF = (
    ("poorer", "Poorer", "surely and importantly poorer than"),
    ("slightly", "Slightly poorer", "poorer, but not surely by enough, than"),
    ("better", "Better", "surely better than"),
)

FIELDS: dict[str, Field] = {
    "verdict_cpp": text(
        "Grade of the evidence against elsewhere in the partnership's area",
        allowed=VERDICTS,
        alias="Verdict against the rest of the partnership's area",
        published={"localities": 25},
    ),
    "verdict_scotland": text(
        "Grade of the evidence against elsewhere in Scotland",
        allowed=VERDICTS,
        alias="Verdict against the rest of Scotland",
        published={"localities": 15},
    ),
    "holds_without_special_zones": flag(
        "The flag, or its absence, stays when zones with many residents in institutions are left out",
        alias="Holds without special zones",
        published={"localities": 185},
    ),
    "drawing_support_scotland": share(
        "Share of its residents in localities flagged as poorer than Scotland under other candidate sets, on average",
        alias="Support under other drawings, against Scotland",
        published={"localities": 175},
    ),
    "drawing_support_cpp": share(
        "Share of its residents in localities flagged as poorer than elsewhere in the partnership under other "
        "candidate sets, on average",
        alias="Support under other drawings, within the partnership",
        published={"localities": 177},
    ),
    "special_zones": Field(
        "integer",
        "Zones where a quarter of residents or more live in institutions",
        "zones",
        alias="Special zones",
        published={"localities": 180},
    ),
    "changes_under": text(
        "Alternative settings under which the flag changes, if any",
        nullable=True,
        alias="Settings under which the flag changes",
        when_none="none that was tried",
        published={"localities": 170},
    ),
    "domains_assessed": Field(
        "integer",
        "Core votes (of three) assessed, of the answer shown",
        "votes",
        minimum=0,
        alias="Domains assessed",
        published={"localities": 135},
    ),
    "domains_poorer": Field(
        "integer",
        "Core votes surely and importantly poorer",
        "votes",
        minimum=0,
        alias="Core votes poorer",
        published={"localities": 140},
    ),
    "domains_slightly_poorer": Field(
        "integer",
        "Core votes poorer, but not surely by enough",
        "votes",
        minimum=0,
        alias="Domains slightly poorer",
        published={"localities": 145},
    ),
    "poorer_domains": text(
        "Names of the poorer core votes", nullable=True, when_none="none", published={"localities": 150}
    ),
    **{
        f"{name}_votes_{code}": text(
            f"Votes {words} elsewhere in {where}",
            nullable=True,
            alias=f"{title} than {short} in",
            when_none="none",
            published={"localities": place} if place else {},
        )
        for code, where, short, places in (
            ("cpp", "the partnership's area", "the partnership", (30, None, 130)),
            ("scotland", "Scotland", "Scotland", (20, None, 125)),
        )
        for (name, title, words), place in zip(_VOTES_OF, places, strict=True)
    },
    **{
        name: number(
            f"Largest ratio, as the smallest that matters, at which evidence is strong{against}",
            "ratio",
            alias=f"Holds{short} up to a ratio of",
            when_none="no strong evidence",
            published=places,
        )
        for name, against, short, places in (
            ("holds_up_to", "", "", {"localities": 45}),
            (
                "holds_up_to_cpp",
                " against elsewhere in the partnership's area",
                " against the partnership",
                {},
            ),
            ("holds_up_to_scotland", " against elsewhere in Scotland", " against Scotland", {}),
        )
    },
    "answer": text(
        "Both answers together, for colours and legends", allowed=ANSWERS, alias="Answer", published={"localities": 10}
    ),
    "verdict_same_kind": text(
        "Grade against the rest of Scotland's zones of its own urban rural class (six-fold), beside",
        allowed=VERDICTS,
        alias="Verdict against places of its own kind",
        published={"localities": 90},
    ),
    "poorer_votes_same_kind": text(
        "Votes surely and importantly poorer than there",
        nullable=True,
        alias="Poorer than places of its kind in",
        when_none="none",
    ),
    "verdict_access": text(
        "Whether half or more of the access indicators are importantly poorer than Scotland's",
        allowed=ACCESS_VERDICTS,
        alias="Access to services",
        published={"localities": 85},
    ),
    "access_poorer": Field(
        "integer",
        "Access indicators importantly poorer than elsewhere in Scotland",
        minimum=0,
        alias="Access indicators poorer",
    ),
    "access_assessed": Field("integer", "Access indicators assessed", minimum=0),
    "hangs_on": text(
        "What takes the flag away when it is left out or turns out otherwise",
        nullable=True,
        alias="What the flag hangs on",
        when_none="no single thing, or not flagged",
        published={"localities": 50},
    ),
    "would_flag": text(
        "Of a place without a flag: what would give it one",
        nullable=True,
        alias="What would flag it",
        when_none="flagged already, or nothing near",
        published={"localities": 55},
    ),
    "effective_domains": number(
        "Assessed core votes, allowing for their correlation",
        "votes",
        alias="Effective number of domains",
        decimals=1,
        published={"localities": 155},
    ),
    "people_in_need": number(
        "Residents counted by the headline indicator of need",
        "people",
        alias="People in need",
        decimals=0,
        published={"hot_spots": 20, "localities": 70, "need_outside": 5},
    ),
    "people_in_need_indicator": text(
        "Indicator that counts people in need", nullable=True, alias="People in need are", published={"localities": 115}
    ),
    "basis": text(
        "What it rests on: of a verdict, the comparators; of a pair of zones, a published or inferred lookup",
        allowed=(*BASES, "published", "inferred"),
        alias="Held against",
        published={"localities": 110},
    ),
    "verdict": text(
        "Grade of the statistical evidence",
        allowed=VERDICTS,
        alias="Verdict",
        published={"localities": 105, "vintages": 20},
    ),
    "is_flagged": flag(
        "Strong evidence of significantly poorer outcomes", alias="Flagged", published={"localities": 100}
    ),
    "priority_rank": Field(
        "integer",
        "Order by evidence inside the CPP and candidate set, 1 first",
        "rank",
        minimum=1,
        alias="Priority rank",
        published={"localities": 60},
    ),
    "stability": share(
        "Share of the alternative settings under which the flag (or its absence) stays",
        alias="Stability of the flag",
        published={"localities": 165},
    ),
}
