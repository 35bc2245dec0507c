"""Loaders of open data against their real layouts."""

from __future__ import annotations

import gzip
import sys
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from infraplan.errors import DataError, UsageError, collected
from infraplan.io import read_places, read_sites, read_zones
from infraplan.io.gazetteers import read_geoboundaries, read_geonames
from infraplan.io.opencellid import read_opencellid
from infraplan.io.osm import LAYERS, read_osm

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
from pbf_writer import write_grid

HEADER = "radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal\n"
CELLS = [
    f"LTE,460,0,9000,{77 * 256 + 1},0,113.1,24.5,1000,10,1,1,1600000000,0",
    f"LTE,460,0,9000,{77 * 256 + 2},0,113.1,24.501,1000,30,1,1,1600000001,0",
    f"NR,460,15,9000,{5 << 14},0,113.1,24.5008,500,1,1,1,1600000002,0",
    "GSM,460,1,700,61231,0,113.9,24.9,5000,4,1,1,1600000003,0",
    "GSM,262,2,852,2521,0,10.9,50.1,15762,200,1,1,1662692508,0",
]


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("packed", [True, False])
def test_cells_become_masts(tmp_path: Path, header: bool, packed: bool) -> None:
    text = (HEADER if header else "") + "\n".join(CELLS) + "\n"
    path = tmp_path / ("460.csv.gz" if packed else "460.csv")
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    masts = read_opencellid(path)
    assert masts["operators"].tolist() == ["cbn+cmcc", "cucc"]
    assert masts["radios"].tolist() == ["LTE;NR", "GSM"] and masts["cells"].tolist() == [3, 1]
    assert masts["services"].tolist() == ["nr-n28", ""]
    assert masts["updated"].tolist() == ["2020-09-13", "2020-09-13"]
    expected = (24.5 * 10 + 24.501 * 30 + 24.5008) / 41
    assert masts.geometry.y[0] == pytest.approx(expected)
    assert len(read_opencellid(path, mcc=None)) == 3
    assert read_opencellid(path, services="nr-n41")["services"].tolist() == ["nr-n28", "nr-n41"]
    assert len(read_opencellid(path, bbox=(113.5, 24, 114, 25))) == 1


def test_lines_that_are_no_cells_are_counted_and_other_files_refused(tmp_path: Path) -> None:
    path = tmp_path / "460.csv"
    path.write_text(HEADER + CELLS[0] + "\nLTE,460,zero,1\n" + CELLS[3].replace("24.9", "x") + "\n", encoding="utf-8")
    with collected() as found:
        masts = read_opencellid(path)
    assert len(masts) == 1
    faults = [(fault.rule, fault.count) for fault in found if fault.rule != "filled_in"]
    assert faults == [("lines_passed_over", 2)]
    assert "services" not in {fault.column for fault in found}  # masts without a service of ours stay without
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(DataError):
        read_opencellid(path)
    with pytest.raises(DataError):
        read_opencellid(tmp_path / "none.csv")


def test_cells_left_out_are_counted_by_country(tmp_path: Path) -> None:
    path = tmp_path / "all.csv"
    abroad = [CELLS[0].replace(",460,", f",{code},", 1) for code in (310, 310, 234)]
    nowhere = CELLS[0].replace(",24.5,", ",99.5,", 1)
    assert nowhere != CELLS[0]
    path.write_text(HEADER + "\n".join([CELLS[0], *abroad, nowhere]) + "\n", encoding="utf-8")
    with collected() as found:
        read_opencellid(path)
    faults = {fault.rule: fault for fault in found}
    assert faults["other_countries"].count == 3 and "310: 2, 234: 1" in faults["other_countries"].message
    assert faults["no_position"].count == 1 and "outside_box" not in faults
    with collected() as found:
        read_opencellid(path, mcc=None)
    assert "other_countries" not in {fault.rule for fault in found}
    with pytest.raises(DataError) as raised:
        read_opencellid(path, mcc=724)
    assert "460: 1" in str(raised.value) and "mcc=" in str(raised.value)
    with collected() as found:
        read_opencellid(pd.read_csv(path), bbox=(0, 0, 180, 90))
    assert {"other_countries", "no_position"} <= {fault.rule for fault in found}


