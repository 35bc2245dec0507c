"""A plan with a budget, what no plan can beat, and the curve of cost against people."""

import infraplan as ip

world = ip.example_world()
zones, villages, cover = world.zones, world.villages, world.cover
policy = ip.read_policy("guangdong-2020")

# 1. Where could a site stand? At villages without service, on masts that lack 5G, on a grid.
demand = ip.unserved_demand(cover, zones=zones, villages=villages, sites=world.sites)
candidates = ip.candidate_sites(zones, demand=demand, services=["nr-n28"], existing=world.sites, spacing_m=4000)
print(f"{len(candidates)} candidates for {demand['id'].nunique()} villages")

# 2. The least cost that reaches 90 % of the people. No plan of these candidates costs less than `bound`.
plan = ip.place_sites(policy, cover, candidates, zones=zones, villages=villages, target="nr-pop90", work_limit=3000)
print(f"{len(plan.sites)} sites for CNY {plan.cost:,.0f}; no plan costs less than {plan.bound:,.0f}")
print(f"people served: {plan.served_before:,} before, {plan.served_after:,} after, of {plan.population:,}")

# 3. Check it from the list of sites alone: the map is made again.
checked = ip.check_plan(plan, cover, zones=zones, villages=villages)
print(f"check: feasible {checked['feasible']}, served {checked['served']:,}")

# 4. Half the money: most people for it, and how many no plan of that price can exceed.
half = ip.place_sites(policy, cover, candidates, zones=zones, villages=villages, budget=plan.cost / 2, target="nr-pop90", work_limit=3000)
print(f"half the budget: {half.served_after:,} people; no plan serves more than {half.bound:,.0f}")

# 5. The curve in between.
curve = ip.cost_curve(plan, points=4)
print(curve[["budget", "cost", "people"]].to_string(index=False))
