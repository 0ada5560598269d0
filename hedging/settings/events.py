"""Dated, named shocks: what a setting's `events` change, and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hedging.errors import HedgingError, unknown
from hedging.settings.numbers import Number
from hedging.settings.read import read_float
from hedging.world import dates
from hedging.world.arrays import Array
from hedging.world.parameters import DECLARATIONS, Parameters
from hedging.world.state import STATES, State

CLIENT_STATES = ("reserves", "legitimacy", "national_sentiment", "repression")
PATRON_STATES = ("debt", "warmth", "salience", "frustration")
OPERATIONS = ("add", "multiply", "set")
KEYS = ("from", "until", "path", "source", "note", *OPERATIONS)


@dataclass(frozen=True)
class Event:
    """A shock: on a state once at the start of `start`; on a parameter from `start` to `stop` inclusive."""

    name: str
    start: int
    stop: int
    path: str
    target: str
    patron: int | None
    rival: int | None
    operation: str
    amount: float

    @property
    def on_state(self) -> bool:
        """Whether it changes a state rather than a parameter."""
        return self.target in STATES

    def apply(self, value: Any) -> Any:
        """The value after the event."""
        if self.operation == "add":
            return value + self.amount
        return value * self.amount if self.operation == "multiply" else value * 0 + self.amount

    def strike(self, array: Array) -> Array:
        """A copy of an array of the target with the event applied to its own row."""
        if self.patron is None:
            return np.asarray(self.apply(array))
        changed = array.copy()
        row = self.patron if self.rival is None else (self.patron, self.rival)
        changed[row] = self.apply(changed[row])
        return changed


def read_events(
    tree: Mapping[str, Any], patrons: Sequence[str], horizon: int, numbers: Mapping[str, Number]
) -> tuple[Event, ...]:
    """Read the events of a setting, earliest first.

    Raises:
        HedgingError: a path, a date or an amount that cannot be.
    """
    events = [_read(str(name), node, patrons, horizon, numbers) for name, node in tree.items()]
    return tuple(sorted(events, key=lambda event: event.start))


def _read(name: str, node: Any, patrons: Sequence[str], horizon: int, numbers: Mapping[str, Number]) -> Event:
    where = f"events.{name}"
    if not isinstance(node, Mapping):
        raise HedgingError(
            f"{where}: an event is {{from: 2019Q3, until: 2019Q4, path: ..., add: ...}}, not '{node}'"
        )
    for key in node:
        if key not in KEYS:
            raise unknown("key", key, KEYS, where)
    chosen = [operation for operation in OPERATIONS if operation in node]
    if len(chosen) != 1 or "from" not in node or "path" not in node:
        raise HedgingError(f"{where}: an event has from, path and exactly one of {', '.join(OPERATIONS)}")
    start = dates.index(node["from"], f"{where}.from")
    stop = dates.index(node["until"], f"{where}.until") if "until" in node else horizon - 1
    if start >= horizon:
        raise HedgingError(
            f"{where}.from: {node['from']} is not in the run, which ends with {dates.label(horizon - 1)}"
        )
    if stop < start:
        raise HedgingError(f"{where}: until {dates.label(stop)} lies before from {dates.label(start)}")
    path = str(node["path"])
    target, patron, rival = _target(path, where, patrons)
    amount = read_float(node[chosen[0]], f"{where}.{chosen[0]}")
    if not np.isfinite(amount):
        raise HedgingError(f"{where}.{chosen[0]}: write a finite number")
    event = Event(name, start, stop, path, target, patron, rival, chosen[0], amount)
    _check_amount(event, where, numbers)
    return event


def _check_amount(event: Event, where: str, numbers: Mapping[str, Number]) -> None:
    if event.on_state:
        return
    number = numbers.get(event.path)
    for extreme in number.extremes if number else (0.0,):
        changed, domain = float(event.apply(extreme)), DECLARATIONS[event.target].domain
        if not domain.admits(changed):
            raise HedgingError(
                f"{where}: would turn {event.path} from {extreme:g} (within its range) into {changed:g}: "
                f"it must be {domain}; choose another amount or pin {event.path}"
            )


def _target(path: str, where: str, patrons: Sequence[str]) -> tuple[str, int | None, int | None]:
    parts = path.split(".")
    if parts[0] in ("client", "world") and len(parts) == 2:
        valid = {n for n, d in DECLARATIONS.items() if d.owner == parts[0] and not d.only_start}
        valid |= set(CLIENT_STATES) if parts[0] == "client" else set()
        if parts[1] not in valid:
            raise _bad_path(path, parts[1], valid, where)
        return parts[1], None, None
    if parts[0] == "patrons" and len(parts) in (3, 4):
        if parts[1] not in patrons:
            raise unknown("patron", parts[1], patrons, f"{where}.path")
        pair = len(parts) == 4
        valid = {
            n for n, d in DECLARATIONS.items() if d.owner == "patrons" and d.pair == pair and not d.only_start
        }
        valid |= set() if pair else set(PATRON_STATES)
        if parts[2] not in valid:
            raise _bad_path(path, parts[2], valid, where)
        if pair and (parts[3] not in patrons or parts[3] == parts[1]):
            raise unknown("rival", parts[3], [q for q in patrons if q != parts[1]], f"{where}.path")
        return parts[2], patrons.index(parts[1]), patrons.index(parts[3]) if pair else None
    raise HedgingError(
        f"{where}.path: '{path}' is neither world.<number>, client.<number or state> "
        "nor patrons.<name>.<number or state>"
    )


def _bad_path(path: str, name: str, valid: Iterable[str], where: str) -> HedgingError:
    if name in DECLARATIONS and DECLARATIONS[name].only_start:
        return HedgingError(
            f"{where}.path: {path} matters at the start only, an event on it would do nothing; "
            "name the state instead: "
            f"{', '.join((*CLIENT_STATES, *PATRON_STATES))}"
        )
    return unknown("number or state", name, valid, f"{where}.path")


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
