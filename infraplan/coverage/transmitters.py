"""Transmitters as predictions at points take them: one row a cell, with what one resource element of it radiates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from infraplan.arrays import Bools, Floats
from infraplan.coverage.networks import in_network
from infraplan.coverage.sectors import sectors_of
from infraplan.presets import load
from infraplan.radio.antennas import Antenna, antenna_named
from infraplan.radio.budgets import Service, gain_offset_db
from infraplan.radio.model_selection import default_plan
from infraplan.tables.radio_names import operator_set, service_words
from infraplan.tables.values import folded

SAME_CARRIER = 0.1
"""Carriers that differ by less than this part are of one band (ours)."""
LOW_BAND_MHZ = 1000.0
"""Below it a cell without an antenna takes the preset of low bands."""
SECTOR, LOW_SECTOR, OMNI = "sector-65", "sector-65-low-band", "omni"
RX_HEIGHT_M = 1.5
TEXTS = ("cell", "site", "antenna", "environment", "band", "operator", "pci", "clutter_class")
NUMBERS = (
    "height_m", "azimuth_deg", "tilt_deg", "mechanical_tilt_deg", "frequency_mhz", "rs_power_dbm", "eirp_dbm", "ground_m", "building_m",
    "rx_height_m",
)  # fmt: skip


@dataclass(frozen=True)
class Transmitters:
    """Cells with their antennas and powers.

    Parameters
    ----------
    frame : DataFrame
        One row a cell: cell, site, x_m and y_m (a plane without a CRS) or lon and lat, height_m, azimuth_deg (NaN: omni), tilt_deg
        (electrical), mechanical_tilt_deg, frequency_mhz, element_dbm (radiated by one resource element in the main lobe), power_dbm (as
        stated), antenna, environment ("": not known), band, operator, pci, plan, rx_height_m, ground_m, building_m, clutter_class.
    antennas : mapping of Antenna
        Antennas beyond the presets, by the names that cells call them.
    preset_antennas : int
        How many cells state no antenna and have the preset's.

    Examples
    --------
    >>> import infraplan as ip
    >>> import pandas as pd
    >>> cells = pd.DataFrame(
    ...     {
    ...         "cell": ["A1"],
    ...         "x_m": [0.0],
    ...         "y_m": [0.0],
    ...         "height_m": [30.0],
    ...         "azimuth_deg": [90.0],
    ...         "frequency_mhz": [2600.0],
    ...         "rs_power_dbm": [15.0],
    ...     }
    ... )
    >>> made = ip.read_transmitters(cells, crs="local")
    >>> made.frame[["cell", "site", "antenna", "element_dbm"]].values.tolist()
    [['A1', '0 0', 'sector-65', 32.0]]
    """

    frame: pd.DataFrame
    antennas: Mapping[str, Antenna] = field(default_factory=dict)
    preset_antennas: int = 0

    def __len__(self) -> int:
        """Number of cells."""
        return len(self.frame)

    @property
    def local(self) -> bool:
        """Whether positions are in a plane without a CRS."""
        return "lon" not in self.frame

    def antenna(self, name: str) -> Antenna:
        """The antenna that a cell calls by this name.

        Parameters
        ----------
        name : str
            A pattern file's name or a preset's.

        Returns
        -------
        Antenna
            Its cuts and gain.
        """
        return self.antennas[name] if name in self.antennas else antenna_named(name)

    def numbers(self, name: str) -> Floats:
        """A column as floats.

        Parameters
        ----------
        name : str
            The column.

        Returns
        -------
        ndarray of float64
            One value a cell.
        """
        return self.frame[name].to_numpy(dtype=float)


def transmitters_of_cells(cells: pd.DataFrame, antennas: Mapping[str, Antenna] | None = None) -> Transmitters:
    """Transmitters from a checked table of cells (columns of `fields.TABLES["transmitter"]`)."""
    own = dict(antennas or {})
    frame = cells.copy()
    for name in TEXTS:
        frame[name] = frame[name].fillna("").astype(str) if name in frame else ""
    total = frame["tilt_deg"].to_numpy(float) if "tilt_deg" in frame else np.full(len(frame), np.nan)
    electrical = frame["electrical_tilt_deg"].to_numpy(float) if "electrical_tilt_deg" in frame else np.full(len(frame), np.nan)
    for name in NUMBERS:
        frame[name] = pd.to_numeric(frame[name]).astype(float) if name in frame else np.nan
    mechanical = frame["mechanical_tilt_deg"].fillna(0.0).to_numpy()
    frame["mechanical_tilt_deg"] = mechanical
    frame["tilt_deg"] = np.nan_to_num(np.where(np.isnan(electrical), total - mechanical, electrical))
    frame["rx_height_m"] = frame["rx_height_m"].fillna(RX_HEIGHT_M)
    blank = (frame["antenna"] == "").to_numpy()
    usual = np.where(frame["azimuth_deg"].isna(), OMNI, np.where(frame["frequency_mhz"] < LOW_BAND_MHZ, LOW_SECTOR, SECTOR))
    frame["antenna"] = np.where(blank, usual, frame["antenna"].to_numpy(object))
    places = frame[["x_m", "y_m"]] if "x_m" in frame else frame[["lon", "lat"]]
    digits = 0 if "x_m" in frame else 6
    spot = [f"{x:.{digits}f} {y:.{digits}f}" for x, y in places.to_numpy(float)]
    frame["site"] = np.where(frame["site"] == "", np.array(spot, dtype=object), frame["site"].to_numpy(object))
    gains = {name: (own[name] if name in own else antenna_named(name)).gain_dbi for name in dict.fromkeys(frame["antenna"])}
    gain_dbi = frame["antenna"].map(gains).astype(float)
    frame["element_dbm"] = frame["eirp_dbm"].fillna(frame["rs_power_dbm"] + gain_dbi)
    frame["power_dbm"] = frame["rs_power_dbm"].fillna(frame["eirp_dbm"])
    families = load("services")["service"]
    frame["plan"] = [default_plan(families[name]["family"]) if name in families else "tr38901" for name in frame["band"]]
    return Transmitters(frame.reset_index(drop=True), own, int(blank.sum()))


def transmitters_of_sites(sites: Any, services: Mapping[str, Service]) -> Transmitters:
    """Transmitters of checked sites (`read_sites`) or their sectors (`sectors_of`), with the powers of their services' budgets."""
    sectors = sites if "site_id" in sites else sectors_of(sites, services)
    geometry = sectors.geometry.to_crs(4326)
    of = [services[name] for name in sectors["service"]]
    names = sectors["antenna"].astype(str)
    element = [
        service.rsrp_at_zero_loss_dbm + offset + gain_offset_db(service, antenna)
        for service, offset, antenna in zip(of, sectors["power_offset_db"], names, strict=True)
    ]
    power = [service.carrier_power_dbm + offset for service, offset in zip(of, sectors["power_offset_db"], strict=True)]
    frame = pd.DataFrame({
        "cell": sectors["id"].astype(str), "site": sectors["site_id"].astype(str), "lon": geometry.x, "lat": geometry.y,
        "height_m": sectors["height_m"].astype(float), "azimuth_deg": sectors["azimuth_deg"].astype(float),
        "tilt_deg": sectors["tilt_deg"].astype(float), "mechanical_tilt_deg": 0.0, "frequency_mhz": [one.frequency_mhz for one in of],
        "element_dbm": element, "power_dbm": power, "antenna": names, "environment": sectors["environment"].astype(str),
        "band": sectors["service"].astype(str), "operator": sectors["operators"].astype(str), "pci": "", "plan": [one.plan for one in of],
        "rx_height_m": [one.rx_height_m for one in of], "ground_m": np.nan, "building_m": np.nan, "clutter_class": "",
    }).reset_index(drop=True)  # fmt: skip
    antennas = {name: antenna for service in services.values() for name, antenna in service.antennas.items()}
    return Transmitters(frame, antennas)


