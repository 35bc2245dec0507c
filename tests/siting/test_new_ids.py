"""A plan on top of an earlier plan that has been built: new sites get numbers of their own."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import infraplan as ip


def test_sites_of_an_earlier_plan_keep_their_ids(tmp_path: Path) -> None:
    folder = ip.example_world().write(tmp_path / "study")
    first = ip.make_plan(ip.assess(ip.Study.open(folder), gaps=False))
    assert first.sites["id"].tolist() == [f"N{number:05d}" for number in range(1, len(first.sites) + 1)]
    table = pd.read_csv(folder / "sites.csv", dtype=str)
    built = first.sites.head(5)
    rows = pd.DataFrame({name: built[name].astype(str) for name in table if name in built})
    rows = rows.assign(lon=built.geometry.x.astype(str), lat=built.geometry.y.astype(str), status="existing")
    planned = rows.tail(1).assign(id="N00077", status="planned")
    pd.concat([table, rows, planned], ignore_index=True).to_csv(folder / "sites.csv", index=False)
    second = ip.make_plan(ip.assess(ip.Study.open(folder), gaps=False))
    assert second.served_before > first.served_before and len(second.sites)
    assert second.sites["id"].tolist() == [f"N{number:05d}" for number in range(78, 78 + len(second.sites))]
    assert second.sites["order"].tolist() == list(range(1, len(second.sites) + 1))
