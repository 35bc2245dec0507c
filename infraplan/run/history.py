"""The months of a study: a run is filed under its day, and its pages show the trend and what changed since the run before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from infraplan.errors import Fault, warn
from infraplan.messages import both
from infraplan.report.comparison_pages import write_comparison
from infraplan.report.run_comparison import compare_runs
from infraplan.report.run_records import UNDATED, day_of, families_of, records_before, summary_of, trend, write_record
from infraplan.run.file_tags import stated_dates
from infraplan.run.findings import Findings
from infraplan.study import Study
from infraplan.study.config import FILE_NAME


def day_of_study(study: Study) -> str:
    """The day under which a study's run is filed; `UNDATED` where study.toml states none."""
    return day_of(stated_dates(study))


def earlier_runs(output: Path, study: Study) -> list[Path]:
    """Records of the days before that of the study, oldest first. A warning where it states no day: such a run is no month of the trend."""
    day = day_of_study(study)
    if day == UNDATED:
        fault = both("run.undated"), both("run.undated_fix")
        warn([Fault(FILE_NAME, *fault, rule="undated", severity="warning", column="study.as_of")])
        return []
    return records_before(output, day)


def months_of(earlier: list[Path], summary: dict[str, Any]) -> tuple[pd.DataFrame, dict[str, float]]:
    """The trend, earlier runs and then that of `summary`; and by city the change of the first family's share since the last of them."""
    before = [summary_of(folder) for folder in earlier]
    former, now = _shares(before[-1]), _shares(summary)
    return trend([*before, summary]), {adcode: share - former[adcode] for adcode, share in now.items() if adcode in former}


def _shares(summary: dict[str, Any]) -> dict[str, float]:
    """Share of the first family in each city."""
    family = next(iter(families_of(summary)), "")
    rows = [zone for zone in summary["zones"] if zone["level"] == "city" and family in zone]
    return {str(zone["adcode"]): zone[family]["share"] for zone in rows if zone[family]["share"] is not None}


def file_run(output: Path, findings: Findings, earlier: list[Path], lang: str) -> None:
    """Files the finished run in `output`, and compares it with the last of the earlier ones."""
    villages, gaps, sites = findings.villages, findings.gaps, findings.study.sites
    tables = {
        "villages": pd.DataFrame(villages.drop(columns="geometry", errors="ignore")),
        "gaps": gaps,
        "existing_sites": pd.DataFrame(sites.drop(columns="geometry", errors="ignore")),
    }
    write_record(output, day_of_study(findings.study), tables)
    if earlier:
        write_comparison(compare_runs(earlier[-1], output), output, lang=lang)
    else:
        for name in ("compare.html", "compare.xlsx"):
            (output / name).unlink(missing_ok=True)
