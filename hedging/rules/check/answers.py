"""What a rule may say: one answer examined, and the first fault in it named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, NoReturn

import numpy as np

from hedging.errors import HedgingError
from hedging.rules.sight import PatronSight
from hedging.world import dates
from hedging.world.arrays import Array
from hedging.world.phases.offers import DEAREST, Bid

SLACK = 1e-9
"""How far two ways to compute the same may lie apart, relative and absolute."""

WEIGH_ALIKE = (
    "average demand, offer, cost, reservation and willing by the same weights, or take them from one bid_for"
)

BID_FIELDS = tuple(item.name for item in fields(Bid))


class RuleError(HedgingError):
    """A rule breaks its promise; `fault` says which, the message what it returned and what was expected."""

    def __init__(self, fault: str, message: str) -> None:
        super().__init__(message)
        self.fault = fault


@dataclass(frozen=True)
class Scene:
    """Where a rule was asked, for whoever reads what went wrong."""

    rule: str
    patrons: tuple[str, ...]
    rows: tuple[str, ...]  # the patrons whose rows the answer has
    first: int
    draws: int
    quarter: int
    chance: str
    situation: str
    beside: str

    def __str__(self) -> str:
        crowd = f"{len(self.patrons)} patron{'s' if len(self.patrons) > 1 else ''}"
        beside = f", beside {self.beside}" if self.beside else ""
        return f"{crowd}, {dates.label(self.quarter)}, {self.situation}, {self.chance} chance{beside}"

    def fail(self, fault: str, what: str, expected: str, instead: str = "") -> NoReturn:
        """Say what went wrong here."""
        hint = f": {instead}" if instead else ""
        raise RuleError(fault, f"{self.rule}, {fault}: {what}; expected {expected} ({self}){hint}")

    def at(self, place: Sequence[int]) -> str:
        """A patron and a draw by the place of their number in an array."""
        rows = [f"patron '{self.rows[row]}'" for row in place[:-1]]
        return " in ".join([*rows, f"draw {self.first + place[-1]}"])


def check_array(answer: Any, shape: tuple[int, ...], what: str, scene: Scene) -> None:
    """See that an answer is an array of finite numbers of the right shape.

    Raises:
        RuleError: not an array, shape, not finite.
    """
    axes = "(patron, draw)" if len(shape) == 2 else "(draw,)"
    wanted = f"{axes} = {shape}"
    if not isinstance(answer, np.ndarray) or answer.dtype.kind not in "biuf":
        scene.fail("not an array", f"{what} is {_form(answer)}", f"a numpy array of numbers, {wanted}")
    if answer.shape != shape:
        turned = "patrons come first, the draw last" if answer.shape == shape[::-1] else ""
        scene.fail("shape", f"{what} has shape {answer.shape}", wanted, turned)
    hint = "mind divisions by what can be 0, and logarithms of it"
    _fail_where(~np.isfinite(answer), answer, what, scene, "not finite", "a finite number", hint)


def check_effort(effort: Any, scene: Scene) -> None:
    """See that an effort is (patron, draw) and from 0 to 1.

    Raises:
        RuleError: not an array, shape, not finite, range.
    """
    check_array(effort, (len(scene.patrons), scene.draws), "the effort", scene)
    hint = "cut it with np.clip(effort, 0.0, 1.0)"
    outside = (effort < 0) | (effort > 1)
    _fail_where(outside, effort, "the effort", scene, "range", "a number from 0 to 1", hint)


def check_bid(bid: Any, sight: PatronSight, scene: Scene) -> None:
    """See that a bid is whole, that the patron can pay it, and that its demand and price belong together.

    Rule: every field (patron, draw), finite, not below 0; demand at most 1; offer and carrot within budget *
    gate; no offer above what the patron is willing to pay; `cost` the client's cost of this very demand, and
    `reservation` at least the client's price for it. A mean over several demands meets the last three only if
    demand, offer, cost, reservation and willing are means by the same weights: cost and willing are linear in
    demand, the price bends upwards.

    Raises:
        RuleError: missing field, not an array, shape, not finite, range, price and demand disagree, over
            budget, offer above willing.
    """
    missing = [name for name in BID_FIELDS if getattr(bid, name, None) is None]
    if missing or not isinstance(bid, Bid):
        lack = f" without {', '.join(missing)}" if 0 < len(missing) < len(BID_FIELDS) else ""
        whole = f"a hedging.Bid with {', '.join(BID_FIELDS)}, each (patron, draw)"
        scene.fail("missing field", f"bid returned {_form(bid)}{lack}", whole)
    for name in BID_FIELDS:
        array: Any = getattr(bid, name)
        check_array(array, np.shape(sight.full_demand), name, scene)
        top, words = (1.0, "a share from 0 to 1") if name == "demand" else (np.inf, "a number not below 0")
        _fail_where((array < 0) | (array > top), array, name, scene, "range", words)
    _check_price(bid, sight, scene)
    _check_money(bid, sight, scene)


def _check_price(bid: Bid, sight: PatronSight, scene: Scene) -> None:
    own = sight.bid_for(bid.demand)
    bent = own.cost / sight.parameters.theta_money < DEAREST  # beyond, the price no longer bends upwards
    off = np.abs(bid.cost - own.cost) > SLACK * (1 + own.cost)
    low = bent & (bid.reservation < own.reservation - SLACK * (1 + own.reservation))
    for wrong, name, words in ((off, "cost", ""), (low, "reservation", "at least ")):
        if wrong.any():
            place = _first(wrong)
            told = f"{name} is {getattr(bid, name)[place]:.6g} for {scene.at(place)}"
            demand = f"the client's for a demand of {bid.demand[place]:.6g}"
            expected = f"{words}{getattr(own, name)[place]:.6g}, {demand}"
            scene.fail("price and demand disagree", told, expected, WEIGH_ALIKE)


def _check_money(bid: Bid, sight: PatronSight, scene: Scene) -> None:
    purse: Array = sight.own.budget * sight.own.gate
    spent = bid.offer + bid.carrot
    over = spent > purse + SLACK * (1 + purse)
    if over.any():
        place = _first(over)
        told = f"offer + carrot is {spent[place]:.6g} for {scene.at(place)}"
        hint = "cut the offer with np.minimum(offer, sight.own.budget * sight.own.gate - carrot)"
        scene.fail("over budget", told, f"at most budget * gate, {purse[place]:.6g}", hint)
    above = bid.offer > bid.willing + SLACK * (1 + bid.willing)
    if above.any():
        place = _first(above)
        told = f"offer is {bid.offer[place]:.6g} for {scene.at(place)}"
        expected = f"at most what the bid itself says the patron is willing to pay, {bid.willing[place]:.6g}"
        scene.fail("offer above willing", told, expected, WEIGH_ALIKE)


def check_memory(memory: Any, scene: Scene, like: Any = None) -> None:
    """See that a memory is a dataclass of finite arrays, the draw last, of the kind and shapes it had before.

    Raises:
        RuleError: memory shape, not finite.
    """
    method, fault = "start" if like is None else "learn", "memory shape"
    if not is_dataclass(memory) or isinstance(memory, type):
        scene.fail(fault, f"{method} returned {_form(memory)}", "a dataclass of arrays, the draw last")
    if like is not None and type(memory) is not type(like):
        scene.fail(fault, f"learn returned {_form(memory)}", f"a {type(like).__name__} as before")
    for item in fields(memory):
        value, before = getattr(memory, item.name), getattr(like, item.name, None)
        told = f"{method} made {type(memory).__name__}.{item.name} {_form(value)}"
        if not isinstance(value, np.ndarray) or value.shape[-1:] != (scene.draws,):
            scene.fail(fault, told, f"an array (..., draw), the last axis of length {scene.draws}")
        if before is not None and np.shape(before) != value.shape:
            scene.fail(fault, told, f"shape {np.shape(before)} as before")
        if value.dtype.kind == "f" and not np.isfinite(value).all():
            draw = scene.first + _first(~np.isfinite(value))[-1]
            scene.fail("not finite", f"{told} with NaN or infinity in draw {draw}", "finite numbers")


def _fail_where(
    wrong: Any, array: Any, what: str, scene: Scene, fault: str, expected: str, hint: str = ""
) -> None:
    if wrong.any():
        place = _first(wrong)
        scene.fail(fault, f"{what} is {array[place]:.6g} for {scene.at(place)}", expected, hint)


def _first(wrong: Any) -> tuple[int, ...]:
    """The place of the first number that is wrong."""
    return tuple(int(i) for i in np.argwhere(wrong)[0])


def _form(value: Any) -> str:
    """What somebody returned, in a few words."""
    if value is None:
        return "nothing (None): is there a return?"
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype}, shape {value.shape}"
    if is_dataclass(value):
        return f"a {type(value).__name__}"
    text = repr(value)
    return f"a {type(value).__name__}: {text if len(text) <= 50 else text[:47] + '...'}"
