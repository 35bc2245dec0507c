"""The area kernel against `p1812.loss` on the profiles it reads from the map, against itself turned, and at several resolutions."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from infraplan.radio import p1812
from infraplan.radio.ground_profiles import Ground, direction_of, map_profile, ray_of
from infraplan.radio.p1812_area import AreaLoss, area_loss

Float32 = npt.NDArray[np.float32]


def ground_of(terrain_m: Float32, clutter_m: Float32 | None = None, resolution_m: float = 100.0, nominal_m: float = 30.0) -> Ground:
    """Row 0, column 0 has its centre at (0, 0). Clutter of 25 m acts from 45 m, of 10 m from 20 m, all other from `nominal_m`."""
    place = 0.0, 0.0, resolution_m
    if clutter_m is None:
        return Ground(terrain_m, *place, np.zeros((1, 1), np.uint16), *place, np.zeros(1), np.full(1, nominal_m))
    heights, code = np.unique(clutter_m, return_inverse=True)
    nominal = np.where(heights == 25.0, 45.0, np.where(heights == 10.0, 20.0, nominal_m))
    return Ground(terrain_m, *place, code.reshape(clutter_m.shape).astype(np.uint16), *place, heights.astype(float), nominal)


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


def over_map(
    ground: Ground,
    tx: tuple[float, float],
    rx: tuple[float, float],
    step_m: float,
    latitude_deg: float,
    frequency_ghz: float,
    *,
    own_line: bool = False,
    **kw: Any,
) -> float:
    """Loss of one path over the map: `map_profile`, `p1812.loss`, and the share of the excess that counts. [dB]"""
    profile = map_profile(ground, tx, rx, step_m=step_m, own_line=own_line)
    bearing, arc, lat = math.atan2(rx[0] - tx[0], rx[1] - tx[1]), profile.distance_km[-1] / 6.371e3, math.radians(latitude_deg)
    rx_lat = math.asin(math.sin(lat) * math.cos(arc) + math.cos(lat) * math.sin(arc) * math.cos(bearing))
    rx_lon = math.atan2(math.sin(bearing) * math.sin(arc) * math.cos(lat), math.cos(arc) - math.sin(lat) * math.sin(rx_lat))
    path = p1812.loss(
        profile.distance_km, profile.terrain_m, profile.clutter_m, np.full(len(profile.distance_km), 4), frequency_ghz=frequency_ghz,
        tx_lonlat=(0.0, latitude_deg), rx_lonlat=(math.degrees(rx_lon), math.degrees(rx_lat)), delta_n=45.0, n0=325.0, **kw,
    )  # fmt: skip
    return path.free_space_db + profile.weight * (path.loss_db - path.free_space_db)


MIDDLE = (45000.0, -45000.0)
ASIDE = (45011.0, -45007.0)
SETTINGS: list[dict[str, Any]] = [
    {"at": (54000.0, -54000.0), "map_m": 250.0, "radius_m": 20_000.0, "time": 50.0, "ghz": (0.763, 3.5)},
    {"at": (63063.0, -27027.0), "map_m": 90.0, "radius_m": 20_000.0, "time": 10.0, "ghz": (0.763, 4.9), "tx_m": 60.0},
    {"at": (22555.0, -54000.0), "map_m": 250.0, "radius_m": 20_000.0, "time": 1.0, "ghz": (2.6,), "location": (95.0, 5.5)},
    {"at": (27036.0, -81018.0), "map_m": 500.0, "radius_m": 20_000.0, "time": 50.0, "ghz": (0.9,), "location": (90.0, 8.0)},
    {"at": MIDDLE, "map_m": 500.0, "radius_m": 30_000.0, "time": 50.0, "ghz": (0.05, 0.45), "latitude": 75.0},
    {"at": MIDDLE, "map_m": 500.0, "radius_m": 25_000.0, "time": 10.0, "ghz": (0.4,), "tx_m": 1000.0},
    {"at": ASIDE, "map_m": 20.0, "radius_m": 1_200.0, "time": 50.0, "ghz": (2.6,), "step_m": 20.0},
    {"at": ASIDE, "map_m": 20.0, "radius_m": 900.0, "time": 20.0, "ghz": (1.8,), "step_m": 7.0, "rx_m": 10.0},
    {"at": ASIDE, "map_m": 10.0, "radius_m": 200.0, "time": 50.0, "ghz": (3.5,), "step_m": 50.0},
]


@pytest.mark.parametrize("clutter", [True, False], ids=["clutter", "bare"])
@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: f"p{s['time']:.0f}-{s['ghz'][0]}GHz-{s['radius_m']:.0f}m")
def test_agrees_with_the_profile_function_on_real_mountains(
    mountains: tuple[Float32, Float32], setting: dict[str, Any], clutter: bool
) -> None:
    terrain_m, clutter_m = mountains
    ground = ground_of(terrain_m, clutter_m if clutter else None, 90.0)
    s = {"tx_m": 30.0, "rx_m": 1.5, "latitude": 50.5, "location": (50.0, 0.0), "step_m": 100.0} | setting
    common = {
        "tx_height_m": s["tx_m"], "rx_height_m": s["rx_m"], "time_percent": s["time"], "location_percent": s["location"][0],
        "location_sigma_db": s["location"][1], "polarisation": "vertical" if s["at"][0] > 40000 else "horizontal",
    }  # fmt: skip
    pixel_m, (left_m, up_m) = s["map_m"], (13.0, -17.0)
    size = int(107_800.0 / pixel_m)
    area = area_loss(
        ground, *s["at"], left_m, up_m, pixel_m, (size, size), s["radius_m"], frequencies_ghz=s["ghz"],
        latitude_deg=s["latitude"], step_m=s["step_m"], **common,
    )  # fmt: skip
    known = np.argwhere(np.isfinite(area.loss_db[0]))
    worst_db = 0.0
    for r, c in known[np.random.default_rng(7).choice(len(known), 120, replace=False)]:
        rx = left_m + (c + area.col0) * pixel_m, up_m - (r + area.row0) * pixel_m
        for k, frequency_ghz in enumerate(s["ghz"]):
            expected_db = over_map(ground, s["at"], rx, s["step_m"], s["latitude"], frequency_ghz, **common)
            worst_db = max(worst_db, abs(float(area.loss_db[k, r, c]) - expected_db))
    assert worst_db < 1e-3  # float32 alone is 8e-6


@pytest.mark.parametrize(("forest_m", "limit_db"), [(0.0, 0.7), (15.0, 0.3)], ids=["bare", "forest"])
def test_the_usual_step_stays_close_to_fine_profiles(mountains: tuple[Float32, Float32], forest_m: float, limit_db: float) -> None:
    """Paths every 50 m, partly on shared rays, against paths every 30 m on their own lines to the pixel's centre, 0.4 to 10 km."""
    ground = ground_of(mountains[0], np.full_like(mountains[0], forest_m), 90.0)
    common = {"tx_height_m": 30.0, "rx_height_m": 1.5, "time_percent": 50.0, "location_percent": 50.0, "location_sigma_db": 0.0}
    rng, off_db = np.random.default_rng(5), []
    for x_m, y_m in zip(rng.uniform(25e3, 80e3, 10), -rng.uniform(25e3, 80e3, 10), strict=True):
        area = area_loss(
            ground, x_m, y_m, 0.0, 0.0, 250.0, (430, 430), 10_000.0, frequencies_ghz=(0.773, 2.565), latitude_deg=50.5,
            polarisation="vertical", **common,
        )  # fmt: skip
        for length_m, bearing in zip(rng.uniform(400, 9900, 25), rng.uniform(0, 2 * math.pi, 25), strict=True):
            r, c = round(-(y_m + length_m * math.cos(bearing)) / 250.0), round((x_m + length_m * math.sin(bearing)) / 250.0)
            for k, frequency_ghz in enumerate((0.773, 2.565)):
                expected_db = over_map(
                    ground, (x_m, y_m), (c * 250.0, -r * 250.0), 30.0, 50.5, frequency_ghz, own_line=True, polarisation="vertical", **common
                )  # fmt: skip
                off_db.append(float(area.loss_db[k, r - area.row0, c - area.col0]) - expected_db)
    assert len(off_db) == 500
    assert math.sqrt(np.mean(np.square(off_db))) < limit_db


