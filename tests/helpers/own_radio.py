"""A study with services and antennas of its own: what a private network's owner hands over."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

SERVICES = """
[sources]
sheet = "data sheet of the network's owner"

[service.private-1400]
family = "lte"
antenna = "patterns/low.msi"
frame = "lte-1"
frequency_mhz = { value = 1457.0, source = "sheet" }
bandwidth_mhz = { value = 10.0, source = "sheet" }
subcarrier_khz = { value = 15.0, source = "grid" }
resource_blocks = { value = 50, source = "grid" }
carrier_power_dbm = { value = [40.0, 43.0, 46.0], source = "sheet" }
ssb_gain_dbi = { value = 15.0, source = "sheet" }
traffic_gain_dbi = { value = 15.0, source = "sheet" }
feeder_loss_db = { value = 0.5, source = "sheet" }
downlink_rate_mbps = { value = 1.0, source = "sheet" }
uplink_rate_mbps = { value = 0.5, source = "sheet" }
uplink_resource_blocks = { value = 10, source = "sheet" }

[service.nr-n28]
feeder_loss_db = { value = 3.0, source = "sheet" }
"""


def pattern_text(tilt_deg: float = 6.0, *, frequency_mhz: float = 1457.0, gain: str = "15 dBi", heading: str = "TILT ELECTRICAL") -> str:
    """A pattern file 65 degrees wide whose vertical lobe, 10 degrees wide, lies `tilt_deg` below the horizon."""

    def cut(peak_deg: float, width_deg: float) -> str:
        return "\n".join(f"{a} {min(12 * (((a - peak_deg + 180) % 360 - 180) / width_deg) ** 2, 30):.1f}" for a in range(360))

    head = f"NAME LOW\nFREQUENCY {frequency_mhz:g}\nGAIN {gain}\n{heading}"
    return f"{head}\nHORIZONTAL 360\n{cut(0, 65)}\nVERTICAL 360\n{cut(tilt_deg, 10)}\n"


def with_own_radio(study: Path, *, services: str = SERVICES) -> Path:
    """The tiny study, changed: a third of its sites on a service of its own, some with a pattern file that stands beside study.toml."""
    (study / "patterns").mkdir()
    (study / "patterns/low.msi").write_text(pattern_text(), encoding="utf-8")
    (study / "patterns/eight.msi").write_text(pattern_text(8, frequency_mhz=780), encoding="utf-8")
    (study / "services.toml").write_text(services, encoding="utf-8")
    sites = pd.read_csv(study / "sites.csv").assign(antenna=None)
    sites.loc[::3, ["services", "azimuth_deg"]] = ["private-1400", "0/120/240"]
    on_n28 = sites.index[sites["services"] == "nr-n28"]
    sites.loc[on_n28[::2], ["antenna", "azimuth_deg"]] = ["patterns/eight.msi", "0/120/240"]
    sites.to_csv(study / "sites.csv", index=False)
    file = study / "study.toml"
    text = file.read_text(encoding="utf-8").replace(
        'services = ["nr-n28", "nbiot-900"]', 'services = ["nr-n28", "nbiot-900", "private-1400"]\nservices_file = "services.toml"'
    )
    file.write_text(text.replace('services = ["nr-n28"]', 'services = ["nr-n28", "private-1400"]'), encoding="utf-8")
    return study
