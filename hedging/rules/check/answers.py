"""How a rule is asked, and what it may say: one answer examined, and the first fault in it named."""

from __future__ import annotations

import pickle
import random
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import FrozenInstanceError, dataclass, fields, is_dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import yaml

from hedging.errors import HedgingError
from hedging.rules.sight import PatronSight
from hedging.world.arrays import read_only
from hedging.world.phases.offers import DEAREST, Bid

SLACK = 1e-9
"""How far two ways to compute the same may lie apart, relative and absolute."""

IS = "is {x:.6g} for {at}"
"""How a number that is wrong is told."""

BID_FIELDS = tuple(item.name for item in fields(Bid))

PROMISES = yaml.safe_load((Path(__file__).parent / "promises.yaml").read_text(encoding="utf-8"))
"""By fault, what was expected of a rule, and what to write instead."""


class RuleError(HedgingError):
    """A rule breaks its promise; `fault` says which, the message what it returned and what was expected."""

    def __init__(self, fault: str, message: str) -> None:
        super().__init__(message)
        self.fault = fault


@dataclass(frozen=True)
class Scene:
    """Where a rule was asked, for whoever reads what went wrong."""

    rule: str
    patrons: tuple[str, ...]  # whose rows the answer has
    first: int
    draws: int
    place: str

    def fail(self, fault: str, what: str, expected: str = "", **told: Any) -> NoReturn:
        """Say what went wrong here; what was expected is the promise broken, where nothing else is said."""
        promise = PROMISES.get(fault, {})
        expected = (expected or promise["expected"]).format(fields=", ".join(BID_FIELDS), **told)
        hint = f": {promise['instead']}" if "instead" in promise else ""
        raise RuleError(fault, f"{self.rule}, {fault}: {what}; expected {expected} ({self.place}){hint}")

    def forbid(self, wrong: Any, fault: str, what: str, expected: str = "", **numbers: Any) -> None:
        """Where an array says that a number is wrong, name the first: its patron, its draw, what it is.

        Args:
            what, expected: texts with {at} for the place, and names of `numbers` for what stands there.
        """
        if np.any(wrong):
            place = tuple(int(i) for i in np.argwhere(wrong)[0])
            rows = f"patron '{self.patrons[place[0]]}' in " * (wrong.shape[:-1] == (len(self.patrons),))
            told = {name: array[place] for name, array in numbers.items()}
            told["at"] = f"{rows}draw {self.first + place[-1]}"
            self.fail(fault, what.format(**told), expected, **told)


def check_array(answer: Any, what: str, scene: Scene, most: float = np.inf) -> None:
    """See that an answer is an array of finite numbers, (patron, draw), from 0 to a limit.

    Raises:
        RuleError: not an array, shape, not finite, range.
    """
    shape = (len(scene.patrons), scene.draws)
    if not isinstance(answer, np.ndarray) or answer.dtype.kind not in "biuf":
        wanted = f"a numpy array of numbers, (patron, draw) = {shape}"
        scene.fail("not an array", f"{what} is {_form(answer)}", wanted)
    if answer.shape != shape:
        scene.fail("shape", f"{what} has shape {answer.shape}", f"(patron, draw) = {shape}")
    scene.forbid(~np.isfinite(answer), "not finite", f"{what} {IS}", x=answer)
    words = "a number not below 0" if most == np.inf else f"a number from 0 to {most:g}"
    scene.forbid((answer < 0) | (answer > most), "range", f"{what} {IS}", words, x=answer)


