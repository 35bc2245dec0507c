"""The contexts of the pages: each zone's part of the findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

import infraplan
from infraplan.coverage.prediction import Coverage
from infraplan.geo.datums import in_shifted_area
from infraplan.messages import Bilingual, both, joined_texts, split_languages
from infraplan.outputs import shown, types
from infraplan.presets import load
from infraplan.radio.budgets import Service
from infraplan.radio.receivers import signal_band_db
from infraplan.report.page_context import Dataset, Document, Facts, PageContext, PlanSummary
from infraplan.report.page_rows import zone_table
from infraplan.run.evidence import evidence_of
from infraplan.run.fibre_layers import connection_layer, connections_of, fibre_layers
from infraplan.run.file_tags import stated_dates
from infraplan.run.findings import Findings
from infraplan.run.map_states import map_detail
from infraplan.run.plan_of_city import with_lines_of_city
from infraplan.run.quality import quality_of_zone
from infraplan.run.steps import zones_of_cities
from infraplan.run.study_names import whole_name
from infraplan.siting.capacity import capacity_in_use
from infraplan.siting.connections import connection_sums
from infraplan.siting.cost_curves import build_curve
from infraplan.siting.phases import phases_of_sites
from infraplan.siting.plan_sites import no_sites, without_lines
from infraplan.siting.plans import Plan
from infraplan.study import Study
from infraplan.tables.column_types import typed
from infraplan.tables.families import family_name, service_name, with_families
from infraplan.tables.faults import grouped
from infraplan.tables.headings import headings, named
from infraplan.tables.language import Speech
from infraplan.tables.reprojection import to_plane
from infraplan.units import cut_percent

CHINESE_PROVINCE = r"[1-8]\d0000"


def facts_of(findings: Findings, notes: tuple[str, ...] = (), edition: str = "") -> Facts:
    """How the numbers were made, for the foot of every page. `edition`: of the pages."""
    study, cover = findings.study, findings.cover
    as_of, dates = study.config.study.as_of, stated_dates(study)
    documents = tuple(
        Document(
            Bilingual(policy.title, policy.title_en) if policy.title_en else policy.title,
            policy.document,
            policy.expires.isoformat() if policy.expires else "",
            as_of is not None and policy.expired(as_of),
        )
        for policy in study.targets.policies
    )
    return Facts(
        model="; ".join(cover.models_used),
        resolution_m=cover.grid.resolution_m,
        reliability=cover.reliability,
        population_basis=both(f"run.basis_{study.population_basis}"),
        map_approval="" if in_china(study.zones) else both("run.map_elsewhere"),
        services=(*(service_line(service) for service in cover.services.values()), *antenna_lines(study)),
        documents=documents,
        datasets=datasets_of(study),
        filled_in=dict(study.sites.attrs.get("filled", {})),
        synthetic=study.synthetic,
        warnings=tuple(grouped(study.warnings)),
        version=infraplan.__version__,
        study=study.config.study.name,
        notes=(*notes, *ground_notes(cover)),
        evidence=evidence_of(findings),
        receivers=cover.receivers,
        band_db=signal_band_db(),
        as_of=dates["as_of"],
        report_date=dates["report_date"],
        own=study.own_names,
        edition=edition,
        title=Bilingual(study.config.study.title_zh, study.config.study.title_en),
    )


def in_china(zones: Any) -> bool:
    """Whether zones lie in China, whose rules for maps then apply: by the codes of their provinces, else by their centre."""
    left, bottom, right, top = zones.total_bounds
    provinces = zones.loc[zones["level"] == "province", "adcode"].astype(str)
    return bool(provinces.str.fullmatch(CHINESE_PROVINCE).all() or in_shifted_area((left + right) / 2, (bottom + top) / 2))


def service_line(service: Service) -> str:
    """A service in one line: carrier, largest path loss, the link that limits it, the device, the share of time of each direction."""
    shares = {"down": f"{service.downlink_share * 100:.1f}", "up": f"{service.uplink_share * 100:.1f}", "frame": service.frame}
    time = both("run.frame", **shares) if service.frame else both("run.time", **shares)
    return both(
        "run.service", name=service_name(service.name), carrier=f"{service.frequency_mhz:g}", loss=f"{service.max_path_loss_db:.1f}",
        link=both(f"run.{service.limiting_link}"), sigma=f"{service.shadowing_sigma_db:.1f}", device=f"{service.ue_power_dbm:g}", time=time,
    )  # fmt: skip


def antenna_lines(study: Study) -> tuple[str, ...]:
    """The study's pattern files, one line each: gain, tilt, sectors of sites that carry them."""
    lines = []
    counts = study.sectors["antenna"].value_counts()
    for name, antenna in study.antennas.items():
        facts = {"gain": f"{antenna.gain_dbi:.1f}", "tilt": f"{antenna.electrical_tilt_deg:g}", "sectors": int(counts.get(name, 0))}
        lines.append(both("run.antenna", name=name, model=antenna.name, **facts))
    return tuple(lines)


