"""A run's setting, read and checked: what is played, by whom, with which numbers, over how many draws."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import Field, dataclass, fields, is_dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from importlib import import_module
from itertools import product
from pathlib import Path
from typing import Any

from hedging.errors import HedgingError, unknown
from hedging.settings.compose import Tree, as_overrides, compose, config_dir
from hedging.settings.designs import Design, Ensemble, read_design
from hedging.settings.events import Event, read_events, read_series
from hedging.settings.header import Header, keys_swept, read_header
from hedging.settings.numbers import PINNED, Number, check_trade, read_number
from hedging.settings.read import Key, read, read_each, read_keys, read_whole
from hedging.settings.sample_file import bounded, check_others, identified, read_own
from hedging.world.arrays import Array
from hedging.world.parameters import REAL, declared


@dataclass(frozen=True)
class RuleChoice:
    """A rule as the setting names it: its class, and per field a number, a number per patron, or a whole
    number."""

    target: str
    cls: type
    values: Mapping[str, Number | Mapping[str, Number] | int]

    @property
    def numbers(self) -> list[Number]:
        """Its numbers, one after the other."""
        several = (v.values() if isinstance(v, Mapping) else [v] for v in self.values.values())
        return [number for some in several for number in some if isinstance(number, Number)]


@dataclass(frozen=True)
class Settings(Header):
    """Everything a run needs, checked."""

    tree: Tree
    keep: int
    vary: tuple[str, ...]
    design: Design
    own: Mapping[str, Array]  # what a file gives of the numbers, by path: (draw,)
    unread: Mapping[str, str]  # the other columns of that file, each with its name
    numbers: Mapping[str, Number]
    client_rule: RuleChoice
    patron_rules: Mapping[str, RuleChoice]
    energy: tuple[float, ...]
    events: tuple[Event, ...]

    def under(self, rule: str) -> Settings:
        """The same setting with a shipped client rule in place of its own."""
        shipped = settings_for(None, (f"client/rule={rule}",)).client_rule
        numbers = {path: n for path, n in self.numbers.items() if not path.startswith("client.rule.")}
        own = {path: values for path, values in self.own.items() if not path.startswith("client.rule.")}
        numbers |= {number.path: number for number in shipped.numbers}
        return replace(self, client_rule=shipped, numbers=numbers, own=own)

    def check_sample(self, outcomes: Iterable[str]) -> None:
        """See that a file of samples holds nothing but numbers and outcomes, of those that there are.

        Raises:
            HedgingError: a column is neither.
        """
        check_others(self.unread, self.numbers, outcomes)


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
    header, tree = read_header(tree), identified(tree)
    patrons, places = header.patrons, (config_dir(), *map(Path, config_dirs))
    known = {*patrons, *(file.stem for place in places for file in (place / "patron").glob("*.yaml"))}
    nodes = {key: tree[key] for key in ("world", "client")}
    nodes |= {f"patrons.{name}": tree["patrons"][name] for name in patrons}
    told = {at: read_keys(_keys(at, patrons, known), x, at, "", "number") for at, x in nodes.items()}
    rules = {where: one["rule"] for where, one in told.items() if where != "world"}
    numbers = {x.path: x for one in told.values() for x in one.values() if isinstance(x, Number)}
    numbers |= _pairs({name: told[f"patrons.{name}"] for name in patrons})
    numbers |= {x.path: x for rule in rules.values() for x in rule.numbers}
    ensemble = read(Ensemble, tree["ensemble"], "ensemble")
    _check_vary(ensemble.vary, numbers)
    swept = {numbers[key].path for key in keys_swept(tree.get("axes")) if key in numbers}
    own, unread = read_own(ensemble.sample, numbers, swept, header.draws)
    check_trade(numbers, patrons, own, "ensemble.sample")
    design = read_design(ensemble, numbers, swept | set(own))
    numbers = bounded(numbers, own)
    return Settings(
        **vars(header),
        tree=tree,
        keep=min(ensemble.keep, header.draws),
        vary=ensemble.vary,
        design=design,
        own=own,
        unread=unread,
        numbers=numbers,
        client_rule=rules.pop("client"),
        patron_rules={where.removeprefix("patrons."): rule for where, rule in rules.items()},
        energy=told["world"].get("energy_series", ()),
        events=read_events(tree["events"], patrons, header.horizon, numbers),
    )


def _keys(where: str, patrons: Sequence[str], names: Collection[str]) -> dict[str, Key]:
    """What may stand in the node of an owner: its numbers, and what it brings beside."""
    owner = where.partition(".")[0]
    keys = {
        item.name: Key(
            partial(read_number, unit=item.unit, domain=item.domain),
            hint="every number is mandatory; write {path}=<number>",
        )
        for item in declared(owner)
    }
    if owner == "world":
        return keys | {"energy_series": Key(read_series, must=False)}
    for item in declared(owner, pair=True):
        pair = Key(partial(_by_patron, names=names, unit=item.unit, domain=item.domain), must=False)
        keys |= {item.name: pair, f"{item.name}_from": pair}
    rule = partial(_rule, method="choose" if owner == "client" else "bid", patrons=patrons, names=names)
    choose = f"choose one with {where.replace('.', '/')}/rule=... and see configs/"
    return keys | {"label": Key(must=False), "colour": Key(must=False), "rule": Key(rule, hint=choose)}


def _by_patron(node: Any, where: str, names: Collection[str], **about: Any) -> dict[str, Number]:
    """A number for each of some patrons, which need not play."""
    say = f"write {where}.<patron>=<number>"
    return dict(read_each(partial(read_number, **about), node, where, say, names, "patron"))


def _pairs(told: Mapping[str, Mapping[str, Any]]) -> dict[str, Number]:
    """How each patron minds, and gives way to, each other: its own word, or a newcomer's `..._from`."""
    numbers: dict[str, Number] = {}
    for item, name, how in product(declared("patrons", pair=True), told, ("", "_from")):
        for other, number in told[name].get(item.name + how, {}).items():
            if other == name:
                raise HedgingError(f"{number.path}: a patron is no rival of itself; drop it")
            one, rival = (other, name) if how else (name, other)
            path = f"patrons.{one}.{item.name}.{rival}"
            if path in numbers:
                raise HedgingError(f"{path} and {number.path} both state the same pair; drop one of them")
            if other in told:
                numbers[path] = number
    return numbers


