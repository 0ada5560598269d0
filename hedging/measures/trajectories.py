"""Trajectories and outcomes: what was recorded of some draws, every measure of them, and how one is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hedging.errors import HedgingError, unknown
from hedging.measures.catalogue import KNOWN, find, recorded, sources
from hedging.measures.declare import Measure
from hedging.world import dates
from hedging.world.arrays import Array
from hedging.world.parameters import Parameters
from hedging.world.world import QUANTITIES, Quantity


class Trajectories:
    """Draws that were played under one setting; `t[name]` is a measure of them, else a quantity.

    Series are (rows, draw) or (rows, patron, draw), numbers over the whole run (draw,) or (patron, draw). The
    nulls are the same draws under the null rules, where a measure compares with them.
    """

    def __init__(
        self,
        arrays: Mapping[str, Array],
        parameters: Parameters,
        nulls: Mapping[str, Mapping[str, Array]] | None = None,
    ) -> None:
        self.arrays, self.parameters = arrays, parameters
        self.nulls = {rule: Trajectories(of_null, parameters) for rule, of_null in (nulls or {}).items()}
        self._found: dict[str, Array] = {}

    def __getitem__(self, name: str) -> Array:
        return self._value(KNOWN[name] if name in KNOWN else find(name)[1])

    def _value(self, item: Quantity) -> Array:
        if not isinstance(item, Measure):
            return self.arrays[item.name]
        if item.name not in self._found:
            given = {argument: self._given(argument, *found) for argument, found in sources(item).items()}
            self._found[item.name] = self._checked(item, item.function(**given))
        return self._found[item.name]

    def _given(self, argument: str, null: str, of: Quantity | None) -> Array:
        """One argument of a measure: a parameter, or something of this run or of a null's."""
        if of is None:
            parameter: Array = getattr(self.parameters, argument)
            return parameter
        return (self.nulls[null] if null else self)._value(of)

    @cached_property
    def _sizes(self) -> dict[str, int]:
        """How long each axis is."""
        patrons, draws = self.parameters.red_line.shape
        name, array = next(iter(self.arrays.items()))
        quarters = len(array) - QUANTITIES[name].state
        return {"quarter": quarters, "patron": patrons, "partner": patrons + 1, "draw": draws}

    def _checked(self, item: Measure, array: Array) -> Array:
        """See that a measure has the axes that it is declared with."""
        axes = item.axes if item.whole_run else ("quarter", *item.axes)
        shape = tuple(self._sizes[axis] + (item.state and axis == "quarter") for axis in axes)
        if getattr(array, "shape", None) != shape:
            given = getattr(array, "shape", type(array).__name__)
            raise HedgingError(
                f"measure {item.name}: gives {given}, and is declared "
                f"over ({', '.join(axes)}) = {shape}; mend its axes, over or state, or what it returns"
            )
        return array


class AfterTheRun(HedgingError):
    """A quarter that the run does not reach."""


@dataclass(frozen=True)
class Outcome:
    """A number a draw: a total, or a series at a quarter; of one patron where the measure runs over patrons.

    Without a quarter a state stands at the end of the run and a flow in its last quarter.
    """

    text: str
    measure: str
    member: int | None
    quarter: int | None

    @property
    def declared(self) -> Quantity:
        """What is declared of its measure."""
        return find(self.measure)[1]

    @property
    def dated(self) -> bool:
        """Whether it is taken at a quarter rather than over the run."""
        return not self.declared.whole_run

    @property
    def unit(self) -> str:
        """Its unit."""
        return self.declared.unit

    @property
    def every_draw(self) -> bool:
        """Whether every draw counts, those that have fallen too."""
        return self.declared.every_draw

    @property
    def counts_all(self) -> bool:
        """Whether its summary is over all draws: sums over the run hold their weights already."""
        return self.every_draw or not (self.dated or self.null)

    @property
    def null(self) -> str:
        """The null rule that it is held against, if any."""
        return self.declared.null

    @property
    def recorded(self) -> list[str]:
        """What must be recorded of the run for it."""
        return recorded([self.declared])[""]

    @property
    def recorded_of_nulls(self) -> Mapping[str, list[str]]:
        """What must be recorded of each null rule's run for it."""
        return {rule: names for rule, names in recorded([self.declared]).items() if rule}

    @property
    def _row(self) -> int:
        return -1 if self.quarter is None else self.quarter

    def of(self, t: Trajectories) -> Array:
        """Its value: (draw,)."""
        array = t[self.measure]
        return self._member(array[self._row] if self.dated else array)

    def rows(self, horizon: int) -> int:
        """How many rows its series has."""
        return horizon + self.declared.state

    def path(self, t: Trajectories) -> Array:
        """Its whole series: (row, draw)."""
        return self._member(t[self.measure])

    def _member(self, array: Array) -> Array:
        """Pick its patron, or where its label holds."""
        if self.declared.labels:
            return np.asarray(array == self.member, dtype=np.float64)
        chosen: Array = array if self.member is None else array[..., self.member, :]
        return chosen

    def weight(self, t: Trajectories) -> Array:
        """How much each draw counts: at its quarter, or at the end of the run.

        A regime counts every draw, as survival and sovereignty of the state do; a difference to a null counts
        a draw where it stands in both.
        """
        weight = t["paired" if self.null else "weight"][self._row]
        return np.ones_like(weight) if self.declared.every_draw else weight


def read_outcome(
    text: str, patrons: Sequence[str], partners: Sequence[str], horizon: int, where: str
) -> Outcome:
    """Read the name of an outcome; the module of a user's own measure is imported.

    Raises:
        HedgingError: no such measure, patron or quarter; AfterTheRun where only the run is too short.
    """
    head, at, date = text.partition("@")
    name, item = find(head, where)
    member = head.removeprefix(name)[1:]
    if item.whole_run and at:
        raise HedgingError(f"{where}: {name} is over the whole run; drop @{date}")
    recorded([item])
    quarter = dates.index(date, where) if at else None
    last = horizon if item.state else horizon - 1
    if quarter is not None and quarter > last:
        raise AfterTheRun(f"{where}: {date} is not in the run, which ends with {dates.label(last)}")
    members = members_of(item, patrons, partners)
    if not members and head != name:
        raise HedgingError(f"{where}: {name} is of the client alone; drop .{member}")
    if members and member not in members:
        raise unknown(name if item.labels else "patron", member, members, f"{where}: {name}.<name>")
    return Outcome(text, name, members.index(member) if members else None, quarter)


def members_of(item: Quantity, patrons: Sequence[str], partners: Sequence[str]) -> Sequence[str]:
    """What stands after the dot of a measure: a patron, a partner, a label, or nothing."""
    return item.labels or {"patron": patrons, "partner": partners}.get(item.axes[0], ())
