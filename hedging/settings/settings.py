"""A run's setting, read and checked: what is played, by whom, with which numbers, over how many draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np

from hedging.errors import HedgingError, unknown
from hedging.settings.compose import Tree, as_overrides, compose, config_dir
from hedging.settings.designs import NEUTRAL, Design, read_design
from hedging.settings.events import Event, read_events
from hedging.settings.header import About, read_about
from hedging.settings.numbers import PINNED, Number, read_number
from hedging.settings.read import read_whole
from hedging.settings.sample_file import bounded, identified, read_own
from hedging.settings.series import read_series
from hedging.studies.axes import swept_paths
from hedging.world.arrays import Array
from hedging.world.parameters import DECLARATIONS, REAL, declared

MAX_KEPT = 10**6


@dataclass(frozen=True)
class RuleChoice:
    """A rule as the setting names it: its class, and per field a number, a number per patron, or a whole
    number."""

    target: str
    cls: type
    values: Mapping[str, Number | Mapping[str, Number] | int]


@dataclass(frozen=True)
class Settings(About):
    """Everything a run needs, checked."""

    tree: Tree
    keep: int
    vary: tuple[str, ...]
    design: Design
    own: Mapping[str, Array]  # what a file gives of the numbers, by path: (draw,)
    numbers: Mapping[str, Number]
    client_rule: RuleChoice
    patron_rules: Mapping[str, RuleChoice]
    energy: tuple[float, ...]
    events: tuple[Event, ...]

    def under(self, rule: str) -> Settings:
        """The same setting with a shipped client rule in place of its own."""
        shipped = settings_for(None, (f"client/rule={rule}",)).client_rule
        kept = {path: n for path, n in self.numbers.items() if not path.startswith("client.rule.")}
        own = {path: values for path, values in self.own.items() if not path.startswith("client.rule.")}
        numbers = kept | _rule_numbers("client.rule", shipped)
        return replace(self, client_rule=shipped, numbers=numbers, own=own)


def settings_for(
    experiment: str | None = None, overrides: Sequence[str] | Mapping[str, Any] = ()
) -> Settings:
    """Compose and check a setting by the study's name and overrides.

    Raises:
        HedgingError: anything in it that cannot be.
    """
    return read_settings(compose(as_overrides(experiment, overrides)))


def read_settings(tree: Tree, config_dirs: Sequence[str] = ()) -> Settings:
    """Check a composed setting and give every number of it a path.

    Raises:
        HedgingError: an unknown key, a missing number, a value out of range: one line, the first that is
        found.
    """
    about = read_about(tree)
    tree = identified(tree)
    patrons = about.patrons
    numbers = _owned(tree["world"], "world", ("energy_series",)) | _owned(
        tree["client"], "client", ("label", "colour", "rule")
    )
    files = {
        file.stem
        for place in (config_dir(), *map(Path, config_dirs))
        for file in (place / "patron").glob("*.yaml")
    }
    extra = (
        "label",
        "colour",
        "rule",
        "rivalry_from",
        "deference_from",
        *(d.name for d in declared("patrons", pair=True)),
    )
    for name in patrons:
        numbers |= _owned(tree["patrons"][name], f"patrons.{name}", extra)
    numbers |= _pairs(tree["patrons"], patrons, files)
    client_rule = _rule(tree["client"].get("rule"), "client.rule", "choose", patrons, files)
    patron_rules = {
        name: _rule(tree["patrons"][name].get("rule"), f"patrons.{name}.rule", "bid", patrons, files)
        for name in patrons
    }
    for path, choice in {
        "client.rule": client_rule,
        **{f"patrons.{n}.rule": c for n, c in patron_rules.items()},
    }.items():
        numbers |= _rule_numbers(path, choice)
    keep, vary = _ensemble(tree["ensemble"], numbers)
    swept = swept_paths(tree, numbers)
    own = read_own(tree["ensemble"].get("sample"), numbers, swept, about.draws)
    _check_trade(numbers, patrons, own)
    design = read_design(tree["ensemble"], numbers, vary, swept | set(own), about.draws)
    numbers = bounded(numbers, own)
    return Settings(
        **vars(about),
        tree=tree,
        keep=min(keep, about.draws),
        vary=vary,
        design=design,
        own=own,
        numbers=numbers,
        client_rule=client_rule,
        patron_rules=patron_rules,
        energy=read_series(tree["world"].get("energy_series")),
        events=read_events(tree["events"], patrons, about.horizon, numbers),
    )


def _owned(node: Mapping[str, Any], path: str, extra: Sequence[str]) -> dict[str, Number]:
    """The numbers of one owner, each with its declared unit and domain."""
    owner = path.split(".")[0]
    expected = {item.name: item for item in DECLARATIONS.values() if item.owner == owner and not item.pair}
    for key in node:
        if key not in expected and key not in extra:
            raise unknown("number", key, (*expected, *extra), path)
    for name in expected:
        if name not in node:
            raise HedgingError(
                f"{path}.{name} is missing: every number is mandatory; write {path}.{name}=<number>"
            )
    return {
        f"{path}.{name}": read_number(node[name], f"{path}.{name}", item.unit, item.domain)
        for name, item in expected.items()
    }


def _pairs(nodes: Mapping[str, Any], patrons: Sequence[str], files: set[str]) -> dict[str, Number]:
    """How each patron minds, and gives way to, each other: its own word, or a newcomer's `..._from`."""
    numbers: dict[str, Number] = {}
    for item in declared("patrons", pair=True):
        for name in patrons:
            for own, key in ((True, item.name), (False, f"{item.name}_from")):
                stated = nodes[name].get(key) or {}
                if not isinstance(stated, Mapping):
                    raise HedgingError(
                        f"patrons.{name}.{key}: '{stated}' names no patron; write {key}.<patron>=<number>"
                    )
                for other, node in stated.items():
                    if other not in patrons and other not in files:
                        raise unknown("patron", other, {*patrons, *files}, f"patrons.{name}.{key}")
                    if other == name:
                        raise HedgingError(
                            f"patrons.{name}.{key}.{other}: a patron is no rival of itself; drop it"
                        )
                    number = read_number(node, f"patrons.{name}.{key}.{other}", item.unit, item.domain)
                    if other not in patrons:
                        continue
                    p, q = (name, other) if own else (other, name)
                    path = f"patrons.{p}.{item.name}.{q}"
                    if path in numbers:
                        raise HedgingError(
                            f"{path} and {number.path} both state the same pair; drop one of them"
                        )
                    numbers[path] = number
    return numbers


