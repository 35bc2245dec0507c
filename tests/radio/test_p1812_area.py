"""The area kernel against `p1812.loss` on the real mountain tile, against itself turned and mirrored, and against hostile arguments."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from infraplan.radio import p1812
from infraplan.radio.p1812_area import AreaLoss, area_loss
from infraplan.radio.p1812_tables import pull_table

Float32 = npt.NDArray[np.float32]


@pytest.fixture(scope="module")
def mountains(shared_dir: Path) -> tuple[Float32, Float32]:
    """Real foothills, 993 to 3145 m, and made-up clutter in blocks of 4 pixels."""
    rasterio = pytest.importorskip("rasterio")
    with rasterio.open(shared_dir / "data" / "terrain" / "n50_w115_alberta_foothills_3arcsec.tif") as source:
        terrain_m = source.read(1).astype(np.float32)
    heights = np.random.default_rng(1).choice([0.0, 0, 0, 0, 5, 10, 15, 20, 25], size=(300, 300))
    return terrain_m, np.kron(heights, np.ones((4, 4))).astype(np.float32)


def hills(size: int = 121, seed: int = 3) -> Float32:
    coarse = np.random.default_rng(seed).random((size // 8 + 2, size // 8 + 2)) * 200.0
    at = np.arange(size) / 8.0
    rows = np.array([np.interp(at, np.arange(coarse.shape[1]), line) for line in coarse])
    return np.array([np.interp(at, np.arange(coarse.shape[0]), column) for column in rows.T]).T.astype(np.float32)


def profile_loss_db(
    terrain_m: Float32,
    clutter_m: Float32,
    row: float,
    col: float,
    bearing: float,
    samples: int,
    resolution_m: float,
    latitude_deg: float,
    **kw: Any,
) -> float:
    """`p1812.loss` on the samples a ray takes, read from the raster once more, the plain way."""
    i = np.arange(samples + 1)
    r, c = row - math.cos(bearing) * i, col + math.sin(bearing) * i
    top, left = np.minimum(r.astype(int), terrain_m.shape[0] - 2), np.minimum(c.astype(int), terrain_m.shape[1] - 2)
    down, right, z = r - top, c - left, terrain_m.astype(np.float64)
    upper = z[top, left] * (1 - right) + z[top, left + 1] * right
    lower = z[top + 1, left] * (1 - right) + z[top + 1, left + 1] * right
    ground = clutter_m[(r + 0.5).astype(int), (c + 0.5).astype(int)]
    arc, lat = samples * resolution_m / 6.371e6, math.radians(latitude_deg)
    rx_lat = math.asin(math.sin(lat) * math.cos(arc) + math.cos(lat) * math.sin(arc) * math.cos(bearing))
    rx_lon = math.atan2(math.sin(bearing) * math.sin(arc) * math.cos(lat), math.cos(arc) - math.sin(lat) * math.sin(rx_lat))
    return p1812.loss(
        i * resolution_m / 1000.0, upper * (1 - down) + lower * down, ground, np.full(samples + 1, 4),
        tx_lonlat=(0.0, latitude_deg), rx_lonlat=(math.degrees(rx_lon), math.degrees(rx_lat)), delta_n=45.0, n0=325.0, **kw,
    ).loss_db  # fmt: skip


SETTINGS: list[dict[str, Any]] = [
    {"row": 600.0, "col": 600.0, "radius_m": 20_000.0, "time_percent": 50.0, "frequencies_ghz": (0.763, 3.5)},
    {"row": 300.3, "col": 700.7, "radius_m": 20_000.0, "time_percent": 10.0, "frequencies_ghz": (0.763, 4.9), "tx_height_m": 60.0},
    {
        "row": 600.0,
        "col": 250.6,
        "radius_m": 20_000.0,
        "time_percent": 1.0,
        "frequencies_ghz": (2.6,),
        "location_percent": 95.0,
        "sigma": 5.5,
    },
    {
        "row": 900.2,
        "col": 300.4,
        "radius_m": 20_000.0,
        "time_percent": 50.0,
        "frequencies_ghz": (0.9,),
        "location_percent": 90.0,
        "sigma": 8.0,
    },
    {"row": 500.0, "col": 500.0, "radius_m": 30_000.0, "time_percent": 50.0, "frequencies_ghz": (0.05, 0.45), "latitude_deg": 75.0},
    {"row": 500.0, "col": 500.0, "radius_m": 25_000.0, "time_percent": 10.0, "frequencies_ghz": (0.4,), "tx_height_m": 1000.0},
    {
        "row": 700.0,
        "col": 500.0,
        "radius_m": 6_000.0,
        "time_percent": 20.0,
        "frequencies_ghz": (1.8,),
        "resolution_m": 30.0,
        "rx_height_m": 10.0,
    },
]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: f"p{s['time_percent']:.0f}-{s['frequencies_ghz'][0]}GHz")
def test_agrees_with_the_profile_function_on_real_mountains(mountains: tuple[Float32, Float32], setting: dict[str, Any]) -> None:
    terrain_m, clutter_m = mountains
    s = {
        "resolution_m": 90.0,
        "tx_height_m": 30.0,
        "rx_height_m": 1.5,
        "latitude_deg": 50.5,
        "location_percent": 50.0,
        "sigma": 0.0,
    } | setting
    common = {k: s[k] for k in ("tx_height_m", "rx_height_m", "time_percent", "location_percent")} | {"location_sigma_db": s["sigma"]}
    polarisation = "vertical" if s["row"] < 650 else "horizontal"
    area = area_loss(
        terrain_m, clutter_m, s["row"], s["col"], s["resolution_m"], s["radius_m"],
        frequencies_ghz=s["frequencies_ghz"], latitude_deg=s["latitude_deg"], polarisation=polarisation, **common,
    )  # fmt: skip
    base = round(s["row"]), round(s["col"])
    pull = pull_table(s["radius_m"] / s["resolution_m"], round(s["row"] * 4) - base[0] * 4, round(s["col"] * 4) - base[1] * 4)
    rng, compared, worst_db = np.random.default_rng(7), 0, 0.0
    for q in rng.choice(len(pull.sample), 150, replace=False):
        if pull.sample[q] < 2:
            continue
        bearing = 2.0 * math.pi * (int(np.searchsorted(pull.first, q, side="right")) - 1) / pull.rays
        for k, frequency_ghz in enumerate(s["frequencies_ghz"]):
            expected_db = profile_loss_db(
                terrain_m, clutter_m, s["row"], s["col"], bearing, int(pull.sample[q]), s["resolution_m"], s["latitude_deg"],
                frequency_ghz=frequency_ghz, polarisation=polarisation, **common,
            )  # fmt: skip
            got_db = float(area.loss_db[k, base[0] + pull.row[q] - area.row0, base[1] + pull.col[q] - area.col0])
            worst_db = max(worst_db, abs(got_db - expected_db))
            compared += 1
    assert compared > 100
    assert worst_db < 1e-3  # 0.01 dB is asked; float32 alone is 8e-6


def median(
    terrain_m: Float32, row: float, col: float, clutter_m: Float32 | None = None, radius_m: float = 5000.0, **changes: Any
) -> AreaLoss:
    settings: dict[str, Any] = {"frequencies_ghz": (0.763,), "tx_height_m": 30.0, "rx_height_m": 1.5, "latitude_deg": 0.0}
    return area_loss(terrain_m, clutter_m, row, col, 100.0, radius_m, **(settings | changes))


def test_every_pixel_of_the_circle_once_no_holes() -> None:
    for offset in (0.0, 0.25, 0.5):
        area = median(hills(), 60.0 + offset, 60.0)
        south, east = np.mgrid[area.row0 : area.row0 + area.loss_db.shape[1], area.col0 : area.col0 + area.loss_db.shape[2]]
        distance = np.hypot(south - 60.0 - offset, east - 60.0)
        assert np.isfinite(area.loss_db[0][distance <= 50.0]).all()
        assert np.isnan(area.loss_db[0][distance > 50.01]).all()
        pull = pull_table(50.0, round(offset * 4), 0)
        assert len(set(zip(pull.row.tolist(), pull.col.tolist(), strict=True))) == len(pull.row)


def test_a_pixel_is_never_far_from_its_sample() -> None:
    pull = pull_table(200.0, 1, -2)
    ray = np.repeat(np.arange(pull.rays), np.diff(pull.first))
    bearing = 2.0 * math.pi * ray / pull.rays
    south, east = pull.row - 0.25, pull.col + 0.5
    shift = np.hypot(south + np.cos(bearing) * pull.sample, east - np.sin(bearing) * pull.sample)
    assert shift.max() <= 0.71


def test_turning_map_and_mast_together_changes_nothing() -> None:
    terrain_m = hills()
    clutter_m = np.where(hills(seed=5) > 120.0, 15.0, 0.0).astype(np.float32)
    straight = median(terrain_m, 60.0, 60.0, clutter_m).loss_db[0]
    turned = median(np.rot90(terrain_m).copy(), 60.0, 60.0, np.rot90(clutter_m).copy()).loss_db[0]
    difference = np.abs(np.rot90(straight) - turned)
    # at the equator nothing but ties between two rays or two samples can differ
    assert np.isnan(straight).sum() == np.isnan(turned).sum()
    assert np.nanquantile(difference, 0.97) < 1e-3


def test_frequencies_on_one_geometry_equal_frequencies_alone() -> None:
    terrain_m, bands = hills(), (0.763, 0.9, 2.6, 4.9)
    for time_percent in (50.0, 10.0):
        together = median(terrain_m, 60.0, 60.0, frequencies_ghz=bands, time_percent=time_percent).loss_db
        alone = [median(terrain_m, 60.0, 60.0, frequencies_ghz=(band,), time_percent=time_percent).loss_db[0] for band in bands]
        np.testing.assert_allclose(together, np.stack(alone), atol=2e-5)


def test_no_clutter_equals_clutter_of_zero() -> None:
    terrain_m = hills()
    np.testing.assert_array_equal(median(terrain_m, 60.0, 60.0).loss_db, median(terrain_m, 60.0, 60.0, np.zeros_like(terrain_m)).loss_db)


def test_a_hole_in_the_terrain_ends_the_ray_and_is_never_zero() -> None:
    terrain_m = hills()
    terrain_m[40, 60] = np.nan
    area = median(terrain_m, 60.0, 60.0)
    north = area.loss_db[0][:, 60 - area.col0]
    assert np.isnan(north[: 41 - area.row0]).all()
    assert np.isfinite(north[43 - area.row0 : 90 - area.row0]).all()


def test_a_circle_over_the_edge_is_cut() -> None:
    area = median(hills(), 3.0, 118.0)
    assert (area.row0, area.col0) == (0, 118 - 51)
    assert area.loss_db.shape[1:] == (3 + 52, 121 - area.col0)
    assert np.isfinite(area.loss_db[0, 3, -1])


def test_loss_never_below_free_space_and_lost_behind_a_wall() -> None:
    flat = np.zeros((121, 121), np.float32)
    walled = flat.copy()
    walled[50, :] = 300.0
    open_db, wall_db = median(flat, 60.0, 60.0).loss_db[0], median(walled, 60.0, 60.0).loss_db[0]
    row0 = median(flat, 60.0, 60.0).row0
    assert (wall_db[: 45 - row0] >= open_db[: 45 - row0] + 10.0)[np.isfinite(wall_db[: 45 - row0])].all()
    np.testing.assert_array_equal(wall_db[62 - row0 :], open_db[62 - row0 :])


def test_short_range_is_continuous_at_250_m() -> None:
    """Clutter all around, a step of 5 m: the loss climbs towards P.1812's and does not jump where that begins."""
    flat, wall = np.zeros((141, 141), np.float32), np.full((141, 141), 15.0, np.float32)
    line = area_loss(flat, wall, 70.0, 70.0, 5.0, 330.0, frequencies_ghz=(2.6,), tx_height_m=25.0, rx_height_m=1.5, latitude_deg=23.0)
    east = line.loss_db[0, 70 - line.row0, 70 - line.col0 :]
    steps = np.diff(east[45:60])
    assert (steps > 0.0).all()
    assert (np.diff(steps) <= 0.0).all()
    assert east[1] - (92.4 + 20 * math.log10(2.6) + 10 * math.log10(0.005**2 + 0.0235**2)) == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"row": -1.0}, "outside the raster"),
        ({"radius_m": 0.0}, "radius_m"),
        ({"time_percent": 70.0}, "time_percent"),
        ({"tx_height_m": 0.0}, "tx_height_m"),
        ({"clutter_m": np.zeros((3, 3), np.float32)}, "alike"),
        ({"polarisation": "slant"}, "polarisation"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_bad_arguments_are_named(changes: dict[str, Any], named: str) -> None:
    arguments: dict[str, Any] = {"row": 60.0, "col": 60.0} | changes
    with pytest.raises(ValueError, match=named):
        median(hills(), **arguments)