def test_real_opencellid(shared_dir: Path) -> None:
    path = shared_dir / "data" / "sites" / "opencellid_diff_2022-09-10.csv"
    masts = read_opencellid(path)
    assert masts["cells"].sum() == 19 and masts["id"].is_unique
    assert read_opencellid(path, mcc=None)["cells"].sum() == 45_745


def test_real_helsinki_by_layer_and_box(shared_dir: Path) -> None:
    path = shared_dir / "data" / "osm" / "Helsinki.osm.pbf"
    layers = {name: read_osm(path, name) for name in LAYERS}
    assert all(len(layer) and layer["id"].is_unique and layer.crs.to_epsg() == 4326 for layer in layers.values())
    assert set(layers["railways"]["line_class"]) == {"railway", "metro"}
    assert layers["railways"]["tunnel"].any()
    box = (24.935, 60.165, 24.94, 60.17)
    some = read_osm(path, "roads", bbox=box)
    assert 0 < len(some) < len(layers["roads"]) and some.intersects(shapely.box(*box)).all()
    schools = read_places(layers["schools"])
    assert (schools["place_class"] == "school").all()
    with pytest.raises(UsageError, match="roads"):
        read_osm(path, "road")


def test_a_generated_extract_and_a_damaged_one(tmp_path: Path) -> None:
    path = tmp_path / "grid.osm.pbf"
    write_grid(path, 20_000)
    assert len(read_osm(path, "schools")) == 20 and len(read_osm(path, "roads")) == 2000
    assert len(read_osm(path, "schools", bbox=(109.0, 20.0, 110.0, 20.0042))) == 9
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError):
        read_osm(path, "roads")
    path.write_bytes(b"nothing")
    with pytest.raises(DataError):
        read_osm(path, "roads")


def test_geofabrik_shapefiles(tmp_path: Path) -> None:
    lines = [shapely.LineString([(113, 24), (114, 25)])] * 3
    roads = gpd.GeoDataFrame(
        {
            "osm_id": ["1", "2", "3"],
            "code": [5111, 5122, 5141],
            "fclass": ["motorway", "residential", "footway"],
            "name": ["京港澳高速", None, None],
            "tunnel": ["F", "T", "F"],
        },
        geometry=lines,
        crs=4326,
    )
    roads.to_file(tmp_path / "gis_osm_roads_free_1.shp", encoding="UTF-8")
    frame = read_osm(tmp_path / "gis_osm_roads_free_1.shp", "roads")
    assert (
        frame["id"].tolist() == ["w1", "w2"]
        and frame["line_class"].tolist() == ["expressway", ""]
        and frame["tunnel"].tolist() == [False, True]
    )


def test_geonames_country_file(tmp_path: Path) -> None:
    rows = [
        [
            "1783563",
            "Luojing",
            "Luojing",
            'Luojing,Lo"ching,罗镜,罗镜镇',
            "22.54146",
            "111.44376",
            "P",
            "PPLA4",
            "CN",
            "",
            "30",
            "",
            "",
            "",
            "0",
            "",
            "60",
            "Asia/Shanghai",
            "2015-01-01",
        ],
        [
            "2",
            "Some Hill",
            "Some Hill",
            "",
            "22.5",
            "111.5",
            "T",
            "HLL",
            "CN",
            "",
            "30",
            "",
            "",
            "",
            "0",
            "",
            "60",
            "Asia/Shanghai",
            "2015-01-01",
        ],
        ["3", "Far", "Far", "", "40", "100", "P", "PPL", "CN", "", "30", "", "", "", "7", "", "60", "Asia/Shanghai", "2015-01-01"],
    ]
    text = "\n".join("\t".join(row) for row in rows) + "\n"
    (tmp_path / "CN.txt").write_text(text, encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "CN.zip", "w") as archive:
        archive.writestr("CN.txt", text)
    zones = read_zones(gpd.GeoDataFrame({"adcode": ["445381"], "name": ["罗定市"]}, geometry=[shapely.box(111, 22, 112, 23)], crs=4326))
    for name in ("CN.txt", "CN.zip"):
        assert read_geonames(tmp_path / name)["name"].tolist() == ["罗镜", "Far"]
        inside = read_geonames(tmp_path / name, zones=zones)
        assert inside["names_zh"].tolist() == ["罗镜|罗镜镇"] and inside["county"].tolist() == ["445381"]
    (tmp_path / "XX.txt").write_text("not,a,gazetteer\n", encoding="utf-8")
    with pytest.raises(DataError):
        read_geonames(tmp_path / "XX.txt")


