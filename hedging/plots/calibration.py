"""Figures of a calibration: fit, implausibility, what the data moved, pairs, rules, recovery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from hedging.analysis.calibration.findings import MOVED, Calibration
from hedging.analysis.calibration.report import BLOCKS, fill
from hedging.analysis.calibration.targets import CUTOFF
from hedging.analysis.calibration.worlds import Worlds, worlds_under
from hedging.plots.axes import write_point
from hedging.plots.style import CLIENT_COLOUR, INK, MARKET_COLOUR, QUIET, new_figure, styled, write_footer
from hedging.world import dates
from hedging.world.arrays import Array

PRIOR, POSTERIOR = "#9A9A9A", "#1B6CA8"
WRITTEN = 2020.0
"""The year with whose first day the record ends."""

MOST_NUMBERS = 26
"""Numbers shown of those that the data may have moved."""

TOLERANCES = ("#C6DBEF", "#6BAED6", "#2878B5", "#08306B")
"""Bars from the widest tolerance to the record's own."""

PAIRS = 5
"""Numbers of the pair plot."""


def draw(found: Calibration, folder: Path) -> None:
    """Draw every figure of a calibration into a folder."""
    job, tables = found.job, found.tables
    about = xr.Dataset(attrs={"study": "calibration", "draws": found.posterior.shape[1], "seed": job.seed})
    names = {name: rule.label for name, rule in job.rules.items()}
    best, varied = tables["numbers"]["variance_ratio"].to_numpy().argsort()[:PAIRS], job.worlds().varied
    figures = {
        "fit": fit(fans(found), about),
        "implausibility": implausibility(tables["targets"], about),
        "numbers": numbers(tables["numbers"], about),
        "pairs": pairs({varied[row].path: varied[row].spread(found.posterior[row]) for row in best}, about),
        "rules": rules(tables["rules"], names, about),
        "recovery": recovery(found.ranks, tables["numbers"]["moved"].to_numpy(), about),
    }
    for name, figure in figures.items():
        figure.savefig(folder / f"{name}.png", dpi="figure", metadata={"Software": None})


def _open(about: xr.Dataset, name: str, height: float, *cells: int, **told: Any) -> tuple[Figure, Any]:
    """A figure with its title, how to read it and which run it is of; its panels, as rows of columns."""
    title, _, note = fill(BLOCKS[f"figure.{name}"], told).partition("\n")
    figure = new_figure(title, height)
    write_footer(figure, about, note)
    return figure, figure.subplots(*cells, squeeze=False)


