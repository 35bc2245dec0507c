"""What a plan refuses, by name and before anything is predicted or searched: costs, hosts, line layers, capacities."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from results import copy_of
from shapely.geometry import LineString

from infraplan import presets
from infraplan.run import predicting

Call = Callable[..., Any]
Spoil = Callable[[Path], None]


def stated(key: str, section: str = "[plan]") -> Spoil:
    """One more key of study.toml."""

    def spoil(study: Path) -> None:
        text = (study / "study.toml").read_text(encoding="utf-8")
        assert section + "\n" in text
        (study / "study.toml").write_text(text.replace(section + "\n", f"{section}\n{key}\n", 1), encoding="utf-8")

    return spoil


def costs(host: str, gone: str) -> Spoil:
    """A costs file of the study's own: that of the package, where a line (or the whole) of a host is missing."""

    def spoil(study: Path) -> None:
        text = (Path(presets.__file__).parent / "costs.toml").read_text(encoding="utf-8")
        head, body, tail = text.partition(f"[hosts.{host}]\n")
        own, mark, others = tail.partition("\n[")
        assert body and mark
        if gone:
            lines = own.split("\n")
            assert any(line.startswith(gone) for line in lines)
            own = "\n".join(line for line in lines if not line.startswith(gone))
        (study / "costs.toml").write_text(head + (body + own if gone else "") + mark + others, encoding="utf-8")
        stated('costs = "costs.toml"', "[files]")(study)

    return spoil


def hosts(study: Path) -> None:
    (study / "hosts.csv").write_text("id,name,lon,lat,host\nH1,楼,116.6,23.5,热气球\n", encoding="utf-8")
    stated('hosts = "hosts.csv"', "[files]")(study)


def roads(crs: str, options: str = "") -> Spoil:
    """A layer of roads whose coordinates are degrees, in this CRS."""

    def spoil(study: Path) -> None:
        line = LineString([(116.5, 23.4), (116.9, 23.6)])
        gpd.GeoDataFrame({"name": ["路"]}, geometry=[line], crs=crs).to_file(study / "roads.gpkg")
        stated('roads = "roads.gpkg"', "[files]")(study)
        text = (study / "study.toml").read_text(encoding="utf-8")
        (study / "study.toml").write_text(text + options, encoding="utf-8")

    return spoil


CASES: dict[str, tuple[Spoil, tuple[str, ...]]] = {
    "costs without a base": (costs("tower", "capex"), ("costs.toml", "hosts.tower.capex")),
    "a host without a price": (costs("tower", ""), ("hosts.tower",)),
    "an unknown host": (hosts, ("hosts.csv", "热气球")),
    "a line layer in degrees": (roads("EPSG:4326"), ("roads.gpkg", "[options.roads]")),
    "degrees stated as metres": (roads("EPSG:4547"), ("roads.gpkg",)),
    "a capacity of 0": (stated("capacity_people = 0"), ("capacity_people",)),
    "a busy hour without load": (stated("busy_hour = { load = 0.0 }"), ("busy_hour.load",)),
    "a busy hour beside a number": (stated("capacity_people = 900\nbusy_hour = { load = 0.5 }"), ("plan.busy_hour",)),
    "an order without phases": (stated("priority_first = true"), ("plan.priority_first", "[[plan.phases]]")),
    "a target that does not exist": (stated('must = ["nr-prd-townships/towms"]'), ("towms", "towns")),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_named_before_any_search(
    infraplan: Call, mini_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    spoil, named = CASES[case]
    study = copy_of(mini_study, tmp_path)
    spoil(study)
    monkeypatch.setattr(predicting, "predict_coverage", lambda *_, **__: pytest.fail("predicted"))
    answer = infraplan("plan", study, "--json")
    assert answer.code in (2, 3) and not answer.out, answer.err
    assert all(name in answer.err for name in named), answer.err
    assert "Traceback" not in answer.err