def _rule(node: Any, where: str, method: str, patrons: Sequence[str], names: Collection[str]) -> RuleChoice:
    """The class a rule names, and its numbers, checked against the class's fields."""
    if not isinstance(node, Mapping) or "_target_" not in node:
        group = where.replace(".", "/")
        raise HedgingError(f"{where}: '{node}' is no rule; choose one with {group}=... and see configs/")
    target = str(node["_target_"])
    cls = find_class(target, f"{where}._target_")
    if not isinstance(cls, type) or not is_dataclass(cls) or not callable(getattr(cls, method, None)):
        raise HedgingError(f"{where}._target_: {target} must be a dataclass with a method {method}(sight)")
    stated = {key: raw for key, raw in node.items() if key != "_target_"}
    return RuleChoice(target, cls, read_fields(cls, stated, where, patrons, names, cls.__name__))


def read_fields(
    cls: type,
    stated: Mapping[str, Any],
    where: str,
    patrons: Sequence[str] = (),
    names: Collection[str] = (),
    of: str = "",
) -> dict[str, Number | Mapping[str, Number] | int]:
    """Read what is stated of a rule's fields: a number each, one by patron, or a whole number.

    Args:
        patrons: who plays, 0 where a field by patron leaves one out; without, those whom it names.
        names: the only patrons that may be named; any without.
        of: whose fields they are, where the place alone does not tell.

    Raises:
        HedgingError: a field that the rule has not, one that is missing, or a number that it cannot have.
    """

    def read_field(raw: Any, where: str, item: Field[Any]) -> Number | Mapping[str, Number] | int:
        domain, plain = item.metadata.get("domain", REAL), isinstance(raw, Mapping) and "value" not in raw
        if item.type in (int, "int"):
            return read_whole(raw["value"] if isinstance(raw, Mapping) and not plain else raw, where, 1, 1000)
        if not plain:
            return read_number(raw, where, domain=domain)
        found = _by_patron(raw, where, names, domain=domain)
        return {p: found.get(p) or read_number(0.0, f"{where}.{p}", domain=domain) for p in patrons or found}

    hint = f"{cls.__name__} needs it; write +{{path}}=<number>"
    keys = {f.name: Key(partial(read_field, item=f), hint=hint) for f in fields(cls) if f.init}
    return read_keys(keys, stated, where, "", "number", of)


def find_class(target: str, where: str, what: str = "class", last: str = "class") -> Any:
    """What a dotted name stands for, from anywhere that Python imports from; `what` it should be in words,
    and what its `last` part is."""
    module, _, name = target.rpartition(".")
    try:
        return getattr(import_module(module), name)
    except (Exception, SystemExit) as error:  # whatever importing a user's module raises
        reason = str(error) or type(error).__name__
        raise HedgingError(
            f"{where}: cannot find the {what} '{target}': {reason}; write it as <module>.<{last}>, "
            "the module in the current folder or installed"
        ) from None


def _check_vary(patterns: Sequence[str], numbers: Mapping[str, Number]) -> None:
    """See that every pattern of `ensemble.vary` names a number that can vary."""
    for pattern in patterns:
        named = [number for path, number in numbers.items() if fnmatchcase(path, pattern)]
        if not named:
            raise unknown("number", pattern, numbers, "ensemble.vary")
        if not any(number.ranged or number.source == PINNED for number in named):
            raise HedgingError(
                f"ensemble.vary: {pattern} has no range to vary over; give it one with "
                f"+{named[0].path}.low=<number> +{named[0].path}.high=<number>"
            )
