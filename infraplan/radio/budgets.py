"""Link budgets: from a preset to the largest path loss at which downlink and uplink both close, every decibel with its source.

Each direction is a ladder of signed rows whose sum is its largest path loss; the ladder with the smallest loss decides, and the service
names it. What a path-loss model already contains (clutter, terrain) is not in the ladder; what is in the ladder (body, wall, shadowing,
interference) is in no model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from infraplan.messages import say
from infraplan.presets import choose, load
from infraplan.radio.antennas import Antenna, antenna_named
from infraplan.radio.entry_loss import O2I_SIGMA_DB, o2i, p2109, p2109_sigma_db
from infraplan.radio.service_presets import POWER_CLASS, ServicePreset
from infraplan.radio.shadowing import shadow_margin_db
from infraplan.radio.throughput import required_sinr_db
from infraplan.units import BOLTZMANN_DBM_PER_HZ

POWERS = ("low", "typical", "high")
_SUM = "sum of the rows above"


class BudgetRow(NamedTuple):
    """One step. `sign`: +1 and -1 count towards the path loss, 0 shows a sum or a note. `link`: downlink | downlink_data | uplink."""

    key: str
    value: float
    unit: str
    source: str
    interpretation: bool
    link: str
    sign: int


class Ladder(tuple[BudgetRow, ...]):
    """The rows of all links; printed, one line a row."""

    def __str__(self) -> str:
        lines = []
        for link in dict.fromkeys(row.link for row in self):
            lines.append(say(f"radio.link_{link}", "en"))
            for row in self:
                if row.link == link:
                    mark = {1: "+", -1: "-", 0: "="}[row.sign]
                    ours = f" [{say('radio.ours', 'en')}]" if row.interpretation else ""
                    lines.append(f"  {mark} {say(f'radio.budget_{row.key}', 'en'):45s}{row.value:9.2f} {row.unit:4s} {row.source}{ours}")
        return "\n".join(lines)


@dataclass(frozen=True)
class Service:
    """A carrier with its criterion, ready for the map. Margin of a pixel = max_path_loss_db + power_offset_db + pattern_db - path_loss_db.

    `max_path_loss_db` is the smaller of `downlink_max_path_loss_db` and `uplink_max_path_loss_db`; a power offset helps the downlink only.
    `receiver` says where the served device is; `entry_loss_db` is what a building takes beyond that. `class_offsets_db` (NB-IoT): a pixel
    has the class when its margin is at least the offset. `frame` names the TDD frame behind the two shares of time. `plan` chooses
    the models where there is no terrain (`model_selection.loss_curve`). `available_from`: the first day on which it may be built, None
    for any day. `antennas` holds the antennas that no preset has, by the names that
    sites and services call them.
    """

    name: str
    family: str
    frequency_mhz: float
    max_path_loss_db: float
    limiting_link: str
    rsrp_at_zero_loss_dbm: float
    required_rsrp_dbm: float
    shadowing_sigma_db: float
    shadow_margin_db: float
    entry_loss_db: float
    default_antenna: str
    rx_height_m: float
    budget: Ladder
    downlink_max_path_loss_db: float
    uplink_max_path_loss_db: float
    receiver: str
    reliability: float
    reliability_of: str
    bandwidth_mhz: float
    subcarrier_khz: float
    resource_blocks: int
    carrier_power_dbm: float
    ssb_gain_dbi: float
    traffic_gain_dbi: float
    downlink_share: float
    uplink_share: float
    class_offsets_db: tuple[tuple[float, float], ...]
    ue_power_dbm: float
    plan: str
    frame: str = ""
    available_from: date | None = None
    antennas: Mapping[str, Antenna] = field(default_factory=dict, repr=False, compare=False)

    def antenna(self, name: str) -> Antenna:
        """The antenna a sector of this service calls `name`: one of the study's own, else the preset."""
        own = self.antennas.get(name)
        return antenna_named(name) if own is None else own

    def largest_loss_db(self, power_offset_db: float = 0.0, gain_offset_db: float = 0.0) -> float:
        """`max_path_loss_db` of a sector whose carrier or antenna is not the preset's. [dB]

        More carrier power lengthens the downlink only; antenna gain serves both directions.
        """
        return min(self.downlink_max_path_loss_db + power_offset_db, self.uplink_max_path_loss_db) + gain_offset_db


def gain_offset_db(service: Service, antenna: str | Antenna) -> float:
    """Gain of a sector's antenna less that of the service's default antenna, which the budget contains. [dB]"""
    made = service.antenna(antenna) if isinstance(antenna, str) else antenna
    return made.gain_dbi - service.antenna(service.default_antenna).gain_dbi


def service_names() -> list[str]:
    """Names of all service presets."""
    return sorted(load("services")["service"])