def median(
    terrain_m: Float32,
    row: float,
    col: float,
    clutter_m: Float32 | None = None,
    radius_m: float = 5000.0,
    map_m: float = 100.0,
    **changes: Any,
) -> AreaLoss:
    settings: dict[str, Any] = {"frequencies_ghz": (0.763,), "tx_height_m": 30.0, "rx_height_m": 1.5, "latitude_deg": 0.0}
    shape = tuple(int((n - 1) * 100.0 / map_m) + 1 for n in terrain_m.shape)
    ground = ground_of(terrain_m, clutter_m)
    return area_loss(ground, col * 100.0, -row * 100.0, 0.0, 0.0, map_m, shape, radius_m, **(settings | changes))


@pytest.mark.parametrize("nominal", ["classes", "one"])
def test_maps_of_any_resolution_have_one_loss_at_a_shared_centre(nominal: str) -> None:
    clutter_m = np.where(hills(seed=5) > 120.0, 10.0 if nominal == "classes" else 15.0, 25.0).astype(np.float32)
    coarse, fine = (median(hills(), 60.3, 59.8, clutter_m, map_m=map_m).loss_db[0] for map_m in (250.0, 50.0))
    first, other = (median(hills(), 60.3, 59.8, clutter_m, map_m=map_m) for map_m in (250.0, 50.0))
    rows, cols = (np.arange(n) + at for n, at in zip(coarse.shape, (first.row0, first.col0), strict=True))
    shared = fine[np.ix_(rows * 5 - other.row0, cols * 5 - other.col0)]
    np.testing.assert_array_equal(shared, coarse)


