"""What can be said of draws: every measure, found where it is declared, and what must be recorded for it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from importlib import import_module

from hedging import measures
from hedging.errors import HedgingError, unknown
from hedging.measures.declare import NULL, Measure, declared_in
from hedging.world.parameters import DECLARATIONS
from hedging.world.world import QUANTITIES, Quantity, modules_in

AROUND = ("catalogue", "outcome", "trajectories")
"""Modules of the folder that rest on this one and hold no measure."""

MEASURES = {
    item.name: item
    for module in modules_in(measures, but=AROUND)
    for item in declared_in(vars(module)).values()
}
"""Every measure that ships, those on the way to others too."""

KNOWN: dict[str, Quantity] = {**QUANTITIES, **MEASURES}
"""All that trajectories have a value of, by its name; a measure goes before what is recorded."""

OUTCOMES = {name: item for name, item in KNOWN.items() if item.reported}
"""All that ships and can be asked for."""

TOTALS = {name: item for name, item in OUTCOMES.items() if item.whole_run}
"""One number a draw over the whole run."""

SERIES = {name: item for name, item in OUTCOMES.items() if not item.whole_run and not item.labels}
"""Every series of summary.csv but the regime shares."""

Source = tuple[str, Quantity | None]
"""Where an argument of a measure comes from: the null rule whose run it is of, '' for the run itself, and
what it is there; a parameter where that is nothing."""


@cache
def sources(item: Measure) -> dict[str, Source]:
    """Find what each argument of a measure stands for: a measure, else a quantity, else a parameter.

    Raises:
        HedgingError: an argument that is nothing known.
    """
    known = KNOWN | declared_in(getattr(item.function, "__globals__", {}))
    found: dict[str, Source] = {}
    for argument in item.arguments:
        name, null = argument.removeprefix(NULL), item.null * argument.startswith(NULL)
        if name not in known and (null or name not in DECLARATIONS):
            near = get_close_matches(name, (*known, *DECLARATIONS), n=1)
            hint = f"did you mean '{near[0]}'? " if near else ""
            raise HedgingError(
                f"measure {item.name}: its argument '{argument}' is nothing known: {hint}name a recorded "
                "quantity, a parameter or another measure, or give it a default"
            )
        found[argument] = null, known.get(name)
    return found


def _recorded(item: Quantity, above: tuple[str, ...] = ()) -> set[tuple[str, str]]:
    """The quantities that something is worked out of, each after the null rule whose run it is of."""
    if not isinstance(item, Measure):
        return {("", item.name)}
    chain, found = (*above, item.name), set()
    if item.name in above:
        raise HedgingError(f"measure {' needs '.join(chain)}: let one of them do without the next")
    for argument, (null, of) in sources(item).items():
        below = _recorded(of, chain) if of else set()
        if null and any(rule for rule, _ in below):
            raise HedgingError(f"measure {item.name}: {argument} is of a null itself; take what is not")
        found |= {(null or rule, name) for rule, name in below}
    return found


def recorded(items: Iterable[Quantity]) -> dict[str, list[str]]:
    """What must be recorded for some measures and their weights: of the run itself under '', and under its
    name of each null rule, which must then be played.

    Raises:
        HedgingError: a measure that needs what is nothing known, or itself.
    """
    found: dict[str, list[str]] = {}
    asked = {one for item in items for one in (item, MEASURES["paired" if item.null else "weight"])}
    for rule, name in sorted({pair for item in asked for pair in _recorded(item)}):
        found.setdefault(rule, []).append(name)
    return found


def find(text: str, where: str = "measures") -> tuple[str, Quantity]:
    """Find the measure that the name of an outcome begins with: one that ships, or a user's own by its dotted
    name, for which as much of the name is imported as is a module.

    Raises:
        HedgingError: there is none.
    """
    words = text.split(".")
    if words[0] in OUTCOMES:
        return words[0], OUTCOMES[words[0]]
    module, name, place = None, "", 0
    for count in range(1, len(words)):
        path = ".".join(words[:count])
        try:
            module, name, place = import_module(path), words[count], count + 1
        except (Exception, SystemExit) as error:  # whatever importing a user's module raises
            if getattr(error, "name", "") == path or not path:
                break
            raise HedgingError(f"{where}: cannot import {path}: {error!r}; mend it") from None
    if module is None:
        raise unknown("measure", words[0], OUTCOMES, where)
    there = declared_in(vars(module))
    if name not in there:
        raise HedgingError(
            f"{where}: {module.__name__}.{name} is no measure; write @measure(...) of {Measure.__module__} "
            f"above a function of that name; valid: {', '.join(there) or 'none'}"
        )
    return ".".join(words[:place]), there[name]
