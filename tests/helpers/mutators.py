"""Changes that make a sound file hostile: of its bytes, of its cells, of the keys and values of TOML and JSON, of shapes and of rasters."""

from __future__ import annotations

import csv
import datetime
import io
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
import rasterio.shutil
import shapely
from rasterio.transform import Affine

Rng = np.random.Generator
ENCODINGS = ("utf-8", "gb18030", "utf-16", "big5", "latin-1", "utf-8-sig", "utf-16-le", "utf-32", "shift_jis", "cp1252")
TEXTS = (
    "", " ", "-", "#N/A", "#REF!", "nan", "inf", "1e308", "-1e400", "9" * 40, "1.2E+17", "1,250", "24,5", "１２", "一百二十", "约150",
    "0", "-1", "113°15′30″E", "E113.1", "113.1 23.1", "0/120/240", "0/400", "3/5/6", "全向", "5G", "4G", "5G n999", "n41;;", "NR-n28",
    "室分", "宏站", "移动+广电", "火星", "是", "否", "也许", "440101", "44010", "4401010000000", "县440101", "县", "2020-13-45",
    "2020/6/30", "44000", "\x00", "\x1a", "\ufeff", "\u202e甲", "a" * 3000, "=1+1", "=cmd|' /C calc'!A0", "<script>", "甲\n乙", '"', "'",
    ",", ";", "\t", "💩", "null", "None", "113.1\u00a0", "true", "1970-01-01 00:00:00", "合计", "注：", "../../etc/passwd", "%s%s%n",
    "{0}", "{name}", "NaN", "1/0", "٣", "½", "0x1F", "1_000",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**63, 1e308, float("nan"), float("inf"), 44000.5, datetime.datetime(2020, 6, 30), datetime.date(1900, 1, 1),
    datetime.time(12, 30),
)  # fmt: skip
HEADINGS = (
    "编号", "自然村", "人口", "经度", "纬度", "经纬度", "x", "y", "制式", "频段", "运营商", "区县", "地市", "方位角1", "方位角2", "类别",
    "lng_bd09", "人口(万人)", "挂高/英尺", "geometry", "name", "id", "Unnamed: 0", "", " ", "a" * 300, "\x00", "synthetic", "sectors",
    "level", "index", "fid", "ogc_fid", "站型", "小区编号", "下倾角",
)  # fmt: skip
TOML_VALUES = (
    "", '""', '"none.csv"', '"/"', '"."', '".."', '"C:\\\\data\\\\v.csv"', '"sites.csv"', '"\\u0000"', '"甲"', "0", "-1", "1", "0.5",
    "1e400", "nan", "inf", "-inf", "9223372036854775807", "99999999999999999999", "true", "[]", "{}", "[[]]", "[1, 2]", '["a", 1]',
    '[""]', '["nr-pop90"]', '["none"]', '{ a = 1 }', "2020-06-30", "2020-06-30T07:00:00Z", "07:30:00", '"nr"', '"nr-n28"', '"p1812"',
    '"gcj02"', '"zh"', '"440000"', '"county"', '[{ name = "一" }]', '"""多\n行"""', "0x10", "1_000", '"' + "x" * 5000 + '"',
    "[" * 200 + "]" * 200,
)  # fmt: skip
TOML_LINES = (
    "unknown = 1", "[unknown]", "[[target]]", "[study]", "[plan]", "[options.sites]", "sheet = 3", "= 1", "a.b.c = 1", "]", '"" = 1',
    "study = 1", "files.zones = 2", "[options.none]", "\x00", "\ufeff", "# 注", "target = 'x'", "[policy.a.b]",
)  # fmt: skip
JSON_VALUES: tuple[Any, ...] = (
    None, "", 0, -1, 1e308, True, [], {}, [None], [[]], "甲", {"a": {}}, 2**70, "Point", [113.1], [[113, 23], [1]], [181, 91],
)  # fmt: skip
PIECES = [b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"9999", b'"\n,;', b"\x00", b"\xfe\xff", b"<![C"]


def pick(rng: Rng, options: tuple[Any, ...] | list[Any]) -> Any:
    """One of some options, as it is."""
    return options[int(rng.integers(0, len(options)))]


