"""Constraints on single sites: which are forced, which are forbidden, and which are too near an existing site."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from infraplan.errors import DataError, Fault
from infraplan.geo.grids import Grid
from infraplan.messages import both
from infraplan.tables.families import carries, families_carried

PROJECTION_ERROR_M = 1e-3
"""Projection moves a point by less than this: exactly at the spacing is allowed. [m]"""
NUMBERED = re.compile(r"C\d{6}")


def too_near(candidates: Any, existing: Any, grid: Grid, spacing_m: float) -> npt.NDArray[np.bool_]:
    """Candidates closer than the spacing to an existing site that carries one of their families. Exactly this far apart is allowed.

    Candidates on an existing mast that carries one of their families already (overlays) need no distance: nothing is put up there.
    """
    near = np.zeros(len(candidates), dtype=bool)
    if spacing_m <= 0 or not len(existing) or not len(candidates):
        return near
    at, there = np.column_stack(grid.place(candidates)), np.column_stack(grid.place(existing))
    for family in dict.fromkeys(family for own in families_carried(candidates) for family in own):
        rows = np.flatnonzero(carries(candidates, family))
        with_family = carries(existing, family) & np.isfinite(there).all(axis=1)
        if with_family.any():
            apart_m, _ = cKDTree(there[with_family]).query(at[rows])
            near[rows] |= apart_m < spacing_m - PROJECTION_ERROR_M
    return near & ~overlaid(candidates, existing)


def overlaid(sites: Any, existing: Any) -> npt.NDArray[np.bool_]:
    """Which sites stand on the mast of an existing site that carries one of their families."""
    found = np.zeros(len(sites), dtype=bool)
    if "mast" not in sites or "mast" not in existing:
        return found
    for family in dict.fromkeys(family for own in families_carried(sites) for family in own):
        masts = existing.loc[carries(existing, family), "mast"]
        found |= carries(sites, family) & sites["mast"].isin(masts[masts.astype(str) != ""]).to_numpy()
    return found


def apply_site_constraints(
    candidates: Any,
    *,
    near_existing: npt.NDArray[np.bool_],
    grid: Grid,
    forced: Sequence[str] = (),
    forbidden: Sequence[str] = (),
    elsewhere: Collection[str] = (),
    spacing_m: float = 0.0,
    file: str = "study.toml",
    whole: bool = True,
) -> Any:
    """The candidates with `forced` (bool) and `barred` ("", "near_existing", "forbidden").

    Parameters
    ----------
    candidates : GeoDataFrame
        `candidate_sites(...)`.
    near_existing : bool array
        `too_near(...)`.
    forced, forbidden : sequence of str
        Ids of candidates, hosts or masts. A host or mast is forced with all the families it can carry, and forbidden with each of them.
    elsewhere : collection of str
        Hosts and masts that exist but are no candidates here: to forbid one changes nothing, to force one is a fault unless `whole` is
        False.
    whole : bool
        Whether these are the candidates of the whole study. Numbers of candidates mean nothing in a part of it.

    Raises
    ------
    DataError
        Every id that does not exist, each with the nearest; forced sites that are forbidden too, that are nearer than `spacing_m` to each
        other or to an existing site of their family, or that are two service sets of one place.
    """
    ids, masts = candidates["id"].to_numpy(dtype=str), candidates["mast"].to_numpy(dtype=str)
    size = candidates["services"].str.count(";").to_numpy()
    faults: list[Fault] = []
    forced_rows, refused = np.zeros(len(ids), dtype=bool), np.zeros(len(ids), dtype=bool)
    for key, names in (("forced", forced), ("forbidden", forbidden)):
        for name in dict.fromkeys(names):
            numbered = NUMBERED.match(name) is not None and name not in elsewhere
            rows = np.flatnonzero(ids == name)
            rows = rows if len(rows) else np.flatnonzero(masts == name)
            if numbered and not whole:
                faults.append(_fault(file, key, name, "number_in_part"))
            elif not len(rows) and name not in elsewhere:
                faults.append(_fault(file, key, name, "no_such_site", nearest=_nearest(name, ids, masts, elsewhere)))
            elif not len(rows) and key == "forced" and whole:
                faults.append(_fault(file, key, name, "no_candidate_there"))
            elif key == "forced" and len(rows):
                forced_rows[rows[np.argmax(size[rows])]] = True
            else:
                refused[rows] = True
    faults += [_fault(file, "forced", ids[row], "forced_and_refused") for row in np.flatnonzero(forced_rows & refused)]
    crowded = np.flatnonzero(forced_rows & near_existing)
    faults += [_fault(file, "forced", ids[row], "forced_near_existing", metres=f"{spacing_m:g}") for row in crowded]
    faults += list(_close_pairs(candidates, forced_rows, grid, spacing_m, file))
    if faults:
        raise DataError(faults)
    barred = np.where(refused, "forbidden", np.where(near_existing, "near_existing", ""))
    return candidates.assign(forced=forced_rows, barred=barred)


def _close_pairs(candidates: Any, forced_rows: npt.NDArray[np.bool_], grid: Grid, spacing_m: float, file: str) -> Iterator[Fault]:
    """A fault for each two forced candidates that are too close, or that are service sets of one place."""
    rows = np.flatnonzero(forced_rows)
    if len(rows) < 2:
        return
    at = np.column_stack(grid.place(candidates.iloc[rows]))
    names, place = candidates["id"].to_numpy()[rows], candidates["place"].to_numpy()[rows]
    for first, second in sorted(cKDTree(at).query_pairs(max(spacing_m, PROJECTION_ERROR_M))):
        if place[first] == place[second] or np.hypot(*(at[first] - at[second])) < spacing_m - PROJECTION_ERROR_M:
            yield _fault(file, "forced", f"{names[first]}, {names[second]}", "forced_pair", metres=f"{spacing_m:g}")


def _nearest(name: str, ids: npt.NDArray[np.str_], masts: npt.NDArray[np.str_], elsewhere: Collection[str]) -> str:
    """The known ids most like a name, or some of them."""
    known = list(dict.fromkeys([*masts, *ids, *map(str, elsewhere)]))
    return ", ".join(difflib.get_close_matches(name, known, n=3, cutoff=0.6) or known[:3])


def _fault(file: str, key: str, value: str, rule: str, **values: object) -> Fault:
    return Fault(
        file, both(f"siting.{rule}", **values), both(f"siting.{rule}_fix", **values), f"siting.{rule}", column=f"plan.{key}", value=value
    )