def carried_by(transmitters: Transmitters, operator: str, band: str) -> Bools:
    """Which cells carry an operator and a band, however both are written; all where a word is blank.

    A band is a service (n28, 5G 700M), a carrier in MHz, or the word that the cells have. Cells that state no operator carry any; those
    that state no band are judged by their carrier.
    """
    frame = transmitters.frame
    found = np.ones(len(frame), dtype=bool)
    if operator:
        stated = frame["operator"].astype(str).tolist()
        codes = {text: operator_set(text) or text for text in dict.fromkeys([*stated, operator])}
        found &= in_network([codes[text] for text in stated], codes[operator]) | (frame["operator"] == "").to_numpy()
    if band:
        words = dict.fromkeys([*frame["band"].astype(str), band])
        named = dict(zip(words, (_service_of(text, operator) for text in words), strict=True))
        mhz, known = frame["frequency_mhz"].to_numpy(float), frame["band"].astype(str).map(named).to_numpy(object)
        carrier = _carrier_mhz(named[band])
        near = np.abs(mhz / carrier - 1.0) <= SAME_CARRIER if carrier else np.zeros(len(frame), dtype=bool)
        found &= (known == named[band]) | (near & (known == ""))
    return np.asarray(found, bool)


def _service_of(band: str, operator: str) -> str:
    """The service that a word for a band means, else the word as it is compared."""
    word = str(folded(np.array([band], dtype=object))[0])
    answer = service_words(word, operator, lte=True) if word else None
    names = [name for name in answer[0].split(";") if name] if answer else []
    return names[0] if len(names) == 1 and answer is not None and not answer[1] and names[0] in load("services")["service"] else word


def _carrier_mhz(word: str) -> float:
    """The carrier of a service, or of a number of MHz; 0 of any other word."""
    presets = load("services")["service"]
    if word in presets:
        return float(presets[word]["frequency_mhz"]["value"])
    number = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(mhz)?", word)
    return float(number[1]) if number else 0.0
