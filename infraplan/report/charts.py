"""Printed curves: cost and coverage, phases over time. Drawn as the maps are."""

from __future__ import annotations

from datetime import date
from typing import Any

from infraplan.messages.amounts import millions
from infraplan.report.page_context import Facts
from infraplan.report.picture_footers import stamped
from infraplan.report.printed_maps import canvas, png_of, type_face
from infraplan.report.style import integer, palette, percent, text
from infraplan.report.words import Words


def curve(
    x: Any,
    y: Any,
    words: Words,
    x_label: str,
    y_label: str,
    goal: float | None = None,
    facts: Facts | None = None,
) -> bytes:
    """One line with labelled axes, and a goal as a dashed line. PNG."""
    ink = palette()["ink"]
    red = palette()["status"]["not_met"]
    with type_face():
        figure = canvas(7.2, 3.4)
        axes = figure.add_axes((0.1, 0.16, 0.87, 0.78))
        axes.plot(x, y, color=ink["accent"], linewidth=1.8)
        if goal is not None:
            axes.axhline(goal, color=red, linestyle="--", linewidth=1)
            note = f" {words.t('goal_line', share=f'{goal:g}%')}"
            axes.text(axes.get_xlim()[0], goal, note, va="bottom", ha="left", fontsize=8.5, color=red)
        axes.set_xlabel(x_label, fontsize=9, color=ink["text"])
        axes.set_ylabel(y_label, fontsize=9, color=ink["text"])
        axes.grid(True, color=ink["line"], linewidth=0.6)
        _plain_axes(axes)
        stamped(figure, facts, words)
        return png_of(figure)


def pareto_picture(
    pareto: Any, words: Words, *, goal: float | None = None, before: float | None = None, label: str = "", facts: Facts | None = None
) -> bytes:
    """The most people each budget buys, and how much higher any plan could come: `pareto` as `pareto_curve` makes it. PNG.

    `goal`, `before`: shares of people required, and served today. The upper bound is proven at the marked budgets, within the model.
    """
    ink, red = palette()["ink"], palette()["status"]["not_met"]
    budget, share, bound = (pareto[name].to_numpy(float) for name in ("budget", "share", "share_bound"))
    with type_face():
        figure = canvas(7.2, 4.0)
        axes = figure.add_axes((0.1, 0.15, 0.87, 0.81))
        x = [0.0, *budget / 1e6] if before is not None else list(budget / 1e6)
        y, top = ([before * 100, *share * 100], [before * 100, *bound * 100]) if before is not None else (share * 100, bound * 100)
        axes.fill_between(x, y, top, color=red, alpha=0.28, linewidth=0, label=words.plain("pareto_band"))
        axes.plot(budget / 1e6, bound * 100, color=red, linestyle="none", marker="_", markersize=11, label=words.plain("pareto_ceiling"))
        axes.plot(x, y, color=ink["accent"], linewidth=1.6, marker="o", markersize=4.5, label=words.plain("pareto_found"))
        if goal is not None:
            axes.axhline(goal * 100, color=ink["muted"], linestyle="--", linewidth=1)
            note = " " + words.plain("goal_line", share=f"{goal * 100:g}%")
            axes.text(axes.get_xlim()[0], goal * 100, note, va="bottom", ha="left", fontsize=8.5, color=ink["muted"])
        axes.set_xlabel(words.plain("pareto_cost", unit=millions(words.own.currency)), fontsize=9, color=ink["text"])
        axes.set_ylabel(label or words.plain("axis_share"), fontsize=9, color=ink["text"])
        axes.grid(True, color=ink["line"], linewidth=0.6)
        axes.legend(loc="lower right", fontsize=8.5, frameon=False)
        _plain_axes(axes)
        stamped(figure, facts, words)
        return png_of(figure)


def trend_picture(history: Any, words: Words, facts: Facts | None = None) -> bytes:
    """The share of each family at each day of a trend (`run_records.trend`); days made otherwise than the last are hollow. PNG."""
    ink, colours = palette()["ink"], (palette()["ink"]["accent"], palette()["status"]["not_met"], palette()["ink"]["muted"])
    days = history["day"].unique().tolist()
    with type_face():
        figure = canvas(7.2, 3.0)
        axes = figure.add_axes((0.1, 0.16, 0.87, 0.78))
        for number, (family, rows) in enumerate(history.groupby("family", sort=False)):
            at, share = [days.index(day) for day in rows["day"]], rows["share"].to_numpy(float) * 100
            colour = colours[number % len(colours)]
            axes.plot(at, share, color=colour, linewidth=1.6, label=words.judged(str(family)))
            filled = [colour if alike else "white" for alike in rows["alike"]]
            axes.scatter(at, share, s=26, c=filled, edgecolors=colour, linewidths=1.4, zorder=3)
        axes.set_xticks(range(len(days)), days)
        axes.set_ylabel(words.plain("axis_share"), fontsize=9, color=ink["text"])
        axes.grid(True, color=ink["line"], linewidth=0.6)
        axes.legend(loc="best", fontsize=8.5, frameon=False)
        _plain_axes(axes)
        stamped(figure, facts, words)
        return png_of(figure)


def _plain_axes(axes: Any) -> None:
    axes.tick_params(labelsize=8.5, colors=palette()["ink"]["text"])
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def timeline(phases: Any, words: Words, facts: Facts | None = None) -> bytes:
    """Phases as bars over their dates, each with its sites and the share it reaches. PNG."""
    rows = [row for row in phases.to_dict("records") if text(row.get("start")) and text(row.get("end"))]
    ink = palette()["ink"]
    days = [[date.fromisoformat(str(row[name])[:10]).toordinal() for name in ("start", "end")] for row in rows]
    with type_face():
        figure = canvas(7.2, 0.75 + 0.55 * len(rows))
        axes = figure.add_axes((0.05, 0.42 / figure.get_figheight(), 0.9, 1 - 0.5 / figure.get_figheight()))
        for index, (row, (start, end)) in enumerate(zip(rows, days, strict=True)):
            axes.barh(index, max(end - start, 1), left=start, height=0.32, color=ink["accent"], alpha=0.45 + 0.55 * (index + 1) / len(rows))
            label = words.t(
                "phase_bar", phase=text(row["phase"]), name=text(row["name"]), sites=integer(row["sites"]), share=percent(row["share"])
            )
            axes.text(start, index - 0.24, label, ha="left", va="bottom", fontsize=8.5, color=ink["text"])
        axes.set_ylim(len(rows) - 0.5, -0.85)
        axes.set_yticks([])
        ticks = sorted({start for start, _ in days} | {max(end for _, end in days)})
        axes.set_xticks(ticks)
        axes.set_xticklabels([date.fromordinal(tick).strftime("%Y-%m") for tick in ticks])
        axes.set_xlim(ticks[0], ticks[-1] + 0.02 * (ticks[-1] - ticks[0]) + 1)
        axes.spines["left"].set_visible(False)
        _plain_axes(axes)
        stamped(figure, facts, words)
        return png_of(figure)
