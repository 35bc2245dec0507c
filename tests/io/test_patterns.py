"""Pattern files from disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from infraplan.errors import DataError
from infraplan.io.patterns import read_pattern

CUT = "\n".join(f"{angle} {min(angle, 360 - angle) / 10:.1f}" for angle in range(360))


def test_a_gb18030_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "天线.msi"
    path.write_text(f"NAME 定向天线\nFREQUENCY 945\nGAIN 15 dBi\nHORIZONTAL 360\n{CUT}\nVERTICAL 360\n{CUT}\n", encoding="gb18030")
    antenna = read_pattern(path)
    assert (antenna.name, antenna.gain_dbi, antenna.source) == ("定向天线", 15.0, "天线.msi")
    assert antenna.horizontal_db[90] == pytest.approx(-9.0)
    assert antenna.vertical_db[0] == antenna.vertical_db[180] == pytest.approx(-9.0)


def test_absent_and_binary_files_are_faults(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        read_pattern(tmp_path / "none.msi")
    broken = tmp_path / "broken.pln"
    broken.write_bytes(bytes(range(256)) * 4)
    with pytest.raises(DataError):
        read_pattern(broken)
