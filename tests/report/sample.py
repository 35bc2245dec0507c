"""A realistic page context made from any zones: settlements, sites, margins, rows as the run delivers them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from infraplan.geo.grids import Grid
from infraplan.report.map_detail import MapDetail, packed_margins, packed_statuses, status_codes
from infraplan.report.page_context import Dataset, Document, Facts, PageContext, PlanSummary
from infraplan.siting.capacity import CapacityInUse
from infraplan.tables.language import OwnNames

FAMILIES = ("nr", "nbiot")
NETWORKS = ("any", "cbn+cmcc", "ctcc+cucc")
HOSTILE = "<script>alert(1)</script>"
FORMULA = '=HYPERLINK("http://example.invalid","点我")'


def square_zones() -> gpd.GeoDataFrame:
    """A toy province of two cities with two counties each."""
    rows = [("province", "990000", "样例省", "", shapely.box(113.0, 24.0, 114.0, 24.6))]
    for c, (adcode, name) in enumerate((("990100", "甲市"), ("990200", "乙市"))):
        west = 113.0 + 0.5 * c
        rows.append(("city", adcode, name, "990000", shapely.box(west, 24.0, west + 0.5, 24.6)))
        for k in range(2):
            rows.append(
                (
                    "county",
                    f"{adcode[:4]}0{k + 1}",
                    f"{name[0]}{'东西'[k]}县",
                    adcode,
                    shapely.box(west, 24.0 + 0.3 * k, west + 0.5, 24.3 + 0.3 * k),
                )
            )
    return gpd.GeoDataFrame(rows, columns=["level", "adcode", "name", "parent", "geometry"], crs=4326)


def points_in(geometry: Any, count: int, rng: np.random.Generator) -> Any:
    """So many random points inside a polygon."""
    west, south, east, north = geometry.bounds
    shapely.prepare(geometry)
    found = np.empty((0, 2))
    while len(found) < count:
        xy = rng.uniform((west, south), (east, north), (count * 3, 2))
        found = np.vstack([found, xy[shapely.contains_xy(geometry, xy[:, 0], xy[:, 1])]])
    return shapely.points(found[:count])


def make_villages(zones: gpd.GeoDataFrame, per_county: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Settlements with a status and a margin per family."""
    counties = zones[zones["level"] == "county"]
    parts = []
    for _, county in counties.iterrows():
        n = per_county
        people = np.round(rng.lognormal(5.256, 0.877, n)).astype(int)
        frame = gpd.GeoDataFrame(
            {"population": people, "households": np.maximum(1, people // 3), "county": county["adcode"], "city": county["parent"]},
            geometry=points_in(county.geometry, n, rng),
            crs=4326,
        )
        parts.append(frame)
    villages = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=4326)
    total = len(villages)
    villages["id"] = [f"V{i:06d}" for i in range(total)]
    surnames, tails = np.array(list("陈林黄李张王刘吴罗梁")), np.array(["屋", "村", "坑", "塘", "围", "坝", "岭", "田心", "下寨"])
    villages["name"] = np.char.add(
        surnames[rng.integers(0, 10, total)],
        np.char.add(np.array(list("上下新老大小东西南北"))[rng.integers(0, 10, total)], tails[rng.integers(0, 9, total)]),
    )
    villages["kind"] = np.where(rng.random(total) < 0.75, "village", "block")
    villages["town"], villages["committee"] = "示范镇", "民主村委会"
    villages["position_error_m"] = rng.choice([50.0, 150.0, 300.0], total)
    villages["synthetic"] = True
    for family, shift in (("nr", 4.0), ("nbiot", 11.0)):
        margin = rng.normal(shift, 7.0, total)
        villages[f"{family}_margin_db"] = np.where(rng.random(total) < 0.02, np.nan, margin)
        villages[f"{family}_status"] = np.select([np.abs(margin) < 0.8, margin >= 0], ["uncertain", "served"], "unserved")
    return villages


def make_population(zones: gpd.GeoDataFrame, villages: gpd.GeoDataFrame) -> pd.DataFrame:
    """Rows of population_coverage for every zone."""
    rows = []
    for _, zone in zones.iterrows():
        column = {"county": "county", "city": "city"}.get(zone["level"])
        inside = villages if column is None else villages[villages[column] == zone["adcode"]]
        for family in FAMILIES:
            for network in NETWORKS:
                people = inside.groupby(f"{family}_status")["population"].sum()
                served, uncertain, unserved = (int(people.get(status, 0)) for status in ("served", "uncertain", "unserved"))
                if network != "any":
                    lost = int(served * 0.2)
                    served, unserved = served - lost, unserved + lost
                total = served + uncertain + unserved
                rows.append(
                    (
                        zone["level"],
                        zone["adcode"],
                        zone["name"],
                        family,
                        network,
                        total,
                        served,
                        uncertain,
                        unserved,
                        served / total if total else np.nan,
                    )
                )
    return pd.DataFrame(
        rows, columns=["level", "adcode", "name", "family", "network", "population", "served", "uncertain", "unserved", "share"]
    )


def make_scorecard(zones: gpd.GeoDataFrame, population: pd.DataFrame, synthetic: bool = True) -> pd.DataFrame:
    """A few rows of every measure for the province and its cities."""
    rows = []
    for _, zone in zones[zones["level"].isin(["province", "city"])].iterrows():
        people = population[
            (population["adcode"] == zone["adcode"]) & (population["level"] == zone["level"]) & (population["network"] == "any")
        ].set_index("family")
        share = float(people.loc["nr", "share"])

        def add(
            target: str,
            measure: str,
            required: float,
            achieved: float,
            unit: str,
            quotation: str,
            numerator: float,
            denominator: float,
            status: str,
            force: str = "确保",
            interpretation: bool = False,
            zone: Any = zone,
            family: str = "nr",
        ) -> None:
            rows.append(
                {
                    "id": target,
                    "part": "main",
                    "zone_level": zone["level"],
                    "zone": zone["adcode"],
                    "zone_name": zone["name"],
                    "family": family,
                    "network": "any",
                    "measure": measure,
                    "required": required,
                    "achieved": achieved,
                    "numerator": numerator,
                    "denominator": denominator,
                    "unit": unit,
                    "shortfall": max(0.0, required - achieved) * (denominator or 1)
                    if required == required and achieved == achieved
                    else np.nan,
                    "status": "example" if synthetic and status in ("met", "not_met") else status,
                    "force": force,
                    "due": "2020-12-31",
                    "expired": True,
                    "interpretation": interpretation,
                    "quotation": quotation,
                    "document": "粤工信信软〔2020〕37号",
                    "departments": "省通信管理局，省工业和信息化厅",
                    "evidence": f"{int(numerator):,} / {int(denominator):,}" if denominator else "",
                }
            )

        add(
            "nr-pop90",
            "population_share",
            0.9 if zone["level"] == "province" else np.nan,
            share,
            "people",
            "覆盖全省90%以上人口",
            float(people.loc["nr", "served"]),
            float(people.loc["nr", "population"]),
            "not_met",
            "覆盖",
        )
        add(
            "nr-sites",
            "site_count",
            48000.0 if zone["level"] == "province" else np.nan,
            6012.0,
            "sites",
            "确保2020年三季度末提前完成4.8万座5G基站建设计划",
            6012,
            0,
            "not_met",
        )
        add("village-nr", "place_share", 1.0, 0.8123, "places", "", 8123, 10000, "not_met", "", True)
        add(
            "nr-schools",
            "place_share",
            0.95,
            np.nan,
            "places",
            "力争到2020年底实现5G网络对省、市、县(市、区)各类学校普遍覆盖",
            0,
            0,
            "no_data",
            "力争",
            True,
        )
        add(
            "nbiot-sites",
            "site_count",
            70000.0 if zone["level"] == "province" else np.nan,
            5031.0,
            "sites",
            "2020年底全省NB-IoT基站达到7万座",
            5031,
            0,
            "on_the_way",
            "达到",
            family="nbiot",
        )
    return pd.DataFrame(rows)


def make_gaps(zones: gpd.GeoDataFrame, villages: gpd.GeoDataFrame) -> pd.DataFrame:
    """Rows of find_gaps."""
    names = dict(zip(zones["adcode"], zones["name"], strict=True))
    out = []
    for family in FAMILIES:
        rows = villages[(villages["kind"] == "village") & (villages["households"] >= 20) & (villages[f"{family}_status"] != "served")]
        margin = rows[f"{family}_margin_db"]
        out.append(
            pd.DataFrame(
                {
                    "target": f"village-{family}",
                    "id": rows["id"],
                    "kind": "village",
                    "name": rows["name"],
                    "city": rows["city"],
                    "city_name": rows["city"].map(names),
                    "county": rows["county"],
                    "county_name": rows["county"].map(names),
                    "town": rows["town"],
                    "committee": rows["committee"],
                    "village": rows["name"],
                    "households": rows["households"],
                    "population": rows["population"],
                    "lon": rows.geometry.x,
                    "lat": rows.geometry.y,
                    "family": family,
                    "network": "any",
                    "status": rows[f"{family}_status"],
                    "outdoor_margin_db": margin,
                    "indoor_margin_db": margin - 12.0,
                    "nearest_site": "S00012",
                    "nearest_site_km": 3.2,
                    "reason": "no_site_in_range",
                    "remedy": "N00001",
                }
            )
        )
    return pd.concat(out, ignore_index=True)


def make_asked(villages: gpd.GeoDataFrame) -> pd.DataFrame:
    """Rows of things_of_targets: every village of 20 households for both families."""
    rows = villages[(villages["kind"] == "village") & (villages["households"] >= 20)]
    one = pd.DataFrame({"thing": "village", "id": rows["id"], "city": rows["city"], "county": rows["county"]})
    return pd.concat([one.assign(family=family) for family in FAMILIES], ignore_index=True)


def make_sites(zones: gpd.GeoDataFrame, per_county: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Existing sites."""
    parts = []
    for _, county in zones[zones["level"] == "county"].iterrows():
        parts.append(
            gpd.GeoDataFrame(
                {"county": county["adcode"], "city": county["parent"]},
                index=range(per_county),
                geometry=points_in(county.geometry, per_county, rng),
                crs=4326,
            )
        )
    sites = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), crs=4326)
    n = len(sites)
    return sites.assign(
        id=[f"S{i:05d}" for i in range(n)],
        name=[f"站点{i}" for i in range(n)],
        mast=[f"M{i:05d}" for i in range(n)],
        status="existing",
        services=rng.choice(["nr-n41", "nr-n78;nr-n28", "nbiot-900"], n),
        operators=rng.choice(["cbn+cmcc", "ctcc+cucc"], n),
        environment="rural",
        height_m=rng.uniform(25, 45, n).round(1),
        azimuth_deg="0/120/240",
        tilt_deg=4.0,
        host="tower",
        synthetic=True,
    )


def make_plan_sites(zones: gpd.GeoDataFrame, per_county: int, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Suggested sites in build order."""
    sites = make_sites(zones, per_county, rng)
    n = len(sites)
    return sites.assign(
        id=[f"N{i + 1:05d}" for i in range(n)],
        order=np.arange(1, n + 1),
        name=[f"新站{i + 1}" for i in range(n)],
        services="nr-n28",
        host=rng.choice(["tower", "rooftop", "public_building"], n),
        height_m=40.0,
        cost=rng.choice([420000.0, 230000.0], n),
        people_gained=rng.integers(100, 9000, n),
        villages_gained=rng.integers(1, 30, n),
        places_gained=np.arange(n) % 3,
        targets=np.where(np.arange(n) % 2 == 0, "nr-pop90", "nr-pop90;village-nr"),
        people_lost=np.arange(n) * 7,
        places_lost=np.arange(n) % 3,
        phase=1 + np.arange(n) * 2 // max(n, 1),
        reason="share",
    )


def make_margins(grid: Grid, shifts: dict[str, float], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Smooth hills of margin, with corners where nothing was computed."""
    y, x = np.mgrid[0 : grid.height, 0 : grid.width].astype(np.float32)
    hills = sum(np.cos(x / rng.uniform(9, 40) + rng.uniform(0, 6)) * np.cos(y / rng.uniform(9, 40) + rng.uniform(0, 6)) for _ in range(5))
    return {family: np.where(hills < -4.2, np.nan, hills * 6 + shift).astype(np.float32) for family, shift in shifts.items()}


def make_detail(context: PageContext, planned: bool = True) -> MapDetail:
    """Every network today and with a plan, a railway, a road and a school: north of the middle the plan serves everybody."""
    margins, statuses, villages = {}, {}, context.villages
    north = villages.geometry.y > context.outline.total_bounds[[1, 3]].mean()
    for family in FAMILIES:
        for network in NETWORKS:
            today = context.margins[family] - (0.0 if network == "any" else 6.0)
            later = today.copy()
            later[: len(later) // 2] = np.maximum(later[: len(later) // 2], 15.0)
            codes = status_codes(villages[f"{family}_status"])
            codes = codes if network == "any" else np.maximum(codes, np.uint8(villages["population"] % 3))
            margins[family, network] = packed_margins(today, later if planned else None)
            statuses[family, network] = packed_statuses(codes, np.where(north, 0, codes) if planned else None)
    west, south, east, north_most = context.outline.total_bounds
    middle = (south + north_most) / 2
    lines = gpd.GeoDataFrame(
        {"name": ["样例铁路", "样例高速"], "line_class": ["railway", "expressway"]},
        geometry=[shapely.LineString([(west, middle), (east, middle)]), shapely.LineString([(west, south), (east, north_most)])],
        crs=4326,
    )
    places = gpd.GeoDataFrame(
        {"id": ["P1"], "name": ["样例学校"], "place_class": ["school"], "county": [context.children["adcode"].iloc[0]]},
        geometry=[shapely.Point((west + east) / 2, middle)],
        crs=4326,
    )
    return MapDetail(margins, statuses, planned, lines, places)


def make_facts(synthetic: bool = True) -> Facts:
    """What the footer tells."""
    return Facts(
        own=OwnNames(currency="CNY"),
        model="3GPP TR 38.901 RMa/UMa, Okumura-Hata",
        resolution_m=250.0,
        reliability=0.95,
        population_basis="2020 年第七次全国人口普查，126,012,510 人",
        services=("nr-n41 · 2600 MHz · 118.3 dB", "nbiot-900 · 900 MHz · 141.0 dB"),
        documents=(
            Document("广东省加快5G产业发展信息服务业…若干措施", "粤工信信软〔2020〕37号", "2020-12-31", True),
            Document("广东省扩大和升级信息消费实施方案(2018-2020年)", "粤府〔2018〕27号", "2020-12-31", True),
        ),
        datasets=(
            Dataset("行政区划", "天地图", "见 PROVENANCE.md"),
            Dataset("GeoNames", "GeoNames", "CC BY 4.0"),
            Dataset("示例站点", "infraplan", "MIT", True),
        ),
        filled_in={"height_m": 120, "tilt_deg": 6012},
        synthetic=synthetic,
        version="0.1.0",
        study="guangdong",
    )


def sample_contexts(
    zones: gpd.GeoDataFrame | None = None,
    per_county: int = 60,
    sites_per_county: int = 12,
    resolution_m: float = 500.0,
    synthetic: bool = True,
    seed: int = 7,
) -> tuple[PageContext, list[PageContext]]:
    """The province's context and its cities', as a run would fill them."""
    zones = square_zones() if zones is None else zones
    rng = np.random.default_rng(seed)
    villages = make_villages(zones, per_county, rng)
    population = make_population(zones, villages)
    card = make_scorecard(zones, population, synthetic)
    gaps, sites, plan_sites = make_gaps(zones, villages), make_sites(zones, sites_per_county, rng), make_plan_sites(zones, 3, rng)
    asked = make_asked(villages)
    grid = Grid.over(zones[zones["level"] == "province"], resolution_m)
    margins = make_margins(grid, {"nr": 4.0, "nbiot": 11.0}, rng)
    province = zones[zones["level"] == "province"].iloc[0]
    cost = float(plan_sites["cost"].sum())
    plan = PlanSummary(
        len(plan_sites),
        cost,
        cost * 0.982,
        0.018,
        int(plan_sites["people_gained"].sum()),
        "feasible",
        str(province["name"]),
        cost_low=cost * 0.7,
        cost_high=cost * 1.6,
        without_lines=("power_lines", "fibre"),
        capacity=CapacityInUse("nr", 4_361, 13_085, True),
    )
    cities_frame = zones[zones["level"] == "city"]
    listed = pd.DataFrame(
        {
            "adcode": cities_frame["adcode"],
            "name": cities_frame["name"],
            "folder": [f"cities/{code}-{name}" for code, name in zip(cities_frame["adcode"], cities_frame["name"], strict=True)],
            "gaps": [int(((gaps["city"] == code) & (gaps["family"] == "nr")).sum()) for code in cities_frame["adcode"]],
            "asked": [int(asked.loc[asked["city"] == code, "id"].nunique()) for code in cities_frame["adcode"]],
            "new_sites": [int((plan_sites["city"] == code).sum()) for code in cities_frame["adcode"]],
            "cost": [float(plan_sites.loc[plan_sites["city"] == code, "cost"].sum()) for code in cities_frame["adcode"]],
            "state": "done",
            "reason": "",
        }
    )
    curve = pd.DataFrame({"cost": np.linspace(0, cost, 30), "share": 0.78 + 0.13 * (1 - np.exp(-np.linspace(0, 3, 30)))})
    phases = pd.DataFrame(
        {
            "phase": [1, 2],
            "name": ["一期", "二期"],
            "start": ["2020-04-01", "2020-10-01"],
            "end": ["2020-09-30", "2021-06-30"],
            "sites": [4, 8],
            "cost": [cost / 3, cost * 2 / 3],
            "people_gained": [500, 900],
            "share": [0.83, 0.91],
            "asked_met": [True, True],
        }
    )
    whole = PageContext(
        "province",
        str(province["adcode"]),
        str(province["name"]),
        zones[zones["level"] != "county"],
        population[population["level"] != "county"],
        card,
        gaps,
        villages,
        sites,
        plan_sites,
        grid,
        margins,
        make_facts(synthetic),
        plan,
        asked,
        cities=listed,
        build_curve=curve,
        phases=phases,
    )
    pages = []
    for _, city in cities_frame.iterrows():
        code = city["adcode"]
        mine = zones[((zones["level"] == "city") & (zones["adcode"] == code)) | ((zones["level"] == "county") & (zones["parent"] == code))]
        window = grid.window(*mine.to_crs(grid.crs).total_bounds)
        keys = set(zip(mine["level"], mine["adcode"], strict=True))
        rows = population[[key in keys for key in zip(population["level"], population["adcode"], strict=True)]]
        pages.append(
            replace(
                whole,
                level="city",
                adcode=code,
                name=str(city["name"]),
                zones=mine,
                population=rows,
                scorecard=card[card["zone"] == code],
                gaps=gaps[gaps["city"] == code],
                things=asked[asked["city"] == code],
                villages=villages[villages["city"] == code],
                sites=sites[sites["city"] == code],
                plan_sites=plan_sites[plan_sites["city"] == code],
                grid=window,
                margins={family: layer[window.slices_in(grid)] for family, layer in margins.items()},
                cities=None,
                build_curve=None,
                phases=None,
                index_href="../../index.html",
            )
        )
    return replace(whole, detail=make_detail(whole)), [replace(page, detail=make_detail(page)) for page in pages]
