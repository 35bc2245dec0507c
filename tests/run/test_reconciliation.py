"""The numbers from the other end: recounted from the village tables and the gap sheets alone, to the person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyogrio
import pytest
from results import FAMILIES, STATUSES, city_villages, demo_of_this_code, people, summary_of

RESIDENTS = 126_012_510


@pytest.fixture(scope="session")
def demo() -> Path:
    """What `make demo` left."""
    return demo_of_this_code(pytest.skip)


def recount(results: Path, residents: int) -> None:
    """Every statement the summary makes about people, made again from the cities' tables."""
    summary, cities = summary_of(results), city_villages(results)
    everyone = pd.concat(cities.values(), ignore_index=True)
    assert summary["population"]["total"] == residents == int(everyone["population"].sum())
    assert everyone["id"].is_unique
    by_code = {(row["level"], row["adcode"]): row for row in summary["zones"]}
    assert {code for level, code in by_code if level == "city" and code} == set(cities)
    for family in FAMILIES:
        found = people(everyone, family)
        assert sum(found.values()) == residents
        assert found == {status: summary["population"][family][status] for status in STATUSES}
        for code, table in cities.items():
            city = by_code["city", code]
            own = people(table, family)
            assert own == {status: city[family][status] for status in STATUSES}
            assert sum(own.values()) == city["population"] == int(table["population"].sum())
            assert city["served"][family] == own["served"]
            counties = [row for (level, adcode), row in by_code.items() if level == "county" and adcode in set(table["county"])]
            assert {status: sum(row[family][status] for row in counties) for status in STATUSES} == own
        for level in ("province", "city", "county"):
            rows = [row for (one, _), row in by_code.items() if one == level]
            assert sum(row["population"] for row in rows) == residents
            assert {status: sum(row[family][status] for row in rows) for status in STATUSES} == found


def same_gaps(results: Path) -> None:
    """Villages a gap sheet of `village-<family>` lists + villages served = villages asked, in every city and in its workbook."""
    for folder in sorted((results / "cities").iterdir()):
        listed = pyogrio.read_dataframe(folder / "plan.gpkg", layer="gaps", read_geometry=False)
        sheets = gap_sheets(folder / "annex.xlsx")
        assert set(sheets["编码"]) == set(listed["id"])
        lines = set(listed.loc[listed["length_km"].notna(), "id"])  # a line has a row for each of its stretches
        assert sheets.loc[~sheets["编码"].isin(lines), "编码"].is_unique
        villages = pd.read_csv(folder / "villages.csv", dtype={"id": str}, encoding="utf-8-sig")
        for family in FAMILIES:
            here = listed.loc[(listed["target"] == f"village-{family}") & (listed["network"] == "any")].drop_duplicates("id")
            own = [one for one in summary_of(folder)["targets"] if one["id"] == f"village-{family}"]
            row = next(one for one in own if one["part"] in ("main", "") and one["network"] in ("any", ""))
            assert len(here) + row["numerator"] == row["denominator"]
            status = villages.set_index("id")[f"{family}_status"]
            assert set(here["status"]) <= {"uncertain", "unserved"}
            assert (here["status"].to_numpy() == status.reindex(here["id"]).to_numpy()).all()


def gap_sheets(workbook: Path) -> pd.DataFrame:
    """Rows of the gap sheets (villages, places, sites), below whatever stands above their headings."""
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(str(workbook))
    parts = []
    for name in (sheet for sheet in book.sheet_names if "缺口" in sheet):
        rows: list[list[Any]] = book.get_sheet_by_name(name).to_python()
        head = next(number for number, row in enumerate(rows) if sum(bool(str(cell).strip()) for cell in row) >= 8)
        table = pd.DataFrame(rows[head + 1 :], columns=[str(cell) for cell in rows[head]])
        parts.append(table.loc[pd.to_numeric(table.iloc[:, 0], errors="coerce").notna()])
    return pd.concat(parts, ignore_index=True)


def test_people_recounted(tiny_results: Path) -> None:
    recount(tiny_results, int(pd.read_csv(tiny_results.parent / "study/villages.csv")["population"].sum()))


def test_gaps_recounted(tiny_results: Path) -> None:
    same_gaps(tiny_results)


@pytest.mark.slow
def test_all_residents_of_the_demo(demo: Path) -> None:
    """Of the province, or of the cities for which `make demo CITIES=...` was run."""
    zones = pyogrio.read_dataframe(demo / "study/zones.gpkg", read_geometry=False)
    cities = zones.loc[zones["level"] == "city", "population"].astype(int)
    assert (cities.sum() == RESIDENTS) == (len(cities) == 21)
    recount(demo, int(cities.sum()))


@pytest.mark.slow
def test_gaps_of_the_demo(demo: Path) -> None:
    same_gaps(demo)


def test_the_plan_counts_the_people_it_says(tiny_results: Path) -> None:
    """Served before and gained add up in build order, and the check from the list of sites alone finds at least as many."""
    plan = summary_of(tiny_results)["plan"]
    sites = pyogrio.read_dataframe(tiny_results / "plan.gpkg", layer="new_sites", read_geometry=False)
    assert len(sites) == plan["sites"]
    assert int(sites["cost"].sum()) == plan["cost"] >= plan["cost_bound"]
    assert int(sites["people_gained"].sum()) == plan["population_gained"] == plan["served_after"] - plan["served_before"]
    assert plan["served_before"] == summary_of(tiny_results)["population"]["nr"]["served"]
    assert plan["check"]["served"] >= plan["served_after"]
    assert plan["check"]["feasible"]
    assert sites["order"].tolist() == list(range(1, len(sites) + 1))


def test_every_table_of_the_example_says_it_is_made_up(tiny_results: Path) -> None:
    summary = summary_of(tiny_results)
    assert summary["synthetic"] is True
    assert not {row["status"] for row in summary["targets"]} & {"met", "not_met"}
    assert all(bool(table["synthetic"].all()) for table in city_villages(tiny_results).values())
    for page in ("index.html", "report.html"):
        assert "示例" in (tiny_results / page).read_text(encoding="utf-8")
