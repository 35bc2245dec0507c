"""What fibre costs a kilometre, by way of building and class of road: the presets, or a file of the study's own."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from infraplan.messages import both
from infraplan.presets import choose, load
from infraplan.siting.costs_schema import LEVELS, NOTHING, AnnuityTerms, Currency, Figure, Said

EXISTING, BRIDGE, UNKNOWN, FERRY, SOURCE = "existing", "bridge", "unknown", "ferry", "source"
"""Ways and classes that the network knows by name; `source` joins the nodes of today's network, and costs nothing."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class WayTerms(_Table):
    """A way of building. `rent_per_km_year`: each year, for what is rented."""

    zh: str = ""
    en: str = ""
    capex_per_km: Figure = NOTHING
    rent_per_km_year: Figure = NOTHING
    source: Said
    interpretation: bool = False


class LinkTerms(_Table):
    """From a place to the road: the straight distance within `within_m`, times `factor` beyond, nothing beyond `most_km`."""

    way: str
    within_m: float = Field(ge=0, le=10_000)
    factor: float = Field(ge=1, le=5)
    most_km: float = Field(gt=0, le=100)
    source: Said
    interpretation: bool = False


class SlopeTerms(_Table):
    """What each percent of mean slope adds."""

    factor_per_percent: float = Field(ge=0, le=1)
    most_percent: float = Field(gt=0, le=100)
    source: Said
    interpretation: bool = False


class RoadTerms(_Table):
    """How a line is built along a class of road, and the factor on its price."""

    way: str
    factor: float = Field(gt=0, le=10)
    source: Said
    interpretation: bool = False


class MicrowaveTerms(_Table):
    """One microwave hop: both ends."""

    capex: Figure
    opex_per_year: Figure = NOTHING
    most_km: float = Field(gt=0, le=100)
    frequency_ghz: float = Field(ge=1, le=100)
    height_m: float = Field(gt=0, le=300)
    source: Said
    interpretation: bool = False


class FibrePrices(_Table):
    """A whole file of fibre prices, in one currency; every figure low, typical, high.

    Examples
    --------
    >>> from infraplan.backhaul import usual_fibre_prices
    >>> prices = usual_fibre_prices()
    >>> prices.currency, prices.per_km("aerial"), prices.along("县道", bridge=False)
    ('CNY', 62500.0, ('secondary', 'trench', 100000.0))
    """

    currency: Currency
    annuity: AnnuityTerms
    ways: dict[str, WayTerms] = Field(min_length=1)
    link: LinkTerms
    slope: SlopeTerms | None = None
    roads: dict[str, RoadTerms] = Field(min_length=1)
    microwave: MicrowaveTerms | None = None
    classes: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _ways_have_prices(self) -> FibrePrices:
        """Each way that a road, a link or the network asks for is priced."""
        wanted = {terms.way for terms in self.roads.values()} | {self.link.way, EXISTING, BRIDGE}
        lacking = sorted(wanted - set(self.ways))
        if lacking:
            raise ValueError(both("backhaul.way_without_price", ways=", ".join(lacking), known=", ".join(self.ways)))
        if UNKNOWN not in self.roads:
            raise ValueError(both("backhaul.no_unknown_road"))
        return self

    @property
    def present_value_years(self) -> float:
        """What one unit of money a year over all years is worth today, in years."""
        rate, years = self.annuity.rate, self.annuity.years
        return float(years) if rate == 0 else (1.0 - (1.0 + rate) ** -years) / rate

    def per_km(self, way: str, level: str = "typical") -> float:
        """What a kilometre costs over the years of the file: capex, and rent as it is worth today."""
        terms, at = self.ways[choose(way, self.ways, "way")], LEVELS.index(choose(level, LEVELS, "cost_level"))
        return terms.capex_per_km[at] + terms.rent_per_km_year[at] * self.present_value_years

    def along(self, word: str, *, bridge: bool, level: str = "typical") -> tuple[str, str, float]:
        """The class that a layer's word means, how a line is built there, and its price a kilometre."""
        road = self.class_of(word)
        terms = self.roads[road if road in self.roads else UNKNOWN]
        way = BRIDGE if bridge else terms.way
        return road, way, self.per_km(way, level) * (1.0 if bridge else terms.factor)

    def class_of(self, word: str) -> str:
        """The class of a layer's word; `unknown` where no class has it."""
        return self._words().get(word.strip().lower(), UNKNOWN)

    def hop_cost(self, level: str = "typical") -> float:
        """What one microwave hop costs over the years; infinite where the file has none."""
        if self.microwave is None:
            return float("inf")
        at = LEVELS.index(choose(level, LEVELS, "cost_level"))
        return self.microwave.capex[at] + self.microwave.opex_per_year[at] * self.present_value_years

    def slope_factor(self, percent: Any) -> Any:
        """What the mean slope of a road multiplies its price by."""
        if self.slope is None:
            return percent * 0.0 + 1.0
        return 1.0 + self.slope.factor_per_percent * percent.clip(0.0, self.slope.most_percent)

    def _words(self) -> dict[str, str]:
        own = {name: name for name in self.roads}
        return own | {word.lower(): name for name, words in self.classes.items() for word in words}


@cache
def usual_fibre_prices() -> FibrePrices:
    """The prices of the presets, in yuan: one of them published, the others planner's defaults."""
    return FibrePrices.model_validate(load("fibre_prices"))
