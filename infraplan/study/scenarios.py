"""Named scenarios of a study: edits of its sites, kept in `scenarios/NAME.toml` beside study.toml."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Literal

import tomlkit
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from infraplan import fields
from infraplan.errors import DataError, Fault, UsageError
from infraplan.files import write_text
from infraplan.messages import both, say
from infraplan.presets import choose
from infraplan.toml_faults import key_faults
from infraplan.toml_files import parse_toml, read_toml_text

FOLDER = "scenarios"
MOST_EDITS = 200
MOST_SECTORS = 12
"""Most azimuths of one site."""
NAME_PATTERN = r"^\w[\w-]{0,59}$"
PLACE = ("longitude", "latitude")
LANGUAGES = ("zh", "en")
OPTIONS = ("name", "services", "operators", "host", "height_m", "azimuth_deg", "tilt_deg", "carrier_power_dbm", "status")


def _bounded(name: str) -> AfterValidator:
    """Numbers between the bounds that the table of sites has for this column."""
    field = fields.field_of("site", name)
    low, high = field.minimum, field.maximum

    def check(value: float) -> float:
        if (low is not None and value < low) or (high is not None and value > high):
            raise ValueError(both("study.edit_bounds", low=f"{low:g}", high=f"{high:g}"))
        return value

    return AfterValidator(check)


Text = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")]
Degrees = Annotated[float, Field(ge=0.0, lt=360.0)]


class Edit(BaseModel):
    """One change of one site: a new site, other values of a site, or a site that is switched off.

    Parameters
    ----------
    do : {"add", "change", "remove"}
        `remove` gives a site of the study the status "retired".
    id : str
        The site.
    name : str, optional
        Its name.
    longitude, latitude : float, optional
        Place, WGS-84; an added site needs one. [deg]
    services : list of str, optional
        Its services; an added site needs some.
    operators : str, optional
        Its operators, joined by "+"; an added site needs them.
    host, height_m, azimuth_deg, tilt_deg, carrier_power_dbm, status : optional
        As in a table of sites. `azimuth_deg` is a list, empty for an omnidirectional antenna. What an added site leaves out is filled as in
        a table of sites; what a change leaves out stays. [m, deg, deg, dBm a carrier]

    Examples
    --------
    >>> import infraplan as ip
    >>> ip.Edit(do="change", id="S4", height_m=45).written()
    {'do': 'change', 'id': 'S4', 'height_m': 45.0}
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    do: Literal["add", "change", "remove"]
    id: Text
    name: Text | None = None
    longitude: Annotated[float, Field(ge=-180.0, le=180.0)] | None = None
    latitude: Annotated[float, Field(ge=-90.0, le=90.0)] | None = None
    services: Annotated[tuple[Text, ...], Field(min_length=1, max_length=20)] | None = None
    operators: Text | None = None
    host: Text | None = None
    height_m: Annotated[float, _bounded("height_m")] | None = None
    azimuth_deg: Annotated[tuple[Degrees, ...], Field(max_length=MOST_SECTORS)] | None = None
    tilt_deg: Annotated[float, _bounded("tilt_deg")] | None = None
    carrier_power_dbm: Annotated[float, _bounded("carrier_power_dbm")] | None = None
    status: Literal["existing", "planned", "retired"] | None = None

    @model_validator(mode="after")
    def _whole(self) -> Edit:
        if (self.longitude is None) != (self.latitude is None):
            raise ValueError(both("study.edit_half_place"))
        if self.do == "add":
            lacking = [name for name in ("longitude", "services", "operators") if getattr(self, name) is None]
            if lacking:
                raise ValueError(both("study.edit_lacks", names=", ".join(lacking)))
        given = [name for name in (*PLACE, *OPTIONS) if getattr(self, name) is not None]
        if self.do == "remove" and given:
            raise ValueError(both("study.edit_remove", names=", ".join(given)))
        if self.do == "change" and not given:
            raise ValueError(both("study.edit_empty"))
        return self

    def written(self) -> dict[str, object]:
        """What is stated, by key.

        Returns
        -------
        dict
            Plain values, for TOML and JSON.
        """
        return {name: list(value) if isinstance(value, tuple) else value for name, value in self.model_dump(exclude_none=True).items()}