def check_bid(bid: Any, sight: PatronSight, scene: Scene) -> None:
    """See that a bid is whole, that the patron can pay it, and that its demand and price belong together.

    Rule: every field (patron, draw), finite, not below 0; demand at most 1; offer and carrot within budget *
    gate; no offer above what the patron is willing to pay; `cost` the client's cost of this very demand, and
    `reservation` at least the client's price for it, discounts earned back taken off. A mean over several
    demands meets the last three only if demand, offer, cost, reservation and willing are means by the same
    weights: cost and willing are linear in demand, the price bends upwards and never falls below 0.

    Raises:
        RuleError: missing field, not an array, shape, not finite, range, price and demand disagree, over
            budget, offer above willing.
    """
    missing = [name for name in BID_FIELDS if getattr(bid, name, None) is None]
    if missing or not isinstance(bid, Bid):
        lack = f" without {', '.join(missing)}" if 0 < len(missing) < len(BID_FIELDS) else ""
        scene.fail("missing field", f"bid returned {_form(bid)}{lack}")
    for name, array in vars(bid).items():
        check_array(array, name, scene, 1.0 if name == "demand" else np.inf)
    own, purse = sight.bid_for(bid.demand), sight.own.budget * sight.own.gate
    bent = own.cost / sight.parameters.theta_money < DEAREST  # beyond, the price no longer bends upwards
    off = np.abs(bid.cost - own.cost) > SLACK * (1 + own.cost)
    low = bent & (bid.reservation < own.reservation - SLACK * (1 + own.reservation))
    for name, wrong, least in (("cost", off, ""), ("reservation", low, "at least ")):
        price = f"{least}{{y:.6g}}, the client's for a demand of {{demand:.6g}}"
        told = {"x": getattr(bid, name), "y": getattr(own, name), "demand": bid.demand}
        scene.forbid(wrong, "price and demand disagree", f"{name} {IS}", price, **told)
    for fault, name, x, most in (
        ("over budget", "offer + carrot", bid.offer + bid.carrot, purse),
        ("offer above willing", "offer", bid.offer, bid.willing),
    ):
        scene.forbid(x > most + SLACK * (1 + most), fault, f"{name} {IS}", x=x, most=most)


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
        if value.dtype.kind == "f":
            scene.forbid(~np.isfinite(value), "not finite", f"{told} with NaN or infinity in {{at}}")


def _form(value: Any) -> str:
    """What somebody returned, in a few words."""
    if value is None:
        return "nothing (None): is there a return?"
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype}, shape {value.shape}"
    text = repr(value)
    said = "" if is_dataclass(value) else f": {text if len(text) <= 50 else text[:47] + '...'}"
    return f"a {type(value).__name__}{said}"


RAISED: tuple[tuple[type[Exception], str, str], ...] = (
    (FrozenInstanceError, "", "memory on the rule"),
    (Exception, "read-only", "wrote to the sight"),
    (Exception, "truth value of an array", "branches on an array"),
    (TypeError, r"Bid\.", "missing field"),
    (IndexError, "", "shape"),
    (Exception, "broadcast|unpack|shape", "shape"),
    (Exception, "", "raises"),
)
"""An error that a rule raises, what its text holds, and the fault behind it; the first that fits."""


@contextmanager
def same_dice() -> Iterator[None]:
    """Leave the random state that a whole program shares as it was, whatever a rule does to it."""
    python_state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002 (what is watched)
    try:
        yield
    finally:
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)


def _dice() -> dict[str, Any]:
    return {"np.random": _bytes(np.random.get_state()), "Python's random": random.getstate()}  # noqa: NPY002


def ask(rule: Any, method: str, scene: Scene, *shown: Any) -> Any:
    """Ask a rule twice and give its answer.

    Raises:
        RuleError: global randomness, wrote to the sight, wrote to the memory, memory on the rule, differs on
            repeat, branches on an array, shape, missing field, raises.
    """
    seen = {path: array for record in shown for path, array in arrays(record)}
    read_only(seen.values())
    before, kept, dice = {path: _bytes(array) for path, array in seen.items()}, portrait(rule), _dice()
    answer = call(getattr(rule, method), scene, *shown)
    if drawn := _differing(dice, _dice()):
        scene.fail("global randomness", f"{method} drew from {drawn}, which the whole program shares")
    if changed := _differing(kept, portrait(rule)):
        scene.fail("memory on the rule", f"{method} changed '{changed}' of the rule itself")
    again = call(getattr(rule, method), scene, *shown)
    if changed := _differing(before, {path: _bytes(array) for path, array in seen.items()}):
        scene.fail(_wrote(method), f"{method} wrote into {changed} that it was shown")
    fault, told, second = "differs on repeat", [*arrays(answer, method)], [*arrays(again, method)]
    if [(path, array.shape) for path, array in told] != [(path, array.shape) for path, array in second]:
        scene.fail(fault, f"{method} gave another answer the second time")
    for (path, one), (_, two) in zip(told, second, strict=True):
        what = f"{path} was {{one:.6g}} for {{at}} the first time and {{two:.6g}} the second"
        scene.forbid(unlike(one, two), fault, what, one=one, two=two)
    return answer


