"""What a kind of figure sees: a summary, claims as judged, its options; and how a run's figures are drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hedging.errors import HedgingError
from hedging.measures.trajectories import SERIES
from hedging.plots import style
from hedging.plots.axes import PALETTE, draw_marks, name_lines, settle, time_axis
from hedging.plots.kind import Asked, Options, Panel, Panels, read_figures
from hedging.plots.style import DASHES, LETTERS, Actor, Array, axes_of, footer, new_figure, styled, wrapped
from hedging.studies.claim import Known
from hedging.studies.findings import percent
from hedging.studies.study import PATH

VERDICT = 0.14
"""Inches that a claim's verdict takes under a figure."""

NOTABLE_TIES = 0.05
"""Share of draws in which two sides are equal, from which a caption says so."""

WORDS = {"trade_share": "trade"}
"""What a measure is called beside its unit, where not by its name."""

Size = tuple[float, float]
SIZE: Size = (1.5, 1.75)
"""Inches of height around panels and of a row of them."""

Draw = Callable[[Axes, Panel], None]

DOMINANT = "{dominant}"
"""What stands in a title for the patron that the client depends on most at the start."""


@dataclass(frozen=True)
class View:
    """A summary as one figure looks at it."""

    summary: xr.Dataset
    claims: pd.DataFrame
    options: Options
    reads: str

    @property
    def axes(self) -> list[str]:
        """The axes of the study, in its order."""
        return axes_of(self.summary)

    @property
    def dims(self) -> list[str]:
        """All that the study varies: its axes, then arms and rules."""
        return [*self.axes, *(name for name in ("arm", "rule") if name in self.summary.dims)]

    @property
    def patrons(self) -> list[Actor]:
        """The patrons, as every figure names and draws them."""
        return style.patrons(self.summary)

    def x(self, stated: str | None, *taken: str) -> str:
        """The axis that runs to the right, or with that taken upwards: the first that is left unless said.

        Raises:
            HedgingError: there is none.
        """
        if left := stated or next((name for name in self.dims if name not in taken), None):
            return left
        raise HedgingError("figure (heat): a map needs two axes, or arms or rules beside one")

    def by(self, stated: str | None, *taken: str) -> str | None:
        """What lines are told apart by: the arms, else a second axis, else the rules."""
        several = [name for name in self.dims if name not in taken and self.summary.sizes[name] > 1]
        return stated or ("arm" if "arm" in several else next(iter(several), None))

    def variable(self, outcome: str, *kept: str | None) -> xr.DataArray:
        """An outcome where all but the axes kept are fixed: at `at`, the rule drawn, else their first."""
        variable = style.measure(self.summary, PATH + outcome if self.reads == "paths" else outcome)
        at = {"rule": self.options.rule or 0, **self.options.at}
        for dim in {*self.dims} & {*variable.dims} - {*kept}:
            place = at.get(dim, 0)
            variable = variable.isel({dim: place}) if isinstance(place, int) else variable.sel({dim: place})
        return variable

    def split(self, variable: xr.DataArray, by: str | None) -> Iterator[tuple[Actor, xr.DataArray]]:
        """A variable line by line, each with its name and look."""
        if by is None or by not in variable.dims:
            yield Actor("", "", PALETTE[0], DASHES[0]), variable
            return
        for place, value in enumerate(variable[by].values):
            if self.options.show is None or value in self.options.show:
                look = PALETTE[place % len(PALETTE)], DASHES[place % len(DASHES)]
                yield Actor(str(value), self.value_label(by, value), *look), variable.isel({by: place})

    def positions(self, variable: xr.DataArray, axis: str) -> tuple[Array, list[str]]:
        """Where the values of an axis stand; names and infinite values stand in order, with their labels."""
        values = variable[axis].values
        if values.dtype.kind in "fiu" and np.isfinite(values).all():
            return np.asarray(values, dtype=np.float64), []
        return np.arange(len(values), dtype=np.float64), self.names(variable, axis, letters=8)

    def names(self, variable: xr.DataArray, axis: str, letters: int = LETTERS) -> list[str]:
        """The values of an axis as they are written beside it, so many letters to a line."""
        values = variable[axis].values
        if axis in ("arm", "rule"):
            return [wrapped(self.value_label(axis, value), letters) for value in values]
        return ["never" if np.isinf(value) else f"{value:g}" for value in values]

    def value_label(self, axis: str, value: Any) -> str:
        """How an arm, a rule or a value of an axis is told."""
        if axis in ("arm", "rule"):
            return str(self.summary.attrs.get(f"{axis}s", {}).get(str(value), str(value).replace("_", " ")))
        return f"{self.summary[axis].attrs.get('long_name', axis)} {float(value):g}"

    def axis_label(self, axis: str) -> str:
        """How an axis is named under a panel."""
        about = self.summary[axis].attrs
        unit = about.get("unit", "1")
        told = "" if unit in ("", "1") else f" ({style.unit_words(unit)})"
        return str(about.get("long_name", axis)) + told

    def label(self, panel: Panel) -> str:
        """How an outcome is named beside a panel, without its unit: as the panel says, else by its name."""
        head, _, date = panel.first.partition("@")
        name, _, member = head.partition(".")
        labels = {patron.name: patron.label for patron in self.patrons}
        told = (name.replace("_", " "), labels.get(member, member.replace("_", " ")), date)
        return panel.label or ", ".join(filter(None, told))

    def unit(self, panel: Panel) -> str:
        """The unit of an outcome in words; that of the panel where it says one."""
        return style.unit_words(panel.unit or str(self.variable(panel.first).attrs.get("unit", "")))

    def members(self, panel: Panel) -> list[tuple[Actor, xr.DataArray]]:
        """The series of a plain run that share a panel, each with the look of whom it is of."""
        return [each for outcome in panel.outcome for each in style.members(self.summary, outcome)]

    def worded(self, panel: Panel) -> str:
        """An axis label: what is measured, then its unit in brackets."""
        words = WORDS.get(panel.first, panel.first.replace("_", " "))
        return f"{words} ({self.unit(panel) or 'no unit given'})"

    def figure(self, height: float, width: float = style.WIDTH, title: str = "") -> Figure:
        """A figure with its title: the study's question unless said."""
        stated = title or self.options.title or str(style.attribute(self.summary, "question"))
        stated = stated.replace(DOMINANT, style.dominant(self.summary).label if DOMINANT in stated else "")
        below = 0 if self.reads == "claims" else len(self.told)
        return new_figure(wrapped(stated, 72), height + VERDICT * below, width)

    def panels(self, count: int, columns: int, inches: Size, **shared: Any) -> tuple[Figure, list[Axes], int]:
        """A figure of so many panels, two beside each other unless said; the panels, and how many columns.

        Args:
            inches: of height: what stands around the panels, and a row of them.
            shared: which axes the panels share, as matplotlib takes it.
        """
        columns = columns or min(count, 2)
        rows = -(-count // columns)
        figure = self.figure(inches[0] + inches[1] * rows)
        grid = list(figure.subplots(rows, columns, squeeze=False, **shared).flat)
        for axes in grid[count:]:
            axes.remove()
        for axes in grid[count - columns : count]:  # the lowest of their columns
            axes.tick_params(labelbottom=True)
        return figure, grid[:count], columns

    def each(
        self, panels: Panels, draw: Draw, foot: str = "", columns: int = 0, inches: Size = SIZE, **shared: Any
    ) -> Figure:
        """A figure with a panel for each that is asked for, headed, with its unit; lines are named once.

        Args:
            foot: what the axis that runs to the right is named, where the panel drawn does not say.
        """
        figure, grid, columns = self.panels(len(panels), columns, inches, **shared)
        for axes, panel in zip(grid, panels, strict=True):
            draw(axes, panel)
            self.title(axes, columns, self.label(panel))
            last = axes in grid[-columns:]
            axes.set(ylabel=self.unit(panel), xlabel=(foot or axes.get_xlabel()) if last else "")
        name_lines(figure)
        return figure

    def title(self, axes: Axes, columns: int, *words: str | None) -> None:
        """Head a panel, in two lines where one has no room."""
        axes.set_title(wrapped(", ".join(filter(None, words)), max(20, int(76 / columns))))

    def column(
        self, height: float, *draw: Callable[[Axes, View], None], title: str = "", ratios: Any = None
    ) -> Figure:
        """A figure of panels under each other over one time axis, the dated marks named above the first."""
        figure = self.figure(height, title=title)
        grid = figure.subplots(len(draw), 1, squeeze=False, height_ratios=ratios)[:, 0]
        for axes, panel in zip(grid, draw, strict=True):
            panel(axes, self)
            last = axes is grid[-1]
            self.time(axes, name=last, labelled=axes is grid[0])
            axes.tick_params(labelbottom=last)
        return figure

    def time(self, axes: Axes, labels: int = 11, name: bool = True, labelled: bool = False) -> None:
        """Give a panel the time axis of the run and the dated marks."""
        time_axis(axes, self.summary, labels, name)
        draw_marks(axes, self.summary, labelled)

    def footer(self, figure: Figure, *notes: str) -> Figure:
        """Write under a figure how to read it, what became of its claims, which run it is; give it back."""
        taken, rule = {getattr(self.options, name, None) for name in ("by", "facet", "x", "y")}, ""
        if self.summary.sizes.get("rule", 1) > 1 and "rule" not in taken:
            name = self.options.rule or self.summary["rule"].values[0]
            rule = f"Drawn under the rule {self.value_label('rule', name)}."
        told = " ".join(filter(None, (*notes[-1:], self.options.note, rule)))
        style.write_notes(figure, *notes[:-1], told, *map(self.verdict, self.told), self.run())
        return figure

    @property
    def told(self) -> list[pd.DataFrame]:
        """The claims that the figure tells of, each with a row by rule: of a study all unless said, of a
        plain run those that its file names."""
        wanted = self.options.claims
        if self.claims.empty or (self.reads == "series" and wanted is None):
            return []
        groups = enumerate(self.claims.groupby("claim", sort=False), start=1)
        return [rows for place, (_, rows) in groups if wanted is None or place in wanted]

    def verdict(self, rows: pd.DataFrame) -> str:
        """One claim with its verdict and its share by rule."""
        rules = [f"{self.value_label('rule', r)} " if "rule" in self.dims else "" for r in rows["rule"]]
        shares = ", ".join(f"{r}{percent(share)}" for r, share in zip(rules, rows["share"], strict=True))
        judged = "resamples" if (rows["judged"] == "mean").all() else "draws"
        tied = float(rows["tied"].max())
        same = f"; equal in up to {percent(tied)}" if tied >= NOTABLE_TIES else ""
        verdict = str(rows["overall"].iloc[0]).upper()
        return f"{verdict}: {rows['claim'].iloc[0]} ({shares} of {judged}{same})."

    def run(self) -> str:
        """Which run this is, and what it is not; of a study with the most draws of each rule at a point."""
        if not self.dims:
            return footer(self.summary)
        counts = self.summary.sel(statistic="draws")
        most = counts.max([*{*counts.dims} - {"rule"}]).to_dataarray().max("variable").fillna(0)
        if len(np.unique(most)) == 1:
            return footer(self.summary, f"{int(most.max()):,} draws a point")
        each = (f"{self.value_label('rule', n)} {int(most.sel(rule=n)):,}" for n in most["rule"].values)
        return footer(self.summary, f"draws a point: {', '.join(each)}")


@styled
def draw_figures(
    summary: xr.Dataset,
    folder: Path,
    figures: Sequence[Asked] | None = None,
    claims: pd.DataFrame | None = None,
) -> list[Path]:
    """Draw figures into a folder as PNG, each by its name, and say where.

    All are drawn before the first is written: a summary that lacks a measure leaves nothing half done. The
    files carry no date and no version, so that the same summary gives the same bytes.

    Args:
        summary: as `hedging.load` gives it.
        figures: those that the folder's own config.yaml asks for without.
        claims: the folder's claims.csv, which the notes tell of.

    Raises:
        MissingMeasure: the summary lacks what a figure shows.
    """
    asked = asked_of(summary) if figures is None else figures
    drawn = {item.name: draw_figure(item, summary, claims) for item in asked}
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in drawn.items():
        figure.savefig(folder / f"{name}.png", dpi="figure", metadata={"Software": None})
        figure.clear()
    return [folder / f"{name}.png" for name in drawn]


def asked_of(summary: xr.Dataset) -> tuple[Asked, ...]:
    """The figures that a summary's own file asks for."""
    dims = {str(dim): tuple(summary[dim].values.tolist()) for dim in summary.dims}
    axes = {name: dims[name] for name in axes_of(summary)}
    measures: Any = {name: None for name in summary.data_vars if not str(name).startswith(PATH)}
    known = Known(dims.get("rule", ()), dims.get("arm", ()), axes, measures)
    paths = [str(name).removeprefix(PATH) for name in summary.data_vars if name not in measures]
    plain = not (known.rules or known.arms or axes)
    return read_figures(summary.attrs.get("figure"), known, list(SERIES) if plain else paths, plain)


@styled
def draw_figure(asked: Asked, summary: xr.Dataset, claims: pd.DataFrame | None = None) -> Figure:
    """Draw one figure from a summary, and from the claims as judged where it tells of any."""
    view = View(summary, pd.DataFrame() if claims is None else claims, asked.options, asked.kind.reads)
    return settle(asked.kind.draw(view, **{name: getattr(asked.options, name) for name in asked.kind.own}))