def ground_notes(cover: Coverage) -> tuple[str, ...]:
    """The ground of the prediction."""
    if cover.terrain is None:
        return (both("run.no_terrain"),)
    key = "run.synthetic_terrain" if cover.terrain.synthetic else "run.terrain"
    if cover.terrain.clutter is None:
        return both(key, source=cover.terrain.source), both("study.bare_earth")
    known = load("nominal_distance")
    distances = sorted(set(cover.terrain.clutter.class_nominal_m))
    profile = both("run.profile", step=f"{cover.terrain.profile_step_m:g}", nominal=", ".join(f"{d:g}" for d in distances))
    lists = ("distance_m", "brno_dbm", "chengdu_dbi", "chengdu_without_pattern_dbi", "example_percent")
    rows = {name: " / ".join(f"{value:g}" for value in known[name]) for name in lists}
    evidence = both(
        "run.evidence", **rows, budget=known["brno_budget_dbm"], physical="-".join(map(str, known["chengdu_physical_dbi"])),
        without=known["example_without_terrain_percent"],
    )  # fmt: skip
    return both(key, source=cover.terrain.source), profile, evidence


def datasets_of(study: Study) -> tuple[Dataset, ...]:
    """Inputs with their licences: `licences.toml` beside study.toml, else the bare names of the files."""
    if study.licences is not None:
        return tuple(Dataset(row.name, split_languages(row.holder), split_languages(row.licence), row.synthetic) for row in study.licences)
    return tuple(Dataset(name, both("run.user_data"), both("run.user_licence")) for name in study.inputs if name != "study.toml")


def plan_summary(
    plan: Plan | None, scope: str, study: Study, sites: Any = None, check: dict[str, Any] | None = None
) -> PlanSummary | None:  # fmt: skip
    """Totals of the plan; with `sites`, the part of them that lies in one city. `check`: that of the whole plan."""
    if plan is None:
        return None
    whole = sites is None
    return PlanSummary(
        sites=len(plan.sites if whole else sites),
        cost=plan.cost if whole else float(sites["cost"].sum()),
        cost_bound=plan.cost_bound,
        proven_gap=plan.proven_gap,
        population_gained=plan.population_gained if whole else int(sites["people_gained"].sum()),
        status=plan.status,
        scope=scope,
        extras=dict(plan.extras),
        goal=plan.goal.share if plan.goal.asks_people else None,
        margin_db=plan.goal.margin_db,
        rent_measure=study.targets.measure_of("public_rent"),
        families=plan.families,
        whole=whole,
        capacity=capacity_in_use(study.capacity, plan.sites if whole else sites, study.plan_services, plan.goal.families),
        shares=check["shares"] if whole and check is not None else {},
        low_end=plan.low_end if whole else None,
        build_alone=plan.build_alone if whole else None,
        cost_low=float((plan.sites if whole else sites)["cost_low"].sum()),
        cost_high=float((plan.sites if whole else sites)["cost_high"].sum()),
        without_lines=study.lines_not_given,
        lines=plan.lines if whole else {},
        weak_grid=plan.weak_grid if whole else {},
        connections=connection_sums(plan.sites if whole else sites),
    )


def out_of_reach(plan: Plan) -> bool:
    """Whether the pages list what no candidate serves: where a target is missed, proven out of reach or not."""
    return plan.status in ("unreachable", "short")


def plan_note(plan: Plan) -> str:
    """The sentence on a plan that does not reach its goal, "" for one that does."""
    if plan.status not in ("unreachable", "short"):
        return ""
    late = [
        both("run.goal_lines", target=name, after=f"{row['served_km']:.1f}", required=f"{row['required_km']:.1f}")
        for name, row in plan.lines.items()
        if not row["met"]
    ]
    late += [
        both("run.goal_weak_grid", family=family_name(row["family"]), after=f"{row['covered']:,}", required=f"{row['required']:,}")
        for row in plan.weak_grid.values()
        if not row["met"]
    ]
    if plan.served_after >= plan.goal.share * plan.population:
        return joined_texts(late, "；", "; ") if late else ""
    people = both(
        f"run.goal_{plan.status}",
        goal=f"{plan.goal.share * 100:g}",
        share=cut_percent(plan.served_after / max(plan.population, 1))[:-1],
        people=f"{plan.unreachable_people:,}",
    )
    return joined_texts([people, *late], "；", "; ")


