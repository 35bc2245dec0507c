"""Another country: its own codes, operators and goals, in files as they are."""

import json
import tempfile
from pathlib import Path

import infraplan as ip

folder = Path(tempfile.mkdtemp())

# Zones with codes of their own; towers with the operators' names; a goal as data. All of it is made up.
west, south, size = 13.40, -5.90, 0.14
ring = [[west, south], [west + size, south], [west + size, south + size], [west, south + size], [west, south]]
levels = [("CD20", "Kongo Central", "province", ""), ("CD2001", "Matadi", "city", "CD20"), ("CD200101", "Nzanza", "county", "CD2001")]
area = {"type": "Polygon", "coordinates": [ring]}
heads = ("code", "name", "level", "parent")
features = [{"type": "Feature", "properties": dict(zip(heads, row, strict=True)), "geometry": area} for row in levels]
(folder / "communes.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
rows = [f"S{n},Quartier {n},{west + 0.01 + 0.03 * (n % 5):.3f},{south + 0.01 + 0.03 * (n // 5):.3f},{400 + 37 * n}" for n in range(25)]
(folder / "settlements.csv").write_text("id,name,lon,lat,population\n" + "\n".join(rows) + "\n")
(folder / "towers.csv").write_text(
    "id,lon,lat,service,operators,height_m,azimuth_deg,tilt_deg,status\n"
    "MTD001,13.43,-5.86,nr-n28,Vodacom,35,0/120/240,4,existing\n"
    "MTD002,13.49,-5.80,nr-n28,Airtel,35,0/120/240,4,existing\n"
)
(folder / "plan-2030.toml").write_text(
    '[policy]\ndocument = "Plan 2030 (made up)"\ntitle = "Digital plan 2030"\nprovince = "CD20"\nsource = "made up"\n'
    '[departments]\n1 = "regulator"\n'
    '[[target]]\nid = "nr-people"\ntask = "5G for 85 % of the people"\nquotation = "5G for 85 % of the people"\nmeasure_number = "1"\n'
    'force = "shall"\nbinding = true\nmeasure = "population_share"\nfamily = "nr"\nrequired = 0.85\ndue = 2030-12-31\n'
)
(folder / "study.toml").write_text(
    '[study]\nname = "matadi"\ntitle_zh = "Matadi"\ntitle_en = "5G in Matadi"\nsynthetic = true\npolicies = ["plan-2030.toml"]\n'
    'operators = ["Vodacom", "Airtel+Orange"]\n'
    '[files]\nzones = "communes.geojson"\nvillages = "settlements.csv"\nsites = "towers.csv"\n'
    '[coverage]\nresolution_m = 250\nservices = ["nr-n28"]\nreliability = 0.9\nmax_radius_km = 8\n'
    '[plan]\ntarget = "nr-people"\nservices = ["nr-n28"]\noperators = "Vodacom"\nwork_limit = 1000\n'
)

study = ip.Study.open(folder)
findings = study.assess()
table = findings.by_zone
print(table.loc[table["level"] == "county", ["name", "network", "population", "served", "uncertain", "unserved"]].to_string(index=False))
card = findings.card
print(card.loc[card["zone_level"] == "province", ["id", "network", "required", "achieved", "shortfall"]].to_string(index=False))
