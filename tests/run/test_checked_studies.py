"""Where `check` finds no error, no verb ends in an error of the input: small studies with mutated columns, cells, keys and files."""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from arranged_study import build_arranged, sites, villages
from hypothesis import HealthCheck, assume, currently_in_test_context, event, given, note, seed, settings
from hypothesis import strategies as st

from infraplan import cli
from infraplan.policy.inspection import COLUMNS as COLUMNS_MEASURED

VERBS = (("coverage",), ("scorecard",), ("gaps",), ("plan",), ("explain",), ("plan", "--budget", "3000000"), ("run", "--formats", "xlsx"))
NEED_PEOPLE = ("scorecard", "gaps", "plan", "explain", "run")
NEED_PLAN = ("plan", "explain")
Change = Callable[[Path], None]

PLACES = pd.DataFrame(
    {
        "id": ["a", "b", "c", "d"],
        "name": ["甲校", "乙院", "丙镇", "丁园"],
        "lon": [113.1, 113.2, 113.3, 113.4],
        "lat": [23.1, 23.2, 23.3, 23.4],
        "place_class": ["学校", "hospital", "乡镇", "园区"],
        "kind": ["小学", "", "镇", ""],
        "monitored": ["是", "否", "", "是"],
    }
)
HOSTS = pd.DataFrame({"id": ["h1", "h2"], "name": ["楼", "杆"], "lon": [113.11, 113.31], "lat": [23.11, 23.31], "host": ["楼面", "灯杆"]})
USERS = pd.DataFrame({"county": ["440101", "440202"], "value": [1000, 500], "subscribers": [10, 20], "speed_mbps": [50, 200]})
POLICY = """[policy]
document = "-"
title = "自定"
province = "440000"
source = "test"
[scopes.west]
name = "西"
cities = ["440100"]
[[target]]
id = "people"
task = "人口"
measure = "population_share"
family = "nr"
required = 0.6
asked_of = "scope"
[[target]]
id = "villages"
task = "村"
measure = "place_share"
family = "nr"
layer = "villages"
min_households = 20
required = 0.5
[[target]]
id = "schools"
task = "学校"
measure = "place_share"
family = "nr"
place_classes = ["学校", "hospital"]
scope = "west"
required = 0.5
[[target]]
id = "users"
task = "用户"
measure = "reported"
register = "users"
[[target]]
id = "speed"
task = "速率"
measure = "attribute_share"
register = "users"
column = "speed_mbps"
at_least = 100
weight = "subscribers"
required = 0.5
[[target]]
id = "sites"
task = "站"
measure = "site_count"
family = "nr"
required = 10
[[target]]
id = "things"
task = "人口"
measure = "population_share"
family = "nbiot"
required = 0.7
asked_of = "scope"
"""
NAMED = 'exclusions = ["lands.geojson"]\nhosts = "hosts.csv"\nplaces = "places.csv"\nregisters = { users = "users.csv" }\n'
MUST = 'must = ["schools"]\nforbidden = ["h1"]\n'


def text_of(text: str) -> str:
    """study.toml with every kind of file and choice."""
    text = text.replace("[files]\n", "[files]\n" + NAMED).replace('"guangdong-2020"', '"mine.toml", "guangdong-2018"')
    text = text.replace("resolution_m = 1000", "resolution_m = 2000")
    return text.replace("nr-pop90", "people").replace("gap = 0.05", "gap = 0.05\n" + MUST)


def build(folder: Path) -> Path:
    people = villages(5)
    study = build_arranged(folder / "study", people=people, network=sites(people), change=text_of)
    for name, table in (("places", PLACES), ("hosts", HOSTS), ("users", USERS)):
        table.to_csv(study / f"{name}.csv", index=False)
    (study / "mine.toml").write_text(POLICY, encoding="utf-8")
    boxes = shapely.box([113.05, 113.3], [23.05, 23.3], [113.08, 113.35], [23.08, 23.33])
    water = gpd.GeoDataFrame({"name": ["湖", "库"]}, geometry=list(boxes), crs=4326)
    water.to_file(study / "lands.geojson")
    heard = ((people["id"].iloc[1], "-90.0", "2"), (people["id"].iloc[7], "-125.0", "3"), ("a", "-80", "4"))
    same = {"operator": "cmcc", "service": "nr-n28", "family": "nr", "indoors": "False", "date": "2020-06-03", "inspector": "张三"}
    rows = [{"id": place, "rsrp_dbm": rsrp, **same, "source": "b.xlsx", "sha256": "0" * 64, "row": number} for place, rsrp, number in heard]
    pd.DataFrame(rows).reindex(columns=list(COLUMNS_MEASURED)).to_csv(study / "inspections.csv", index=False)
    return study


