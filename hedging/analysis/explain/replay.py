"""Play one draw of a setting again, and keep of some quarters all that it takes to explain them."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from inspect import signature
from types import SimpleNamespace
from typing import Any

import numpy as np
import yaml

from hedging.results.manifest import attributes
from hedging.results.save import to_dataset
from hedging.rules.sight import Sight
from hedging.settings.compose import config_dir
from hedging.settings.events import Event
from hedging.settings.settings import Settings
from hedging.studies.claim import read_formula
from hedging.world import dates
from hedging.world.arrays import Array, Terms, over_patrons
from hedging.world.chance import Chance, Sampled, uniform
from hedging.world.parameters import Parameters
from hedging.world.phases import offers, relations, settlement, utility
from hedging.world.quarter import see
from hedging.world.state import State
from hedging.world.world import World, play_out

SHOWN = ("offer", "reservation", "accept", "effort", "frustration", "hold", "coerce", "survival", "sovereign")
"""What the figure shows."""


@dataclass(frozen=True)
class Moment:
    """One quarter of one draw: how it began, what was done, how it ended; arrays have a single draw."""

    quarter: int
    before: State  # with the events of this quarter
    after: State  # without those of the next
    p: Parameters
    f: Any  # the flows, by name
    chance: Chance
    rule: Any  # the client's
    sight: Sight  # what it saw

    @property
    def date(self) -> str:
        """The quarter's label."""
        return dates.label(self.quarter)

    @property
    def sampled(self) -> bool:
        """Whether an event happens or not; else every probability stands in the place of its event."""
        return isinstance(self.chance, Sampled)

    @cached_property
    def weighed(self) -> tuple[Array, Array, Array]:
        """The stances that the client chose among, their values and their odds; none where it tells none."""
        none = np.empty((0, len(self.sight.patrons)))
        return self.rule.weigh(self.sight) if hasattr(self.rule, "weigh") else (none, none, none)


@dataclass(frozen=True)
class Story:
    """One draw from beginning to end, and the quarters of it that are told."""

    settings: Settings
    draw: int
    moments: tuple[Moment, ...]
    record: Any  # what its figure shows, as an xarray.Dataset, with all that is told of the run
    events: tuple[Event, ...]  # by path, their amounts those of the draw

    @property
    def labels(self) -> list[str]:
        """How the patrons are called, in the order of rows."""
        return [self.settings.labels[name] for name in self.settings.patrons]

    @property
    def dates(self) -> str:
        """From when to when it is told."""
        return " to ".join(dict.fromkeys((self.moments[0].date, self.moments[-1].date)))


def replay(settings: Settings, draw: int, first: int, last: int) -> Story:
    """Play one draw to the horizon, as it is in the whole ensemble; keep the quarters from first to last."""
    world = World(settings, draw, 1)
    moments: list[Moment] = []
    lines: list[Array] = []

    def step() -> None:
        lines.append(world.numbers.red_line[:, 0])
        if first <= world.quarter <= last:
            moments.append(_step(world))
        else:
            world.step()

    record = to_dataset(settings, play_out(world, SHOWN, step), world.sampled).isel(draw=0)
    record = record.assign(tension=record["frustration"] / np.stack([*lines, lines[-1]]))
    told = attributes(settings.tree) | {"draw": draw}
    return Story(settings, draw, tuple(moments), record.assign_attrs(told), world.events)


def _step(world: World) -> Moment:
    """Step the world through a quarter, and keep what explains it."""
    now, p, chance = copy(world), world.numbers, world.chance
    f: Any = SimpleNamespace(**world.step())
    sight = see(now.state, p, now.cast, now.quarter, chance, f, f, now.foresee)
    return Moment(now.quarter, now.state, world.ended, p, f, chance, now.cast.client, sight)


Causes = dict[str, Array]
ALL = slice(None)
TINY = 1e-9


@cache
def words() -> Any:
    """Everything that is said, and figures that follow from others, from configs/explain.yaml."""
    return yaml.safe_load((config_dir() / "explain.yaml").read_text(encoding="utf-8"))


def _terms(m: Moment, of: Callable[..., Terms], **known: Any) -> Causes:
    """What a phase adds up, by cause; it is asked again with what it took in the quarter, by name."""
    known = {"state": m.before, "p": m.p, "chance": m.chance, **vars(m.after), **vars(m.f), **known}
    return _parts(of(**{name: known.get(name, m.f) for name in signature(of).parameters}))