def services(
    *names: str,
    reliability: float = 0.95,
    reliability_of: str = "area",
    power: str = "typical",
    receiver: str | None = None,
    power_class: int = POWER_CLASS,
    presets: dict[str, Any] | None = None,
    antennas: Mapping[str, Antenna] | None = None,
) -> dict[str, Service]:
    """Services (a carrier with its link budget and its criterion) by name, for a reliability.

    Parameters
    ----------
    *names : str
        Presets of `services.toml`, e.g. "nr-n41", "nbiot-900".
    reliability : float
        Share of places served, above 0 and below 1.
    reliability_of : str
        "area": of the whole cell (as planners usually state it); "edge": of every pixel on the contour.
    power : {"low", "typical", "high"}
        Which carrier power of the preset.
    receiver : str, optional
        Where the served device is: a key of `receivers` in `radio_environment.toml`, e.g. "outdoor", "indoor", "deep-indoor", "train",
        "car". The preset's own when left out: outdoors for NR and LTE, a meter inside a building for NB-IoT.
    power_class : int
        Power class of the devices, by 3GPP: 3 (the default), or 2, which sends 26 dBm in the bands that `power_class` of the presets
        lists. Other services keep their family's device.
    presets : dict, optional
        The presets with the values of your own file over them: `read_services(path)`.
    antennas : mapping of Antenna, optional
        Antennas that no preset has, such as pattern files, by the names that services and sites call them.

    Returns
    -------
    dict of Service
        Each with its largest path loss [dB] and the ladder of decibels behind it (`.budget`).

    Raises
    ------
    UsageError
        An unknown name, with the list and the nearest match.

    References
    ----------
    Recommendation ITU-R P.2109-2 (building entry loss). 3GPP TR 38.901, section 7.4.3. Each decibel of a budget names its source.

    Examples
    --------
    >>> import infraplan as ip
    >>> service = ip.services("nr-n28", reliability=0.9)["nr-n28"]
    >>> service.family, service.limiting_link, round(service.max_path_loss_db, 1)
    ('nr', 'downlink', 133.0)
    """
    table = load("services") if presets is None else presets
    choose(power, POWERS, "power")
    choose(str(power_class), (str(POWER_CLASS), *table.get("power_class", ())), "power_class")
    own = dict(antennas or {})
    return {name: _service(ServicePreset(name, table, power_class), reliability, reliability_of, power, receiver, own) for name in names}


def budget_rows(service: Service, lang: str = "zh") -> list[dict[str, Any]]:
    """The ladder as rows for a table: link, key, label, sign, value, unit, source, interpretation; sums have sign 0."""
    return [
        {
            "link": row.link,
            "link_label": say(f"radio.link_{row.link}", lang),
            "key": row.key,
            "label": say(f"radio.budget_{row.key}", lang),
            "sign": row.sign,
            "value": round(row.value, 4),
            "unit": row.unit,
            "source": row.source,
            "interpretation": row.interpretation,
        }
        for row in service.budget
    ]


def entry_margins(receiver: str, frequency_mhz: float) -> tuple[float, float, str, bool]:
    """Median loss, spread, source and whether it is ours, of a receiver's surroundings. [dB], [dB]"""
    receivers = load("radio_environment")["receivers"]
    preset = receivers[choose(receiver, receivers, "receiver")]
    f_ghz = frequency_mhz / 1e3
    if preset["model"] == "p2109":
        loss_db = float(p2109(f_ghz, preset["probability_percent"], preset["building_type"])) + preset.get("extra_db", 0.0)
        sigma_db = p2109_sigma_db(f_ghz, preset["building_type"])
    elif preset["model"] == "o2i":
        loss_db = float(o2i(f_ghz, preset["loss_class"], preset["indoor_distance_m"]))
        sigma_db = O2I_SIGMA_DB[preset["loss_class"]]
    else:
        loss_db, sigma_db = preset.get("loss_db", 0.0), preset.get("sigma_db", 0.0)
    return loss_db, sigma_db, preset["source"], bool(preset.get("interpretation", False))


