"""What changes over time in a setting: dated, named shocks, and the series of the energy price."""

from __future__ import annotations

import csv
import operator
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from math import inf
from typing import Any

import numpy as np

from hedging.errors import HedgingError, unknown
from hedging.settings.compose import config_dir
from hedging.settings.numbers import Number
from hedging.settings.read import ANY, key, read, read_each
from hedging.world import dates
from hedging.world.arrays import Array
from hedging.world.parameters import DECLARATIONS, Parameters, declared
from hedging.world.state import STATES, State

MAX_HORIZON = 400
"""Quarters that a run has at most."""

STATES_OF = {
    "client": ("reserves", "legitimacy", "national_sentiment", "repression"),
    "patrons": ("debt", "warmth", "salience", "frustration"),
}
"""The states that an event may strike, by whose they are."""

OPERATIONS: dict[str, Any] = {"add": operator.add, "multiply": operator.mul, "set": lambda x, a: x * 0 + a}
"""What an event does to a value, given its amount."""


@dataclass(frozen=True)
class Event:
    """A shock: on a state once at the start of `start`; on a parameter from `start` to `stop` inclusive."""

    name: str
    row: tuple[int, ...]  # of the patron, or of the patron and its rival; () where there is but one
    start: int = key(name="from", read=dates.index)
    path: str = key()
    stop: int = key(ANY, name="until", read=dates.index)
    source: Any = key(None)
    note: Any = key(None)
    add: float | None = key(None)
    multiply: float | None = key(None)
    set: float | None = key(None)

    @property
    def target(self) -> str:
        """The number or state that it changes: world.<target>, patrons.<name>.<target>.<rival>."""
        return self.path.split(".")[2 if self.path.startswith("patrons.") else 1]

    @property
    def on_state(self) -> bool:
        """Whether it changes a state rather than a parameter."""
        return self.target in STATES

    @property
    def changes(self) -> list[tuple[str, float]]:
        """What it does and how much: one, as checked."""
        return [(how, amount) for how in OPERATIONS if (amount := getattr(self, how)) is not None]

    def apply(self, value: Any) -> Any:
        """The value after the event."""
        ((how, amount),) = self.changes
        return OPERATIONS[how](value, amount)

    def strike(self, array: Array) -> Array:
        """A copy of an array of the target with the event applied to its own row."""
        changed = array.copy()
        changed[self.row] = self.apply(changed[self.row])
        return changed


def read_events(
    tree: Mapping[str, Any], patrons: Sequence[str], horizon: int, numbers: Mapping[str, Number]
) -> tuple[Event, ...]:
    """Read the events of a setting, earliest first.

    Raises:
        HedgingError: a path, a date or an amount that cannot be.
    """
    reader = partial(_read, patrons=patrons, horizon=horizon, numbers=numbers)
    events = read_each(reader, tree, "events", "choose a file, such as shock=none")
    return tuple(sorted(events.values(), key=lambda event: event.start))


def _read(
    node: Any, where: str, patrons: Sequence[str], horizon: int, numbers: Mapping[str, Number]
) -> Event:
    say = "an event is {from: 2019Q3, until: 2019Q4, path: ..., add: ...}"
    event = read(Event, node, where, say, name=where.removeprefix("events."), row=())
    if len(event.changes) != 1:
        raise HedgingError(f"{where}: an event has from, path and exactly one of {', '.join(OPERATIONS)}")
    start, last = dates.label(event.start), dates.label(horizon - 1)
    if event.start >= horizon:
        raise HedgingError(f"{where}.from: {start} is not in the run, which ends with {last}")
    if event.stop < event.start:
        raise HedgingError(f"{where}: until {dates.label(event.stop)} lies before from {start}")
    ((how, amount),) = event.changes
    if not np.isfinite(amount):
        raise HedgingError(f"{where}.{how}: write a finite number")
    event = replace(event, row=_row(event.path, f"{where}.path", patrons))
    number = numbers.get(event.path)
    for extreme in () if event.on_state else number.extremes if number else (0.0,):
        changed, domain = float(event.apply(extreme)), DECLARATIONS[event.target].domain
        if not domain.admits(changed):
            raise HedgingError(
                f"{where}: would turn {event.path} from {extreme:g} (within its range) into {changed:g}: "
                f"it must be {domain}; choose another amount or pin {event.path}"
            )
    return event


