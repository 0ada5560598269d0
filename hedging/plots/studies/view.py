"""What a figure of a study sees: its summary, its claims as judged, and its options."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hedging.plots.reading import UNIT_WORDS, Actor, Array
from hedging.plots.style import DASHES, FONT, QUIET, WIDTH, new_figure
from hedging.studies.judging import percent

PALETTE = ("#222222", "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#8C6D1F", "#56B4E9", "#7F7F7F")
"""Colours of arms and values, apart from each other under the common kinds of colour blindness."""

LETTERS = 105
"""Letters that fit beside each other across a figure."""

TITLE = 10.0
"""Points of the title's letters."""

OWN = ("statistic", "quarter")

NOTABLE_TIES = 0.05
"""Share of draws in which two sides are equal, from which a caption says so."""


@dataclass(frozen=True)
class View:
    """A study's summary as one figure looks at it."""

    summary: xr.Dataset
    claims: pd.DataFrame
    options: Mapping[str, Any]

    @property
    def panels(self) -> list[Mapping[str, Any]]:
        """The panels that were asked for, each {outcome, label}."""
        return list(self.options["panels"])

    def option(self, name: str, default: Any = None) -> Any:
        """An option as stated, or what holds without."""
        value = self.options.get(name)
        return default if value is None else value

    @property
    def axes(self) -> list[str]:
        """The axes of the study, in its order."""
        return [str(dim) for dim in self.summary.dims if dim not in (*OWN, "rule", "arm")]

    def x(self) -> str:
        """The axis that runs to the right: the first unless said."""
        return str(self.option("x", self.axes[0] if self.axes else "arm"))

    def by(self, *taken: str) -> str | None:
        """What lines are told apart by: the arms, else a second axis, else the rules."""
        stated = self.option("by")
        if stated is not None:
            return str(stated)
        for name in ("arm", *self.axes, "rule"):
            if name in self.summary.dims and name not in taken and self.summary.sizes[name] > 1:
                return name
        return None

    def at(self, variable: xr.DataArray, *kept: str) -> xr.DataArray:
        """A variable where the other axes are fixed: at the figure's `at`, its rule, else at their first."""
        fixed: dict[str, Any] = dict(self.options["at"])
        places: dict[str, int] = {}
        for dim in map(str, variable.dims):
            if dim in (*OWN, *kept):
                continue
            if dim == "rule":
                places[dim] = list(variable["rule"].values).index(self.rule)
            elif dim == "arm":
                places[dim] = list(variable["arm"].values).index(fixed.get("arm", variable["arm"].values[0]))
            else:
                places[dim] = int(fixed.get(dim, 0))
        return variable.isel(places)

    @property
    def rule(self) -> str:
        """The rule that is drawn: the first unless said."""
        if "rule" not in self.summary.dims:
            return ""
        return str(self.option("rule", self.summary["rule"].values[0]))

    def variable(self, outcome: str, *kept: str) -> xr.DataArray:
        """An outcome where all but the axes kept are fixed."""
        return self.at(self.summary[outcome], *kept)

    def split(self, variable: xr.DataArray, by: str | None) -> Iterator[tuple[Actor, xr.DataArray]]:
        """A variable line by line, each with its name and look."""
        if by is None or by not in variable.dims:
            yield Actor("", "", PALETTE[0], DASHES[0]), variable
            return
        shown = self.option("show")
        for place, value in enumerate(variable[by].values):
            if shown is not None and value not in shown:
                continue
            look = PALETTE[place % len(PALETTE)], DASHES[place % len(DASHES)]
            yield Actor(str(value), self.value_label(by, value), *look), variable.isel({by: place})

    def value_label(self, axis: str, value: Any) -> str:
        """How an arm, a rule or a value of an axis is told."""
        if axis == "arm":
            return str(self.summary.attrs["arms"].get(str(value), value))
        if axis == "rule":
            return str(self.summary.attrs["rules"].get(str(value), str(value).replace("_", " ")))
        return f"{self.summary[axis].attrs.get('long_name', axis)} {float(value):g}"

    def axis_label(self, axis: str) -> str:
        """How an axis is named under a panel."""
        about = self.summary[axis].attrs
        unit = (
            "" if about.get("unit") == "1" else UNIT_WORDS.get(about.get("unit", ""), about.get("unit", ""))
        )
        return str(about.get("long_name", axis)) + (f" ({unit})" if unit else "")

    def outcome_label(self, panel: Mapping[str, Any], outcome: str) -> str:
        """How an outcome is named beside a panel, without its unit."""
        if panel.get("label"):
            return str(panel["label"])
        head, _, date = outcome.removeprefix("path:").partition("@")
        measure, _, member = head.partition(".")
        names = dict(zip(self.summary.attrs["patrons"], self.summary.attrs["labels"], strict=True))
        told = measure.replace("_", " ") + (
            f", {names.get(member, member.replace('_', ' '))}" if member else ""
        )
        return told + (f", {date}" if date else "")

    def unit(self, outcome: str, panel: Mapping[str, Any] | None = None) -> str:
        """The unit of an outcome in words; that of the panel where it says one."""
        unit = str((panel or {}).get("unit", self.summary[outcome].attrs.get("unit", "")))
        return UNIT_WORDS.get(unit, unit)

    def figure(self, height: float, width: float = WIDTH) -> Figure:
        """A figure with its title: the study's question unless said."""
        title = "\n".join(textwrap.wrap(self.option("title", self.summary.attrs["question"]), 72))
        return new_figure(title, float(self.option("height", height)), width)

    def title(self, axes: Axes, label: str, columns: int) -> None:
        """Head a panel, in two lines where one has no room."""
        room = max(20, int(76 / columns))
        axes.set_title("\n".join(textwrap.wrap(label, room)), fontweight="bold", pad=3.0)

    def key(self, figure: Figure) -> None:
        """Name the lines once for all panels, above them, where there are several."""
        found: dict[str, Any] = {}
        for axes in figure.axes:
            for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
                found.setdefault(label, handle)
        if len(found) < 2:
            return
        columns = max(1, min(len(found), int(LETTERS / (6 + max(len(label) for label in found)))))
        title = figure.get_suptitle()
        top = 1.0 - 1.5 * TITLE * (title.count("\n") + 1) / 72.0 / figure.get_figheight()
        key = figure.legend(
            *(found.values(), found.keys()), loc="upper left", bbox_to_anchor=(0.0, top), ncols=columns
        )
        key.set_in_layout(False)
        figure.suptitle(title + "\n" * -(-len(found) // columns) + " ", x=0.012, ha="left")

    def footer(self, figure: Figure, *notes: str) -> None:
        """Put under the figure how to read it, what became of the claims, and which run this is."""
        letters = int(figure.get_figwidth() * 72.0 / (0.56 * FONT))
        told = " ".join(note for note in (*notes, self.option("note", ""), self._fixed()) if note)
        lines = [told, *self.verdicts(), self.run()]
        wrapped = [part for line in lines if line for part in textwrap.wrap(line, letters)]
        figure.supxlabel("\n".join(wrapped), x=0.012, ha="left", fontsize=FONT, color=QUIET)

    def _fixed(self) -> str:
        """Which rule is drawn, where there are several and they are no lines."""
        several = "rule" in self.summary.dims and self.summary.sizes["rule"] > 1
        if not several or "rule" in (
            self.option("by"),
            self.option("facet"),
            self.option("x"),
            self.option("y"),
        ):
            return ""
        return f"Drawn under the rule {self.value_label('rule', self.rule)}."

    def verdicts(self) -> list[str]:
        """Every claim that the figure speaks to, with its verdict and its share by rule."""
        told = []
        wanted = self.option("claims")
        for place, (claim, rows) in enumerate(self.claims.groupby("claim", sort=False)):
            if wanted is not None and place + 1 not in wanted:
                continue
            several = len(rows) > 1 or rows["rule"].iloc[0] in self.draws()
            shares = ", ".join(
                (f"{self.value_label('rule', rule)} " if several else "") + percent(float(share))
                for rule, share in zip(rows["rule"], rows["share"], strict=True)
            )
            judged = "resamples" if (rows["judged"] == "mean").all() else "draws"
            tied = float(rows["tied"].max())
            same = f"; equal in up to {percent(tied)}" if tied >= NOTABLE_TIES else ""
            told.append(f"{str(rows['overall'].iloc[0]).upper()}: {claim} ({shares} of {judged}{same}).")
        return told

    def draws(self) -> dict[str, int]:
        """The most draws of each rule; one entry without a name where the study tries one rule."""
        counts: dict[str, int] = {}
        for variable in self.summary.data_vars.values():
            used = variable.sel(statistic="draws")
            for rule in variable["rule"].values if "rule" in variable.dims else ("",):
                most = (used.sel(rule=rule) if rule else used).max()
                counts[str(rule)] = max(counts.get(str(rule), 0), int(most.fillna(0)))
        return counts

    def run(self) -> str:
        """Which run this is, and what it is not."""
        draws = self.draws()
        if len(set(draws.values())) == 1:
            told = f"{next(iter(draws.values())):,} draws a point"
        else:
            told = "draws a point: " + ", ".join(
                f"{self.value_label('rule', rule)} {count:,}" for rule, count in draws.items()
            )
        about = self.summary.attrs
        return f"{about['study']} · {told} · seed {about['seed']} · a conditional mechanism, not a forecast"


def statistic(variable: xr.DataArray, name: str) -> Array:
    """One statistic of a variable."""
    return np.asarray(variable.sel(statistic=name).values, dtype=np.float64)
