"""`infraplan serve` as a process over a study that was run: first line, numbers, kill -9, Ctrl-C, what it says when it cannot."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="starlette is absent: pip install infraplan[web]")
pytest.importorskip("uvicorn", reason="uvicorn is absent: pip install infraplan[web]")

from results import digests
from visitor import Client, serve

from infraplan.io import read_sites
from infraplan.run.what_if import WhatIf
from infraplan.run.what_if_page import WhatIfPage
from infraplan.study import Study
from infraplan.study.scenarios import Edit

MOVE = {"do": "change", "id": "S0000", "longitude": 116.7, "latitude": 23.7, "height_m": 45}


def post(client: Client, version: int, *edits: dict[str, Any]) -> Any:
    answer = client.post("/edits", json.dumps({"version": version, "edits": edits}).encode())
    assert answer.status == 200, answer.content
    return json.loads(answer.content)


def test_the_numbers_are_those_of_the_engine_and_only_scenarios_are_written(study: Path, tmp_path: Path) -> None:
    before = digests(study.parent)
    with serve(study) as served:
        change = post(served.client, 1, MOVE)
        expected = WhatIfPage(WhatIf(Study.open(study))).apply([Edit(**MOVE)])
        assert change["shares"]["columns"] == list(expected.shares.columns)
        assert change["shares"]["rows"] == expected.shares.to_numpy(dtype=object).tolist()
        assert {row[0] for row in change["shares"]["rows"]} == {"province", "city", "county"}
        west, south, east, north = change["bounds"]
        assert west < 116.7 < east and south < 23.7 < north
        saved = served.client.post("/scenarios", json.dumps({"name": "moved"}).encode())
        assert saved.status == 200
        assert served.client.post("/scenarios", json.dumps({"name": "again"}).encode()).status == 200
        compared = json.loads(served.client.get("/compare?first=moved&second=again").content)
        rows = [dict(zip(compared["shares"]["columns"], row, strict=True)) for row in compared["shares"]["rows"]]
        shown = expected.shares.query("network == 'any'").set_index(["adcode", "family"])["served"]
        assert rows and all(row["served_first"] == row["served_second"] == shown[row["adcode"], row["family"]] for row in rows)
        table = tmp_path / "sites.csv"
        table.write_bytes(served.client.get("/export").content)
        served.process.send_signal(signal.SIGINT)
        assert served.process.wait(20) == 0
        assert "Traceback" not in served.process.stderr.read()
    sites = read_sites(table).set_index("id")
    assert len(sites) == len(Study.open(study).sites)
    assert (sites.geometry.x["S0000"], sites.geometry.y["S0000"], sites.loc["S0000", "height_m"]) == (116.7, 23.7, 45)
    after = digests(study.parent)
    assert {name for name in after if before.get(name) != after[name]} == {"study/scenarios/moved.toml", "study/scenarios/again.toml"}


def test_a_scenario_is_what_the_page_begins_with(study: Path) -> None:
    with serve(study) as served:
        post(served.client, 1, MOVE)
        assert served.client.post("/scenarios", json.dumps({"name": "begin"}).encode()).status == 200
    with serve(study, "--scenario", "begin") as served:
        state = json.loads(served.client.get("/state").content)
        assert state["scenario"] == "begin" and state["offered"] is None
        assert [(edit["id"], edit["height_m"]) for edit in state["edits"]] == [("S0000", 45)] and state["change"]["shares"]["rows"]


def test_kill_loses_at_most_the_last_edit(study: Path) -> None:
    with serve(study) as served:
        post(served.client, 1, MOVE)
        post(served.client, 2, MOVE, {"do": "remove", "id": "S0001"})
        os.kill(served.process.pid, signal.SIGKILL)
    with serve(study) as served:
        offered = json.loads(served.client.get("/state").content)["offered"]
        assert [edit["id"] for edit in offered["edits"]] == ["S0000", "S0001"]
        assert served.client.post("/unsaved", method="DELETE").status == 200
    assert not (study / "scenarios" / "unsaved.toml").exists()


REFUSED = (
    {"do": "change", "id": "nobody", "height_m": 30},
    {"do": "add", "id": "S0000", "longitude": 116.7, "latitude": 23.7, "services": ["nr-n28"], "operators": "cmcc"},
    {"do": "change", "id": "S0000", "services": ["nr-n999"]},
)


def test_everything_the_page_asks_is_answered_or_refused_in_words(study: Path) -> None:
    with serve(study) as served:
        client = served.client
        for version, edit in enumerate(REFUSED, start=1):
            answer = client.post("/edits", json.dumps({"version": version, "edits": [edit]}).encode())
            assert answer.status == 422 and all(json.loads(answer.content)["error"].values())
            assert json.loads(client.get("/state").content)["edits"] == []
        facts = json.loads(client.get("/facts?lang=en").content)
        west, south, east, north = facts["bounds"]
        box = f"west={west}&south={south}&east={east}&north={north}"
        for family in facts["families"]:
            for network in facts["networks"]:
                query = f"family={family['key']}&network={network['key'].replace('+', '%2B')}"
                assert client.get(f"/picture?{query}&zoom=9&x=105000&y=56000&width=400&height=300").content.startswith(b"\x89PNG")
                rows = json.loads(client.get(f"/villages?{box}&{query}").content)["rows"]
                assert rows and len(json.loads(client.get(f"/villages?{box}&{query}&only_status=true").content)["now"]) == len(rows)
        assert json.loads(client.get(f"/sites?{box}").content)["rows"]
        assert {zone["level"] for zone in json.loads(client.get("/outlines").content)} == {"province", "city", "county"}
        found = json.loads(client.get("/at?longitude=116.7&latitude=23.7&family=nr").content)
        assert {"servers", "villages", "profile"} <= set(found)
        assert client.get("/at?longitude=116.7&latitude=23.7&family=6g").status == 422
        assert client.get("/picture?family=6g&network=any&zoom=9&x=1&y=1&width=4&height=3").status == 422
        assert client.get("/lines").status == 200


def test_a_study_that_was_not_run_is_refused_with_the_fix(small_study: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infraplan", "serve", str(small_study), "--no-open"], capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 2 and "infraplan run" in done.stderr and "Traceback" not in done.stderr


def test_without_the_extra_the_verb_says_what_to_install(small_study: Path) -> None:
    hide = "import sys; sys.modules['starlette'] = None; sys.argv = ['infraplan', 'serve', sys.argv[1]]"
    code = f"{hide}\nfrom infraplan.cli import main\nmain()"
    done = subprocess.run([sys.executable, "-c", code, str(small_study)], capture_output=True, text=True, timeout=100)
    assert done.returncode == 1 and 'pip install "infraplan[web]"' in done.stderr and "Traceback" not in done.stderr
