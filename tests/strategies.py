"""Random admissible worlds for the laws, built from the shipped setting, which is composed only once.

A world is known by a few words (how many patrons, which rules, a seed), so that a failing example prints in
a line and can be built again from it: ``World(patrons=2, client="heuristic", seed=17).play()``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, cached_property
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from hedging.measures.trajectories import Trajectories
from hedging.results.save import save
from hedging.runs.batch import Cell, play_cell
from hedging.settings.compose import Tree, compose
from hedging.settings.events import Event, apply_to_parameters
from hedging.settings.settings import Settings, read_settings
from hedging.studies.study import read_study
from hedging.world import dates
from hedging.world.arrays import Array
from hedging.world.parameters import DECLARATIONS, REAL, Declaration, Parameters
from hedging.world.phases.calendar import Calendar
from hedging.world.phases.economy import Economy
from hedging.world.phases.offers import Bid, Deals, Standing, Strike
from hedging.world.phases.politics import Politics
from hedging.world.phases.relations import Relations
from hedging.world.phases.settlement import Settlement
from hedging.world.phases.utility import Welfare
from hedging.world.state import STATES, State, described
from hedging.world.world import QUANTITIES, TERMS_ALONE, play_out
from hedging.world.world import World as ModelWorld

NAMES = ("north", "east", "south", "west", "centre")
"""Patrons of no country; not in the order of their names, which some choices go by."""

CLIENT_RULES = ("heuristic", "fixed", "bandwagon", "random", "aspiration", "quantal_response", "lookahead")
PATRON_RULES = ("transactional", "strategic")
RECORDED = tuple(name for name in QUANTITIES if name != TERMS_ALONE)

_RECORDS = (State, Calendar, Standing, Bid, Strike, Deals, Settlement, Economy, Politics, Relations, Welfare)
RANGES = {"effort": (0.0, 1.0)} | {
    name: (item.metadata["low"], item.metadata["high"])
    for record in _RECORDS
    for name, item in described(record).items()
}
"""The declared range of every quantity."""

WHERE_NONE_SHIPS = {"grievance": 0.5, "market_sanction": 0.5, "belief_bias": 0.4}
"""What is tried of a number that is 0 for all who ship."""


def laws(examples: int) -> settings:
    """So many examples of a law: the same ones every time, however long one takes."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=examples, derandomize=True, deadline=None, suppress_health_check=slow)


@cache
def _shipped() -> tuple[Tree, dict[str, Tree], dict[str, Tree]]:
    """The shipped setting with all four patrons, and the shipped rules of client and patrons."""
    newcomer = "+patron@patrons.european_union=european_union"
    tree = compose(("ensemble=quick", newcomer))
    client = {rule: compose((f"client/rule={rule}",))["client"]["rule"] for rule in CLIENT_RULES}
    patron = {
        rule: compose((f"patron/rule@patrons.russia.rule={rule}",))["patrons"]["russia"]["rule"]
        for rule in PATRON_RULES
    }
    return tree, client, patron


def shipped_tree(client: str = "heuristic", **top: Any) -> Tree:
    """A copy of the shipped setting of three patrons, to be changed at will."""
    tree, rules, _ = _shipped()
    tree = deepcopy(tree) | top
    del tree["patrons"]["european_union"]
    tree["client"]["rule"] = deepcopy(rules[client])
    return tree


def shipped_settings(client: str = "heuristic", **top: Any) -> Settings:
    """The shipped setting of three patrons under a client rule; `top` replaces whole keys of it."""
    return read_settings(shipped_tree(client, **top))


def patron_rule(name: str) -> Tree:
    """A copy of a shipped patron rule."""
    return deepcopy(_shipped()[2][name])


def pin(tree: Tree, numbers: Mapping[str, float]) -> Settings:
    """The setting of a tree with numbers pinned by their dotted paths."""
    for path, value in numbers.items():
        *folders, name = path.split(".")
        node = tree
        for folder in folders:
            node = node[folder]
        node[name] = value
    return read_settings(tree)


@dataclass(frozen=True)
class Run:
    """A world, played: states one row more than flows."""

    settings: Settings
    arrays: dict[str, Array]
    p: Parameters
    events: tuple[Event, ...]

    def __getitem__(self, name: str) -> Array:
        return self.arrays[name]

    def start(self, name: str) -> Array:
        """A state at the start of each quarter."""
        return self.arrays[name][:-1]

    def end(self, name: str) -> Array:
        """A state at the end of each quarter."""
        return self.arrays[name][1:]

    def number(self, name: str) -> Array:
        """A number as the events of each quarter leave it: (quarter, ..., draw)."""
        quarters = range(self.settings.horizon)
        return np.stack([getattr(apply_to_parameters(self.p, self.events, t), name) for t in quarters])