def changed_bytes(content: bytes, rng: Rng, *, late: bool = False) -> bytes:
    """A few bytes changed, cut out, doubled or put in, or the end lost. `late`: only in the second half."""
    data = bytearray(content)
    for _ in range(int(rng.integers(1, 4))):
        place = int(rng.integers(len(data) // 2 if late else 0, max(len(data), 1)))
        size, how = int(rng.integers(1, 40)), rng.integers(0, 7)
        if how == 0 and data:
            data[place] = int(rng.integers(0, 256))
        elif how == 1:
            del data[place : place + size]
        elif how == 2:
            data[place:place] = data[place : place + size]
        elif how == 3:
            data[place:place] = rng.bytes(size)
        elif how == 4 and rng.random() < 0.3:
            del data[place:]
        elif how == 5 and data:
            data[place] ^= 1 << int(rng.integers(0, 8))
        else:
            data[place : place + 4] = pick(rng, PIECES)
    return bytes(data)


def changed_cells(text: str, rng: Rng) -> list[list[Any]]:
    """The rows of a table in text, with cells of wrong types, headings changed, swapped or doubled, rows and columns lost or added."""
    rows: list[list[Any]] = [list(record) for record in csv.reader(io.StringIO(text), delimiter="\t" if "\t" in text else ",")]
    for _ in range(int(rng.integers(1, 5))):
        if not rows or not max(map(len, rows)):
            return rows
        row, column, how = int(rng.integers(0, len(rows))), int(rng.integers(0, max(map(len, rows)))), int(rng.integers(0, 14))
        other = int(rng.integers(0, max(map(len, rows))))
        for cells in rows:
            cells += [""] * (max(column, other) + 1 - len(cells))
        if how <= 3:
            rows[row][column] = pick(rng, TEXTS)
        elif how == 4:
            rows[row][column] = pick(rng, VALUES)
        elif how == 5:
            value = pick(rng, (*TEXTS, *VALUES))
            for cells in rows[1:]:
                cells[column] = value
        elif how == 6:
            rows[0][column] = pick(rng, HEADINGS)
        elif how == 7:
            rows[0][column], rows[0][other] = rows[0][other], rows[0][column]
        elif how == 8:
            for cells in rows:
                cells.insert(column, cells[other])
        elif how == 9:
            for cells in rows:
                del cells[column]
        elif how == 10:
            rows[row:row] = pick(rng, [[[]], [[""] * 5], [list(rows[row])], [["标题"]], [list(rows[0])], [["合计", "", 9]]])
        elif how == 11:
            del rows[row : None if rng.random() < 0.4 else row + 1]
        elif how == 12:
            rows = [list(cells) for _ in range(int(rng.integers(2, 8))) for cells in rows]
        else:
            rows[row] = rows[row] + [pick(rng, TEXTS)] * int(rng.integers(1, 4))
    return rows


def changed_text(text: str, rng: Rng, separator: str = ",") -> bytes:
    """A text table with cells, separator, line ends or encoding changed, mostly one of them, sometimes its bytes."""
    sound = [list(record) for record in csv.reader(io.StringIO(text), delimiter=separator)]
    rows = changed_cells(text, rng) if rng.random() < 0.8 else sound
    stream = io.StringIO()
    ends = pick(rng, ["\n"] * 6 + ["\r\n", "\r"])
    mark = separator if rng.random() < 0.8 else pick(rng, [";", "\t", "|", ","])
    quoting = csv.QUOTE_MINIMAL if rng.random() < 0.9 else csv.QUOTE_ALL
    writer = csv.writer(stream, delimiter=mark, lineterminator=ends, quoting=quoting, escapechar="\\")
    writer.writerows([["" if cell is None else cell for cell in cells] for cells in rows])
    content = stream.getvalue().encode("utf-8" if rng.random() < 0.7 else pick(rng, ENCODINGS), "replace")
    return changed_bytes(content, rng) if rng.random() < 0.4 else content


def changed_toml(text: str, rng: Rng) -> bytes:
    """A TOML file with values of wrong types, keys unknown, lost, doubled or moved, sections lost, bytes or encoding changed."""
    lines = text.splitlines()
    for _ in range(int(rng.integers(1, 4))):
        if not lines:
            break
        keyed = [number for number, line in enumerate(lines) if "=" in line] or [0]
        at, how = pick(rng, keyed), int(rng.integers(0, 9))
        key = lines[at].split("=")[0]
        if how <= 3:
            lines[at] = f"{key}= {pick(rng, TOML_VALUES)}"
        elif how == 4:
            del lines[at]
        elif how == 5:
            lines.insert(int(rng.integers(0, len(lines) + 1)), pick(rng, TOML_LINES))
        elif how == 6:
            lines[at] = f"{key.strip()}{pick(rng, ['x', '_m', '.a', ' '])} ={lines[at].partition('=')[2]}"
        elif how == 7:
            lines.insert(int(rng.integers(0, len(lines) + 1)), lines[at])
        else:
            start = int(rng.integers(0, len(lines)))
            del lines[start : start + int(rng.integers(1, 8))]
    text = "\n".join(lines) + "\n"
    content = text.encode("utf-8" if rng.random() < 0.9 else pick(rng, ENCODINGS), "replace")
    return changed_bytes(content, rng) if rng.random() < 0.2 else content


def changed_json(text: str, rng: Rng) -> bytes:
    """A JSON document with values of other types, members lost or doubled; sometimes its bytes changed."""
    document = json.loads(text)
    for _ in range(int(rng.integers(1, 4))):
        spots = list(_spots(document))
        if not spots:
            break
        holder, key = pick(rng, spots)
        how = int(rng.integers(0, 4))
        if how <= 1:
            holder[key] = pick(rng, JSON_VALUES)
        elif how == 2:
            del holder[key]
        elif isinstance(holder, list):
            holder.insert(key, holder[key])
        else:
            holder[f"{key}x"] = holder.pop(key)
    content = json.dumps(document, ensure_ascii=False).encode("utf-8" if rng.random() < 0.9 else pick(rng, ENCODINGS), "replace")
    return changed_bytes(content, rng) if rng.random() < 0.2 else content


def _spots(node: Any) -> Any:
    """Every (container, key) of a document."""
    for key, value in list(node.items()) if isinstance(node, dict) else list(enumerate(node)) if isinstance(node, list) else []:
        yield node, key
        yield from _spots(value)


def changed_features(frame: gpd.GeoDataFrame, rng: Rng) -> gpd.GeoDataFrame:
    """A layer with null, empty, mixed, huge or twisted shapes, cells and columns changed, no rows, another CRS or none."""
    frame = frame.copy()
    for _ in range(int(rng.integers(1, 4))):
        if not len(frame):
            break
        row, how = int(rng.integers(0, len(frame))), int(rng.integers(0, 12))
        names = [name for name in frame.columns if name != "geometry"]
        shapes = frame.geometry.to_numpy().copy()
        if how <= 3:
            shapes[row] = pick(rng, _SHAPES)
            frame = frame.set_geometry(gpd.GeoSeries(shapes, crs=frame.crs))
        elif how == 4:
            shift, factor = pick(rng, [(0, 1), (250, 1), (0, 1e5), (-400, 1), (0, -1), (0, 0)])
            moved = shapely.transform(shapes, lambda xy, by=shift, times=factor: xy * times + by)
            frame = frame.set_geometry(gpd.GeoSeries(moved, crs=frame.crs))
        elif how == 5:
            frame = frame.set_crs(pick(rng, [4490, 4547, 3857, 4610, 4326, 32649]), allow_override=True)
        elif how == 6 and names:
            frame[pick(rng, names)] = [pick(rng, TEXTS[:60]).replace("\x00", "") for _ in range(len(frame))]
        elif how == 7 and names:
            frame = frame.rename(columns={pick(rng, names): pick(rng, ("编号", "人口", "经度", "类别", "level", "adcode", "制式", "x"))})
            frame = frame.loc[:, ~frame.columns.duplicated()]
        elif how == 8 and names:
            frame = frame.drop(columns=pick(rng, names))
        elif how == 9 and names:
            frame[pick(rng, names)] = pick(rng, [0, -1.5, True, 2**40, float("nan"), "甲"])
        elif how == 10:
            rows = list(range(int(rng.integers(0, 2)))) if rng.random() < 0.5 else [*range(len(frame)), row]
            frame = frame.iloc[rows].reset_index(drop=True)
        else:
            frame = frame.to_crs(pick(rng, [3857, 32649, 4490])) if frame.crs is not None and frame.crs.to_epsg() == 4326 else frame
    return frame


_BOX = shapely.box(113.0, 23.0, 113.25, 23.25)
_SHAPES: list[Any] = [
    None, shapely.Point(), shapely.Polygon(), shapely.Point(113.1, 23.1, 5.0), shapely.Point(1e9, 1e9), shapely.Point(0, 0), _BOX,
    shapely.Point(23.1, 113.1), shapely.LineString([(113, 23), (113, 23)]), shapely.MultiPoint([(113, 23), (113.1, 23.1)]),
    shapely.GeometryCollection([_BOX, shapely.Point(113, 23)]), shapely.GeometryCollection(), shapely.Point(float("nan"), 23),
    shapely.Polygon([(113, 23), (113.2, 23.2), (113.2, 23), (113, 23.2)]), shapely.box(-180, -90, 180, 90), shapely.box(179, 23, 181, 24),
    shapely.MultiPolygon([_BOX, shapely.box(113.1, 23.1, 113.3, 23.3)]), shapely.Point(float("inf"), 23),
    shapely.Polygon([(113, 23), (113.1, 23), (113, 23)]),
]  # fmt: skip


def changed_raster(path: Path, rng: Rng) -> Path:
    """Writes a raster whose values, bands, CRS, transform or size may be absurd; a sound raster of land cover, written beside it."""
    rows, cols = pick(rng, [(60, 60)] * 5 + [(1, 1), (1, 60), (3, 2)])
    dtype = pick(rng, ["float32"] * 3 + ["int16", "uint8", "float64", "int32", "uint16"])
    size = 0.6 / cols
    transform = pick(rng, [Affine(size, 0, 112.95, 0, -size, 23.55)] * 6 + [
        Affine(size, 0, 112.95, 0, size, 22.95), Affine(size, 0.001, 112.95, 0.001, -size, 23.55),
        Affine(-size, 0, 113.55, 0, -size, 23.55), Affine(size, 0, 12.0, 0, -size, 50.0), Affine(1e-9, 0, 113.2, 0, -1e-9, 23.2),
        Affine(30, 0, 0, 0, -30, 0), Affine.identity(),
        Affine(0.6 / cols, 0, 179.9, 0, -size, 23.55),
    ])  # fmt: skip
    heights = rng.uniform(0, 200, (rows, cols))
    wrong = pick(rng, [None] * 4 + [np.nan, np.inf, -32768, 1e30, -9999, 255])
    heights[rng.random((rows, cols)) < pick(rng, [0.02, 0.5, 1.0])] = heights[0, 0] if wrong is None else wrong
    crs = pick(rng, ["EPSG:4326"] * 6 + [None, "EPSG:32649", "EPSG:4490", "EPSG:3857", "EPSG:4610"])
    nodata = pick(rng, [None] * 3 + [-32768, 0, 255, -9999, np.nan])
    bands = pick(rng, [1] * 6 + [2, 3])
    cover = path.with_name("cover.tif")
    profile: dict[str, Any] = {"height": rows, "width": cols, "count": bands, "dtype": dtype, "crs": crs, "transform": transform}
    with np.errstate(all="ignore"):
        values = np.nan_to_num(heights).clip(-30000, 30000).astype(dtype) if dtype[0] != "f" else heights.astype(dtype)
    driver = {".asc": "AAIGrid", ".img": "HFA", ".tif": "GTiff"}[path.suffix]
    try:
        with rasterio.open(path.with_suffix(".tif"), "w", driver="GTiff", **profile, nodata=nodata) as made:
            for band in range(1, bands + 1):
                made.write(values, band)
        if driver != "GTiff":
            rasterio.shutil.copy(path.with_suffix(".tif"), path, driver=driver)
    except Exception:  # this driver cannot hold it: a sound one
        path.unlink(missing_ok=True)
        with rasterio.open(path, "w", driver="GTiff", **profile | {"dtype": "float32", "crs": "EPSG:4326", "count": 1}) as made:
            made.write(heights.astype("float32"), 1)
    codes = np.full((60, 60), pick(rng, [10, 50, 80, 0, 77]), dtype=np.uint8)
    box = Affine(0.01, 0, 112.95, 0, -0.01, 23.55)
    with rasterio.open(cover, "w", driver="GTiff", height=60, width=60, count=1, dtype="uint8", crs="EPSG:4326", transform=box) as made:
        made.write(codes, 1)
    return cover
