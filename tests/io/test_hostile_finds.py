"""What mutated files found: each once a traceback, now a frame or a fault; the right value beside it."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from arranged_study import build_arranged, zones
from own_radio import SERVICES, pattern_text

from infraplan.errors import DataError, ValidityWarning, collected
from infraplan.io import read_corridors, read_villages, read_zones
from infraplan.io.exclusions import read_exclusions
from infraplan.io.osm import read_osm
from infraplan.io.services import read_services
from infraplan.run import folders
from infraplan.run.study_check import check_study
from infraplan.study import Study
from infraplan.tables import check_zones
from infraplan.tables.reprojection import to_plane

SQUARE = [(113.0, 23.0), (113.2, 23.0), (113.2, 23.2), (113.0, 23.2)]
STILL = [(113.1, 23.1)] * 4
DEGENERATE = {
    "hole of no size": shapely.Polygon(SQUARE, [STILL]),
    "one part of no size": shapely.MultiPolygon([shapely.Polygon(SQUARE), shapely.Polygon(STILL)]),
    "collection": shapely.GeometryCollection([shapely.Polygon(SQUARE), shapely.LineString(STILL[:2])]),
}


@pytest.mark.parametrize("scale", [1e5, 1e12, float("inf")])
def test_outlines_in_other_units_than_their_crs_are_refused_at_once(scale: float) -> None:
    """Gigabytes of vertices were put on edges of millions of km."""
    whole = zones().to_crs(3857)
    far = whole.set_geometry(shapely.transform(whole.geometry.to_numpy(), lambda xy: xy * scale), crs=3857)
    moved = to_plane(far, 4326)
    assert (shapely.get_num_coordinates(moved.to_numpy()) == shapely.get_num_coordinates(far.geometry.to_numpy())).all()
    with pytest.raises(DataError) as refused:
        read_zones(far)
    assert {fault.rule for fault in refused.value.fault_list} == {"infinite_geometry" if np.isinf(scale) else "outside_projection"}


@pytest.mark.parametrize(("x", "y"), [(2.1e7, 2.6e6), (1.26e7, 3e9), (-1e12, 0.0)])
def test_a_point_beyond_web_mercator_is_not_wrapped_around_the_earth(x: float, y: float) -> None:
    people = gpd.GeoDataFrame({"population": [1, 2]}, geometry=[shapely.Point(1.26e7, 2.6e6), shapely.Point(x, y)], crs=3857)
    table = pd.DataFrame({"population": [1, 2], "lon": [1.26e7, x], "lat": [2.6e6, y]})
    for source, how in ((people, {}), (table, {"crs": "EPSG:3857"})):
        with pytest.raises(DataError) as refused:
            read_villages(source, **how)
        assert [(fault.rule, fault.row) for fault in refused.value.fault_list] == [("outside_projection", 2)]
    assert read_villages(people.iloc[:1]).geometry.x.iloc[0] == pytest.approx(113.187, abs=0.001)


@pytest.mark.parametrize("name", DEGENERATE)
def test_rings_of_no_length_change_planes_with_the_rest(name: str) -> None:
    made = to_plane(gpd.GeoSeries([DEGENERATE[name]], crs=4326), 32649)
    square = to_plane(gpd.GeoSeries([shapely.Polygon(SQUARE)], crs=4326), 32649)
    assert made.iloc[0].area == pytest.approx(square.iloc[0].area, rel=1e-12)
    assert shapely.get_num_coordinates(made.iloc[0]) > 50  # the sound ring got its vertices


def test_a_line_of_no_length_in_metres_is_read(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"name": ["甲", "乙"], "line_class": ["railway", "railway"]},
        geometry=[shapely.LineString([(0, 0), (0, 0)]), shapely.LineString([(0, 0), (9000, 9000)])], crs="EPSG:32649",
    )  # fmt: skip
    frame.set_geometry(frame.geometry.translate(5e5, 2.6e6)).to_file(tmp_path / "lines.gpkg")
    with collected():
        try:
            assert len(read_corridors(tmp_path / "lines.gpkg")) == 2
        except DataError as problem:
            assert problem.fault_list[0].row == 1
        areas = zones().to_crs(32649)
        areas.loc[0, "geometry"] = shapely.Polygon(areas.geometry.iloc[0].exterior, [[(5e5, 2.6e6)] * 4])
        areas.to_file(tmp_path / "areas.gpkg")
        assert read_zones(tmp_path / "areas.gpkg")["level"].tolist() == zones()["level"].tolist()
        assert len(read_exclusions(tmp_path / "areas.gpkg")) == len(areas)


@pytest.mark.parametrize("key", ["antenna", "family", "frame", "source"])
@pytest.mark.parametrize("value", ["[]", "[1, 2]", "{ a = 1 }"])
def test_a_service_that_names_by_a_list(tmp_path: Path, key: str, value: str) -> None:
    (tmp_path / "low.msi").write_text(pattern_text(), encoding="utf-8")
    text = SERVICES.replace("patterns/low.msi", "low.msi")
    old = {"antenna": '"low.msi"', "family": '"lte"', "frame": '"lte-1"', "source": '"sheet"'}[key]
    (tmp_path / "services.toml").write_text(text.replace(f"{key} = {old}", f"{key} = {value}", 1), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_services(tmp_path / "services.toml")
    assert [fault.rule for fault in caught.value.fault_list] == ["services_word"]
    assert caught.value.fault_list[0].column.endswith(f".{key}")


def test_an_archive_of_several_layers_is_refused_before_anything_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name in ("gis_osm_roads_free_1.shp", "gis_osm_water_a_free_1.shp", "__MACOSX/gis_osm_roads_free_1.shp"):
            archive.writestr(name, b"")
    monkeypatch.setattr("infraplan.io.osm.read_vectors", lambda *_: pytest.fail("it was unpacked"))
    with pytest.raises(DataError) as caught:
        read_osm(tmp_path / "all.zip", "roads")
    (fault,) = caught.value.fault_list
    assert fault.rule == "one_layer_wanted" and fault.value == "gis_osm_roads_free_1.shp, gis_osm_water_a_free_1.shp"


def test_what_warns_while_a_city_is_written_comes_back_with_its_row() -> None:
    """A worker process has nobody to tell: its warnings would stand raw on stderr, or nowhere."""

    def written() -> dict[str, str]:
        for _ in range(3):
            warnings.warn("model: distance_km = 90 lies outside 1 to 20", ValidityWarning, stacklevel=1)
        return {}

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        row, noticed = folders._noticing(written)
    assert row["state"] == "done" and [type(notice) for notice in noticed] == [ValidityWarning]
    assert np.unique([str(notice) for notice in noticed]).tolist() == ["model: distance_km = 90 lies outside 1 to 20"]


WILD = [shapely.Point(float("nan"), 23), shapely.Point(float("inf"), 23), shapely.MultiPoint([(113.0, float("nan"))])]


@pytest.mark.parametrize("shape", WILD, ids=str)
def test_a_vertex_that_is_no_number_among_sound_ones(shape: Any) -> None:
    frame = zones()
    frame.loc[2, "geometry"] = shape
    with pytest.raises(DataError) as caught:
        read_zones(frame)
    assert [(fault.rule, fault.row) for fault in caught.value.fault_list] == [("infinite_geometry", 3)]
    checked = frame.assign(population=pd.NA).set_crs(4326)
    with pytest.raises(DataError) as caught:  # a frame that no reader has seen
        check_zones(checked)
    assert "wrong_geometry" in {fault.rule for fault in caught.value.fault_list}


@pytest.mark.parametrize("line", ["candidate_spacing_m = inf", "candidate_spacing_m = nan", "planning_margin_db = nan", "gap = -inf"])
def test_numbers_of_a_study_are_finite(tmp_path: Path, line: str) -> None:
    key = line.split(" ")[0]

    def change(text: str) -> str:
        kept = "\n".join(row for row in text.splitlines() if not row.startswith(key))
        return kept.replace("[plan]\n", f"[plan]\n{line}\n") + "\n"

    with pytest.raises(DataError) as caught:
        Study.open(build_arranged(tmp_path / "study", change=change))
    assert [(fault.rule, fault.column) for fault in caught.value.fault_list] == [("study-key", f"plan.{key}")]


def test_a_grid_of_candidates_too_dense_is_refused_before_it_is_made(tmp_path: Path) -> None:
    made = build_arranged(tmp_path / "study", change=lambda text: text.replace("candidate_spacing_m = 8000", "candidate_spacing_m = 0.001"))
    study = Study.open(made)
    with collected():
        (fault,) = [fault for fault in check_study(study) if fault.severity == "error"]
    assert fault.column == "plan.candidate_spacing_m"


def test_a_file_whose_name_cannot_be_shown_is_named_all_the_same() -> None:
    with pytest.raises(DataError) as caught:
        read_zones("\x00")
    assert caught.value.fault_list[0].file == repr("\x00")
