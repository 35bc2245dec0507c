"""Fourteen attacks of another page in the same browser, or of another program, on a running server."""

from __future__ import annotations

import json
import socket
from http.client import HTTPResponse

import pytest

pytest.importorskip("starlette", reason="starlette is absent: pip install infraplan[web]")
pytest.importorskip("uvicorn", reason="uvicorn is absent: pip install infraplan[web]")

from stub import StubEngine
from visitor import Client

EDIT = {"do": "change", "id": "S1", "height_m": 40}
LIST = json.dumps({"version": 1, "edits": [EDIT]}).encode()
ROUTES = (
    "/",
    "/zh",
    "/en",
    "/static/start.js",
    "/static/leaflet.js",
    "/facts",
    "/state",
    "/outlines",
    "/lines",
    "/villages",
    "/sites",
    "/picture",
    "/at",
    "/people",
    "/targets",
    "/scenarios",
    "/scenario",
    "/compare",
    "/export",
    "/events",
    "/nothing",
)
CHANGES = (
    ("POST", "/edits"),
    ("POST", "/scenarios"),
    ("POST", "/plan"),
    ("DELETE", "/plan"),
    ("DELETE", "/unsaved"),
    ("POST", "/window"),
    ("DELETE", "/window"),
)


def refused(answer: HTTPResponse) -> bool:
    assert 400 <= answer.status < 500
    assert answer.getheader("access-control-allow-origin") is None
    return True


def test_the_page_itself_may(client: Client, engine: StubEngine) -> None:
    assert client.get("/").status == 200
    assert client.post("/edits", LIST).status == 200
    assert [edit.height_m for edit in engine.applied[0]] == [40]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example:{port}", "localhost.:{port}", ""]
)
def test_1_foreign_host(client: Client, host: str) -> None:
    for path in ("/", "/facts", f"/?code={client.running.access.code}"):
        assert refused(client.get(path, host=host.format(port=client.port)))


def test_2_host_with_userinfo(client: Client) -> None:
    assert refused(client.get("/", host=f"evil@{client.host}"))
    assert refused(client.get("/", host=f"{client.host}@evil.example"))


def test_two_hosts(client: Client) -> None:
    with socket.create_connection(("127.0.0.1", client.port), 10) as raw:
        raw.sendall(f"GET /state HTTP/1.1\r\nHost: {client.host}\r\nHost: evil.example\r\nCookie: {client.cookie}\r\n\r\n".encode())
        assert raw.recv(100).split()[1].startswith(b"4")


@pytest.mark.parametrize("path", ROUTES)
def test_3_no_cookie(client: Client, path: str) -> None:
    for cookie in (
        "",
        "infraplan=1",
        f"infraplan-{client.port}=",
        f"infraplan-{client.port}={'A' * 43}",
        client.cookie + "x",
        client.cookie[:-1],
    ):
        assert refused(client.get(path, cookie=cookie))


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_3_no_cookie_no_change(client: Client, method: str, path: str) -> None:
    assert refused(client.post(path, method=method, cookie=""))


def test_4_reused_code(client: Client) -> None:
    assert refused(client.get(f"/?code={client.running.access.code}"))
    assert refused(client.get("/?code=" + "A" * 43))
    assert refused(client.get("/?code="))
    assert refused(client.get(f"/?x={client.running.access.code}"))


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_5_post_of_a_foreign_origin(client: Client, engine: StubEngine, method: str, path: str) -> None:
    for origin in (
        "http://evil.example",
        "null",
        f"https://{client.host}",
        f"http://localhost:{client.port}",
        "",
        f"http://{client.host}.evil.example",
    ):
        assert refused(client.post(path, LIST, method, origin=origin))
    assert engine.applied == []


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", ""])
def test_6_cross_site_fetch(client: Client, engine: StubEngine, site: str) -> None:
    assert refused(client.post("/edits", LIST, sec_fetch_site=site))
    if site in ("cross-site", "same-site"):
        assert all(refused(client.get(path, sec_fetch_site=site)) for path in ROUTES)
    assert engine.applied == []


def test_7_post_of_a_form(client: Client, engine: StubEngine) -> None:
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"):
        assert refused(client.post("/edits", b"version=1&edits=", content_type=kind))
    assert engine.applied == []


@pytest.mark.parametrize("kind", ["text/plain", "text/json", "application/json; charset=utf-16", "application/jsonp", ""])
def test_8_wrong_content_type(client: Client, engine: StubEngine, kind: str) -> None:
    assert refused(client.post("/edits", LIST, content_type=kind))
    assert engine.applied == []


def test_8_without_the_header_of_the_page(client: Client, engine: StubEngine) -> None:
    for window in ("", "short", "with a space in it", "x" * 65):
        assert refused(client.post("/edits", LIST, x_infraplan_window=window))
    assert engine.applied == []


