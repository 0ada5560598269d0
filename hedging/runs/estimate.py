"""What a sweep or a study would take, told before it is played: points, draws, runs, seconds, disk."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from math import prod
from typing import Any

from hedging.errors import HedgingError, unknown
from hedging.measures.catalogue import SERIES, TOTALS
from hedging.runs.grid import LANES, play_grid
from hedging.runs.loop import play
from hedging.runs.store import LAST
from hedging.settings.read import read_whole
from hedging.settings.settings import Settings
from hedging.studies.axes import Grid
from hedging.studies.study import Play, Study
from hedging.world.quantities import QUANTITIES, Quantity
from hedging.world.sampling import sampled_numbers

ENOUGH = 0.5
"""Seconds after which a timed sample is long enough to go by."""

FEW = 64
"""Worlds of the first timed sample; each further one has four times as many."""

NUMBER = 8
"""Bytes of a number in a table of draws."""

SUMMARY_ROW = 60
"""Bytes of a row of summary.csv, near enough."""

STATISTICS_TOLD = 7
"""Rows of summary.csv for one measure at one point: the mean, the quantiles, the draws."""


@dataclass(frozen=True)
class Options:
    """What `sweep` says in a setting."""

    confirm: bool = False
    dry: bool = False
    limit: int = 1_000_000

    def check(self, points: int) -> None:
        """Stop at a sweep that is larger than meant.

        Raises:
            HedgingError: more points than the limit, and no word that they are wanted.
        """
        if points > self.limit and not (self.confirm or self.dry):
            raise HedgingError(
                f"the sweep has {points:,} points, more than sweep.limit={self.limit}: give fewer values, "
                "or write sweep.confirm=true to play them all"
            )


def read_options(node: Any) -> Options:
    """Read `sweep`.

    Raises:
        HedgingError: a key or a value that cannot be.
    """
    if not isinstance(node, Mapping):
        raise HedgingError(f"sweep={node}: write sweep.confirm=true, sweep.dry=true or sweep.limit=<points>")
    told: dict[str, Any] = {item.name: item.default for item in fields(Options)}
    for key, value in node.items():
        if key not in told:
            raise unknown("key", key, told, "sweep")
        told[key] = value
    for key in ("confirm", "dry"):
        if not isinstance(told[key], bool):
            raise HedgingError(f"sweep.{key}={told[key]}: write true or false")
    limit = read_whole(told["limit"], "sweep.limit", 1, 10**12)
    return Options(told["confirm"], told["dry"], limit)


@dataclass(frozen=True)
class Work:
    """Worlds that take the same time each as all others of their kind."""

    kind: Hashable
    worlds: int
    draws: int
    play: Callable[[int], int]
    """Plays about so many of them and says how many it played."""


def describe(runs: Sequence[tuple[Settings, Study | None]]) -> str:
    """Say what some runs would take; a few worlds of each kind are played to know their speed."""
    rates: dict[Hashable, float] = {}
    works = [work for settings, study in runs for work in _works(settings, study)]
    for work in works:
        if work.kind not in rates:
            rates[work.kind] = _rate(work)
    seconds = sum(work.worlds * rates[work.kind] for work in works)
    worlds, draws = sum(work.worlds for work in works), sorted({work.draws for work in works})
    points = sum(study.grid.points if study else 1 for _, study in runs)
    size = sum(_disk(settings, study) for settings, study in runs)
    return (
        f"dry run, nothing is played or written: {_many(points, 'point')} x "
        f"{f'{draws[0]:,} to ' * (len(draws) > 1)}{_many(draws[-1], 'draw')} "
        f"in {_many(len(runs), 'run')}, {_many(worlds, 'world')} in all\n"
        f"about {_duration(seconds)} and {_amount(size)} on disk, figures aside; the time is that of "
        f"{_many(len(rates), 'sample')} of the same model, played just now"
    )


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"


def _works(settings: Settings, study: Study | None) -> list[Work]:
    """What is to be played in one run: every arm under every rule, or the draws of a plain run."""
    if study:
        return [
            Work(_kind(one.settings, one), one.worlds, one.settings.draws, partial(_play_some, one))
            for one in study.plays
        ]
    return [Work(_kind(settings, None), settings.draws, settings.draws, partial(_play_plain, settings))]


def _kind(settings: Settings, one: Play | None) -> Hashable:
    """What the speed of a world hangs on: rules, horizon, patrons, and what is looked at."""
    client = settings.client_rule
    whole = tuple(value for value in client.values.values() if isinstance(value, int))
    patrons = tuple(rule.target for rule in settings.patron_rules.values())
    asked = (*one.outcomes, *one.paths) if one else ()
    nulls, terms = any(item.needs_nulls for item in asked), any(item.needs_terms for item in asked)
    return client.target, whole, patrons, settings.horizon, one is None, nulls, terms


def _rate(work: Work) -> float:
    """Seconds that a world takes: ever more are played until the time can be trusted."""
    work.play(1)  # imports, and what is worked out once
    worlds, most = FEW, min(LANES, work.worlds)
    while True:
        started = time.perf_counter()
        played = work.play(min(worlds, most))
        seconds = time.perf_counter() - started
        if seconds > ENOUGH or worlds >= most:
            return seconds / played
        worlds *= 4


def _play_some(one: Play, worlds: int) -> int:
    draws = min(one.settings.draws, worlds)
    axes, points = [], max(worlds // draws, 1)
    for axis in reversed(one.grid.axes):
        axes.append(replace(axis, values=axis.values[:points]))
        points = max(points // len(axes[-1].values), 1)
    grid = Grid(tuple(reversed(axes)), one.grid.numbers)
    play_grid(replace(one.settings, draws=draws), grid, one.outcomes, one.paths)
    return draws * grid.points


def _play_plain(settings: Settings, worlds: int) -> int:
    few = replace(settings, draws=min(settings.draws, worlds), keep=min(settings.keep, worlds))
    for block in play(few, lambda count: None):
        for name in TOTALS:
            block.arm.total(name)
    return few.draws


def _disk(settings: Settings, study: Study | None) -> float:
    """Bytes of a run folder, figures aside: the table of draws, the summary, the kept trajectories."""
    if study:
        width, points = len(study.measures), study.grid.points * len(study.plays)
        draws = sum(one.worlds for one in study.plays) * (width + 1) * NUMBER
        rows = points * (width + len(study.paths) * settings.horizon) * STATISTICS_TOLD
        return draws + rows * SUMMARY_ROW
    sizes = {"patron": len(settings.patrons), "partner": len(settings.partners)}
    rows = settings.horizon + 1

    def width_of(items: Iterable[Quantity]) -> int:
        return sum(prod(sizes.get(axis, 1) for axis in item.axes) for item in items)

    ends = width_of(TOTALS.values()) + width_of(QUANTITIES[n] if n in QUANTITIES else SERIES[n] for n in LAST)
    draws = settings.draws * (len(sampled_numbers(settings)) + ends) * NUMBER
    kept = settings.keep * rows * width_of(QUANTITIES.values()) * NUMBER
    return draws + kept + rows * width_of(SERIES.values()) * STATISTICS_TOLD * SUMMARY_ROW


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s" if seconds >= 1 else "a second"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def _amount(size: float) -> str:
    return f"{size / 1e6:.1f} MB" if size < 1e9 else f"{size / 1e9:.1f} GB"
