"""A vector file as GDAL may open it: unpacked under our own names, decompressed, without XML entities, with its encoding known."""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from xml.sax.saxutils import unescape

from infraplan.io.dbf_texts import encoding_of
from infraplan.io.mapinfo import with_known_charset
from infraplan.io.opening import LARGEST_MEMBER_BYTES, Bounded, byte_stream, refuse_bombs
from infraplan.io.text_encoding import text_encoding
from infraplan.tables.faults import FaultList

MAIN_ENDINGS = (".shp", ".tab", ".mif")
SIDE_ENDINGS = {
    ".shp": (".shx", ".dbf", ".prj", ".cpg"),
    ".tab": (".dat", ".map", ".id", ".ind", ".dbf"),
    ".mif": (".mid",),
}
XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*?\?>")
DECLARED_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?encoding=["']([\w.\-]+)["']""")
LINKED = re.compile(r"<(?:\w+:)?NetworkLink\b.*?<(?:\w+:)?href>\s*(.*?)\s*</(?:\w+:)?href>", re.DOTALL)
FOLDER = re.compile(r"<(/?)(?:\w+:)?Folder\b[^>]*?(/?)>")
DATA_NAME = re.compile(r"""(<(?:\w+:)?(?:Data|SimpleData|SimpleField)\b[^>]*?\bname=)(["'])(.*?)\2""", re.DOTALL)


@dataclass(frozen=True)
class Opened:
    """A file for GDAL: `name` distinguishes it from the others of an archive, "" for a single file; `options` are for the driver.

    `columns`: the file's own names of columns that are renamed for GDAL, which changes names that are not ASCII.
    `folders`: how deep each folder of a KML lies, in its order.
    """

    path: Path
    name: str = ""
    options: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    folders: tuple[int, ...] = ()


@contextmanager
def opened_files(path: Path, kind: str, encoding: str | None, faults: FaultList) -> Iterator[list[Opened]]:
    """The files to read: one, or those of an archive. Unpacked files exist until the block ends."""
    if kind in ("gpkg", "flatgeobuf") or (kind == "geojson" and path.suffix.lower() != ".gz"):
        yield [Opened(path)]
        return
    folder = Path(tempfile.mkdtemp(prefix="infraplan-"))
    try:
        if kind == "shapefile":
            yield [_shapefile(path, "", folder, encoding, faults)]
        elif kind == "zip":
            yield _unzipped(path, folder, encoding, faults)
        elif kind == "mapinfo":
            beside = {entry.suffix.lower(): entry for entry in path.parent.glob(f"{_escaped(path.stem)}.*")}
            for ending in (path.suffix.lower(), *SIDE_ENDINGS[path.suffix.lower()]):
                if ending in beside:
                    shutil.copyfile(beside[ending], folder / f"layer{ending}")
            yield [Opened(with_known_charset(folder / f"layer{path.suffix.lower()}", encoding))]
        elif kind in ("kml", "kmz"):
            yield _plain_kmls(path, kind, folder, faults)
        else:
            plain = folder / "plain.geojson"
            with byte_stream(path) as stream:
                _write(stream, plain)
            yield [Opened(plain)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _escaped(stem: str) -> str:
    return re.sub(r"([\[\]*?])", r"[\1]", stem)


def _write(stream: Bounded, target: Path) -> None:
    with open(target, "wb") as out:
        while piece := stream.read(2**20):
            out.write(piece)


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, path: Path) -> None:
    with archive.open(entry) as raw:
        _write(Bounded(raw, LARGEST_MEMBER_BYTES, path), target)


def _unzipped(path: Path, folder: Path, encoding: str | None, faults: FaultList) -> list[Opened]:
    """The shapefiles and MapInfo tables of an archive, under our own names: the paths of members are not used."""
    refuse_bombs(path)
    with zipfile.ZipFile(path) as archive:
        members = [entry for entry in archive.infolist() if not entry.is_dir() and not entry.filename.startswith("__MACOSX/")]
        mains = [entry for entry in members if _ending(entry) in MAIN_ENDINGS]
        if not mains:
            faults.add("io.zip_content", value=", ".join(entry.filename for entry in members[:5]))
            faults.stop()
        opened = []
        for number, main in enumerate(mains):
            stem = main.filename[: -len(_ending(main))].lower()
            for entry in members:
                ending = _ending(entry)
                beside = entry.filename[: -len(ending)].lower() == stem if ending else False
                if beside and (entry is main or ending in SIDE_ENDINGS[_ending(main)]):
                    _unpack(archive, entry, folder / f"layer{number}{ending}", path)
            plain = folder / f"layer{number}{_ending(main)}"
            shape = plain.suffix == ".shp"
            name = PurePosixPath(_member_name(main)).stem if len(mains) > 1 else ""
            own_faults = FaultList(file=path.name, sheet=name)
            try:
                opened.append(
                    _shapefile(plain, name, folder, encoding, own_faults) if shape else Opened(with_known_charset(plain, encoding), name)
                )
            finally:
                faults.items += own_faults.items
    return opened


def _ending(entry: zipfile.ZipInfo) -> str:
    return PurePosixPath(entry.filename).suffix.lower()


def _member_name(entry: zipfile.ZipInfo) -> str:
    """A member's name; archives made by Chinese programs write GBK and do not say so, so that Python reads CP437."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode("gb18030")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return entry.filename


def _shapefile(path: Path, name: str, folder: Path, given: str | None, faults: FaultList) -> Opened:
    """A shapefile with its encoding; where its texts had to be corrected, a copy of the .dbf is in `folder` beside links."""
    beside = {entry.suffix.lower(): entry for entry in path.parent.glob(_escaped(path.stem) + ".*")}
    if ".dbf" not in beside:
        return Opened(path, name, {} if given is None else {"encoding": given})
    encoding, corrected = encoding_of(beside[".dbf"], beside.get(".cpg"), given, faults)
    if corrected is not None:
        inside = folder / f"corrected-{path.stem}"
        inside.mkdir()
        for ending in (".shp", ".shx", ".prj"):
            if ending in beside:
                shutil.copyfile(beside[ending], inside / f"layer{ending}")
        (inside / "layer.dbf").write_bytes(corrected)
        path = inside / "layer.shp"
    return Opened(path, name, {"encoding": encoding})


def _plain_kmls(path: Path, kind: str, folder: Path, faults: FaultList) -> list[Opened]:
    """Every KML of the file as UTF-8; the target of a network link is not read, which is a warning."""
    packed: list[tuple[str, Path]] = []
    members: set[str] = set()
    if kind == "kmz":
        refuse_bombs(path)
        with zipfile.ZipFile(path) as archive:
            inside = [entry for entry in archive.infolist() if _ending(entry) == ".kml" and not entry.filename.startswith("__MACOSX/")]
            if not inside:
                faults.add("io.kmz_content")
                faults.stop()
            inside.sort(key=lambda entry: entry.filename.lower() != "doc.kml")
            members = {entry.filename for entry in inside}
            for number, entry in enumerate(inside):
                packed.append((PurePosixPath(_member_name(entry)).stem, folder / f"packed{number}.kml"))
                _unpack(archive, entry, packed[-1][1], path)
    else:
        packed.append((path.stem, folder / "packed0.kml"))
        with byte_stream(path) as stream:
            _write(stream, packed[0][1])
    columns: dict[str, str] = {}
    texts = [_kml_as_utf8(plain, columns, faults) for _, plain in packed]
    links = [link for text in texts for link in LINKED.findall(text) if link not in members]
    if links:
        faults.add("io.kml_links", severity="warning", value=", ".join(links[:3]), count_links=len(links))
    own_names = {placeholder: name for name, placeholder in columns.items()}
    return [
        Opened(plain, name if len(packed) > 1 else "", columns=own_names, folders=_folders(text))
        for (name, plain), text in zip(packed, texts, strict=True)
    ]


def _folders(text: str) -> tuple[int, ...]:
    """How deep each folder of a KML lies, in the order of the text."""
    depth, found = 0, []
    for closing, empty in FOLDER.findall(text):
        if not closing:
            found.append(depth)
        depth += (not empty) - 2 * bool(closing)
    return tuple(found)


def _kml_as_utf8(plain: Path, columns: dict[str, str], faults: FaultList) -> str:
    """A KML's text, rewritten as UTF-8.

    Refused where it declares a document type: KML needs none, and entities may expand without end. A KML without a
    Document gets one: GDAL sees no layer in it otherwise. Names of its data become placeholders, added to `columns`.
    """
    content = plain.read_bytes()
    declared = DECLARED_ENCODING.match(content[:200])
    name = (
        text_encoding(plain)
        if declared is None or declared.group(1).lower() in (b"utf-8", b"gbk", b"gb2312", b"gb18030")
        else declared.group(1).decode()
    )
    text = XML_DECLARATION.sub("", content.decode(name, "strict").lstrip("\ufeff"))
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        faults.add("io.xml_entities")
        faults.stop()
    if not re.search(r"<(\w+:)?Document\b", text):
        text = re.sub(r"(<kml\b[^>]*>)", r"\1<Document>", text, count=1)
        text = re.sub(r"</kml>(?!.*</kml>)", "</Document></kml>", text, count=1, flags=re.DOTALL)

    def placeholder(match: re.Match[str]) -> str:
        name = " ".join(unescape(match.group(3), {"&quot;": '"', "&apos;": "'"}).split())
        return f'{match.group(1)}"{columns.setdefault(name, f"column{len(columns)}")}"'

    text = DATA_NAME.sub(placeholder, text)
    plain.write_text('<?xml version="1.0" encoding="UTF-8"?>\n' + text, encoding="utf-8")
    return text
