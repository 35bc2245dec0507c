"""Villages of one city before and after the plan, for the README, from a finished run.

    python tools/before_after_picture.py outputs/guangdong/cities/440200-韶关市 docs/images/before_after.png

A village is served after the plan where it is today, or where the gap list names a site of the plan as its remedy.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

import geopandas as gpd
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from infraplan.report.fonts import chinese_family

COLOURS = {"unserved": "#c0392b", "uncertain": "#e0a030", "served": "#2b8a5b"}
NOTE = "示例：合成数据，不代表真实网络 · example: synthetic data, no real network · 5G"


def main(city: Path, picture: Path) -> None:
    """Draw it."""
    layers = {name: gpd.read_file(city / "plan.gpkg", layer=name) for name in ("zones", "gaps", "new_sites")}
    villages = pd.read_csv(city / "villages.csv", dtype={"id": str}, encoding="utf-8-sig")
    villages = villages[villages["kind"] == "village"].reset_index(drop=True)
    gaps, new = layers["gaps"], layers["new_sites"]
    closed = set(gaps.loc[(gaps["family"] == "nr") & gaps["remedy"].isin(set(new["id"])), "id"])
    before = villages["nr_status"]
    after = before.where(~villages["id"].isin(closed), "served")
    counties = layers["zones"][layers["zones"]["level"] == "county"]
    figure = Figure(figsize=(11, 5.2), dpi=110)
    FigureCanvasAgg(figure)
    family = ["DejaVu Sans", chinese_family()]
    for number, (status, title) in enumerate(((before, "现状 today"), (after, "按方案建成后 with the plan")), start=1):
        axes = figure.add_subplot(1, 2, number)
        counties.plot(ax=axes, color="#f6f6f2", edgecolor="#888888", linewidth=0.6)
        for name, colour in COLOURS.items():
            own = villages[status == name]
            axes.scatter(own["lon"], own["lat"], s=4, c=colour, linewidths=0, label=f"{name} {len(own):,}")
        if number == 2:
            axes.scatter(new.geometry.x, new.geometry.y, s=9, marker="^", c="#1f3d7a", linewidths=0, label=f"new sites {len(new):,}")
        axes.set_axis_off()
        served = int((status == "served").sum())
        axes.set_title(f"{title}: {served:,} / {len(villages):,} villages", fontfamily=family, fontsize=11)
        axes.legend(loc="lower right", fontsize=8, markerscale=2.5, frameon=False)
    figure.text(0.5, 0.02, NOTE, ha="center", fontfamily=family, fontsize=9)
    figure.subplots_adjust(left=0.01, right=0.99, top=0.93, bottom=0.06, wspace=0.02)
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    picture.parent.mkdir(parents=True, exist_ok=True)
    Image.open(drawn).convert("RGB").quantize(64, dither=Image.Dither.NONE).save(picture, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
