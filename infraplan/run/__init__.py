"""The steps in order: predict, score, find gaps, plan, write every city; the ledger of the run.

`run_study` is opened when it is first used: it writes pages, which need the packages of `infraplan[report]`, and the steps do not.
"""

from typing import TYPE_CHECKING

from infraplan.run.findings import Findings
from infraplan.run.progress import Progress
from infraplan.run.steps import assess, make_plan

if TYPE_CHECKING:
    from infraplan.run.batch import RunOutcome, run_study

__all__ = ["Findings", "Progress", "RunOutcome", "assess", "make_plan", "run_study"]


def __getattr__(name: str) -> object:
    if name not in ("RunOutcome", "run_study"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from infraplan.run import batch

    return getattr(batch, name)
