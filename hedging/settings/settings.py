"""A run's setting, read and checked: what is played, by whom, with which numbers, over how many draws; and
its header, which holds no number of the model and is all that a reader of results needs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from hedging.errors import HedgingError
from hedging.settings.compose import Tree, as_overrides, compose, config_dir, identified
from hedging.settings.designs import Design, Ensemble, check_vary, read_design
from hedging.settings.events import MAX_HORIZON, Event, check_events, read_events, read_series
from hedging.settings.numbers import (
    Number,
    RuleChoice,
    by_patron,
    check_trade,
    read_number,
    read_rule,
    varying,
)
from hedging.settings.read import (
    Key,
    Read,
    read,
    read_colour,
    read_group,
    read_keys,
    read_marks,
    read_name,
    read_switch,
    read_text,
    read_whole,
    read_word,
)
from hedging.settings.sample_file import bounded, check_others, read_own
from hedging.world.arrays import Array
from hedging.world.chance import stream, uniform
from hedging.world.parameters import declared

OF_STUDIES = (
    *("axes", "arms", "switches", "rules", "reference", "measures", "paths", "claims", "figure", "finding"),
    "sweep",
)
"""The keys of a study: what it varies, reports, claims and draws; an older setting may lack them."""

OF_RUNS = ("executor", "resume")
"""The keys that say who plays a run, and whether it goes on with an interrupted one; no number hangs on
them."""

REST = "rest_of_world"
"""The partner that stands for all who are no patron."""

GREY = "#666666"
MAX_SEED = 2**63


def _must(read: Read) -> Key:
    """A key that every setting has."""
    return Key(read, hint="take back what removes it from the setting")


def _group(file: str) -> Key:
    """A key with more below it, chosen by a file."""
    return _must(partial(read_group, say=f"choose a file, such as {file}"))


TOP: Mapping[str, Key] = {
    "client": _group("client=<file>"),
    "world": _group("world=steady"),
    "ensemble": _must(partial(read, Ensemble, say="choose a file, such as ensemble=quick")),
    "events": _group("shock=none"),
    "patrons": _group("patron@patrons.<name>=<file>"),
    "study": _must(read_name),
    "question": _must(read_text),
    "seed": _must(partial(read_whole, high=MAX_SEED)),
    "horizon": _must(partial(read_whole, low=1, high=MAX_HORIZON)),
    "chance": _must(partial(read_word, choices=("sampled", "expected"))),
    "marks": _must(read_marks),
    "executor": Key(must=False),
    "resume": Key(read_switch, must=False),
    **dict.fromkeys(OF_STUDIES, Key(must=False)),
}
"""The keys of a setting."""


@dataclass(frozen=True)
class Header:
    """What a reader of a run is told besides its results."""

    study: str
    question: str
    seed: int
    horizon: int
    chance: str
    draws: int
    patrons: tuple[str, ...]
    labels: Mapping[str, str]
    colours: Mapping[str, str]
    marks: tuple[tuple[str, str], ...]

    @property
    def partners(self) -> tuple[str, ...]:
        """The partners in trade: the patrons and the rest of the world."""
        return (*self.patrons, REST)


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

    @property
    def sampled(self) -> list[Number]:
        """The numbers that vary over draws: those that `ensemble.sample` gives, and those with a range that
        `ensemble.vary` names."""
        varied = {number.path for number in varying(self.numbers, self.vary)}
        return [n for n in self.numbers.values() if n.path in varied or n.path in self.own]

    def sample(self, first: int, count: int) -> dict[str, Array]:
        """Sample the numbers that vary, by path: (draw,) for the draws first .. first + count - 1.

        Rule: a number has the values of `ensemble.sample` if they are given there; else its column of the
        design where it has one; else a stream of its own, so that pinning one moves no other.

        Raises:
            HedgingError: the sample or the design has fewer draws.
        """
        settled = self.design.uniforms(self.seed, first, count)
        found: dict[str, Array] = {}
        for number in self.sampled:
            path = number.path
            if path in self.own:
                found[path], held = self.own[path][first : first + count], len(self.own[path])
                if first + count > held:
                    raise HedgingError(f"ensemble.sample has {held} draws, and no further ones")
            elif path in settled:
                found[path] = number.spread(settled[path])
            else:
                found[path] = number.spread(stream(self.seed, "parameter", path, first, count, uniform)[0])
        return found

    def check_sample(self, outcomes: Iterable[str]) -> None:
        """See that a file of samples holds nothing but numbers and outcomes, of those that there are.

        Raises:
            HedgingError: a column is neither.
        """
        if self.unread:
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
    events = read_events(tree["events"], patrons, header.horizon)
    numbers |= {event.number.path: event.number for event in events}
    ensemble = read(Ensemble, tree["ensemble"], "ensemble")
    check_vary(ensemble.vary, numbers)
    swept = {numbers[key].path for key in keys_swept(tree.get("axes")) if key in numbers}
    own, unread = read_own(x, numbers, swept, header.draws) if (x := ensemble.sample) else ({}, {})
    check_trade(numbers, patrons, own, "ensemble.sample")
    design = read_design(ensemble, numbers, swept | set(own))
    numbers = bounded(numbers, own) if own else numbers
    check_events(events, numbers)
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
        events=events,
    )


def read_header(tree: Tree) -> Header:
    """Read what a composed setting says of the run itself.

    Raises:
        HedgingError: an unknown or a missing key, a text, a colour, a date or a count that cannot be.
    """
    told = read_keys(TOP, tree, "", "")
    places = {name: f"patrons.{name}" for name in told["patrons"]}
    for name, where in places.items():
        if name in (REST, "client"):
            raise HedgingError(f"{where}: a patron cannot have this name; choose another")
        read_group(told["patrons"][name], where, f"choose a file, such as patron@{where}=<file>")
    if not told["patrons"]:
        raise HedgingError("patrons: there is none; write at least +patron@patrons.<name>=<file>")
    nodes = [(n, where, told["patrons"][n]) for n, where in places.items()]
    nodes = [("client", "client", told["client"]), *nodes]
    return Header(
        **{name: told[name] for name in ("study", "question", "seed", "horizon", "chance", "marks")},
        draws=told["ensemble"].draws,
        patrons=tuple(map(str, told["patrons"])),
        labels={n: read_text(node.get("label", n), f"{where}.label") for n, where, node in nodes},
        colours={n: read_colour(x.get("colour", GREY), f"{where}.colour") for n, where, x in nodes},
    )


def keys_swept(axes: Any) -> dict[str, str]:
    """The keys that the axes of a setting give, each with its axis; what cannot be one is told
    where the axes are read."""
    nodes = axes.items() if isinstance(axes, Mapping) else ()
    keys = ((node.get("keys", [name]), str(name)) for name, node in nodes if isinstance(node, Mapping))
    return {str(key): name for own, name in keys if isinstance(own, list) for key in own}


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
        pair = Key(partial(by_patron, names=names, unit=item.unit, domain=item.domain), must=False)
        keys |= {item.name: pair, f"{item.name}_from": pair}
    rule = partial(read_rule, method="choose" if owner == "client" else "bid", patrons=patrons, names=names)
    choose = f"choose one with {where.replace('.', '/')}/rule=... and see configs/"
    return keys | {"label": Key(must=False), "colour": Key(must=False), "rule": Key(rule, hint=choose)}


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
