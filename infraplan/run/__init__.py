"""The steps in order: predict, score, find gaps, plan, write every city; the ledger of what was done."""

from infraplan.run.batch import RunOutcome, run_study
from infraplan.run.steps import Findings, Progress, assess, make_plan

__all__ = ["Findings", "Progress", "RunOutcome", "assess", "make_plan", "run_study"]
