"""Candidates: the services of each place, their cost, and constraints on single sites."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import box
from small_world import LAT, LON, SIDE, small_world

from infraplan.errors import DataError
from infraplan.geo.terrain import INLAND, Terrain
from infraplan.siting.candidates import candidate_sites
from infraplan.siting.costs import usual_costs
from infraplan.siting.site_constraints import apply_site_constraints, too_near

WORLD = small_world()
BOTH = ("nr-n28", "nbiot-800")


def candidates(**options: Any) -> Any:
    return candidate_sites(WORLD.zones, grid=WORLD.grid, spacing_m=4000, **options)


def at(rows: list[tuple[str, float, float]], **columns: Any) -> Any:
    """Points named by id, in parts of the country's side."""
    table = pd.DataFrame({"id": [row[0] for row in rows], "name": "点", **columns})
    return gpd.GeoDataFrame(
        table, geometry=gpd.points_from_xy([LON + SIDE * row[1] for row in rows], [LAT + SIDE * row[2] for row in rows]), crs=4326
    )


def test_a_mast_is_offered_what_it_lacks_and_nothing_twice() -> None:
    found = candidates(services=BOTH, existing=WORLD.sites, overlays=False)
    shared = found.loc[found["origin"] == "co_location"]
    found_services = shared.groupby("mast")["services"].agg(set).to_dict()
    assert found_services == {
        "A": {"nbiot-800"},
        "B": {"nr-n28"},
        "D": {"nr-n28", "nbiot-800", "nr-n28;nbiot-800"},
        "E": {"nr-n28", "nbiot-800", "nr-n28;nbiot-800"},
    }
    assert shared["id"].is_unique and set(shared["place"].str[0]) == {"C"}


def test_shared_networks_count_once() -> None:
    """Mast C carries both families, on two deployments of two operators who share: one mast, no candidate, for whichever network."""
    for operators in ("cbn+cmcc", "ctcc+cucc"):
        found = candidates(services=BOTH, existing=WORLD.sites, operators=operators, overlays=False)
        assert "C" not in set(found["mast"])
        alone = found.loc[found["services"] == "nr-n28"]
        assert (alone["operators"] == operators).all()
        assert (alone["cost"] == alone["host"].map(usual_costs().life_cost)).all(), "one site, one cost, however many operators share it"


def test_lte_of_our_own_operators_is_upgraded() -> None:
    ours = candidates(existing=WORLD.sites, operators="cbn+cmcc", overlays=False).set_index("mast")["host"]
    theirs = candidates(existing=WORLD.sites, operators="ctcc+cucc", overlays=False).set_index("mast")["host"]
    assert ours[["B", "D", "E"]].tolist() == ["existing_tower", "upgrade_4g", "existing_tower"]
    assert theirs[["B", "D", "E"]].tolist() == ["existing_tower", "existing_tower", "upgrade_4g"]


def test_overlays_are_further_bands_on_masts_of_the_group() -> None:
    """A band that the group radiates there is not offered again, another is, at the height of what is there; others' masts are shared."""
    sites = WORLD.sites.assign(services="nr-n41", operators="cmcc", height_m=47.0, azimuth_deg="10/130/250")
    sites.loc[sites["mast"] == "B", ["services", "operators"]] = ["nr-n28", "cbn"]
    sites.loc[sites["mast"] == "D", ["services", "operators"]] = ["nr-n78", "ctcc+cucc"]
    sites.loc[sites["mast"] == "E", ["services", "operators"]] = ["nr-n28", "ctcc+cucc"]
    usual = candidates(existing=sites, operators="cbn+cmcc", overlays=False)
    assert set(usual["mast"]).isdisjoint(sites["mast"]), "without overlays nobody's 5G mast is offered"
    found = candidates(existing=sites, operators="cbn+cmcc")
    on_masts = found.loc[found["mast"].isin(sites["mast"])].set_index("mast")
    others = sorted(set(sites["mast"]) - {"B", "D", "E"})
    assert on_masts["host"].to_dict() == dict.fromkeys(others, "overlay") | {"D": "existing_tower", "E": "existing_tower"}
    assert (on_masts.loc[others, "height_m"] == 47.0).all() and (on_masts.loc[others, "azimuth_deg"] == "10/130/250").all()
    assert (on_masts.loc[others, "cost"] == usual_costs().life_cost("overlay")).all()
    assert on_masts.loc["D", "height_m"] == usual_costs().host("existing_tower")["height_m"]
    assert not too_near(found, sites, WORLD.grid, 5_000.0)[found["mast"].isin(sites["mast"])].any()


