"""What can be said of draws: every measure, found where it is declared, and what must be recorded for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, cached_property
from typing import Any

import numpy as np

from hedging import measures
from hedging.errors import HedgingError, unknown
from hedging.measures.declare import NULL, PARAMETERS, REFERENCE, Measure, brought, declared_in
from hedging.world import dates
from hedging.world.arrays import Array
from hedging.world.parameters import DECLARATIONS, Parameters
from hedging.world.world import QUANTITIES, Quantity, modules_in

MEASURES = {
    item.name: item
    for module in modules_in(measures, but=["trajectories"])
    for item in declared_in(vars(module)).values()
}
"""Every measure that ships, those on the way to others too."""

KNOWN: dict[str, Quantity] = {**QUANTITIES, **MEASURES}
"""All that trajectories have a value of, by its name; a measure goes before what is recorded."""

OUTCOMES = {name: item for name, item in KNOWN.items() if item.reported}
"""All that ships and can be asked for."""

TOTALS = {
    name: item
    for name, item in OUTCOMES.items()
    if item.whole_run and not (isinstance(item, Measure) and REFERENCE in item.arguments)
}
"""One number a draw over the whole run, but for what only tells more where a study has a reference."""

SERIES = {name: item for name, item in OUTCOMES.items() if not item.whole_run and not item.labels}
"""Every series of summary.csv but the regime shares."""

Source = tuple[str, Quantity | None]
"""Where an argument of a measure comes from: the null rule whose run it is of, '' for the run itself, and
what it is there; a parameter, or all those of the reference, where that is nothing."""


@cache
def sources(item: Measure) -> dict[str, Source]:
    """Find what each argument of a measure stands for: a measure, else a quantity, else a parameter.

    Raises:
        HedgingError: an argument that is nothing known.
    """
    known = KNOWN | declared_in(getattr(item.function, "__globals__", {}))
    found: dict[str, Source] = {}
    for argument in item.arguments:
        name, null = argument.removeprefix(NULL), item.null * argument.startswith(NULL)
        if name not in known and (null or name not in (*DECLARATIONS, PARAMETERS, REFERENCE)):
            near = get_close_matches(name, (*known, *DECLARATIONS), n=1)
            hint = f"did you mean '{near[0]}'? " if near else ""
            raise HedgingError(
                f"measure {item.name}: its argument '{argument}' is nothing known: {hint}name a recorded "
                "quantity, a parameter or another measure, or give it a default"
            )
        found[argument] = null, known.get(name)
    return found


def _recorded(item: Quantity, above: tuple[str, ...] = ()) -> set[tuple[str, str]]:
    """The quantities that something is worked out of, each after the null rule whose run it is of."""
    if not isinstance(item, Measure):
        return {("", item.name)}
    chain, found = (*above, item.name), set()
    if item.name in above:
        raise HedgingError(f"measure {' needs '.join(chain)}: let one of them do without the next")
    for argument, (null, of) in sources(item).items():
        below = _recorded(of, chain) if of else set()
        if null and any(rule for rule, _ in below):
            raise HedgingError(f"measure {item.name}: {argument} is of a null itself; take what is not")
        found |= {(null or rule, name) for rule, name in below}
    return found


def recorded(items: Iterable[Quantity]) -> dict[str, list[str]]:
    """What must be recorded for some measures and their weights: of the run itself under '', and under its
    name of each null rule, which must then be played.

    Raises:
        HedgingError: a measure that needs what is nothing known, or itself.
    """
    found: dict[str, list[str]] = {}
    asked = {one for item in items for one in (item, MEASURES["paired" if item.null else "weight"])}
    for rule, name in sorted({pair for item in asked for pair in _recorded(item)}):
        found.setdefault(rule, []).append(name)
    return found


def find(text: str, where: str = "measures") -> tuple[str, Quantity]:
    """Find the measure that the name of an outcome begins with: one that ships, or a user's own by its dotted
    name, for which as much of the name is imported as is a module.

    Raises:
        HedgingError: there is none.
    """
    first = text.partition(".")[0]
    found = (first, OUTCOMES[first]) if first in OUTCOMES else brought(text, where)
    if found is None:
        raise unknown("measure", first, OUTCOMES, where)
    return found


class Trajectories:
    """Draws that were played under one setting; `t[name]` is a measure of them, else a quantity.

    Series are (rows, draw) or (rows, patron, draw), numbers over the whole run (draw,) or (patron, draw). The
    nulls are the same draws under the null rules, where a measure compares with them; the reference is the
    parameters of the study's reference on these draws, their own without.
    """

    def __init__(
        self,
        arrays: Mapping[str, Array],
        parameters: Parameters,
        nulls: Mapping[str, Mapping[str, Array]] | None = None,
        reference: Parameters | None = None,
    ) -> None:
        self.arrays, self.parameters = arrays, parameters
        self.reference = parameters if reference is None else reference
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

    def _given(self, argument: str, null: str, of: Quantity | None) -> Any:
        """One argument of a measure: a parameter or all, or something of this run or of a null's."""
        if of is None:
            whole = argument in (PARAMETERS, REFERENCE)
            return getattr(self if whole else self.parameters, argument)
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
    def arguments(self) -> tuple[str, ...]:
        """What its measure is worked out of."""
        return self.declared.arguments if isinstance(self.declared, Measure) else ()

    @property
    def null(self) -> str:
        """The null rule that it is held against, if any."""
        return self.declared.null

    @property
    def recorded(self) -> Mapping[str, list[str]]:
        """What must be recorded of the run for it, under '', and of each null rule's run."""
        return recorded([self.declared])

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
