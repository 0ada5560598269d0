"""What changes over time in a setting: dated, named shocks, and the series of the energy price."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from math import inf
from operator import add, mul
from typing import Any

import numpy as np

from hedging.errors import HedgingError, unknown
from hedging.settings.compose import config_dir
from hedging.settings.numbers import Number, read_number
from hedging.settings.read import ANY, key, read, read_each, read_texts
from hedging.world import dates
from hedging.world.arrays import Array, over_patrons
from hedging.world.domain import Domain
from hedging.world.parameters import DECLARATIONS, REAL, Parameters, declared
from hedging.world.state import STATES, State

MAX_HORIZON = 400
"""Quarters that a run has at most."""

KEPT = ("survival", "sovereign", "patron_cash", "world_cash")
"""States that the model keeps itself, the two ends and the books: no event strikes them."""

STATES_OF = {
    owner: tuple(
        name
        for name, item in STATES.items()
        if name not in KEPT and (item.metadata["axes"] == ("draw",)) == (owner == "client")
    )
    for owner in ("client", "patrons")
}
"""The states that an event may strike, by whose they are: a patron has its share of what partners share."""

OPERATIONS: dict[str, Any] = {"add": add, "multiply": mul, "set": lambda x, amount: amount}
"""What an event does to a value, given its amount."""

WHOLE_AMOUNT = Domain(-10_000, 10_000, whole=True)
"""What may change a number that is whole."""


def _read_paths(raw: Any, where: str) -> tuple[str, ...]:
    """Read one path, or a list of them."""
    return read_texts([raw] if isinstance(raw, str) else raw, where, "[client.reserves, client.market_debt]")


@dataclass(frozen=True)
class Written:
    """What may stand in an event."""

    start: int = key(name="from", read=dates.index)
    path: tuple[str, ...] = key(read=_read_paths)
    stop: int = key(ANY, name="until", read=dates.index)
    optional: bool = key(False)  # whether a run that ends before it goes without
    source: Any = key(None)
    note: Any = key(None)
    add: Any = key(None)
    multiply: Any = key(None)
    set: Any = key(None)


@dataclass(frozen=True)
class Event:
    """What a shock does to one of its paths: to a state once, at the start of `start`; to a parameter from
    `start` to `stop` inclusive."""

    name: str
    path: str
    target: str  # the number or state: world.<target>, patrons.<name>.<target>.<rival>
    row: tuple[int, ...]  # of the patron, or of the patron and its rival; () where there is but one
    start: int
    stop: int
    how: str
    number: Number  # the amount as it is stated
    amount: float | Array  # the same over draws: (draw,)

    @property
    def on_state(self) -> bool:
        """Whether it changes a state rather than a parameter."""
        return self.target in STATES

    def acts(self, quarter: int) -> bool:
        """Whether it strikes or holds in a quarter."""
        return self.start <= quarter <= (self.start if self.on_state else self.stop)

    def strike(self, array: Array) -> Array:
        """A copy of an array of the target with the event applied to its own row."""
        changed = array.copy()
        changed[self.row] = OPERATIONS[self.how](changed[self.row], self.amount)
        return changed

    def reach(self, low: float, high: float, numbers: Mapping[str, Number]) -> tuple[float, float]:
        """The least and the greatest that a value from low to high can become."""
        amounts = numbers[self.number.path].extremes
        ends = [OPERATIONS[self.how](x, amount) for x in (low, high) for amount in amounts]
        return float(np.min(ends)), float(np.max(ends))


def read_events(tree: Mapping[str, Any], patrons: Sequence[str], horizon: int) -> tuple[Event, ...]:
    """Read the events of a setting in the order given, one for each path.

    Raises:
        HedgingError: a path, a date or an amount that cannot be.
    """
    reader = partial(_read, patrons=patrons, horizon=horizon)
    return tuple(chain(*read_each(reader, tree, "events", "choose a file, such as shock=none").values()))


def _read(node: Any, where: str, patrons: Sequence[str], horizon: int) -> list[Event]:
    told = read(Written, node, where, "an event is {from: 2019Q3, until: 2019Q4, path: ..., add: ...}")
    stated = [how for how in OPERATIONS if getattr(told, how) is not None]
    if len(stated) != 1 or not told.path:
        raise HedgingError(f"{where}: an event has from, path and exactly one of {', '.join(OPERATIONS)}")
    start, last = dates.label(told.start), dates.label(horizon - 1)
    if told.start >= horizon and not told.optional:
        raise HedgingError(f"{where}.from: {start} is not in the run, which ends with {last}")
    if told.stop < told.start:
        raise HedgingError(f"{where}: until {dates.label(told.stop)} lies before from {start}")
    if told.start >= horizon:
        return []
    places = [(path, *_place(path, f"{where}.path", patrons)) for path in told.path]
    (how,), name = stated, where.removeprefix("events.")
    number = _amount(getattr(told, how), f"{where}.{how}", how, [target for _, target, _ in places])
    return [Event(name, *place, told.start, told.stop, how, number, number.value) for place in places]


def _amount(raw: Any, where: str, how: str, targets: Sequence[str]) -> Number:
    """Read how much an event does: in the unit of what it changes, whole where that is whole."""
    units = {STATES[x].metadata["unit"] if x in STATES else DECLARATIONS[x].unit for x in targets}
    if how != "multiply" and len(units) > 1:
        raise HedgingError(
            f"{where}: the paths of the event have several units, {' and '.join(sorted(units))}; "
            "write an event for each"
        )
    whole = any(x in DECLARATIONS and DECLARATIONS[x].domain.whole for x in targets)
    return read_number(raw, where, "1" if how == "multiply" else units.pop(), WHOLE_AMOUNT if whole else REAL)


def _place(path: str, where: str, patrons: Sequence[str]) -> tuple[str, tuple[int, ...]]:
    """See that a path names a number or a state that an event may strike; which, and the row it has there."""
    owner, *names = path.split(".")
    if len(names) not in {"world": (1,), "client": (1,), "patrons": (2, 3)}.get(owner, ()):
        raise HedgingError(
            f"{where}: '{path}' is neither world.<number>, client.<number or state> "
            "nor patrons.<name>.<number or state>"
        )
    pair, name, place = len(names) == 3, names.pop(owner == "patrons"), f"{where} ({path})"
    if names and names[0] not in patrons:
        raise unknown("patron", names[0], patrons, place)
    if name in KEPT or (name in DECLARATIONS and DECLARATIONS[name].only_start):
        kept = "is kept by the model itself, which books all money and draws both ends"
        why = kept if name in KEPT else "matters at the start only, an event on it would do nothing"
        raise HedgingError(f"{where}: {path} {why}; name a state: {', '.join(chain(*STATES_OF.values()))}")
    valid = [item.name for item in declared(owner, pair) if not item.only_start]
    valid += () if pair else STATES_OF.get(owner, ())
    if name not in valid:
        raise unknown("number or state", name, valid, place)
    if pair and (names[1] not in patrons or names[1] == names[0]):
        raise unknown("rival", names[1], [q for q in patrons if q != names[0]], place)
    return name, tuple(map(patrons.index, names))


def check_events(events: Sequence[Event], numbers: Mapping[str, Number]) -> None:
    """See that no parameter leaves what is admissible under all the events that hold at once, wherever it and
    their amounts lie in their ranges; and that none raises the limit of a credit line alone.

    Args:
        numbers: those of the setting and of its events, by path.

    Raises:
        HedgingError: one does.
    """
    for path in dict.fromkeys(event.path for event in events if not event.on_state):
        on = [event for event in events if event.path == path]
        domain, number = DECLARATIONS[on[0].target].domain, numbers.get(path)
        low, high = number.extremes if number else (0.0, 0.0)
        for quarter in sorted({day for event in on for day in (event.start, event.stop + 1)}):
            acting, (least, most) = [event for event in on if event.acts(quarter)], (low, high)
            for event in acting:
                least, most = event.reach(least, most, numbers)
            for end in (end for end in (least, most) if not domain.admits(end)):
                span = f"{low:g}" if low == high else f"{low:g} to {high:g}"
                raise HedgingError(
                    f"{' and '.join(f'events.{event.name}' for event in acting)}: would turn {path} ({span}) "
                    f"into {end:g}: it must be {domain}; choose another amount or pin {path}"
                )
        for event in on if on[0].target == "credit_line0" else ():
            line = path.removesuffix("0")
            alone = not any(one.path == line and one.start == event.start for one in events)
            if alone and any(event.reach(limit, limit, numbers)[1] > limit for limit in (low, high)):
                raise HedgingError(
                    f"events.{event.name}.path: raises {path} alone, while the line lies below it: it would "
                    f"do nothing; write path: [{path}, {line}]"
                )


def apply_to_parameters(p: Parameters, events: Iterable[Event], quarter: int) -> Parameters:
    """The parameters as this quarter's events leave them."""
    for event in events:
        if not event.on_state and event.acts(quarter):
            p = replace(p, **{event.target: event.strike(getattr(p, event.target))})
    return p


