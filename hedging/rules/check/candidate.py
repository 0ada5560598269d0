"""Who is tried: a rule's class, its method, and numbers for its fields that differ between draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass, replace
from importlib import import_module
from math import isfinite
from typing import Any, get_type_hints

import numpy as np

from hedging.errors import HedgingError, unknown
from hedging.rules.check.answers import RuleError
from hedging.rules.check.worlds import shipped_rules
from hedging.settings.compose import compose
from hedging.settings.numbers import Number, read_number
from hedging.settings.settings import RuleChoice, Settings
from hedging.world.parameters import REAL, Domain

SPREAD = 0.1
"""A number given for a field varies over draws by up to this share: a rule that mixes draws shows it."""

FIELD_UNIT, FIELD_SOURCE = "1", "assumed: to try the rule with"


@dataclass(frozen=True)
class Candidate:
    """A rule to be checked: its class, its method, and the numbers of its fields."""

    name: str
    cls: type
    method: str  # choose: a client's rule; bid: a patron's
    values: Mapping[str, Number | Mapping[str, Number] | int]

    @property
    def kind(self) -> str:
        """Whose rule it is."""
        return "client" if self.method == "choose" else "patron"

    def choice(self, path: str, patrons: tuple[str, ...]) -> RuleChoice:
        """The rule as a setting names it; a field by patron is 0 for a patron that it does not name."""

        def at(number: Number, *more: str) -> Number:
            return replace(number, path=".".join((path, *more)))

        values: dict[str, Number | Mapping[str, Number] | int] = {}
        for name, value in self.values.items():
            if isinstance(value, Number):
                values[name] = at(value, name)
            elif isinstance(value, Mapping):
                nothing = Number("", 0.0, None, None, FIELD_UNIT, FIELD_SOURCE, "linear", REAL)
                values[name] = {p: at(value.get(p, nothing), name, p) for p in patrons}
            else:
                values[name] = value
        return RuleChoice(f"{self.cls.__module__}.{self.cls.__qualname__}", self.cls, values)

    def enlist(self, settings: Settings, patrons: tuple[str, ...] | None = None) -> Settings:
        """A setting in which the rule plays: as the client's, or as that of all patrons or of those named."""
        if self.kind == "client":
            choice = self.choice("client.rule", settings.patrons)
            return replace(settings, client_rule=choice, numbers={**settings.numbers, **_numbers(choice)})
        choices = {
            name: self.choice(f"patrons.{name}.rule", settings.patrons)
            for name in patrons or settings.patrons
        }
        numbers = {path: n for choice in choices.values() for path, n in _numbers(choice).items()}
        return replace(
            settings,
            patron_rules={**settings.patron_rules, **choices},
            numbers={**settings.numbers, **numbers},
        )


def _numbers(choice: RuleChoice) -> dict[str, Number]:
    found: dict[str, Number] = {}
    for value in choice.values.values():
        for number in value.values() if isinstance(value, Mapping) else (value,):
            if isinstance(number, Number):
                found[number.path] = number
    return found


