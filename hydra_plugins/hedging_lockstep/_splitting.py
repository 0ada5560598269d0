"""The overrides of a sweep, read: what each may be, and which could be an axis of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from math import ceil, prod
from typing import Any

from hydra.core.override_parser.types import (
    ChoiceSweep,
    Override,
    QuotedString,
    RangeSweep,
    Transformer,
)

from hedging.errors import HedgingError
from hedging.runs.estimate import Options
from hedging.settings.read import read_float


@dataclass(frozen=True)
class Part:
    """One override of a sweep and the values it takes; `numbers` where each of several is a number."""

    line: str
    path: str
    texts: tuple[str, ...]
    numbers: tuple[float, ...] | None = None

    @property
    def swept(self) -> bool:
        """Whether it takes several values."""
        return len(self.texts) > 1


def read_parts(params: Sequence[Override], given: Sequence[Override], options: Options) -> list[Part]:
    """Read the overrides of a sweep: those of hydra.sweeper.params, then those given, which come before them.

    Raises:
        HedgingError: a key swept and given again, a sweep without a value, more points than the limit.
    """
    _check_once(params)
    _check_once(given)
    again = {_place(override) for override in given}
    overrides = [*(override for override in params if _place(override) not in again), *given]
    options.check(prod(_count(override) for override in overrides))
    parts = [_read(override) for override in overrides]
    return [_apart(part, parts) for part in parts]


def _place(override: Override) -> str:
    return override.get_key_element().lstrip("+")


def _check_once(overrides: Sequence[Override]) -> None:
    """See that what is swept is given once: of two, Hydra would drop the first without a word."""
    seen: dict[str, Override] = {}
    for override in overrides:
        first = seen.setdefault(_place(override), override)
        if first is not override and (first.is_sweep_override() or override.is_sweep_override()):
            raise HedgingError(
                f"{_place(override)} is given twice, as '{first.input_line}' and as '{override.input_line}'; "
                "drop one of them"
            )


def _count(override: Override) -> int:
    """How many values an override takes, without listing a range.

    Raises:
        HedgingError: none, or more than can be counted.
    """
    if not override.is_sweep_override():
        return 1
    if not override.is_discrete_sweep():
        raise HedgingError(
            f"'{override.input_line}': an interval has no values to run; write range(start,stop,step)"
        )
    value: Any = override.value()
    if isinstance(value, RangeSweep):
        start, stop, step = (Decimal(x) for x in (value.start or 0, value.stop or 0, value.step))
        if not step or not all(x.is_finite() for x in (start, stop, step)):
            raise HedgingError(f"'{override.input_line}': a range needs a finite step other than 0")
        count = max(ceil((stop - start) / step), 0)
    else:
        count = sum(1 for _ in override.sweep_iterator())
    if not count:
        raise HedgingError(
            f"'{override.input_line}' holds no value; a range runs from its start up to before its stop, "
            "as in range(0,1,0.1), and a glob must match a file"
        )
    return count


def _read(override: Override) -> Part:
    """The values of one override, and what each is in a job of its own."""
    line = str(override.input_line)
    if not override.is_sweep_override():
        return Part(line, override.key_or_group, (line,))
    texts = tuple(f"{override.get_key_element()}={Transformer.str(value)}" for value in _values(override))
    plain = not override.is_add() and not override.is_delete() and override.package is None
    numbers = _numbers(_values(_unshuffled(override))) if plain and len(texts) > 1 else None
    return Part(line, override.key_or_group, texts, numbers)


def _values(override: Override) -> list[Any]:
    """The values of a sweep; those of a range to 12 digits, so that 0.67 is not 0.6699999999999999."""
    values: list[Any] = list(override.sweep_iterator())
    if not override.is_range_sweep():
        return values
    return [float(f"{value:.12g}") if isinstance(value, float) else value for value in values]


def _unshuffled(override: Override) -> Override:
    """A sweep in the order written: in lockstep all is played at once, and no order is left to shuffle."""
    value: Any = override.value()
    if isinstance(value, ChoiceSweep | RangeSweep):
        return replace(override, _value=replace(value, shuffle=False))
    return override


def _numbers(values: Sequence[Any]) -> tuple[float, ...] | None:
    """The values as numbers; None where one is no number."""
    found: list[float] = []
    for value in values:
        try:
            found.append(read_float(value.text if isinstance(value, QuotedString) else value, ""))
        except HedgingError:
            return None
    return tuple(found)


def _apart(part: Part, parts: Sequence[Part]) -> Part:
    """A part as an axis only if no other override is about something within it, or all around it."""
    if part.numbers is None:
        return part
    for other in parts:
        within = other.path.startswith(f"{part.path}.")
        around = part.path.startswith(f"{other.path}.") and any("={" in text for text in other.texts)
        if within or around:
            return replace(part, numbers=None)
    return part
