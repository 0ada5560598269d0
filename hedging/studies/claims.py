"""What a study claims, as data in its file: read, and judged by the share of draws in which it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hedging import measures
from hedging.errors import HedgingError, unknown
from hedging.settings.read import read_float
from hedging.studies.formula import Formula, read_formula

ALONG = ("monotone", "interior_maximum", "convex", "saturating")
"""Kinds that look along an axis."""

KINDS = ("greater", *ALONG, "largest_share")
COMMON = ("text", "kind", "outcome", "at", "rules", "judged")
KEYS = {
    "greater": (*COMMON, "more", "less", "by", "ratio", "best"),
    "monotone": (*COMMON, "axis", "direction", "overall", "best"),
    "interior_maximum": (*COMMON, "axis"),
    "convex": (*COMMON, "axis", "overall"),
    "saturating": (*COMMON, "axis", "share"),
    "largest_share": ("text", "kind", "outcome", "at", "rules"),
}
DIRECTIONS = ("rising", "falling")
JUDGED = ("draws", "mean")


@dataclass(frozen=True)
class Known:
    """What a claim or a figure of a study may name."""

    rules: tuple[str, ...]
    arms: tuple[str, ...]
    axes: Mapping[str, tuple[float, ...]]
    measures: Mapping[str, Formula]

    def formula(self, raw: Any, where: str) -> Formula:
        """An outcome by its name under `measures`, or as it is written."""
        if raw is None:
            raise HedgingError(f"{where} has no outcome; write outcome: total_utility")
        return (
            self.measures[raw] if isinstance(raw, str) and raw in self.measures else read_formula(raw, where)
        )

    def place(self, raw: Any, where: str) -> dict[str, Any]:
        """An arm by its name and axes by the number of their value: {arm: with, outreach: 0.4}."""
        if not isinstance(raw, Mapping):
            raise HedgingError(f"{where}: '{raw}' is no place; write {{arm: <name>, <axis>: <value>}}")
        found: dict[str, Any] = {}
        for key, value in raw.items():
            if key == "arm":
                if value not in self.arms or not value:
                    raise unknown("arm", value, filter(None, self.arms), where)
                found["arm"] = value
            elif key in self.axes:
                wanted = read_float(value, f"{where}.{key}")
                near = [i for i, v in enumerate(self.axes[key]) if abs(v - wanted) <= 1e-9 * max(1, abs(v))]
                if not near and wanted not in self.axes[key]:
                    raise unknown(
                        "value", f"{wanted:g}", [f"{v:g}" for v in self.axes[key]], f"{where}.{key}"
                    )
                found[str(key)] = near[0] if near else self.axes[key].index(wanted)
            else:
                raise unknown("axis", key, ("arm", *self.axes), where)
        return found


@dataclass(frozen=True)
class Side:
    """An outcome at a place of the study; with `best` the value of that axis at which it is greatest."""

    formula: Formula
    arm: str
    fixed: Mapping[str, int]
    best: str | None


@dataclass(frozen=True)
class Claim:
    """One statement of a study, and how it is to be judged."""

    text: str
    kind: str
    sides: tuple[Side, ...]
    axis: str | None
    judged: str
    rules: tuple[str, ...]
    rising: bool
    overall: bool
    by: float
    ratio: float
    share: float

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """The outcomes it looks at."""
        return tuple(side.formula for side in self.sides)


def read_claim(raw: Any, known: Known, number: int) -> Claim:
    """Read one claim of a study's file.

    Raises:
        HedgingError: a kind, outcome, arm, axis or value that is not there, or a place left open.
    """
    where = f"claims[{number}]"
    if not isinstance(raw, Mapping) or not isinstance(raw.get("text"), str):
        raise HedgingError(f"{where}: a claim has a text and a kind; write {{text: ..., kind: greater, ...}}")
    kind = raw.get("kind")
    if kind not in KINDS:
        raise unknown("kind", kind, KINDS, where)
    for key in raw:
        if key not in KEYS[kind]:
            raise unknown("key", key, KEYS[kind], f"{where} ({kind})")
    axis = raw.get("axis")
    if kind in ALONG and axis not in known.axes:
        raise unknown("axis", axis, known.axes, where)
    if kind in ALONG and len(known.axes[str(axis)]) < 3 and kind != "monotone":
        raise HedgingError(f"{where}: {kind} needs an axis of three values or more; {axis} has fewer")
    rules = raw.get("rules", list(known.rules))
    for rule in rules:
        if rule not in known.rules:
            raise unknown("rule", rule, known.rules, where)
    return Claim(
        text=raw["text"],
        kind=kind,
        sides=_sides(raw, kind, axis, known, where),
        axis=axis,
        judged="mean"
        if kind == "largest_share"
        else _one_of(raw.get("judged", "draws"), JUDGED, f"{where}.judged"),
        rules=tuple(rules),
        rising=_one_of(raw.get("direction", "rising"), DIRECTIONS, f"{where}.direction") == "rising",
        overall=bool(raw.get("overall", False)),
        by=read_float(raw.get("by", 0), f"{where}.by"),
        ratio=read_float(raw.get("ratio", 1), f"{where}.ratio"),
        share=read_float(raw.get("share", 0.2), f"{where}.share"),
    )


def _one_of(value: Any, valid: Sequence[str], where: str) -> str:
    if value not in valid:
        raise unknown("word", value, valid, where)
    return str(value)


def _sides(raw: Mapping[str, Any], kind: str, axis: str | None, known: Known, where: str) -> tuple[Side, ...]:
    """The outcomes that are compared: two of greater, every regime of largest_share, else one."""
    if kind == "greater":
        for key in ("more", "less"):
            if not isinstance(raw.get(key), Mapping):
                raise HedgingError(
                    f"{where}: greater needs more: {{...}} and less: {{...}}; {key} is missing"
                )
        return tuple(_side(raw, raw[key], None, known, f"{where}.{key}") for key in ("more", "less"))
    if kind != "largest_share":
        return (_side(raw, {}, axis, known, where),)
    head, _, date = str(raw.get("outcome")).partition("@")
    name = head.removeprefix("regime.")
    if not head.startswith("regime.") or name not in measures.REGIMES:
        raise unknown("regime", name, measures.REGIMES, where)
    others = [other for other in measures.REGIMES if other != name]
    texts = [f"regime.{other}" + (f"@{date}" if date else "") for other in (name, *others)]
    return tuple(_side(dict(raw) | {"outcome": text}, {}, None, known, where) for text in texts)


def _side(raw: Mapping[str, Any], own: Mapping[str, Any], free: str | None, known: Known, where: str) -> Side:
    """One side: what it says itself, over what the claim says for both."""
    own = dict(own)
    formula = known.formula(own.pop("outcome", raw.get("outcome")), where)
    best = own.pop("best", raw.get("best"))
    if best is not None and best not in known.axes:
        raise unknown("axis", best, known.axes, f"{where}.best")
    fixed = known.place(dict(raw.get("at") or {}) | own, where)
    arm = fixed.pop("arm", known.arms[0] if len(known.arms) == 1 else None)
    if arm is None:
        raise HedgingError(f"{where}: which arm? write at: {{arm: <name>}}; valid: {', '.join(known.arms)}")
    for name, values in known.axes.items():
        if (name in (free, best)) == (name in fixed):
            shown = ", ".join(f"{value:g}" for value in values[:12])
            told = f"drop {name} there" if name in fixed else f"write at: {{{name}: <value>}}; valid: {shown}"
            raise HedgingError(f"{where}: {'looks along' if name in fixed else 'where on'} {name}? {told}")
    return Side(formula, str(arm), fixed, best)
