"""The columns of maps and small tables on pages: zones, sums of gaps, methods; and of a link budget."""

from __future__ import annotations

from infraplan.columns import Column as C

ZONES = (
    C("level", "级别", "Level", "str", "code", "", "province、city、county 或 township", "province, city, county or township", "code:level"),
    C("adcode", "代码", "Code", "str", "code", "", "区划代码", "code of the zone"),
    C("name", "区域", "Zone", "str", "text", "", "区划名称", "name of the zone"),
    C("parent", "上级代码", "Parent", "str", "code", "", "上级区划代码", "code of the zone above"),
    C("population", "常住人口", "Residents", "int64", "whole", "mk", "常住人口", "residents", unit="人"),
    C("{family}_share", "{judged}人口覆盖率", "{judged} residents covered", "float64", "share", "mk", "已覆盖人口占比，只舍不入", "served over residents, cut"),
    C("{family}_served", "{judged}已覆盖", "{judged} served", "int64", "whole", "mk", "已覆盖人口", "residents served", unit="人"),
    C("{family}_uncertain", "{judged}待核实", "{judged} uncertain", "int64", "whole", "mk", "位置误差内结论不一的人口", "residents for whom the answer flips within the position error", unit="人"),
    C("{family}_unserved", "{judged}未覆盖", "{judged} unserved", "int64", "whole", "mk", "未覆盖人口", "residents unserved", unit="人"),
    C("{family}_share_weaker", "{judged}信号偏弱时覆盖率", "{judged} share if weaker", "float64", "share", "", "所有信号偏弱时的覆盖率", "share if every signal were weaker"),
    C("{family}_share_stronger", "{judged}信号偏强时覆盖率", "{judged} share if stronger", "float64", "share", "", "所有信号偏强时的覆盖率", "share if every signal were stronger"),
    C("{family}_other_share", "{judged}另一接收位置覆盖率", "{judged} share at the other receiver", "float64", "share", "", "另一接收位置的覆盖率", "share at the other receiver"),
    C("{family}_receiver", "{judged}判定位置", "{judged} judged", "str", "code", "", "按这里的接收判断", "where the devices are", "receiver"),
)  # fmt: skip
GAP_SUMS = (
    C("name", "区域", "Zone", "", "text", "p", "区划名称", "name of the zone"),
    C("things", "缺口（处）", "Gaps", "", "whole", "p", "有缺口的村庄、场所、线路和站点，一处计一次", "villages, places, lines and sites that lack something, each once"),
)  # fmt: skip
GAP_ZONES = (
    C("name", "区域", "Zone", "", "text", "d", "区划名称", "name of the zone", width=16),
    C("{family}_villages", "缺{judged}的村（个）", "Villages without {judged}", "", "whole", "d", "缺这种制式的村，一村计一次", "villages that lack the family, each once", unit="个"),
    C("places", "有缺口的场所和线路（处）", "Places and lines", "", "whole", "d", "有缺口的场所和线路", "places and lines that lack something", unit="处"),
    C("sites", "未达要求的站点（座）", "Sites", "", "whole", "d", "未达要求的现有站点", "existing sites that lack what is asked", unit="座"),
)  # fmt: skip
SITE_KINDS = (
    C("host", "建设方式", "Stands on", "", "text", "d", "新站的载体", "what the new sites stand on", "host", width=18),
    C("sites", "新建站点（座）", "New sites", "", "whole", "d", "这种载体的新站", "new sites of this kind", unit="座"),
    C("cost", "费用", "Cost", "", "money", "d", "这些新站的费用", "their cost"),
    C("people_gained", "{first}新增覆盖人口（人）", "{first} people gained", "", "whole", "d", "它们新增覆盖的人口", "people they gain", unit="人"),
)  # fmt: skip
INVESTMENT = (
    C("item", "项目", "Item", "", "text", "d", "无线、回传或合计", "radio, backhaul or their sum", width=18),
    C("cost", "费用", "Cost", "", "money", "d", "典型值", "typical figures"),
    C("cost_low", "费用（低）", "Cost, low", "", "money", "d", "各项费用都取低值", "all figures low"),
    C("cost_high", "费用（高）", "Cost, high", "", "money", "d", "各项费用都取高值", "all figures high"),
)  # fmt: skip
TOWNS = (
    C("city", "地市代码", "City code", "str", "code", "", "地市代码", "code of the city"),
    C("city_name", "地市", "City", "str", "text", "a", "地市", "city", width=12),
    C("county", "区县代码", "County code", "str", "code", "", "县（市、区）代码", "code of the county"),
    C("county_name", "县(市、区)", "County", "str", "text", "ad", "县（市、区）", "county", width=14),
    C("town", "乡镇(街道)", "Township", "str", "text", "ad", "乡镇（街道）", "township", width=16),
    C("family", "制式", "Family", "str", "code", "ad", "制式", "family", "judged", width=14),
    C("receiver", "判定位置", "Judged", "str", "code", "", "按这里的接收判断", "where the devices are", "receiver"),
    C("settlements", "居民点（个）", "Settlements", "int64", "whole", "ad", "居民点个数", "number of settlements", unit="个"),
    C("served_settlements", "已覆盖（个）", "Served", "int64", "whole", "a", "已覆盖的居民点", "settlements served", unit="个"),
    C("uncertain_settlements", "待核实（个）", "Uncertain", "int64", "whole", "ad", "待核实的居民点", "settlements that are uncertain", unit="个"),
    C("unserved_settlements", "未覆盖（个）", "Unserved", "int64", "whole", "ad", "未覆盖的居民点", "settlements unserved", unit="个"),
    C("population", "常住人口（人）", "Residents", "int64", "whole", "ad", "常住人口", "residents", unit="人"),
    C("served", "已覆盖（人）", "Residents served", "int64", "whole", "a", "已覆盖人口", "residents served", unit="人"),
    C("uncertain", "待核实（人）", "Residents uncertain", "int64", "whole", "ad", "待核实人口", "residents whose status is uncertain", unit="人"),
    C("unserved", "未覆盖（人）", "Residents unserved", "int64", "whole", "ad", "未覆盖人口", "residents unserved", unit="人"),
)  # fmt: skip
OUTCOME = (
    C("item", "项目", "Item", "", "text", "p", "方案达到的一项", "one thing the plan achieves", width=26),
    C("content", "结果", "Result", "", "wrap", "p", "达到的数值", "the figures", width=110),
)  # fmt: skip
METHOD = (
    C("item", "项目", "Item", "", "text", "ad", "说明的项目", "what is described", width=26),
    C("content", "内容", "Content", "", "wrap", "ad", "说明的内容", "what is said about it", width=110),
)  # fmt: skip
FILLING = (
    C("item", "列", "Column", "", "text", "a", "要填的列，或总则", "the column to fill in, or a rule", width=22),
    C("needed", "是否必填", "Needed", "", "text", "a", "是否必填", "whether it has to be filled in", width=14),
    C("content", "填写要求", "How to fill it in", "", "wrap", "a", "怎样填", "how it is filled in", width=108),
    C("example", "示例", "Example", "", "text", "a", "示例", "an example", width=32),
)  # fmt: skip
BUDGET = (
    C("link", "链路", "Link", "str", "code", "t", "downlink、uplink 或 both", "downlink, uplink or both", "radio:link"),
    C("key", "项", "Item", "str", "code", "t", "预算的一项", "an item of the budget", "radio:budget"),
    C("link_label", "链路名称", "Name of the link", "str", "text", "", "链路的中文名", "the link in Chinese"),
    C("label", "项的名称", "Name of the item", "str", "text", "", "预算项的中文名", "the item in Chinese"),
    C("sign", "符号", "Sign", "int64", "code", "t", "1 相加，-1 相减，0 为合计或说明", "1 added, -1 subtracted, 0 a sum or a remark"),
    C("value", "数值", "Value", "float64", "code", "t", "数值", "value"),
    C("unit", "单位", "Unit", "str", "code", "t", "单位", "unit"),
    C("source", "来源", "Source", "str", "text", "t", "数值的出处", "where the value comes from"),
    C("interpretation", "是否解读口径", "Our reading", "bool", "truth", "t", "是否为本工具的解读", "whether it is our reading"),
)  # fmt: skip
