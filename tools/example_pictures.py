"""The pictures of the page of examples: each drawn from the variables that a script of examples/ has at its end."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure

from infraplan.coverage.map_update import cover_with
from infraplan.report.margin_images import margin_colours, margin_edges
from infraplan.report.style import palette

Values = Mapping[str, Any]


def picture_of(name: str, values: Values) -> bytes:
    """PNG of a script, by the name of its file without the ending; `values`: its variables."""
    figure = Figure(figsize=(6.4, 4.2), dpi=110, layout="constrained")
    PICTURES[name](figure.add_subplot(), values)
    figure.text(0.995, 0.005, "made-up data", ha="right", va="bottom", fontsize=7, color=palette()["ink"]["muted"])
    out = io.BytesIO()
    FigureCanvasAgg(figure).print_png(out, metadata={"Software": None})
    return out.getvalue()


def _map(axes: Any, cover: Any, points: Mapping[str, Any], family: str = "nr") -> None:
    """Margins of a family in the classes of every map, and points by their label."""
    edges, grid = margin_edges(), cover.grid
    left, bottom, right, top = grid.bounds_m
    colours = ListedColormap(margin_colours())
    norm = BoundaryNorm([*edges, 100.0], colours.N)
    extent = (0.0, (right - left) / 1000, 0.0, (top - bottom) / 1000)
    image = axes.imshow(cover[family].margin_db, cmap=colours, norm=norm, extent=extent, interpolation="nearest")
    for label, (frame, mark, colour) in points.items():
        x_m, y_m = grid.place(frame)
        axes.plot((x_m - left) / 1000, (y_m - bottom) / 1000, mark, color=colour, label=label, markeredgecolor="white", markeredgewidth=0.4)
    axes.figure.colorbar(image, ax=axes, label="5G margin [dB]", ticks=edges[1:])
    axes.set_xlabel("km")
    axes.set_ylabel("km")
    axes.set_xlim(extent[0], extent[1])
    axes.set_ylim(extent[2], extent[3])
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, fontsize=8, frameon=False)


def _valley(axes: Any, values: Values) -> None:
    _map(axes, values["cover"], {"mast": (values["sites"], "^", "black")})


def _gaps(axes: Any, values: Values) -> None:
    gaps = values["gaps"]
    lacking = gaps[(gaps["kind"] == "village") & (gaps["family"] == "nr")].drop_duplicates("id")
    _map(axes, values["cover"], {"existing site": (values["sites"], "^", "black"), "village without 5G": (lacking, "o", "#b2182b")})


def _plan(axes: Any, values: Values) -> None:
    """The curve of cost and people, and what no plan exceeds."""
    ink, curve = palette()["ink"], values["curve"]
    axes.plot(curve["budget"] / 1e6, curve["share"] * 100, "o-", color=ink["accent"], label="best plan found")
    axes.plot(curve["budget"] / 1e6, curve["share_bound"] * 100, ":", color=ink["muted"], label="no plan of these candidates serves more")
    axes.set_xlabel("budget [million CNY]")
    axes.set_ylabel("people served [%]")
    axes.legend(loc="lower right", fontsize=8)


def _country(axes: Any, values: Values) -> None:
    study, findings = values["study"], values["findings"]
    _map(axes, findings.cover, {"tower": (study.sites, "^", "black"), "settlement": (study.villages, ".", "#444444")})


def _drive(axes: Any, values: Values) -> None:
    """Measured over predicted level at each point that was heard."""
    heard = values["heard"]
    predicted, measured = values["predicted_dbm"][heard], values["measured_dbm"][heard]
    ends = np.array([np.nanmin(predicted), np.nanmax(predicted)])
    axes.plot(predicted, measured, ".", markersize=3, color=palette()["ink"]["accent"], alpha=0.5)
    axes.plot(ends, ends, "-", color=palette()["ink"]["muted"], linewidth=1, label="as predicted")
    axes.set_xlabel("predicted RSRP [dBm]")
    axes.set_ylabel("measured RSRP [dBm]")
    axes.legend(loc="upper left", fontsize=8)


def _lines(axes: Any, values: Values) -> None:
    """The map with the plan, the line, the weak cells it covers and those it leaves."""
    plan, cells = values["plan"], values["weak_grid"]
    after = cover_with(plan.sites, values["cover"], values["cover"].services)
    lacking = cells[(cells["mean_rsrp_dbm"] < -105.0) & (cells["operator"] == "cmcc")]
    points = {"weak cell": (lacking, "s", "#b2182b"), "existing site": (values["world"].sites, "^", "black")}
    _map(axes, after, points | {"new site": (plan.sites, "v", palette()["ink"]["accent"])})
    x_m, y_m = after.grid.place(values["corridors"].get_coordinates().pipe(lambda at: gpd.GeoDataFrame(
        geometry=gpd.points_from_xy(at["x"], at["y"]), crs=values["corridors"].crs)))  # fmt: skip
    left, bottom, _, _ = after.grid.bounds_m
    axes.plot((x_m - left) / 1000, (y_m - bottom) / 1000, "-", color="black", linewidth=1.5, label="railway")
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=4, fontsize=8, frameon=False)


PICTURES: dict[str, Callable[[Any, Values], None]] = {
    "1_valley": _valley,
    "2_gaps": _gaps,
    "3_plan": _plan,
    "4_another_country": _country,
    "5_drive_test": _drive,
    "6_lines_and_cells": _lines,
}
