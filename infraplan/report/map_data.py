"""Data of a map's page: point tables, zones with scores, labels, legend."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from infraplan.outputs import names
from infraplan.report import map_layers, packed_points, stamps
from infraplan.report.map_detail import STATUSES, MapDetail
from infraplan.report.map_legends import gain_colour, legend_sections, share_colour
from infraplan.report.mast_points import points_of_masts
from infraplan.report.page_context import PageContext
from infraplan.report.page_rows import zone_table
from infraplan.report.style import missing, palette, percent
from infraplan.report.words import Words
from infraplan.tables.number_formats import points, text
from infraplan.tables.wording import worded

MAP_WORDS = {
    "legend": "legend", "nothing": "nothing_found", "layers": "map_layers", "sources": "map_sources", "town": "map_town",
    "committee": "map_committee", "link": "map_link", "copied": "map_copied",
    "export": "map_export", "north": "north", "code": "map_code", "view": "map_view", "gained": "layer_gained",
}  # fmt: skip
SIMPLIFY_DEG = {"city": 0.0012, "province": 0.004}  # about 0.1 and 0.4 km: below a screen pixel at the page's first zoom
MOST_AT_FIRST = 2_000  # interpretation: more suggested sites hide the map of a province, which begins without them


def point_sources(context: PageContext, words: Words, detail: MapDetail) -> dict[str, dict[str, Any]]:
    """Packed villages, places, existing sites and new sites; an empty table is left out."""
    sources, words = {}, words.about(context)
    if len(context.villages):
        sources["villages"] = _villages(context, words, detail)
    if detail.places is not None and len(detail.places):
        sources["places"] = _places(context, words, detail)
    if len(context.existing_sites):
        sources["sites"] = _sites(context.existing_sites, words)
    if len(context.plan_sites):
        sources["new"] = _new_sites(context, words)
    return sources


def _packed(frame: Any, table: str, words: Words) -> list[dict[str, Any]]:
    """The columns that the map shows, each packed by its form."""
    out = []
    for cells in worded(frame, table, "map", words):
        form, unit = cells.column.form, cells.column.units(words.lang)
        if form == "whole":
            packed = packed_points.integers(cells.label, cells.values, unit)
        elif form in ("db", "km"):
            packed = packed_points.tenths(cells.label, cells.values, unit)
        else:
            packed = packed_points.choices(cells.label, cells.texts())
        out.append({**packed, "name": cells.column.name})
    return out


def _villages(context: PageContext, words: Words, detail: MapDetail) -> dict[str, Any]:
    frame = context.villages
    styles = {f"{family}|{network}": codes for (family, network), codes in detail.statuses.items()}
    more = {"details": _gap_details(context, words, frame["id"]) if "id" in frame else [], "judged": True}
    return packed_points.points(
        frame, words.t("title_village"), frame["name"].astype(str).tolist(), _packed(frame, "villages", words), styles, place=1,
        codes=_ids(frame), **more,
    )  # fmt: skip


def _ids(frame: Any) -> dict[str, Any]:
    return packed_points.codes(frame["id"].astype(str).tolist()) if "id" in frame else {"texts": []}


def _gap_details(context: PageContext, words: Words, ids: Any) -> list[dict[str, Any]]:
    """Of what lacks service: reason, nearest site and remedy by family; the first row of a gap list where several name the same."""
    gaps, shown = context.gaps, list(names("gaps", "map"))
    if not len(gaps) or not {"id", "family", *shown} <= set(gaps):
        return []
    known = pd.Index(ids.astype(str).to_numpy(object))
    places, found = np.flatnonzero(~known.duplicated()), []
    known = known[places]
    for family in context.families:
        own = gaps[gaps["family"] == family]
        own = own[~own["id"].duplicated()]
        at = known.get_indexer(pd.Index(own["id"].astype(str).to_numpy(object)))
        own, rows = own[at >= 0], places[at[at >= 0]]
        if not len(own):
            continue
        columns = _packed(own[shown].reset_index(drop=True), "gaps", words)
        found.append({"title": words.family_in(context, family), **packed_points.details(rows, columns)})
    return found


def _places(context: PageContext, words: Words, detail: MapDetail) -> dict[str, Any]:
    frame = detail.places
    kinds = [words.code("kind", kind) for kind in frame["place_class"].astype(str)]
    where = [words.zones.get(str(code), "") for code in frame["county"]] if "county" in frame else [""] * len(frame)
    columns = [packed_points.choices(words.t("map_kind"), kinds), packed_points.choices(words.t("map_county"), where)]
    titles = frame["name"].astype(str).tolist()
    return packed_points.points(
        frame, words.t("map_place"), titles, columns, place=1, codes=_ids(frame), details=_gap_details(context, words, frame["id"])
    )


def _sites(sites: Any, words: Words) -> dict[str, Any]:
    frame = points_of_masts(sites, words)
    owner = packed_points.base64_of(frame.attrs["point_of_station"], "i4")
    return packed_points.points(
        frame, words.t("title_site"), frame["name"].tolist(), _packed(frame, "masts", words), codes=_ids(sites), owner=owner
    )


def _new_sites(context: PageContext, words: Words) -> dict[str, Any]:
    frame = context.plan_sites
    titles = (frame["name"].fillna(frame["id"]) if "name" in frame else frame["id"]).astype(str).tolist()
    columns = _packed(frame.assign(town=_nearest_towns(context)), "sites", words)
    listed = [
        at for at, column in enumerate(columns) if column["name"] in ("town", "where", "host", "operators") and column["kind"] == "choice"
    ]
    return packed_points.points(
        frame, words.t("title_new"), titles, columns, place=_number(columns, "town"), codes=_ids(frame), searched=listed
    )


def _number(columns: list[dict[str, Any]], name: str) -> int:
    """Number (from 1) of a column, 0 where it is not there."""
    return next((at for at, column in enumerate(columns, 1) if column["name"] == name), 0)


def _nearest_towns(context: PageContext) -> list[str]:
    """The township of the settlement nearest to each suggested site, "" where none states one."""
    from scipy.spatial import cKDTree

    villages, sites = context.villages, context.plan_sites
    if "town" not in villages or not len(sites):
        return [""] * len(sites)
    known = villages[(villages["town"].map(text) != "") & ~villages.geometry.is_empty & villages.geometry.notna()]
    if not len(known):
        return [""] * len(sites)
    flat = np.cos(np.radians(known.geometry.y.mean()))
    _, nearest = cKDTree(np.column_stack([known.geometry.x * flat, known.geometry.y])).query(
        np.column_stack([sites.geometry.x * flat, sites.geometry.y])
    )
    return [text(town) for town in known["town"].iloc[nearest]]


def page_data(context: PageContext, words: Words, detail: MapDetail, sources: Mapping[str, Any]) -> dict[str, Any]:
    """Everything of the page but the points."""
    west, south, east, north = (float(value) for value in (context.outline if len(context.outline) else context.zones).total_bounds)
    zones, labels = zone_features(context, words)
    signal, lines = map_layers.signal_layers(context, detail), map_layers.line_layers(context, detail, words.about(context))
    colours = palette()
    return {
        "zones": zones,
        "labels": labels,
        "towns": map_layers.town_names(context, words.about(context)),
        "lines": lines,
        "signal": signal,
        "choices": choices(context, words, detail, sources, zones),
        "overlays": overlays(context, words, sources, lines, detail),
        "legend": legend_sections(context, words),
        "colours": {
            "zone": colours["ink"]["zone"], "village": [colours["village"][status] for status in (*STATUSES, "gained")],
            "sites": colours["site"]["existing"], "new": colours["site"]["new"], "places": colours["place"]["any"], **colours["line"],
        },
        "statuses": [words.t(status) for status in STATUSES],
        "planned": detail.planned,
        "bounds": [[south, west], [north, east]],
        "title": words.t("map_title", name=context.title_name(words.lang)),
        "block": title_block(context, words),
        "mark": words.t("mark_across") if context.facts.synthetic else "",
        "basemap": {"url": detail.basemap, "credit": detail.basemap_credit} if detail.basemap else None,
        "attribution": escape(f"{attribution(context, words)} · Leaflet 1.9.4 (BSD-2-Clause)"),
        "words": {key: words.t(name) for key, name in MAP_WORDS.items()},
    }  # fmt: skip


def choices(
    context: PageContext, words: Words, detail: MapDetail, sources: Mapping[str, Any], zones: dict[str, Any]
) -> list[dict[str, Any]]:  # fmt: skip
    """The groups of radio buttons with what each offers and what is chosen at first: theme, family, time, network."""
    shares = {key for feature in zones["features"] for key in feature["properties"]["values"]}
    judged = "villages" in sources and bool(sources["villages"]["styles"])
    there = {"signal": bool(detail.margins), "people": bool(shares), "villages": judged}
    themes = [name for name, known in there.items() if known]
    first = next((name for name in ("people" if context.level == "province" else "signal", *there) if there[name]), "")
    networks = {network for _, network in (*detail.margins, *detail.statuses)} | {
        key.split("|")[1] for key in shares if detail.planned or judged
    }
    offered = [name for name in context.networks if name in networks] or ["any"]
    families = [family for family in context.families if any(key[0] == family for key in (*detail.margins, *detail.statuses))]
    families = families or list(context.families)
    times = ["today", "after", "adds"] if detail.planned else ["today"]
    groups = (
        ("theme", themes, first, lambda name: words.t(f"theme_{name}")),
        ("time", times, "today", lambda name: words.t(f"time_{name}")),
        ("family", families, families[0], lambda name: words.family_in(context, name)),
        ("network", offered, offered[0], words.about(context).network),
    )
    return [
        {"key": key, "label": words.t(f"choose_{key}"), "first": chosen, "items": [{"key": name, "label": word(name)} for name in names]}
        for key, names, chosen, word in groups
    ]


def overlays(
    context: PageContext, words: Words, sources: Mapping[str, Any], lines: list[dict[str, Any]], detail: MapDetail
) -> list[dict[str, Any]]:
    """Layers with a box to tick: what is there, and whether it is drawn at first."""
    city, drawn = context.level != "province", {line["layer"] for line in lines}
    there = (
        ("new", "new" in sources, city or len(context.plan_sites) <= MOST_AT_FIRST),
        ("sites", "sites" in sources, city),
        ("gaps", "villages" in sources and bool(sources["villages"]["styles"]), city),
        ("labels", True, True),
        ("zones", True, True),
        ("railway", "railway" in drawn, False),
        ("road", "road" in drawn, False),
        ("other", "other" in drawn, False),
        *((kind, kind in drawn, False) for kind in ("fibre", "fibre_today", "site_fibre", "site_microwave", "site_straight")),
        ("places", "places" in sources, False),
        ("basemap", bool(detail.basemap), False),
    )
    return [{"key": key, "label": words.t(f"layer_{key}"), "on": on} for key, known, on in there if known]


def title_block(context: PageContext, words: Words) -> dict[str, Any]:
    """The texts of the title block of a printed or saved map; what it shows is added by the page."""
    approval = words.one(context.facts.map_approval) or words.t("no_map_approval")
    synthetic = stamps.mark(context.facts, words)
    return {"title": words.t("map_title", name=context.title_name(words.lang)), "lines": stamps.stamp(context.facts, words).split(" · "),
            "approval": approval, "synthetic": synthetic}  # fmt: skip


def dataset_lines(context: PageContext, words: Words) -> list[str]:
    """Inputs with their holders and licences, those of one holder and licence together."""
    groups: dict[tuple[str, str], list[str]] = {}
    for entry in context.facts.datasets:
        groups.setdefault((entry.holder, entry.licence), []).append(entry.name)
    mark = "、" if words.lang == "zh" else ", "
    return [
        words.t("attribution_group", names=mark.join(names), holder=words.one(holder), licence=words.one(licence))
        for (holder, licence), names in groups.items()
    ]


def attribution(context: PageContext, words: Words) -> str:
    """The line about the base map's approval, unless a licence states it, then the makers of the data."""
    holders = ("；" if words.lang == "zh" else "; ").join(dataset_lines(context, words))
    approval = words.one(context.facts.map_approval) or words.t("no_map_approval")
    return " · ".join(part for part in ("" if approval in holders else approval, holders) if part)


