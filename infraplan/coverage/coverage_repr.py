"""How a prediction is shown in a notebook: one line, a small table; and as a dataset with dimensions."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
from pyproj import CRS

from infraplan.coverage.networks import single_networks
from infraplan.errors import UsageError
from infraplan.messages import both
from infraplan.tables.language import Speech

if TYPE_CHECKING:
    from infraplan.coverage.coverage_map import Coverage


def line(cover: Coverage) -> str:
    """The prediction in one line."""
    grid = cover.grid
    size = f"{grid.height} x {grid.width} pixels of {grid.resolution_m:g} m"
    networks = f"any network and {len(single_networks(cover.networks))} apart" if len(cover.networks) > 1 else "any network"
    families = ", ".join(f"{family} {cover.receiver(family)}" for family in cover.families)
    how = f"{len(cover.sector_ids):,} sectors; {cover.model}, {cover.reliability:.0%} of the area"
    return f"<Coverage: {families}; {networks}; {size}; {how}>"


def html(cover: Coverage) -> str:
    """A table: of each family and network the receiver, the share of served pixels, and the median margin."""
    speech, rows = Speech("en"), []
    for (family, network), layer in cover.layers.items():
        known = layer.margin_db[~np.isnan(layer.margin_db)]
        served = f"{float((layer.margin_db >= 0).mean()):.1%}"
        median = f"{float(np.median(known)):.1f} dB" if known.size else "-"
        rows.append((speech.family(family), speech.receiver(cover.receiver(family)), speech.network(network), served, median))
    heads = ("family", "receiver", "network", "pixels served", "median margin")
    head = "".join(f"<th>{name}</th>" for name in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<p>{escape(line(cover))}</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def dataset(cover: Coverage) -> Any:
    """The prediction as an xarray Dataset: see `Coverage.to_xarray`."""
    try:
        import xarray as xr
    except ImportError as error:
        raise UsageError(both("coverage.no_xarray")) from error
    grid = cover.grid
    step = grid.resolution_m
    x_m = grid.x0_m + step * (np.arange(grid.width) + 0.5)
    y_m = grid.y0_m - step * (np.arange(grid.height) + 0.5)
    axes = {
        "network": ("network", list(cover.networks), {"long_name": "operators that count, joined by +; any: every operator"}),
        "y": ("y", y_m, {"standard_name": "projection_y_coordinate", "units": "m"}),
        "x": ("x", x_m, {"standard_name": "projection_x_coordinate", "units": "m"}),
        "spatial_ref": ((), 0, {**CRS.from_user_input(grid.crs).to_cf(), "GeoTransform": _transform(grid)}),
    }
    variables: dict[str, Any] = {}
    for family in cover.families:
        layers = [cover[family, network] for network in cover.networks]
        about = {"grid_mapping": "spatial_ref", "receiver": cover.receiver(family), "reliability": cover.reliability}
        margin = {"long_name": f"best margin of {family}, served from 0 dB on", "units": "dB"}
        server = {"long_name": f"index of the best sector of {family} in `sector`, -1 for none", "units": "1"}
        variables[f"{family}_margin_db"] = (("network", "y", "x"), np.stack([one.margin_db for one in layers]), about | margin)
        variables[f"{family}_server"] = (("network", "y", "x"), np.stack([one.server for one in layers]), about | server)
    variables["sector"] = ("sector_index", cover.sector_ids.astype(str), {"long_name": "ids of the sectors that `server` names"})
    notes = {"Conventions": "CF-1.8", "model": "; ".join(cover.models_used), "max_radius_km": cover.max_radius_km}
    return xr.Dataset(variables, coords=axes, attrs=notes)


def _transform(grid: Any) -> str:
    """Corner and steps as GDAL writes them."""
    return f"{grid.x0_m:g} {grid.resolution_m:g} 0 {grid.y0_m:g} 0 {-grid.resolution_m:g}"
