"""Every column of every table: name, labels, aliases, unit, type, meaning. One table feeds checks, docs, Excel headings and the template."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """One column. `kind`: text | code | integer | number | boolean | date | choice. `required`: a file without it is refused."""

    name: str
    zh: str
    en: str
    kind: str = "text"
    unit: str = ""
    aliases: tuple[str, ...] = ()
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    meaning_zh: str = ""
    meaning_en: str = ""


ID = Field("id", "编号", "id", "code", aliases=("编码", "代码", "序号编码", "code", "ID", "站点编号", "站址编码", "村编码", "uid"))
NAME = Field("name", "名称", "name", aliases=("名字", "站名", "站点名称", "基站名称", "自然村", "村名", "村庄", "自然村名称", "学校名称", "单位名称", "title"))
LON = Field("lon", "经度", "longitude", "number", "°", ("东经", "lng", "long", "longitude", "x", "POINT_X"), minimum=-180, maximum=180)
LAT = Field("lat", "纬度", "latitude", "number", "°", ("北纬", "latitude", "y", "POINT_Y"), minimum=-90, maximum=90)
COUNTY = Field("county", "县(市、区)", "county", "code", aliases=("区县", "县区", "县", "区", "county_adcode", "区县代码"))
CITY = Field("city", "地市", "city", "code", aliases=("地级市", "市", "city_adcode", "城市"))
SYNTHETIC = Field("synthetic", "是否合成数据", "synthetic", "boolean", aliases=("合成", "示例数据"))
POSITION_ERROR = Field("position_error_m", "位置误差", "position error", "number", "m", ("定位误差", "position_error"), minimum=0)

VILLAGE = (
    ID, NAME, LON, LAT,
    Field("kind", "类别", "kind", "choice", choices=("village", "block"), aliases=("类型",)),
    Field("population", "常住人口", "residents", "integer", "人", ("人口", "人口数", "总人口", "pop", "people"), required=True, minimum=0),
    Field("households", "户数", "households", "integer", "户", ("户", "总户数", "hh"), minimum=0),
    Field("urban", "是否城镇", "urban", "boolean", aliases=("城镇",)),
    COUNTY, CITY,
    Field("town", "乡镇(街道)", "township", aliases=("乡镇", "镇", "街道", "镇街", "township")),
    Field("committee", "行政村", "village committee", aliases=("村委会", "行政村名称", "居委会")),
    POSITION_ERROR,
    Field("fibre", "是否通光纤", "fibre", "boolean", aliases=("光纤", "通宽带", "宽带", "fiber")),
    SYNTHETIC,
)
SITE = (
    ID, NAME, LON, LAT,
    Field("mast", "物理站址", "mast", "code", aliases=("铁塔编号", "站址", "塔编号")),
    Field("status", "状态", "status", "choice", choices=("existing", "planned", "retired"), aliases=("站点状态", "基站状态")),
    Field("services", "业务制式", "services", aliases=("service", "制式", "频段", "技术", "band", "technology", "网络制式")),
    Field("operators", "运营商", "operators", aliases=("operator", "运营企业", "归属", "共享方")),
    Field("environment", "环境", "environment", "choice", choices=("dense_urban", "urban", "suburban", "rural"), aliases=("场景", "区域类型")),
    Field("height_m", "挂高", "antenna height", "number", "m", ("天线挂高", "高度", "height", "塔高"), minimum=0, maximum=1000),
    Field("azimuth_deg", "方位角", "azimuth", aliases=("azimuth", "方向角", "天线方位角"), unit="°"),
    Field("tilt_deg", "下倾角", "downtilt", "number", "°", ("tilt", "总下倾角", "downtilt"), minimum=-90, maximum=90),
    Field("carrier_power_dbm", "载波功率", "carrier power", "number", "dBm", ("功率", "发射功率", "power", "power_dbm"), minimum=-30, maximum=80),
    Field("antenna", "天线", "antenna", aliases=("天线型号",)),
    Field("host", "载体", "host", "choice", choices=("tower", "rooftop", "public_building", "smart_pole"), aliases=("站型", "塔型")),
    Field("built", "建成日期", "built", "date", aliases=("开通日期", "入网时间", "建成时间")),
    Field("sa", "是否SA独立组网", "standalone", "boolean", aliases=("SA", "独立组网")),
    COUNTY, CITY, SYNTHETIC,
)
PLACE = (
    ID, NAME, LON, LAT,
    Field("place_class", "场所类别", "place class", aliases=("类别", "场所类型", "class")),
    Field("kind", "小类", "kind", aliases=("类型",)),
    COUNTY, CITY, POSITION_ERROR,
    Field("indoor_system", "是否有室分", "indoor system", "boolean", aliases=("室分", "漏缆", "室内分布")),
    SYNTHETIC,
)
ZONE = (
    Field("level", "级别", "level", "choice", choices=("province", "city", "county", "township"), aliases=("行政级别",)),
    Field("adcode", "行政区划代码", "adcode", "code", aliases=("区划代码", "行政代码", "code", "代码")),
    Field("name", "名称", "name", aliases=("名字", "县名", "区划名称", "行政区")),
    Field("parent", "上级代码", "parent", "code", aliases=("上级", "parent_adcode")),
    Field("population", "常住人口", "residents", "integer", "人", ("人口", "人口数", "pop", "pop2020"), minimum=0),
    Field("urban_share", "城镇化率", "urban share", "number", aliases=("城镇人口比重",), minimum=0, maximum=1),
    SYNTHETIC,
)
TABLES = {"village": VILLAGE, "site": SITE, "place": PLACE, "zone": ZONE}
