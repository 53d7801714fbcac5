"""Fields of places: data zones, what borders what, and zones of two censuses."""

from __future__ import annotations

from indicators.schema.field import Field, flag, share, text
from indicators.schema.vocabulary import MOVED_BY, UNASSIGNED, VERDICTS, VINTAGES

FIELDS: dict[str, Field] = {
    # areas
    "zone_code": Field(
        "code",
        "GSS code of the data zone",
        pattern=r"S01\d{6}",
        alias="Data zone (code)",
        published={"editing": 110, "members": 100, "zones": 10},
    ),
    "zone_name": text(
        "Name of the data zone",
        alias="Data zone",
        published={"editing": 15, "members": 15, "need_outside": 1, "zones": 5},
    ),
    "vintage": text("Census year that the zones were drawn for", allowed=VINTAGES),
    "population": Field(
        "integer",
        "Residents",
        "people",
        minimum=0,
        published={"editing": 25, "hot_spots": 15, "localities": 65, "proposed": 15, "zones": 15},
    ),
    "population_source_id": text("Source of the number of residents", alias="Source of residents"),
    "population_period": text("Date of the number of residents", alias="Residents as at"),
    "census_population": Field(
        "integer", "Residents at the census that the zones were drawn for", "people", minimum=0, nullable=True
    ),
    "census_household_population": Field(
        "integer",
        "Residents in households at the census that the zones were drawn for",
        "people",
        minimum=0,
        nullable=True,
    ),
    "cpp_code": Field(
        "code",
        "GSS code of the community planning partnership's council area",
        pattern=r"S12\d{6}",
        alias="Partnership (code)",
        published={
            "said": 905,
            "place_standard": 905,
            "decision_targets": 905,
            "decisions": 905,
            "localities": 235,
            "reach": 810,
            "vintages": 810,
        },
    ),
    "cpp_name": text(
        "Community planning partnership",
        published={
            "said": 905,
            "place_standard": 905,
            "decision_targets": 905,
            "decisions": 905,
            "localities": 230,
            "reach": 805,
            "vintages": 805,
        },
    ),
    "cpp_slug": text("Short name of the partnership, for file names"),
    "intermediate_zone_code": Field(
        "code", "GSS code of the intermediate zone", pattern=r"S02\d{6}", alias="Intermediate zone (code)"
    ),
    "intermediate_zone_name": text(
        "Name of the intermediate zone (not unique)", alias="Intermediate zone", published={"editing": 20}
    ),
    "ward_code": Field(
        "code",
        "GSS code of the electoral ward that the publisher assigns",
        pattern=r"S13\d{6}",
        alias="Electoral ward (code)",
    ),
    "ward_name": text("Electoral ward"),
    "travel_to_work_area_code": Field("code", "GSS code of the travel-to-work area", nullable=True),
    "travel_to_work_area_name": text("Travel-to-work area", nullable=True),
    "urban_rural_8_code": Field(
        "integer", "Scottish Government urban rural class, 8-fold", "class", minimum=1, maximum=8, nullable=True
    ),
    "urban_rural_8_name": text(
        "Scottish Government urban rural class, 8-fold", nullable=True, alias="Urban rural class"
    ),
    "centroid_x": Field("number", "Easting of the population-weighted centroid, EPSG:27700", "metres", decimals=0),
    "centroid_y": Field("number", "Northing of the population-weighted centroid, EPSG:27700", "metres", decimals=0),
    "area_m2": Field("number", "Area of the polygon", "square metres", minimum=0.0, decimals=0),
    "perimeter_m": Field("number", "Length of the boundary", "metres", minimum=0.0, decimals=0),
    "geometry": Field("geometry", "Polygon, EPSG:27700", "metres"),
    "neighbour_code": Field("code", "GSS code of the neighbouring data zone", pattern=r"S01\d{6}"),
    "shared_border_m": Field("number", "Length of border shared with the neighbour", "metres", minimum=0.0, decimals=0),
    "is_link": flag("Joined by a declared ferry, bridge or causeway, not by a border"),
    "link_kind": text(
        "What joins the two across water; nearest: nothing is declared, and the nearest zones were joined",
        nullable=True,
        allowed=("bridge", "causeway", "ferry", "tunnel", "nearest"),
    ),
    "barrier": text(
        "What the border runs along where no crossing is known: the two are then no neighbours",
        nullable=True,
        allowed=("motorway", "river", "canal", "railway"),
    ),
    # crosswalk
    "from_vintage": text(
        "Census year of the zone to carry from", allowed=VINTAGES, alias="Drawn on zones of", published={"vintages": 10}
    ),
    "to_vintage": text(
        "Census year of the zone to carry to", allowed=VINTAGES, alias="Redrawn on zones of", published={"vintages": 15}
    ),
    "from_code": Field("code", "GSS code of the data zone to carry from", pattern=r"S01\d{6}"),
    "to_code": Field(
        "code",
        f"GSS code of the data zone to carry to, or {UNASSIGNED}: people whose zone there is not known",
        pattern=rf"S01\d{{6}}|{UNASSIGNED}",
    ),
    "people": Field(
        "number",
        "Residents of 2022 in both; missing where only the pair is published",
        "people",
        minimum=0.0,
        nullable=True,
        published={"vintages": 120},
    ),
    "share_of_from": share("Share of the residents of the zone carried from; missing where not known"),
    "share_of_to": share("Share of the residents of the zone carried to; missing where not known"),
    "from_parent": Field("code", "Intermediate zone of the zone carried from", pattern=r"S02\d{6}", nullable=True),
    "to_parent": Field("code", "Intermediate zone of the zone carried to", pattern=r"S02\d{6}", nullable=True),
    "is_exact": flag("The same people live in both zones"),
    "common_group": Field(
        "code", "Smallest group of zones that holds the same people in both censuses, by its first zone", nullable=True
    ),
    "is_whole_group": flag("Nobody in the smallest common group is unassigned"),
    # localities on the zones of another census
    "changed_zones": Field(
        "integer",
        "Zones in which not the same people live as in one zone there",
        "zones",
        minimum=0,
        published={"vintages": 105},
    ),
    "unassigned_zones": Field(
        "integer", "Zones with people whose zone there is not known", "zones", minimum=0, published={"vintages": 110}
    ),
    "redrawn_zones": Field(
        "integer",
        "Zones of the other census in the locality as redrawn",
        "zones",
        minimum=0,
        published={"vintages": 115},
    ),
    "people_in_changed_zones": Field(
        "number", "Of these, residents of changed zones", "people", minimum=0.0, published={"vintages": 125}
    ),
    "people_kept": Field(
        "number",
        "Residents of the locality as it is and as redrawn",
        "people",
        minimum=0.0,
        published={"vintages": 130},
    ),
    "people_lost": Field(
        "number",
        "Residents of the locality as it is, outside as redrawn",
        "people",
        minimum=0.0,
        published={"vintages": 135},
    ),
    "people_gained": Field(
        "number",
        "Residents of the locality as redrawn, outside as it is",
        "people",
        minimum=0.0,
        published={"vintages": 140},
    ),
    "redrawn_verdict": text(
        "Grade of the statistical evidence as redrawn on the zones of the other census",
        nullable=True,
        allowed=VERDICTS,
        alias="Verdict as redrawn",
        published={"vintages": 25},
    ),
    "moved_by": text(
        "Why the verdict moves on the zones of the other census: boundary (it stays while the boundary does), figures "
        "(of zones that changed), threshold (what it is held against moved past one), modelled (not to be assessed on "
        "one of both)",
        nullable=True,
        allowed=MOVED_BY,
        alias="Verdict moved by",
        when_none="does not move",
        published={"vintages": 30},
    ),
}
