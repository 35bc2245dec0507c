"""Every column of every table that leaves the program: name, headings, type, how it is written, where it is shown, what it means.

Frames hold raw values under these names; `tables.wording.worded` turns them into words and figures. A new column is one line here.
"""

from __future__ import annotations

import re
from functools import cache

from infraplan.columns import FAMILY, PLACES
from infraplan.columns import Column as C

SCORECARD = (
    C("number", "序号", "No.", "", "whole", "ad", "行的次序", "number of the row", "number", official=1, width=6),
    C("id", "目标编号", "Target", "str", "code", "at", "政策文件中目标的编号", "id of the target in the policy file", width=17),
    C("part", "分项", "Part", "str", "code", "t", "目标的分项，main 为主项", "part of the target; main is the clause itself"),
    C("task", "工作任务", "Task", "str", "wrap", "adp", "条款要做的事", "what the clause asks to be done", "task", official=2, width=28),
    C("task_en", "工作任务（英文）", "Task in English", "str", "wrap", "", "条款要做的事，英文", "the task in English"),
    C("zone_level", "区划级别", "Level of the zone", "str", "code", "", "province、city 或 county", "province, city or county"),
    C("zone", "区划代码", "Zone code", "str", "code", "", "区划代码，空为区划以外", "code of the zone, empty outside every zone"),
    C("zone_name", "区域", "Zone", "str", "text", "t", "区划名称", "name of the zone"),
    C("family", "制式", "Family", "str", "code", "", "nr 为 5G，nbiot 为 NB-IoT", "nr is 5G, nbiot is NB-IoT", "family"),
    C("network", "网络", "Network", "str", "code", "t", "any 为任一运营商，其余为共享网络", "any operator, or one shared network", "network"),
    C("measure", "衡量方式", "Measure", "str", "code", "", "如何衡量，见政策说明", "how it is measured, see the page on policies"),
    C("document", "文件依据", "Document", "str", "wrap", "a", "文号和条款", "document and clause", "document", official=3, width=30),
    C("departments", "责任单位", "Responsible", "str", "wrap", "a", "文件明确的责任单位", "departments the document names", "departments", official=4, width=30),
    C("required", "目标值", "Required", "float64", "figure", "adpt", "要求：比例为 0 到 1，其余为数量；空为不要求", "asked: a share 0..1 or a count; empty where nothing is asked", "figure", official=5, width=13),
    C("achieved", "完成值", "Achieved", "float64", "figure", "adpt", "完成：比例或数量，只舍不入；待核实的不计入", "met: a share or a count, cut; what is uncertain is not counted", "figure", official=6, width=15),
    C("achieved_most", "完成值上限", "Achieved at most", "float64", "figure", "", "待核实全部计入时的完成值", "met if all that is uncertain counted"),
    C("rate", "完成率(%)", "Completion (%)", "", "rate", "a", "完成值与目标值之比，只舍不入", "achieved over required, cut", "rate", official=7),
    C("numerator", "分子", "Numerator", "float64", "whole", "at", "计为达到的数量", "units that count as met", width=12),
    C("denominator", "分母", "Denominator", "float64", "whole", "at", "总数", "all units", width=13),
    C("fraction", "分子 / 分母", "Counted", "", "code", "p", "分子和分母", "numerator and denominator", "fraction"),
    C("uncertain", "待核实数", "Uncertain", "float64", "whole", "at", "位置误差内结论不一的数量", "units whose answer flips within the position error"),
    C("unknown", "无法判断数", "Cannot be judged", "float64", "whole", "", "没有位置或没有填报的数量", "units without a position or a statement"),
    C("unit", "计量单位", "Unit", "str", "code", "at", "people、places、km、km2、sites 或 rows", "people, places, km, km2, sites or rows", "unit"),
    C("shortfall", "差额", "Shortfall", "float64", "figure", "adpt", "还差的数量（待核实按达到计）", "units still missing if all that is uncertain counted", "shortfall", official=8, width=14),
    C("shortfall_most", "差额上限", "Shortfall at most", "float64", "figure", "", "还差的数量（待核实按未达到计）", "units still missing if nothing uncertain counted"),
    C("due", "完成时限", "Due", "str", "code", "adp", "文件要求的日期", "date the document asks for", "day", official=9, width=15),
    C("evidence", "数据来源", "Data source", "object", "wrap", "a", "数字的依据：模型、口径、不确定的部分", "what the figure rests on: model, rule, what is uncertain", "language", official=10, width=52),
    C("interpretation", "是否解读口径", "Our reading", "bool", "truth", "ad", "阈值或口径是否为本工具的解读", "whether the threshold or rule is our reading", official=11),
    C("remark", "备注", "Remark", "", "wrap", "a", "判定状态，文件是否过期", "verdict, and whether the document has expired", "verdict", official=12, width=16),
    C("status", "判定状态", "Status", "str", "code", "dpt", "met、not_met、uncertain、on_the_way、no_data、layer_incomplete、example", "met, not_met, uncertain, on_the_way, no_data, layer_incomplete, example", "code:status"),
    C("force", "措辞", "Wording", "str", "code", "", "文件的用词，如 确保、力争", "the document's verb, such as 确保 or 力争"),
    C("expired", "是否过期", "Expired", "bool", "truth", "", "文件在数据截至日是否过期", "whether the document had expired on the day of the data"),
    C("quotation", "原文", "Quotation", "str", "wrap", "ad", "文件原文", "words of the document", "quoted", width=36),
    C("measured", "实测数", "Measured", "float64", "whole", "", "以实测为准的数量", "units that rest on measurement"),
    C("measure_number", "条款序号", "Clause", "str", "code", "", "文件中的条款序号", "number of the clause in the document"),
    C("beside", "并列指标", "Beside", "bool", "truth", "", "只并列、不判断", "printed beside the clause, not judged"),
    C("absent", "缺少的数据", "Absent data", "str", "code", "", "缺少的图层或类别", "layer or class that the data lacks"),
    C("judged", "制式和接收位置", "Family and receiver", "", "code", "a", "按哪里的接收判断", "where the devices are that it is judged for", "receiver_of", width=14),
)  # fmt: skip
GAPS = (
    C("number", "序号", "No.", "", "whole", "a", "行的次序", "number of the row", "number", official=1, width=5),
    C("target", "目标编号", "Target", "str", "code", "at", "缺口所属目标的编号", "id of the target that lacks it", width=14),
    C("id", "编码", "Code", "str", "code", "a", "村庄、场所或线路的编号", "id of the village, place or line", width=14),
    C("kind", "类别", "Kind", "str", "code", "a", "village、block、场所类别、线路类别或 site", "village, block, class of place or line, or site", "code:kind"),
    C("name", "名称", "Name", "str", "text", "t", "名称", "name"),
    C("city", "地市代码", "City code", "str", "code", "", "地市代码", "code of the city"),
    C("city_name", "地市", "City", "str", "text", "at", "地市", "city", official=2, width=8),
    C("county", "区县代码", "County code", "str", "code", "", "县（市、区）代码", "code of the county"),
    C("county_name", "县(市、区)", "County", "str", "text", "at", "县（市、区）", "county", official=3, width=9),
    C("town", "乡镇(街道)", "Township", "str", "text", "at", "乡镇（街道）", "township", official=4, width=9),
    C("committee", "行政村", "Village committee", "str", "text", "a", "行政村", "village committee", official=5, width=9),
    C("village", "自然村", "Natural village", "str", "text", "apd", "自然村名；场所和线路为其名称", "natural village; of places and lines their name", "village", official=6, width=10),
    C("{family}_status", "{judged}", "{judged}", "str", "code", "A", "一村一行的表里这种制式的状态，空为不缺", "status of the family where a row is a village, empty where it lacks nothing", "code:village", width=8),
    C("{family}_margin_db", "{judged}余量(dB)", "{judged} margin (dB)", "float64", "db", "A", "一村一行的表里这种制式决定结论的余量", "the family's deciding margin where a row is a village", width=8),
    C("where", "县区 乡镇", "County, township", "", "text", "pd", "县区和乡镇", "county and township", "where"),
    C("households", "户数", "Households", "float64", "whole", "apdt", "户数，空为不明", "households, empty where unknown", unit="户", official=7, width=6),
    C("population", "常住人口", "Residents", "float64", "whole", "apdtk", "常住人口", "residents", unit="人", official=8, width=7),
    C("lon", "经度", "Longitude", "float64", "degree", "a", "经度，WGS84；线路为缺口中点", "longitude, WGS84; of a stretch its middle", official=9, width=12),
    C("lat", "纬度", "Latitude", "float64", "degree", "a", "纬度，WGS84", "latitude, WGS84", official=10, width=11),
    C("family", "制式", "Family", "str", "code", "pdtk", "nr 为 5G，nbiot 为 NB-IoT", "nr is 5G, nbiot is NB-IoT", "family", width=9),
    C("network", "运营商", "Operator", "str", "code", "a", "缺少的网络：any 为任一运营商都不可用", "the network that lacks service: any where no operator serves", "network", official=11, width=9),
    C("status", "状态", "Status", "str", "code", "pdt", "unserved 未覆盖，uncertain 待核实", "unserved or uncertain", "code:village", width=9),
    C("receiver", "判定位置", "Judged", "str", "code", "", "余量按这里的接收判断：outdoor 室外、indoor 室内", "where the devices are that decide: outdoor, indoor ...", "receiver"),
    C("margin_db", "判定余量(dB)", "Deciding margin (dB)", "float64", "db", "pdtk", "决定结论的余量，只舍不入，负为不足", "the margin that decides, cut; negative is too weak", "deciding"),
    C("outdoor_margin_db", "室外余量(dB)", "Outdoor margin (dB)", "float64", "db", "a", "室外信号余量，负为不足", "margin outdoors, negative is too weak", official=12, width=7),
    C("indoor_margin_db", "室内余量(dB)", "Indoor margin (dB)", "float64", "db", "a", "普通住宅室内信号余量，负为不足", "margin behind the wall of an ordinary building", official=13, width=7),
    C("nearest_site", "最近站点", "Nearest site", "str", "code", "a", "最近的同制式站点编号", "id of the nearest site of the family", official=14, width=9),
    C("nearest_site_km", "距离(km)", "Distance (km)", "float64", "km", "apdt", "到最近的同制式站点的距离", "distance to the nearest site of the family", official=15, width=7),
    C("reason", "未覆盖原因", "Reason", "str", "wrap", "apdkt", "原因的代码", "key of the reason", "reason", official=16, width=15),
    C("remedy", "整改措施", "Remedy", "str", "wrap", "apdk", "措施的代码，或规划站编号", "key of the remedy, or the id of a planned site", "reason", official=17, width=13),
    C("departments", "责任单位", "Responsible", "", "fill", "a", "由填报单位填写", "filled in by who reports", official=18, width=9),
    C("planned", "计划完成时限", "Planned completion", "", "fill_day", "a", "由填报单位填写", "filled in by who reports", official=19, width=9),
    C("date", "核查日期", "Date of inspection", "", "fill_day", "a", "由核查人填写", "filled in by the inspector", official=20, width=9),
    C("inspector", "核查人", "Inspector", "", "fill", "a", "由核查人填写", "filled in by the inspector", official=21, width=7),
    C("rsrp_dbm", "实测RSRP(dBm)", "Measured RSRP (dBm)", "", "fill", "a", "由核查人填写，-156 到 -31", "filled in by the inspector, -156 to -31", unit="dBm", official=22, width=8),
    C("result", "核查结果", "Result", "", "fill", "a", "由核查人填写", "filled in by the inspector", official=23, width=8),
    C("closed", "销号状态", "Closed", "", "fill", "a", "由核查人填写", "filled in by the inspector", official=24, width=8),
    C("remark", "备注", "Remarks", "", "wrap", "a", "编号，填好的表按它读回；线路的起止；重点地区", "the id by which a filled sheet is read back; where a stretch lies; the priority area", "remark", official=25, width=13),
    C("band", "测试频段", "Band tested", "", "fill", "a", "由核查人填写，如 n28、NB-IoT 900", "filled in by the inspector, such as n28", width=10),
    C("device", "测试终端", "Device", "", "fill", "a", "由核查人填写", "filled in by the inspector", width=10),
    C("indoors", "测试位置", "Indoors or outdoors", "", "fill", "a", "由核查人填写：室内或室外", "filled in by the inspector: indoors or outdoors", width=10),
    C("part", "分项", "Part", "str", "code", "", "目标的分项", "part of the target"),
    C("priority", "重点地区", "Priority area", "str", "text", "", "所属重点地区", "priority areas it belongs to"),
    C("from_km", "起点", "From", "float64", "km", "", "线路缺口的起点里程", "where a stretch of line begins"),
    C("to_km", "终点", "To", "float64", "km", "", "线路缺口的终点里程", "where a stretch of line ends"),
    C("length_km", "长度", "Length", "float64", "km", "", "线路缺口的长度", "length of a stretch of line"),
)  # fmt: skip
SITES = (
    C("order", "建设次序", "Build order", "int64", "whole", "apdkmt", "建设次序", "its place in the build order", width=8),
    C("phase", "分期", "Phase", "int64", "whole", "adt", "建设的期次，0 为不在任何一期", "the phase that builds it, 0 for none", "phase", width=7),
    C("id", "编码", "Code", "str", "code", "adt", "规划站编号", "id of the new site", width=11),
    C("name", "名称", "Name", "str", "text", "apdt", "名称", "name", "named", width=20),
    C("services", "业务制式", "Services", "str", "text", "apdkm", "业务，分号分隔", "services, separated by semicolons", "services", width=18),
    C("where", "县(市、区)", "County", "", "text", "apdt", "所在县（市、区）", "the county it stands in", "place"),
    C("operators", "运营商", "Operators", "str", "code", "", "运营商，加号相连", "operators, joined by +"),
    C("environment", "环境", "Environment", "str", "code", "", "地形环境", "kind of surroundings"),
    C("height_m", "挂高(m)", "Height (m)", "float64", "whole", "akm", "天线离地高度", "height of the antenna above ground", unit="m", width=8),
    C("azimuth_deg", "方位角", "Azimuth", "str", "code", "", "各扇区方位角，斜杠分隔", "azimuths of the sectors, separated by slashes", unit="°"),
    C("tilt_deg", "下倾角", "Tilt", "float64", "db", "", "下倾角", "downtilt", unit="°"),
    C("carrier_power_dbm", "载波功率", "Carrier power", "float64", "dbm", "", "每载波发射功率", "transmit power of a carrier"),
    C("antenna", "天线", "Antenna", "str", "code", "", "天线型号", "model of the antenna"),
    C("host", "载体", "Host", "str", "text", "apdkmt", "站址载体", "what it stands on", "host", width=16),
    C("mast", "物理站址", "Mast", "str", "code", "", "共址的物理站址", "the mast it shares"),
    C("status", "状态", "Status", "str", "code", "", "planned", "planned"),
    C("cost_cny", "费用", "Cost", "int64", "money", "apdkmt", "全生命期费用", "cost over its life"),
    C("people_gained", "新增覆盖人口", "People gained", "int64", "whole", "apdkmt", "按建设次序新增覆盖的人口（方案的第一制式）", "people of the plan's first family whom it serves and those before it do not", unit="人", width=13),
    C("people_gained_{family}", "新增覆盖人口（{judged}）", "People gained ({judged})", "int64", "whole", "a", "其余制式按建设次序新增覆盖的人口", "the same for a further family", unit="人", width=13),
    C("villages_gained", "新增覆盖村庄", "Villages gained", "int64", "whole", "apdkmt", "按建设次序新增覆盖的自然村", "natural villages gained in build order", unit="个", width=13),
    C("places_gained", "新增必达点", "Places gained", "int64", "whole", "at", "按建设次序新增的必达点", "places that must be served, gained in build order", unit="处", width=10),
    C("targets", "服务的目标", "Targets served", "str", "wrap", "apdkmt", "它帮助的目标，分号分隔；整体运行时也含它销号的缺口所属目标", "the plan's targets it brings somebody or some place to; in a run also the clauses whose listed gaps it closes", "tasks", width=32),
    C("people_total", "可服务人口", "People in reach", "int64", "whole", "", "它能覆盖的全部未覆盖人口", "unserved people it reaches", unit="人"),
    C("people_lost", "去掉该站将失去的人口", "People lost without it", "Int64", "whole", "at", "整个方案去掉这一站将失去的人口", "whom the finished plan would no longer serve without this one site", unit="人", width=12),
    C("places_lost", "去掉该站将失去的必达点", "Places lost without it", "int64", "whole", "at", "整个方案去掉这一站将失去的必达点", "places that must be served and would be lost without it", unit="处", width=12),
    C("lost", "去掉该站将失去（人）", "Lost without it", "", "code", "pdkm", "去掉该站将失去的人口和必达点", "people and places lost without it", "lost"),
    C("lon", "经度", "Longitude", "", "degree", "a", "经度，WGS84", "longitude, WGS84", "x"),
    C("lat", "纬度", "Latitude", "", "degree", "a", "纬度，WGS84", "latitude, WGS84", "y"),
    C("reason", "选址理由", "Reason", "str", "text", "apdkm", "为何考虑这里", "why a site was considered there", "reason", width=24),
    C("candidate", "候选站编号", "Candidate", "str", "code", "", "候选站编号，forced、forbidden 和 infraplan explain 都认它", "its id among the candidates: what `forced`, `forbidden` and `infraplan explain` understand"),
    C("county", "区县代码", "County code", "str", "code", "", "县（市、区）代码", "code of the county"),
    C("city", "地市代码", "City code", "str", "code", "", "地市代码", "code of the city"),
    C("remark", "备注", "Remarks", "", "fill", "a", "由填报单位填写", "filled in by who reports", width=16),
)  # fmt: skip
PHASES = (
    C("phase", "期次", "Phase", "int64", "code", "pd", "期次", "number of the phase"),
    C("name", "名称", "Name", "str", "text", "pd", "名称", "name"),
    C("period", "时间", "Period", "", "code", "pd", "起止日期", "first and last day", "period", width=24),
    C("start", "开始", "Start", "str", "day", "", "开始日期", "first day"),
    C("end", "结束", "End", "str", "day", "", "结束日期", "last day"),
    C("sites", "新建站点（座）", "New sites", "int64", "whole", "pd", "本期站点数", "sites of the phase", unit="座"),
    C("cost_cny", "费用", "Cost", "int64", "money", "pd", "本期费用", "cost of the phase"),
    C("people_gained", "新增人口", "People gained", "int64", "whole", "pd", "本期新增覆盖人口", "people gained in the phase", unit="人"),
    C("share", "覆盖率", "Share", "float64", "share", "pd", "本期结束时的人口覆盖率", "share of residents served at its end"),
    C("places", "必达点", "Places", "int64", "whole", "", "本期结束时已服务的必达点", "places that must be served and are at its end", unit="处"),
    C("asked_met", "本期要求", "Asked of the phase", "bool", "code", "pd", "本期要求是否达到", "whether it brings what is asked of it", "asked"),
)  # fmt: skip
CURVE = (
    C("budget_cny", "预算（元）", "Budget (CNY)", "int64", "money", "t", "预算", "budget"),
    C("cost_cny", "费用（元）", "Cost (CNY)", "int64", "money", "t", "找到的方案的费用", "cost of the plan found"),
    C("sites", "站数", "Sites", "int64", "whole", "t", "站点数", "number of sites", unit="座"),
    C("people", "覆盖人口", "People served", "int64", "whole", "t", "覆盖人口，含现有", "people served, today's included", unit="人"),
    C("share", "占比", "Share", "float64", "share", "t", "人口覆盖率", "share of residents served"),
    C("share_bound", "占比上限（模型内）", "Share no plan exceeds (within the model)", "float64", "share", "t", "该预算下任何方案不超过（模型内）", "no plan within the budget exceeds it, within the model"),
    C("proven_gap", "证明差距（模型内）", "Proven gap (within the model)", "float64", "share", "t", "与上限之差（模型内）", "distance to the bound, within the model"),
)  # fmt: skip
CERTIFICATE = (
    C("number", "序号", "No.", "", "whole", "a", "行的次序", "number of the row", "number", width=6),
    C("city_name", "地市", "City", "", "text", "a", "地市", "city", "city", width=10),
    C("county_name", "县(市、区)", "County", "", "text", "a", "县（市、区）", "county", "county"),
    C("id", "编码", "Code", "str", "code", "at", "村庄或场所编号", "id of the village or place", width=14),
    C("name", "名称", "Name", "str", "text", "at", "名称", "name", width=20),
    C("kind", "类别", "Kind", "str", "code", "a", "village、block 或 place", "village, block or place", "code:kind"),
    C("family", "制式", "Family", "str", "code", "at", "制式", "family", "family", width=9),
    C("target", "所属目标", "Target", "str", "wrap", "at", "所属目标", "the target it belongs to", "tasks", width=30),
    C("county", "县区代码", "County code", "str", "code", "t", "县（市、区）代码", "code of the county", "county"),
    C("city", "地市代码", "City code", "str", "code", "", "地市代码", "code of the city"),
    C("population", "常住人口", "Residents", "int64", "whole", "at", "常住人口，场所不计", "residents; of places none", "settled", unit="人", width=10),
    C("lon", "经度", "Longitude", "float64", "degree", "a", "经度，WGS84", "longitude, WGS84"),
    C("lat", "纬度", "Latitude", "float64", "degree", "a", "纬度，WGS84", "latitude, WGS84"),
    C("must", "必达点", "Must be served", "bool", "truth", "at", "是否必达点", "whether it must be served", width=9),
    C("best_db", "候选站最佳余量(dB)", "Best margin of any candidate (dB)", "float64", "db", "at", "任一可用候选站在此处的最佳余量", "the best margin any allowed candidate offers there", width=14),
    C("obstacle", "原因", "Obstacle", "str", "wrap", "at", "为何不够：no_candidate、weak、position、barred", "why that is not enough: no_candidate, weak, position, barred", "code:obstacle", width=36),
)  # fmt: skip
POPULATION = (
    C("level", "级别", "Level", "str", "code", "t", "province、city、county、township，outside 为区划以外", "province, city, county, township"),
    C("name", "区域", "Zone", "str", "text", "dpt", "区划名称", "name of the zone"),
    C("adcode", "代码", "Code", "str", "code", "dpt", "区划代码，空为区划以外", "code of the zone, empty outside every zone"),
    C("parent", "上级代码", "Parent", "str", "code", "", "上级区划代码", "code of the zone above"),
    C("family", "制式", "Family", "str", "code", "dt", "制式", "family", "judged"),
    C("network", "网络", "Network", "str", "code", "", "any 为任一运营商", "any operator, or one shared network", "network"),
    C("receiver", "接收位置", "Receiver", "str", "code", "t", "按这里的接收判断", "where the devices are", "receiver"),
    C("population", "常住人口（人）", "Residents", "int64", "whole", "dpt", "常住人口", "residents", unit="人"),
    C("served", "已覆盖（人）", "Served", "int64", "whole", "dpt", "已覆盖人口", "residents served", unit="人"),
    C("uncertain", "待核实（人）", "Uncertain", "int64", "whole", "dpt", "位置误差内结论不一的人口", "residents for whom the answer flips within the position error", unit="人"),
    C("unserved", "未覆盖（人）", "Unserved", "int64", "whole", "dpt", "未覆盖人口", "residents unserved", unit="人"),
    C("share", "覆盖率", "Share", "float64", "share", "dpt", "已覆盖人口占比，只舍不入", "served over residents, cut"),
    C("served_weaker", "信号偏弱时已覆盖", "Served if weaker", "int64", "whole", "", "所有信号偏弱时已覆盖人口", "served if every signal were weaker", unit="人"),
    C("share_weaker", "信号偏弱时覆盖率", "Share if weaker", "float64", "share", "t", "所有信号偏弱时的覆盖率", "share if every signal were weaker"),
    C("served_stronger", "信号偏强时已覆盖", "Served if stronger", "int64", "whole", "", "所有信号偏强时已覆盖人口", "served if every signal were stronger", unit="人"),
    C("share_stronger", "信号偏强时覆盖率", "Share if stronger", "float64", "share", "t", "所有信号偏强时的覆盖率", "share if every signal were stronger"),
    C("span", "弱 / 强 {band} dB", "{band} dB weaker / stronger", "", "code", "dp", "信号偏弱和偏强时的覆盖率", "shares if every signal were weaker or stronger", "span"),
    C("other_receiver", "另一接收位置", "Other receiver", "str", "code", "t", "另一接收位置，空为没有", "the other receiver, empty for none", "receiver"),
    C("other_served", "另一位置已覆盖", "Served at the other", "Int64", "whole", "", "另一接收位置已覆盖人口", "served at the other receiver", unit="人"),
    C("other_uncertain", "另一位置待核实", "Uncertain at the other", "Int64", "whole", "", "另一接收位置待核实人口", "uncertain at the other receiver", unit="人"),
    C("other_unserved", "另一位置未覆盖", "Unserved at the other", "Int64", "whole", "", "另一接收位置未覆盖人口", "unserved at the other receiver", unit="人"),
    C("other_share", "另一位置覆盖率", "Share at the other", "float64", "share", "t", "另一接收位置的覆盖率", "share at the other receiver"),
    C("other", "另一接收位置", "Other receiver", "", "code", "dp", "另一接收位置及其覆盖率", "the other receiver and its share", "other"),
)  # fmt: skip
AREA = (
    *(entry for entry in POPULATION if entry.name not in ("population", "served", "uncertain", "unserved", "span", "other")),
    C("area_km2", "面积", "Area", "float64", "km", "t", "陆地面积", "land", unit="km²"),
    C("served_km2", "已覆盖面积", "Area served", "float64", "km", "t", "已覆盖面积", "land served", unit="km²"),
)  # fmt: skip
CITIES = (
    C("rank", "排名", "Rank", "", "whole", "d", "按第一制式覆盖率排名", "rank by the share of the first family", "number", width=6),
    C("family", "制式", "Family", "", "code", "d", "第一制式和接收位置", "the first family and its receiver", "judged", width=12),
    C("adcode", "代码", "Code", "str", "code", "", "地市代码", "code of the city"),
    C("name", "地市", "City", "str", "text", "d", "地市", "city"),
    C("population", "常住人口（人）", "Residents", "", "whole", "d", "常住人口", "residents", unit="人"),
    C("share", "人口覆盖率", "Residents covered", "", "share", "d", "第一制式的覆盖率", "share of the first family"),
    C("unserved", "未覆盖（人）", "Unserved", "", "whole", "d", "第一制式未覆盖人口", "residents unserved by the first family", unit="人"),
    C("gaps", "缺第一制式的村", "Villages without it", "int64", "whole", "d", "缺第一制式的村，一村计一次", "villages that lack the first family, each once", unit="个"),
    C("new_sites", "新建站点（座）", "New sites", "int64", "whole", "d", "方案在本市的新站", "the plan's sites in the city", unit="座"),
    C("cost_cny", "费用", "Cost", "int64", "money", "d", "这些新站的费用", "their cost"),
    C("folder", "文件夹", "Folder", "str", "code", "", "成果文件夹，空为没有", "folder of its pages, empty for none"),
    C("state", "状态", "State", "str", "code", "", "done、failed 或 skipped", "done, failed or skipped"),
    C("reason", "原因", "Reason", "str", "text", "", "失败的原因", "why it failed"),
)  # fmt: skip
VILLAGES = (
    C("where", "县区 乡镇", "County, township", "", "text", "m", "县区和乡镇", "county and township", "where"),
    C("id", "编码", "Code", "str", "code", "", "编号", "id"),
    C("name", "名称", "Name", "str", "text", "", "名称", "name"),
    C("committee", "行政村", "Village committee", "str", "text", "m", "行政村", "village committee"),
    C("kind", "类别", "Kind", "str", "code", "m", "village 自然村，block 城镇居民点", "natural village or urban block", "code:kind"),
    C("population", "常住人口", "Residents", "int64", "whole", "m", "常住人口", "residents", unit="人"),
    C("households", "户数", "Households", "Int64", "whole", "m", "户数", "households", unit="户"),
    C("urban", "是否城镇", "Urban", "bool", "truth", "", "是否城镇", "whether urban"),
    C("city", "地市代码", "City code", "str", "code", "", "地市代码", "code of the city"),
    C("county", "区县代码", "County code", "str", "code", "", "县（市、区）代码", "code of the county"),
    C("town", "乡镇(街道)", "Township", "str", "text", "", "乡镇（街道）", "township"),
    C("{family}_status", "{judged}状态", "{judged} status", "str", "code", "m", "served、uncertain 或 unserved", "served, uncertain or unserved", "code:village"),
    C("{family}_margin_db", "{judged}余量", "{judged} margin", "float64", "db", "m", "判定位置的信号余量，负为不足", "margin at the receiver that decides, negative is too weak"),
    C("{family}_measured", "{judged}以实测为准", "{judged} measured", "bool", "truth", "", "是否以实测为准", "whether it rests on measurement"),
    C("{family}_receiver", "{judged}判定位置", "{judged} judged", "str", "code", "", "按这里的接收判断", "where the devices are", "receiver"),
    C("position_error_m", "位置误差", "Position error", "float64", "whole", "m", "位置误差", "position error", unit="m"),
    C("synthetic", "是否合成数据", "Synthetic", "bool", "truth", "", "是否合成数据", "whether made up"),
    C("lon", "经度", "Longitude", "float64", "degree", "", "经度，WGS84", "longitude, WGS84"),
    C("lat", "纬度", "Latitude", "float64", "degree", "", "纬度，WGS84", "latitude, WGS84"),
)  # fmt: skip
MASTS = (
    C("services", "业务制式", "Services", "str", "text", "mk", "业务", "services"),
    C("status", "状态", "Status", "str", "code", "m", "existing、planned 或 retired", "existing, planned or retired", "code:site"),
    C("height_m", "挂高(m)", "Height (m)", "float64", "db", "mk", "天线离地高度", "height of the antenna above ground", unit="m"),
    C("azimuth_deg", "方位角（°）", "Azimuth (°)", "str", "code", "m", "各扇区方位角", "azimuths of the sectors", unit="°"),
)  # fmt: skip
FIBRE = (
    C("target", "目标编号", "Target", "str", "code", "", "目标编号", "id of the target"),
    C("zone_level", "区划级别", "Level of the zone", "str", "code", "", "province、city 或 county", "province, city or county"),
    C("zone", "区划代码", "Zone code", "str", "code", "", "区划代码，空为区划以外", "code of the zone, empty outside every zone"),
    C("zone_name", "区域", "Zone", "str", "text", "", "区划名称", "name of the zone"),
    C("villages", "自然村", "Villages", "int64", "whole", "", "目标所计的自然村", "natural villages the target counts", unit="个"),
    C("with_fibre", "已通光纤", "With fibre", "int64", "whole", "", "已通光纤", "with fibre", unit="个"),
    C("not_stated", "未填报", "Not stated", "int64", "whole", "", "未填报", "without a statement", unit="个"),
    C("newly", "期内新通", "Newly opened", "int64", "whole", "", "期内新开通", "opened in the period", unit="个"),
    C("newly_unknown", "开通日期不明", "Date unknown", "int64", "whole", "", "已通但日期缺失或太粗", "with fibre, date missing or too coarse", unit="个"),
    C("award_cny", "奖补金额", "Award", "int64", "money", "", "期内新通的奖补", "award of those newly opened"),
    C("lacking", "未通", "Lacking", "int64", "whole", "", "未通光纤", "without fibre", unit="个"),
    C("award_open_cny", "未通部分奖补", "Award still open", "int64", "money", "", "未通部分通后的奖补", "award once those lacking are opened"),
)  # fmt: skip
MEASURED = (
    C("id", "编码", "Code", "str", "code", "", "村庄或场所编号", "id of the village or place"),
    C("operator", "运营商", "Operator", "str", "code", "", "测试的运营商，一行一家", "operator tested, one a row"),
    C("service", "业务", "Service", "str", "code", "", "测试频段对应的业务", "the service the band stands for"),
    C("family", "制式", "Family", "str", "code", "", "制式", "family"),
    C("rsrp_dbm", "实测RSRP(dBm)", "Measured RSRP (dBm)", "float64", "dbm", "", "实测 RSRP", "measured RSRP"),
    C("indoors", "测试位置", "Indoors or outdoors", "bool", "truth", "", "是否室内", "whether indoors"),
    C("date", "核查日期", "Date of inspection", "str", "day", "", "核查日期", "day of the test"),
    C("inspector", "核查人", "Inspector", "str", "text", "", "核查人", "inspector"),
    C("device", "测试终端", "Device", "str", "text", "", "测试终端", "device"),
    C("result", "核查结果", "Result", "str", "text", "", "核查结果", "result"),
    C("closed", "销号状态", "Closed", "str", "text", "", "销号状态", "whether the entry is closed"),
    C("source", "原文件", "File", "str", "text", "", "原文件名", "name of the filled file"),
    C("sha256", "原文件哈希", "Hash of the file", "str", "code", "", "原文件的 SHA-256", "SHA-256 of the filled file"),
    C("row", "原文件行号", "Row of the file", "int64", "whole", "", "原文件行号", "row in the filled file"),
)  # fmt: skip
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
    C("id", "目标编号", "Target", "str", "code", "ap", "目标编号", "id of the target", "clause", width=15),
    C("part", "分项", "Part", "str", "code", "a", "目标的分项", "part of the target", width=15),
    C("zone_level", "区划级别", "Level of the zone", "str", "code", "", "province、city 或 county", "province, city or county"),
    C("zone", "区划代码", "Zone code", "str", "code", "a", "区划代码", "code of the zone", width=15),
    C("zone_name", "区域", "Zone", "str", "text", "ap", "区划名称", "name of the zone", width=15),
    C("family", "制式", "Family", "str", "code", "ap", "制式", "family", "family", width=15),
    C("network", "网络", "Network", "str", "code", "ap", "网络", "network", "network", width=15),
    C("measure", "衡量方式", "Measure", "str", "code", "a", "衡量方式", "how it is measured", width=15),
    C("unit", "计量单位", "Unit", "str", "code", "a", "计量单位", "unit", "unit", width=15),
    C("required", "目标值", "Required", "float64", "figure", "ap", "目标值", "asked", "figure", width=15),
    C("achieved_before", "完成值（之前）", "Achieved before", "float64", "figure", "ap", "较早运行的完成值", "met in the earlier run", "figure", width=15),
    C("achieved_after", "完成值（之后）", "Achieved after", "float64", "figure", "ap", "较晚运行的完成值", "met in the later run", "figure", width=15),
    C("status_before", "状态（之前）", "Status before", "str", "code", "ap", "较早运行的状态", "status in the earlier run", "code:status", width=15),
    C("status_after", "状态（之后）", "Status after", "str", "code", "ap", "较晚运行的状态", "status in the later run", "code:status", width=15),
)  # fmt: skip
COMPARED_SITES = (
    C("id", "编码", "Code", "str", "code", "a", "站点编号", "id of the site", width=15),
    C("name", "名称", "Name", "str", "text", "a", "名称", "name", width=15),
    C("services", "业务制式", "Services", "str", "text", "a", "业务", "services", width=15),
    C("city", "地市代码", "City code", "str", "code", "", "地市代码", "code of the city"),
    C("city_name", "地市", "City", "str", "text", "a", "地市", "city", width=15),
    C("change", "变化", "Change", "str", "code", "a", "added 新增或 removed 减少", "added or removed", "code:compare", width=15),
)  # fmt: skip
EXPLAINED_TARGETS = (
    C("target", "目标", "target", "str", "code", "t", "目标编号", "id of the target"),
    C("family", "制式", "family", "str", "code", "t", "制式", "family", "family"),
    C("unit", "单位", "unit", "str", "code", "t", "people 或 places", "people or places", "unit"),
    C("required", "要求", "required", "int64", "whole", "t", "要求", "asked"),
    C("reachable", "候选站合计可达", "within reach of all candidates", "int64", "whole", "t", "全部候选站合起来能到", "what all candidates together reach"),
    C("served", "方案做到", "brought by the plan", "int64", "whole", "t", "方案做到", "what the plan brings"),
    C("reachable_met", "可达", "reachable", "bool", "truth", "t", "候选站合起来能否达到", "whether all candidates together meet it"),
    C("met", "达到", "met", "bool", "truth", "t", "方案是否达到", "whether the plan meets it"),
)  # fmt: skip
EXPLAINED_VILLAGES = (
    C("id", "编号", "id", "str", "code", "t", "编号", "id"),
    C("name", "名称", "name", "str", "text", "t", "名称", "name"),
    C("kind", "类别", "kind", "str", "code", "", "类别", "kind"),
    C("family", "制式", "family", "str", "code", "t", "制式", "family", "family"),
    C("target", "目标", "target", "str", "code", "", "目标编号", "id of the target"),
    C("county", "区县", "county", "str", "code", "", "县（市、区）代码", "code of the county"),
    C("population", "人口", "people", "Int64", "whole", "t", "人口", "residents", unit="人"),
    C("must", "必达点", "must be served", "boolean", "truth", "", "是否必达点", "whether it must be served"),
    C("status", "状态", "status", "str", "text", "t", "not_asked、served_by_plan、reachable 或 unreachable", "not_asked, served_by_plan, reachable or unreachable", "cli:village"),
    C("by", "由谁", "by", "str", "code", "t", "服务它的站点", "the site that serves it"),
    C("candidates", "可用候选站数", "candidates that could", "int64", "whole", "t", "能服务它的候选站数", "candidates that could serve it"),
    C("cheapest", "最便宜的候选站", "cheapest of them", "str", "code", "t", "其中最便宜的", "the cheapest of them"),
    C("cheapest_cny", "其费用（元）", "its cost [CNY]", "float64", "money", "t", "其费用", "its cost"),
)  # fmt: skip
EXPLAINED_CANDIDATES = (
    C("id", "编号", "id", "str", "code", "t", "候选站编号", "id of the candidate"),
    C("name", "名称", "name", "str", "text", "t", "名称", "name"),
    C("host", "依托", "host", "str", "text", "t", "载体", "what it stands on", "host"),
    C("county", "区县", "county", "str", "code", "t", "县（市、区）代码", "code of the county"),
    C("cost_cny", "费用（元）", "cost [CNY]", "int64", "money", "t", "费用", "cost"),
    C("reason", "理由代码", "reason", "str", "code", "", "为何入选或未选", "why it is or is not in the plan"),
    C("by", "由谁", "by", "str", "code", "", "服务同一批人的站", "the site that serves the same people"),
    C("adds_people", "可增人口", "people it would add", "int64", "whole", "", "加上它能多覆盖的人口", "people it would add", unit="人"),
    C("at_least_cny", "含它的方案至少", "any plan with it costs at least", "float64", "money", "", "含它的任何方案至少花费", "what any plan with it costs at least"),
    C("site", "对应站点", "site", "str", "code", "", "方案中对应的站", "its site in the plan"),
    C("why", "为什么", "why", "", "text", "t", "理由", "the reason in words", "why"),
)  # fmt: skip
TABLES = {
    "scorecard": SCORECARD, "gaps": GAPS, "sites": SITES, "phases": PHASES, "curve": CURVE, "certificate": CERTIFICATE,
    "population": POPULATION, "area": AREA, "cities": CITIES, "villages": VILLAGES, "masts": MASTS, "fibre": FIBRE, "measured": MEASURED,
    "compared_coverage": COMPARED_COVERAGE, "compared_targets": COMPARED_TARGETS, "compared_sites": COMPARED_SITES,
    "explained_targets": EXPLAINED_TARGETS, "explained_villages": EXPLAINED_VILLAGES, "explained_candidates": EXPLAINED_CANDIDATES,
}  # fmt: skip