def _check_trade(numbers: Mapping[str, Number], patrons: Sequence[str], own: Mapping[str, Array]) -> None:
    shares = [numbers[f"patrons.{name}.trade_share0"] for name in patrons]
    most = float(np.max(sum(own.get(share.path, share.extremes[1]) for share in shares)))
    if most >= 1:
        raise HedgingError(
            f"trade_share0 of all patrons can reach {most:g} and would leave nothing to the rest "
            "of the world: lower one of patrons.<name>.trade_share0, or the high end of its range, or what "
            "ensemble.sample gives of it"
        )


def _rule(node: Any, path: str, method: str, patrons: Sequence[str], files: set[str]) -> RuleChoice:
    """The class a rule names, and its numbers, checked against the class's fields."""
    if not isinstance(node, Mapping) or "_target_" not in node:
        raise HedgingError(
            f"{path}: '{node}' is no rule; choose one with {path.replace('.', '/')}=... and see configs/"
        )
    target = str(node["_target_"])
    cls = _find_class(target, f"{path}._target_")
    if not isinstance(cls, type) or not is_dataclass(cls) or not callable(getattr(cls, method, None)):
        raise HedgingError(f"{path}._target_: {target} must be a dataclass with a method {method}(sight)")
    known = {item.name: item for item in fields(cls) if item.init}
    for key in node:
        if key != "_target_" and key not in known:
            raise unknown("number", key, known, f"{path} ({cls.__name__})")
    hints = get_type_hints(cls)
    values: dict[str, Number | Mapping[str, Number] | int] = {}
    for name, item in known.items():
        where, domain = f"{path}.{name}", item.metadata.get("domain", REAL)
        if name not in node:
            raise HedgingError(f"{where} is missing: {cls.__name__} needs it; write +{where}=<number>")
        raw = node[name]
        if hints.get(name) is int:
            inner = raw["value"] if isinstance(raw, Mapping) and "value" in raw else raw
            values[name] = read_whole(inner, where, 1, 1000)
        elif isinstance(raw, Mapping) and "value" not in raw:
            for key in raw:
                if key not in patrons and key not in files:
                    raise unknown("patron", key, {*patrons, *files}, where)
            values[name] = {p: read_number(raw.get(p, 0.0), f"{where}.{p}", domain=domain) for p in patrons}
        else:
            values[name] = read_number(raw, where, domain=domain)
    return RuleChoice(target, cls, values)


def _find_class(target: str, where: str) -> Any:
    """What a dotted name stands for, from anywhere that Python imports from."""
    module, _, name = target.rpartition(".")
    try:
        return getattr(import_module(module), name)
    except Exception as error:  # whatever importing a user's module raises
        reason = str(error) or type(error).__name__
        raise HedgingError(
            f"{where}: cannot find the class '{target}': {reason}; write it as <module>.<class>, "
            "the module in the current folder or installed"
        ) from None


def _rule_numbers(path: str, choice: RuleChoice) -> dict[str, Number]:
    numbers: dict[str, Number] = {}
    for value in choice.values.values():
        for number in value.values() if isinstance(value, Mapping) else (value,):
            if isinstance(number, Number):
                numbers[number.path] = number
    return numbers


def _ensemble(node: Mapping[str, Any], numbers: Mapping[str, Number]) -> tuple[int, tuple[str, ...]]:
    """How many draws are kept whole, and which numbers vary: every pattern must name one that can."""
    valid = ("draws", "keep", "vary", "chance", *NEUTRAL)
    for key in node:
        if key not in valid:
            raise unknown("key", key, valid, "ensemble")
    keep = read_whole(node.get("keep"), "ensemble.keep", 0, MAX_KEPT)
    vary = node.get("vary")
    if not isinstance(vary, list) or not all(isinstance(pattern, str) for pattern in vary):
        raise HedgingError(f"ensemble.vary={vary}: write a list of patterns, such as ['client.*'] or []")
    for pattern in vary:
        named = [number for path, number in numbers.items() if fnmatchcase(path, pattern)]
        if not named:
            raise unknown("number", pattern, numbers, "ensemble.vary")
        if not any(number.ranged or number.source == PINNED for number in named):
            raise HedgingError(
                f"ensemble.vary: {pattern} has no range to vary over; give it one with "
                f"+{named[0].path}.low=<number> +{named[0].path}.high=<number>"
            )
    return keep, tuple(vary)