def _service(
    preset: ServicePreset, reliability: float, reliability_of: str, power: str, receiver: str | None, antennas: Mapping[str, Antenna]
) -> Service:
    place = receiver or str(preset.value("receiver"))
    frequency_mhz = preset.number("frequency_mhz")
    exponent = preset.number("path_loss_exponent")

    def margin_for(entry_sigma_db: float) -> tuple[float, float]:
        sigma_db = math.hypot(preset.number("shadowing_sigma_db"), entry_sigma_db)
        return sigma_db, shadow_margin_db(reliability, sigma_db, kind=reliability_of, path_loss_exponent=exponent)

    entry_db, entry_sigma_db, entry_source, entry_ours = entry_margins(place, frequency_mhz)
    sigma_db, margin_db = margin_for(entry_sigma_db)
    indoor_db, indoor_sigma_db, _, _ = entry_margins("indoor", frequency_mhz)
    extra_db = indoor_db + margin_for(indoor_sigma_db)[1] - margin_db if place == "outdoor" else 0.0

    def tail(link: str, interference: str | None) -> list[BudgetRow]:
        rows = [_row(preset, interference, link, -1, "dB")] if interference else []
        sigma_source = f"{_row(preset, 'shadowing_sigma_db', link, 0, 'dB').source}: {sigma_db:.1f} dB; {reliability_of} {reliability:g}"
        rows.append(_row(preset, "body_loss_db", link, -1, "dB"))
        rows.append(BudgetRow("entry_loss_db", entry_db, "dB", entry_source, entry_ours, link, -1))
        rows.append(BudgetRow("shadow_margin_db", margin_db, "dB", sigma_source, True, link, -1))
        return rows

    carrier_dbm = float(preset.value("carrier_power_dbm")[POWERS.index(power)])
    ladders = _nbiot(preset, carrier_dbm, tail) if preset.coupling else _wideband(preset, carrier_dbm, tail)
    losses = {link: math.fsum(row.sign * row.value for row in rows) for link, rows in ladders.items()}
    sums = {link: BudgetRow("max_path_loss_db", loss_db, "dB", _SUM, False, link, 0) for link, loss_db in losses.items()}
    downlink_db = min(loss_db for link, loss_db in losses.items() if link != "uplink")
    shown = {row.key: row.value for row in ladders["downlink"]}
    classes = preset.value("mcl_classes_db") if preset.coupling else []
    return Service(
        name=preset.name,
        family=preset.family,
        frequency_mhz=frequency_mhz,
        max_path_loss_db=min(losses.values()),
        limiting_link="uplink" if losses["uplink"] < downlink_db else "downlink",
        rsrp_at_zero_loss_dbm=shown["rsrp_at_zero_loss_dbm"],
        required_rsrp_dbm=shown["required_rsrp_dbm"],
        shadowing_sigma_db=sigma_db,
        shadow_margin_db=margin_db,
        entry_loss_db=extra_db,
        default_antenna=str(preset.service["antenna"]),
        rx_height_m=preset.number("rx_height_m"),
        budget=Ladder(row for link, rows in ladders.items() for row in (*rows, sums[link])),
        downlink_max_path_loss_db=downlink_db,
        uplink_max_path_loss_db=losses["uplink"],
        receiver=place,
        reliability=reliability,
        reliability_of=reliability_of,
        bandwidth_mhz=preset.number("bandwidth_mhz"),
        subcarrier_khz=preset.number("subcarrier_khz"),
        resource_blocks=int(preset.value("resource_blocks")),
        carrier_power_dbm=carrier_dbm,
        ssb_gain_dbi=preset.number("ssb_gain_dbi"),
        traffic_gain_dbi=preset.number("traffic_gain_dbi"),
        downlink_share=preset.share("downlink"),
        uplink_share=preset.share("uplink"),
        class_offsets_db=tuple((float(mcl_db), preset.number("mcl_db") - float(mcl_db)) for mcl_db in classes),
        ue_power_dbm=preset.number("ue_power_dbm"),
        plan=preset.plan,
        frame=preset.frame_name,
        available_from=preset.value("available_from") if preset.has("available_from") else None,
        antennas=antennas,
    )


def _row(preset: ServicePreset, key: str, link: str, sign: int, unit: str, value: float | None = None) -> BudgetRow:
    """One value of a preset as a step of the ladder."""
    shown = preset.number(key) if value is None else value
    return BudgetRow(key, shown, unit, preset.source(key), preset.ours(key), link, sign)


def _per_element(preset: ServicePreset, link: str, carrier_dbm: float, gain: str) -> list[BudgetRow]:
    """Carrier power spread over its resource elements, through feeder and antenna. Sum: what one element radiates at boresight."""
    subcarriers = 12 * int(preset.value("resource_blocks"))
    return [
        _row(preset, "carrier_power_dbm", link, +1, "dBm", carrier_dbm),
        BudgetRow("element_share_db", 10.0 * math.log10(subcarriers), "dB", f"10 lg(12 N_RB), {subcarriers} subcarriers", False, link, -1),
        _row(preset, "feeder_loss_db", link, -1, "dB"),
        _row(preset, gain, link, +1, "dBi"),
        *_calibrated(preset, link),
    ]


def _calibrated(preset: ServicePreset, link: str) -> list[BudgetRow]:
    """What measurements add to the model's level; nothing without a calibration."""
    return [_row(preset, "calibration_db", link, +1, "dB")] if preset.has("calibration_db") else []


