"""What the map shows of every network, today and with the plan, agrees with the figures of the run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import infraplan as ip
from infraplan.coverage.map_update import cover_with
from infraplan.report.map_detail import CLASSES, STATES, STATUSES
from infraplan.report.margin_images import NOTHING, classes_of
from infraplan.run.findings import Findings
from infraplan.run.map_states import map_detail, with_map_states
from infraplan.run.people_with_plan import with_plan_counted


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> tuple[Findings, ip.Plan]:
    """A small study with its plan, its map and the statuses of its villages."""
    folder: Path = tmp_path_factory.mktemp("states") / "study"
    findings = ip.assess(ip.Study.open(ip.example_world().write(folder)))
    plan = ip.make_plan(findings)
    after = cover_with(plan.sites, findings.cover, findings.study.plan_services)
    return with_map_states(with_plan_counted(findings, plan, after), plan, after), plan


def test_settlements_today_and_with_the_plan_add_up_to_the_shares(known: tuple[Findings, ip.Plan]) -> None:
    findings, _ = known
    people = findings.villages["population"].to_numpy()
    for (family, network), codes in findings.village_states.items():
        rows = findings.by_zone
        own = rows[(rows["family"] == family) & (rows["network"] == network) & (rows["level"] == "province")].iloc[0]
        assert people[codes % STATES == 0].sum() == own["served"]
        assert people[codes // STATES == 0].sum() == own["served_after"], "without a limit of users"
        if network == "any":
            assert [STATUSES[code] for code in codes % STATES] == findings.villages[f"{family}_status"].astype(str).tolist()


def test_pixels_hold_the_classes_of_both_maps(known: tuple[Findings, ip.Plan]) -> None:
    findings, _ = known
    detail = map_detail(findings, findings.cover, findings.study.zones)
    assert detail.planned and set(detail.margins) == {(one, net) for one in findings.cover.families for net in findings.cover.networks}
    for key, codes in detail.margins.items():
        for part, cover in ((codes // CLASSES, findings.cover), (codes % CLASSES, findings.after)):
            classes = classes_of(cover[key].margin_db)
            assert (part == np.where(classes == NOTHING, CLASSES - 1, classes)).all()
    gained = detail.margins["nr", "any"]
    assert (gained % CLASSES != gained // CLASSES).any()


def test_without_a_plan_today_stands_for_it(known: tuple[Findings, ip.Plan]) -> None:
    findings = with_map_states(known[0], None, None)
    detail = map_detail(findings, findings.cover, findings.study.zones)
    assert not detail.planned and all((codes // CLASSES == codes % CLASSES).all() for codes in detail.margins.values())
    assert all((codes // STATES == codes % STATES).all() for codes in detail.statuses.values())


def test_a_city_has_its_own_part(known: tuple[Findings, ip.Plan]) -> None:
    findings, _ = known
    city = str(findings.villages["city"].iloc[0])
    detail = map_detail(findings, findings.cover, findings.study.zones, city)
    assert all(len(codes) == (findings.villages["city"] == city).sum() for codes in detail.statuses.values())
