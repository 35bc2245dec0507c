"""A server on this machine that drops connections, lies about lengths and sends other bytes than it should."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from infraplan.errors import DataError, InfraplanError, UsageError
from infraplan.io.downloads import dataset, dataset_names, fetch

BODY = bytes(range(256)) * 4000
DIGEST = hashlib.sha256(BODY).hexdigest()


class Moody(BaseHTTPRequestHandler):
    """/good, /drops (breaks off twice), /short (says more than it sends), /noresume, /gone, /busy (503 once), /away (redirects to ftp)."""

    requests: ClassVar[list[tuple[str, str]]] = []
    seen: ClassVar[dict[str, int]] = {}

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""

    def do_GET(self) -> None:
        kind = self.path.strip("/").split(".")[0]
        Moody.requests.append((kind, self.headers.get("Range") or ""))
        Moody.seen[kind] = Moody.seen.get(kind, 0) + 1
        if kind == "gone":
            self.send_error(404)
        elif kind == "busy" and Moody.seen[kind] == 1:
            self.send_error(503)
        elif kind == "away":
            self.send_response(302)
            self.send_header("Location", "ftp://127.0.0.1/x")
            self.end_headers()
        else:
            self.serve(kind)

    def serve(self, kind: str) -> None:
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1]) if kind != "noresume" else 0
        size = len(BODY) + (10 if kind == "short" else 0)
        self.send_response(206 if start else 200)
        self.send_header("ETag", '"v1"')
        self.send_header("Content-Length", str(size - start))
        if start:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        self.end_headers()
        breaks = kind in ("drops", "noresume") and Moody.seen[kind] <= 2
        self.wfile.write(BODY[start : start + 300_000] if breaks else BODY[start:])
        if breaks:
            self.wfile.flush()
            self.connection.close()


@pytest.fixture
def server() -> Iterator[str]:
    Moody.requests, Moody.seen = [], {}
    moody = ThreadingHTTPServer(("127.0.0.1", 0), Moody)
    moody.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
    thread = threading.Thread(target=moody.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{moody.server_port}"
    moody.shutdown()
    moody.server_close()


def test_a_file_comes_whole_once_and_then_from_the_cache(server: str, tmp_path: Path) -> None:
    found: list[int] = []
    path = fetch(f"{server}/good.bin", tmp_path, credit={"licence": "ODbL"}, progress=lambda have, total: found.append(have))
    assert path.read_bytes() == BODY and found[-1] == len(BODY)
    assert fetch(f"{server}/good.bin", tmp_path) == path and len(Moody.requests) == 1
    record = json.loads((tmp_path / "manifest.json").read_text())["good.bin"]
    assert record["sha256"] == DIGEST and record["licence"] == "ODbL"
    path.write_bytes(BODY[:-1] + b"?")
    assert fetch(f"{server}/good.bin", tmp_path).read_bytes() == BODY and len(Moody.requests) == 2


def test_a_dropped_connection_is_resumed_where_it_broke(server: str, tmp_path: Path) -> None:
    assert fetch(f"{server}/drops.bin", tmp_path, sha256_wanted=DIGEST, pause_s=0).read_bytes() == BODY
    assert [asked for kind, asked in Moody.requests] == ["", "bytes=300000-", "bytes=600000-"]


def test_a_server_that_cannot_resume_starts_again(server: str, tmp_path: Path) -> None:
    assert fetch(f"{server}/noresume.bin", tmp_path, sha256_wanted=DIGEST, pause_s=0).read_bytes() == BODY
    assert len(Moody.requests) == 3


def test_a_wrong_length_never_gets_the_final_name_and_is_kept_for_the_next_call(server: str, tmp_path: Path) -> None:
    with pytest.raises(InfraplanError) as caught:
        fetch(f"{server}/short.bin", tmp_path, pause_s=0)
    assert caught.value.exit_code == 1 and not (tmp_path / "short.bin").exists()


def test_a_wrong_digest_leaves_nothing(server: str, tmp_path: Path) -> None:
    with pytest.raises(DataError):
        fetch(f"{server}/good.bin", tmp_path, sha256_wanted="0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_refusals(server: str, tmp_path: Path) -> None:
    with pytest.raises(InfraplanError, match="404"):
        fetch(f"{server}/gone.bin", tmp_path)
    assert len(Moody.requests) == 1
    assert fetch(f"{server}/busy.bin", tmp_path, pause_s=0).read_bytes() == BODY
    for address in (f"{server}/away.bin", "ftp://example.org/a", "http://example.org/a", "file:///etc/passwd", "https://"):
        with pytest.raises(UsageError):
            fetch(address, tmp_path)


def test_names_from_addresses_stay_in_the_folder(server: str, tmp_path: Path) -> None:
    assert fetch(f"{server}/good.bin/..%2f..%2fevil", tmp_path).parent == tmp_path


def test_every_data_set_has_a_licence_an_attribution_and_an_address() -> None:
    for name in dataset_names():
        entry = dataset(name)
        assert entry["licence"] and entry["attribution"] and entry["url"].startswith("https://") and "{" not in entry["url"]
    assert "N24_00_E114_00" in dataset("copernicus-dem", {"tile": "N24_00_E114_00"})["url"]
    with pytest.raises(UsageError):
        dataset("copernicus-dem", {"tile": "../../x"})
    with pytest.raises(UsageError, match="osm"):
        dataset("osmm")


def test_open_data_of_any_country() -> None:
    assert dataset("osm")["url"].endswith("/asia/china/guangdong-latest.osm.pbf")
    assert dataset("osm", {"province": "guangxi"})["url"].endswith("/asia/china/guangxi-latest.osm.pbf")
    assert dataset("osm", {"area": "africa/congo-brazzaville"})["url"].endswith(".de/africa/congo-brazzaville-latest.osm.pbf")
    assert dataset("geonames", {"country": "CG"})["url"].endswith("/CG.zip")
    assert dataset("worldpop", {"country": "COG"})["url"].endswith("/2020/COG/cog_ppp_2020.tif")
    for area in ("africa/../x", "/africa", "africa/", "a b", "africa//x", "http://x"):
        with pytest.raises(UsageError, match="guangdong"):
            dataset("osm", {"area": area})
    with pytest.raises(UsageError, match="area"):
        dataset("osm", {"country": "congo"})
    with pytest.raises(UsageError):
        dataset("geonames", {"country": "a/b"})