def _row(path: str, where: str, patrons: Sequence[str]) -> tuple[int, ...]:
    """See that a path names a number or a state that an event may strike; the row it has there."""
    owner, *names = path.split(".")
    if len(names) not in {"world": (1,), "client": (1,), "patrons": (2, 3)}.get(owner, ()):
        raise HedgingError(
            f"{where}: '{path}' is neither world.<number>, client.<number or state> "
            "nor patrons.<name>.<number or state>"
        )
    pair, name = len(names) == 3, names.pop(owner == "patrons")
    if names and names[0] not in patrons:
        raise unknown("patron", names[0], patrons, where)
    if name in DECLARATIONS and DECLARATIONS[name].only_start:
        raise HedgingError(
            f"{where}: {path} matters at the start only, an event on it would do nothing; "
            f"name the state instead: {', '.join(chain(*STATES_OF.values()))}"
        )
    valid = [item.name for item in declared(owner, pair) if not item.only_start]
    valid += () if pair else STATES_OF.get(owner, ())
    if name not in valid:
        raise unknown("number or state", name, valid, where)
    if pair and (names[1] not in patrons or names[1] == names[0]):
        raise unknown("rival", names[1], [q for q in patrons if q != names[0]], where)
    return tuple(map(patrons.index, names))


def apply_to_parameters(p: Parameters, events: Iterable[Event], quarter: int) -> Parameters:
    """The parameters as this quarter's events leave them."""
    for event in events:
        if not event.on_state and event.start <= quarter <= event.stop:
            p = replace(p, **{event.target: event.strike(getattr(p, event.target))})
    return p


def apply_to_state(state: State, events: Iterable[Event], quarter: int) -> State:
    """The state as this quarter's events leave it, cut to its range; money that appears or goes so is booked.

    Rule: reserves come from the world (world_cash); a debt that appears is money the patron paid out to the
    world on the client's behalf (patron_cash and world_cash), so that all money still adds up.
    """
    for event in events:
        if not event.on_state or event.start != quarter:
            continue
        before: Array = getattr(state, event.target)
        limits = STATES[event.target].metadata
        after = np.clip(event.strike(before), limits["low"], limits["high"])
        changes: dict[str, Array] = {event.target: after}
        if event.target == "reserves":
            changes["world_cash"] = state.world_cash - (after - before)
        if event.target == "debt":
            changes["patron_cash"] = state.patron_cash - (after - before)
            changes["world_cash"] = state.world_cash + (after - before).sum(axis=0)
        state = replace(state, **changes)
    return state


WHERE = "world.energy_series"


@dataclass(frozen=True)
class Series:
    """What may stand in `world.energy_series`."""

    file: str = key()
    column: str = key()
    divisor: float = key()
    quarters: int = key(low=1, high=MAX_HORIZON)
    source: Any = key(None)


def read_series(node: Any, where: str = WHERE) -> tuple[float, ...]:
    """Read the index of each quarter from 2015Q1 on.

    Rule: column / divisor, one row a quarter.
    Raises:
        HedgingError: a key, the file, its column or one of its rows is missing, or is no number.
    """
    series = read(Series, node, where, "write world=history, or see configs/world/")
    if not 0 < series.divisor < inf:
        raise HedgingError(f"{where}.divisor={series.divisor:g}: it must be above 0 and finite")
    file, count, column = config_dir() / "series" / series.file, series.quarters, series.column
    try:
        rows = [*csv.DictReader(file.read_text(encoding="utf-8").splitlines())]
    except OSError as error:
        raise HedgingError(
            f"{WHERE}.file: cannot read {file}: {error.strerror}; write the whole path of a file"
        ) from None
    except (UnicodeDecodeError, csv.Error):
        raise HedgingError(f"{WHERE}.file: {file} is no CSV text; write the path of one") from None
    if [row.get("quarter") for row in rows] != dates.labels(count):
        raise HedgingError(
            f"{WHERE}: {file.name} must hold one row for each of the {count} quarters {dates.label(0)} to "
            f"{dates.label(count - 1)}, in order; it has {len(rows)} rows: restore the file or mend {WHERE}"
        )
    if column not in rows[0]:
        raise unknown("column", column, map(str, rows[0]), f"{WHERE} ({file.name})")
    try:
        index = tuple(float(row[column]) / series.divisor for row in rows)
    except (TypeError, ValueError):
        raise HedgingError(
            f"{WHERE}: a row of {file.name} has no number in column {column}; restore the file"
        ) from None
    if not all(0 <= x < inf for x in index):
        raise HedgingError(
            f"{WHERE}: column {column} of {file.name} has a value below 0 or not finite; restore the file"
        )
    return index
