"""The columns of the tables of backhaul: what was found in the lines, spans to be built, what each village pays, sums by county."""

from __future__ import annotations

from infraplan.columns import Column as C

NETWORK_FINDINGS = (
    C("kind", "类型", "Kind", "str", "code", "apt", "发现的问题：joined 已接上的小间隙、gap 间隙、island 孤立路段、without_fibre 所在路网没有光纤节点、ferry 轮渡、crossing 无交点的交叉、class_unknown 等级不明、off_road 远离道路、off_network 超出距离、not_stated 未填报是否通光纤", "what was found: joined, gap, island, without_fibre, ferry, crossing, class_unknown, off_road, off_network, not_stated", "code:finding", width=18),
    C("id", "编码", "Code", "str", "code", "apt", "村庄、节点的编号，或图层里的道路等级", "id of the village or node, or the layer's word for the class", width=16),
    C("length_m", "长度(m)", "Length (m)", "float64", "whole", "apt", "间隙、路段、渡线的长度，或到道路的直线距离", "length of the gap, the part or the ferry, or the straight distance to the road", unit="m", width=10),
    C("lon", "经度", "Longitude", "float64", "degree", "at", "WGS-84 经度", "longitude, WGS-84", width=12),
    C("lat", "纬度", "Latitude", "float64", "degree", "at", "WGS-84 纬度", "latitude, WGS-84", width=12),
    C("row", "图层行号", "Row of the layer", "int64", "whole", "a", "在图层里的行号，从 1 起；0 为不属于某一行", "row in the layer, from 1; 0 where it is no single row", width=9),
)  # fmt: skip
BACKHAUL_VILLAGES = (
    C("order", "建设顺序", "Build order", "int64", "whole", "apt", "优先地区在先，其余按每户费用；0 为不在光纤方案中", "priority areas first, then by cost a household; 0: not in the plan by fibre", width=8),
    C("id", "编码", "Code", "str", "code", "ag", "村庄编号", "id of the village", width=16),
    C("name", "自然村", "Village", "str", "text", "aptg", "自然村", "natural village", width=14),
    C("county", "县代码", "County code", "str", "code", "", "县（市、区）代码", "code of the county", width=10),
    C("county_name", "县(市、区)", "County", "str", "text", "aptg", "县（市、区）", "county", width=12),
    C("town", "乡镇(街道)", "Township", "str", "text", "apg", "乡镇（街道）", "township", width=12),
    C("committee", "行政村", "Village committee", "str", "text", "a", "行政村", "village committee", width=12),
    C("priority", "优先地区", "Priority area", "bool", "truth", "apg", "民族地区、原中央苏区和革命老区", "in a priority area", width=9),
    C("households", "户数", "Households", "int64", "whole", "aptg", "户数", "households", unit="户", width=8),
    C("status", "状态", "Status", "str", "code", "aptg", "connected 接入，no_line 没有通向光纤节点的道路", "connected, or no_line: no line leads to a node of today's network", "code:backhaul", width=12),
    C("share", "分摊费用", "Share of the cost", "int64", "money", "aptg", "每段线路的费用按其下游户数分摊，合计等于总费用", "each span divided by the households below it; adds up to the whole cost", width=17),
    C("cost_per_household", "每户费用", "Cost a household", "float64", "money", "apg", "分摊费用除以户数", "share over households", width=11),
    C("saving", "不建可省", "Saved if left out", "int64", "money", "apg", "不接这个村可省下的费用", "what leaving it out saves", width=15),
    C("new_km", "新建(km)", "New (km)", "float64", "km", "apg", "按建设顺序接到它时新建的长度，各村相加不重复", "newly built to reach it, in the order of building; never counted twice", width=9),
    C("existing_km", "利旧(km)", "Existing (km)", "float64", "km", "ap", "同上，利用既有管道杆路的长度", "likewise along existing duct or poles", width=9),
    C("step_cost", "接入费用", "Cost of this step", "int64", "money", "a", "按建设顺序接到它时增加的费用", "what it adds in the order of building", width=17),
    C("running_cost", "累计费用", "Running cost", "int64", "money", "ap", "按建设顺序的累计费用", "cost so far in the order of building", width=17),
    C("award_pays", "奖补可覆盖", "The award pays", "bool", "truth", "apg", "奖补够付：反复去掉省下多于奖补的村后仍在（启发式）", "still in after villages that save more than the award are dropped, one by one (a heuristic)", width=11),
    C("award_pays_subsidy", "奖补加补贴可覆盖", "Award and subsidy pay", "bool", "truth", "apg", "同上，另有按比例的补贴（情景）", "the same with the subsidy of the scenario", width=13),
    C("radio_cheaper", "无线更省", "Cheaper by radio", "bool", "truth", "apg", "接它多花的钱高于设定的无线费用：反复去掉后的结果（启发式）；条款只计光纤", "reaching it costs more than the limit stated for radio, dropped one by one (a heuristic); the clause counts fibre alone", width=9),
    C("in_budget", "预算内", "Within the budget", "bool", "truth", "t", "累计费用不超过预算；没有给预算时都为是", "the running cost is within the budget; all of them without one", width=8),
    C("link_m", "到道路(m)", "To the road (m)", "float64", "whole", "", "到最近道路的直线距离", "straight distance to the nearest road", unit="m", width=9),
    C("lon", "经度", "Longitude", "float64", "degree", "", "WGS-84 经度", "longitude, WGS-84", width=12),
    C("lat", "纬度", "Latitude", "float64", "degree", "", "WGS-84 纬度", "latitude, WGS-84", width=12),
    C("currency", "币种", "Currency", "str", "code", "", "费用的币种，ISO 4217 代码", "currency of the money in this row, ISO 4217"),
)  # fmt: skip
BACKHAUL_SPANS = (
    C("id", "段编号", "Span", "str", "code", "aptg", "光缆段编号", "id of the span", width=12),
    C("county", "县代码", "County code", "str", "code", "", "下游第一个村所在的县（市、区）的代码", "code of the county of the first village below it"),
    C("county_name", "县(市、区)", "County", "str", "text", "akptg", "下游第一个村所在的县（市、区）", "county of the first village below it", width=12),
    C("way", "敷设方式", "Way of building", "str", "code", "akptg", "架空、管道、直埋、过桥或利旧", "aerial, duct, trench, bridge or existing", "code:way", width=12),
    C("road", "道路等级", "Class of road", "str", "code", "akpg", "沿哪一级道路；空为入村引线", "class of the road along it; empty for the link to a village", "code:road", width=12),
    C("span_km", "长度(km)", "Length (km)", "float64", "km", "akptg", "计价长度", "length that is priced", width=9),
    C("cost", "费用", "Cost", "int64", "money", "akptg", "这一段的费用", "cost of the span", width=17),
    C("villages", "下游村数", "Villages below", "int64", "whole", "akpg", "这一段下游要接的村", "villages connected through it", unit="个", width=9),
    C("households", "下游户数", "Households below", "int64", "whole", "akpg", "这一段下游的户数", "households connected through it", unit="户", width=9),
    C("order", "建设顺序", "Build order", "int64", "whole", "apg", "接到第几个村时建", "built for which village of the order", width=9),
    C("from_node", "起点", "From", "str", "code", "ag", "起点：光纤节点或接头编号", "node of today's network, or joint", width=14),
    C("to_node", "终点", "To", "str", "code", "ag", "终点：村庄或接头编号", "village, or joint", width=14),
    C("currency", "币种", "Currency", "str", "code", "", "费用的币种，ISO 4217 代码", "currency of the money in this row, ISO 4217"),
)  # fmt: skip
BACKHAUL_NODES = (
    C("id", "编码", "Code", "str", "code", "g", "光纤节点、村庄或接头的编号", "id of the node, village or joint"),
    C("kind", "类型", "Kind", "str", "code", "g", "node 现有光纤节点，village 村，joint 接头", "node (of today's network), village, joint", "code:backhaul_node"),
    C("households", "户数", "Households", "int64", "whole", "g", "村的户数", "households of the village", unit="户"),
)  # fmt: skip
BACKHAUL_COUNTIES = (
    C("county", "县代码", "County code", "str", "code", "", "县（市、区）代码", "code of the county", width=10),
    C("county_name", "县(市、区)", "County", "str", "text", "aptb", "县（市、区）", "county", width=14),
    C("villages", "接入的村", "Villages connected", "int64", "whole", "aptb", "接入的自然村", "villages connected", unit="个", width=9),
    C("no_line", "无路可通", "No line", "int64", "whole", "ap", "没有通向光纤节点的道路的村", "villages that no line joins to a node", unit="个", width=9),
    C("radio_cheaper", "无线更省", "Cheaper by radio", "int64", "whole", "ap", "光纤费用高于无线限额的村", "villages that cost more than the limit for radio", unit="个", width=9),
    C("households", "户数", "Households", "int64", "whole", "ap", "接入的户数", "households connected", unit="户", width=9),
    C("cost", "费用", "Cost", "int64", "money", "aptb", "各村分摊之和", "sum of the villages' shares", width=13),
    C("new_km", "新建(km)", "New (km)", "float64", "km", "aptb", "新建长度", "newly built", width=9),
    C("existing_km", "利旧(km)", "Existing (km)", "float64", "km", "ap", "利用既有管道杆路的长度", "along existing duct or poles", width=9),
    C("award_pays", "奖补可覆盖", "The award pays", "int64", "whole", "aptb", "奖补可覆盖的村", "villages that the award pays for", unit="个", width=9),
    C("award_pays_subsidy", "奖补加补贴可覆盖", "Award and subsidy pay", "int64", "whole", "ap", "奖补加补贴可覆盖的村", "villages that award and subsidy pay for", unit="个", width=9),
    C("currency", "币种", "Currency", "str", "code", "", "费用的币种，ISO 4217 代码", "currency of the money in this row, ISO 4217"),
)  # fmt: skip
SITE_CONNECTIONS = (
    C("id", "编码", "Code", "str", "code", "kg", "规划站编号", "id of the new site", width=10),
    C("connection", "回传方式", "Backhaul", "str", "code", "kg", "fibre 沿道路接光缆，microwave 一跳微波，straight 无路无视距、按直线距离计价，in_use 在用站址、无须新接，none 接不通", "fibre along the roads, microwave: one hop, straight: no road and no line of sight, priced by the straight line, in_use: on a mast in use that needs none, none: nothing reaches it", "code:connection", width=12),
    C("connection_cost", "回传费用", "Cost of backhaul", "int64", "money", "kg", "接入传输网的费用，价格年限内", "what connecting it costs over the years of the prices", width=16),
    C("connection_cost_low", "回传费用（低）", "Backhaul, low", "int64", "money", "", "各项费用都取低值", "the same, all figures low", width=16),
    C("connection_cost_high", "回传费用（高）", "Backhaul, high", "int64", "money", "", "各项费用都取高值", "the same, all figures high", width=16),
    C("connection_capex", "回传造价", "Capex of backhaul", "int64", "money", "", "一次性造价", "what is paid once", width=16),
    C("connection_opex_per_year", "回传年费", "Yearly cost of backhaul", "int64", "money", "", "每年的租金、频占费等", "rent, spectrum fee and the like each year", width=16),
    C("connection_km", "回传长度(km)", "Backhaul (km)", "float64", "km", "kg", "计价长度；微波为跳距", "length that is priced; of a hop its length", width=10),
    C("connection_to", "接到", "Connected to", "str", "code", "kg", "光纤节点或在用站址的编号", "id of a node of today's network, or of a mast in use", width=16),
    C("clearance", "微波余隙(F1)", "Clearance of the hop (F1)", "float64", "db", "kg", "微波视线高出障碍物的最小余隙，以第一菲涅耳区半径为单位，不低于 0.6", "least height of the hop over the ground and what is on it, in radii of the first Fresnel zone, 0.6 or more", unit="F1", width=10),
    C("link_m", "到道路(m)", "To the road (m)", "float64", "whole", "g", "到最近道路或既有光缆的直线距离", "straight distance to the nearest road or existing line", unit="m", width=9),
    C("currency", "币种", "Currency", "str", "code", "", "费用的币种，ISO 4217 代码", "currency of the money in this row, ISO 4217"),
)  # fmt: skip