def _window(cover: Coverage, zones: Any) -> Coverage:
    """The part of the map a page shows: its zones with a rim of 2 km."""
    left, bottom, right, top = to_plane(zones, cover.grid.crs).total_bounds
    return cover.within(cover.grid.window(left - 2000, bottom - 2000, right + 2000, top + 2000))


@dataclass(frozen=True)
class CityLayers:
    """A page's context, and the data that only the files need.

    Best server per family, the sectors those indices name (those alone that serve on the page), headings of the villages, the CRS that the
    study chooses for files of a GIS, and the services that its sites carry.
    """

    context: PageContext
    servers: dict[str, Any]
    sector_ids: Any
    village_headings: str = "names"
    crs: str = ""
    services: Mapping[str, Service] = field(default_factory=dict)


def _layers(context: PageContext, findings: Findings, cover: Coverage) -> CityLayers:
    whole = {family: cover[family].server for family in cover.families}
    known = np.unique(np.concatenate([[-1], *(np.unique(server) for server in whole.values())]))[1:]  # -1: none
    place = np.full(len(cover.sector_ids) + 1, -1, np.int32)
    place[known] = np.arange(len(known))
    servers = {family: np.ascontiguousarray(place[server]) for family, server in whole.items()}
    chosen = findings.study.config.outputs
    services = {**findings.study.services, **findings.study.plan_services}
    return CityLayers(context, servers, cover.sector_ids[known], chosen.village_headings, chosen.crs, services)


def plan_layers(context: PageContext) -> dict[str, Any]:
    """Layers of plan.gpkg: zones with their counts, gaps as points, existing and new sites, villages that no network or not all serve.

    Spans of fibre where there is a plan of it; all settlements with their status come last.
    """
    import geopandas as gpd

    zones = zone_table(context)
    gaps = gpd.GeoDataFrame(context.gaps, geometry=gpd.points_from_xy(context.gaps["lon"], context.gaps["lat"]), crs=4326)
    spots = not_spot_layer(context)
    own = {f"{kind}_not_spots": spots.loc[spots["not_spot"] == kind] for kind in ("total", "partial")}
    return {
        "zones": zones,
        "gaps": gaps,
        "existing_sites": context.sites,
        "new_sites": context.plan_sites,
        **own,
        **fibre_layers(context),
        **connection_layer(context),
        **settlement_layer(context),
    }


def settlement_layer(context: PageContext) -> dict[str, Any]:
    """All settlements, served ones too, with what is judged of them; nothing in a study without any."""
    if context.villages is None:
        return {}
    table = village_table(context)
    kept = [name for entry in shown("villages", "gis") for name, _ in named(entry, table, "villages") if name in table]
    return {"villages": context.villages[["geometry"]].join(table[kept])[[*kept, "geometry"]]}


def not_spot_layer(context: PageContext) -> Any:
    """Villages that are total or partial not-spots: a row a village and family, columns of the output table `not_spots`."""
    import geopandas as gpd

    villages, parts = context.villages, []
    for family in context.families if villages is not None else ():
        kind = villages[f"{family}_not_spot"]
        own = villages.loc[kind.isin(["total", "partial"])]
        known = {"not_spot": kind.loc[own.index], "served_by": own[f"{family}_served_by"]}
        parts.append(own.assign(family=family, receiver=context.receiver(family), **known))
    kinds = types("not_spots")
    if not parts:
        return gpd.GeoDataFrame(typed([], kinds), geometry=gpd.GeoSeries([], crs=4326), crs=4326)
    table = pd.concat(parts, ignore_index=True)
    geometry = table.geometry
    return gpd.GeoDataFrame(typed(table.reindex(columns=list(kinds)), kinds), geometry=geometry, crs=villages.crs)


def village_table(context: PageContext, heads: str = "names") -> pd.DataFrame:
    """Every point with people, its status, whether it is measured, and predicted margins: the totals can be recounted from it.

    `heads`: "names" of `outputs`, or "zh" for its Chinese headings, which `read_villages` understands too.
    """
    villages = context.villages
    table = villages[[name for name in types("villages") if name in villages]].copy()
    table["lon"], table["lat"] = villages.geometry.x.round(6), villages.geometry.y.round(6)
    for family in context.families:
        table[f"{family}_status"], table[f"{family}_margin_db"] = villages[f"{family}_status"].astype(str), villages[f"{family}_margin_db"]
        table[f"{family}_measured"] = villages[f"{family}_measured"]
        table[f"{family}_receiver"] = context.receiver(family)
        table[f"{family}_not_spot"], table[f"{family}_served_by"] = villages[f"{family}_not_spot"], villages[f"{family}_served_by"]
    if heads == "names":
        return pd.DataFrame(table)
    speech = Speech(heads, receivers=context.facts.receivers, own=context.facts.own)
    return pd.DataFrame(table.rename(columns=headings(table, "villages", heads, speech.judged)))


