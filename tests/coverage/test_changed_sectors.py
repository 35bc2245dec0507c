"""A map made from that before a few sectors changed is the map of a whole prediction, byte by byte."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import infraplan as ip
from infraplan.coverage.changed_sectors import changed_cover
from infraplan.coverage.places import prepare_margins
from infraplan.run.predicting import predict
from infraplan.run.progress import Silent
from tests.helpers.hilly_study import write_hilly_study

COUNTS = ("models_used", "capped_sites", "capped_by_family", "sites_beyond_terrain", "synthetic_terrain", "reliability", "caps_km", "model")


def whole_map(study: ip.Study) -> Any:
    """The map predicted from all sites, with the margins of its villages."""
    cover = predict(study, Silent())
    prepare_margins(cover, [study.villages], None)
    return cover


@pytest.fixture(scope="module", params=["flat", "terrain"])
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ip.Study:
    folder = tmp_path_factory.mktemp("changed") / "study"
    write = write_hilly_study if request.param == "terrain" else ip.example_world().write
    return ip.Study.open(write(folder))


@pytest.fixture(scope="module")
def before(study: ip.Study) -> Any:
    return whole_map(study)


def edited(study: ip.Study, which: str) -> ip.Study:
    """The study with one site moved, removed, added or turned; or with a twin of a site beside it and another one removed."""
    row = study.sites.iloc[0]
    new: dict[str, Any] = {"do": "add", "id": "A0", "services": ("nr-n28",), "operators": "cbn+cmcc", "host": "tower"}
    edits = {
        "moved": (ip.Edit(do="change", id="S4", longitude=113.2, latitude=23.1),),
        "removed": (ip.Edit(do="remove", id="S4"),),
        "added": (ip.Edit(**new, longitude=113.1, latitude=23.08),),
        "twin": (
            ip.Edit(**new, longitude=row.geometry.x, latitude=row.geometry.y, height_m=row["height_m"], azimuth_deg=(0.0, 120.0, 240.0)),
            ip.Edit(do="remove", id="S2"),
        ),
        "nothing": (),
    }[which]
    return study.under(ip.Scenario(name="t", edits=edits))


@pytest.mark.parametrize("which", ["moved", "removed", "added", "twin", "nothing"])
def test_equals_a_whole_prediction(study: ip.Study, before: Any, which: str) -> None:
    there = edited(study, which)
    whole = whole_map(there)
    made, pixels = changed_cover(before, study.sectors, there.sectors)
    prepare_margins(made, [there.villages], None)
    assert_equal(made, whole)
    assert (pixels > 0) == (which != "nothing")
    if which == "twin":  # two sectors of equal margins: the one whose id comes first serves
        names = whole.sector_ids[np.unique(whole["nr"].server[whole["nr"].server >= 0])]
        assert any(name.startswith("A0/") for name in names)
    back, _ = changed_cover(whole, there.sectors, study.sectors)
    prepare_margins(back, [study.villages], None)
    assert_equal(back, before)


def test_positions_that_were_not_known(study: ip.Study) -> None:
    there = edited(study, "moved")
    made, _ = changed_cover(predict(study, Silent()), study.sectors, there.sectors)
    prepare_margins(made, [there.villages], None)
    assert_equal(made, whole_map(there))


def assert_equal(made: Any, whole: Any) -> None:
    for receivers in ("layers", "elsewhere"):
        own, wanted = getattr(made, receivers), getattr(whole, receivers)
        assert list(own) == list(wanted)
        for key in wanted:
            assert own[key].margin_db.tobytes() == wanted[key].margin_db.tobytes(), key
            np.testing.assert_array_equal(own[key].server, wanted[key].server, err_msg=str(key))
    for name in COUNTS:
        assert getattr(made, name) == getattr(whole, name), name
    assert list(made.sector_ids) == list(whole.sector_ids)
    assert made.positions.planes == whole.positions.planes
    known, wanted = made.positions.known, whole.positions.known
    np.testing.assert_array_equal(np.asarray(known.keys), np.asarray(wanted.keys))
    assert known.best.tobytes() == wanted.best.tobytes()
    np.testing.assert_array_equal(known.server, wanted.server)