def read_fields(cls: type, given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Give every field of a rule a number: the one given, its default, or one from the middle of its domain.

    Raises:
        HedgingError: a number for a field that the rule has not, or one that is not admissible.
    """
    known = {item.name: item for item in fields(cls) if item.init}
    for key in given:
        if key not in known:
            raise unknown("number", key, known, name)
    try:
        hints = get_type_hints(cls)
    except NameError:  # a class inside a function, annotated with names that live there
        hints = {key: item.type for key, item in known.items()}
    found: dict[str, Any] = {}
    for key, item in known.items():
        raw = given.get(key, _default(item))
        if hints.get(key) in (int, "int"):
            found[key] = _whole(4 if raw is None else raw, f"{name}.{key}")
        elif isinstance(raw, Mapping) and "value" not in raw:
            found[key] = {p: _field(item, value, f"{name}.{key}.{p}") for p, value in raw.items()}
        else:
            found[key] = _field(item, raw, f"{name}.{key}")
    return found


def _default(item: Field[Any]) -> Any:
    if item.default is not MISSING:
        return item.default
    return item.default_factory() if item.default_factory is not MISSING else None


def _whole(raw: Any, where: str) -> int:
    raw = raw["value"] if isinstance(raw, Mapping) else raw
    if isinstance(raw, bool) or not isinstance(raw, int | np.integer):
        raise HedgingError(f"{where}={raw}: it must be a whole number")
    return int(raw)


def _field(item: Field[Any], raw: Any, where: str) -> Number:
    """A number with a range: its own, else a little around it, or the middle of what is admissible."""
    domain: Domain = item.metadata.get("domain", REAL)
    if raw is None:
        low, high = _middle(domain)
        return Number(where, (low + high) / 2, low, high, FIELD_UNIT, FIELD_SOURCE, "linear", domain)
    if isinstance(raw, np.ndarray) and raw.size:  # an instance made for draws of its own
        low, high = float(raw.min()), float(raw.max())
        number = read_number(float(np.mean(raw)), where, domain=domain)
        return replace(number, low=low, high=high) if low < number.value < high else number
    number = read_number(raw, where, domain=domain)
    if number.ranged or number.value == 0 or not isfinite(number.value):
        return number
    step = 1.0 if domain.whole else SPREAD * abs(number.value)
    low, high = max(number.value - step, domain.low), min(number.value + step, domain.high)
    return replace(number, low=low, high=high)


def _middle(domain: Domain) -> tuple[float, float]:
    """Where to try a number that nobody gave: 1 to 8 of what is whole, else 0 to 1, within its domain."""
    if domain.whole:
        return max(1.0, domain.low), min(8.0, domain.high)
    low, high = max(0.0, domain.low), min(1.0, domain.high)
    if low >= high:
        return domain.low, domain.low + 1 if domain.high == np.inf else domain.high
    return (low + 0.1 * (high - low), high) if domain.open_low else (low, high)


def read_candidate(rule: Any, numbers: Mapping[str, Any]) -> Candidate:
    """Find a rule's class, method and the numbers of its fields.

    Raises:
        RuleError: it is none.
        HedgingError: no such rule, or a number that it cannot have.
    """
    found: dict[str, Any] = {}
    if isinstance(rule, str):
        rule, found = _named(rule)
    cls = rule if isinstance(rule, type) else type(rule)
    methods = [name for name in ("choose", "bid") if callable(getattr(cls, name, None))]
    if not is_dataclass(cls) or len(methods) != 1:
        raise RuleError(
            "not a rule",
            f"{cls.__name__}, not a rule: expected a dataclass with a method choose(sight) for a client or "
            f"bid(sight) for patrons{'; it has both' if len(methods) > 1 else ''}",
        )
    if hasattr(cls, "start") != hasattr(cls, "learn"):
        have, lack = ("start", "learn") if hasattr(cls, "start") else ("learn", "start")
        raise RuleError(
            "not a rule",
            f"{cls.__name__}, not a rule: it has {have} but no {lack}; a rule remembers only with "
            "start(sight) and learn(sight, memory, utility)",
        )
    if not isinstance(rule, type):
        found = {f.name: _held(getattr(rule, f.name), methods[0]) for f in fields(cls) if f.init}
    found = found or _shipped_numbers(cls)
    return Candidate(cls.__name__, cls, methods[0], read_fields(cls, {**found, **numbers}, cls.__name__))


def _named(name: str) -> tuple[type, dict[str, Any]]:
    """A rule by the name of its YAML or of its class."""
    for kind in ("client", "patron"):
        if name in shipped_rules(kind):
            node = _shipped(kind, name)
            return _find(node["_target_"]), {key: value for key, value in node.items() if key != "_target_"}
    if "." not in name:
        raise unknown("rule", name, [*shipped_rules("client"), *shipped_rules("patron"), "my_module.MyRule"])
    return _find(name), {}


def _find(target: str) -> type:
    module, _, name = target.rpartition(".")
    try:
        found = getattr(import_module(module), name)
    except Exception as error:  # whatever importing a user's module raises
        raise HedgingError(f"cannot find the rule '{target}': {type(error).__name__}: {error}") from error
    if not isinstance(found, type):
        raise HedgingError(f"'{target}' is a {type(found).__name__}, not a class: name the rule's class")
    return found


def _shipped(kind: str, name: str) -> dict[str, Any]:
    if kind == "client":
        return dict(compose((f"client/rule={name}",))["client"]["rule"])
    patron = next(iter(compose()["patrons"]))
    tree = compose((f"patron/rule@patrons.{patron}.rule={name}",))
    return dict(tree["patrons"][patron]["rule"])


def _shipped_numbers(cls: type) -> dict[str, Any]:
    """The numbers of a shipped rule whose class this is, or none."""
    target = f"{cls.__module__}.{cls.__qualname__}"
    for kind in ("client", "patron"):
        for name in shipped_rules(kind):
            node = _shipped(kind, name)
            if node["_target_"] == target:
                return {key: value for key, value in node.items() if key != "_target_"}
    return {}


def _held(value: Any, method: str) -> Any:
    """A number that an instance holds; rows of a client's are of the shipped patrons, in their order."""
    if isinstance(value, np.ndarray) and value.ndim == 2 and method == "choose":
        return dict(zip(compose()["patrons"], map(float, value.mean(axis=1)), strict=False))
    return value