def test_each_bundle_has_its_cost_and_a_place_of_its_own() -> None:
    found = candidates(services=BOTH)
    assert (found.groupby("place").size() == 3).all() and found["id"].is_unique
    cost = found.pivot(index="place", columns="services", values="cost")
    assert (cost["nr-n28;nbiot-800"] == cost["nr-n28"] + usual_costs().added_service_cost).all()
    assert (cost["nr-n28"] + cost["nbiot-800"] > cost["nr-n28;nbiot-800"]).all()
    assert (found["mast"] == found["place"]).all()
    assert set(found["id"].str.split("-").str[1]) == {"nr", "nbiot", "nr+nbiot"}


def test_services_of_one_family_go_together() -> None:
    found = candidates(services=("nr-n41", "nr-n28"))
    assert set(found["services"]) == {"nr-n41;nr-n28"} and (found["id"] == found["place"]).all()
    assert (found["cost"] == usual_costs().life_cost("tower", 2)).all()


def test_smart_poles_stand_in_urban_centres_alone() -> None:
    town = at([("t1", 0.2, 0.2), ("t2", 0.203, 0.2)], population=[5000, 200], urban=True)
    poles = at([("L1", 0.21, 0.2), ("L2", 0.8, 0.8)], host="smart_pole")
    roofs = at([("R1", 0.8, 0.79)], host="rooftop")
    found = candidates(demand=town, hosts=pd.concat([poles, roofs]))
    assert {"L1", "R1"} <= set(found["mast"]) and "L2" not in set(found["mast"])
    assert found.loc[found["mast"] == "L1", "environment"].tolist() == ["urban"]
    assert found.loc[found["mast"] == "L1", "carrier_power_dbm"].notna().all()
    offered = candidates(demand=town, smart_poles=True)
    assert (offered["host"] == "smart_pole").sum() == (offered["origin"] == "settlement").sum() / 2
    village = at([("v", 0.5, 0.5)], population=[300], urban=False)
    assert "smart_pole" not in set(candidates(demand=village, smart_poles=True)["host"])


def test_a_site_among_served_people_is_urban_too() -> None:
    town = at([("t1", 0.2, 0.2), ("t2", 0.203, 0.2)], population=[9000, 50], urban=True)
    lacking = town.iloc[1:]
    assert candidates(demand=lacking).query("origin == 'settlement'")["environment"].tolist() == ["rural"]
    assert candidates(demand=lacking, residents=town).query("origin == 'settlement'")["environment"].tolist() == ["urban"]


def test_nothing_stands_on_excluded_land() -> None:
    lake = gpd.GeoDataFrame(geometry=[box(LON, LAT, LON + SIDE / 2, LAT + SIDE)], crs=4326)
    hill = gpd.GeoDataFrame(geometry=[box(LON + SIDE / 2, LAT, LON + SIDE, LAT + SIDE / 2)], crs=4326).to_crs(WORLD.grid.crs)
    free = candidates(existing=WORLD.sites, demand=WORLD.villages)
    found = candidates(existing=WORLD.sites, demand=WORLD.villages, exclude=(lake, hill))
    corner = box(LON + SIDE / 2, LAT + SIDE / 2, LON + SIDE, LAT + SIDE)
    assert found.within(corner).all() and len(found) == free.within(corner).sum() > 0


def test_few_people_around_drop_a_candidate_unless_it_is_kept() -> None:
    hosts = at([("H1", 0.9, 0.1)], host="rooftop")
    village = at([("v", 0.2, 0.8)], population=[500], urban=False)
    assert "H1" not in set(candidates(demand=village, hosts=hosts, least_people=400)["mast"])
    assert "H1" in set(candidates(demand=village, hosts=hosts, least_people=400, keep=("H1",))["mast"])


def test_ridges_become_towers() -> None:
    x_m, y_m = WORLD.grid.centre_of(*np.indices(WORLD.grid.shape))
    height_m = 20 + 300 * np.exp(-((x_m**2 + y_m**2) / 2500.0**2))
    terrain = Terrain(WORLD.grid, height_m.astype(np.float32), None, np.full(WORLD.grid.shape, INLAND, np.uint8))
    found = candidates(demand=WORLD.villages, terrain=terrain, ridges_per_square=2)
    ridges = found.loc[found["origin"] == "ridge"]
    assert len(ridges) and set(ridges["host"]) == {"summit"}
    x, y = WORLD.grid.place(ridges)
    assert (np.hypot(x, y) < 1500).all()
    assert "ridge" not in set(candidates(demand=WORLD.villages, terrain=terrain)["origin"])


def east_of(site: Any, metres: float) -> Any:
    x_m, y_m = WORLD.grid.place(site)
    lon, lat = WORLD.grid.unproject(x_m + metres, y_m)
    return gpd.points_from_xy(lon, lat)


