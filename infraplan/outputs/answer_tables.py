"""The columns of the tables of `compare` and `explain`: differences of two runs, reasons of a plan."""

from __future__ import annotations

from infraplan.columns import Column as C

COMPARED_COVERAGE = (
    C("level", "级别", "Level", "str", "code", "a", "province、city 或 county", "province, city or county", "code:level", width=15),
    C("adcode", "代码", "Code", "str", "code", "a", "区划代码", "code of the zone", width=15),
    C("name", "区域", "Zone", "str", "text", "ap", "区划名称", "name of the zone", width=15),
    C("family", "制式", "Family", "str", "code", "ap", "制式", "family", "judged", width=15),
    C("receiver", "接收位置", "Receiver", "str", "code", "a", "按这里的接收判断", "where the devices are", "receiver", width=15),
    C("population_before", "常住人口（之前）", "Residents before", "float64", "whole", "a", "较早运行的常住人口", "residents of the earlier run", unit="人", width=15),
    C("population_after", "常住人口（之后）", "Residents after", "float64", "whole", "a", "较晚运行的常住人口", "residents of the later run", unit="人", width=15),
    C("served_before", "已覆盖（之前）", "Served before", "float64", "whole", "a", "较早运行的已覆盖人口", "served in the earlier run", unit="人", width=15),
    C("served_after", "已覆盖（之后）", "Served after", "float64", "whole", "a", "较晚运行的已覆盖人口", "served in the later run", unit="人", width=15),
    C("share_before", "覆盖率（之前）", "Share before", "float64", "share", "ap", "较早运行的覆盖率", "share of the earlier run", width=15),
    C("share_after", "覆盖率（之后）", "Share after", "float64", "share", "ap", "较晚运行的覆盖率", "share of the later run", width=15),
    C("share_change", "变化（百分点）", "Change (points)", "float64", "points", "ap", "覆盖率之差", "difference of the shares", width=15),
    C("served_change", "已覆盖人口变化", "Change of served", "float64", "signed", "ap", "已覆盖人口之差", "difference of those served", unit="人", width=15),
)  # fmt: skip
COMPARED_TARGETS = (
    C("change", "类型", "Kind", "str", "code", "ap", "won、lost、moved、figure、new 或 gone", "won, lost, moved, figure, new or gone", "code:compare", width=15),
    C("id", "目标编号", "Target", "str", "code", "a", "目标编号", "id of the target", "clause", width=15),
    C("task", "工作任务", "Task", "str", "wrap", "ap", "条款要做的事", "what the clause asks to be done", "task", width=28),
    C("task_en", "工作任务（英文）", "Task in English", "str", "text", "", "条款要做的事（英文）", "what the clause asks to be done, in English"),
    C("part", "分项", "Part", "str", "code", "a", "目标的分项", "part of the target", width=15),
    C("zone_level", "区划级别", "Level of the zone", "str", "code", "", "province、city 或 county", "province, city or county"),
    C("zone", "区划代码", "Zone code", "str", "code", "a", "区划代码", "code of the zone", width=15),
    C("zone_name", "区域", "Zone", "str", "text", "ap", "区划名称", "name of the zone", width=15),
    C("family", "制式", "Family", "str", "code", "ap", "制式", "family", "judged", width=15),
    C("network", "网络", "Network", "str", "code", "ap", "网络", "network", "network", width=15),
    C("measure", "衡量方式", "Measure", "str", "code", "a", "衡量方式", "how it is measured", width=15),
    C("unit", "计量单位", "Unit", "str", "code", "a", "计量单位", "unit", "unit", width=15),
    C("is_share", "是占比", "Is a share", "bool", "code", "", "数值是否为占比", "whether the figures are fractions"),
    C("required", "目标值", "Required", "float64", "figure", "ap", "目标值", "asked", "figure", width=15),
    C("achieved_before", "完成值（之前）", "Achieved before", "float64", "figure", "ap", "较早运行的完成值", "met in the earlier run", "figure", width=15),
    C("achieved_after", "完成值（之后）", "Achieved after", "float64", "figure", "ap", "较晚运行的完成值", "met in the later run", "figure", width=15),
    C("status_before", "状态（之前）", "Status before", "str", "code", "ap", "较早运行的状态", "status in the earlier run", "code:status", width=15),
    C("status_after", "状态（之后）", "Status after", "str", "code", "ap", "较晚运行的状态", "status in the later run", "code:status", width=15),
)  # fmt: skip
COMPARED_VILLAGES = (
    C("change", "变化", "Change", "str", "code", "ap", "covered 新覆盖，uncovered 失去覆盖", "covered: served now and not before; uncovered: the other way", "code:compare", width=12),
    C("id", "编码", "Code", "str", "code", "a", "村庄编号", "id of the village", width=15),
    C("city_name", "地市", "City", "str", "text", "ap", "地市", "city", width=12),
    C("county_name", "县(市、区)", "County", "str", "text", "ap", "县（市、区）", "county", width=12),
    C("town", "乡镇(街道)", "Township", "str", "text", "ap", "乡镇（街道）", "township", width=12),
    C("committee", "行政村", "Village committee", "str", "text", "a", "行政村", "village committee", width=12),
    C("name", "名称", "Name", "str", "text", "ap", "自然村或城镇居民点", "natural village or urban block", width=15),
    C("population", "常住人口", "Residents", "float64", "whole", "ap", "较晚运行的常住人口", "residents of the later run", unit="人", width=10),
    C("family", "制式", "Family", "str", "code", "ap", "制式", "family", "judged", width=15),
    C("status_before", "状态（之前）", "Status before", "str", "code", "ap", "较早运行的状态", "status in the earlier run", "code:village", width=12),
    C("status_after", "状态（之后）", "Status after", "str", "code", "ap", "较晚运行的状态", "status in the later run", "code:village", width=12),
)  # fmt: skip
COMPARED_GAPS = (
    C("change", "变化", "Change", "str", "code", "ap", "closed 已销号，opened 新出现", "closed: in the earlier list alone; opened: in the later one alone", "code:compare", width=12),
    C("target", "目标编号", "Target", "str", "code", "ap", "缺口所属的目标", "target that lacked it", "clause", width=18),
    C("id", "编码", "Code", "str", "code", "a", "村庄、场所或线路的编号", "id of the village, place or line", width=15),
    C("kind", "类别", "Kind", "str", "code", "ap", "类别", "kind", "code:kind", width=10),
    C("city_name", "地市", "City", "str", "text", "ap", "地市", "city", width=12),
    C("county_name", "县(市、区)", "County", "str", "text", "ap", "县（市、区）", "county", width=12),
    C("town", "乡镇(街道)", "Township", "str", "text", "ap", "乡镇（街道）", "township", width=12),
    C("name", "名称", "Name", "str", "text", "ap", "名称", "name", width=15),
    C("network", "网络", "Network", "str", "code", "ap", "缺少的网络", "the network that lacks it", "network", width=12),
    C("population", "常住人口", "Residents", "float64", "whole", "ap", "常住人口", "residents", unit="人", width=10),
)  # fmt: skip
COMPARED_RANKS = (
    C("name", "地市", "City", "str", "text", "ap", "地市", "city", width=15),
    C("share_before", "覆盖率（之前）", "Share before", "float64", "share", "ap", "较早运行的第一制式覆盖率", "share of the first family in the earlier run", width=15),
    C("share_after", "覆盖率（之后）", "Share after", "float64", "share", "ap", "较晚运行的第一制式覆盖率", "share of the first family in the later run", width=15),
    C("rank_before", "名次（之前）", "Rank before", "int64", "whole", "ap", "两次运行都有的城市按覆盖率的名次，相同者并列", "rank by share among the cities of both runs, ties alike", width=10),
    C("rank_after", "名次（之后）", "Rank after", "int64", "whole", "ap", "较晚运行的名次", "rank in the later run", width=10),
    C("move", "名次变化", "Move", "int64", "signed", "ap", "正为上升", "positive is upward", width=10),
)  # fmt: skip
HISTORY = (
    C("day", "数据截止日", "Data of", "str", "code", "p", "数据截止日，没有则为报告日期", "day of the data, else of the report", width=12),
    C("family", "制式", "Family", "str", "code", "p", "制式", "family", "judged"),
    C("population", "常住人口（人）", "Residents", "float64", "whole", "p", "常住人口", "residents", unit="人"),
    C("served", "已覆盖（人）", "Served", "float64", "whole", "p", "已覆盖的常住人口", "residents served", unit="人"),
    C("share", "覆盖率", "Share", "float64", "share", "p", "已覆盖人口之比，只舍不入", "share of residents served, cut"),
    C("change", "较上次（百分点）", "Change (points)", "float64", "points", "p", "与上一行同制式之差", "difference from the day before of the same family"),
    C("lacking", "缺口村", "Villages lacking it", "float64", "whole", "p", "缺这种制式的村和城镇居民点", "villages and blocks that lack the family", unit="个"),
    C("sites", "现有站点", "Existing sites", "float64", "whole", "p", "现有站点数", "existing sites", unit="座"),
    C("alike", "口径相同", "Made alike", "bool", "truth", "p", "模型、栅格、可靠度等与最近一次相同", "model, pixels, reliability ... as in the last run"),
)  # fmt: skip
COMPARED_SITES = (
    C("id", "编码", "Code", "str", "code", "a", "站点编号", "id of the site", width=15),
    C("name", "名称", "Name", "str", "text", "a", "名称", "name", width=15),
    C("services", "业务制式", "Services", "str", "text", "a", "业务", "services", width=15),
    C("city", "地市代码", "City code", "str", "code", "", "地市代码", "code of the city"),
    C("city_name", "地市", "City", "str", "text", "a", "地市", "city", width=15),
    C("change", "变化", "Change", "str", "code", "a", "added 新增，removed 不再列出，retired 退网", "added, removed from the list, or retired", "code:compare", width=15),
)  # fmt: skip
COMPARED_CITIES = (
    C("name", "地市", "City", "", "text", "p", "地市", "city"),
    C("added", "新增", "Added", "", "whole", "p", "新增的站点", "sites added", unit="座"),
    C("removed", "减少", "Removed", "", "whole", "p", "不再列出的站点", "sites no longer listed", unit="座"),
    C("retired", "退网", "Retired", "", "whole", "p", "转为退网的站点", "sites whose status became retired", unit="座"),
)  # fmt: skip
EXPLAINED_TARGETS = (
    C("target", "目标", "target", "str", "code", "t", "目标编号", "id of the target"),
    C("family", "制式", "family", "str", "code", "t", "制式", "family", "judged"),
    C("unit", "单位", "unit", "str", "code", "t", "people、places 或 m（线路）", "people, places, or m of lines", "unit"),
    C("required", "要求", "required", "int64", "whole", "t", "要求", "asked"),
    C("reachable", "候选站合计可达", "within reach of all candidates", "int64", "whole", "t", "全部候选站合起来能到", "what all candidates together reach"),
    C("served", "方案做到", "reached by the plan", "int64", "whole", "t", "方案做到", "what the plan reaches"),
    C("reachable_met", "可达", "reachable", "bool", "truth", "t", "候选站合起来能否达到", "whether all candidates together meet it"),
    C("met", "达到", "met", "bool", "truth", "t", "方案是否达到", "whether the plan meets it"),
)  # fmt: skip
EXPLAINED_VILLAGES = (
    C("id", "编号", "id", "str", "code", "t", "编号", "id"),
    C("name", "名称", "name", "str", "text", "t", "名称", "name"),
    C("kind", "类别", "kind", "str", "code", "", "类别", "kind"),
    C("family", "制式", "family", "str", "code", "t", "制式", "family", "judged"),
    C("target", "目标", "target", "str", "code", "", "目标编号", "id of the target"),
    C("county", "区县", "county", "str", "code", "", "县（市、区）代码", "code of the county"),
    C("population", "人口", "people", "Int64", "whole", "t", "人口", "residents", unit="人"),
    C("must", "必达点", "must be served", "boolean", "truth", "", "是否必达点", "whether it must be served"),
    C("status", "状态", "status", "str", "text", "t", "not_asked、served_by_plan、reachable 或 unreachable", "not_asked, served_by_plan, reachable or unreachable", "cli:village"),
    C("by", "由谁", "by", "str", "code", "t", "服务它的站点", "the site that serves it"),
    C("candidates", "可用候选站数", "candidates that could", "int64", "whole", "t", "能服务它的候选站数", "candidates that could serve it"),
    C("cheapest", "最便宜的候选站", "cheapest of them", "str", "code", "t", "其中最便宜的", "the cheapest of them"),
    C("cheapest_cost", "其费用", "its cost", "float64", "money", "t", "其费用", "its cost"),
    C("currency", "币种", "Currency", "str", "code", "", "费用的币种，ISO 4217 代码", "currency of the money in this row, ISO 4217"),
)  # fmt: skip
EXPLAINED_CANDIDATES = (
    C("id", "编号", "id", "str", "code", "t", "候选站编号", "id of the candidate"),
    C("name", "名称", "name", "str", "text", "t", "名称", "name"),
    C("host", "依托", "host", "str", "text", "t", "载体", "what it stands on", "host"),
    C("county", "区县", "county", "str", "code", "t", "县（市、区）代码", "code of the county"),
    C("cost", "费用", "cost", "int64", "money", "t", "费用", "cost"),
    C("reason", "理由代码", "reason", "str", "code", "", "为何入选或未选", "why it is or is not in the plan"),
    C("by", "由谁", "by", "str", "code", "", "服务同一批人的站", "the site that serves the same people"),
    C("adds_people", "可增人口", "people it would add", "int64", "whole", "", "加上它能多覆盖的人口", "people it would add", unit="人"),
    C("at_least", "含它的方案至少", "any plan with it costs at least", "float64", "money", "", "含它的任何方案至少花费", "what any plan with it costs at least"),
    C("currency", "币种", "Currency", "str", "code", "", "费用的币种，ISO 4217 代码", "currency of the money in this row, ISO 4217"),
    C("site", "对应站点", "site", "str", "code", "", "方案中对应的站", "its site in the plan"),
    C("why", "为什么", "why", "", "text", "t", "理由", "the reason in words", "why"),
)  # fmt: skip