CELLS = st.sampled_from([
    "", "-", "0", "-1", "1e9", "9" * 30, "约一百", "440101", "44010", "449999", "某县", "县440101", "113.1", "23.1", "180", "nan", "inf",
    "是", "否", "学校", "shcool", "高铁", "0/120/240", "omni", "400", "nr-n41", "4G", "5G", "n28;nb900", "移动", "火星", "楼面", "tower",
    "smart_pole", "规划",
    "2020-13-01", "2020", "a/b", "C000001", "<b>", "=1+1", "x" * 300, "\u202e", "１２",
])  # fmt: skip
COLUMNS = (
    "county", "city", "adcode", "kind", "urban", "built", "status", "mast", "antenna", "fibre", "synthetic", "geometry", "village",
    "official_20", "host", "position_error_m", "x", "备注",
)  # fmt: skip
VALUES: tuple[str | None, ...] = (
    None, None, '""', "0", "1", "-1", "0.5", "1e9", "true", "[]", '["people"]', '["things", "people"]', '["villages"]', '"villages"',
    '["schools"]', '"guangdong"', '["nr-n41"]', '["nbiot-900"]', '["nr-n28", "nbiot-900"]', '"nbiot"', '"lte"', '"nr"', '["nr"]',
    '["nbiot"]', '"cmcc"', '"sites.csv"', '"places.csv"', '"none.csv"', '"guangdong-2020"', '["guangdong-2020"]', '"440000"',
    '"450000"', '["440200"]', '["h1"]', '["h9"]', '["C000001"]', "2020-06-30", '"p1812"', '"gcj02"', '"population_share"',
    '"place_count"', '"attribute_share"', '"indoor"', "144", "154",
)  # fmt: skip
FILES = ("villages.csv", "sites.csv", "places.csv", "hosts.csv", "users.csv", "inspections.csv")


def text_table(path: Path) -> pd.DataFrame:
    """A table as text, in whichever encoding and with whichever separator an earlier change left it."""
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("gb18030")
    return pd.read_csv(io.StringIO(text), sep="," if "," in text else ";", dtype=str, keep_default_na=False)


@st.composite
def cell(draw: st.DrawFn) -> Change:
    """Another value in a cell, or in a whole column."""
    file, value, whole = draw(st.sampled_from(FILES)), draw(CELLS), draw(st.booleans())
    row, column = draw(st.integers(0, 30)), draw(st.integers(0, 12))

    def change(study: Path) -> None:
        table = text_table(study / file)
        assume(len(table) and len(table.columns))
        rows = slice(None) if whole else row % len(table)
        table.iloc[rows, column % len(table.columns)] = value
        table.to_csv(study / file, index=False)

    return change


@st.composite
def table_change(draw: st.DrawFn) -> Change:
    """A column lost, renamed or added; rows lost, doubled or none left; another encoding or separator."""
    file, how, column = draw(st.sampled_from(FILES)), draw(st.integers(0, 7)), draw(st.integers(0, 12))
    name, value = draw(st.sampled_from(COLUMNS)), draw(CELLS)

    def change(study: Path) -> None:
        table = text_table(study / file)
        assume(len(table.columns) > 1)
        own = table.columns[column % len(table.columns)]
        if how == 0:
            table = table.drop(columns=own)
        elif how == 1:
            table = table.rename(columns={own: name})
        elif how in (2, 3):
            table = table.assign(**{name: value})
        elif how == 4:
            table = table.iloc[: column % 2]
        elif how == 5:
            table = pd.concat([table, table.tail(1)])
        text = table.to_csv(index=False, sep=";" if how == 6 else ",")
        (study / file).write_bytes(text.encode("gb18030" if how == 7 else "utf-8-sig", "replace"))

    return change


@st.composite
def key_change(draw: st.DrawFn) -> Change:
    """A line of study.toml or of the policy lost, or its value replaced."""
    file, number = draw(st.sampled_from(["study.toml", "mine.toml"])), draw(st.integers(0, 80))
    value = draw(st.sampled_from(VALUES))

    def change(study: Path) -> None:
        lines = (study / file).read_text(encoding="utf-8").splitlines()
        at = [position for position, text in enumerate(lines) if "=" in text]
        position = at[number % len(at)]
        lines[position : position + 1] = [] if value is None else [f"{lines[position].split('=')[0].strip()} = {value}"]
        (study / file).write_text("\n".join(lines) + "\n", encoding="utf-8")

    return change


