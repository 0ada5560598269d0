"""One reader: from a node of a config to a checked dataclass, or one line that says what to write instead.

A dataclass says what may stand in a node: each field a key, its annotation what is read there. `key` adds
what the annotation cannot say: a range, the words to choose from, a reader of its own, a default. Where the
keys hang on something else, as the numbers of a rule do on its class, they are told as `Key`s by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from functools import cache, partial
from importlib import import_module
from math import inf, isnan
from typing import Any, TypeVar, get_type_hints

from hedging.errors import HedgingError, unknown
from hedging.world import dates

Read = Callable[[Any, str], Any]
T = TypeVar("T")

ANY = 10**18
"""A whole number that no limit forbids."""


def as_it_is(raw: Any, where: str) -> Any:
    """Take what stands there, whatever it is."""
    return raw


@dataclass(frozen=True)
class Key:
    """A key of a node: how what stands there is read, whether it must stand there, and what to write where it
    is missing, `{path}` being the place."""

    read: Read = as_it_is
    must: bool = True
    hint: str = ""
    field: str = ""  # of the dataclass


def key(
    default: Any = MISSING,
    *,
    read: Read | None = None,
    low: int = 0,
    high: int = ANY,
    choices: Sequence[str] = (),
    hint: str = "",
    name: str = "",
) -> Any:
    """Declare a key of a node as a dataclass field.

    Args:
        default: what holds where the node lacks the key, or says null; without one the key must stand there.
        read: reads what stands there, given where that is.
        low, high: of a whole number.
        choices: the words that may stand there.
        hint: what to write where the key is missing; `write <where>.<key>=...` without.
        name: of the key, where the field cannot be called so.
    """
    if choices:
        read = partial(read_word, choices=tuple(choices))
    elif (low, high) != (0, ANY):
        read = partial(read_whole, low=low, high=high)
    told = {"read": read, "hint": hint, "name": name}
    if isinstance(default, dict):
        return field(default_factory=default.copy, metadata=told)
    return field(default=default, metadata=told)


def read(cls: type[T], node: Any, where: str, say: str = "", what: str = "key", **given: Any) -> T:
    """Read a node as the dataclass says.

    Args:
        where: the dotted path of the node, as a user would write it.
        say: what to write where the node is no mapping.
        what: what a key of the node is called in an error.
        given: fields that no key of the node may state.

    Raises:
        HedgingError: the node is no mapping, has a key that the dataclass lacks, lacks one that must be
            there, or holds what cannot stand there: the first that is found.
    """
    declared: dict[str, Key] = keys_of(cls)  # type: ignore[arg-type]
    keys = {name: one for name, one in declared.items() if one.field not in given}
    say = say or f"write {{{', '.join(f'{name}: ...' for name in keys)}}}"
    found = read_keys(keys, node, where, say, what)
    return cls(**{keys[name].field: value for name, value in found.items()}, **given)


@cache
def keys_of(cls: Any) -> dict[str, Key]:
    """The keys that the fields of a dataclass declare."""
    hints, found = get_type_hints(cls), {}
    for item in (item for item in fields(cls) if item.init):
        told, must = item.metadata, item.default is MISSING and item.default_factory is MISSING
        reader = told.get("read") or READERS.get(hints[item.name], as_it_is)
        found[told.get("name") or item.name] = Key(reader, must, told.get("hint", ""), item.name)
    return found


def read_keys(
    keys: Mapping[str, Key], node: Any, where: str, say: str, what: str = "key", of: str = ""
) -> dict[str, Any]:
    """Read what stands at each key of a node, in the order of the keys; those that may be missing and are
    stay out.

    Raises:
        HedgingError: as `read`.
    """
    found, place = {}, f"{where} ({of})" if of else where or "the setting"
    for name in read_group(node, where, say):
        if name not in keys:
            raise unknown(what, name, keys, place)
    for name, about in keys.items():
        path, raw = f"{where}.{name}" if where else name, node.get(name)
        if raw is None and not about.must:
            continue
        if name not in node:
            hint = about.hint.replace("{path}", path) or f"write {path}=..."
            raise HedgingError(f"{path if where else repr(name)} is missing; {hint}")
        found[name] = about.read(raw, path)
    return found


def read_each(
    reader: Read, node: Any, where: str, say: str, names: Collection[str] = (), what: str = ""
) -> Any:
    """Read a mapping from names to nodes of one kind: a dict by name.

    Args:
        names: the only ones that may stand there, and `what` each is called; none where any may.

    Raises:
        HedgingError: it is no mapping, has a name that is not known, or holds what cannot stand there.
    """
    for name in read_group(node, where, say):
        if names and name not in names:
            raise unknown(what, name, names, where)
    return {str(name): reader(raw, f"{where}.{name}") for name, raw in node.items()}


def read_group(raw: Any, where: str, say: str) -> Mapping[str, Any]:
    """See that a node has keys.

    Raises:
        HedgingError: it is no mapping.
    """
    if not isinstance(raw, Mapping):
        raise HedgingError(f"{where}={raw}: it is no group of keys; {say}")
    return raw


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


def _text(pattern: str, told: str) -> Read:
    """A reader of texts of one form: what is none is told, `{raw}` being what stands there."""

    def read_form(raw: Any, where: str) -> Any:
        if not isinstance(raw, str) or not re.fullmatch(pattern, raw, re.DOTALL):
            raise HedgingError(where + told.replace("{raw}", str(raw)))
        return raw

    return read_form


read_text = _text(r".*\S.*", ": '{raw}' is no text; write a word or more")
"""Read a text that is shown to a reader."""

read_name = _text(r"\w[\w-]*", "='{raw}': write letters, digits, - and _ alone, such as my_study")
"""Read a text that also names a folder."""

read_colour = _text(r"#[0-9A-Fa-f]{6}", ": '{raw}' is no colour; write it in quotes, like '#D55E00'")
"""Read a colour, six hexadecimal digits."""


def read_word(raw: Any, where: str, choices: Sequence[str]) -> str:
    """Read one of some words.

    Raises:
        HedgingError: it is none of them.
    """
    if str(raw) not in choices:
        place, _, name = where.rpartition(".")
        raise unknown(name, raw, choices, place)
    return str(raw)


def read_texts(raw: Any, where: str, such: str = "[one, two]") -> tuple[str, ...]:
    """Read a list of texts, `such` being one.

    Raises:
        HedgingError: it is none.
    """
    if not isinstance(raw, list) or not all(isinstance(text, str) for text in raw):
        raise HedgingError(f"{where}={raw}: write a list of texts, such as {such}")
    return tuple(raw)


def read_floats(raw: Any, where: str) -> tuple[float, ...]:
    """Read a list of numbers.

    Raises:
        HedgingError: it is none, or one of them is no number.
    """
    if not isinstance(raw, list) or not raw:
        raise HedgingError(f"{where}={raw}: write a list of numbers, at least one, such as [0, 0.5, 1]")
    return tuple(read_float(x, where) for x in raw)


def read_marks(raw: Any, where: str) -> tuple[tuple[str, str], ...]:
    """Read dates and what is written beside them on figures.

    Raises:
        HedgingError: one is no pair, or names no quarter.
    """
    if not isinstance(raw, list) or not all(isinstance(mark, list) and len(mark) == 2 for mark in raw):
        raise HedgingError(f"{where}={raw}: write pairs of a quarter and a label, such as [[2019Q4, talks]]")
    return tuple((dates.label(dates.index(date, where)), str(label)) for date, label in raw)


READERS: dict[Any, Read] = {
    float: read_float,
    int: read_whole,
    bool: read_switch,
    str: read_text,
    tuple[str, ...]: read_texts,
    tuple[float, ...]: read_floats,
}
READERS |= {kind | None: reader for kind, reader in READERS.items()}
"""How a key is read by its annotation alone; one that stands not here is taken as it is."""


def snake_case(name: str) -> str:
    """A class by the name that a config knows it by: InteriorMaximum is interior_maximum."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def find_class(target: str, where: str, what: str = "class", last: str = "class") -> Any:
    """What a dotted name stands for, from anywhere that Python imports from; `what` it should be in words,
    and what its `last` part is."""
    module, _, name = target.rpartition(".")
    try:
        return getattr(import_module(module), name)
    except (Exception, SystemExit) as error:  # whatever importing a user's module raises
        reason = str(error) or type(error).__name__
        raise HedgingError(
            f"{where}: cannot find the {what} '{target}': {reason}; write it as <module>.<{last}>, "
            "the module in the current folder or installed"
        ) from None
