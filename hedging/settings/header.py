"""What a run is about: its study, its players by name and colour, its length, its dates. No number of the
model: whoever reads a run folder needs no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hedging.errors import HedgingError, unknown
from hedging.settings.compose import Tree
from hedging.settings.read import read_colour, read_marks, read_name, read_text, read_whole

TOP = (
    *("client", "patrons", "world", "events", "ensemble"),
    *("study", "question", "seed", "horizon", "chance", "marks"),
)
"""The keys of a setting."""

OF_STUDIES = (
    *("axes", "arms", "rules", "reference", "measures", "paths"),
    *("claims", "figure", "finding", "sweep"),
)
"""The keys of a study: what it varies, reports, claims and draws; an older setting may lack them."""

OF_RUNS = ("executor", "resume")
"""The keys that say who plays a run, and whether it goes on with an interrupted one; no number hangs on
them."""

GROUPS = {
    "client": "client=<file>",
    "world": "world=steady",
    "ensemble": "ensemble=quick",
    "events": "shock=none",
    "patrons": "patron@patrons.<name>=<file>",
}
"""Keys with more below them, and how each is chosen."""

REST = "rest_of_world"
"""The partner that stands for all who are no patron."""

GREY = "#666666"
MAX_HORIZON = 400
MAX_DRAWS = 10**9
MAX_SEED = 2**63


@dataclass(frozen=True)
class About:
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


def read_about(tree: Tree) -> About:
    """Read what a composed setting says of the run itself.

    Raises:
        HedgingError: an unknown or a missing key, a text, a colour, a date or a count that cannot be.
    """
    _check_keys(tree)
    if tree["chance"] not in ("sampled", "expected"):
        raise unknown("chance", tree["chance"], ("sampled", "expected"))
    nodes = {"client": tree["client"], **tree["patrons"]}
    places = {name: name if name == "client" else f"patrons.{name}" for name in nodes}
    return About(
        study=read_name(tree["study"], "study"),
        question=read_text(tree["question"], "question"),
        seed=read_whole(tree["seed"], "seed", 0, MAX_SEED),
        horizon=read_whole(tree["horizon"], "horizon", 1, MAX_HORIZON),
        chance=tree["chance"],
        draws=read_whole(tree["ensemble"].get("draws"), "ensemble.draws", 1, MAX_DRAWS),
        patrons=tuple(str(name) for name in tree["patrons"]),
        labels={n: read_text(nodes[n].get("label", n), f"{where}.label") for n, where in places.items()},
        colours={
            n: read_colour(nodes[n].get("colour", GREY), f"{where}.colour") for n, where in places.items()
        },
        marks=read_marks(tree["marks"], "marks"),
    )


def _check_keys(tree: Tree) -> None:
    """See that every key of a setting is there, none besides, and that groups are groups."""
    for key in tree:
        if key not in (*TOP, *OF_STUDIES, *OF_RUNS):
            raise unknown("key", key, (*TOP, *OF_STUDIES, *OF_RUNS), "the setting")
    for key in TOP:
        if key not in tree:
            raise HedgingError(f"'{key}' is missing from the setting; take back what removes it")
    for key, hint in (
        ("client", "client=<file>"),
        ("world", "world=steady"),
        ("ensemble", "ensemble=quick"),
    ):
        _check_group(tree[key], key, hint)
    if tree.get("resume") not in (None, True, False):
        raise HedgingError(f"resume={tree['resume']}: write true to go on, or false to begin anew")
    _check_group(tree["events"], "events", "shock=none")
    _check_group(tree["patrons"], "patrons", "patron@patrons.<name>=<file>")
    for name, node in tree["patrons"].items():
        if name in (REST, "client"):
            raise HedgingError(f"patrons.{name}: a patron cannot have this name; choose another")
        _check_group(node, f"patrons.{name}", f"patron@patrons.{name}=<file>")
    if not tree["patrons"]:
        raise HedgingError("patrons: there is none; write at least +patron@patrons.<name>=<file>")


def _check_group(node: Any, path: str, hint: str) -> None:
    if not isinstance(node, Mapping):
        raise HedgingError(f"{path}: '{node}' is no group of settings; choose a file, such as {hint}")