KEYS = {
    "study": ("synthetic = true", 'population_basis = "registered"', 'city_order = "guangdong"', "as_of = 2020-06-30"),
    "coverage": ('families = ["nr"]', 'families = ["nbiot"]', "caps_km = { nr = 3.0 }", "caps_km = { nr = -3.0 }"),
    "plan": (
        'services = ["nbiot-900"]', 'services = ["nr-n28", "nbiot-900"]',
        "capacity_people = 500", "priority_weight = 2.0", "county_floor = 0.5", "county_floor = 1.0", "planning_margin_db = 6.0",
        "smart_poles = true",
        "pareto = 2", 'forced = ["h1"]', 'forced = ["h2"]', 'forced = ["C000001"]', 'forced = ["S000"]', "site_spacing_m = 50000.0",
        "candidate_least_people = 100000", 'phases = [{ name = "一", share = 0.5 }, { name = "二" }]',
        'phases = [{ name = "一", sites = 0 }]',
        'phases = [{ name = "一", must = ["schools"] }]',
        'targets = ["people", "things"]', 'targets = ["schools"]', "targets = []", 'operators = "ctcc"', 'operators = ""',
    ),
    "options.sites": ('unit = "site"', 'unit = "mast"', 'services = "nr-n28"', 'outside = "error"', 'encoding = "gb18030"', "sheet = 2"),
    "options.villages": ('outside = "ignore"', 'crs = "EPSG:4547"', 'datum = "bd09"'),
    "options.exclusions": ('datum = "gcj02"', 'crs = "EPSG:3857"'),
    "files": ('corridors = "sites.csv"', 'census = "users.csv"', 'terrain = "none.tif"', 'clutter = "villages.csv"'),
    "datum": ('villages = "gcj02"', 'sites = "bd09"', 'places = "wgs84"'),
}  # fmt: skip


@st.composite
def key_added(draw: st.DrawFn) -> Change:
    """A further key of study.toml, or another value where it has the key."""
    section = draw(st.sampled_from(sorted(KEYS)))
    line = draw(st.sampled_from(KEYS[section]))

    def change(study: Path) -> None:
        text = (study / "study.toml").read_text(encoding="utf-8")
        key = line.split("=")[0].strip()
        written = re.compile(rf"^{key} *=.*\n" if key != "targets" else r"^targets? *=.*\n", re.MULTILINE)
        if key not in ("datum", "services", "encoding", "outside", "crs", "unit", "sheet"):  # keys that several sections have
            text = written.sub("", text)
        elif section == "plan":
            head, mark, tail = text.partition("[plan]\n")
            text = head + mark + written.sub("", tail)
        text = text.replace(f"[{section}]\n", f"[{section}]\n{line}\n") if f"[{section}]" in text else f"{text}\n[{section}]\n{line}\n"
        (study / "study.toml").write_text(text, encoding="utf-8")

    return change


STUDIES, SEED = int(os.environ.get("CHECKED_STUDIES", "4")), os.environ.get("CHECKED_SEED")
"""How many changed studies are tried, each with every verb, some 15 s; which ones, where a number says so."""
CHANGES = st.lists(st.one_of(cell(), table_change(), key_change(), key_added()), min_size=1, max_size=3)


def call(*words: object) -> tuple[int, str]:
    """Exit code and stderr of a call, in this process. What no verb should raise comes through."""
    out, err = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["infraplan", *map(str, words)]),
        redirect_stdout(out),
        redirect_stderr(err),
        pytest.raises(SystemExit) as ended,
    ):
        cli.main()
    return int(ended.value.code or 0), err.getvalue()


def keeps_its_word(changes: list[Change], verbs: tuple[tuple[str, ...], ...]) -> None:
    """Check a changed study; where no error is found, every verb that applies goes well."""
    with tempfile.TemporaryDirectory() as name:
        study = build(Path(name))
        for change in changes:
            change(study)
        code, found = call("check", study)
        assert code in (0, 3), found
        if currently_in_test_context():
            event(f"check {code}")
        if code:
            return
        text = (study / "study.toml").read_text(encoding="utf-8")
        has_people, planned = "没有写村庄文件" not in found, "没有写规划目标" not in found
        for verb, *options in verbs:
            if (verb in NEED_PEOPLE and not has_people) or (verb in NEED_PLAN and not planned) or (options and "capacity_people" in text):
                continue
            code, found = call(verb, study, *options)
            if code:
                note((study / "study.toml").read_text(encoding="utf-8"))
            assert code == 0, f"{verb}: {code}\n{found}"


def test_the_unchanged_study_goes_well() -> None:
    keeps_its_word([], VERBS)


@pytest.mark.thorough
@pytest.mark.slow
@seed(int(SEED or 0))
@settings(max_examples=STUDIES, deadline=None, derandomize=SEED is None, database=None, suppress_health_check=list(HealthCheck))
@given(CHANGES)
def test_what_check_lets_pass_no_verb_refuses(changes: list[Change]) -> None:
    keeps_its_word(changes, VERBS)
