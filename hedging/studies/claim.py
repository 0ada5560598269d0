"""What a study says of outcomes: formulas of them, and what every claim says, whatever its kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import nan
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hedging.errors import HedgingError, unknown
from hedging.measures.trajectories import find, members_of
from hedging.settings.read import key, read, read_float, read_word, snake_case
from hedging.studies import claims
from hedging.world.arrays import Array
from hedging.world.world import modules_in

OPERATORS = ("+", "-", "*", "/")
REFERENCE = "reference:"
"""Before an outcome: its value at the point or arm that the study names as its reference, same draw."""

NUMBER = re.compile(r"\d+(\.\d+)?")


@dataclass(frozen=True)
class Formula:
    """An outcome or several, joined by + - * / with spaces around them; * and / come first."""

    name: str
    words: tuple[str, ...]

    @property
    def operands(self) -> tuple[str, ...]:
        """The outcomes it needs, with `reference:` before those of the reference."""
        return tuple(word for word in self.words[::2] if not NUMBER.fullmatch(word))

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The outcomes that must be played for it."""
        return tuple(word.removeprefix(REFERENCE) for word in self.operands)

    @property
    def single(self) -> bool:
        """Whether it is one outcome as it stands, under its own name."""
        return self.words == (self.name,)

    def of(self, value: Callable[[str], Array]) -> Array:
        """Its value, given that of each operand; a division by 0 gives nothing (NaN)."""
        terms: list[Array] = []
        for operator, word in zip(("+", *self.words[1::2]), self.words[::2], strict=True):
            operand = np.asarray(float(word)) if NUMBER.fullmatch(word) else value(word)
            if operator == "*":
                terms[-1] = terms[-1] * operand
            elif operator == "/":
                terms[-1] = np.divide(terms[-1], np.where(operand == 0, np.nan, operand))
            else:
                terms.append(operand if operator == "+" else -operand)
        return terms[0] if len(self.words) == 1 else np.asarray(sum(terms))

    def unit(self, units: Mapping[str, str]) -> str:
        """The unit of its outcomes where they have one in common and are only added, else 1; blank where none
        was played."""
        found = {units.get(text, "") for text in self.outcomes}
        plain = not {"*", "/"} & set(self.words[1::2])
        return found.pop() if plain and len(found) == 1 else "1"


def read_formula(raw: object, where: str) -> Formula:
    """Read a formula: text, or {name: text}.

    Raises:
        HedgingError: words that do not alternate between outcomes and operators, or numbers alone.
    """
    name, text = next(iter(raw.items())) if isinstance(raw, Mapping) and len(raw) == 1 else (raw, raw)
    formula = Formula(str(name), tuple(text.split()) if isinstance(text, str) else ())
    odd, rest = len(formula.words) % 2, set(formula.words[1::2])
    if not odd or rest - set(OPERATORS) or not formula.operands:
        raise HedgingError(
            f"{where}: '{text}' is no outcome; write one, such as total_utility, or several joined by "
            "+ - * / with spaces around them"
        )
    return formula


def read_formulas(
    raw: object, patrons: Sequence[str], partners: Sequence[str], where: str
) -> tuple[Formula, ...]:
    """Read a list of formulas; `carrots.*` stands for the carrots of every patron.

    Raises:
        HedgingError: no list, an entry that is no formula, or one that stands there twice.
    """
    if not isinstance(raw, list):
        raise HedgingError(f"{where}={raw}: write a list, such as [total_utility, carrots.*]")
    found: dict[str, Formula] = {}
    for entry in raw:
        for text in _members(entry, patrons, partners, where) if isinstance(entry, str) else (entry,):
            formula = read_formula(text, where)
            if formula.name in found:
                raise HedgingError(f"{where}: {formula.name} stands there twice; drop one")
            found[formula.name] = formula
    return tuple(found.values())


def _members(text: str, patrons: Sequence[str], partners: Sequence[str], where: str) -> list[str]:
    """Every outcome that a star stands for."""
    measure, star, rest = text.partition(".*")
    if not star:
        return [text]
    members = members_of(find(measure, where)[1], patrons, partners) or ("*",)
    return [f"{measure}.{member}{rest}" for member in members]


Cases = NDArray[np.bool_]
Units = Mapping[str, str]


@dataclass(frozen=True)
class Known:
    """What a claim or a figure of a study may name."""

    rules: tuple[str, ...]
    arms: tuple[str, ...]
    axes: Mapping[str, tuple[float, ...]]
    measures: Mapping[str, Formula]

    def formula(self, raw: Any, where: str) -> Formula:
        """An outcome by its name under `measures`, or as it is written."""
        if raw is None:
            raise HedgingError(f"{where} has no outcome; write outcome: total_utility")
        return self.measures.get(str(raw)) or read_formula(raw, where)

    def place(self, raw: Any, where: str) -> dict[str, Any]:
        """An arm by its name and axes by the number of their value: {arm: with, outreach: 0.4}."""
        found: dict[str, Any] = {}
        for name, value in read_place(raw, where).items():
            if name == "arm":
                found[name] = read_word(value, f"{where}.arm", [*filter(None, self.arms)])
                continue
            if name not in self.axes:
                raise unknown("axis", name, ("arm", *self.axes), where)
            values, wanted = self.axes[name], read_float(value, f"{where}.{name}")
            near = np.isclose(values, wanted, rtol=1e-9, atol=1e-9)
            if not near.any():
                raise unknown("value", f"{wanted:g}", [f"{v:g}" for v in values], f"{where}.{name}")
            found[name] = int(near.argmax())
        return found