@styled
def fit(panels: Sequence[Fan], about: xr.Dataset) -> Figure:
    """Draws prior and posterior as fans against the facts, with the end of the record and what follows it."""
    figure, grid = _open(about, "fit", 8.4, -(-len(panels) // 2), 2)
    for axes, panel in zip(grid.flat, panels, strict=False):
        for line, width in zip(panel.prior[::2], (0.9, 1.4, 0.9), strict=True):
            axes.plot(panel.time, line, color=PRIOR, linestyle=(0, (4, 2)), linewidth=width, zorder=2)
        for low, high, opacity in ((0, 4, 0.2), (1, 3, 0.35)):
            edges = panel.posterior[[low, high]]
            axes.fill_between(panel.time, *edges, color=panel.colour, alpha=opacity, linewidth=0)
        axes.plot(panel.time, panel.posterior[2], color=panel.colour, zorder=3)
        for year, value, sd in panel.facts:
            axes.errorbar(year, value, 2 * sd, color=INK, fmt="o", markersize=3, elinewidth=0.8, zorder=4)
        axes.axvline(WRITTEN, color="#8A8A8A", linewidth=0.9, linestyle=(0, (1, 2)), zorder=1.5)
        axes.set(title=panel.title, xlim=(panel.time[0], 2025.0), xticks=np.arange(2015, 2026, 2))
        axes.set(ylim=(0.0, None), xlabel="start of year" if axes in grid[-1] else "")
        axes.tick_params(labelbottom=axes in grid[-1])
    return figure


HORIZON = 40
"""Quarters of the fans: those of the record and as many of what follows from it."""

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Fan:
    """One outcome over time: quantiles (quantile, quarter) before and after; facts: year, value, spread."""

    title: str
    colour: str
    time: Array
    prior: Array
    posterior: Array
    facts: list[tuple[float, float, float]]


def fans(found: Calibration) -> list[Fan]:
    """Prior and posterior played on beyond the record: a fan for each panel, against its facts.

    The posterior has its luck up to the end of the record, and any luck after it. A fact has one standard
    deviation of record and model.
    """
    job, short = found.job, found.job.worlds()
    worlds = worlds_under(job.fitted, job.record, job.seed, (f"horizon={HORIZON}",))
    prior = worlds.prior(0, found.posterior.shape[1])
    luck = (row + quarter for row in worlds.streams.values() for quarter in range(short.settings.horizon))
    posterior = prior.copy()
    posterior[[*range(len(short.varied)), *luck]] = found.posterior
    before, after = _quantiles(worlds, prior), _quantiles(worlds, posterior)
    colours = {"market_debt": MARKET_COLOUR, "": CLIENT_COLOUR, **worlds.settings.colours}
    targets = {target.name: target for target in job.record.targets}
    level = {name: number.value for name, number in worlds.settings.numbers.items()}
    level |= {name: target.value for name, target in targets.items()} | {"": 0.0}
    time, drawn = dates.FIRST_YEAR + np.arange(HORIZON + 1) / 4, []
    for panel, early, late in zip(job.record.panels, before, after, strict=True):
        colour = colours.get(panel.outcome) or colours[panel.outcome.partition(".")[2]]
        facts = [
            (year, level[panel.onto.get(name, "")] + targets[name].value, targets[name].spread)
            for name, year in panel.facts.items()
        ]
        drawn.append(Fan(panel.title, colour, time[: early.shape[1]], early, late, facts))
    return drawn


def _quantiles(worlds: Worlds, cube: Array) -> list[Array]:
    """Quantiles by quarter of each panel's outcome, over the draws that stand: (quantile, quarter) each."""
    panels, blocks = worlds.record.panels, []
    outcomes = worlds.read([panel.outcome for panel in panels])
    for t in worlds.played(cube, outcomes.values()):
        paths = [outcomes[panel.outcome].path(t) * panel.times for panel in panels]
        blocks.append([np.where(t["weight"][: len(path)] > 0, path, np.nan) for path in paths])
    whole = (np.concatenate(paths, axis=1) for paths in zip(*blocks, strict=True))
    return [np.nanquantile(path, LEVELS, axis=1) for path in whole]


@styled
def implausibility(targets: pd.DataFrame, about: xr.Dataset) -> Figure:
    """Draws by how many standard deviations prior, posterior and left-out posterior miss each target."""
    figure, ((axes,),) = _open(about, "implausibility", 1.7 + 0.2 * len(targets))
    place = np.arange(len(targets))[::-1]
    looks = (
        ("prior_implausibility", PRIOR, PRIOR, "s", "prior, median draw"),
        ("posterior_implausibility", POSTERIOR, POSTERIOR, "o", "posterior, median draw"),
        ("left_out_miss", "#D95F02", "none", "D", "predicted by the posterior without it"),
    )
    for name, colour, face, marker, label in looks:
        look = {"color": colour, "markerfacecolor": face, "label": label, "markersize": 4.5}
        axes.plot(targets[name].abs(), place, marker, **look)
    axes.hlines(place, 0, targets["prior_implausibility"].abs(), color="#DDDDDD", linewidth=0.8, zorder=1)
    axes.axvline(CUTOFF, color=INK, linewidth=1.0, linestyle=(0, (7, 2)))
    write_point(axes, "ruled out", (CUTOFF, 0.5), (3, 0), INK, xycoords=("data", "axes fraction"))
    _name_rows(axes, targets["label"].tolist())
    axes.set(xlim=(0.0, None), xlabel="miss, in standard deviations")
    axes.grid(visible=True, axis="x")
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, handletextpad=0.1, columnspacing=1.0)
    return figure


def _name_rows(axes: Axes, names: Sequence[str]) -> None:
    """Name rows, the first at the top."""
    axes.set_yticks(np.arange(len(names))[::-1], names)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(-0.7, len(names) - 0.3)


@styled
def numbers(table: pd.DataFrame, about: xr.Dataset) -> Figure:
    """Draws prior and posterior of the numbers that moved most, in standard deviations of the prior."""
    gain = np.maximum(1 - table["variance_ratio"], 0) + table["shift"].abs()
    shown = table.loc[gain.sort_values(ascending=False).index[:MOST_NUMBERS]]
    told = {"moved_below": MOVED, "unmoved": (~table["moved"]).sum(), "count": len(table)}
    figure, ((axes,),) = _open(about, "numbers", 1.7 + 0.2 * len(shown), **told)
    axes.barh(np.arange(len(shown)), 2.0, left=-1.0, height=0.55, color="#E2E2E2", label="prior, mean ±1 sd")
    for row, one in enumerate(shown[::-1].itertuples()):
        quantiles = np.array([one.posterior_p05, one.posterior_p50, one.posterior_p95])
        low, mid, high = (quantiles - one.prior_mean) / one.prior_sd
        axes.plot([low, high], [row, row], color=POSTERIOR, linewidth=1.4)
        face, ink = (POSTERIOR, INK) if one.moved else ("white", QUIET)
        axes.plot(mid, row, "o", color=POSTERIOR, markerfacecolor=face)
        beside = {"xycoords": axes.get_yaxis_transform(), "va": "center"}
        write_point(axes, f"{one.variance_ratio:.2f}", (1.0, row), (4, 0), ink, **beside)
    write_point(axes, "variance left", (1.0, 1.0), (4, 2), INK, xycoords="axes fraction")
    axes.axvline(0.0, color=INK, linewidth=0.6)
    _name_rows(axes, [_short(path) for path in shown["number"]])
    axes.set_xlabel("standard deviations of the prior from its mean")
    return figure


def _short(path: str) -> str:
    """A number by its path without the words that all have."""
    return path.removeprefix("patrons.").removeprefix("client.").replace("_", " ").replace(".", ": ", 1)


@styled
def pairs(numbers: Mapping[str, Array], about: xr.Dataset) -> Figure:
    """Draws the best identified numbers in pairs: draws below the diagonal, correlation above."""
    count, values = len(numbers), [*numbers.values()]
    figure, grid = _open(about, "pairs", 6.2, count, count)
    for (row, column), axes in np.ndenumerate(grid):
        x, y = values[column], values[row]
        axes.grid(False)
        if row == column:
            axes.hist(x, bins=24, color=POSTERIOR)
            axes.set_yticks([])
        elif row > column:
            axes.plot(x[:1000], y[:1000], ".", color=POSTERIOR, markersize=1.2, alpha=0.5)
        else:
            told = f"{np.corrcoef(x, y)[0, 1]:+.2f}"
            axes.text(0.5, 0.5, told, ha="center", va="center", transform=axes.transAxes)
            axes.set_axis_off()
        axes.tick_params(labelbottom=row == count - 1, labelleft=column == 0 and row > 0)
        axes.locator_params(axis="x", nbins=2)
        axes.locator_params(axis="y", nbins=3)
    for place, name in enumerate(numbers):
        label = _short(name).replace(": ", ":\n").replace(" ", "\n")
        grid[-1, place].set_xlabel(label)
        grid[place, 0].set_ylabel(label)
    return figure


@styled
def rules(table: pd.DataFrame, names: Mapping[str, str], about: xr.Dataset) -> Figure:
    """Draws the probability of each rule, for each tolerance, with the error of the computation."""
    figure, ((axes,),) = _open(about, "rules", 3.6)
    groups = [*table.set_index("rule").groupby("tolerance")][::-1]
    wide = 0.8 / len(groups)
    for place, (tolerance, rows) in enumerate(groups):
        share, low, high = rows.loc[[*names], ["probability", "low", "high"]].to_numpy().T
        x = np.arange(len(names)) - 0.4 + wide * (place + 0.5)
        label = "tolerances of the record" if tolerance == 1 else f"times {tolerance:g}"
        look = {"color": TOLERANCES[place % len(TOLERANCES)], "ecolor": INK, "error_kw": {"elinewidth": 0.8}}
        axes.bar(x, share, wide, yerr=np.abs([share - low, high - share]), label=label, **look)
    axes.axhline(1 / len(names), color=CLIENT_COLOUR, linewidth=0.9, linestyle=(0, (4, 2)))
    axes.set_xticks(np.arange(len(names)), [label.replace(" ", "\n") for label in names.values()])
    axes.tick_params(axis="x", length=0)
    axes.set(ylim=(0.0, 1.3 * float(table["high"].max())), ylabel="probability of the rule")
    axes.legend(ncols=4, loc="upper left")
    return figure


@styled
def recovery(ranks: Array, moved: NDArray[np.bool_], about: xr.Dataset) -> Figure:
    """Draws how often intervals of the posterior hold a planted truth, against how often they should.

    Shapes: ranks (truth, number), from 0 to 1; moved (number,).
    """
    figure, ((axes,),) = _open(about, "recovery", 3.6, truths=len(ranks))
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
    axes.set(xlabel="probability of the interval", ylabel="share of truths inside", xlim=(0, 1), ylim=(0, 1))
    axes.legend(loc="upper left")
    return figure
