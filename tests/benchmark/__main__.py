"""Measure how fast this is: ``python -m tests.benchmark [--quick]`` writes results/benchmark/.

Worlds a second by draws and cores, against Mesa's own batch_run of the same model one world at a time; a
sweep of 10,000 points against Hydra's basic sweeper; cost by rule; peak memory by draws; time by phase of the
quarter. Medians of several repeats, all of one run on one machine: only ratios mean anything elsewhere.
"""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes

from experiments.shell import command, options_of
from hedging.errors import HedgingError
from hedging.plots.axes import settle
from hedging.plots.style import INK, QUIET, new_figure, styled
from hedging.results.folder import staged
from hedging.results.manifest import from_here, results_dir
from hedging.runs.executors import cores
from tests.benchmark.measure import COLUMNS, FULL, MEASURED, QUICK, Row, ratios

BLUE, ORANGE = "#0072B2", "#D55E00"


@command()
def main(words: list[str]) -> str:
    """Measure all, write the table and its figure, and say the ratios."""
    options, rest = options_of(words, "--quick")
    if rest:
        raise HedgingError(f"'{rest[0]}': write --quick, or nothing")
    rows: list[Row] = []
    for measure in MEASURED:
        print(f"{measure.__name__.replace('_', ' ')} ...", file=sys.stderr, flush=True)
        rows += measure(QUICK if options else FULL)
    table = pd.DataFrame(rows, columns=pd.Index(COLUMNS))
    folder = results_dir() / ("scratch/benchmark" if options else "benchmark")
    with staged(folder) as stage:
        table.to_csv(stage / "benchmark.csv", index=False, float_format="%.4g", lineterminator="\n")
        draw_figure(table, stage / "benchmark.png")
        (stage / "README.md").write_text(report(table), encoding="utf-8")
    return f"{report(table)}Table and figure: {from_here(folder)}/"


def report(table: pd.DataFrame) -> str:
    """The README of the folder."""
    lines = "\n".join(f"- {line}" for line in ratios(table))
    machine = f"{platform.system()}, Python {platform.python_version()}, {cores()} cores"
    return (
        "# Benchmark\n\nMade by `make benchmark`: medians of several repeats, all in one run on one machine\n"
        f"({machine}). Ratios are what carries over to another one.\n\n{lines}\n\n"
        "![Speed, cost by rule, time by phase and memory](benchmark.png)\n"
    )


@styled
def draw_figure(table: pd.DataFrame, path: Path) -> None:
    """Draw the table of a benchmark into a file."""
    figure = new_figure("How fast it is, and what it costs", 5.6)
    (speed, rules), (phases, memory) = figure.subplots(2, 2)
    parts = {str(what): part for what, part in table.groupby("what")}
    _speed(speed, parts)
    _bars(rules, parts["cost by rule"])
    _bars(phases, parts["share of time"])
    memory.semilogx(parts["peak memory"]["case"].astype(int), parts["peak memory"]["value"], "o-", color=BLUE)
    memory.set_ylim(bottom=0.0)
    for axes, title, across, up in (
        (speed, "Worlds a second", "draws stepped at once", "worlds per second"),
        (rules, "Cost of a world by rule", "times the heuristic's", ""),
        (phases, "Time by phase of the quarter", "share of the time", ""),
        (memory, "Peak memory of a whole run", "draws", "MiB, all processes together"),
    ):
        axes.set_title(title, fontweight="bold", pad=3.0)
        axes.set_xlabel(across)
        axes.set_ylabel(up)
    note = "Medians of several repeats in one run; bars over points: least and most."
    figure.supxlabel(note, x=0.012, ha="left", color=QUIET, fontsize=speed.xaxis.label.get_fontsize())
    settle(figure).savefig(path, dpi="figure", metadata={"Software": None})


def _speed(axes: Axes, parts: dict[str, pd.DataFrame]) -> None:
    for what, colour, marker in (("one core", BLUE, "o"), ("two cores", ORANGE, "s")):
        if what in parts:
            draws, value = parts[what]["case"].astype(int), parts[what]["value"]
            reach = [value - parts[what]["low"], parts[what]["high"] - value]
            axes.errorbar(draws, value, yerr=reach, color=colour, marker=marker, label=what)
    for what, colour in (("Mesa batch_run, 1 process", BLUE), ("Mesa batch_run, 2 processes", ORANGE)):
        speed = float(parts[what]["value"].iloc[0])
        axes.axhline(speed, color=colour, linestyle=(0.0, (2.0, 2.0)), linewidth=1.0, label=what)
    axes.loglog()
    axes.set_ylim(top=100.0 * float(parts["one core"]["value"].max()))  # room for the key
    axes.legend(loc="upper left")


def _bars(axes: Axes, part: pd.DataFrame) -> None:
    bars = axes.barh(part["case"].str.replace("_", " "), part["value"], color=BLUE, height=0.7)
    axes.bar_label(bars, fmt=" {:.2g}", color=INK)
    axes.invert_yaxis()
    axes.set_xlim(right=1.2 * float(part["value"].max()))
    axes.grid(visible=False)


if __name__ == "__main__":
    main()
