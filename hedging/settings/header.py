"""What a run is about: its study, its players by name and colour, its length, its dates. No number of the
model: whoever reads a run folder needs no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from hedging.errors import HedgingError
from hedging.settings import read as reading
from hedging.settings.compose import Tree
from hedging.settings.designs import Ensemble

OF_STUDIES = "axes", "arms", "rules", "reference", "measures", "paths", "claims", "figure", "finding", "sweep"
"""The keys of a study: what it varies, reports, claims and draws; an older setting may lack them."""

OF_RUNS = ("executor", "resume")
"""The keys that say who plays a run, and whether it goes on with an interrupted one; no number hangs on
them."""

REST = "rest_of_world"
"""The partner that stands for all who are no patron."""

GREY = "#666666"
MAX_HORIZON = 400
MAX_SEED = 2**63


def _must(read: reading.Read) -> reading.Key:
    """A key that every setting has."""
    return reading.Key(read, hint="take back what removes it from the setting")


def _group(file: str) -> reading.Key:
    """A key with more below it, chosen by a file."""
    return _must(partial(reading.read_group, say=f"choose a file, such as {file}"))


TOP: Mapping[str, reading.Key] = {
    "client": _group("client=<file>"),
    "world": _group("world=steady"),
    "ensemble": _must(partial(reading.read, Ensemble, say="choose a file, such as ensemble=quick")),
    "events": _group("shock=none"),
    "patrons": _group("patron@patrons.<name>=<file>"),
    "study": _must(reading.read_name),
    "question": _must(reading.read_text),
    "seed": _must(partial(reading.read_whole, high=MAX_SEED)),
    "horizon": _must(partial(reading.read_whole, low=1, high=MAX_HORIZON)),
    "chance": _must(partial(reading.read_word, choices=("sampled", "expected"))),
    "marks": _must(reading.read_marks),
    "executor": reading.Key(must=False),
    "resume": reading.Key(reading.read_switch, must=False),
    **dict.fromkeys(OF_STUDIES, reading.Key(must=False)),
}
"""The keys of a setting."""


@dataclass(frozen=True)
class Header:
    """What a reader of a run is told besides its results."""

    study: str
    question: str
    seed: int
    horizon: int
    chance: str
    draws: int
    patrons: tuple[str, ...]
    labels: Mapping[str, str]
    colours: Mapping[str, str]
    marks: tuple[tuple[str, str], ...]

    @property
    def partners(self) -> tuple[str, ...]:
        """The partners in trade: the patrons and the rest of the world."""
        return (*self.patrons, REST)


def read_header(tree: Tree) -> Header:
    """Read what a composed setting says of the run itself.

    Raises:
        HedgingError: an unknown or a missing key, a text, a colour, a date or a count that cannot be.
    """
    told = reading.read_keys(TOP, tree, "", "")
    places = {name: f"patrons.{name}" for name in told["patrons"]}
    for name, where in places.items():
        if name in (REST, "client"):
            raise HedgingError(f"{where}: a patron cannot have this name; choose another")
        reading.read_group(told["patrons"][name], where, f"choose a file, such as patron@{where}=<file>")
    if not told["patrons"]:
        raise HedgingError("patrons: there is none; write at least +patron@patrons.<name>=<file>")
    nodes = [(n, where, told["patrons"][n]) for n, where in places.items()]
    nodes = [("client", "client", told["client"]), *nodes]
    return Header(
        **{name: told[name] for name in ("study", "question", "seed", "horizon", "chance", "marks")},
        draws=told["ensemble"].draws,
        patrons=tuple(map(str, told["patrons"])),
        labels={n: reading.read_text(node.get("label", n), f"{where}.label") for n, where, node in nodes},
        colours={n: reading.read_colour(x.get("colour", GREY), f"{where}.colour") for n, where, x in nodes},
    )


def keys_swept(axes: Any) -> dict[str, str]:
    """The keys that the axes of a setting give, each with its axis; what cannot be one is told
    where the axes are read."""
    nodes = axes.items() if isinstance(axes, Mapping) else ()
    keys = ((node.get("keys", [name]), str(name)) for name, node in nodes if isinstance(node, Mapping))
    return {str(key): name for own, name in keys if isinstance(own, list) for key in own}