@pytest.mark.parametrize(("metres", "near"), [(499.0, True), (500.0, False), (501.0, False)])
def test_exactly_at_the_distance_is_allowed(metres: float, near: bool) -> None:
    first = WORLD.sites.iloc[:1]
    offered = gpd.GeoDataFrame({"services": ["nr-n28", "nbiot-800"]}, geometry=[*east_of(first, metres)] * 2, crs=4326)
    assert too_near(offered, WORLD.sites, WORLD.grid, 500.0).tolist() == [near, False]
    assert not too_near(offered, WORLD.sites, WORLD.grid, 0.0).any()


def test_spacing_looks_at_each_family_of_a_bundle() -> None:
    found = candidates(services=BOTH, existing=WORLD.sites)
    near = too_near(found, WORLD.sites, WORLD.grid, 500.0)
    shared = found.assign(near=near).set_index("mast").loc[["A", "B", "D"]]
    assert not shared["near"].any(), "a mast is shared for what it lacks, and nothing else is near it"
    moved = WORLD.sites.assign(services="nbiot-800", mast="another").iloc[[4]]
    beside = found.assign(near=too_near(found, moved, WORLD.grid, 500.0)).set_index("mast").loc["D"]
    assert beside.set_index("services")["near"].to_dict() == {"nr-n28": False, "nbiot-800": True, "nr-n28;nbiot-800": True}
    assert not too_near(found, moved.assign(mast="D"), WORLD.grid, 500.0)[found["mast"] == "D"][1:].any(), "no distance on one mast"


def constrained(found: Any, **options: Any) -> Any:
    return apply_site_constraints(found, **({"near_existing": np.zeros(len(found), dtype=bool), "grid": WORLD.grid} | options))


def test_hosts_and_masts_may_be_named_as_well_as_candidates() -> None:
    hosts = at([("H1", 0.9, 0.1)], host="rooftop")
    found = candidates(services=BOTH, existing=WORLD.sites, hosts=hosts)
    grid_id = found.loc[found["origin"] == "grid", "id"].iloc[0]
    done = constrained(found, forced=["H1", "A"], forbidden=["D", grid_id])
    assert done.loc[done["forced"], ["mast", "services"]].to_numpy().tolist() == [["A", "nbiot-800"], ["H1", "nr-n28;nbiot-800"]]
    assert set(done.loc[done["barred"] != "", "mast"]) == {"D", grid_id.split("-")[0]}
    assert (done["barred"] == "forbidden").sum() == 3 + 1


def test_every_fault_of_the_lists_at_once() -> None:
    found = candidates(existing=WORLD.sites, overlays=False)
    near = (found["mast"] == "D").to_numpy()
    with pytest.raises(DataError) as caught:
        constrained(
            found, near_existing=near, forced=["Z9", "D", "B", "C"], forbidden=["B", "Y9", "C"], elsewhere={"A", "B", "C", "D", "E"},
            spacing_m=500,
        )  # fmt: skip
    faults = {(fault.rule, fault.column, fault.value) for fault in caught.value.fault_list}
    b = found.loc[found["mast"] == "B", "id"].item()
    d = found.loc[found["mast"] == "D", "id"].item()
    assert faults == {
        ("siting.no_such_site", "plan.forced", "Z9"),
        ("siting.no_such_site", "plan.forbidden", "Y9"),
        ("siting.no_candidate_there", "plan.forced", "C"),
        ("siting.forced_and_refused", "plan.forced", b),
        ("siting.forced_near_existing", "plan.forced", d),
    }
    assert caught.value.exit_code == 3 and all(fault.how_to_fix and fault.file == "study.toml" for fault in caught.value.fault_list)


def test_forced_sites_keep_their_distance() -> None:
    hosts = at([("H1", 0.5, 0.5), ("H2", 0.501, 0.5)], host="rooftop")
    found = candidates(services=BOTH, hosts=hosts)
    with pytest.raises(DataError, match="500 m to each other"):
        constrained(found, forced=["H1", "H2"], spacing_m=500)
    assert constrained(found, forced=["H1", "H2"])["forced"].sum() == 2
    twice = found.loc[found["mast"] == "H1", "id"].tolist()[:2]
    with pytest.raises(DataError):
        constrained(found, forced=twice)


def test_numbers_of_candidates_mean_nothing_in_a_part() -> None:
    found = candidates(existing=WORLD.sites)
    with pytest.raises(DataError, match="C000001"):
        constrained(found, forced=["C000001"], whole=False)
    elsewhere = {"A", "B", "C", "D", "E", "F"}
    assert not constrained(found, forced=["F"], forbidden=["F"], elsewhere=elsewhere, whole=False)["forced"].any()
