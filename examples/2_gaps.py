"""A city's gaps: who is left out, why, and what would help."""

import infraplan as ip

# A made-up city of two counties. With your own files: ip.read_zones("zones.gpkg"), ip.read_villages("villages.xlsx", zones=zones), ...
world = ip.example_world()
zones, villages, sites = world.zones, world.villages, world.sites

services = ip.services("nr-n28", "nbiot-800", reliability=0.9)
cover = ip.predict_coverage(sites, ip.Grid.over(zones, resolution_m=500), services)

# People by county. The three numbers add up to the population; `uncertain` depends on where in its position error a village stands.
people = ip.population_coverage(villages, cover, zones)
county = people[(people["level"] == "county") & (people["family"] == "nr") & (people["network"] == "any")]
print(county[["name", "population", "served", "uncertain", "unserved", "share"]].to_string(index=False))

# Each clause of the policy: required, achieved, missing.
policy = ip.read_policy("guangdong-2020")
card = ip.scorecard(policy, cover, zones=zones, villages=villages, sites=sites)
clause = card[(card["id"] == "nr-pop90") & (card["zone_level"] == "province") & (card["network"] == "any")]
print(clause[["part", "required", "achieved", "shortfall"]].to_string(index=False))

# The villages left out, the most people first: nearest site, reason, remedy.
gaps = ip.find_gaps(policy, cover, zones=zones, villages=villages, sites=sites)
first = gaps[gaps["kind"] == "village"].drop_duplicates("id").nlargest(5, "population")
print(first[["id", "name", "population", "status", "margin_db", "nearest_site", "nearest_site_km", "reason"]].to_string(index=False))
print(f"{gaps['id'].nunique()} villages lack a service that the policy asks for")