def apply_to_state(state: State, p: Parameters, events: Sequence[Event], quarter: int) -> State:
    """The state as this quarter's events leave it, cut to its range; money that appears or goes so is booked.

    Rule: a credit line is cut to its limit of the quarter; what one partner gains of a share, the others lose
    in proportion. Reserves come from the world (world_cash); a debt that appears is money the patron paid out
    to the world on the client's behalf (patron_cash and world_cash), so that all money still adds up.

    Args:
        p: the parameters before events.
    """
    for event in (event for event in events if event.on_state and event.acts(quarter)):
        before: Array = getattr(state, event.target)
        limits = STATES[event.target].metadata
        after = np.clip(event.strike(before), limits["low"], limits["high"])
        if limits["axes"][0] == "partner":
            after = _share_out(before, after, event.row[0])
        changes: dict[str, Array] = {event.target: after}
        if event.target == "reserves":
            changes["world_cash"] = state.world_cash - (after - before)
        if event.target == "debt":
            changes["patron_cash"] = state.patron_cash - (after - before)
            changes["world_cash"] = state.world_cash + (after - before).sum(axis=0)
        state = replace(state, **changes)
    if any(event.target in ("credit_line", "credit_line0") for event in events):
        limit = apply_to_parameters(p, events, quarter).credit_line0
        state = replace(state, credit_line=np.minimum(state.credit_line, limit))
    return state


def _share_out(before: Array, after: Array, row: int) -> Array:
    """Shares of which one has changed, brought back to a sum of 1 by the others in proportion; a partner that
    had everything keeps it."""
    rest = over_patrons(np.delete(before, row, axis=0))
    shares: Array = before * np.divide(1 - after[row], rest, out=np.ones_like(rest), where=rest > 0)
    shares[row] = np.where(rest > 0, after[row], before[row])
    return shares


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
