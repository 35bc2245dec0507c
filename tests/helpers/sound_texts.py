"""Small sound files as text: tables of every kind, a study.toml, open data."""

from __future__ import annotations

VILLAGES = """编号,自然村,户籍人口,户数,经度,纬度,区县,地市,是否通光纤
V1,甲,120,30,113.1,23.1,县440101,西市,是
V2,乙,"1,250",86,113°12′,23.15,440101,440100,否
V3,丙,20,,113.3,23.3,县440202,东市,
合计,,1390,,,,,,
"""
SITES = """基站编号,小区编号,站名,经度,纬度,制式,频段,运营商,共享方,挂高(m),方位角,机械下倾角,电子下倾角,发射功率(W),站型,开通日期
S1,1,甲站,113.1,23.1,5G,n28,移动,广电,35,0,3,2,40,铁塔,2020-06-30
S1,2,甲站,113.1,23.1,5G,n28,移动,广电,35,120,3,4,40,铁塔,
S2,,乙站,113.2,23.2,5G,2.6G,电信,联通,25,0/120/240,2,0,,楼面,2021
S3,,丙站,113.3,23.3,NB-IoT,900,移动,,30,全向,,,,灯杆,44000
S4,,丁楼,113.3,23.3,5G,n28,移动,,3,全向,,,,室分,
"""
PLACES = """名称,经纬度,场所类别,小类,区县,是否有室分
甲校,"113.1,23.1",学校,小学,县440101,是
乙院,"113.2,23.2",医院,,,否
丙镇,,乡镇,,,
"""
HOSTS = "编号,名称,东经(度),东经(分),东经(秒),纬度,载体\nH1,楼,113,6,36,23.1,楼面\nH2,杆,113,18,0,23.3,灯杆\n"
REGISTER = "区县,数值,用户数,接入速率,已上报\n县440101,1200,3,100,是\n440202,800,4,50,否\n合计,2000,7,,\n"
PEOPLE = "行政区划代码,名称,常住人口(万人)\n440101,县440101,1.2\n440102,县440102,0.8\n"
OPENCELLID = """radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal
LTE,460,0,9500,123456,0,113.1,23.1,1000,5,1,1459813819,1459813819,0
GSM,460,1,9500,1234,0,113.2,23.2,1000,,1,1459813819,1459813819,0
NR,454,0,9500,99999999999,0,113.3,23.3,1000,5,1,1459813819,1459813819,0
"""
GEONAMES = "".join(
    f"{number}\t{name}\t{name}\t{name},韶关\t23.{number}\t113.{number}\tP\tPPL\tCN\t\t30\t\t\t\t1200\t\t50\tAsia/Shanghai\t2020-01-01\n"
    for number, name in ((1, "Shaoguan"), (2, "Lechang"))
)
FILLED = """编号,名称,实测RSRP(dBm),实测RSRP (dBm),室内,日期,测试人,运营商,业务
V1,甲,-90,-90,是,2020-06-03,张三,移动,nr-n28
V2,乙,-120,-120,否,2020-06-04,,,
"""
STUDY = """[study]
name = "a"
title_zh = "甲"
policies = ["policy.toml", "guangdong-2018"]
city_order = "guangdong"
output = "results"

[files]
zones = "zones.gpkg"
villages = "villages.csv"
sites = "sites.csv"
places = "places.csv"
hosts = "hosts.csv"
registers = { users = "register.csv" }
exclusions = ["lands.geojson"]

[options.villages]
encoding = "utf-8"
datum = "gcj02"

[coverage]
resolution_m = 2000
services = ["nr-n28", "nbiot-900"]
services_file = "services.toml"
caps_km = { nr = 5.0 }

[plan]
targets = ["nr-pop90"]
must = ["village-nr"]
forced = ["C000001"]
candidate_spacing_m = 8000
phases = [{ name = "一", end = 2020-12-31, share = 0.5 }, { name = "二" }]
"""
