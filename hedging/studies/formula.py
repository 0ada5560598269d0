"""Outcomes put together: carrots.russia + subsidies.russia, 1 - gdp / reference:gdp."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hedging import measures
from hedging.errors import HedgingError
from hedging.measures.catalogue import SERIES, TOTALS
from hedging.world.arrays import Array

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
        total: Array | float = 0.0
        sign, product = 1.0, self._operand(self.words[0], value)
        for operator, word in zip(self.words[1::2], self.words[2::2], strict=True):
            operand = self._operand(word, value)
            if operator == "*":
                product = product * operand
            elif operator == "/":
                product = np.divide(product, np.where(operand == 0, np.nan, operand))
            else:
                total, product = total + sign * product, operand
                sign = 1.0 if operator == "+" else -1.0
        if len(self.words) == 1:
            return product
        return np.asarray(total + sign * product)

    @staticmethod
    def _operand(word: str, value: Callable[[str], Array]) -> Array:
        return np.asarray(float(word)) if NUMBER.fullmatch(word) else value(word)

    def unit(self, units: Mapping[str, str]) -> str:
        """The unit of its outcomes where they have one in common and are only added, else 1; blank where none
        was played."""
        found = {units.get(text, "") for text in self.outcomes}
        plain = not {"*", "/"} & set(self.words[1::2])
        return found.pop() if plain and len(found) == 1 else "1"


def read_formula(raw: object, where: str) -> Formula:
    """Read a formula: text, or {name: text}.

    Raises:
        HedgingError: words that do not alternate between outcomes and operators.
    """
    name, text = next(iter(raw.items())) if isinstance(raw, Mapping) and len(raw) == 1 else (raw, raw)
    words = tuple(text.split()) if isinstance(text, str) else ()
    if len(words) % 2 == 0 or any(word not in OPERATORS for word in words[1::2]):
        raise HedgingError(
            f"{where}: '{text}' is no outcome; write one, such as total_utility, or several joined by "
            "+ - * / with spaces around them"
        )
    formula = Formula(str(name), words)
    if not formula.operands:
        raise HedgingError(f"{where}: '{text}' names no outcome; write one, such as total_utility")
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
        for text in _members(entry, patrons, partners) if isinstance(entry, str) else (entry,):
            formula = read_formula(text, where)
            if formula.name in found:
                raise HedgingError(f"{where}: {formula.name} stands there twice; drop one")
            found[formula.name] = formula
    return tuple(found.values())


def _members(text: str, patrons: Sequence[str], partners: Sequence[str]) -> list[str]:
    """Every outcome that a star stands for."""
    measure, star, rest = text.partition(".*")
    if not star:
        return [text]
    axes = (SERIES | TOTALS)[measure].axes if measure in SERIES or measure in TOTALS else ("",)
    members = {"patron": patrons, "partner": partners}.get(
        axes[0], measures.REGIMES if measure == "regime" else ("*",)
    )
    return [f"{measure}.{member}{rest}" for member in members]
