"""The server without a browser: codes, windows, the newest list of edits, events, unsaved edits, the end."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="starlette is absent: pip install infraplan[web]")
pytest.importorskip("uvicorn", reason="uvicorn is absent: pip install infraplan[web]")

from stub import StubEngine
from visitor import Client, serving

from infraplan.errors import UsageError
from infraplan.study import scenarios
from infraplan.web.access import SILENT_S, Access, Windows
from infraplan.web.page import FILES, OURS, words
from infraplan.web.server import Running, bound, hosts_of, is_loopback


def edits(version: int, *heights: float) -> bytes:
    rows = [{"do": "change", "id": f"S{number}", "height_m": height} for number, height in enumerate(heights)]
    return json.dumps({"version": version, "edits": rows}).encode()


def content(answer: Any) -> Any:
    return json.loads(answer.content)


def test_the_code_opens_once_and_leaves_the_address(client: Client) -> None:
    assert client.get("/").status == 200
    assert client.get("/?code=" + client.running.access.code).status == 403
    assert client.cookie.startswith(f"infraplan-{client.port}=") and len(client.cookie.partition("=")[2]) >= 43


def test_the_cookie_is_closed_to_scripts_and_other_sites(running: Any) -> None:
    answer = Client(running).login()
    assert answer.getheader("location") == "/"
    assert "HttpOnly" in answer.getheader("set-cookie") and "SameSite=Strict" in answer.getheader("set-cookie")


def test_the_page_is_one_of_two_languages_and_names_stay_text(client: Client) -> None:
    chinese, english = (client.get(path).content.decode() for path in ("/", "/en"))
    assert '<html lang="zh-CN">' in chinese and "研究 &lt;b&gt;甲&lt;/b&gt;" in chinese
    assert '<html lang="en">' in english and "study &lt;b&gt;A&lt;/b&gt;" in english


def test_every_file_of_the_page_is_there(client: Client) -> None:
    for name in FILES:
        answer = client.get(f"/static/{name}")
        assert answer.status == 200 and len(answer.content) > 300 and b"FONT_STACK" not in answer.content


def test_the_words_of_the_page_are_those_its_scripts_ask_for() -> None:
    sources = [files("infraplan.web").joinpath("static", name).read_text(encoding="utf-8") for name in (*OURS, "page.html")]
    asked = {key for text in sources for key in re.findall(r"""["'`]([a-z][a-z_0-9]*)["'`]""", text)}
    begun = tuple(key for key in asked if key.endswith("_"))  # say("status_" + status)
    said = {
        key
        for text in sources
        for key in re.findall(r"""say\("([a-z_0-9]+)"[,)]|data-(?:word|label)="([a-z_]+)\"""", text)
        for key in key
        if key
    }
    known = set(words("zh"))
    assert len(said) > 100 and not said - known
    assert not [key for key in known - asked - {"title"} if not key.startswith(begun) and key not in said]


def test_a_second_window_only_looks(client: Client, engine: StubEngine) -> None:
    assert content(client.post("/window")) == {"edits": True}
    second = "another-window-of-a-test"
    assert content(client.post("/window", x_infraplan_window=second)) == {"edits": False}
    answer = client.post("/edits", edits(1, 40), x_infraplan_window=second)
    assert answer.status == 409 and "只能查看" in content(answer)["error"]["zh"] and engine.applied == []
    client.post("/window", method="DELETE")
    assert content(client.post("/window", x_infraplan_window=second)) == {"edits": True}
    assert client.post("/edits", edits(1, 40)).status == 409


def test_a_silent_window_gives_way() -> None:
    now = [0.0]
    windows = Windows(lambda: now[0])
    assert windows.speaks("first") and not windows.speaks("second")
    now[0] = SILENT_S + 1
    assert windows.speaks("second") and not windows.speaks("first")


def test_an_older_list_is_refused(client: Client, engine: StubEngine) -> None:
    assert client.post("/edits", edits(5, 40)).status == 200
    assert client.post("/edits", edits(5, 50)).status == 422
    assert client.post("/edits", edits(4, 50)).status == 422
    assert content(client.get("/state"))["edits"] == [{"do": "change", "id": "S0", "height_m": 40.0}]


def test_of_waiting_lists_the_newest_alone_is_computed(client: Client, engine: StubEngine) -> None:
    engine.seconds = 0.5
    answers: dict[int, int] = {}

    def send(version: int) -> None:
        answers[version] = client.post("/edits", edits(version, 30 + version)).status

    threads = [threading.Thread(target=send, args=(version,)) for version in range(1, 6)]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    for thread in threads:
        thread.join()
    assert answers == {1: 200, 2: 409, 3: 409, 4: 409, 5: 200}
    assert [[edit.height_m for edit in applied] for applied in engine.applied] == [[31], [35]]


def test_what_the_engine_refuses_is_said_in_both_languages(client: Client, engine: StubEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    from infraplan.messages import both

    def refuse(edits: Any) -> None:
        raise UsageError(both("web.too_busy"))

    monkeypatch.setattr(engine, "apply", refuse)
    answer = client.post("/edits", edits(1, 40))
    assert answer.status == 422 and set(content(answer)["error"]) == {"zh", "en"}
    assert content(client.get("/state"))["edits"] == []


def test_a_fault_of_the_program_shows_no_traceback(
    client: Client, engine: StubEngine, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engine, "at", lambda *_: 1 / 0)
    answer = client.get("/at?longitude=1&latitude=1&family=nr")
    assert answer.status == 500 and b"Traceback" not in answer.content
    said = capfd.readouterr().err
    assert "ZeroDivisionError" in said and "Traceback" not in said
    assert client.get("/state").status == 200


class Listener:
    """A page that listens to the events."""

    def __init__(self, client: Client):
        self.connection = HTTPConnection("127.0.0.1", client.port, timeout=20)
        self.connection.request("GET", "/events", headers={"host": client.host, "cookie": client.cookie})
        self.answer = self.connection.getresponse()
        assert self.answer.readline().startswith(b"retry")

    def next(self, kind: str) -> Any:
        """The content of the next event of a kind."""
        while True:
            line = self.answer.readline().decode()
            assert line, "the stream ended"
            if line.startswith(f"event: {kind}"):
                return json.loads(self.answer.readline().decode().removeprefix("data: "))

    def close(self) -> None:
        self.answer.close()
        self.connection.close()


def test_targets_come_as_an_event_clause_by_clause(client: Client, engine: StubEngine) -> None:
    listener = Listener(client)
    client.post("/edits", edits(1, 40))
    assert listener.next("edits") == {"version": 1}
    assert client.get("/targets?lang=en").status == 202
    found = listener.next("targets")
    assert found == {"version": 1, "lang": "en", "columns": ["target"], "rows": [["T0"], ["T1"], ["T2"]]}
    client.get("/targets?lang=en")  # known already: sent again, not computed again
    assert listener.next("targets") == found and engine.clauses == 3
    listener.close()


def test_an_edit_does_not_wait_for_targets(client: Client, engine: StubEngine) -> None:
    listener = Listener(client)
    client.post("/edits", edits(1, 40))
    engine.seconds = 0.4
    client.get("/targets?lang=zh")
    time.sleep(0.1)
    begun = time.monotonic()
    assert client.post("/edits", edits(2, 50)).status == 200
    assert time.monotonic() - begun < 1.1  # the clause that was begun, and the edit
    client.get("/targets?lang=zh")
    assert listener.next("targets")["version"] == 2
    assert engine.clauses <= 5
    listener.close()


def test_unsaved_edits_outlive_the_server(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    for first in (True, False):
        for running in serving(StubEngine(folder)):
            client = Client(running)
            client.login()
            offered = content(client.get("/state"))["offered"]
            if first:
                assert offered is None
                client.post("/edits", edits(1, 40, 50))
                assert [path.name for path in folder.rglob("*") if path.is_file()] == ["unsaved.toml"]
            else:
                assert [edit["height_m"] for edit in offered["edits"]] == [40, 50]
                assert client.post("/unsaved", method="DELETE").status == 200
                assert content(client.get("/state"))["offered"] is None
    assert scenarios.scenario_names(folder) == []


def test_edits_that_are_saved_or_taken_back_are_not_offered(tmp_path: Path) -> None:
    for step in range(3):
        for running in serving(StubEngine(tmp_path)):
            client = Client(running)
            client.login()
            assert content(client.get("/state"))["offered"] is None
            if step == 0:
                client.post("/edits", edits(1, 40))
                client.post("/scenarios", b'{"name": "a"}')
                client.post("/edits", edits(2, 40))  # the scenario opened again
            elif step == 1:
                client.post("/edits", edits(1, 50))
                client.post("/edits", b'{"version": 2, "edits": []}')


def test_unsaved_edits_of_another_study_are_not_used(tmp_path: Path) -> None:
    scenarios.write_scenario(
        tmp_path, scenarios.Scenario(name="unsaved", edits=({"do": "remove", "id": "S1"},), inputs={"sites.csv": "other"})
    )
    for running in serving(StubEngine(tmp_path)):
        client = Client(running)
        client.login()
        offered = content(client.get("/state"))["offered"]
        assert offered["edits"] == [] and "sites.csv" in offered["reason"]


def test_scenarios_are_saved_and_opened_by_name(client: Client, engine: StubEngine) -> None:
    client.post("/edits", edits(1, 40))
    assert content(client.post("/scenarios", json.dumps({"name": "山区-1"}).encode()))["names"] == ["山区-1"]
    state = content(client.get("/state"))
    assert (state["scenario"], state["saved"]) == ("山区-1", True)
    assert content(client.get("/scenario?name=%E5%B1%B1%E5%8C%BA-1"))["edits"] == [{"do": "change", "id": "S0", "height_m": 40.0}]
    assert scenarios.scenario_names(engine.study.folder) == ["山区-1"]
    for name in ("unsaved", "../x", "a/b", "", " ", ".hidden", "x" * 61, "a\n", "a.toml"):
        answer = client.post("/scenarios", json.dumps({"name": name}).encode())
        assert answer.status == 422 and content(answer)["error"]["en"]
    assert [path.name for path in engine.study.folder.rglob("*") if path.is_file()] == ["山区-1.toml"]
    client.post("/edits", edits(2, 50)[:-1] + ', "scenario": "山区-1"}'.encode())
    state = content(client.get("/state"))
    assert (state["scenario"], state["saved"]) == ("山区-1", False)


def test_the_export_is_a_table_in_which_no_formula_runs(client: Client) -> None:
    answer = client.get("/export")
    assert answer.getheader("content-disposition") == 'attachment; filename="sites.csv"'
    assert answer.content.decode("utf-8-sig").splitlines() == ["id,name,lon,lat", "S1,'=1+1,113.0,23.0"]


def test_a_server_that_nobody_uses_stops(engine: StubEngine) -> None:
    running, ready = Running(idle_s=2.5), threading.Event()
    thread = threading.Thread(target=running.run, args=(engine, lambda url: ready.set()))
    thread.start()
    assert ready.wait(20)
    client = Client(running)
    client.login()
    for _ in range(4):
        time.sleep(0.3)
        client.post("/window")  # the page alone keeps no server alive
    thread.join(15)
    assert not thread.is_alive() and running.was_idle


def test_other_machines_need_the_token_at_every_opening() -> None:
    access = Access(by_token=True)
    assert access.exchange("x") is None
    first, second = access.exchange(access.code), access.exchange(access.code)
    assert first and second and first != second and access.known(first)
    assert access.may_open(first) and not access.may_open(first) and access.may_open(second)
    once = Access()
    session = once.exchange(once.code)
    assert session and once.exchange(once.code) is None and once.may_open(session) and once.may_open(session)


def test_names_of_a_server() -> None:
    assert hosts_of("127.0.0.1", 80) == ("127.0.0.1:80", "localhost:80", "[::1]:80")
    assert hosts_of("10.0.0.5", 80) == ("10.0.0.5:80",)
    assert hosts_of("fd00::1", 80) == ("[fd00::1]:80",)
    assert [is_loopback(host) for host in ("127.0.0.1", "localhost", "::1", "127.9.9.9", "10.0.0.5", "example.org")] == [True] * 4 + [
        False
    ] * 2


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "203.0.113.7"])
def test_an_address_that_cannot_be_served_is_refused_in_words(host: str) -> None:
    with pytest.raises(UsageError):
        bound(host, 0)


def test_a_port_that_is_taken_is_refused_in_words() -> None:
    taken = bound("127.0.0.1", 0)
    taken.listen()
    with pytest.raises(UsageError) as raised:
        bound("127.0.0.1", taken.getsockname()[1])
    assert "--port" in str(raised.value)
    taken.close()


PLAN = """
import json, sys, time
request = json.load(sys.stdin)
print(json.dumps({"kind": "progress", "step": "run.planning"}), flush=True)
print("no JSON", flush=True)
if request["budget"] == 1:
    time.sleep(60)
edits = [{"do": "add", "id": "N1", "longitude": 113.0, "latitude": 23.0, "services": ["nr-n28"], "operators": "cmcc"}]
print(json.dumps({"kind": "done", "sites": 1, "kept": len(request["edits"]), "edits": edits}), flush=True)
"""


@pytest.fixture
def planned(engine: StubEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Client]:
    """A page whose server completes plans by a small program."""
    from infraplan.web import planner

    (tmp_path / "plan_of_test.py").write_text(PLAN, encoding="utf-8")
    monkeypatch.setattr(planner, "MODULE", "plan_of_test")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    for running in serving(engine):
        client = Client(running)
        client.login()
        yield client


def test_a_plan_is_made_beside_the_page(planned: Client) -> None:
    listener = Listener(planned)
    planned.post("/edits", edits(1, 40))
    assert planned.post("/plan", b'{"budget": 5, "forbidden": []}').status == 202
    assert listener.next("plan") == {"kind": "progress", "step_zh": "规划新站", "step_en": "planning new sites"}
    done = listener.next("plan")
    assert (done["kind"], done["kept"], done["edits"][0]["id"]) == ("done", 1, "N1")
    assert content(planned.get("/state"))["plan"] == done
    listener.close()


def test_a_plan_is_cancelled_and_only_one_is_made_at_a_time(planned: Client) -> None:
    listener = Listener(planned)
    assert planned.post("/plan", b'{"budget": 1}').status == 202
    assert listener.next("plan")["kind"] == "progress"
    assert planned.post("/plan", b'{"budget": 1}').status == 422
    assert planned.post("/edits", edits(1, 40)).status == 200  # the page stays usable
    assert planned.post("/plan", method="DELETE").status == 200
    assert listener.next("plan") == {"kind": "ended", "signal": True}
    for body in (
        b'{"budget": -1}',
        b'{"budget": NaN}',
        b'{"goal": 1}',
        b'{"forbidden": [{"longitude": 1, "latitude": 2, "radius_km": 1e9}]}',
    ):
        assert planned.post("/plan", body).status == 422
    listener.close()
