"""Small worlds to try a rule in: one, three and five patrons, ordinary quarters and extreme ones."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from hedging.settings.compose import Tree, compose, config_dir
from hedging.settings.settings import Settings, read_settings
from hedging.world.arrays import Array, read_only
from hedging.world.chance import EXPECTED, Chance, Luck
from hedging.world.parameters import Parameters
from hedging.world.sampling import Table, sample
from hedging.world.state import State, opening_state

NEWCOMER = "newcomer"
LAST_QUARTER = 48


def shipped_rules(kind: str) -> list[str]:
    """The rules under configs/, client or patron, that stand for themselves."""
    return sorted(
        file.stem for file in (config_dir() / kind / "rule").glob("*.yaml") if file.stem != "custom"
    )


@lru_cache(maxsize=64)
def crowd(count: int, client: str | None = None, patron: str | None = None) -> Settings:
    """A setting of so many patrons: the shipped ones, then copies of them as newcomers; all numbers vary.

    Args:
        count: how many patrons.
        client: the client's rule by its YAML's name; the default without.
        patron: the patrons' rule by its YAML's name; the default without.
    """
    names = list(compose()["patrons"])
    chosen = [f"client/rule={client}"] if client else []
    chosen += [f"patron/rule@patrons.{name}.rule={patron}" for name in names] if patron else []
    tree: Tree = deepcopy(compose(tuple(chosen)))
    patrons = {name: tree["patrons"][name] for name in names[:count]}
    for place in range(count - len(names)):
        node = deepcopy(tree["patrons"][names[place % len(names)]])
        node |= {"trade_share0": 0.05, "rivalry_from": {names[0]: 0.3}}
        patrons[f"{NEWCOMER}_{place + 1}"] = node
    tree["patrons"] = patrons
    tree["ensemble"]["vary"] = ["*"]
    return read_settings(tree)


@dataclass(frozen=True)
class Situation:
    """A state of affairs to ask a rule in; what it names stands at that value, the rest as at the start."""

    name: str
    quarter: int
    state: Mapping[str, float]
    parameters: Mapping[str, float]


ORDINARY = Situation("the start", 0, {}, {})
SITUATIONS = (
    ORDINARY,
    Situation("empty reserves", 8, {"reserves": 0.0}, {}),
    Situation("no warmth in any tie", 12, {"warmth": 0.0}, {}),
    Situation("frustration far past every red line", 20, {"frustration": 1000.0}, {}),
    Situation("patrons without a budget", 5, {"last_bid": 0.0}, {"budget": 0.0}),
    Situation("everything conceded", 16, {"concession": 1.0}, {}),
    Situation(
        "ruin on the day of the deadline",
        36,
        {"reserves": 0.0, "warmth": 0.0, "last_bid": 0.0, "frustration": 3.0, "salience": 0.0},
        {"deadline": 36.0},
    ),
)


class World:
    """Some draws of a setting, laid out for a situation; nothing in it can be written to."""

    def __init__(self, settings: Settings, situation: Situation, chance: str, first: int, count: int) -> None:
        self.settings, self.situation, self.kind = settings, situation, chance
        self.first, self.count = first, count
        table = Table(settings, sample(settings, first, count), count)
        self.cast = table.cast()
        self.parameters: Parameters = _at(table.parameters(), situation.parameters)
        self.state: State = _at(opening_state(self.parameters), situation.state)
        self.quarter = situation.quarter
        self._luck = Luck(settings.seed, settings.patrons, first, count, LAST_QUARTER)
        self.lock()

    @property
    def chance(self) -> Chance:
        """The luck of the quarter, or none."""
        return self._luck.at(self.quarter) if self.kind == "sampled" else EXPECTED

    def lock(self) -> None:
        """Make every number and the whole state read-only."""
        read_only(vars(self.parameters).values())
        read_only(vars(self.state).values())


def _at(record: Any, values: Mapping[str, float]) -> Any:
    def level(name: str) -> Array:
        return np.full_like(getattr(record, name), values[name])

    return replace(record, **{name: level(name) for name in values})