def test_every_pixel_of_the_circle_once_no_holes() -> None:
    for offset in (0.0, 0.25, 0.5):
        area = median(hills(), 60.0 + offset, 60.0)
        south, east = np.mgrid[area.row0 : area.row0 + area.loss_db.shape[1], area.col0 : area.col0 + area.loss_db.shape[2]]
        distance = np.hypot(south - 60.0 - offset, east - 60.0)
        assert np.isfinite(area.loss_db[0][distance <= 50.0]).all()
        assert np.isnan(area.loss_db[0][distance > 50.0]).all()


def test_turning_map_and_mast_together_changes_nothing() -> None:
    terrain_m = hills()
    clutter_m = np.where(hills(seed=5) > 120.0, 15.0, 0.0).astype(np.float32)
    straight = median(terrain_m, 60.0, 60.0, clutter_m).loss_db[0]
    turned = median(np.rot90(terrain_m).copy(), 60.0, 60.0, np.rot90(clutter_m).copy()).loss_db[0]
    difference = np.abs(np.rot90(straight) - turned)
    assert np.isnan(straight).sum() == np.isnan(turned).sum()
    assert np.nanquantile(difference, 0.97) < 1e-3


@pytest.mark.parametrize("step_m", [50.0, 100.0])
@pytest.mark.parametrize("with_clutter", [False, True])
def test_a_nanometre_changes_no_loss(step_m: float, with_clutter: bool) -> None:
    """Mast on a pixel's centre: many paths are whole numbers of half steps long, lie half-way between two rays or along pixels' edges."""
    terrain_m = hills()
    clutter_m = np.where(hills(seed=5) > 120.0, 15.0, 0.0).astype(np.float32) if with_clutter else None
    still = median(terrain_m, 60.0, 60.0, clutter_m, 5010.0, step_m=step_m).loss_db
    for aside in (1e-12, 1e-11, -1e-11):
        moved = median(terrain_m, 60.0 + aside, 60.0 - 2.0 * aside, clutter_m, 5010.0, step_m=step_m).loss_db
        np.testing.assert_allclose(moved, still, atol=1e-3)


def test_frequencies_on_one_geometry_equal_frequencies_alone() -> None:
    terrain_m, bands = hills(), (0.763, 0.9, 2.6, 4.9)
    for time_percent in (50.0, 10.0):
        together = median(terrain_m, 60.0, 60.0, frequencies_ghz=bands, time_percent=time_percent).loss_db
        alone = [median(terrain_m, 60.0, 60.0, frequencies_ghz=(band,), time_percent=time_percent).loss_db[0] for band in bands]
        np.testing.assert_allclose(together, np.stack(alone), atol=2e-5)


def test_no_clutter_equals_clutter_of_zero() -> None:
    terrain_m = hills()
    np.testing.assert_array_equal(median(terrain_m, 60.0, 60.0).loss_db, median(terrain_m, 60.0, 60.0, np.zeros_like(terrain_m)).loss_db)


def test_behind_a_hole_in_the_terrain_nothing_is_known() -> None:
    terrain_m = hills()
    terrain_m[40, 60] = np.nan
    area = median(terrain_m, 60.0, 60.0)
    north = area.loss_db[0][:, 60 - area.col0]
    assert np.isnan(north[: 41 - area.row0]).all()
    assert np.isfinite(north[43 - area.row0 : 90 - area.row0]).all()


def test_the_map_ends_where_its_pixels_end() -> None:
    area = median(hills(), 3.0, 118.0)
    assert (area.row0, area.col0) == (0, 118 - 50)
    assert area.loss_db.shape[1:] == (3 + 51, 121 - area.col0)
    assert np.isfinite(area.loss_db[0, 3, -1])


def test_loss_never_below_free_space_and_lost_behind_a_wall() -> None:
    flat = np.zeros((121, 121), np.float32)
    walled = flat.copy()
    walled[50, :] = 300.0
    open_db, wall_db = median(flat, 60.0, 60.0).loss_db[0], median(walled, 60.0, 60.0).loss_db[0]
    row0 = median(flat, 60.0, 60.0).row0
    assert (wall_db[: 45 - row0] >= open_db[: 45 - row0] + 10.0)[np.isfinite(wall_db[: 45 - row0])].all()
    np.testing.assert_array_equal(wall_db[62 - row0 :], open_db[62 - row0 :])


