"""Counts of what lacks service: things, not rows, out of all that any target asks about."""

from __future__ import annotations

from typing import Any

import miniature
import pandas as pd

from infraplan.policy.annex import by_place, gap_parts
from infraplan.policy.gap_counts import gap_counts, things_of_targets
from infraplan.policy.gap_lists import find_gaps
from infraplan.policy.layers import Layers
from infraplan.policy.targets import Targets
from infraplan.tables.language import Speech
from infraplan.tables.wording import worded


def layers() -> dict[str, Any]:
    return {
        "zones": miniature.zones(), "villages": miniature.villages(), "places": miniature.places(), "sites": miniature.sites(),
        "corridors": miniature.corridors(), "registers": miniature.registers(),
    }  # fmt: skip


def row(**known: Any) -> dict[str, Any]:
    return {"id": "V1", "kind": "village", "family": "nr", "status": "unserved", "target": "a", "network": "any", "city": "c"} | known


def test_everything_listed_is_asked_about(small_policy: Targets) -> None:
    gaps = find_gaps(small_policy, miniature.coverage(), **layers())
    asked = things_of_targets(small_policy, Layers(miniature.coverage(), **layers()))
    assert set(gaps["id"]) <= set(asked["id"])
    assert not asked.duplicated().any()
    counts = gap_counts(gaps, asked, ("nr", "nbiot"))
    for entry in (*counts["villages"].values(), counts["places"], counts["sites"]):
        assert 0 <= entry["uncertain"] <= entry["lacking"] <= entry["asked"]
    natural = miniature.villages().loc[lambda rows: rows["kind"] != "block"]
    assert 0 < counts["villages"]["nr"]["asked"] <= len(natural)


def test_a_thing_that_two_targets_list_counts_once() -> None:
    gaps = pd.DataFrame(
        [
            row(), row(target="b"), row(id="V2", status="uncertain"),
            row(id="P1", kind="school"), row(id="P1", kind="school", target="b", family="nbiot"),
            row(id="S1", kind="site", family=""),
        ]
    )  # fmt: skip
    things = [("village", "V1"), ("village", "V2"), ("village", "V3"), ("place", "P1"), ("place", "P2"), ("line", "L1"), ("site", "S1")]
    rows = [{"thing": thing, "id": name, "family": family, "city": "c"} for thing, name in things for family in ("nr", "nbiot")]
    asked = pd.DataFrame(rows)
    counts = gap_counts(gaps, asked, ("nr", "nbiot"))
    assert counts["villages"] == {
        "nr": {"lacking": 2, "uncertain": 1, "asked": 3}, "nbiot": {"lacking": 0, "uncertain": 0, "asked": 3},
    }  # fmt: skip
    assert counts["places"] == {"lacking": 1, "uncertain": 0, "asked": 3}
    assert counts["sites"] == {"lacking": 1, "uncertain": 0, "asked": 1}, "a site is no village"
    assert gap_counts(gaps.iloc[:0], asked, ("nr",))["villages"]["nr"] == {"lacking": 0, "uncertain": 0, "asked": 3}
    assert gap_counts(gaps, None, ("nr",))["places"]["asked"] is None


def test_one_row_a_village_names_the_networks_that_lack_service(small_policy: Targets) -> None:
    """Both networks: any operator. One of them: that one, beside the status and as the operator to look for."""
    shared = ("cbn+cmcc", "ctcc+cucc")
    empty = ("county_name", "city_name", "county", "town", "committee", "village", "name", "nearest_site", "priority")
    common = dict.fromkeys(empty, "")
    common |= {"reason": "no_site_in_range", "remedy": "new_site", "receiver": "outdoor", "margin_db": -3.0, "from_km": None}
    rows = [row(id="V1"), row(id="V1", network=shared[0]), row(id="V1", network=shared[1]), row(id="V2", network=shared[1]),
            row(id="V3", network="any"), row(id="V3", family="nbiot", network=shared[0], receiver="indoor")]  # fmt: skip
    gaps = pd.DataFrame([common | one for one in rows])
    speech = Speech("zh", receivers={"nr": "outdoor", "nbiot": "outdoor"})
    table = gap_parts(by_place(gaps, speech))["gaps"]
    cells = {one.label: one.texts() for one in worded(table, "gaps", "annex", speech)}
    assert cells["5G（室外）"] == ["未覆盖", "未覆盖（电信+联通）", "未覆盖"]
    assert cells["NB-IoT（室外）"] == ["", "", "未覆盖（移动+广电）"]
    assert cells["运营商"] == ["任一运营商", "电信+联通", "任一运营商"]
    assert cells["NB-IoT（室外）余量(dB)"] == ["—", "—", "\u22123.0（室内）"], "the heading's place does not hold for this row"


def test_what_asks_no_signal_is_named_too(small_policy: Targets) -> None:
    """c3 lacks 5G and fibre: both causes bear a name, fibre that of its clause."""
    gaps = find_gaps(small_policy.only("villages", "fibre"), miniature.coverage(), **layers())
    found = by_place(gaps, Speech("zh", tasks={"fibre": "光纤到村"})).set_index("id").loc["c3"]
    assert "光纤到村：登记为未完成" in found["reason"] and "5G：" in found["reason"] and not found["reason"].startswith("：")
