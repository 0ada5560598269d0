"""What became of each claim under each rule: shares of draws beside each other, with their intervals."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from hedging.plots.axes import settle
from hedging.plots.studies.view import PALETTE, View
from hedging.plots.style import INK, QUIET
from hedging.studies.judging import MOSTLY, REFUTED, ROBUST

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LETTERS = 50
"""Letters of a claim that stand in one line beside its row."""

SPREAD = 0.5
"""Part of a row over which the rules are spread."""


def verdicts(view: View) -> Figure:
    """Draw a row for each claim and a mark for each rule at the share of draws in which it holds, with its
    95% interval; the shares from which a claim is robust, mostly holds or is refuted are lines.

    Options: claims (their numbers; all without).
    """
    groups = list(view.claims.groupby("claim", sort=False))
    wanted = view.option("claims") or range(1, len(groups) + 1)
    rows = [group for place, group in enumerate(groups) if place + 1 in wanted]
    rules = list(dict.fromkeys(rule for _, table in rows for rule in table["rule"]))
    figure = view.figure(1.5 + 0.42 * len(rows))
    axes = figure.subplots()
    for place, rule in enumerate(rules):
        at, share, reach = [], [], []
        for row, (_, table) in enumerate(rows):
            for found in table[table["rule"] == rule].dropna(subset="share").itertuples():
                at.append(row + SPREAD * ((place + 0.5) / len(rules) - 0.5))
                share.append(found.share)
                reach.append((max(found.share - found.low, 0.0), max(found.high - found.share, 0.0)))
        look: dict[str, Any] = {
            "fmt": MARKERS[place % len(MARKERS)],
            "color": PALETTE[place % len(PALETTE)],
            "label": view.value_label("rule", rule),
            "markersize": 4.5,
            "elinewidth": 1.0,
        }
        axes.errorbar(share, at, xerr=np.array(reach).reshape(-1, 2).T, **look)
    words = (("refuted", REFUTED, "right"), ("mostly", MOSTLY, "left"), ("robust", ROBUST, "left"))
    for word, share_from, side in words:
        axes.axvline(share_from, color=QUIET, linewidth=0.8, linestyle=(0.0, (1.0, 2.0)), zorder=1.0)
        axes.text(share_from, -0.72, f" {word} ", ha=side, va="center", color=QUIET)
    for row in range(0, len(rows), 2):
        axes.axhspan(row - 0.5, row + 0.5, color="#F4F4F4", linewidth=0.0, zorder=0.0)
    names = [
        "\n".join(textwrap.wrap(f"{claim} ({table['overall'].iloc[0]})", LETTERS)) for claim, table in rows
    ]
    axes.set_yticks(range(len(rows)), names, color=INK)
    axes.set_ylim(len(rows) - 0.5, -1.0)
    axes.set_xlim(-0.06, 1.04)
    axes.tick_params(axis="y", length=0.0)
    axes.set_xlabel("share of draws in which the claim holds")
    axes.grid(visible=False)
    view.key(figure)
    figure.supxlabel(
        "\n".join(
            textwrap.wrap(
                f"Bars: 95% intervals; without one the claim is judged by resamples. {view.run()}",
                100,
            )
        ),
        x=0.012,
        ha="left",
        color=QUIET,
        fontsize=axes.xaxis.label.get_fontsize(),
    )
    return settle(figure)