@pytest.mark.parametrize("clutter", [5.0, 15.0, 25.0])
@pytest.mark.parametrize("frequency_ghz", [0.763, 3.5])
def test_very_short_paths_are_free_space_at_the_mast_and_never_jump(clutter: float, frequency_ghz: float) -> None:
    """Clutter all around, receivers every 2.5 m: P.1812 from twice the nominal distance on, free space within it, no jump between."""
    flat, wall = np.zeros((9, 9), np.float32), np.full((9, 9), clutter, np.float32)
    area = median(flat, 4.0, 4.0, wall, 330.0, 2.5, frequencies_ghz=(frequency_ghz,), tx_height_m=30.0)
    east = area.loss_db[0, 160 - area.row0, 160 - area.col0 :].astype(float)
    d_km = np.maximum(np.arange(len(east)) * 0.0025, 0.001)
    free_db = 92.4 + 20 * math.log10(frequency_ghz) + 10 * np.log10(d_km**2 + 0.0285**2)
    nominal_m = {5.0: 30.0, 15.0: 30.0, 25.0: 45.0}[clutter]
    inside = d_km * 1000.0 <= nominal_m
    np.testing.assert_allclose(east[inside], free_db[inside], atol=1e-3)
    excess_db = east - free_db
    assert (excess_db > -1e-3).all()
    ground, step_m = ground_of(flat, wall), 0.05
    for near_m in np.arange(nominal_m - 5.0, 3.0 * nominal_m, 2.0):
        ends = ((400.0 + d, -400.0) for d in (near_m, near_m + step_m))
        one_db, other_db = (over_map(ground, (400.0, -400.0), end, 100.0, 0.0, frequency_ghz, **AT_30_M) for end in ends)
        assert abs(other_db - one_db) < 0.5, near_m


AT_30_M: dict[str, Any] = {
    "tx_height_m": 30.0, "rx_height_m": 1.5, "time_percent": 50.0, "location_percent": 50.0, "location_sigma_db": 0.0,
    "polarisation": "vertical",
}  # fmt: skip


def test_the_rays_are_at_most_a_quarter_of_a_step_from_the_path() -> None:
    rng = np.random.default_rng(2)
    for right, up in rng.uniform(-400, 400, (500, 2)):
        east, north = direction_of(ray_of(right, up))
        assert math.hypot(east, north) == pytest.approx(1.0)
        assert east * right + north * up > 0.0
        assert abs(east * up - north * right) <= 0.25 + 1e-9
    assert direction_of(ray_of(0.0, -7.0)) == (0.0, -1.0)


def test_the_radius_changes_no_loss() -> None:
    near, far = (median(hills(), 60.3, 59.8, radius_m=radius_m) for radius_m in (2500.0, 5000.0))
    row, col = near.row0 - far.row0, near.col0 - far.col0
    part = far.loss_db[:, row : row + near.loss_db.shape[1], col : col + near.loss_db.shape[2]]
    known = np.isfinite(near.loss_db)
    np.testing.assert_array_equal(part[known], near.loss_db[known])


def test_a_profile_is_short_and_has_its_points() -> None:
    ground = ground_of(np.zeros((121, 121), np.float32), np.full((121, 121), 15.0, np.float32))
    profile = map_profile(ground, (0.0, 0.0), (950.0, 0.0), step_m=100.0)
    halved = [650, 700, 750, 800, 850, 900]
    np.testing.assert_allclose(profile.distance_km * 1000.0, [0, 30, 100, 200, 300, 400, 500, 600, *halved, 920, 950])
    np.testing.assert_array_equal(profile.clutter_m, [0] + [15] * 14 + [0])
    within = map_profile(ground, (0.0, 0.0), (235.0, 0.0), step_m=10.0)
    np.testing.assert_array_equal(within.clutter_m[(within.distance_km > 0.2051) | (within.distance_km < 0.0299)], 0.0)
    beside = map_profile(ground, (0.0, 0.0), (50.0, 0.0), step_m=100.0)
    np.testing.assert_allclose(beside.distance_km * 1000.0, [0, 25, 50])
    assert beside.weight == pytest.approx(2.0 * 50.0 / 60.0 - 1.0)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"col": math.nan}, "position"),
        ({"radius_m": 0.0}, "radius_m"),
        ({"step_m": 0.0}, "step_m"),
        ({"time_percent": 70.0}, "time_percent"),
        ({"tx_height_m": 0.0}, "tx_height_m"),
        ({"polarisation": "slant"}, "polarisation"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_bad_arguments_are_named(changes: dict[str, Any], named: str) -> None:
    arguments: dict[str, Any] = {"row": 60.0, "col": 60.0} | changes
    with pytest.raises(ValueError, match=named):
        median(hills(), **arguments)
