"""Figures of a calibration: fit, implausibility, what the data moved, pairs, rules, recovery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from hedging.plots.style import CLIENT_COLOUR, INK, QUIET, new_figure, styled, write_footer
from hedging.world.arrays import Array

PRIOR, POSTERIOR = "#9A9A9A", "#1B6CA8"
WRITTEN = 2020.0
"""The year with whose first day the record ends."""

MOST_NUMBERS = 26
"""Numbers shown of those that the data may have moved."""

TOLERANCES = ("#C6DBEF", "#6BAED6", "#2878B5", "#08306B")
"""Bars from the widest tolerance to the record's own."""


@dataclass(frozen=True)
class Panel:
    """One outcome over time: quantiles (quantile, quarter) before and after; facts: year, value, spread."""

    title: str
    colour: str
    time: Array
    prior: Array
    posterior: Array
    facts: Sequence[tuple[float, float, float]]


@styled
def fit(panels: Sequence[Panel], about: xr.Dataset) -> Figure:
    """Draws prior and posterior as fans against the facts, with the end of the record and what follows it."""
    figure = new_figure("Before and after the facts of 2015 to 2019", 8.4)
    grid = figure.subplots(-(-len(panels) // 2), 2, sharex=True, squeeze=False)
    for axes, panel in zip(grid.flat, panels, strict=False):
        _draw_panel(axes, panel)
    for axes in grid[-1]:
        axes.set_xlabel("start of year")
    write_footer(
        figure,
        about,
        "Dashed grey: prior, median and 5 to 95%. Line and bands: posterior, median, middle half, 5 to 95%. "
        "Dots: on record, ±2 standard deviations of record and model. Dotted line: start of 2020, where the "
        "record ends; to its right nothing was fitted. Draws that still stand.",
    )
    return figure


def _draw_panel(axes: Axes, panel: Panel) -> None:
    for row, width in ((0, 0.9), (2, 1.4), (4, 0.9)):
        axes.plot(panel.time, panel.prior[row], color=PRIOR, linestyle=(0, (4, 2)), linewidth=width, zorder=2)
    for low, high, opacity in ((0, 4, 0.2), (1, 3, 0.35)):
        axes.fill_between(
            panel.time,
            panel.posterior[low],
            panel.posterior[high],
            color=panel.colour,
            alpha=opacity,
            linewidth=0,
        )
    axes.plot(panel.time, panel.posterior[2], color=panel.colour, zorder=3)
    for year, value, spread in panel.facts:
        axes.errorbar(
            year, value, yerr=2 * spread, color=INK, fmt="o", markersize=3, elinewidth=0.8, zorder=4
        )
    axes.axvline(WRITTEN, color="#8A8A8A", linewidth=0.9, linestyle=(0, (1, 2)), zorder=1.5)
    axes.set_title(panel.title)
    axes.set_xlim(panel.time[0], 2025.0)
    axes.set_xticks(np.arange(2015, 2026, 2))
    axes.set_ylim(bottom=0.0)


@styled
def implausibility(targets: pd.DataFrame, about: xr.Dataset) -> Figure:
    """Draws by how many standard deviations prior, posterior and left-out posterior miss each target."""
    figure = new_figure("How far each fact is missed", 1.7 + 0.2 * len(targets))
    axes = figure.add_subplot()
    place = np.arange(len(targets))[::-1]
    looks = (
        ("prior_implausibility", PRIOR, "s", "prior, median draw"),
        ("posterior_implausibility", POSTERIOR, "o", "posterior, median draw"),
        ("left_out_miss", "#D95F02", "D", "predicted by the posterior without it"),
    )
    for name, colour, marker, label in looks:
        values = targets[name].abs()
        face = "none" if marker == "D" else colour
        axes.plot(
            values,
            place,
            marker,
            color=colour,
            markerfacecolor=face,
            markersize=4.5,
            label=label,
            linestyle="none",
        )
    axes.hlines(place, 0, targets["prior_implausibility"].abs(), color="#DDDDDD", linewidth=0.8, zorder=1)
    axes.axvline(3.0, color=INK, linewidth=1.0, linestyle=(0, (7, 2)))
    axes.annotate(
        "ruled out",
        (3.0, 0.5),
        xycoords=("data", "axes fraction"),
        xytext=(3, 0),
        textcoords="offset points",
    )
    axes.set_yticks(place, targets["label"])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(-0.7, len(targets) - 0.3)
    axes.set_xlim(left=0.0)
    axes.set_xlabel("miss, in standard deviations")
    axes.grid(visible=True, axis="x")
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, handletextpad=0.1, columnspacing=1.0)
    write_footer(
        figure,
        about,
        "In standard deviations of record and model together; where left out, of the prediction.",
    )
    return figure


@styled
def numbers(table: pd.DataFrame, about: xr.Dataset) -> Figure:
    """Draws prior and posterior of the numbers that moved most, in standard deviations of the prior."""
    gain = np.maximum(1 - table["variance_ratio"], 0) + table["shift"].abs()
    shown = table.loc[gain.sort_values(ascending=False).index[:MOST_NUMBERS]].iloc[::-1]
    figure = new_figure("What the data moved", 1.7 + 0.2 * len(shown))
    axes = figure.add_subplot()
    place = np.arange(len(shown))
    mean, wide = shown["prior_mean"].to_numpy(), shown["prior_sd"].to_numpy()
    axes.barh(place, 2.0, left=-1.0, height=0.55, color="#E2E2E2", label="prior, mean ±1 sd")
    for row, (_, one) in enumerate(shown.iterrows()):
        low, mid, high = ((one[f"posterior_{q}"] - mean[row]) / wide[row] for q in ("p05", "p50", "p95"))
        moved = bool(one["moved"])
        axes.plot([low, high], [row, row], color=POSTERIOR, linewidth=1.4)
        axes.plot(
            mid, row, "o", color=POSTERIOR, markerfacecolor=POSTERIOR if moved else "white", markersize=4
        )
        axes.annotate(
            f"{one['variance_ratio']:.2f}",
            (1.0, row),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            color=INK if moved else QUIET,
        )
    axes.annotate(
        "variance left", (1.0, 1.0), xycoords="axes fraction", xytext=(4, 2), textcoords="offset points"
    )
    axes.axvline(0.0, color=INK, linewidth=0.6)
    axes.set_yticks(place, [_short(path) for path in shown["number"]])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(-0.7, len(shown) - 0.3)
    axes.set_xlabel("standard deviations of the prior from its mean")
    left = int((~table["moved"]).sum())
    write_footer(
        figure,
        about,
        "Grey: prior, mean ±1 sd. Dot and line: posterior median, 5 to 95%; full where the variance "
        "fell below 0.8 of "
        f"the prior's or the mean moved by half a sd. {left} of {len(table)} numbers did neither.",
    )
    return figure


def _short(path: str) -> str:
    """A number by its path without the words that all have."""
    return path.removeprefix("patrons.").removeprefix("client.").replace("_", " ").replace(".", ": ", 1)


@styled
def pairs(names: Sequence[str], values: Sequence[Array], about: xr.Dataset) -> Figure:
    """Draws the best identified numbers in pairs: draws below the diagonal, correlation above."""
    count = len(names)
    figure = new_figure("The numbers that are pinned down best, in pairs", 6.2)
    grid = figure.subplots(count, count, squeeze=False)
    for row in range(count):
        for column in range(count):
            axes = grid[row, column]
            axes.grid(False)
            if row == column:
                axes.hist(values[row], bins=24, color=POSTERIOR)
                axes.set_yticks([])
            elif row > column:
                axes.plot(
                    values[column][:1000], values[row][:1000], ".", color=POSTERIOR, markersize=1.2, alpha=0.5
                )
            else:
                r = float(np.corrcoef(values[column], values[row])[0, 1])
                axes.text(0.5, 0.5, f"{r:+.2f}", ha="center", va="center", transform=axes.transAxes)
                axes.set_axis_off()
            axes.tick_params(labelbottom=row == count - 1, labelleft=column == 0 and row > 0)
            axes.locator_params(axis="x", nbins=2)
            axes.locator_params(axis="y", nbins=3)
            if row == count - 1:
                axes.set_xlabel(_stacked(names[column]))
            if column == 0:
                axes.set_ylabel(_stacked(names[row]))
    write_footer(
        figure,
        about,
        "Posterior draws; above the diagonal their correlation. Units as in the parameter book.",
    )
    return figure


def _stacked(path: str) -> str:
    return _short(path).replace(": ", ":\n").replace(" ", "\n")


@styled
def rules(table: pd.DataFrame, names: Mapping[str, str], about: xr.Dataset) -> Figure:
    """Draws the probability of each rule, for each tolerance, with the error of the computation."""
    figure = new_figure("Which way of deciding explains the record best", 3.6)
    axes = figure.add_subplot()
    tolerances = sorted(table["tolerance"].unique(), reverse=True)
    wide = 0.8 / len(tolerances)
    for place, tolerance in enumerate(tolerances):
        rows = table[table["tolerance"] == tolerance].set_index("rule").loc[[*names]]
        x = np.arange(len(names)) - 0.4 + wide * (place + 0.5)
        share = rows["probability"].to_numpy()
        error = np.abs(np.stack([share - rows["low"], rows["high"] - share]))
        label = "tolerances of the record" if tolerance == 1 else f"times {tolerance:g}"
        axes.bar(x, share, wide, color=TOLERANCES[place % len(TOLERANCES)], label=label)
        axes.errorbar(x, share, yerr=error, fmt="none", ecolor=INK, elinewidth=0.8)
    axes.axhline(1 / len(names), color=CLIENT_COLOUR, linewidth=0.9, linestyle=(0, (4, 2)))
    axes.set_xticks(np.arange(len(names)), [label.replace(" ", "\n") for label in names.values()])
    axes.tick_params(axis="x", length=0)
    axes.set_ylim(0.0, 1.3 * float(table["high"].max()))
    axes.set_ylabel("probability of the rule")
    axes.legend(ncols=4, loc="upper left")
    write_footer(
        figure,
        about,
        "Dashed: all rules alike, as before the data. Thin bars: 5 to 95% error of the computation.",
    )
    return figure


@styled
def recovery(ranks: Array, moved: NDArray[np.bool_], about: xr.Dataset) -> Figure:
    """Draws how often intervals of the posterior hold a planted truth, against how often they should.

    Shapes: ranks (truth, number), from 0 to 1; moved (number,).
    """
    figure = new_figure("Planted truths: how often intervals hold them", 3.6)
    axes = figure.add_subplot()
    level = np.linspace(0.02, 0.98, 49)
    for some, colour, dash, label in (
        (moved, POSTERIOR, "-", "numbers that the data move"),
        (~moved, PRIOR, "--", "numbers that they do not"),
    ):
        if not some.any():
            continue
        inside = np.abs(ranks[:, some] - 0.5)[None] <= level[:, None, None] / 2
        each = inside.mean(axis=2)  # (level, truth): numbers of one truth are not independent
        mean, error = each.mean(axis=1), each.std(axis=1) / np.sqrt(ranks.shape[0])
        axes.fill_between(level, mean - 2 * error, mean + 2 * error, color=colour, alpha=0.25, linewidth=0)
        axes.plot(level, mean, dash, color=colour, label=label)
    axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8)
    axes.set_xlabel("probability of the interval")
    axes.set_ylabel("share of truths inside")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.legend(loc="upper left")
    write_footer(
        figure,
        about,
        f"{ranks.shape[0]} planted histories; bands: two standard errors over them. Thin line: as it "
        "should be.",
    )
    return figure
