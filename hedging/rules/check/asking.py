"""Put a question to a rule twice, and see what else it did: wrote somewhere, kept something, threw dice."""

from __future__ import annotations

import random
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import FrozenInstanceError, fields, is_dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from hedging.rules.check.answers import RuleError, Scene
from hedging.world.arrays import read_only

KEEP_A_MEMORY = (
    "return a memory from start(sight) and learn(sight, memory, utility); it comes back in sight.memory"
)


@contextmanager
def same_dice() -> Iterator[None]:
    """Leave the random state that a whole program shares as it was, whatever a rule does to it."""
    python_state = random.getstate()
    numpy_state = np.random.get_state()  # noqa: NPY002 (it is what is watched)
    try:
        yield
    finally:
        np.random.set_state(numpy_state)  # noqa: NPY002
        random.setstate(python_state)


def _dice() -> dict[str, object]:
    state: Any = np.random.get_state(legacy=False)  # noqa: NPY002
    numbers = state["state"]
    return {
        "np.random": (numbers["key"].tobytes(), numbers["pos"], state["has_gauss"]),
        "Python's random": random.getstate(),
    }


def ask(rule: Any, method: str, scene: Scene, *shown: Any) -> Any:
    """Ask a rule twice and give its answer.

    Raises:
        RuleError: global randomness, wrote to the sight, wrote to the memory, memory on the rule, differs on
            repeat, branches on an array, shape, missing field, raises.
    """
    seen = {path: array for place, record in enumerate(shown) for path, array in _arrays(record, f"{place}")}
    read_only(seen.values())
    before = {path: array.copy() for path, array in seen.items()}
    kept, dice = portrait(rule), _dice()
    answer = call(getattr(rule, method), scene, *shown)
    if drawn := _differing(dice, _dice()):
        scene.fail(
            "global randomness",
            f"{method} drew from {drawn}, which the whole program shares",
            "no randomness but the sight's, so that every draw keeps its own luck",
            "use sight.pick(options, probabilities)",
        )
    if changed := _differing(kept, portrait(rule)):
        scene.fail(
            "memory on the rule",
            f"{method} changed '{changed}' of the rule itself",
            "a rule that stays as it was made",
            KEEP_A_MEMORY,
        )
    again = call(getattr(rule, method), scene, *shown)
    if changed := _differing(before, seen):
        scene.fail(*_wrote(method, changed.partition(".")[2] or "the utility"))
    _compare_answers(answer, again, method, scene)
    return answer


def call(
    method: Callable[..., Any], scene: Scene, *shown: Any, blame: Callable[..., Any] | None = None
) -> Any:
    """Call a method of a rule, or what calls the method to blame, and name what it raises.

    Raises:
        RuleError: named after what went wrong.
    """
    try:
        with np.errstate(all="ignore"):
            return method(*shown)
    except RuleError:
        raise
    except Exception as error:  # whatever a rule of the user's raises
        _translate(error, blame or method, scene)


def _translate(error: Exception, method: Callable[..., Any], scene: Scene) -> NoReturn:
    """Name the fault behind an error of a rule."""
    name, text = getattr(method, "__name__", "the rule"), " ".join(str(error).split())
    where = f"{name} raised {type(error).__name__}: {text} ({_place(error, method)})"
    if isinstance(error, FrozenInstanceError):
        fault, expected = "memory on the rule", "a rule that stays as it was made"
        hint = KEEP_A_MEMORY
    elif "read-only" in text:
        fault, _, expected, hint = _wrote(name, "an array")
    elif "truth value of an array" in text:
        fault, expected = "branches on an array", "one answer for each draw, not one for all"
        hint = "write np.where(condition, this, that) for if, & and | for and and or, np.maximum for max"
    elif isinstance(error, TypeError) and "Bid." in text:
        fault, expected, hint = "missing field", "a hedging.Bid with all of its fields", ""
    elif isinstance(error, IndexError) or any(word in text for word in ("broadcast", "unpack", "shape")):
        fault, expected = "shape", "arrays that fit: (patron, draw) or (draw,)"
        hint = "patrons come first, the draw last; loop over sight.patrons, whose number may differ"
    else:
        fault, expected, hint = "raises", "an answer", ""
    try:
        scene.fail(fault, where, expected, hint)
    except RuleError as fault_found:
        raise fault_found from error


def _wrote(method: str, what: str) -> tuple[str, str, str, str]:
    return (
        "wrote to the memory" if method == "learn" else "wrote to the sight",
        f"{method} wrote into {what} that it was shown",
        "the sight, memory and utility untouched",
        "work on a copy: x = sight.state.warmth.copy()",
    )


def _place(error: Exception, method: Callable[..., Any]) -> str:
    """File and line: the deepest one in the rule's own file, else the deepest of all."""
    frames = traceback.extract_tb(error.__traceback__)
    code = getattr(method, "__code__", None)
    own = [frame for frame in frames if code is not None and frame.filename == code.co_filename]
    frame = (own or list(frames))[-1]
    return f"{Path(frame.filename).name}, line {frame.lineno}"


def portrait(rule: Any) -> dict[str, Any]:
    """Everything a rule holds, and what its class holds for all rules of its kind, copied."""
    shared = {
        key: value
        for key, value in vars(type(rule)).items()
        if not key.startswith("__") and isinstance(value, list | dict | set | np.ndarray | int | float | str)
    }
    own = {item.name: getattr(rule, item.name, None) for item in fields(rule)} | getattr(rule, "__dict__", {})
    return {key: _copied(value) for key, value in {**shared, **own}.items()}


def _copied(value: Any) -> Any:
    try:
        return deepcopy(value)
    except Exception:  # what cannot be copied is at least seen to be replaced
        return value


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """The first name under which the two differ, or nothing."""
    for name in {**before, **after}:
        if name not in before or name not in after or not same(before[name], after[name]):
            return name
    return ""


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same to the last bit; NaN is the same as NaN."""
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        numbers = getattr(one, "dtype", np.dtype(object)).kind in "fc"
        return type(one) is type(other) and bool(np.array_equal(one, other, equal_nan=numbers))
    if is_dataclass(one) and not isinstance(one, type):
        return type(one) is type(other) and all(
            same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one)
        )
    try:
        return bool(one == other)
    except Exception:  # what cannot be compared counts as the same
        return True


def _compare_answers(answer: Any, again: Any, method: str, scene: Scene) -> None:
    if same(answer, again):
        return
    instead = "no randomness and no memory but the sight's: sight.pick, sight.memory"
    expected = "the same answer to the same question"
    for (path, one), (_, other) in zip(_arrays(answer, method), _arrays(again, method), strict=False):
        if one.shape == other.shape and not same(one, other):
            place = tuple(int(i) for i in np.argwhere(one != other)[0])
            where = scene.at(place if len(one) == len(scene.rows) else place[-1:])
            told = f"{path} was {one[place]:.6g} for {where} the first time and {other[place]:.6g} the second"
            scene.fail("differs on repeat", told, expected, instead)
    scene.fail("differs on repeat", f"{method} gave another answer the second time", expected, instead)


def _arrays(record: Any, path: str) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """Every array of a record and of the records in it, by its path."""
    if isinstance(record, np.ndarray):
        yield path, record
    elif is_dataclass(record) and not isinstance(record, type):
        for item in fields(record):
            yield from _arrays(
                getattr(record, item.name), f"{path}.{item.name}".replace("._truth", ".parameters")
            )
