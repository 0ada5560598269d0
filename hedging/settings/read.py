"""One reader: from a node of a config to a checked dataclass, or one line that says what to write instead.

A dataclass says what may stand in a node: each field a key, its annotation what is read there. `key` adds
what the annotation cannot say: a range, the words to choose from, a reader of its own, a default.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, field, fields
from math import inf, isnan
from typing import Any, TypeVar, get_type_hints

from hedging.errors import HedgingError, unknown
from hedging.world import dates

Read = Callable[[Any, str], Any]
T = TypeVar("T")

ANY = 10**18
"""A whole number that no limit forbids."""


def key(
    default: Any = MISSING,
    *,
    read: Read | None = None,
    low: int = 0,
    high: int = ANY,
    choices: Sequence[str] = (),
    hint: str = "",
) -> Any:
    """Declare a key of a node as a dataclass field.

    Args:
        default: what holds where the node lacks the key, or says null; without one the key must stand there.
        read: reads what stands there, given where that is.
        low, high: of a whole number.
        choices: the words that may stand there.
        hint: what to write where the key is missing; `<where>.<key>=...` without.
    """
    told = {"read": read, "low": low, "high": high, "choices": tuple(choices), "hint": hint}
    if isinstance(default, dict | list):
        return field(default_factory=default.copy, metadata=told)
    return field(default=default, metadata=told)


def read(cls: type[T], node: Any, where: str, say: str = "", what: str = "key") -> T:
    """Read a node as the dataclass says.

    Args:
        where: the dotted path of the node, as a user would write it.
        say: what to write where the node is no mapping.
        what: what a key of the node is called in an error.

    Raises:
        HedgingError: the node is no mapping, has a key that the dataclass lacks, lacks one that must be
            there, or holds what cannot stand there: the first that is found.
    """
    if not isinstance(node, Mapping):
        raise HedgingError(f"{where}: '{node}' is no group of keys; {say or f'write {example(cls)}'}")
    known = {item.name: item for item in fields(cls) if item.init}  # type: ignore[arg-type]
    for name in node:
        if name not in known:
            raise unknown(what, name, known, where)
    hints = hints_of(cls)
    found = {}
    for name, item in known.items():
        path = f"{where}.{name}" if where else name
        raw = node.get(name)
        if raw is None and has_default(item):
            continue
        if name not in node:
            raise HedgingError(f"{path} is missing; {item.metadata.get('hint') or f'write {path}=...'}")
        found[name] = read_value(raw, path, hints[name], item)
    return cls(**found)


def hints_of(cls: type) -> Mapping[str, Any]:
    """What each field of a dataclass is annotated with."""
    return get_type_hints(cls)


def has_default(item: Field[Any]) -> bool:
    """Whether a key may be missing."""
    return item.default is not MISSING or item.default_factory is not MISSING


def example(cls: type) -> str:
    """A node that the dataclass would read, in outline."""
    return f"{{{', '.join(f'{item.name}: ...' for item in fields(cls) if item.init)}}}"


def read_value(raw: Any, where: str, annotation: Any, item: Field[Any]) -> Any:
    """Read what stands at one key."""
    told = item.metadata
    if told.get("read"):
        return told["read"](raw, where)
    if told.get("choices"):
        return read_word(raw, where, told["choices"])
    if annotation is int or annotation == int | None:
        return read_whole(raw, where, told.get("low", 0), told.get("high", ANY))
    plain = READERS.get(annotation)
    return raw if plain is None else plain(raw, where)


def read_float(raw: Any, where: str) -> float:
    """Read one plain number; `.inf` is never.

    Raises:
        HedgingError: it is none.
    """
    if isinstance(raw, str) and raw.strip().lower() in {".inf", "inf", "+.inf"}:
        return inf
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise HedgingError(f"{where}: '{raw}' is not a number; write a number such as 0.5")
    if isnan(raw):
        raise HedgingError(f"{where}: NaN is not a number to run with; write a number such as 0.5")
    return float(raw)


def read_whole(raw: Any, where: str, low: int = 0, high: int = ANY) -> int:
    """Read a whole number.

    Raises:
        HedgingError: it is none, or lies outside low to high.
    """
    if isinstance(raw, bool) or not isinstance(raw, int) or not low <= raw <= high:
        limits = f"from {low}" if high == ANY else f"from {low} to {high}"
        raise HedgingError(f"{where}={raw}: it must be a whole number {limits}")
    return raw


def read_switch(raw: Any, where: str) -> bool:
    """Read true or false.

    Raises:
        HedgingError: it is neither.
    """
    if not isinstance(raw, bool):
        raise HedgingError(f"{where}={raw}: write true or false")
    return raw


def read_text(raw: Any, where: str) -> str:
    """Read a text that is shown to a reader.

    Raises:
        HedgingError: it is none, or empty.
    """
    if not isinstance(raw, str) or not raw.strip():
        raise HedgingError(f"{where}: '{raw}' is no text; write a word or more")
    return raw


def read_word(raw: Any, where: str, choices: Sequence[str]) -> str:
    """Read one of some words.

    Raises:
        HedgingError: it is none of them.
    """
    if raw not in choices:
        place, _, name = where.rpartition(".")
        raise unknown(name, raw, choices, place)
    return str(raw)


def read_texts(raw: Any, where: str) -> tuple[str, ...]:
    """Read a list of texts.

    Raises:
        HedgingError: it is none.
    """
    if not isinstance(raw, list) or not all(isinstance(text, str) for text in raw):
        raise HedgingError(f"{where}={raw}: write a list of texts, such as [one, two]")
    return tuple(raw)


def read_name(raw: Any, where: str) -> str:
    """Read a text that also names a folder.

    Raises:
        HedgingError: it holds anything else than letters, digits, - and _.
    """
    if not isinstance(raw, str) or not re.fullmatch(r"\w[\w-]*", raw):
        raise HedgingError(f"{where}='{raw}': write letters, digits, - and _ alone, such as my_study")
    return raw


def read_colour(raw: Any, where: str) -> str:
    """Read a colour.

    Raises:
        HedgingError: it is not six hexadecimal digits.
    """
    if not isinstance(raw, str) or not re.fullmatch(r"#[0-9A-Fa-f]{6}", raw):
        raise HedgingError(f"{where}: '{raw}' is no colour; write it in quotes, like '#D55E00'")
    return raw


def read_marks(raw: Any, where: str) -> tuple[tuple[str, str], ...]:
    """Read dates and what is written beside them on figures.

    Raises:
        HedgingError: one is no pair, or names no quarter.
    """
    if not isinstance(raw, list) or not all(isinstance(mark, list) and len(mark) == 2 for mark in raw):
        raise HedgingError(f"{where}={raw}: write pairs of a quarter and a label, such as [[2019Q4, talks]]")
    return tuple((dates.label(dates.index(date, where)), str(label)) for date, label in raw)


READERS: Mapping[Any, Read] = {
    float: read_float,
    float | None: read_float,
    bool: read_switch,
    bool | None: read_switch,
    str: read_text,
    str | None: read_text,
    tuple[str, ...]: read_texts,
}
"""How a key is read by its annotation alone; one that stands not here is taken as it is."""
