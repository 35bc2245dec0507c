"""What a column is, and the columns that several tables have."""

from __future__ import annotations

from dataclasses import dataclass

from infraplan.messages import say


@dataclass(frozen=True)
class Field:
    """One column.

    `kind`: text | code | integer | number | boolean | date | choice. `required`: a file without it is refused.
    Beyond `minimum`, `maximum` a value is impossible (an error); beyond `likely_minimum`, `likely_maximum` improbable (a warning).
    `default`: value in a checked frame where the file has none; None where the check decides (ids, presets)
    or where it stays unknown. `topic`: the key of its sentence where that is not the name. `open`: a word beyond `choices`
    is kept, with a warning. `part_of`: the field that it is a part of; a checked frame has no column of its own for it.
    """

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
    likely_minimum: float | None = None
    likely_maximum: float | None = None
    default: str | float | bool | None = None
    example: str = ""
    topic: str = ""
    open: bool = False
    part_of: str = ""

    @property
    def meaning_zh(self) -> str:
        """What to fill in, in Chinese."""
        return say(f"fields.{self.topic or self.name}", "zh")

    @property
    def meaning_en(self) -> str:
        """What to fill in, in English."""
        return say(f"fields.{self.topic or self.name}", "en")


def words(text: str) -> tuple[str, ...]:
    """A tuple of the words of a line."""
    return tuple(text.split())


# fmt: off
ID = Field(
    "id", "编号", "id", "code", example="SG-0001",
    aliases=words(
        "编码 代码 序号编码 code 站点编号 站址编码 基站编号 村编码 自然村编码 学校编码 uid site_id siteid geonameid "
        "osm_id"
    ),
)
NAME = Field(
    "name", "名称", "name", example="坪石村",
    aliases=words(
        "名字 站名 站点名称 基站名称 站址名称 自然村 自然村名称 自然村名 村名 村庄 学校名称 学校 医院名称 单位名称 "
        "场所名称 title village site_name"
    ),
)
LON = Field(
    "lon", "经度", "longitude", "number", unit="°", minimum=-180, maximum=180, example="113.1234",
    aliases=words("东经 lng long longitude x point_x 中心经度 x坐标 坐标x"),
)
LAT = Field(
    "lat", "纬度", "latitude", "number", unit="°", minimum=-90, maximum=90, example="25.2871",
    aliases=words("北纬 latitude y point_y 中心纬度 y坐标 坐标y"),
)
ANGLES = tuple(
    Field(
        f"{name}_{unit}", f"{zh}{sign}", f"{name} {unit}", "number", unit="", minimum=0, maximum=60, part_of=name, topic=f"angle_{unit}",
        aliases=(f"{zh}({sign})", *(f"{word}{form}" for word in wordings for form in (sign, f"({sign})")), f"{name}_{unit[:3]}"),
    )
    for name, zh, wordings in (("lon", "经度", ("东经", "经")), ("lat", "纬度", ("北纬", "纬")))
    for unit, sign in (("minutes", "分"), ("seconds", "秒"))
)
LONLAT = Field(
    "lonlat", "经纬度", "lon and lat",
    aliases=words("坐标 经纬坐标 经度纬度 经度,纬度 coordinates coordinate location_lonlat 位置坐标"),
)
COUNTY = Field(
    "county", "县(市、区)", "county", "code", default="", example="440281",
    aliases=words("区县 县区 县市区 县 区 所属区县 所在区县 county_adcode 区县代码 县区代码 areacode district"),
)
CITY = Field(
    "city", "地市", "city", "code", default="", example="440200",
    aliases=words("地级市 地市名称 市 所属地市 所在地市 city_adcode 城市 citycode 地市代码"),
)
SYNTHETIC = Field(
    "synthetic", "是否合成数据", "synthetic", "boolean", default=False, example="否",
    aliases=words("合成 合成数据 示例数据"),
)
POSITION_ERROR = Field(
    "position_error_m", "位置误差", "position error", "number", unit="m", minimum=0, maximum=100_000, likely_maximum=10_000,
    default=0.0, example="50",
    aliases=words("定位误差 坐标误差 position_error accuracy_m"),
)
POPULATION = Field(
    "population", "常住人口", "residents", "integer", unit="人", minimum=0, maximum=2_000_000_000, example="318",
    aliases=words("人口 人口数 总人口 常住人口数 居住人口 pop people popu pop2020 population_2020 户籍人口 户籍人口数"),
)
# fmt: on
