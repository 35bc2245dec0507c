"""The dates and the version that files for a GIS carry."""

from __future__ import annotations

import infraplan
from infraplan.study import Study


def stated_dates(study: Study) -> dict[str, str]:
    """`as_of` and `report_date` as ISO dates, "" where the study states none."""
    about = study.config.study
    return {"as_of": about.as_of.isoformat() if about.as_of else "", "report_date": about.dated.isoformat() if about.dated else ""}


def dates_of(as_of: str, report_date: str, synthetic: bool, edition: str = "") -> dict[str, str]:
    """The dates and the version that files for a GIS carry, as tags; what the study does not state is left out."""
    tags = {"EDITION": edition, "AS_OF": as_of, "REPORT_DATE": report_date, "VERSION": f"infraplan {infraplan.__version__}"}
    return {name: value for name, value in tags.items() if value} | ({"SYNTHETIC": "true"} if synthetic else {})
