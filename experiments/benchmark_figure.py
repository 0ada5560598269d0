"""The figure of a benchmark: speed by draws, cost by rule, time by phase, memory by draws."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes

from hedging.plots.axes import settle
from hedging.plots.style import INK, QUIET, new_figure, styled

BLUE, ORANGE = "#0072B2", "#D55E00"


@styled
def draw(table: pd.DataFrame, path: Path) -> None:
    """Draw the table of a benchmark into a file."""
    figure = new_figure("How fast it is, and what it costs", 5.6)
    grid = figure.subplots(2, 2)
    _speed(grid[0][0], table)
    _bars(grid[0][1], table, "cost by rule", "Cost of a world by rule", "times the heuristic's")
    _bars(grid[1][0], table, "share of time", "Time by phase of the quarter", "share of the time")
    _memory(grid[1][1], table)
    note = "Medians of several repeats in one run; bars over points: least and most."
    figure.supxlabel(note, x=0.012, ha="left", color=QUIET, fontsize=grid[0][0].xaxis.label.get_fontsize())
    settle(figure).savefig(path, dpi="figure", metadata={"Software": None})


def _of(table: pd.DataFrame, what: str) -> pd.DataFrame:
    return table[table["what"] == what]


def _speed(axes: Axes, table: pd.DataFrame) -> None:
    for what, colour, marker in (("one core", BLUE, "o"), ("two cores", ORANGE, "s")):
        part = _of(table, what)
        if len(part):
            reach = [part["value"] - part["low"], part["high"] - part["value"]]
            draws = part["case"].astype(int)
            axes.errorbar(draws, part["value"], yerr=reach, color=colour, marker=marker, label=what)
    for what, colour in (("Mesa batch_run, 1 process", BLUE), ("Mesa batch_run, 2 processes", ORANGE)):
        value = float(_of(table, what)["value"].iloc[0])
        axes.axhline(value, color=colour, linestyle=(0.0, (2.0, 2.0)), linewidth=1.0, label=what)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_title("Worlds a second", fontweight="bold", pad=3.0)
    axes.set_xlabel("draws stepped at once")
    axes.set_ylabel("worlds per second")
    axes.set_ylim(top=100.0 * float(_of(table, "one core")["value"].max()))  # room for the key
    axes.legend(loc="upper left")


def _bars(axes: Axes, table: pd.DataFrame, what: str, title: str, label: str) -> None:
    part = _of(table, what)
    places = range(len(part))
    axes.barh(places, part["value"], color=BLUE, height=0.7)
    for place, value in zip(places, part["value"], strict=True):
        axes.text(value, place, f" {value:.2g}", va="center", color=INK)
    axes.set_yticks(places, [case.replace("_", " ") for case in part["case"]])
    axes.invert_yaxis()
    axes.set_xlim(right=1.2 * float(part["value"].max()))
    axes.set_title(title, fontweight="bold", pad=3.0)
    axes.set_xlabel(label)
    axes.grid(visible=False)


def _memory(axes: Axes, table: pd.DataFrame) -> None:
    part = _of(table, "peak memory")
    axes.plot(part["case"].astype(int), part["value"], color=BLUE, marker="o")
    axes.set_xscale("log")
    axes.set_ylim(bottom=0.0)
    axes.set_title("Peak memory of a whole run", fontweight="bold", pad=3.0)
    axes.set_xlabel("draws")
    axes.set_ylabel("MiB, all processes together")
