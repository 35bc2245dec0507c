"""The columns of a table of transmitters with their powers, and of one of measured points."""

from __future__ import annotations

from dataclasses import replace

from infraplan.common_fields import LAT, LON, LONLAT, Field, words

# fmt: off
PLANE_X = Field(
    "x_m", "平面横坐标", "x (m)", "number", unit="m", topic="plane_x", example="408620",
    aliases=words("easting 东坐标 x_metres"),
)
PLANE_Y = Field(
    "y_m", "平面纵坐标", "y (m)", "number", unit="m", topic="plane_y", example="3393420",
    aliases=words("northing 北坐标 y_metres"),
)
CELL = Field(
    "cell", "小区编号", "cell", "code", topic="measured_cell", example="145401",
    aliases=words(
        "小区标识 小区 小区ID 小区名称 cell_id cellid cell_name cellname CGI ECGI NCGI CI ECI NCI 扇区 扇区编号 sector sector_id id"
    ),
)
GROUND = Field(
    "ground_m", "地面海拔", "ground height", "number", unit="m", minimum=-500, maximum=9000, example="503",
    aliases=words("海拔 地面高程 高程 altitude ground_elevation_m elevation_m"),
)
BUILDING = Field(
    "building_m", "建筑物高度", "building height", "number", unit="m", minimum=0, maximum=1000, example="18",
    aliases=words("楼高 建筑高度 building"),
)
CLUTTER = Field(
    "clutter_class", "地物类型", "clutter class", "code", example="5",
    aliases=words("地物 地物类别 clutter clutter_index landcover land_cover"),
)
PCI = Field("pci", "物理小区标识", "PCI", "code", example="217", aliases=words("pcid phys_cell_id physical_cell_id"))
BAND = Field(
    "band", "频段", "band", topic="measured_band", example="n28",
    aliases=words("制式频段 业务 测量频段 service frequency_band"),
)
OPERATOR = Field(
    "operator", "运营商", "operator", topic="measured_operator", example="中国移动",
    aliases=words("operators 所属运营商 网络 运营商名称 carrier network mnc"),
)
TRANSMITTER = (
    replace(CELL, required=True, topic="transmitter_cell"),
    Field(
        "site", "站点编号", "site", "code", topic="transmitter_site", example="835",
        aliases=words("站址编号 站址 基站编号 站点 site_id siteid mast enb enodeb gnb enb_id gnb_id"),
    ),
    LON, LAT, LONLAT, PLANE_X, PLANE_Y,
    Field(
        "height_m", "挂高", "antenna height", "number", unit="m", minimum=0.5, maximum=1000, required=True, example="28",
        aliases=words("天线挂高 高度 height 天线高度 站高 antenna_height"),
    ),
    Field(
        "azimuth_deg", "方位角", "azimuth", "number", unit="°", minimum=-360, maximum=720, topic="transmitter_azimuth", example="120",
        aliases=words("azimuth 方向角 天线方位角 扇区方位角"),
    ),
    Field(
        "tilt_deg", "总下倾角", "total downtilt", "number", unit="°", minimum=-90, maximum=90, topic="transmitter_tilt", example="6",
        aliases=words("下倾角 总下倾 tilt downtilt total_tilt"),
    ),
    Field(
        "electrical_tilt_deg", "电子下倾角", "electrical tilt", "number", unit="°", minimum=-90, maximum=90, example="6",
        aliases=words("电子下倾 电下倾角 电下倾 电倾角 electrical_downtilt e_tilt etilt ret"),
    ),
    Field(
        "mechanical_tilt_deg", "机械下倾角", "mechanical tilt", "number", unit="°", minimum=-90, maximum=90, example="3",
        aliases=words("机械下倾 机械倾角 mechanical_downtilt mech_tilt m_tilt mtilt"),
    ),
    Field(
        "frequency_mhz", "频率", "frequency", "number", unit="MHz", minimum=30, maximum=100_000, required=True, example="2585",
        aliases=words("载频 中心频率 下行频率 carrier_frequency freq freq_mhz"),
    ),
    Field(
        "rs_power_dbm", "参考信号功率", "RS power", "number", unit="dBm", minimum=-60, maximum=80, example="12.2",
        aliases=words("RS功率 单RE功率 导频功率 SSB功率 reference_signal_power rspwr"),
    ),
    Field(
        "eirp_dbm", "等效全向辐射功率", "EIRP", "number", unit="dBm", minimum=-60, maximum=120, example="29",
        aliases=words("EIRP功率 单RE_EIRP eirp_per_re"),
    ),
    Field("antenna", "天线", "antenna", topic="transmitter_antenna", example="sector-65", aliases=words("天线型号 天线类型 pattern")),
    Field(
        "environment", "环境", "environment", "choice", choices=words("dense_urban urban suburban rural"), topic="transmitter_environment",
        example="城区", aliases=words("场景 区域类型 覆盖场景"),
    ),
    BAND, OPERATOR, PCI, GROUND, BUILDING, CLUTTER,
)
MEASURED = (
    CELL, LON, LAT,
    replace(LONLAT, topic="grid_lonlat", aliases=words("栅格编号 栅格id 栅格中心 栅格中心经纬度 坐标 grid_id grid grid_lonlat")),
    PLANE_X, PLANE_Y,
    Field(
        "rsrp_dbm", "实测电平", "measured level", "number", unit="dBm", minimum=-200, maximum=30, topic="measured_level", example="-92.5",
        aliases=words(
            "rsrp 平均RSRP mean_rsrp mean_rsrp_dbm rsrp_avg avg_rsrp 电平 平均电平 信号强度 平均信号强度 received_power received_power_dbm "
            "rssi rssi_dbm level level_dbm signal_strength ss_rsrp nrsrp"
        ),
    ),
    Field(
        "samples", "采样点数", "samples", "integer", minimum=0, example="1200",
        aliases=words("采样点 样本数 样本点数 mr数 mr采样点数 测量样本数 sample_count count"),
    ),
    Field("indoors", "室内", "indoors", "boolean", topic="measured_indoors", example="否", aliases=words("是否室内 indoor 室内外")),
    Field(
        "distance_m", "到站距离", "distance to the site", "number", unit="m", minimum=0, topic="measured_distance", example="430",
        aliases=words("距离 distance dist dist_m distance_to_site"),
    ),
    Field(
        "date", "测量日期", "date", "date", topic="measured_date", example="2024-05-06", aliases=words("日期 时间 time timestamp datetime"),
    ),
    BAND, OPERATOR, PCI, GROUND, BUILDING, CLUTTER,
)
# fmt: on