def _wideband(preset: ServicePreset, carrier_dbm: float, tail: Any) -> dict[str, list[BudgetRow]]:
    """NR and LTE: SS-RSRP (or RSRP) above its threshold, the edge rate down, the edge rate up."""
    ssb = _per_element(preset, "downlink", carrier_dbm, "ssb_gain_dbi")
    radiated_dbm = math.fsum(row.sign * row.value for row in ssb)
    ssb += [
        BudgetRow("rsrp_at_zero_loss_dbm", radiated_dbm, "dBm", _SUM, False, "downlink", 0),
        _row(preset, "required_rsrp_dbm", "downlink", -1, "dBm"),
        *tail("downlink", None),
    ]
    spacing_khz = preset.number("subcarrier_khz")
    down_mhz = preset.number("resource_blocks") * 12 * spacing_khz / 1e3
    data = [
        *_per_element(preset, "downlink_data", carrier_dbm, "traffic_gain_dbi"),
        _noise("downlink_data", spacing_khz * 1e3),
        _row(preset, "ue_noise_figure_db", "downlink_data", -1, "dB"),
        _rate(preset, "downlink", "downlink_data", down_mhz),
        *tail("downlink_data", "interference_margin_db"),
    ]
    up_mhz = preset.number("uplink_resource_blocks") * 12 * spacing_khz / 1e3
    uplink = [
        _row(preset, "ue_power_dbm", "uplink", +1, "dBm"),
        _row(preset, "traffic_gain_dbi", "uplink", +1, "dBi"),
        _row(preset, "feeder_loss_db", "uplink", -1, "dB"),
        *_calibrated(preset, "uplink"),
        _noise("uplink", up_mhz * 1e6),
        _row(preset, "bs_noise_figure_db", "uplink", -1, "dB"),
        _rate(preset, "uplink", "uplink", up_mhz),
        *tail("uplink", "uplink_interference_margin_db"),
    ]
    return {"downlink": ssb, "downlink_data": data, "uplink": uplink}


def _nbiot(preset: ServicePreset, carrier_dbm: float, tail: Any) -> dict[str, list[BudgetRow]]:
    """NB-IoT: the maximum coupling loss in both directions, corrected by the difference from the power it was derived for."""
    mcl_db = preset.number("mcl_db")
    down = _per_element(preset, "downlink", carrier_dbm, "ssb_gain_dbi")
    radiated_dbm = math.fsum(row.sign * row.value for row in down)
    element_share_db = down[1].value
    limit_dbm = preset.number("mcl_downlink_power_dbm") - element_share_db - mcl_db
    mcl_row = _row(preset, "mcl_db", "downlink", 0, "dB")
    down += [
        BudgetRow("rsrp_at_zero_loss_dbm", radiated_dbm, "dBm", _SUM, False, "downlink", 0),
        mcl_row,
        BudgetRow("required_rsrp_dbm", limit_dbm, "dBm", f"43 dBm - 10 lg 12 - {mcl_db:g} dB; {mcl_row.source}", False, "downlink", -1),
        *tail("downlink", "interference_margin_db"),
    ]
    up = [
        _row(preset, "ue_power_dbm", "uplink", +1, "dBm"),
        _row(preset, "traffic_gain_dbi", "uplink", +1, "dBi"),
        _row(preset, "feeder_loss_db", "uplink", -1, "dB"),
        *_calibrated(preset, "uplink"),
        _row(preset, "mcl_db", "uplink", +1, "dB"),
        _row(preset, "mcl_uplink_power_dbm", "uplink", -1, "dBm"),
        *tail("uplink", "uplink_interference_margin_db"),
    ]
    return {"downlink": down, "uplink": up}


def _noise(link: str, bandwidth_hz: float) -> BudgetRow:
    noise_dbm = BOLTZMANN_DBM_PER_HZ + 10.0 * math.log10(bandwidth_hz)
    return BudgetRow("thermal_noise_dbm", noise_dbm, "dBm", f"k T B at 290 K, {bandwidth_hz / 1e3:g} kHz", False, link, -1)


def _rate(preset: ServicePreset, direction: str, link: str, bandwidth_mhz: float) -> BudgetRow:
    """The SINR an edge rate needs."""
    rate_mbps, share = preset.number(f"{direction}_rate_mbps"), preset.share(direction)
    alpha = preset.entry(f"rate_alpha_{direction}")
    needed_db = required_sinr_db(rate_mbps, bandwidth_mhz, time_share=share, alpha=alpha["value"])
    origin = preset.share_source(direction)
    time = f"{share:.1%} of the time" + (f" ({origin})" if origin else "")
    source = f"{rate_mbps:g} Mbit/s, {bandwidth_mhz:g} MHz, {time}; {preset.sources[alpha['source']]}"
    return BudgetRow("required_sinr_db", needed_db, "dB", source, True, link, -1)