def call(
    method: Callable[..., Any], scene: Scene, *shown: Any, blame: Callable[..., Any] | None = None
) -> Any:
    """Call a method of a rule, or what calls the method to blame, and name what it raises.

    Raises:
        RuleError: named after what went wrong.
    """
    try:
        return method(*shown)
    except RuleError:
        raise
    except Exception as error:  # whatever a rule of the user's raises
        blamed, text = blame or method, " ".join(str(error).split())
        name = getattr(blamed, "__name__", "the rule")
        fits = (fault for kind, words, fault in RAISED if isinstance(error, kind) and re.search(words, text))
        fault, told = next(fits), f"{type(error).__name__}: {text} ({_place(error, blamed)})"
        scene.fail(_wrote(name) if "wrote" in fault else fault, f"{name} raised {told}")


def _wrote(method: str) -> str:
    return "wrote to the memory" if method == "learn" else "wrote to the sight"


def _place(error: Exception, method: Callable[..., Any]) -> str:
    """File and line: the deepest one in the rule's own file, else the deepest of all."""
    frames = traceback.extract_tb(error.__traceback__)
    file = getattr(getattr(method, "__code__", None), "co_filename", None)
    frame = ([frame for frame in frames if frame.filename == file] or frames)[-1]
    return f"{Path(frame.filename).name}, line {frame.lineno}"


def portrait(rule: Any) -> dict[str, Any]:
    """Everything a rule holds, and what its class holds for all rules of its kind, as bytes."""
    own = {item.name: getattr(rule, item.name, None) for item in fields(rule)} | getattr(rule, "__dict__", {})
    shared = {key: value for key, value in vars(type(rule)).items() if not key.startswith("__")}
    return {key: _bytes(value) for key, value in (shared | own).items()}


def _bytes(value: Any) -> Any:
    try:
        return pickle.dumps(value)
    except Exception:  # what cannot be written down is at least seen to be replaced
        return id(value)


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """The first name under which the two differ, or nothing."""
    return next((name for name in {**before, **after} if before.get(name) != after.get(name)), "")


def unlike(one: Any, other: Any) -> Any:
    """Where two arrays differ; NaN is the same as NaN."""
    return (one != other) & ((one == one) | (other == other))


def arrays(record: Any, path: str = "") -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """Every array of a record and of the records in it, by its path; that of a bare array is `path`."""
    if isinstance(record, np.ndarray):
        yield path or "the utility", record
    elif is_dataclass(record) and not isinstance(record, type):
        for item in fields(record):
            name = item.name.replace("_truth", "parameters")
            yield from arrays(getattr(record, item.name), f"{path}.{name}" if path else name)


@dataclass(frozen=True)
class Asked:
    """Stands in for a rule, and examines every answer before it is played."""

    rule: Any
    scene: Scene

    def __getattr__(self, method: str) -> Any:
        getattr(self.rule, method)  # a rule without a memory has no method learn here either
        return partial(self._answer, method)

    def _answer(self, method: str, sight: Any, *memory: Any) -> Any:
        scene = replace(self.scene, patrons=sight.patrons)
        answer = ask(self.rule, method, scene, sight, *memory)
        if method == "choose":
            check_array(answer, "the effort", scene, 1.0)
        elif method == "bid":
            check_bid(answer, sight, scene)
        else:
            check_memory(answer, scene, *memory[:1])
        return answer