def _parts(terms: Terms) -> Causes:
    return {cause: sign * term for cause, sign, term in terms}


def _bounded(causes: Causes, whole: Array) -> Causes:
    """The causes of a change, last what keeps its end in its range."""
    return causes | {"bound": whole - sum(causes.values())} if causes else {}


def _moved(m: Moment, name: str, causes: Causes) -> Causes:
    """Causes of a change; the first is what is left of the start."""
    start, first = getattr(m.before, name), next(iter(causes))
    causes[first] = causes[first] - start
    return _bounded(causes, getattr(m.after, name) - start)


def _salience(m: Moment) -> Causes:
    whole, usual = (_terms(m, relations.salience_terms, target=to) for to in (m.f.target, m.p.salience0))
    return whole | {"reversion": usual["rivalry"], "rivalry": whole["rivalry"] - usual["rivalry"]}


def _effort(m: Moment) -> Causes:
    return _bounded(_parts(m.rule.reasons(m.sight)) if hasattr(m.rule, "reasons") else {}, m.f.effort)


def _gate(m: Moment) -> Causes:
    held = (1 - factor for factor in offers.gate_factors(m.before, m.p, m.f.anger))
    return dict(zip(("conditionality", "squeamishness", *m.sight.patrons), held, strict=True))


def _utility(m: Moment) -> Causes:
    good = _terms(m, utility.lasting_terms, sentiment=m.after.national_sentiment)
    terms = _terms(m, utility.utility_terms, lasting=np.zeros_like(m.f.utility))
    return terms | {cause: (1 - m.p.beta) * value for cause, value in good.items()}


def _lent(m: Moment) -> Array:
    """What is lent in place of what each patron holds up, by whom: (holder, lender, draw)."""
    alone = np.eye(len(m.sight.patrons))[..., None] * m.f.hold
    lent = np.stack([settlement.bridged(m.f.due, hold, m.f.bridge_cap, m.before.warmth) for hold in alone])
    asked: Array = lent.sum(axis=0)
    lent *= np.divide(m.f.bridge, asked, out=np.zeros_like(asked), where=asked > 0)
    return lent


def _trade(m: Moment) -> Causes:
    """What moves each share of trade, one cause after the other."""
    share, none = m.before.trade_share, np.zeros_like(m.f.blocked)
    freed = replace(m.p, trade_memory=none[0])
    drawn = replace(freed, diversification_push=none[0])
    turned = (settlement.turn_trade(m.before, p, b) for p, b in ((drawn, none), (drawn, m.f.blocked)))
    spread = settlement.turn_trade(m.before, freed, m.f.blocked)
    steps = np.diff([share, *turned, spread, m.after.trade_share], axis=0)
    return dict(zip(("ties", "blockades", "push", "anchor"), steps[:, :-1], strict=True))


CAUSES: dict[str, Callable[[Moment], Causes]] = {
    "warmth": lambda m: _moved(m, "warmth", _terms(m, relations.warmth_terms)),
    "frustration": lambda m: _moved(m, "frustration", _terms(m, relations.frustration_terms)),
    "salience": lambda m: _moved(m, "salience", _salience(m)),
    "effort": _effort,
    "gate": _gate,
    "carrot": lambda m: {
        patron: m.p.rivalry[:, q] * m.before.warmth[q] for q, patron in enumerate(m.sight.patrons)
    },
    "bridge": lambda m: dict(zip(m.sight.patrons, _lent(m), strict=True)),
    "bridged": lambda m: dict(zip(m.sight.patrons, _lent(m).swapaxes(0, 1), strict=True)),
    "trade_share": _trade,
    "utility": _utility,
}
"""What a phase, or more than one figure each, takes apart; configs/explain.yaml does the rest, as terms."""


def causes_of(m: Moment, name: str) -> Causes:
    """What a quantity of a quarter, or its change, adds up from: (patron, draw), or (draw,) of the client."""
    terms = words()["terms"].get(name, {})
    causes = CAUSES[name](m) if name in CAUSES else {cause: _valued(m, text) for cause, text in terms.items()}
    if getattr(m.after, name, m.f.effort).ndim == 1 or name == "utility":
        causes = {cause: over_patrons(x) if x.ndim > 1 else x for cause, x in causes.items()}
    else:
        causes = {cause: np.broadcast_to(x, m.f.effort.shape) for cause, x in causes.items()}
    bound = name in words()["terms"] and "bound" in words()["causes"][name]
    return _bounded(causes, getattr(m.after, name) - getattr(m.before, name)) if bound else causes