@dataclass(frozen=True)
class World:
    """A random admissible setting.

    Numbers lie within a factor of three around those that ship, `edge` of them at the very edge of what is
    admissible; unless `spread` is off, each draw samples its own from a range around. `twins` makes all
    patrons but the last alike (of two patrons, both). Pins hold by glob over dotted paths.
    """

    patrons: int = 3
    client: str = "heuristic"
    bidding: tuple[str, ...] = ("transactional",) * 5
    chance: str = "sampled"
    edge: float = 0.0
    events: int = 0
    seed: int = 0
    horizon: int = 12
    draws: int = 6
    spread: bool = True
    twins: bool = False
    pins: tuple[tuple[str, float], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The patrons of this world."""
        return NAMES[: self.patrons]

    @cached_property
    def tree(self) -> Tree:
        """The setting as a tree."""
        return _Builder(self).tree()

    @cached_property
    def settings(self) -> Settings:
        """The setting, checked."""
        return read_settings(self.tree)

    def play(self) -> Run:
        """Play all quarters of all draws."""
        return play(self.settings)


def play(settings: Settings, names: tuple[str, ...] = RECORDED) -> Run:
    """Play all quarters of all draws of a setting."""
    block = play_block(settings, 0, settings.draws, names)
    return Run(settings, block.arrays, block.parameters, block.events)


@dataclass(frozen=True)
class Block:
    """Some draws, stepped to the horizon: what was recorded of them, and the numbers they had."""

    first: int
    count: int
    arrays: dict[str, Array]
    parameters: Parameters
    sampled: dict[str, Array]
    events: tuple[Event, ...]


def play_block(settings: Settings, first: int, count: int, names: Iterable[str]) -> Block:
    """Step the draws first .. first + count - 1 to the horizon and record some quantities."""
    world = ModelWorld(settings, first, count)
    return Block(first, count, play_out(world, names), world.parameters, world.sampled, world.events)


def blocks_of(settings: Settings, size: int, names: Iterable[str]) -> list[Block]:
    """All draws of a setting, block by block."""
    cells = Cell(0, 1, 0, settings.draws).cut(size)
    return [play_block(settings, cell.first, cell.draws, names) for cell in cells]


def joined(blocks: Sequence[Block]) -> dict[str, Array]:
    """What was recorded of blocks, put together."""
    return {name: np.concatenate([b.arrays[name] for b in blocks], axis=-1) for name in blocks[0].arrays}


def measured(settings: Settings) -> Trajectories:
    """All draws of a setting with every quantity recorded, and the nulls: any measure of them."""
    (play,) = read_study(settings).plays
    return play_cell(play, Cell(0, 1, 0, settings.draws), whole=True)[0]


def save_run(settings: Settings, folder: Path, command: str = "a test", **given: Any) -> None:
    """Write the run folder of a setting."""
    save(read_study(settings), folder, command, **given)


def step_of_many(settings: Settings, state: State, quarter: int, many: int) -> dict[str, Array]:
    """One quarter from the first draw of a state, many times over: flows, and states at its end."""
    model = ModelWorld(settings, draws=many)
    repeated = {name: np.repeat(getattr(state, name)[..., :1], many, axis=-1) for name in STATES}
    model.state, model.quarter = State(**repeated), quarter
    return model.step() | {name: getattr(model.state, name) for name in STATES}


class _Builder:
    """Draws the numbers of a world from its seed."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.rng = np.random.default_rng([world.seed, world.patrons])
        self.shipped, self.client_rules, self.patron_rules = _shipped()

    def tree(self) -> Tree:
        """The setting as a tree."""
        w = self.world
        tree = deepcopy(self.shipped) | {"seed": w.seed, "horizon": w.horizon, "chance": w.chance}
        tree["ensemble"] |= {"draws": w.draws, "keep": w.draws, "vary": ["*"] if w.spread else []}
        tree["world"] |= self.owned("world", [self.shipped["world"]])
        tree["client"] |= self.owned("client", [self.shipped["client"]])
        tree["client"]["rule"] = self.client_rule()
        tree["patrons"] = self.all_patrons()
        tree["events"] = {f"event {k}": self.event() for k in range(w.events)}
        self.pin(tree)
        return tree

    def owned(self, owner: str, models: list[Tree]) -> Tree:
        """Numbers of one owner, in the manner of one of the models or another."""
        wanted = (d for d in DECLARATIONS.values() if d.owner == owner and not d.pair)
        return {d.name: self.number(d, models) for d in wanted if d.name != "trade_share0"}

    def number(self, d: Declaration, models: list[Tree]) -> Tree:
        """One number: at the edge of what is admissible, or in the manner of what ships."""
        if d.domain.whole:
            return {"value": self.date(d.name), "unit": d.unit}
        edges = [x for x in (d.domain.low, d.domain.high) if np.isfinite(x) and d.domain.admits(x)]
        if d.name != "growth0" and edges and self.rng.random() < self.world.edge:
            return {"value": float(self.rng.choice(edges)), "unit": d.unit}
        known = [float(model[d.name]["value"]) for model in models if not d.pair]
        typical = self.rng.choice(known) if known else 0.0
        if typical == 0 and self.rng.random() < 0.5:
            typical = max([*known, 0.0]) or WHERE_NONE_SHIPS.get(d.name, 0.3)
        value = typical * np.exp(self.rng.uniform(-1.1, 1.1))
        if d.domain is REAL:
            value = typical + self.rng.uniform(-1, 1) * max(abs(typical), 0.2)
        low, high = sorted((value * self.rng.uniform(0.6, 1), value * self.rng.uniform(1, 1.5)))
        low, value, high = (float(np.clip(x, d.domain.low, d.domain.high)) for x in (low, value, high))
        return {"value": value, "low": low, "high": high, "unit": d.unit}

    def date(self, name: str) -> float:
        """A date or a duration in quarters, in the run more often than not."""
        if name == "deadline" and self.rng.random() < 0.2:
            return inf
        return int(self.rng.integers(1, self.world.horizon + 6))

    def client_rule(self) -> Tree:
        """The rule as it ships; the effort of `fixed` by patron at random."""
        rule = deepcopy(self.client_rules[self.world.client])
        if self.world.client == "fixed":
            efforts = [self.rng.random()] * 5 if self.world.twins else self.rng.random(5)
            rule["effort"] = {
                name: float(effort) for name, effort in zip(self.world.names, efforts, strict=False)
            }
        if "horizon" in rule:  # a shorter view has the same code, and the tests are quick
            rule["horizon"] = min(rule["horizon"]["value"], 5)
        return rule

    def all_patrons(self) -> Tree:
        """Patrons by name, with how they mind each other."""
        w, models = self.world, list(self.shipped["patrons"].values())
        shares = self.rng.dirichlet(np.ones(w.patrons + 1)) * 0.9 + 0.1 / (w.patrons + 1)
        patrons: Tree = {}
        for row, name in enumerate(w.names):
            numbers = self.owned("patrons", models) | {"trade_share0": float(shares[row])}
            rule = self.patron_rules[w.bidding[row]]
            patrons[name] = numbers | {"rule": deepcopy(rule), "rivalry": {}, "deference": {}}
        alike = w.names[: max(2, w.patrons - 1)] if w.twins else w.names[:1]
        for name in alike[1:]:
            patrons[name] = deepcopy(patrons[alike[0]])
        if w.twins and w.patrons == 2:
            patrons[w.names[1]]["trade_share0"] = patrons[w.names[0]]["trade_share0"] = float(shares[0] / 2)
        elif w.twins:
            for name in alike:
                patrons[name]["trade_share0"] = float(shares[:-2].mean())
        for d in (d for d in DECLARATIONS.values() if d.pair):
            known: Tree = {}
            for name in w.names:
                for other in w.names:
                    pair = tuple("alike" if w.twins and n in alike else n for n in (name, other))
                    if name != other and pair not in known:
                        known[pair] = self.number(d, [{}]) if self.rng.random() < 0.8 else None
                    if name != other and known[pair]:
                        patrons[name][d.name][other] = deepcopy(known[pair])
        return patrons

    def event(self) -> Tree:
        """A shock to a state or to a number, some quarters long."""
        w, one = self.world, str(self.rng.choice(self.world.names))
        path, change = (
            ("client.reserves", {"add": -3.0}),
            ("client.reserves", {"multiply": 2.0}),
            ("client.legitimacy", {"add": -0.4}),
            ("client.national_sentiment", {"set": 1.5}),
            ("client.repression", {"add": 0.3}),
            (f"patrons.{one}.debt", {"add": 2.0}),
            (f"patrons.{one}.debt", {"multiply": 0.5}),
            (f"patrons.{one}.debt", {"add": -50.0}),
            (f"patrons.{one}.warmth", {"add": 0.5}),
            (f"patrons.{one}.salience", {"set": 0.0}),
            (f"patrons.{one}.frustration", {"add": 1.0}),
            (f"patrons.{one}.budget", {"multiply": 0.0}),
            (f"patrons.{one}.subsidy0", {"multiply": 0.5}),
            (f"patrons.{one}.red_line", {"multiply": 0.5}),
            ("client.external_gap", {"add": 0.5}),
            ("world.energy_price", {"multiply": 1.5}),
            ("client.gdp", {"add": -50.0}),
            ("client.potential_gdp", {"multiply": 0.9}),
            (["client.reserves", "client.market_debt"], {"add": -1.0}),
            (f"patrons.{one}.trade_share", {"add": 0.1}),
            (f"patrons.{one}.anchor", {"multiply": {"value": 1, "low": 0.5, "high": 9}}),
            ([f"patrons.{one}.credit_line0", f"patrons.{one}.credit_line"], {"add": 3.0}),
            (f"patrons.{one}.demand0", {"multiply": {"value": 0.8, "low": 0.1, "high": 1}}),
        )[self.rng.integers(23)]
        start = int(self.rng.integers(0, w.horizon))
        stop = int(self.rng.integers(start, w.horizon + 3))
        return {"from": dates.label(start), "until": dates.label(stop), "path": path, **change}

    def pin(self, tree: Tree) -> None:
        """Hold the numbers that the world pins, a dotted path or a glob over them."""
        for pattern, value in self.world.pins:
            hits = 0
            for path, parent, name in list(_leaves(tree)):
                if fnmatchcase(path, pattern):
                    parent[name] = value
                    hits += 1
            assert hits or ".rivalry." in pattern, f"no number is called {pattern}"


def _leaves(tree: Tree, path: str = "") -> Any:
    """Every number of a tree: its dotted path, the node it is in, its name."""
    for name, node in tree.items():
        here = f"{path}.{name}".lstrip(".")
        if isinstance(node, Mapping) and "value" not in node:
            yield from _leaves(node, here)
        elif here.split(".")[0] in ("world", "client", "patrons"):
            yield here, tree, name


@st.composite
def worlds(draw: st.DrawFn, patrons: tuple[int, ...] = (1, 2, 3, 5), **fixed: Any) -> World:
    """Random worlds; what is given is held."""
    chosen: dict[str, Any] = {
        "patrons": draw(st.sampled_from(patrons)),
        "seed": draw(st.integers(0, 2**32 - 1)),
    }
    choices = {
        "client": st.sampled_from(CLIENT_RULES),
        "bidding": st.tuples(*[st.sampled_from(PATRON_RULES)] * 5),
        "chance": st.sampled_from(("sampled", "expected")),
        "edge": st.sampled_from((0.0, 0.05, 0.3)),
        "events": st.sampled_from((0, 0, 1, 3)),
    }
    for name, choice in choices.items():
        given = fixed.pop(name, choice)
        chosen[name] = draw(given) if isinstance(given, st.SearchStrategy) else given
    pins = fixed.pop("pins", {})
    return World(**chosen, **fixed, pins=tuple(pins.items()))


def holds(law: str, truth: Any, **values: Any) -> None:
    """Fail with the first place where a law breaks: quarter, row, draw and the values there.

    Shapes: truth and values with the quarter first and the draw last.
    """
    truth = np.asarray(truth)
    if truth.all():
        return
    place = tuple(int(i) for i in np.argwhere(~truth)[0])
    shown = []
    for name, value in values.items():
        array = np.asarray(value)
        number = np.broadcast_to(array, truth.shape)[place]
        shown.append(f"{name}={number:.17g}")
    quarter = dates.label(place[0]) if place else "ever"
    raise AssertionError(
        f"{law}: breaks in {quarter}, row {place[1:-1]}, draw {place[-1] if place else 0}: "
        f"{', '.join(shown)} ({(~truth).sum()} places)"
    )


def same(law: str, first: Any, second: Any, relative: float = 0.0, absolute: float = 0.0) -> None:
    """Fail where two arrays differ: exactly, or by more than the tolerances. NaN equals NaN."""
    first, second = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    assert first.shape == second.shape, f"{law}: shapes {first.shape} and {second.shape}"
    near = np.abs(first - second) <= absolute + relative * np.maximum(np.abs(first), np.abs(second))
    equal = (first == second) | (np.isnan(first) & np.isnan(second))
    holds(law, equal | near, first=first, second=second)


def same_runs(first: Run, second: Run, relative: float = 0.0, absolute: float = 0.0) -> None:
    """Fail where two runs differ in any quantity."""
    for name in first.arrays:
        same(name, first[name], second[name], relative, absolute)