def read_place(raw: Any, where: str) -> Mapping[str, Any]:
    """Read where in a study something is, as it is written."""
    if not isinstance(raw, Mapping):
        raise HedgingError(f"{where}: '{raw}' is no place; write {{arm: <name>, <axis>: <value>}}")
    return raw


@dataclass(frozen=True)
class Side:
    """An outcome at a place of the study; with `best` the value of that axis at which it is greatest."""

    formula: Formula
    arm: str
    fixed: Mapping[str, int]
    best: str | None


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One statement of a study, and how it is to be judged: the keys that every kind has; one adds its own.

    A kind says in `holds` in which cases (draws, or means over resamples of them) it holds, and in `effect`
    how large what is claimed is in each: both from y (row, case), a row for each value x of the axis, rising,
    or for each side where it looks along none.
    """

    text: str = key()
    kind: str = key()
    outcome: Any = key(None)
    at: Mapping[str, Any] = key({}, read=read_place)
    rules: tuple[str, ...] = key()
    judged: str = key("draws", choices=("draws", "mean"))
    best: str | None = field(default=None, init=False)
    axis: str | None = field(default=None, init=False)
    sides: tuple[Side, ...] = field(default=(), init=False)

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """The outcomes it looks at."""
        return tuple(side.formula for side in self.sides)

    def look(self, known: Known, where: str) -> None:
        """Find its sides in a study, once and for all.

        Raises:
            HedgingError: an outcome, arm, axis, value or rule that is not there, or a place left open.
        """
        for rule in self.rules:
            read_word(rule, f"{where}.rule", known.rules)
        object.__setattr__(self, "sides", self.compared(known, where))

    def compared(self, known: Known, where: str) -> tuple[Side, ...]:
        """The outcomes that are compared."""
        return (self.side({}, known, where),)

    def side(self, own: Mapping[str, Any], known: Known, where: str) -> Side:
        """One side: what it says itself, over what the claim says for all."""
        said = {"outcome": self.outcome, "best": self.best, **self.at, **own}
        formula, best = known.formula(said.pop("outcome"), where), said.pop("best")
        if best is not None and best not in known.axes:
            raise unknown("axis", best, known.axes, f"{where}.best")
        fixed = known.place(said, where)
        arm = fixed.pop("arm", known.arms[0] if len(known.arms) == 1 else None)
        if arm is None:
            raise HedgingError(
                f"{where}: which arm? write at: {{arm: <name>}}; valid: {', '.join(known.arms)}"
            )
        for name, values in known.axes.items():
            if name in (self.axis, best) and name in fixed:
                raise HedgingError(f"{where}: looks along {name}? drop {name} there")
            if name not in (self.axis, best, *fixed):
                valid = ", ".join(f"{value:g}" for value in values[:12])
                raise HedgingError(f"{where}: where on {name}? write at: {{{name}: <value>}}; valid: {valid}")
        return Side(formula, arm, fixed, best)

    def holds(self, y: Array, x: Array) -> Cases:
        """In which cases it holds: (case,)."""
        raise NotImplementedError

    def effect(self, y: Array, x: Array) -> Array:
        """How large what is claimed is, in its unit: (case,)."""
        raise NotImplementedError

    def tied(self, y: Array) -> float:
        """The share of cases in which two sides are equal, where two are compared."""
        return nan

    def unit(self, units: Units, axis_units: Units) -> str:
        """The unit of its effect, given those of outcomes and of axes."""
        best = self.sides[0].best
        return axis_units[best] if best else self.sides[0].formula.unit(units)


@dataclass(frozen=True, kw_only=True)
class AlongAxis(Claim):
    """A claim about how an outcome goes along an axis."""

    axis: str = key()
    least: ClassVar[int] = 3

    def compared(self, known: Known, where: str) -> tuple[Side, ...]:
        """The outcome at every value of the axis."""
        axis = read_word(self.axis, f"{where}.axis", [*known.axes])
        if len(known.axes[axis]) < self.least:
            raise HedgingError(
                f"{where}: {self.kind} needs an axis of three values or more; {axis} has fewer"
            )
        return super().compared(known, where)


@cache
def kinds() -> dict[str, type[Claim]]:
    """Every kind by its name, found in the folder of claims: InteriorMaximum is interior_maximum."""
    found = [cls for module in modules_in(claims) for cls in vars(module).values() if isinstance(cls, type)]
    own = [cls for cls in found if issubclass(cls, Claim) and cls.__module__ != __name__]
    return {snake_case(cls.__name__): cls for cls in own}


def read_claims(raw: Sequence[Any], known: Known) -> tuple[Claim, ...]:
    """Read the claims of a study's file, each known by its text.

    Raises:
        HedgingError: a kind, key, outcome, arm, axis or value that is not there, a place left open, or a
            text that stands there twice.
    """
    found: dict[str, Claim] = {}
    for number, entry in enumerate(raw, start=1):
        where = f"claims[{number}]"
        if not isinstance(entry, dict) or not isinstance(entry.get("text"), str):
            raise HedgingError(f"{where}: a claim has a text and a kind; write {{text: ..., kind: greater}}")
        kind = read_word(entry.get("kind"), f"{where}.kind", list(kinds()))
        claim: Claim = read(kinds()[kind], {"rules": [*known.rules], **entry}, where)
        claim.look(known, where)
        if claim.text in found:
            raise HedgingError(f"{where}: '{claim.text}' is claimed already; word it differently")
        found[claim.text] = claim
    return tuple(found.values())
