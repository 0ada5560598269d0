"""What became of each claim under each rule: shares of draws beside each other, with their intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hedging.plots.axes import PALETTE, name_lines
from hedging.plots.kind import figure_kind
from hedging.plots.style import DOTTED, INK, QUIET, wrapped, write_notes
from hedging.plots.view import View
from hedging.studies.findings import MOSTLY, REFUTED, ROBUST

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LETTERS = 50
"""Letters of a claim that stand in one line beside its row."""

SPREAD = 0.5
"""Part of a row over which the rules are spread."""

LIMITS = (("refuted", REFUTED, "right"), ("mostly", MOSTLY, "left"), ("robust", ROBUST, "left"))


@figure_kind(reads="claims")
def verdicts(view: View) -> Figure:
    """Draw a row for each claim and a mark for each rule at the share of draws in which it holds, with its
    95% interval; the shares from which a claim is robust, mostly holds or is refuted are lines."""
    rows = view.told
    figure = view.figure(1.5 + 0.42 * len(rows))
    axes = figure.subplots()
    table = pd.concat([claim.assign(row=place) for place, claim in enumerate(rows)])
    rules = table.groupby("rule", sort=False, dropna=False)
    for place, (rule, judged) in enumerate(rules):
        own = judged.dropna(subset="share")
        at = own["row"] + SPREAD * ((place + 0.5) / len(rules) - 0.5)
        reach = np.maximum([own["share"] - own["low"], own["high"] - own["share"]], 0.0)
        look: dict[str, Any] = {"fmt": MARKERS[place % len(MARKERS)], "color": PALETTE[place % len(PALETTE)]}
        look["label"] = view.value_label("rule", rule)
        axes.errorbar(own["share"], at, xerr=reach, markersize=4.5, elinewidth=1.0, **look)
    for word, share, side in LIMITS:
        axes.axvline(share, color=QUIET, linewidth=0.8, linestyle=DOTTED, zorder=1.0)
        axes.text(share, -0.72, f" {word} ", ha=side, va="center", color=QUIET)
    for row in range(0, len(rows), 2):
        axes.axhspan(row - 0.5, row + 0.5, color="#F4F4F4", linewidth=0.0, zorder=0.0)
    told = [f"{claim['claim'].iloc[0]} ({claim['overall'].iloc[0]})" for claim in rows]
    axes.set_yticks(range(len(rows)), [wrapped(text, LETTERS) for text in told], color=INK)
    axes.set(ylim=(len(rows) - 0.5, -1.0), xlim=(-0.06, 1.04))
    axes.set_xlabel("share of draws in which the claim holds")
    axes.tick_params(axis="y", length=0.0)
    axes.grid(visible=False)
    name_lines(figure)
    bars = "Bars: 95% intervals; without one the claim is judged by resamples."
    write_notes(figure, " ".join(filter(None, (bars, view.options.note, view.run()))))
    return figure
