"""The map of a study's existing network, predicted from its sites."""

from __future__ import annotations

from collections.abc import Callable

from infraplan.coverage.prediction import Coverage, predict_coverage
from infraplan.geo.grids import Grid
from infraplan.run.counting import cap_warnings
from infraplan.run.progress import Progress
from infraplan.study import Study

Predicted = Callable[[Study, Progress, Grid | None], Coverage]
"""Makes the map of a study on its grid, or on a window of it."""


def predict(study: Study, progress: Progress, window: Grid | None = None) -> Coverage:
    """The map of the existing network on the study's grid, or on a window of it."""
    choice = study.config.coverage
    cover = predict_coverage(
        study.sectors,
        window or study.grid,
        study.services,
        terrain=study.terrain,
        model=choice.model,
        families=study.families,
        networks=study.networks,
        own_operators=study.config.study.operators,
        max_radius_km=choice.max_radius_km,
        caps_km=choice.caps_km,
        both_receivers=True,
        progress=progress.step("run.predicting"),
    )
    study.keep(cap_warnings(cover))
    return cover
