"""The data of a page: one frozen object a zone, filled by the run, read by every writer of this package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from infraplan.errors import Fault
from infraplan.geo.grids import Grid
from infraplan.outputs import TABLES
from infraplan.presets import load
from infraplan.radio.link_quality import QualityGoal
from infraplan.siting.build_alone import BuildAlone
from infraplan.siting.capacity import CapacityInUse
from infraplan.siting.low_end import LowEnd
from infraplan.tables.language import OwnNames

if TYPE_CHECKING:
    from infraplan.report.map_detail import MapDetail

Margins = npt.NDArray[np.float32]
COUNTS = tuple(one.name for one in TABLES["population"] if one.kind and one.form == "whole")
"""Columns of people and points that add up over zones."""
SHARES = {one.name: one.name.replace("share", "served") for one in TABLES["population"] if one.kind and one.form == "share"}
"""Shares, and the people of whom each is a share."""


@dataclass(frozen=True)
class Document:
    """A policy document the zone is judged against. `expires` is an ISO date or "" (still in force)."""

    title: str
    number: str
    expires: str = ""
    expired: bool = False


@dataclass(frozen=True)
class Dataset:
    """An input: its title, owner and licence. `synthetic`: made up for the example."""

    name: str
    holder: str
    licence: str
    synthetic: bool = False


@dataclass(frozen=True)
class PlanSummary:
    """The plan's totals. `proven_gap` is a fraction: (cost - bound) / cost, within the model.

    `cost_bound`: what no plan that meets the goal costs less than, also where this plan falls short of it; None where nothing is proven, or
    the plan serves most people, whose bound counts people.
    `cost_low`, `cost_high`: of the same sites, every figure of the costs low, or high. `without_lines`: lines whose distance adds nothing.
    `whole`: not a city's part of a larger plan. `capacity`: how many people its sites serve at most, None for coverage only.
    `extras`: what an option adds to the cost ("planning_margin", "county_floor"; "rent_free" is what rent-free public premises save).
    `shares`: of each population target what `check_plan` counts (family, population, served_if_weaker, expected_people, today ...); empty
    where nothing was checked. `low_end`: the plan of the same goal if every signal is weaker.
    `build_alone`: by the network of the new sites alone. `lines`, `weak_grid`: kilometres of lines, measured weak cells (as in `Plan`; of a
    city's part those in the city).
    `connections`: what connecting the sites costs, and in which way (`connection_sums`); None where that is not priced.
    `goal`: share of people required, None where none is. `margin_db`: planning margin. `rent_measure`: number of the policy's measure that
    waives the rent of public premises. `families`: population, served_before, served_after of each family.
    """

    sites: int
    cost: float
    cost_bound: float | None
    proven_gap: float
    population_gained: int
    status: str = ""
    scope: str = ""
    extras: Mapping[str, float] = field(default_factory=dict)
    goal: float | None = None
    margin_db: float = 0.0
    rent_measure: str = ""
    families: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    whole: bool = True
    capacity: CapacityInUse | None = None
    shares: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    low_end: LowEnd | None = None
    build_alone: BuildAlone | None = None
    cost_low: float = 0.0
    cost_high: float = 0.0
    without_lines: tuple[str, ...] = ()
    lines: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    weak_grid: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    connections: Mapping[str, Any] | None = None

    @property
    def bounded(self) -> bool:
        """Whether the cost has a proven distance from its bound: not that of a plan that falls short of its goal."""
        return self.cost_bound is not None and self.proven_gap < 1.0


@dataclass(frozen=True)
class QualityOfZone:
    """SINR and rates of a page.

    `table`: rows of the output table `quality` for the zone and those below, None without people. `maps`: family -> receiver -> sinr_db,
    downlink_mbps, uplink_mbps, arrays of the page's grid, NaN where no network serves; none in a public edition.
    """

    goal: QualityGoal
    table: Any
    maps: Mapping[str, Mapping[str, Mapping[str, Margins]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Facts:
    """How the numbers were made.

    Attributes
    ----------
    model : str
        Names of the propagation models, to be cited.
    resolution_m : float
        Side of a pixel. [m]
    reliability : float
        Coverage probability of the shadowing margin, 0..1.
    services : tuple of str
        One line a service: name, frequency, largest path loss.
    population_basis : str
        Where the people come from, e.g. "2020 年第七次全国人口普查".
    filled_in : mapping
        Empty cells of the input that a preset filled: field name -> number of rows.
    warnings : tuple of Fault
        Warnings of the readers of the input, grouped.
    map_approval : str
        审图号 of an approved base map; "" prints that an official publication needs one.
    notes : tuple of str
        Further sentences for the section on method and limits.
    evidence : tuple of pairs of str
        Item and content: what the model is worth here, what was measured, the share that samples of visits show.
    receivers : mapping
        family -> where its devices are judged, a key of `receivers` in radio_environment.toml; of the preset where it is not named.
    band_db : float
        By how much every signal is weaker and stronger in the shares beside a headline. [dB]
    as_of, report_date : str
        ISO dates of the data and of the report; "" where the study states none.
    title : str
        Title of the study, in both languages.
    edition : str
        "internal" or "public" (`editions`); "" for pages that no run makes, which say neither.
    own : OwnNames
        The study's currency and its own names of hosts, operators and networks.
    """

    model: str
    resolution_m: float
    reliability: float
    population_basis: str
    services: tuple[str, ...] = ()
    documents: tuple[Document, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    filled_in: Mapping[str, int] = field(default_factory=dict)
    synthetic: bool = False
    warnings: tuple[Fault, ...] = ()
    map_approval: str = ""
    version: str = ""
    study: str = ""
    notes: tuple[str, ...] = ()
    evidence: tuple[tuple[str, str], ...] = ()
    receivers: Mapping[str, str] = field(default_factory=dict)
    band_db: float = 0.0
    as_of: str = ""
    report_date: str = ""
    own: OwnNames = field(default_factory=OwnNames)
    title: str = ""
    edition: str = ""


@dataclass(frozen=True)
class PageContext:
    """Everything one zone's pages show.

    Attributes
    ----------
    level, adcode, name : str
        The zone of the page: "city" or "province".
    tops : tuple of str
        Adcodes of the provinces where the page shows several, or one that was made from its cities; `adcode` is then "" and `name` that of
        the cities or the study.
    title_en : str
        English name of a page with several zones, or of an area that the study names itself.
    city_order : str or tuple of str
        Name of the official order of the cities, or their codes in order; "" lists them by code.
    zones : GeoDataFrame, EPSG:4326
        The zone itself and its children (counties of a city; cities, and if wanted counties, of the province):
        level, adcode, name, parent, geometry.
    population : DataFrame
        Rows of `with_ranges` for the zone and its children: level, adcode, name, family, network, population, served, uncertain,
        unserved, share; the figures beside a share, and served_after, may be missing.
    scorecard : DataFrame
        Rows of `scorecard`; those with zone == adcode are the page's own, the province may carry its cities' rows too.
    gaps : DataFrame
        Rows of `find_gaps` inside the zone.
    things : DataFrame, optional
        Rows of `things_of_targets` inside the zone: out of how many things those of the gaps are.
    villages : GeoDataFrame of points, EPSG:4326
        id, name, kind, population, households, town, committee, county and, per family, `<family>_status`
        ("served" | "uncertain" | "unserved") and `<family>_margin_db`.
    sites, plan_sites : GeoDataFrame of points, EPSG:4326
        Existing sites (contract of sites) and suggested ones (contract of `Plan.sites`).
    grid : Grid
        Where the margins lie.
    margins : mapping
        family -> best margin of any operator. float32 (grid.height, grid.width), NaN where nothing was computed. [dB]
    cities : DataFrame, optional
        Province only: adcode, name, folder (relative, "" without a page), gaps, new_sites, cost, share_change (of the first family, since
        the run before; NaN without one), state ("done" | "failed" | "skipped"), reason.
    build_curve : DataFrame, optional
        cost, share (of residents served by the plan so far) per step.
    phases : DataFrame, optional
        phase, name, start, end (ISO dates), sites, cost, share, asked_met.
    pareto : DataFrame, optional
        `pareto_curve`: budget, cost, sites, people, share, share_bound, proven_gap.
    detail : MapDetail, optional
        What the interactive map shows beside: every network, with the plan, lines and places.
    history : DataFrame, optional
        Province only: the trend over the days of the runs (`run_records.trend`), this run last.
    towns : DataFrame, optional
        Public edition only: settlements by town, rows of the output table `towns`.
    fibre : FibrePlan, optional
        The plan of fibre, or the zone's part of it.
    connections : GeoDataFrame, optional
        The lines that connect the new sites on new positions; None where that is not priced.
    unreachable : DataFrame, optional
        The certificate of a plan whose goal is out of reach, province only: id, name, kind, family, target, county, city, population, lon,
        lat, must, best_db, obstacle.
    quality : QualityOfZone, optional
        SINR and rates, where the study wants them counted.
    of_city : PageContext, optional
        County only: the page of its city, whose lists it shows in part.
    """

    level: str
    adcode: str
    name: str
    zones: Any
    population: Any
    scorecard: Any
    gaps: Any
    villages: Any
    sites: Any
    plan_sites: Any
    grid: Grid
    margins: Mapping[str, Margins]
    facts: Facts
    plan: PlanSummary | None = None
    things: Any = None
    families: tuple[str, ...] = ("nr", "nbiot")
    networks: tuple[str, ...] = ("any", "cbn+cmcc", "ctcc+cucc")
    cities: Any = None
    build_curve: Any = None
    phases: Any = None
    pareto: Any = None
    unreachable: Any = None
    towns: Any = None
    fibre: Any = None
    connections: Any = None
    detail: MapDetail | None = None
    history: Any = None
    index_href: str = ""
    tops: tuple[str, ...] = ()
    title_en: str = ""
    city_order: str | tuple[str, ...] = ""
    quality: QualityOfZone | None = None
    of_city: PageContext | None = None
    known: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """What `make` returns, made when first asked for: several files of a zone show it. Nobody changes it."""
        if key not in self.known:
            self.known[key] = make()
        return self.known[key]

    def receiver(self, family: str) -> str:
        """Where the family's devices are judged: "outdoor", "indoor" ...; "" where it is not known."""
        preset = load("services")["family"].get(family, {}).get("receiver", {})
        return str(self.facts.receivers.get(family) or preset.get("value", ""))

    @property
    def name_en(self) -> str:
        """The zone's English name where the zones carry one (`name_en`), else its name."""
        if self.tops or self.title_en:
            return self.title_en or self.name
        own = self.outline
        name = own["name_en"].iloc[0] if "name_en" in own and len(own) else None
        return str(name) if isinstance(name, str) and name else self.name

    def names(self, lang: str) -> dict[str, str]:
        """Adcode -> name; English names where the zones have them and the page is English."""
        column = (
            self.zones["name_en"].where(self.zones["name_en"].notna(), self.zones["name"])
            if lang == "en" and "name_en" in self.zones
            else self.zones["name"]
        )
        return dict(zip(self.zones["adcode"], column.astype(str), strict=True))

    @property
    def existing_sites(self) -> Any:
        """Sites in service, which maps draw: without planned and retired ones."""
        return self.sites[self.sites["status"] == "existing"] if "status" in self.sites else self.sites

    def title_name(self, lang: str) -> str:
        """The zone's name in titles."""
        return self.name_en if lang == "en" else self.name

    @property
    def outline(self) -> Any:
        """The zone's own row of `zones` (a frame of one row, or none), or one row each of `tops`."""
        return self.zones[(self.zones["level"] == self.level) & self.zones["adcode"].isin(self.own)]

    @property
    def own(self) -> tuple[str, ...]:
        """Adcodes of the page's own zones."""
        return self.tops or (self.adcode,)

    @property
    def child_level(self) -> str:
        """Level of the zones that the pages list: cities of a province, counties of a city, or of a study of one city."""
        levels = self.zones["level"]
        one_city = (levels == "city").sum() == 1 and (levels == "county").sum() > 1
        return "city" if self.level == "province" and not one_city else "county"

    @property
    def children(self) -> Any:
        """Child zones that the pages list: cities of a province, counties of a city."""
        return self.zones[self.zones["level"] == self.child_level]

    @property
    def counties(self) -> list[tuple[str, str]]:
        """Code and name of each county of a city's page, in the order of the codes; none where the city is its only county."""
        own = self.zones[(self.zones["level"] == "county") & (self.zones["adcode"] != self.adcode)]
        if self.level != "city" or len(own) < 2:
            return []
        return sorted(zip(own["adcode"].astype(str), own["name"].astype(str), strict=True))

    def people(self, family: str, network: str = "any", level: str | None = None) -> Any:
        """Population rows of one family and network; of the zone itself (of several zones their sum), or of a level."""
        return self.once(("people", family, network, level), lambda: self._people(family, network, level))

    def _people(self, family: str, network: str, level: str | None) -> Any:
        rows = self.population
        rows = rows[(rows["family"] == family) & (rows["network"] == network)]
        if level is not None:
            return rows[rows["level"] == level]
        own = rows[(rows["level"] == self.level) & rows["adcode"].isin(self.own)]
        if not self.tops or not len(own):
            return own
        sums = {name: [own[name].sum(min_count=1)] for name in COUNTS if name in own}
        total = own.iloc[:1].assign(adcode="", name=self.name, parent="", **sums)
        people = int(total["population"].iloc[0])
        shares = {name: total[count] / people if people else float("nan") for name, count in SHARES.items() if name in total}
        return total.assign(**shares)

    @property
    def targets(self) -> Any:
        """Scorecard rows of the zone itself; with several zones each task begins with its zone's name."""
        return self.once("targets", self._targets)

    def _targets(self) -> Any:
        rows = self.scorecard[self.scorecard["zone"].isin(self.own)]
        rows = rows[rows["zone_level"] == self.level] if "zone_level" in rows else rows
        if len(self.tops) < 2 or not len(rows):
            return rows
        named = {name: rows[name].where(rows[name] != "", rows["id"]) for name in ("task", "task_en")}
        names = self.names("zh"), self.names("en")
        return rows.assign(
            task=rows["zone"].map(names[0]) + "：" + named["task"], task_en=rows["zone"].map(names[1]) + ": " + named["task_en"]
        )
