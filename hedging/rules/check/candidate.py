"""The rule that is tried, and small worlds to try it in: one, three, five patrons, quarters of any kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass, replace
from functools import lru_cache
from math import inf, isfinite
from typing import Any

import numpy as np

from hedging.errors import HedgingError, unknown
from hedging.rules.check.answers import RuleError
from hedging.settings.compose import Tree, compose, config_dir
from hedging.settings.numbers import Number, RuleChoice, read_fields
from hedging.settings.read import find_class
from hedging.settings.settings import Settings, read_settings
from hedging.world.arrays import over_patrons
from hedging.world.parameters import REAL
from hedging.world.world import World

NEWCOMER = "newcomer"


def shipped_rules(kind: str) -> list[str]:
    """The rules under configs/, client or patron, that stand for themselves."""
    files = (config_dir() / kind / "rule").glob("*.yaml")
    return sorted(file.stem for file in files if file.stem != "custom")


def tree_with(kind: str = "", rule: str = "") -> Tree:
    """The default setting in which all numbers vary; its client, or all its patrons, by a shipped rule."""
    patrons = [f"patron/rule@patrons.{name}.rule={rule}" for name in compose()["patrons"]]
    chosen = {"": [], "client": [f"client/rule={rule}"], "patron": patrons}[kind]
    return compose(("ensemble.vary=['*']", *chosen))


def shipped_rule(kind: str, name: str) -> Tree:
    """A shipped rule as its YAML states it: its class and its numbers."""
    tree = tree_with(kind, name)
    owner: Tree = tree["client"] if kind == "client" else next(iter(tree["patrons"].values()))
    return dict(owner["rule"])


@lru_cache(maxsize=64)
def crowd(count: int, kind: str = "", rule: str = "") -> Settings:
    """A setting of so many patrons: the shipped ones, then copies of them as newcomers; all numbers vary.

    Args:
        count: how many patrons.
        kind: the side, client or patron, that follows a shipped rule; each its default without.
        rule: that rule, by its YAML's name.
    """
    tree = tree_with(kind, rule)
    shipped = [*tree["patrons"].items()]
    added = {"trade_share0": 0.05, "rivalry_from": {shipped[0][0]: 0.3}}
    newcomers = [(f"{NEWCOMER}_{place + 1}", node | added) for place, (_, node) in enumerate(shipped)]
    return read_settings(tree | {"patrons": dict([*shipped, *newcomers][:count])})


@dataclass(frozen=True)
class Situation:
    """A state of affairs to ask a rule in; what it names stands at that value for everybody, the rest as at
    the start; the anchor of trade is brought back to a sum of 1."""

    name: str
    quarter: int
    state: Mapping[str, float]
    parameters: Mapping[str, float]

    def world(self, settings: Settings, first: int, draws: int) -> World:
        """Some draws of a setting, laid out for it."""
        world = World(settings, first, draws)
        world.parameters = _at(world.parameters, self.parameters)
        world.state = _at(world.state, self.state)
        world.state = replace(world.state, anchor=world.state.anchor / over_patrons(world.state.anchor))
        world.quarter = self.quarter
        return world


def _at(record: Any, values: Mapping[str, float]) -> Any:
    return replace(record, **{name: np.full_like(getattr(record, name), x) for name, x in values.items()})


RUIN = {"reserves": 0.0, "warmth": 0.0, "last_bid": 0.0, "frustration": 3.0, "salience": 0.0}
SITUATIONS = (
    Situation("the start", 0, {}, {}),
    Situation("empty reserves", 8, {"reserves": 0.0}, {}),
    Situation("no warmth in any tie", 12, {"warmth": 0.0}, {}),
    Situation("frustration far past every red line", 20, {"frustration": 1000.0}, {}),
    Situation("patrons without a budget", 5, {"last_bid": 0.0}, {"budget": 0.0}),
    Situation("everything conceded", 16, {"concession": 1.0}, {}),
    Situation("empty credit lines", 18, {"credit_line": 0.0}, {}),
    Situation("a leader in peril", 10, {"legitimacy": 0.0}, {"fear": 0.9}),
    Situation("trade far from its anchor", 14, {"anchor": 1.0}, {"trade_memory": 0.3}),
    Situation("discounts to be earned back", 30, {"concession": 0.6, "reserves": 0.0}, {"linkage": 1.0}),
    Situation("ruin on the day of the deadline", 36, RUIN, {"deadline": 36.0}),
)


"""The first is the ordinary one."""


METHODS = {"client": "choose", "patron": "bid"}
"""Whose rule it is, and the method by which it decides."""

SPREAD = 0.1
"""A number given for a field varies over draws by up to this share: a rule that mixes draws shows it."""


@dataclass(frozen=True)
class Candidate:
    """A rule to be checked: its class, its method, and the numbers of its fields."""

    cls: type
    kind: str  # whose rule it is: client or patron
    values: Mapping[str, Number | Mapping[str, Number] | int]

    @property
    def name(self) -> str:
        """What the rule is called."""
        return self.cls.__name__

    def enlist(self, settings: Settings, patrons: tuple[str, ...] | None = None) -> Settings:
        """A setting in which the rule plays: as the client's, or as that of all patrons or of those named; a
        field by patron is 0 for a patron that it does not name."""

        def placed(value: Any, path: str) -> Any:
            if isinstance(value, Mapping):
                return {p: placed(value.get(p, Number("", 0.0)), f"{path}.{p}") for p in settings.patrons}
            return replace(value, path=path) if isinstance(value, Number) else value

        patrons = patrons or settings.patrons
        places = ["client.rule"] if self.kind == "client" else [f"patrons.{name}.rule" for name in patrons]
        choices = [
            RuleChoice(self.name, self.cls, {n: placed(v, f"{place}.{n}") for n, v in self.values.items()})
            for place in places
        ]
        numbers = {**settings.numbers, **{x.path: x for choice in choices for x in choice.numbers}}
        if self.kind == "client":
            return replace(settings, client_rule=choices[0], numbers=numbers)
        rules = {**settings.patron_rules, **dict(zip(patrons, choices, strict=True))}
        return replace(settings, patron_rules=rules, numbers=numbers)


def read_candidate(rule: Any, numbers: Mapping[str, Any]) -> Candidate:
    """Find a rule's class, method and the numbers of its fields: those given, those of the instance or of the
    shipped rule, its defaults, or some from the middle of what is admissible.

    Raises:
        RuleError: it is none.
        HedgingError: no such rule, or a number that it cannot have.
    """
    shipped = {name: kind for kind in METHODS for name in shipped_rules(kind)}
    node: dict[str, Any] = {}
    if isinstance(rule, str):
        if rule not in shipped and "." not in rule:
            raise unknown("rule", rule, [*shipped, "my_module.MyRule"])
        node = shipped_rule(shipped[rule], rule) if rule in shipped else {}
        target = node.get("_target_", rule)
        rule = find_class(target, "check_rule", "rule")
        if not isinstance(rule, type):
            raise HedgingError(f"'{target}' is a {type(rule).__name__}, not a class: name the rule's class")
    cls = rule if isinstance(rule, type) else type(rule)
    side = _kind_of(cls)
    if not isinstance(rule, type):
        node = {item.name: getattr(rule, item.name) for item in fields(cls) if item.init}
    for name, kind in shipped.items() if not node else ():
        file = config_dir() / kind / "rule" / f"{name}.yaml"
        if f"_target_: {cls.__module__}.{cls.__qualname__}" in file.read_text(encoding="utf-8").splitlines():
            node = shipped_rule(kind, name)
    found = {item.name: _default(item) for item in fields(cls) if item.init} | node | dict(numbers)
    stated = {key: _stated(value, side) for key, value in found.items() if key != "_target_"}
    values = read_fields(cls, stated, cls.__name__)
    return Candidate(cls, side, {key: _widened(value) for key, value in values.items()})


def _kind_of(cls: type) -> str:
    """Whose rule it is, client or patron.

    Raises:
        RuleError: it is no rule.
    """
    kinds = [kind for kind, name in METHODS.items() if callable(getattr(cls, name, None))]
    if not is_dataclass(cls) or len(kinds) != 1:
        why = "expected a dataclass with a method choose(sight) for a client or bid(sight) for patrons"
        why += "; it has both" * (len(kinds) > 1)
    elif hasattr(cls, "start") != hasattr(cls, "learn"):
        have = "start but no learn" if hasattr(cls, "start") else "learn but no start"
        why = f"it has {have}; a rule remembers only with start(sight) and learn(sight, memory, utility)"
    else:
        return kinds[0]
    raise RuleError("not a rule", f"{cls.__name__}, not a rule: {why}")


def _default(item: Field[Any]) -> Any:
    """The default of a field; else, within what is admissible, 1 to 8 of what is whole, and 0 to 1."""
    if item.default is not MISSING or item.default_factory is not MISSING:
        return item.default if item.default_factory is MISSING else item.default_factory()
    if item.type in (int, "int"):
        return 4
    domain = item.metadata.get("domain", REAL)
    low, high = max(domain.low, float(domain.whole)), min(domain.high, 8.0 if domain.whole else 1.0)
    if low >= high:
        low, high = domain.low, domain.low + 1 if domain.high == inf else domain.high
    low += 0.1 * (high - low) * domain.open_low
    return {"value": (low + high) // 2 if domain.whole else (low + high) / 2, "low": low, "high": high}


def _stated(value: Any, kind: str) -> Any:
    """What an instance holds, as a setting would state it: an array by its mean and range; rows of a client's
    are of the shipped patrons, in their order."""
    if not isinstance(value, np.ndarray | np.generic) or not value.size:
        return value
    if value.ndim == 2 and kind == "client":
        return dict(zip(compose()["patrons"], map(float, value.mean(axis=1)), strict=False))
    if value.ndim == 0:
        return value.item()
    low, mean, high = float(value.min()), float(value.mean()), float(value.max())
    return {"value": mean, "low": low, "high": high} if low < mean < high else mean


def _widened(value: Any) -> Any:
    """A number with a range: its own, else a little around it."""
    if isinstance(value, Mapping):
        return {patron: _widened(number) for patron, number in value.items()}
    if isinstance(value, int) or value.ranged or value.value == 0 or not isfinite(value.value):
        return value
    domain, x = value.domain, value.value
    step = 1.0 if domain.whole else SPREAD * abs(x)
    return replace(value, low=max(x - step, domain.low), high=min(x + step, domain.high))
