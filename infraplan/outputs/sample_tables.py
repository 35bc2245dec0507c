"""Columns of a sample of villages, its workbook, and what its visits show."""

from __future__ import annotations

from infraplan.columns import Column as C

SAMPLE = (
    C("number", "序号", "No.", "", "whole", "a", "行的次序", "number of the row", "number", width=5),
    C("city_name", "地市", "City", "str", "text", "at", "地市", "city", width=8),
    C("county_name", "县(市、区)", "County", "str", "text", "at", "县（市、区）", "county", width=9),
    C("stop", "路线次序", "Stop", "int64", "whole", "at", "在本县路线上的次序", "place on the route of the county", width=6),
    C("leg_km", "距上一点(km)", "From last (km)", "float64", "km", "a", "与路线上一点的直线距离，第一点为空", "distance as the crow flies from the stop before, empty for the first", width=8),
    C("town", "乡镇(街道)", "Township", "str", "text", "a", "乡镇（街道）", "township", width=9),
    C("committee", "行政村", "Village committee", "str", "text", "a", "行政村", "village committee", width=9),
    C("name", "自然村", "Natural village", "str", "text", "at", "名称", "name", width=10),
    C("id", "编码", "Code", "str", "code", "at", "编号，填好的表按它读回", "id by which a filled sheet is read back", width=15.5),
    C("lon", "经度", "Longitude", "float64", "degree", "a", "经度，WGS84", "longitude, WGS84", width=12),
    C("lat", "纬度", "Latitude", "float64", "degree", "a", "纬度，WGS84", "latitude, WGS84", width=11),
    C("population", "常住人口", "Residents", "int64", "whole", "at", "常住人口", "residents", unit="人", width=7),
    C("network", "运营商", "Operator", "", "fill", "a", "由核查人填写，一行一家", "filled in by the inspector, one a row", width=10),
    C("band", "测试频段", "Band tested", "", "fill", "a", "由核查人填写，如 n28、NB-IoT 900", "filled in by the inspector, such as n28", width=9),
    C("indoors", "测试位置", "Indoors or outdoors", "", "fill", "a", "由核查人填写：室内或室外", "filled in by the inspector: indoors or outdoors", width=8),
    C("rsrp_dbm", "实测RSRP(dBm)", "Measured RSRP (dBm)", "", "fill", "a", "由核查人填写，-156 到 -31；没有信号填 -156", "filled in by the inspector, -156 to -31; -156 where there is no signal", unit="dBm", width=12),
    C("date", "核查日期", "Date of inspection", "", "fill_day", "a", "由核查人填写", "filled in by the inspector", width=11),
    C("inspector", "核查人", "Inspector", "", "fill", "a", "由核查人填写", "filled in by the inspector", width=8),
    C("photo", "照片编号", "Photo number", "", "fill", "a", "由核查人填写，几张以分号分隔", "filled in by the inspector, several separated by semicolons", width=9),
    C("device", "测试终端", "Device", "", "fill", "a", "由核查人填写", "filled in by the inspector", width=9),
    C("result", "核查结果", "Result", "", "fill", "a", "由核查人填写", "filled in by the inspector", width=9),
    C("closed", "销号状态", "Closed", "", "fill", "a", "由核查人填写", "filled in by the inspector", width=9),
    C("confirmed_lon", "核实经度", "Confirmed longitude", "", "fill", "a", "由核查人填写：现场核实的经度，WGS84 十进制度", "filled in by the inspector: the longitude found on the spot, WGS84, decimal degrees", width=11),
    C("confirmed_lat", "核实纬度", "Confirmed latitude", "", "fill", "a", "由核查人填写：现场核实的纬度，WGS84 十进制度", "filled in by the inspector: the latitude found on the spot, WGS84, decimal degrees", width=11),
    C("remark", "备注", "Remarks", "", "fill", "a", "可加写说明", "remarks may be added", width=14),
    C("stratum", "分层", "Stratum", "str", "code", "at", "按预测余量分的层", "the class of predicted margin", "code:stratum", width=14),
    C("margin_db", "预测余量(dB)", "Predicted margin (dB)", "float64", "db", "at", "预测余量，负为不足，空为算不出", "predicted margin, negative is too weak, empty where nothing can be computed", width=9),
    C("chance", "预测达标概率", "Predicted chance", "float64", "share", "at", "按预测余量和误差，实测达标的概率", "chance, by margin and error, that a measurement finds service", width=9),
    C("probability", "入样概率", "Inclusion probability", "float64", "share", "at", "抽样前该村被抽中的概率", "chance of the village to be drawn", width=9),
    C("weight", "代表人口", "People it stands for", "float64", "whole", "a", "常住人口除以入样概率", "residents divided by the inclusion probability", unit="人", width=9),
    C("city", "地市代码", "City code", "str", "code", "", "地市代码", "code of the city"),
    C("county", "区县代码", "County code", "str", "code", "", "县（市、区）代码", "code of the county"),
    C("kind", "类别", "Kind", "str", "code", "", "village 自然村，block 城镇居民点", "natural village or urban block", "code:kind"),
    C("setting", "城乡", "Setting", "str", "code", "", "urban 城镇，rural 农村", "urban or rural"),
)  # fmt: skip
SAMPLE_DESIGN = (
    C("key", "键", "Key", "str", "code", "a", "设计的一项", "an item of the design", width=14),
    C("value", "内容", "Value", "str", "text", "a", "它的内容", "its value", width=34),
    C("meaning", "含义", "Meaning", "str", "wrap", "a", "它的含义", "what it means", width=70),
)  # fmt: skip
SAMPLE_STUB = (
    C("id", "编码", "Code", "str", "code", "a", "编号", "id", width=14),
    C("name", "自然村", "Natural village", "str", "text", "a", "名称", "name", width=14),
    C("city", "地市代码", "City code", "str", "code", "a", "地市代码", "code of the city", width=9),
    C("county", "区县代码", "County code", "str", "code", "a", "县（市、区）代码", "code of the county", width=9),
    C("kind", "类别", "Kind", "str", "code", "a", "village 自然村，block 城镇居民点", "natural village or urban block", width=9),
    C("setting", "城乡", "Setting", "str", "code", "a", "urban 城镇，rural 农村", "urban or rural", width=8),
    C("population", "常住人口", "Residents", "int64", "whole", "a", "常住人口", "residents", unit="人", width=9),
    C("stratum", "分层", "Stratum", "str", "code", "a", "按预测余量分的层", "the class of predicted margin", width=11),
    C("chance", "预测达标概率", "Predicted chance", "float64", "rate", "a", "实测达标的概率，0 到 1", "chance that a measurement finds service, 0..1", width=16),
    C("probability", "入样概率", "Inclusion probability", "float64", "rate", "a", "被抽中的概率，0 到 1", "chance to be drawn, 0..1", width=16),
)  # fmt: skip
SAMPLE_TOTALS = (
    C("city", "地市代码", "City code", "str", "code", "a", "地市代码", "code of the city", width=11),
    C("city_name", "地市", "City", "str", "text", "a", "地市", "city", width=14),
    C("villages", "居民点", "Villages", "int64", "whole", "a", "有人口的居民点", "settlements with residents", unit="个", width=11),
    C("people", "常住人口", "Residents", "int64", "whole", "a", "常住人口", "residents", unit="人", width=13),
    C("expected", "预测达标人口", "Predicted people", "float64", "whole", "a", "人口乘预测达标概率之和", "sum of residents times predicted chance", unit="人", width=13),
)  # fmt: skip
SAMPLE_SHARES = (
    C("level", "级别", "Level", "str", "code", "", "province 全省，city 地市", "province or city"),
    C("zone", "区划代码", "Zone code", "str", "code", "", "地市代码，全省为空", "code of the city, empty for the whole"),
    C("zone_name", "区域", "Zone", "object", "text", "t", "区域", "zone", "language"),
    C("visits", "样本", "Drawn", "int64", "whole", "t", "抽中的居民点", "settlements drawn", unit="个"),
    C("answered", "已核查", "Answered", "int64", "whole", "t", "有结论的居民点", "of which have an answer", unit="个"),
    C("share", "达标人口比例", "Share of people served", "float64", "share", "t", "抽样推算的比例，空为没有核查", "estimated from the visits, empty without any"),
    C("low", "区间下限", "Low", "float64", "share", "t", "95% 置信区间下限", "lower end of the 95 % interval"),
    C("high", "区间上限", "High", "float64", "share", "t", "95% 置信区间上限", "upper end of the 95 % interval"),
    C("predicted", "预测比例", "Predicted", "float64", "share", "t", "预测达标概率按人口的平均", "mean predicted chance by people"),
    C("effective", "有效样本量", "Effective visits", "float64", "rate", "t", "精度相当的等概率独立样本量", "equal, independent visits that would know the share as well", unit="个"),
    C("method", "方法", "Method", "str", "code", "t", "regression 回归（差值）估计，exact 少于 30 个时按有效样本量的精确区间，none 没有核查", "regression (difference) estimate; exact: below 30 visits, on the effective number; none without a visit", "code:method"),
)  # fmt: skip
SAMPLE_GOALS = (
    C("target", "目标编号", "Target", "str", "code", "t", "目标的编号", "id of the target"),
    C("part", "分项", "Part", "str", "code", "", "目标的分项", "part of the target"),
    C("zone", "区划代码", "Zone code", "str", "code", "", "地市代码，全省为空", "code of the city, empty for the whole"),
    C("zone_name", "区域", "Zone", "object", "text", "t", "区域", "zone", "language"),
    C("required", "要求", "Required", "float64", "share", "t", "要求的比例", "share required"),
    C("verdict", "结论", "Verdict", "str", "code", "t", "met 可确认达到，missed 可确认未达到，open 尚不能确定", "met or missed beyond doubt, or open", "code:goal"),
    C("visits_needed", "还需核查", "Visits needed", "int64", "whole", "t", "照此比例和精度，能作出结论还需核查的居民点；最多为全部", "visits still needed to decide at this share and precision; at most all", unit="个"),
)  # fmt: skip
SAMPLE_FINDINGS = (
    C("group", "分组", "Group", "str", "code", "t", "city 地市，county 县，stratum 预测分层，kind 类别，setting 城乡", "city, county, stratum, kind or setting", "code:by"),
    C("value", "组别代码", "Code", "str", "code", "", "组的代码", "code of the group"),
    C("name", "组别", "Which", "object", "text", "t", "组的名称", "name of the group", "language"),
    C("visits", "已核查", "Answered", "int64", "whole", "t", "有结论的居民点", "settlements with an answer", unit="个"),
    C("predicted", "预测比例", "Predicted", "float64", "share", "t", "预测达标概率的加权平均", "weighted mean of the predicted chance"),
    C("measured", "实测比例", "Measured", "float64", "share", "t", "实测达标的加权比例", "weighted share that measurements find served"),
    C("p_value", "p 值", "p", "float64", "rate", "t", "经 Holm 校正的双侧 p 值", "two-sided p, corrected by Holm"),
    C("direction", "偏向", "Direction", "str", "code", "t", "optimistic 预测偏高，pessimistic 预测偏低", "optimistic: predicts too much; pessimistic: too little", "code:bias"),
)  # fmt: skip
