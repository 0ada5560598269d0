"""What a kind of figure is, and the figures that a file asks for.

A kind is one function of a view and its options, which its signature declares: an option's annotation says
what may stand there, its default that it may be missing: `x: Axis | None = None`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, make_dataclass
from functools import cache, partial
from typing import Annotated, Any, Literal, get_args, get_origin

import yaml
from matplotlib.figure import Figure

from hedging.errors import HedgingError, unknown
from hedging.plots import kinds
from hedging.settings.compose import config_dir
from hedging.settings.read import Read, find_class, key, read, read_name
from hedging.studies.claim import Known
from hedging.world.world import modules_in

Reads = Literal["measures", "paths", "series", "claims"]
"""What a kind draws: measures or paths of a study, series of a plain run over quarters, or what became of
claims."""

Axis = Annotated[str, "an axis, or arm or rule"]
Swept = Annotated[str, "an axis of numbers"]
Outcome = Annotated[str, "an outcome"]
Outcomes = Annotated[tuple[str, ...], "outcomes, or one"]
Centre = Literal["p50", "mean"]


def read_outcomes(raw: Any, where: str) -> tuple[str, ...]:
    """Read the name of an outcome, or a list of them."""
    return tuple(map(str, raw)) if isinstance(raw, list) else (str(raw),)


def read_list(raw: Any, where: str) -> list[Any]:
    """Read a list.

    Raises:
        HedgingError: it is none.
    """
    if not isinstance(raw, list):
        raise HedgingError(f"{where}={raw}: write a list, such as [1, 2]")
    return raw


@dataclass(frozen=True)
class Panel:
    """One panel as the file states it: what it shows, and how that is told."""

    outcome: tuple[str, ...] = key(read=read_outcomes)
    label: str | None = None
    unit: str | None = None
    centre: str | None = key(None, choices=get_args(Centre))
    top: float | None = None

    @property
    def first(self) -> str:
        """The outcome, or the first of those that share the panel."""
        return self.outcome[0]


Panels = tuple[Panel, ...]


@dataclass(frozen=True, kw_only=True)
class Options:
    """What every kind of figure takes besides its own options."""

    kind: str
    name: str | None = key(None, read=read_name)
    title: str | None = None
    note: str | None = None
    rule: str | None = None
    at: Mapping[str, Any] = key({})
    claims: list[int] | None = key(None, read=read_list)
    show: list[Any] | None = key(None, read=read_list)


@dataclass(frozen=True)
class Kind:
    """A kind of figure: the function that draws it, what it reads, whether outcomes may share a panel, and
    its own options as its signature states them."""

    draw: Callable[..., Figure]
    reads: Reads
    shared: bool
    own: Mapping[str, inspect.Parameter]


def figure_kind(reads: Reads, shared: bool = False) -> Callable[[Callable[..., Figure]], Kind]:
    """Make a function of a view and its options a kind of figure; it draws, and gives the figure back.

    Args:
        reads: what it draws, so that a file which names what is not there is refused before anything is run.
        shared: whether a panel may name several outcomes.
    """

    def made(draw: Callable[..., Figure]) -> Kind:
        _, *own = inspect.signature(draw, eval_str=True).parameters.values()  # the view comes first
        return Kind(draw, reads, shared, {option.name: option for option in own})

    return made


NOTHING = Known((), (), {}, {})
"""What a figure of a plain run may name besides its series."""

MOST_PANELS = 4
"""Outcomes that a figure shows where it names none."""


@dataclass(frozen=True)
class Asked:
    """One figure as a file asks for it, checked."""

    name: str
    kind: Kind
    options: Options


def read_figures(raw: Any, known: Known, series: Sequence[str], plain: bool) -> tuple[Asked, ...]:
    """Read what figures are asked for; without any, those of a plain run, lines along one axis or a heat map
    over two.

    Args:
        series: what may be drawn over quarters: the measures of a plain run, the paths of a study.

    Raises:
        HedgingError: a kind, an option, an outcome, an axis or a rule that is not there.
    """
    if not raw and plain:
        raw = yaml.safe_load((config_dir() / "figures.yaml").read_text(encoding="utf-8"))
    kinds_by_axes = {1: ["lines"], 2: ["heat"]} if known.measures else {}
    stated = [raw] if isinstance(raw, Mapping) else raw or kinds_by_axes.get(len(known.axes), [])
    if not isinstance(stated, list):
        raise HedgingError(f"figure={raw}: write {{kind: lines, ...}}, or a list of such")
    asked = tuple(read_figure(raw, f"figure[{n}]", known, series, plain) for n, raw in enumerate(stated, 1))
    if len({figure.name for figure in asked}) < len(asked):
        raise HedgingError("figure: two figures have one name; give each a name: of its own")
    return asked


def read_figure(raw: Any, where: str, known: Known, series: Sequence[str], plain: bool) -> Asked:
    """Read one figure."""
    node = raw if isinstance(raw, Mapping) else {"kind": raw}
    name = node.get("kind")
    kind = find_kind(name, where)
    if kind.reads != "claims" and (kind.reads == "series") != plain:
        drawn = f"{kind.reads} of a {'study' if plain else 'plain run'}"
        other = "a plain run has none" if plain else "this one has axes, arms or rules"
        raise HedgingError(f"{where}: {name} draws {drawn}, and {other}; choose another kind")
    there = list(known.measures) if kind.reads == "measures" else list(series)
    outcome = one_of("outcome", there, where if plain else f"{where} (those under {kind.reads})")
    readers: dict[Any, Read] = {
        Axis: one_of("axis", (*known.axes, "arm", "rule")),
        Swept: one_of("axis", known.axes),
        Outcome: outcome,
        Outcomes: lambda node, at: tuple(outcome(text, at) for text in read_outcomes(node, at)),
        Panels: partial(read_panels, kind, there, outcome),
    }
    keys: list[Any] = [(own.name, own.annotation, option(own, readers)) for own in kind.own.values()]
    keys.append(("rule", str | None, key(None, read=one_of("rule", known.rules, where))))
    keys.append(("at", Mapping[str, Any], key({}, read=known.place)))
    options = make_dataclass("OwnOptions", keys, bases=(Options,), frozen=True, kw_only=True)
    if "panels" in kind.own and node.get("panels") is None:
        node = {**node, "panels": there[:MOST_PANELS]}
    found: Options = read(options, node, where, what="option")
    return Asked(found.name or str(name).rpartition(".")[2], kind, found)


def option(stated: inspect.Parameter, readers: Mapping[Any, Read]) -> Any:
    """Declare an option as its annotation and its default in the signature say."""
    hint, parts = stated.annotation, get_args(stated.annotation)
    reader = next((readers[part] for part in (hint, *parts) if part in readers), None)
    absent = MISSING if stated.default is stated.empty else stated.default
    return key(absent, read=reader, choices=parts if get_origin(hint) is Literal else ())


@cache
def kinds_here() -> dict[str, Kind]:
    """Every kind that lies in the folder of kinds, by the name of its function."""
    found = [pair for module in modules_in(kinds) for pair in vars(module).items()]
    return {name: value for name, value in found if isinstance(value, Kind)}


def find_kind(name: Any, where: str) -> Kind:
    """A kind of figure: one that ships by its name, one of a user's own by its dotted name.

    Raises:
        HedgingError: there is none of that name.
    """
    if name in (shipped := kinds_here()):
        return shipped[name]
    if "." not in str(name):
        raise unknown("kind", name, shipped, where)
    kind = find_class(str(name), f"{where}.kind", "figure kind", "function")
    if isinstance(kind, Kind):
        return kind
    raise HedgingError(f"{where}.kind: {name} is no figure kind; decorate it with @figure_kind(reads=...)")


def one_of(what: str, valid: Sequence[str] | Mapping[str, Any], told: str = "") -> Read:
    """A reader of a name that must be known."""

    def read_one(raw: Any, where: str) -> str:
        if not isinstance(raw, str) or raw not in valid:
            raise unknown(what, raw, valid, told or where)
        return raw

    return read_one


def read_panels(kind: Kind, there: Sequence[str], outcome: Read, raw: Any, where: str) -> Panels:
    """Read the panels of a figure: outcomes by their names, or {outcome, label, ...}."""
    if not isinstance(raw, list) or not raw:
        raise HedgingError(f"{where}={raw}: name at least one outcome of {', '.join(there) or 'none'}")
    panels = []
    for place, stated in enumerate(raw, start=1):
        node = stated if isinstance(stated, Mapping) else {"outcome": stated}
        panel = read(Panel, node, f"{where}[{place}]")
        for text in panel.outcome:
            outcome(text, where)
        if len(panel.outcome) != 1 and not kind.shared:
            raise HedgingError(f"{where}[{place}]: name one outcome; this kind draws no more in a panel")
        panels.append(panel)
    return tuple(panels)
