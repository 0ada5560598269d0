"""How large a sweep or a study is, told before it is played; one that is larger than meant is stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hedging.errors import HedgingError
from hedging.settings.read import key, read
from hedging.studies.study import Study


@dataclass(frozen=True)
class Limits:
    """What `sweep` says in a setting."""

    confirm: bool = key(False)
    dry: bool = key(False)
    limit: int = key(1_000_000, low=1, high=10**12)

    def check(self, points: int) -> None:
        """Stop at a sweep that is larger than meant.

        Raises:
            HedgingError: more points than the limit, and no word that they are wanted.
        """
        if points > self.limit and not (self.confirm or self.dry):
            told = f"the sweep has {points:,} points, more than sweep.limit={self.limit}"
            raise HedgingError(f"{told}: give fewer values, or write sweep.confirm=true to play them all")


def read_limits(node: Any) -> Limits:
    """Read `sweep`.

    Raises:
        HedgingError: a key or a value that cannot be.
    """
    if not isinstance(node, Mapping):
        raise HedgingError(f"sweep={node}: write sweep.confirm=true, sweep.dry=true or sweep.limit=<points>")
    return read(Limits, node, "sweep")


def describe(studies: Sequence[Study]) -> str:
    """Say how many points, draws, runs and worlds there are."""
    points, worlds = sum(study.grid.points for study in studies), sum(study.worlds for study in studies)
    draws = sorted({play.settings.draws for study in studies for play in study.plays})
    several = f"{draws[0]:,} to " * (len(draws) > 1)
    much = f"{_many(points, 'point')} x {several}{_many(draws[-1], 'draw')} in {_many(len(studies), 'run')}"
    return f"dry run, nothing is played or written: {much}, {_many(worlds, 'world')} in all"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"