@pytest.mark.parametrize("level", ["province", "city", "county", "township"])
@pytest.mark.parametrize("iso", [["XX-A", "XX-B", "XX-C"], ["", "", ""], ["XX-A", "XX-A", "XX-B"], ["XX-A", "", "XX-C"]])
def test_geoboundaries_of_every_level(tmp_path: Path, level: str, iso: list[str]) -> None:
    table = {"shapeName": ["A", "B", "C"], "shapeISO": iso, "shapeID": ["x1", "x2", "x3"], "shapeGroup": "CHN", "shapeType": "ADM3"}
    shapes = [shapely.box(number, 0, number + 1, 1) for number in range(3)]
    gpd.GeoDataFrame(table, geometry=shapes, crs=4326).to_file(tmp_path / "made-up-ADM3.geojson")
    zones = read_geoboundaries(tmp_path / "made-up-ADM3.geojson", level=level)
    assert zones["adcode"].tolist() == (iso if len(set(iso) - {""}) == 3 else ["x1", "x2", "x3"])
    assert zones["name"].tolist() == ["A", "B", "C"] and zones["shapeID"].tolist() == ["x1", "x2", "x3"]
    assert set(zones["level"]) == {level} and set(zones["parent"]) == {""}


def test_geoboundaries_of_two_levels_find_each_other_by_place(tmp_path: Path) -> None:
    thirds = [shapely.box(number, 0, number + 1, 1) for number in range(3)]
    for name, boxes in (("ADM1", [shapely.box(0, 0, 2, 1), thirds[2]]), ("ADM2", thirds)):
        table = {"shapeName": [f"{name}{n}" for n in range(len(boxes))], "shapeID": [f"{name}-{n}" for n in range(len(boxes))]}
        gpd.GeoDataFrame(table | {"shapeType": name}, geometry=boxes, crs=4326).to_file(tmp_path / f"{name}.geojson")
    parts = [read_geoboundaries(tmp_path / "ADM1.geojson", level="province"), read_geoboundaries(tmp_path / "ADM2.geojson", level="county")]
    zones = read_zones(pd.concat(parts, ignore_index=True), parents=True, codes="text")
    assert zones.loc[zones["level"] == "county", "parent"].tolist() == ["ADM1-0", "ADM1-0", "ADM1-1"]
    assert zones.loc[zones["level"] == "city", "parent"].tolist() == ["ADM1-0", "ADM1-1"]
    mixed = gpd.read_file(tmp_path / "ADM1.geojson").assign(shapeType=["ADM1", "ADM2"])
    mixed.to_file(tmp_path / "mixed.geojson")
    with pytest.raises(DataError, match="shapeType"):
        read_geoboundaries(tmp_path / "mixed.geojson", level="province")


def test_uk_and_melbourne_sites_load_by_the_documented_call(shared_dir: Path) -> None:
    folder = shared_dir / "data" / "sites"
    uk = read_sites(folder / "uk_cdcam_sites.csv.gz", services="nr-n28")
    assert len(uk) == 29_004 and uk.attrs["filled"]["height_m"] == 29_004 and set(uk["services"]) == {"nr-n28"}
    by_grid = read_sites(_as_grid(folder / "uk_cdcam_sites.csv.gz"), crs="EPSG:27700", services="nr-n28")
    assert np.abs(by_grid.geometry.x - uk.geometry.x[:100]).max() < 1e-4
    assert len(read_sites(folder / "melbourne_optus_sites_acma.csv", services="nr-n78")) == 125
    with pytest.raises(DataError, match=r"options.sites"):
        read_sites(folder / "melbourne_optus_sites_acma.csv")


def _as_grid(path: Path) -> object:
    import pandas as pd

    return pd.read_csv(path).head(100)[["name", "easting", "northing"]].rename(columns={"easting": "x", "northing": "y"})