def city_layers(findings: Findings, plan: Plan | None, adcode: str, scope: str, facts: Facts) -> CityLayers:
    """One city's part of everything."""
    study = findings.study
    zones = zones_of_cities(study.zones, (adcode,))
    codes = frozenset(zones["adcode"])
    name = str(zones.loc[zones["level"] == "city", "name"].iloc[0])
    cover = _window(findings.cover, zones)
    by_zone = findings.by_zone
    new = plan.sites.loc[plan.sites["city"] == adcode] if plan is not None else no_sites()
    context = PageContext(
        level="city",
        adcode=adcode,
        name=name,
        zones=zones,
        population=by_zone.loc[
            ((by_zone["level"] == "city") & (by_zone["adcode"] == adcode))
            | ((by_zone["level"] == "county") & (by_zone["parent"] == adcode))
        ],
        scorecard=findings.card.loc[(findings.card["zone_level"].isin(["city", "county"])) & findings.card["zone"].isin(codes)],
        gaps=findings.gaps.loc[findings.gaps["city"] == adcode].reset_index(drop=True),  # rows of other cities are no part of the page
        things=None if findings.things is None else findings.things.loc[findings.things["city"] == adcode].reset_index(drop=True),
        villages=findings.villages.loc[findings.villages["city"] == adcode],
        sites=study.sites.loc[study.sites["city"] == adcode].reset_index(drop=True),
        plan_sites=with_families(without_lines(new, {} if plan is None else plan.lines), study.own_services),
        grid=cover.grid,
        margins={family: np.ascontiguousarray(cover[family].margin_db) for family in cover.families},
        facts=facts,
        plan=with_lines_of_city(
            plan_summary(plan, scope, study, new if plan is not None and plan.goal.cities != (adcode,) else None), findings, plan, adcode
        ),
        families=cover.families,
        networks=cover.networks,
        detail=map_detail(findings, cover, zones, adcode),
        phases=None if plan is None else phases_of_sites(plan.phases, new),
        fibre=None if findings.fibre is None else findings.fibre.of(codes),
        connections=connections_of(findings, adcode),
        index_href="../../index.html",
        city_order=study.config.study.city_order,
        quality=quality_of_zone(findings, cover, codes),
    )
    return _layers(context, findings, cover)


def province_layers(
    findings: Findings, plan: Plan | None, cities: pd.DataFrame, scope: str, facts: Facts, check: dict[str, Any] | None = None,
    history: pd.DataFrame | None = None,
) -> CityLayers:  # fmt: skip
    """The whole study on one page. `check`: that of the plan; `history`: the trend over earlier runs and this one."""
    study, cover = findings.study, findings.cover
    province = study.zones.loc[study.zones["level"] == "province"]
    one = len(province) == 1 and province["name"].iloc[0] != province["adcode"].iloc[0]
    named = bool(study.config.study.area_zh) or not one
    adcode = str(province["adcode"].iloc[0]) if one else ""
    name = whole_name(study, "zh") if named else str(province["name"].iloc[0])
    context = PageContext(
        level="province",
        adcode=adcode,
        name=name,
        zones=study.zones,
        population=findings.by_zone,
        scorecard=findings.card,
        gaps=findings.gaps,
        things=findings.things,
        villages=findings.villages,
        sites=study.sites,
        plan_sites=with_families(no_sites() if plan is None else without_lines(plan.sites, plan.lines), study.own_services),
        grid=cover.grid,
        margins={family: cover[family].margin_db for family in cover.families},
        facts=facts,
        plan=plan_summary(plan, scope, study, check=check),
        history=history,
        families=cover.families,
        networks=cover.networks,
        cities=cities,
        build_curve=None if plan is None else build_curve(plan),
        phases=None if plan is None else plan.phases,
        pareto=None if plan is None else plan.pareto,
        unreachable=plan.unreachable if plan is not None and out_of_reach(plan) else None,
        detail=map_detail(findings, cover, study.zones),
        fibre=findings.fibre,
        connections=findings.connections,
        index_href="index.html",
        city_order=study.config.study.city_order,
        tops=() if one else tuple(province["adcode"].astype(str)),
        title_en=whole_name(study, "en") if named else "",
        quality=quality_of_zone(findings, cover),
    )
    return _layers(context, findings, cover)
