"""What a study tries: rules and arms, each a name for some overrides."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hedging.errors import HedgingError, unknown


@dataclass(frozen=True)
class Variant:
    """A rule or an arm of a study's file: what it overrides, and the most draws it is played with."""

    name: str
    label: str
    overrides: tuple[str, ...]
    draws: int | None


def read_variants(raw: Any, where: str) -> tuple[Variant, ...]:
    """Read rules or arms: {name: [overrides]}, {name: {overrides, draws, label}}, or a list of rules by name.

    Raises:
        HedgingError: a name, an override or a number of draws that cannot be.
    """
    if not raw:
        return ()
    if isinstance(raw, list) and where == "rules":
        raw = {str(name): None for name in raw}
    if not isinstance(raw, Mapping):
        raise HedgingError(f"{where}={raw}: write {{<name>: [overrides]}}")
    found = []
    for name, node in raw.items():
        here, valid = f"{where}.{name}", ("overrides", "draws", "label")
        if not re.fullmatch(r"\w[\w -]*", str(name)):
            raise HedgingError(f"{here}: a name has letters, digits, - and _")
        stated = {"overrides": node} if isinstance(node, list) else (node or {})
        if not isinstance(stated, Mapping):
            raise HedgingError(f"{here}: '{node}' is no list of overrides; write [client.zeta=1, ...]")
        for key in stated:
            if key not in valid:
                raise unknown("key", key, valid, here)
        plain = [f"client/rule={name}"] if where == "rules" else []
        changes = stated.get("overrides", plain)
        if not isinstance(changes, list) or not all(isinstance(text, str) for text in changes):
            raise HedgingError(f"{here}.overrides: '{changes}' is no list of overrides")
        draws = stated.get("draws")
        if draws is not None and (isinstance(draws, bool) or not isinstance(draws, int) or draws < 1):
            raise HedgingError(f"{here}.draws={draws}: it must be a whole number from 1")
        label = str(stated.get("label", str(name).replace("_", " ")))
        found.append(Variant(str(name), label, tuple(changes), draws))
    return tuple(found)


def check_effect(overrides: Sequence[str], rules: Sequence[Variant], axes: Mapping[str, Any] | None) -> None:
    """See that no override is without effect, because an axis or a rule of the study comes after it.

    Raises:
        HedgingError: one is.
    """
    swept = {
        str(key): name
        for name, node in (axes or {}).items()
        if isinstance(node, Mapping)
        for key in node.get("keys", [name])
    }
    chosen = {change.partition("=")[0] for rule in rules for change in rule.overrides}
    for override in overrides:
        key = override.partition("=")[0].lstrip("+~")
        if key in swept:
            raise HedgingError(
                f"{override}: axes.{swept[key]} sweeps {key}, so that this would change nothing; "
                f"write 'axes.{swept[key]}.values=[...]'"
            )
        if key in chosen:
            names = ", ".join(rule.name for rule in rules)
            raise HedgingError(
                f"{override}: the study tries rules of its own ({names}) after it, so that this would change "
                "nothing; drop one with ~rules.<name>"
            )
