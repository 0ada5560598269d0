"""How one outcome is named: coercive_quarters.russia, debt.china@2019Q4, regime.hedging@2016Q4."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedging import measures
from hedging.errors import HedgingError, unknown
from hedging.measures.catalogue import EVERY_DRAW, NEEDS_NULLS, NEEDS_TERMS, PAIRED, SERIES, TOTALS
from hedging.measures.trajectories import Arm
from hedging.world import dates
from hedging.world.arrays import Array


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
    def dated(self) -> bool:
        """Whether it is taken at a quarter rather than over the run."""
        return self.measure not in TOTALS

    @property
    def unit(self) -> str:
        """Its unit."""
        if self.measure == "regime":
            return "share"
        return (TOTALS if self.measure in TOTALS else SERIES)[self.measure].unit

    @property
    def needs_nulls(self) -> bool:
        """Whether the null rules must be played for it."""
        return self.measure in NEEDS_NULLS

    @property
    def needs_terms(self) -> bool:
        """Whether the terms without rivals must be recorded for it."""
        return self.measure in NEEDS_TERMS

    def of(self, arm: Arm) -> Array:
        """Its value: (draw,)."""
        if self.measure == "regime":
            codes = arm.regime[-1 if self.quarter is None else self.quarter]
            return np.asarray(codes == self.member, dtype=np.float64)
        if self.measure in TOTALS:
            array = arm.total(self.measure)
        else:
            array = arm.series(self.measure)[-1 if self.quarter is None else self.quarter]
        chosen: Array = array if self.member is None else array[self.member]
        return chosen

    def rows(self, horizon: int) -> int:
        """How many rows its series has."""
        return horizon + (1 if self.measure in SERIES and SERIES[self.measure].state else 0)

    def path(self, arm: Arm) -> Array:
        """Its whole series: (row, draw)."""
        if self.measure == "regime":
            return np.asarray(arm.regime == self.member, dtype=np.float64)
        array = arm.series(self.measure)
        chosen: Array = array if self.member is None else array[:, self.member]
        return chosen

    def weight(self, arm: Arm) -> Array:
        """How much each draw counts: at its quarter, or at the end of the run.

        A regime counts every draw, as survival and sovereignty of the state do; a difference to a null counts
        a draw where it stands in both.
        """
        if self.measure == "regime" or self.measure in EVERY_DRAW:
            return np.ones(arm.weight.shape[-1])
        weight = arm.paired if self.measure in PAIRED else arm.weight
        row: Array = weight[-1 if self.quarter is None else self.quarter]
        return row


def read_outcome(
    text: str, patrons: Sequence[str], partners: Sequence[str], horizon: int, where: str
) -> Outcome:
    """Read the name of an outcome.

    Raises:
        HedgingError: no such measure, patron or quarter; AfterTheRun where only the run is too short.
    """
    head, at, date = text.partition("@")
    name, dot, member = head.partition(".")
    if name not in SERIES and name not in TOTALS and name != "regime":
        raise unknown("measure", name, (*SERIES, *TOTALS, "regime"), where)
    if name in TOTALS and at:
        raise HedgingError(f"{where}: {name} is over the whole run; drop @{date}")
    quarter = dates.index(date, where) if at else None
    last = horizon if name in SERIES and SERIES[name].state else horizon - 1
    if quarter is not None and quarter > last:
        raise AfterTheRun(f"{where}: {date} is not in the run, which ends with {dates.label(last)}")
    if name == "regime":
        members: Sequence[str] = measures.REGIMES
    else:
        axes = (TOTALS if name in TOTALS else SERIES)[name].axes
        members = {"patron": patrons, "partner": partners}.get(axes[0], ())
    if not members and dot:
        raise HedgingError(f"{where}: {name} is of the client alone; drop .{member}")
    if members and member not in members:
        raise unknown("patron" if name != "regime" else "regime", member, members, f"{where}: {name}.<name>")
    return Outcome(text, name, members.index(member) if members else None, quarter)
