"""`infraplan check`: every fault of every input of a study, found by reading all of it and trying every setting."""

from __future__ import annotations

from typing import Any

from infraplan.errors import Fault, collected
from infraplan.messages import both
from infraplan.run.counting import with_status
from infraplan.run.planning import goal_in, plan_faults, study_candidates
from infraplan.run.predicting import predict
from infraplan.run.progress import Silent
from infraplan.study import Study
from infraplan.study.input_checks import Attempts, input_faults
from infraplan.study.layer_checks import unmatched_policy_words

RECORD = ("severity", "rule", "file", "sheet", "row", "column", "value", "message", "cure", "count")


def check_study(study: Study) -> list[Fault]:
    """Every fault of a study, each once: of each input, between the inputs, and of the policies and the plan.

    Where none is an error, no verb ends in an error of the input. A forced or forbidden site is looked up among the candidates, which
    needs a prediction; it is made only then, and only where nothing else is wrong.
    """
    with collected() as warned:
        faults = input_faults(study, people=False)
        faults += study.warnings
        if _there(study, "zones"):
            faults += _between_layers(study)
            judged = _there(study, "targets") and _mapped(study)
            if judged:
                faults += unmatched_policy_words(study)
            if judged and study.has_people and all(_there(study, name) for name in ("plan_services", "places", "grid")):
                faults += plan_faults(study)
        if not study.has_people:
            attempts = Attempts(study)
            attempts.add("files.villages", both("study.no_people"), rule="study-no-people", severity="warning")
            faults += attempts.faults
        if not any(fault.severity == "error" for fault in faults):
            faults += _of_named_sites(study)
    return list(dict.fromkeys([*faults, *warned]))


def records(faults: list[Fault]) -> list[dict[str, Any]]:
    """The faults as plain values, in the order of `RECORD`."""
    return [{name: values[name] for name in RECORD} for values in map(Fault.record, faults)]


def _there(study: Study, layer: str) -> bool:
    """Whether a layer was read without a fault: the Study keeps what it has read."""
    return layer in study.__dict__


def _mapped(study: Study) -> bool:
    """Whether study.toml names families that its services have."""
    return _there(study, "services") and set(study.config.coverage.families) <= {service.family for service in study.services.values()}


def _layer(study: Study, name: str) -> Any:
    return study.__dict__.get(name)


def _between_layers(study: Study) -> list[Fault]:
    """Faults between the layers."""
    layers = {name: _layer(study, name) for name in ("zones", "villages", "sites", "places")}
    return study.compare(**layers)


def _of_named_sites(study: Study) -> list[Fault]:
    """Forced and forbidden sites that are no candidates, found by making the candidates."""
    choice = study.config.plan
    if not (study.has_people and (choice.target or study.config.files.weak_grid) and (choice.forced or choice.forbidden)):
        return []
    cover = predict(study, Silent())
    attempts = Attempts(study)
    arguments = study, goal_in(study), cover, with_status(study.villages, cover, study.measured), study.zones, (), study.measured
    attempts.at("plan.forced", "", study_candidates, *arguments)
    return attempts.faults
