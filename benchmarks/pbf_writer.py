"""A small writer of OpenStreetMap PBF, for files of any size to read: nodes on a grid, ways between them, some points of interest."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

GRANULARITY = 100  # units of 1e-9 degrees
NODES_PER_BLOCK = 8000
WAY_NODES = 10


def varint(value: int) -> bytes:
    """Protocol buffers' base-128 integer."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def zigzag(value: int) -> int:
    """A signed integer as an unsigned one."""
    return value << 1 if value >= 0 else (-value << 1) - 1


def field(number: int, content: bytes) -> bytes:
    """A length-delimited field."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def number_field(number: int, value: int) -> bytes:
    """A varint field."""
    return varint(number << 3) + varint(value)


def deltas(values: Iterable[int]) -> bytes:
    """A packed field of signed differences."""
    out, last = bytearray(), 0
    for value in values:
        out += varint(zigzag(value - last))
        last = value
    return bytes(out)


def blob(kind: bytes, content: bytes) -> bytes:
    """A file block: its header and its content, not compressed: readers refuse content that is regular enough to shrink a hundredfold."""
    packed = field(1, content)
    header = field(1, kind) + number_field(3, len(packed))
    return struct.pack(">I", len(header)) + header + packed


def strings(words: list[bytes]) -> bytes:
    """A string table; the first is empty."""
    return field(1, b"".join(field(1, word) for word in [b"", *words]))


def write_grid(path: Path, nodes: int, *, west: float = 109.0, south: float = 20.0) -> int:
    """Write `nodes` nodes in rows of 1,000, 0.0005 degrees apart; a residential road every ten nodes, a school every thousandth.

    Returns the file's size. [bytes]
    """
    words = [b"highway", b"residential", b"amenity", b"school", b"name", "学校".encode()]
    with open(path, "wb") as out:
        features = b"".join(field(4, name) for name in (b"OsmSchema-V0.6", b"DenseNodes"))
        out.write(blob(b"OSMHeader", features))
        for first in range(0, nodes, NODES_PER_BLOCK):
            ids = range(first, min(first + NODES_PER_BLOCK, nodes))
            lat = [round((south + index // 1000 * 0.0005) * 1e9 / GRANULARITY) for index in ids]
            lon = [round((west + index % 1000 * 0.0005) * 1e9 / GRANULARITY) for index in ids]
            tags = b"".join(b"\x03\x04\x05\x06\x00" if index % 1000 == 500 else b"\x00" for index in ids)
            dense = field(1, deltas(index + 1 for index in ids)) + field(8, deltas(lat)) + field(9, deltas(lon)) + field(10, tags)
            out.write(blob(b"OSMData", strings(words) + field(2, field(2, dense)) + number_field(17, GRANULARITY)))
        for first in range(0, nodes, NODES_PER_BLOCK * WAY_NODES):
            ways = []
            for start in range(first, min(first + NODES_PER_BLOCK * WAY_NODES, nodes), WAY_NODES):
                refs = deltas(range(start + 1, min(start + WAY_NODES, nodes) + 1))
                ways.append(field(3, number_field(1, start // WAY_NODES + 1) + field(2, b"\x01") + field(3, b"\x02") + field(8, refs)))
            out.write(blob(b"OSMData", strings(words) + field(2, b"".join(ways))))
    return path.stat().st_size
