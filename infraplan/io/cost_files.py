"""What sites cost, from a file of the study's own."""

from __future__ import annotations

import os

from pydantic import ValidationError

from infraplan.errors import DataError, Fault
from infraplan.io.opening import existing_file
from infraplan.messages import both
from infraplan.siting.costs import Costs
from infraplan.siting.costs_schema import LEVELS, CostFile
from infraplan.toml_faults import blank_faults, key_faults, line_of
from infraplan.toml_files import parse_toml, read_toml_text


def read_costs(source: str | os.PathLike[str]) -> Costs:
    """The costs of a file: prices of sites by what they stand on, in one currency.

    Parameters
    ----------
    source : path
        TOML in the schema of docs/study.md; `infraplan new blank` writes one to edit. It is complete: no price of the presets is mixed in.

    Returns
    -------
    Costs
        For `candidate_sites(..., costs=costs)`.

    Raises
    ------
    DataError
        Every fault of the file at once: unknown keys, a host without a capex, a currency that is no code, negative prices, figures that
        fall from low to high, figures without a source, a host that needs a line without a price.

    Examples
    --------
    >>> import infraplan as ip
    >>> from pathlib import Path
    >>> text = '''currency = "XAF"
    ... annuity = { rate = 0.08, years = 10, source = "regulator" }
    ... added_service = { capex = 5e6, opex_per_year = 4e5, source = "tender" }
    ... hosts.tower = { en = "new tower", capex = 3.5e7, opex_per_year = 3e6, height_m = 45, source = "tender" }
    ... '''
    >>> _ = Path("costs.toml").write_text(text, encoding="utf-8")
    >>> costs = ip.read_costs("costs.toml")
    >>> costs.currency, costs.life_cost("tower")
    ('XAF', 55130244)
    """
    path = existing_file(source)
    text = read_toml_text(path, "costs")
    raw = parse_toml(text, path.name, "costs")
    if blank := blank_faults(raw, path.name, text, "costs"):
        raise DataError(blank)
    try:
        costs = Costs.of(CostFile.model_validate(raw))
    except ValidationError as error:
        raise DataError(key_faults(error, CostFile, path.name, text, kind="costs")) from None
    dear = {name: [level for level in LEVELS if costs.life_cost(name, level=level) < costs.added_cost(level)] for name in costs.hosts}
    needed = [(name, line) for name, terms in costs.hosts.items() for line in terms["lines"] if line not in costs.lines]
    faults = [_unpriced(path.name, text, name, line) for name, line in needed]
    faults += [_too_dear(path.name, text, name, costs, levels[0]) for name, levels in dear.items() if levels]
    if faults:
        raise DataError(faults)
    return costs


def _unpriced(file: str, text: str, host: str, line: str) -> Fault:
    """A host has to be connected to a line that has no price."""
    message, fix = both("siting.line_without_price", host=host, line=line), both("siting.line_without_price_fix", line=line)
    place = ("hosts", host, "lines")
    return Fault(file, message, fix, rule="costs-line", row=line_of(text, place), column=".".join(place), value=line)


def _too_dear(file: str, text: str, host: str, costs: Costs, level: str) -> Fault:
    """A further service on a site may not cost more than a site of its own: two sets of one place would undercut the joint set."""
    cost, added = (f"{value:,}" for value in (costs.life_cost(host, level=level), costs.added_cost(level)))
    message = both("siting.added_above_host", host=host, cost=cost, added=added, currency=costs.currency)
    row, fix = line_of(text, ("added_service",)), both("siting.added_above_host_fix")
    return Fault(file, message, fix, rule="costs-added-service", row=row, column="added_service", value=added)
