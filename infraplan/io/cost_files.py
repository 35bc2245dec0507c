"""What sites cost, from a file of the study's own."""

from __future__ import annotations

import os

from pydantic import ValidationError

from infraplan.errors import DataError, Fault
from infraplan.io.opening import existing_file
from infraplan.messages import both
from infraplan.siting.costs import Costs
from infraplan.siting.costs_schema import CostFile
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
        Every fault of the file at once: unknown keys, a currency that is no code, negative prices, figures without a source.

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
    dear = [name for name in costs.hosts if costs.life_cost(name) < costs.added_service_cost]
    if dear:
        facts = {"added": f"{costs.added_service_cost:,}", "currency": costs.currency}
        raise DataError([_too_dear(path.name, text, name, costs.life_cost(name), facts) for name in dear])
    return costs


def _too_dear(file: str, text: str, host: str, life_cost: int, facts: dict[str, str]) -> Fault:
    """A further service on a site may not cost more than a site of its own: two sets of one place would undercut the joint set."""
    message, fix = both("siting.added_above_host", host=host, cost=f"{life_cost:,}", **facts), both("siting.added_above_host_fix")
    return Fault(
        file, message, fix, rule="costs-added-service", row=line_of(text, ("added_service",)), column="added_service", value=facts["added"]
    )