def _known(m: Moment, **other: Any) -> Any:
    """The state at the start and the flows, were some of them other."""
    return SimpleNamespace(**{**vars(m.before), **vars(m.f), **other})


def _bid(m: Moment, **other: Any) -> offers.Bid:
    """The transactional bid for what was asked, were something other."""
    known = _known(m, **other)
    return offers.bid_for(m.f.demand, known, m.p, known, ALL)


def _price(m: Moment, **other: Any) -> Array:
    """The client's price, were something other; of demands averaged, in proportion."""
    usual, price = _bid(m).reservation, _bid(m, **other).reservation
    np.divide(m.f.reservation * price, usual, out=price, where=usual > 0)
    return price


def _cost(m: Moment, sentiment: Array | float) -> Array:
    """What the concession would cost a leader in no peril: in sovereignty, in control."""
    weights = offers.concession_weights(m.p, sentiment, np.zeros_like(m.f.peril), ALL)
    return np.stack(weights) * m.f.demand  # type: ignore[no-any-return]


def _gain_of_money(m: Moment) -> Array:
    """What the offer would be worth if it earned no discount back."""
    known = _known(m, restored=0 * m.f.restored)
    return offers.gain_of(known, known, known, m.p, ALL)


def _bound(m: Moment) -> Array:
    """Whether a patron would pay more than its purse holds after the carrot."""
    held = m.f.offer >= m.p.budget * m.f.gate - m.f.carrot - TINY
    return np.where(held & (m.f.offer < m.f.willing - TINY), 1.0, 0.0)


def _luck(purpose: str, m: Moment) -> Array:
    """The uniform numbers that decided an event of patrons: (patron, draw); of sampled chance alone."""
    assert isinstance(m.chance, Sampled)
    return m.chance.luck.numbers(purpose, m.chance.luck.patrons, uniform, m.quarter)


FIGURES: dict[str, Callable[[Moment], Array]] = {
    "held_back": lambda m: np.max(list(causes_of(m, "gate").values()), axis=0),
    "bound": _bound,
    "by_rule": lambda m: np.abs(_bid(m).offer - m.f.offer),
    "bargain": lambda m: offers.bargaining(m.f.outside, m.f.willing),
    "cost_of_sovereignty": lambda m: _cost(m, 0.0)[0],
    "cost_of_control": lambda m: _cost(m, 0.0)[1],
    "steady_cost": lambda m: _cost(m, m.before.national_sentiment).sum(axis=0),
    "gain_of_money": _gain_of_money,
    "poor_price": lambda m: _price(m, reserves=0.0),
    "calm_price": lambda m: _price(m, national_sentiment=0.0),
    "bold_price": lambda m: _price(m, peril=0 * m.f.peril),
    "full_price": lambda m: _price(m, restored=0 * m.f.restored),
    "blockade": lambda m: settlement.blockade_cost(
        settlement.blocked_trade(m.before, m.p, m.f.blocked), m.before.gdp, m.p
    ),
    "lent": lambda m: over_patrons(m.f.bridge),
    "trade_income": lambda m: settlement.trade_income(m.before.gdp, m.p),
    "luck_accept": partial(_luck, "accept"),
    "luck_coerce": partial(_luck, "coerce"),
}
"""Figures that no phase records; configs/explain.yaml makes more of them, and of those that are recorded."""


def figure(m: Moment, name: str) -> Array:
    """A figure by its name: a formula of others or one of the above, a flow, a state at the start or (end_)
    the end, a number, what the client remembers; with a minus its opposite."""
    if name.startswith("-"):
        return -figure(m, name[1:])
    if name in FIGURES:
        return FIGURES[name](m)
    if name in words()["figures"]:
        return _valued(m, words()["figures"][name])
    end = name.startswith("end_")
    sources = (m.after,) if end else (m.f, m.before, m.p, m.sight.memory)
    return next(array for source in sources if (array := getattr(source, name[4 * end :], None)) is not None)


def _valued(m: Moment, text: str) -> Array:
    """A formula of figures, such as frustration / red_line."""
    return read_formula(text, "explain.yaml").of(partial(figure, m))