def _one_edit_a_site(edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
    ids = [edit.id for edit in edits]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    if twice:
        raise ValueError(both("study.edit_twice", ids=", ".join(twice[:5])))
    return edits


Edits = Annotated[tuple[Edit, ...], Field(max_length=MOST_EDITS), AfterValidator(_one_edit_a_site)]


class Scenario(BaseModel):
    """Edits of the sites of a study under a name.

    Parameters
    ----------
    name : str
        Letters, digits, "_" and "-".
    edits : tuple of Edit
        At most one a site, at most 200.
    inputs : mapping of str
        SHA-256 of each file of the study that the edits were made on, by name (`Study.inputs`). A study whose files differ refuses the
        scenario; an empty mapping is not compared.

    Examples
    --------
    >>> import infraplan as ip
    >>> study = ip.Study.open(ip.example_world().write("study"))
    >>> higher = ip.Scenario(name="higher", edits=[{"do": "change", "id": "S4", "height_m": 45}], inputs=study.inputs)
    >>> ip.write_scenario(study.folder, higher)
    >>> ip.Study.open("study", scenario="higher").sites.set_index("id").loc["S4", "height_m"]
    np.float64(45.0)
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=NAME_PATTERN)]
    edits: Edits = ()
    inputs: Mapping[str, str] = Field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256 of the edits."""
        listed = json.dumps([edit.written() for edit in self.edits], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(listed.encode()).hexdigest()


class _File(BaseModel):
    """The content of a file: `Scenario` in the words of its sections."""

    model_config = ConfigDict(extra="forbid")

    edit: Edits = ()
    inputs: dict[str, str] = Field(default_factory=dict)


def scenario_path(folder: Path, name: str) -> Path:
    """The file of a scenario.

    Parameters
    ----------
    folder : Path
        The folder of study.toml.
    name : str
        The scenario.

    Returns
    -------
    Path
        Whether or not it exists.
    """
    return folder / FOLDER / f"{name}.toml"


def scenario_names(folder: Path) -> list[str]:
    """The scenarios of a study.

    Parameters
    ----------
    folder : Path
        The folder of study.toml.

    Returns
    -------
    list of str
        Their names, sorted.
    """
    return sorted(path.stem for path in (folder / FOLDER).glob("*.toml") if not path.name.startswith("."))


def read_scenario(folder: Path, name: str) -> Scenario:
    """A scenario of a study.

    Parameters
    ----------
    folder : Path
        The folder of study.toml.
    name : str
        The scenario.

    Returns
    -------
    Scenario
        Not yet compared with the study.

    Raises
    ------
    UsageError
        No scenario has this name; the nearest is named.
    DataError
        Every fault of the file.

    Examples
    --------
    >>> import infraplan as ip
    >>> study = ip.Study.open(ip.example_world().write("study"))
    >>> ip.write_scenario(study.folder, ip.Scenario(name="less", edits=[{"do": "remove", "id": "S4"}]))
    >>> ip.read_scenario(study.folder, "less").edits[0].do
    'remove'
    """
    path = scenario_path(folder, choose(name, scenario_names(folder), "scenario"))
    text = read_toml_text(path, "scenario")
    raw = parse_toml(text, path.name, "scenario")
    try:
        content = _File.model_validate(raw)
        return Scenario(name=name, edits=content.edit, inputs=content.inputs)
    except ValidationError as error:
        raise DataError(key_faults(error, _File, path.name, text, kind="scenario")) from None


def write_scenario(folder: Path, scenario: Scenario) -> None:
    """A scenario as a file of a study, whole or not at all.

    Parameters
    ----------
    folder : Path
        The folder of study.toml.
    scenario : Scenario
        Its name is that of the file.

    Examples
    --------
    >>> import infraplan as ip
    >>> study = ip.Study.open(ip.example_world().write("study"))
    >>> ip.write_scenario(study.folder, ip.Scenario(name="less", edits=[{"do": "remove", "id": "S4"}], inputs=study.inputs))
    >>> (study.folder / "scenarios" / "less.toml").is_file()
    True
    """
    document = tomlkit.document()
    for lang in LANGUAGES:
        document.add(tomlkit.comment(say("study.scenario_comment", lang)))
    rows = tomlkit.aot()
    for edit in scenario.edits:
        row = tomlkit.table()
        row.update(edit.written())
        rows.append(row)
    if scenario.edits:
        document.add("edit", rows)
    document.add("inputs", tomlkit.item(dict(scenario.inputs)))
    write_text(scenario_path(folder, scenario.name), tomlkit.dumps(document))


def refuse_other_inputs(scenario: Scenario, inputs: Mapping[str, str]) -> None:
    """Raises where files of the study are not those that the edits were made on.

    Parameters
    ----------
    scenario : Scenario
        With the files it was made on.
    inputs : mapping of str
        `Study.inputs`.

    Raises
    ------
    UsageError
        Names what changed.
    """
    known = scenario.inputs
    if not known:
        return
    changed = [name for name in sorted({*known, *inputs}) if known.get(name) != inputs.get(name)]
    if changed:
        raise UsageError(both("study.scenario_stale", name=scenario.name, changed=", ".join(changed)))


def faults_of_ids(edits: Iterable[Edit], ids: Collection[str], file: str) -> list[Fault]:
    """Faults of edits of sites that the study lacks, and of new sites under an id that it has.

    Parameters
    ----------
    edits : iterable of Edit
        The edits.
    ids : collection of str
        Sites of the study.
    file : str
        Where the edits are from.

    Returns
    -------
    list of Fault
        One an edit.
    """
    known, faults = set(ids), []
    for number, edit in enumerate(edits, start=1):
        if (edit.id in known) == (edit.do == "add"):
            key = "study.edit_known" if edit.do == "add" else "study.edit_unknown"
            message, fix = both(key, id=edit.id), both(f"{key}_fix")
            faults.append(Fault(file, message, fix, rule="scenario-site", row=number, column="id", value=edit.id))
    return faults