@pytest.mark.parametrize(
    "path",
    [
        "/..%2f..%2fetc%2fpasswd",
        "/static/..%2fpage.py",
        "/static/%2e%2e/page.py",
        "/static/../page.py",
        "/static/page.py",
        "/static/page.html",
        "/static/leaflet.js/",
        "/static/..\\page.py",
        "/static//etc/passwd",
        "//etc/passwd",
        "/static/",
        "/scenario?name=..%2f..%2fstudy",
        "/scenario?name=../study",
        "/scenario?name=%00",
    ],
)
def test_9_paths(client: Client, path: str) -> None:
    assert refused(client.get(path))


BOX = "family=nr&network=any&x=0&y=0"


@pytest.mark.parametrize(
    "query",
    [
        f"{BOX}&zoom=40&width=9&height=9",
        f"{BOX}&zoom=8&width=99999&height=9",
        f"{BOX}&zoom=8&width=9&height=0",
        f"{BOX}&zoom=-1&width=9&height=9",
        f"{BOX}&zoom=1e9&width=9&height=9",
        f"{BOX}&zoom=8&width=9",
        "zoom=8",
        f"{BOX}&zoom=8&width=9&height=9&more=1",
    ],
)
def test_10_zoom_40(client: Client, query: str) -> None:
    assert client.get(f"/picture?{BOX}&zoom=8&width=9&height=9").status == 200
    assert refused(client.get(f"/picture?{query}"))


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "-Infinity", "1e999", "-5", "1e6", '"NaN"', "null", "9" * 5000, "[" * 20000, "true", '{"a": 1}']
)
def test_11_height_that_is_no_height(client: Client, engine: StubEngine, value: str) -> None:
    body = f'{{"version": 1, "edits": [{{"do": "change", "id": "S1", "height_m": {value}}}]}}'
    assert refused(client.post("/edits", body.encode()))
    assert engine.applied == []


@pytest.mark.parametrize(
    "query", ["longitude=nan&latitude=1&family=nr", "longitude=inf&latitude=1&family=nr", "longitude=1&latitude=91&family=nr"]
)
def test_11_place_that_is_no_place(client: Client, query: str) -> None:
    assert refused(client.get(f"/at?{query}"))


def test_12_body_of_a_megabyte(client: Client, engine: StubEngine) -> None:
    assert refused(client.post("/edits", LIST + b" " * 1_000_000))
    assert engine.applied == []


def test_12_body_of_a_megabyte_without_a_length(client: Client, engine: StubEngine) -> None:
    head = (
        f"POST /edits HTTP/1.1\r\nHost: {client.host}\r\nCookie: {client.cookie}\r\nOrigin: http://{client.host}\r\n"
        "Sec-Fetch-Site: same-origin\r\n"
        "Content-Type: application/json\r\nX-Infraplan-Window: a-window-of-a-test\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", client.port), 10) as raw:
        raw.sendall(head.encode())
        try:
            for _ in range(1000):
                raw.sendall(b"400\r\n" + b" " * 1024 + b"\r\n")
            raw.sendall(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert raw.recv(100).split()[1] == b"413"
    assert engine.applied == []


def test_12_more_than_200_edits(client: Client, engine: StubEngine) -> None:
    edits = [{"do": "remove", "id": f"S{number}"} for number in range(201)]
    assert refused(client.post("/edits", json.dumps({"version": 1, "edits": edits}).encode()))
    assert client.post("/edits", json.dumps({"version": 1, "edits": edits[:200]}).encode()).status == 200
    assert len(engine.applied) == 1


def test_13_a_get_edits_nothing(client: Client, engine: StubEngine) -> None:
    for path in ("/edits", "/plan", "/unsaved", "/window"):
        assert refused(client.send("GET", path, LIST, {"content-type": "application/json"}))
    for method in ("PUT", "PATCH", "OPTIONS", "HEAD", "TRACE"):
        assert refused(client.post("/edits", LIST, method))
    assert engine.applied == []


def test_14_framing(client: Client) -> None:
    for path in ROUTES[:-2]:
        answer = client.get(path)
        policy = answer.getheader("content-security-policy") or ""
        assert "frame-ancestors 'none'" in policy and "script-src 'self'" in policy and "unsafe" not in policy
        assert answer.getheader("x-frame-options") == "DENY"
        assert answer.getheader("x-content-type-options") == "nosniff"
        assert answer.getheader("cache-control") == "no-store"
        assert answer.getheader("access-control-allow-origin") is None


def test_headers_are_on_refusals_too(client: Client) -> None:
    answer = client.get("/", cookie="")
    assert answer.getheader("x-content-type-options") == "nosniff" and "default-src 'none'" in (
        answer.getheader("content-security-policy") or ""
    )
    assert answer.getheader("server") is None
