"""A railway clause and measured weak cells in one plan, and the check that judges it from its list of sites. All data are made up."""

import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely.geometry import LineString

import infraplan as ip

folder, random = Path(tempfile.mkdtemp()), np.random.default_rng(16)
world = ip.example_world()
zones, villages, cover, policy = world.zones, world.villages, world.cover, ip.read_policy("guangdong-2020")

# 1. A railway from west to east, as a layer with a name and a class. The clause asks for 95 % of its length, in the train.
west, south, east, north = zones.total_bounds
middle = (south + north) / 2
line = LineString([(west + 0.01, middle), ((west + east) / 2, middle + 0.03), (east - 0.01, middle)])
rail = gpd.GeoDataFrame({"name": ["甲乙铁路（合成）"], "line_class": ["railway"]}, geometry=[line], crs=4326)
rail.to_file(folder / "rail.gpkg")
corridors = ip.read_corridors(folder / "rail.gpkg")

# 2. Cells of a drive test, each with its samples and mean RSRP, as an operator exports them.
lon, lat = random.uniform(west, east, 60).round(4), random.uniform(south, north, 60).round(4)
cells = pd.DataFrame({"栅格编号": [f"{x:.4f}_{y:.4f}" for x, y in zip(lon, lat, strict=True)], "采样点数": random.integers(20, 900, 60)})
cells = cells.assign(平均RSRP=random.normal(-106, 7, 60).round(1), 运营商="移动", 频段="n28")
cells.to_csv(folder / "weak_grid.csv", index=False)
weak_grid = ip.read_weak_grid(folder / "weak_grid.csv")

# 3. Candidates where people, the line or the weak cells lack service; one plan for all three, each with a requirement of its own.
demand = ip.unserved_demand(cover, zones=zones, villages=villages, sites=world.sites)
dark = ip.unserved_lines(policy, cover, "nr-transport/railway", zones=zones, corridors=corridors)
candidates = ip.candidate_sites(zones, demand=demand, along=dark, services=["nr-n28"], existing=world.sites, spacing_m=3000)
layers = {"zones": zones, "villages": villages, "corridors": corridors, "weak_grid": weak_grid}
goals = ["nr-pop90", "nr-transport/railway"]
plan = ip.place_sites(policy, cover, candidates, target=goals, capacity_people=ip.usual_busy_hour(), work_limit=1000, **layers)
print(f"{plan.status}: {len(plan.sites)} sites for CNY {plan.cost:,}; no plan costs less than {plan.cost_bound:,}")

# 4. Judged from the list of sites alone, on a map made again: people, kilometres, cells.
check = ip.check_plan(plan, cover, targets=policy, capacity_people=ip.usual_busy_hour(), **layers)
railway, weak = check["lines"]["nr-transport/railway"], check["weak_grid"]["weak_grid-nr"]
print(f"feasible {check['feasible']}: {check['capacity']['served']:,} of {check['population']:,} people carried")
today = railway["today"]["served_km"]
print(f"railway: {today:.1f} km today, {railway['served_km']:.1f} with the plan, {railway['required_km']:.1f} required")
print(f"weak cells: {weak['covered']} of {weak['weak']} covered, {weak['required']} required; {weak['measured']} measured")
