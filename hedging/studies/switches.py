"""Switches: what a study turns off one by one, all but one, or brings on; each becomes arms of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from hedging.errors import HedgingError
from hedging.settings.read import key, read, read_each, read_group, read_texts

ALL, NONE = "all", "none"
"""The arms in which nothing is switched off, and all that can be."""

OF_TEXTS = partial(read_texts, such="[client.zeta=0]")


@dataclass(frozen=True)
class Switch:
    """One mechanism: the overrides that do without it, or those that add what is not there otherwise.

    With `given` it is seen against a world in which that has happened too. `sign` says whether what it is
    held to do is so by construction, or comes about only in play.
    """

    name: str
    label: str = key()
    without: tuple[str, ...] = key((), read=OF_TEXTS)
    adding: tuple[str, ...] = key((), read=OF_TEXTS)
    given: tuple[str, ...] = key((), read=OF_TEXTS)
    sign: str = key("", choices=("built in", "emerges"))

    @property
    def beside(self) -> tuple[str, str]:
        """The arms that its own are compared with: all but it with the first, it alone with the second."""
        return (f"{ALL}_before_{self.name}", f"{NONE}_before_{self.name}") if self.given else (ALL, NONE)

    @property
    def sides(self) -> dict[str, tuple[str, int]]:
        """Its arms, and the sign that turns what each has more than the one beside it into what the mechanism
        adds: how figures find them."""
        all_but = (f"without_{self.name}", -1) if self.without else (f"with_{self.name}", 1)
        return {"all but": all_but, "alone": (f"only_{self.name}", 1)}


def read_switches(tree: Mapping[str, Any]) -> dict[str, Switch]:
    """Read the switches of a setting.

    Raises:
        HedgingError: one that cannot be, or that neither does without something nor adds it, or both.
    """
    found: dict[str, Switch] = read_each(_read, tree.get("switches") or {}, "switches", f"write {{{SAY}}}")
    return found


SAY = "<name>: {label: ..., without: [client.zeta=0]}"


def _read(node: Any, where: str) -> Switch:
    found = read(Switch, node, where, f"write {SAY}", name=where.partition(".")[2])
    if bool(found.without) == bool(found.adding):
        raise HedgingError(f"{where}: write one of without: [<overrides>] and adding: [<overrides>]")
    return found


def arms_of(tree: Mapping[str, Any]) -> dict[str, Any]:
    """The arms of a setting as their nodes: those that it states, then those of its switches.

    Rule: `all` and `none`, in which everything is off that can be; for each switch `without_<name>`, or
    `with_<name>`, beside the first, and `only_<name>` beside the second. Where something is given, both have
    it, and so have those that they are beside: `all_before_<name>`, `none_before_<name>`.

    Raises:
        HedgingError: an arm that is stated by the name of one of these.
    """
    switches = read_switches(tree).values()
    stated = read_group(tree.get("arms") or {}, "arms", "write {<name>: [overrides]}")
    if not switches:
        return dict(stated)

    def off(but: str = "") -> list[str]:
        return [change for one in switches if one.name != but for change in one.without]

    found: dict[str, Any] = {ALL: [], NONE: off()}
    for one in switches:
        (all_but, _), (alone, _) = one.sides.values()
        found |= {one.beside[0]: [*one.given], one.beside[1]: [*off(), *one.given]}
        changed = [*one.given, *one.without, *one.adding]
        found[all_but] = {"overrides": changed, "beside": one.beside[0]}
        found[alone] = {"overrides": [*off(one.name), *one.given, *one.adding], "beside": one.beside[1]}
    if twice := [name for name in stated if name in found]:
        raise HedgingError(f"arms.{twice[0]}: the switches make an arm of this name; choose another")
    return {**stated, **found}
