"""Every column of every table: name, labels, aliases, unit, type, limits.

One table feeds the checks, the docs, the Excel headings and the template. The meaning of a column is a sentence in `messages/fields.toml`.
"""

from __future__ import annotations

from dataclasses import replace

from infraplan.common_fields import ANGLES, CITY, COUNTY, ID, LAT, LON, LONLAT, NAME, POPULATION, POSITION_ERROR, SYNTHETIC, Field, words
from infraplan.measured_fields import MEASURED, TRANSMITTER

# fmt: off
VILLAGE = (
    ID,
    NAME,
    LON,
    LAT,
    *ANGLES,
    LONLAT,
    Field(
        "kind", "类别", "kind", "choice", choices=words("village block pixel"), default="village", example="自然村",
        aliases=words("类型 聚落类型"),
    ),
    replace(POPULATION, required=True, maximum=10_000_000, likely_maximum=20_000),
    Field(
        "households", "户数", "households", "integer", unit="户", minimum=0, maximum=10_000_000, example="86",
        aliases=words("户 总户数 常住户数 家庭户数 hh"),
    ),
    Field(
        "urban", "是否城镇", "urban", "boolean", default=False, example="否",
        aliases=words("城镇 是否城区"),
    ),
    COUNTY,
    CITY,
    Field(
        "town", "乡镇(街道)", "township", default="", example="坪石镇",
        aliases=words("乡镇 镇 街道 镇街 乡镇街道 乡镇名称 所属乡镇 township township_name"),
    ),
    Field(
        "committee", "行政村", "village committee", default="", example="老街村委会",
        aliases=words("村委会 行政村名称 居委会 村(居)委会 村居 所属行政村 建制村"),
    ),
    POSITION_ERROR,
    Field(
        "fibre", "是否通光纤", "fibre", "boolean", example="是",
        aliases=words("光纤 通光纤 通宽带 是否通宽带 宽带 光纤宽带 fiber"),
    ),
    Field(
        "fibre_built", "通光纤日期", "fibre opened", "date", default="", example="2020-06-30",
        aliases=words("光纤开通日期 通宽带日期 光纤开通时间 fiber_built"),
    ),
    SYNTHETIC,
)
SITE = (
    ID,
    Field(
        "cell", "小区编号", "cell", part_of="id",
        aliases=words(
            "小区标识 小区号 小区ID 小区名称 小区名 扇区编号 扇区号 扇区 扇区名称 CGI ECGI NCGI CI ECI NCI cellid cell_id "
            "cellname cell_name sector sector_id"
        ),
    ),
    NAME,
    LON,
    LAT,
    *ANGLES,
    LONLAT,
    Field(
        "mast", "物理站址", "mast", "code", example="T-0001",
        aliases=words("铁塔编号 站址 塔编号 铁塔编码 物理站址编码"),
    ),
    Field(
        "status", "状态", "status", "choice", choices=words("existing planned retired"), default="existing", example="现网",
        aliases=words("站点状态 基站状态 建设状态"),
    ),
    Field(
        "services", "业务制式", "services", example="nr-n41;nr-n28",
        aliases=words("service 业务 制式频段 制式/频段 制式及频段 网络制式频段"),
    ),
    Field(
        "technology", "制式", "technology", part_of="services",
        aliases=words("网络制式 通信制式 无线制式 系统制式 技术制式 技术 网络类型 技术类型 technologies tech rat radio network_type"),
    ),
    Field(
        "band", "频段", "band", part_of="services",
        aliases=words("bands 频率 频带 工作频段 使用频段 频段名称 中心频率 载频 frequency frequency_band freq"),
    ),
    Field(
        "operators", "运营商", "operators", example="移动+广电",
        aliases=words("operator 运营企业 归属 归属运营商 所属运营商 承建方 承建运营商 建设方"),
    ),
    Field(
        "shared_with", "共享方", "shared with", part_of="operators",
        aliases=words("共享运营商 共享单位 共享企业 共建共享方 共享对象 使用方 shared_with sharing_operators"),
    ),
    Field(
        "environment", "环境", "environment", "choice", choices=words("dense_urban urban suburban rural"), example="农村",
        aliases=words("场景 区域类型 覆盖场景 地物类型"),
    ),
    Field(
        "height_m", "挂高", "antenna height", "number", unit="m", minimum=0, maximum=1_000, likely_minimum=3, likely_maximum=200,
        example="35",
        aliases=words("天线挂高 高度 height 塔高 天线高度 站高 antenna_height"),
    ),
    Field(
        "azimuth_deg", "方位角", "azimuth", unit="°", example="0/120/240",
        aliases=words("azimuth azimuths 方向角 天线方位角 扇区方位角"),
    ),
    Field(
        "tilt_deg", "下倾角", "downtilt", "number", unit="°", minimum=-90, maximum=90, likely_minimum=-5, likely_maximum=20,
        example="3",
        aliases=words("总下倾角 总下倾 tilt downtilt total_tilt 俯仰角 天线下倾角"),
    ),
    Field(
        "mechanical_tilt_deg", "机械下倾角", "mechanical tilt", "number", unit="°", minimum=-90, maximum=90, part_of="tilt_deg",
        aliases=words("机械下倾 机械倾角 天线机械下倾角 物理下倾角 mechanical_downtilt mech_tilt m_tilt mtilt"),
    ),
    Field(
        "electrical_tilt_deg", "电子下倾角", "electrical tilt", "number", unit="°", minimum=-90, maximum=90, part_of="tilt_deg",
        aliases=words("电子下倾 电下倾角 电下倾 电调下倾角 电调倾角 电子倾角 电倾角 天线电子下倾角 electrical_downtilt e_tilt etilt ret"),
    ),
    Field(
        "carrier_power_dbm", "载波功率", "carrier power", "number", unit="dBm", minimum=-30, maximum=80, likely_minimum=20,
        likely_maximum=60,
        aliases=words("功率 发射功率 power power_dbm 载波发射功率"),
    ),
    Field("antenna", "天线", "antenna", aliases=words("天线型号 天线类型")),
    Field(
        "host", "载体", "host", "choice", example="铁塔",
        choices=words("tower summit rooftop public_building smart_pole existing_tower upgrade_4g overlay"),
        aliases=words("站型 塔型 载体类型 建站方式"),
    ),
    Field(
        "site_type", "站点类型", "site type", "choice", choices=words("macro micro indoor"), part_of="host", example="宏站",
        aliases=words("基站类型 覆盖类型 室内外 室内外类型 宏站室分 宏站/室分 室分宏站 宏微类型 覆盖方式 sitetype indoor_outdoor"),
    ),
    Field(
        "built", "建成日期", "built", "date", default="", example="2020-06-30",
        aliases=words("开通日期 开通时间 入网时间 入网日期 建成时间"),
    ),
    Field("sa", "是否SA独立组网", "standalone", "boolean", example="是", aliases=words("SA 独立组网 是否独立组网 是否SA")),
    COUNTY,
    CITY,
    SYNTHETIC,
)
PLACE = (
    ID,
    replace(NAME, aliases=(*NAME.aliases, "township_name", "乡镇名称", "街道名称")),
    LON,
    LAT,
    *ANGLES,
    LONLAT,
    Field(
        "place_class", "场所类别", "place class", "choice", default="", example="学校", open=True,
        choices=words(
            "township county_seat township_seat committee settlement school hospital clinic park enterprise hub venue market square "
            "estate office_building key_point monitor vertical private_network club culture event_venue utility_point border_post island "
            "sea_area"
        ),
        aliases=words("类别 场所类型 class fclass"),
    ),
    Field(
        "kind", "小类", "kind", default="", example="小学", topic="place_kind",
        aliases=words("类型 子类"),
    ),
    COUNTY,
    CITY,
    POSITION_ERROR,
    Field(
        "indoor_system", "是否有室分", "indoor system", "boolean", example="否",
        aliases=words("室分 漏缆 室内分布 室内分布系统 有无室分"),
    ),
    SYNTHETIC,
)
ZONE = (
    Field(
        "level", "级别", "level", "choice", choices=words("province city county township"), example="county",
        aliases=words("行政级别 层级"),
    ),
    Field(
        "adcode", "行政区划代码", "adcode", "code", example="440281",
        aliases=words(
            "区划代码 行政代码 区划码 district_adcode county_adcode 区县代码 city_adcode province_adcode gb adm_code code "
            "代码 编码 shapeID pcode"
        ),
    ),
    Field(
        "name", "名称", "name", example="乐昌市", topic="zone_name",
        aliases=words("名字 县名 区划名称 行政区 行政区名称 district_name county_name 区县 city_name province_name shapeName"),
    ),
    Field(
        "parent", "上级代码", "parent", "code", example="440200",
        aliases=words("上级 parent_adcode 上级区划代码"),
    ),
    POPULATION,
    Field(
        "urban_share", "城镇化率", "urban share", "number", minimum=0, maximum=1, example="0.54",
        aliases=words("城镇人口比重 城镇人口比例 popu_urb"),
    ),
    SYNTHETIC,
)
CORRIDOR = (
    ID,
    NAME,
    Field(
        "line_class", "线路类别", "line class", "choice",
        choices=words("railway expressway metro intercity pilot_road pipeline road border_road"), example="railway",
        aliases=words("类别 类型 线路类型 class fclass"),
    ),
    Field("tunnel", "是否隧道", "tunnel", "boolean", default=False, example="否", aliases=words("隧道")),
    Field(
        "indoor_system", "是否有漏缆", "leaky feeder", "boolean", example="是", topic="leaky_feeder",
        aliases=words("漏缆 室分 隧道覆盖 leaky_feeder"),
    ),
    SYNTHETIC,
)
HOST = (
    ID,
    NAME,
    LON,
    LAT,
    *ANGLES,
    LONLAT,
    Field(
        "host", "载体", "host", "choice", required=True, example="楼面", topic="offered_host",
        choices=words("tower summit rooftop public_building smart_pole existing_tower upgrade_4g overlay"),
        aliases=words("站型 塔型 载体类型 建站方式 类型 类别 host_type"),
    ),
    COUNTY,
    CITY,
    SYNTHETIC,
)
FIBRE_NODE = (
    replace(ID, aliases=(*ID.aliases, "节点编号", "光交编号", "node_id"), example="F0001"),
    replace(NAME, aliases=(*NAME.aliases, "节点名称", "光交箱", "node_name")),
    LON,
    LAT,
    *ANGLES,
    LONLAT,
    SYNTHETIC,
)
WEAK_CELL = (
    replace(ID, aliases=words("编码 序号编码 uid"), example="W0001"),
    LON,
    LAT,
    *ANGLES,
    replace(LONLAT, topic="grid_lonlat", aliases=words("栅格编号 栅格id 栅格中心 栅格中心经纬度 坐标 grid_id grid grid_lonlat")),
    Field("samples", "采样点数", "samples", "integer", required=True, minimum=0, example="1200",
          aliases=words("采样点 样本数 样本点数 mr数 mr采样点数 测量样本数 sample_count sample_number count")),
    Field("mean_rsrp_dbm", "平均RSRP", "mean RSRP", "number", unit="dBm", required=True, minimum=-156, maximum=-31, example="-112",
          aliases=words("平均电平 rsrp均值 平均rsrp(dbm) 平均信号强度 rsrp avg_rsrp mean_rsrp rsrp_dbm rsrp_avg")),
    Field("operator", "运营商", "operator", required=True, example="中国移动", topic="measured_operator",
          aliases=words("所属运营商 网络 运营商名称 carrier network mnc")),
    Field("band", "频段", "band", required=True, example="n28", topic="measured_band",
          aliases=words("制式频段 业务 测量频段 service frequency_band")),
    SYNTHETIC,
)
REGISTER = (
    Field(
        "adcode", "行政区划代码", "adcode", "code", default="", example="440281", topic="register_adcode",
        aliases=words("区划代码 行政代码 区划码 行政区 行政区名称 区划名称 gb adm_code zone"),
    ),
    replace(COUNTY, topic="register_county"),
    replace(CITY, topic="register_city"),
    Field(
        "value", "数值", "value", "number", example="12000",
        aliases=words("值 数量 填报数 填报数值 上报数 figure number"),
    ),
    Field(
        "subscribers", "用户数", "subscribers", "number", minimum=0, example="12000",
        aliases=words("用户 订户数 宽带用户数 光纤用户数 光纤接入用户数 users"),
    ),
    Field(
        "speed_mbps", "接入速率", "access speed", "number", unit="Mbit/s", minimum=0, example="100",
        aliases=words("速率 宽带速率 下行速率 speed rate_mbps"),
    ),
    SYNTHETIC,
)
# fmt: on
TABLES = {
    "village": VILLAGE,
    "site": SITE,
    "place": PLACE,
    "zone": ZONE,
    "corridor": CORRIDOR,
    "host": HOST,
    "fibre_node": FIBRE_NODE,
    "weak_cell": WEAK_CELL,
    "register": REGISTER,
    "transmitter": TRANSMITTER,
    "measured": MEASURED,
}  # fmt: skip
WITHOUT_GEOMETRY = ("register", "transmitter", "measured")
LOCATING = ("lon", "lat", "lonlat")  # columns that become the geometry


def contract_columns(table: str) -> tuple[str, ...]:
    """Names every checked frame of this table has, in order; the geometry, where there is one, comes last."""
    columns = tuple(field.name for field in TABLES[table] if field.name not in LOCATING and not field.part_of)
    return columns if table in WITHOUT_GEOMETRY else (*columns, "geometry")


def field_of(table: str, name: str) -> Field:
    """The field of a table by its name."""
    return next(field for field in TABLES[table] if field.name == name)