@cache
def types(table: str) -> dict[str, str]:
    """Column -> pandas type of a table's frame, in its order."""
    return {column.name: column.kind for column in TABLES[table] if column.kind and FAMILY not in column.name}


@cache
def shown(table: str, place: str) -> tuple[C, ...]:
    """The columns a place shows, in the order of the table; in a sheet those of the official annex stand first."""
    found = [entry for entry in TABLES[table] if PLACES[place] in entry.places.lower()]
    return tuple(sorted(found, key=lambda entry: place == "annex" and not entry.official and "A" not in entry.places))


def names(table: str, place: str) -> tuple[str, ...]:
    """Names of `shown`."""
    return tuple(column.name for column in shown(table, place))


def column(table: str, name: str) -> C:
    """One column of a table; a name that carries a family is found by its pattern."""
    found = [entry for entry in TABLES[table] if entry.name == name]
    found += [entry for entry in TABLES[table] if FAMILY in entry.name and family_in(entry, name)]
    if not found:
        raise KeyError(f"{table} has no column {name}")
    return found[0]


def family_in(entry: C, name: str) -> str:
    """The family a name carries by the pattern of a column; "" where it does not fit."""
    found = re.fullmatch(re.escape(entry.name).replace(re.escape(FAMILY), "([a-z0-9]+)"), name)
    return found[1] if found else ""


def by_heading(table: str) -> dict[str, str]:
    """Heading in either language -> name: how a sheet that comes back is read by the table that wrote it."""
    return {label: entry.name for entry in reversed(TABLES[table]) for label in (entry.zh, entry.en)}