def zone_features(context: PageContext, words: Words) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Zones as GeoJSON with the texts of their popups, and their labels, the most populous first."""
    import shapely

    frame = zone_table(context).reset_index(drop=True)
    cells = []
    for one in worded(frame, "zones", "map", words.about(context)):
        unit = f" {one.column.units(words.lang)}" if one.column.unit else ""
        cells.append((one.label, [shown if shown == "—" else f"{shown}{unit}" for shown in one.texts()]))
    values = zone_values(context)
    geometry = simplified(frame, SIMPLIFY_DEG.get(context.level, 0.001))
    finest = next(level for level in ("township", "county", "city", "province") if (frame["level"] == level).any())
    features: list[dict[str, Any]] = []
    labels: list[tuple[int, dict[str, Any]]] = []
    for index, zone in frame.iterrows():
        outer = zone["adcode"] in context.own and zone["level"] == context.level
        rows = [[label, texts[index]] for label, texts in cells if texts[index] != "—"]
        shape = geometry[index]
        west, south, east, north = shapely.bounds(shape)
        features.append(
            {
                "type": "Feature",
                "geometry": shapely.geometry.mapping(shape),
                "properties": {
                    "name": str(zone["name"]),
                    "code": str(zone["adcode"]),
                    "kind": words.code("level", zone["level"]),
                    "rank": 2 if outer else 1 if zone["level"] == "city" else 0,
                    "finest": zone["level"] == finest,
                    "ground": bool(outer) or (zone["level"] == finest and not len(context.outline)),
                    "rows": rows or [[words.t("no_data"), ""]],
                    "values": values.get((zone["level"], zone["adcode"]), {}),
                    "bounds": [[south, west], [north, east]],
                },
            }
        )
        if not outer and zone["level"] == context.child_level:
            at = shapely.point_on_surface(shape)
            weight = 0 if missing(zone["population"]) else int(zone["population"])
            labels.append((weight, {"name": str(zone["name"]), "zone": zone["adcode"], "lat": round(at.y, 4), "lon": round(at.x, 4)}))
    features.sort(key=lambda feature: -feature["properties"]["rank"])
    labels.sort(key=lambda entry: -entry[0])
    return {"type": "FeatureCollection", "features": features}, [label for _, label in labels]


def zone_values(context: PageContext) -> dict[tuple[str, str], dict[str, list[list[str]]]]:
    """By zone and "family|network": share and colour today, with the plan, and what the plan adds, "" where it is not known."""
    rows = context.population
    found: dict[tuple[str, str], dict[str, list[list[str]]]] = {}
    if not len(rows) or "share" not in rows:
        return {}
    for row in rows[rows["network"].isin(context.networks)].to_dict("records"):
        people, later = row.get("population"), row.get("served_after")
        after = None if missing(later) or missing(people) or not people else float(later) / float(people)
        today = row["share"]
        added = None if after is None or missing(today) else max(0.0, after - float(today))
        texts = [["" if missing(share) else percent(share, 1), share_colour(share)] for share in (today, after)]
        texts.append(["" if added is None else points(added), gain_colour(added)])
        found.setdefault((row["level"], row["adcode"]), {})[f"{row['family']}|{row['network']}"] = texts
    return found


def simplified(frame: Any, tolerance_deg: float) -> Any:
    """Outlines with fewer corners; neighbours keep their common border. Coordinates to 1e-4 degrees (10 m)."""
    import shapely

    out = frame.geometry.to_numpy().copy()
    for _, rows in frame.groupby("level", sort=False):
        part = out[rows.index]
        out[rows.index] = (
            shapely.coverage_simplify(part, tolerance_deg)
            if hasattr(shapely, "coverage_simplify")
            else shapely.simplify(part, tolerance_deg)
        )
    return shapely.transform(out, lambda xy: np.round(xy, 4))
