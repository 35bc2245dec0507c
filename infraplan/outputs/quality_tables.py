"""The columns of the tables on SINR and rates."""

from __future__ import annotations

from infraplan.columns import Column as C

QUALITY = (
    C("level", "级别", "Level", "str", "code", "j", "province、city、county、township，outside 为区划以外", "province, city, county, township"),
    C("name", "区域", "Zone", "str", "text", "j", "区划名称", "name of the zone"),
    C("adcode", "代码", "Code", "str", "code", "j", "区划代码，空为区划以外", "code of the zone, empty outside every zone"),
    C("parent", "上级代码", "Parent", "str", "code", "", "上级区划代码", "code of the zone above"),
    C("family", "制式", "Family", "str", "code", "j", "制式", "family", "family"),
    C("network", "网络", "Network", "str", "code", "dptja", "any 为任一运营商", "any operator, or one shared network", "network", width=13),
    C("receiver", "接收位置", "Receiver", "str", "code", "dptja", "设备所在位置", "where the devices are", "receiver"),
    C("population", "常住人口（人）", "Residents", "int64", "whole", "ja", "常住人口", "residents", unit="人"),
    C("served", "已覆盖（人）", "Served", "int64", "whole", "ja", "信号和上行达到要求的人口", "residents whom signal and uplink serve", unit="人"),
    C("sinr", "SINR 也达标（人）", "Also SINR", "int64", "whole", "ja", "已覆盖且同一载波的 SS-SINR 达标的人口", "of them those whose SS-SINR suffices on the same carrier", unit="人"),
    C("rate", "速率也达标（人）", "Also rate, alone", "int64", "whole", "ja", "其中扇区内只有一个用户时上下行速率也达标的人口", "of them those whose rates suffice too, alone in their sector", unit="人"),
    C("shared", "多用户时速率也达标（人）", "Also rate, shared", "int64", "whole", "ja", "其中按所述用户数均分时上下行速率也达标的人口", "of them those whose rates suffice with the stated number of users", unit="人"),
    C("share", "覆盖率", "Share", "float64", "share", "dptj", "已覆盖人口占比，只舍不入", "served over residents, cut"),
    C("share_sinr", "SINR 也达标", "Also SINR", "float64", "share", "dptj", "占常住人口", "over residents, cut"),
    C("share_rate", "单用户速率也达标", "Also rate, one user", "float64", "share", "dptj", "占常住人口", "over residents, cut"),
    C("share_shared", "多用户速率也达标", "Also rate, several users", "float64", "share", "dptj", "占常住人口", "over residents, cut"),
    C("downlink_mbps", "中位下行(Mbit/s)", "Median downlink (Mbit/s)", "float64", "mbps", "dptja", "已覆盖人口的一半高于此值，扇区内只有一个用户", "half of the people served get more, alone in their sector", unit="Mbit/s"),
    C("uplink_mbps", "中位上行(Mbit/s)", "Median uplink (Mbit/s)", "float64", "mbps", "dptja", "已覆盖人口的一半高于此值，扇区内只有一个用户", "half of the people served get more, alone in their sector", unit="Mbit/s"),
    C("downlink_edge_mbps", "边缘下行(Mbit/s)", "Downlink at the edge (Mbit/s)", "float64", "mbps", "tj", "已覆盖人口的 95% 高于此值，扇区内只有一个用户", "95 % of the people served get more, alone in their sector", unit="Mbit/s"),
    C("uplink_edge_mbps", "边缘上行(Mbit/s)", "Uplink at the edge (Mbit/s)", "float64", "mbps", "tj", "已覆盖人口的 95% 高于此值，扇区内只有一个用户", "95 % of the people served get more, alone in their sector", unit="Mbit/s"),
    C("load", "邻区负荷", "Load of the others", "float64", "share", "j", "同频其他扇区发射的时间占比", "share of time that every other sector on the carrier sends"),
    C("active_users", "同时用户数", "Active users", "int64", "whole", "j", "多用户时均分一个扇区的用户数", "devices that share a sector in equal parts"),
)  # fmt: skip
