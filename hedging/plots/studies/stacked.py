"""Outcomes stacked on each other along an axis or arm by arm: who pays how much."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hedging.plots.axes import settle
from hedging.plots.reading import Array, patrons
from hedging.plots.studies.lines import positions
from hedging.plots.studies.view import PALETTE, View, statistic
from hedging.plots.style import REGIMES

LETTERS = 60
"""Letters that fit below all columns together."""

HATCHES = ("", "///", "...", "\\\\\\")


def stacked(view: View) -> Figure:
    """Stack the means of several outcomes, a panel each; patrons and regimes keep their colours.

    Options: x (an axis or arm), panels ({outcome: [several], label}), by (arm or rule: a column each).
    """
    from hedging.plots.studies import outcomes_of

    x, by = view.x(), view.option("by")
    colours = {patron.name: patron.colour for patron in patrons(view.summary)}
    colours |= {name: look[0] for name, look in REGIMES.items()}
    first = view.variable(outcomes_of(view.panels[0])[0], x, *([by] if by else []))
    columns = int(first.sizes[by]) if by else 1
    figure = view.figure(1.3 + 2.4 * len(view.panels) + 0.14 * len(view.verdicts()))
    grid = figure.subplots(len(view.panels), columns, squeeze=False, sharex=True, sharey="row")
    for row, panel in enumerate(view.panels):
        outcomes = outcomes_of(panel)
        for column in range(columns):
            axes = grid[row][column]
            name = stack(axes, view, outcomes, x, (by, column), colours)
            view.title(axes, ", ".join(filter(None, (str(panel.get("label", "")), name))), columns)
            if column == 0:
                axes.set_ylabel(view.unit(outcomes[0], panel))
            if row == len(view.panels) - 1 and x not in ("arm", "rule"):
                axes.set_xlabel("\n".join(textwrap.wrap(view.axis_label(x), LETTERS // columns)))
        grid[row][0].set_ylim(bottom=0.0)
        handles, labels = grid[row][-1].get_legend_handles_labels()
        grid[row][-1].legend(handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.0, 0.5))
    view.footer(figure, "Stacked: means over draws.")
    return settle(figure)


def stack(
    axes: Axes,
    view: View,
    outcomes: list[str],
    x: str,
    where: tuple[str | None, int],
    colours: Mapping[str, str],
) -> str:
    """Stack the outcomes of one panel and give the name of its column."""
    by, column = where
    base: Array | float = 0.0
    name = ""
    for place, outcome in enumerate(outcomes):
        actor, line = list(view.split(view.variable(outcome, x, *([by] if by else [])), by))[column]
        at, ticks = positions(view, line, x)
        values, name = np.nan_to_num(statistic(line, "mean")), actor.label
        member = member_of(outcome)
        same = [other for other in outcomes[:place] if member and member_of(other) == member]
        look: dict[str, Any] = {
            "facecolor": colours.get(member, PALETTE[place % len(PALETTE)]),
            "hatch": HATCHES[len(same) % len(HATCHES)],
            "edgecolor": "white",
            "label": view.outcome_label({}, outcome),
        }
        if ticks:
            axes.bar(at, values, bottom=base, width=0.7, **look)
            axes.set_xticks(at, ticks)
        else:
            axes.fill_between(at, base, base + values, linewidth=0.0, **look)
            axes.set_xlim(at[0], at[-1])
        base = base + values
    return name


def member_of(outcome: str) -> str:
    """The patron or regime that an outcome is of."""
    return outcome.partition("@")[0].partition(".")[2]
