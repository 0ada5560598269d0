"""A study: one setting played under several rules, in several arms, at every point of some axes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from hedging.errors import HedgingError
from hedging.measures.outcome import AfterTheRun, Outcome, read_outcome
from hedging.settings.compose import Tree, compose
from hedging.settings.header import OF_STUDIES
from hedging.settings.read import read_text
from hedging.settings.settings import Settings, read_settings
from hedging.studies.arms import Variant, check_effect, read_variants
from hedging.studies.axes import Grid, read_grid
from hedging.studies.claims import Claim, Known, read_claim
from hedging.studies.formula import REFERENCE, Formula, read_formulas

ALIVE = ("survival", "sovereign")
"""Outcomes that every study plays: together they say whether a draw stands at the end."""

TAKEN = (
    "rule",
    "arm",
    "draw",
    "draws",
    "quarter",
    "measure",
    "patron",
    "statistic",
    "value",
    "unit",
    "weight",
)
"""Columns of the tables, which no axis may be named after."""

MOST_PATHS = 50_000_000
"""Numbers that may be kept of whole series: 400 MB."""


@dataclass(frozen=True)
class Play:
    """One arm under one rule: its setting, and the points it is played at."""

    rule: str
    arm: str
    settings: Settings
    grid: Grid
    outcomes: tuple[Outcome, ...]
    paths: tuple[Outcome, ...]

    @property
    def worlds(self) -> int:
        """Points times draws."""
        return self.grid.points * self.settings.draws


@dataclass(frozen=True)
class Study:
    """Everything a study needs, checked."""

    settings: Settings
    rules: tuple[Variant, ...]
    arms: tuple[Variant, ...]
    plays: tuple[Play, ...]
    measures: tuple[Formula, ...]
    paths: tuple[Formula, ...]
    claims: tuple[Claim, ...]
    reference: Mapping[str, Any]
    figures: tuple[Mapping[str, Any], ...]
    units: Mapping[str, str]

    @property
    def grid(self) -> Grid:
        """The points, the same for every rule and arm."""
        return self.plays[0].grid

    @property
    def worlds(self) -> int:
        """Rules times arms times points times draws."""
        return sum(play.worlds for play in self.plays)

    @property
    def told(self) -> str:
        """Points, arms and draws in words."""
        points = f"{self.grid.points:,} points, " if self.grid.axes else ""
        arms = f"{len(self.arms)} arms, " if len(self.arms) > 1 else ""
        draws = [
            f"{count:,} draws" + f" ({name})" * bool(self.named["rule"]) for name, count in self.draws.items()
        ]
        return f"{points}{arms}{' and '.join(draws)}"

    @property
    def named(self) -> dict[str, bool]:
        """Whether rules and arms are columns of the tables: where the study names some."""
        return {"rule": bool(self.settings.tree.get("rules")), "arm": bool(self.settings.tree.get("arms"))}

    @cached_property
    def draws(self) -> dict[str, int]:
        """The draws of each rule: the most that any of its arms is played with."""
        return {
            rule.name: max(play.settings.draws for play in self.plays if play.rule == rule.name)
            for rule in self.rules
        }


def is_study(tree: Tree) -> bool:
    """Whether a setting has axes, arms or rules, so that it is more than one run."""
    return any(tree.get(key) for key in ("axes", "arms", "rules"))


def read_study(settings: Settings, overrides: Sequence[str] = (), config_dirs: Sequence[str] = ()) -> Study:
    """Compose every arm under every rule and check all that the study's file says.

    Args:
        settings: the setting as composed, with `axes`, `arms`, `rules` and the rest in its tree.
        overrides: what composed it, the study first: each arm is composed from them again, its own
            overrides after them, those of the rule last.

    Raises:
        HedgingError: anything in it that cannot be.
    """
    tree = {key: settings.tree.get(key) for key in OF_STUDIES}
    if tree["finding"] is not None:
        read_text(tree["finding"], "finding")
    rules = read_variants(tree["rules"], "rules") or (Variant(_rule_name(settings), "", (), None),)
    arms = read_variants(tree["arms"], "arms") or (Variant("", "", (), None),)
    check_effect(overrides, rules, tree["axes"])
    measures = read_formulas(tree["measures"] or [], settings.patrons, settings.partners, "measures")
    paths = read_formulas(tree["paths"] or [], settings.patrons, settings.partners, "paths")
    bare = tuple(_play(settings, rule, arm, overrides, config_dirs) for rule in rules for arm in arms)
    known = Known(
        tuple(rule.name for rule in rules),
        tuple(arm.name for arm in arms),
        {axis.name: axis.values for axis in bare[0].grid.axes},
        {formula.name: formula for formula in measures},
    )
    reference = known.place(tree["reference"], "reference") if tree["reference"] else {}
    claims = tuple(read_claim(raw, known, number + 1) for number, raw in enumerate(_list(tree, "claims")))
    _check_texts(claims)
    measured = [text for formula in measures for text in formula.outcomes]
    claimed = [text for claim in claims for formula in claim.formulas for text in formula.outcomes]
    outcomes = _outcomes(bare, (*measured, *ALIVE), "measures")
    outcomes = _joined(outcomes, _outcomes(bare, claimed, "claims", untested=True))
    wanted = tuple(dict.fromkeys((*(text for f in paths for text in f.outcomes), *(ALIVE if paths else ()))))
    series = _outcomes(bare, wanted, "paths")
    plays = tuple(
        replace(play, outcomes=o, paths=s) for play, o, s in zip(bare, outcomes, series, strict=True)
    )
    if not reference and any(word.startswith(REFERENCE) for f in (*measures, *paths) for word in f.operands):
        raise HedgingError(
            "measures: 'reference:' needs a reference; write reference: {arm: ..., <axis>: ...}"
        )
    _check_paths(plays)
    _check_names(bare[0].grid, measures)
    units = {item.text: item.unit for play in plays for item in (*play.outcomes, *play.paths)}
    return Study(
        settings, rules, arms, plays, measures, paths, claims, reference, _figures(tree, known, paths), units
    )


def _rule_name(settings: Settings) -> str:
    """The name of a setting's own client rule, from its class."""
    name = settings.client_rule.target.rpartition(".")[2]
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _play(
    settings: Settings, rule: Variant, arm: Variant, overrides: Sequence[str], config_dirs: Sequence[str]
) -> Play:
    """Compose one arm under one rule."""
    own, axes = settings, settings.tree.get("axes")
    if changes := (*arm.overrides, *rule.overrides):
        where = " under ".join(
            f"{kind} {v.name}" for kind, v in (("arm", arm), ("rule", rule)) if v.overrides
        )
        try:
            tree = compose((*overrides, *changes), tuple(config_dirs))
            own = read_settings(tree, config_dirs)
        except HedgingError as error:
            raise HedgingError(f"{where}: {error}") from None
        if is_study(tree) and any(tree[key] != settings.tree.get(key) for key in ("axes", "arms", "rules")):
            raise HedgingError(f"{where}: axes, arms and rules belong to the study, not to an arm or a rule")
    most = min(limit for limit in (own.draws, arm.draws, rule.draws) if limit is not None)
    grid = read_grid(axes or {}, own.numbers, own.patrons)
    return Play(rule.name, arm.name, replace(own, draws=most), grid, (), ())


def _list(tree: Tree, key: str) -> list[Any]:
    raw = tree[key] or []
    if not isinstance(raw, list):
        raise HedgingError(f"{key}: '{raw}' is no list; write one entry a line, each after a dash")
    return raw


def _joined(*parts: Sequence[tuple[Outcome, ...]]) -> list[tuple[Outcome, ...]]:
    """What each play needs, each outcome once."""
    return [tuple(dict.fromkeys(item for part in own for item in part)) for own in zip(*parts, strict=True)]


def _outcomes(
    plays: Sequence[Play], texts: Sequence[str], where: str, untested: bool = False
) -> list[tuple[Outcome, ...]]:
    """Read the outcomes in every play; one that a play cannot have (an absent patron) is missing there.

    Args:
        untested: one after the end of every play is missing too, and what is claimed of it goes untested.
    """
    found: list[list[Outcome]] = [[] for _ in plays]
    for text in dict.fromkeys(texts):
        problem: HedgingError | None = None
        for play, mine in zip(plays, found, strict=True):
            s = play.settings
            try:
                mine.append(read_outcome(text, s.patrons, s.partners, s.horizon, where))
            except HedgingError as error:
                problem = problem or error
        late = untested and isinstance(problem, AfterTheRun)
        if problem and not late and not any(item.text == text for mine in found for item in mine):
            raise problem
    return [tuple(mine) for mine in found]


def _check_texts(claims: Sequence[Claim]) -> None:
    """See that every claim has a text of its own, by which it is known."""
    for place, claim in enumerate(claims):
        if any(claim.text == other.text for other in claims[:place]):
            raise HedgingError(f"claims[{place + 1}]: '{claim.text}' is claimed already; word it differently")


def _check_paths(plays: Sequence[Play]) -> None:
    for play in plays:
        for item in play.paths:
            if item.dated is False or item.quarter is not None:
                raise HedgingError(f"paths: {item.text} is one number, not a series; name it under measures")
    size = sum(play.worlds * sum(i.rows(play.settings.horizon) for i in play.paths) for play in plays)
    if size > MOST_PATHS:
        raise HedgingError(
            f"paths: whole series of {sum(play.worlds for play in plays):,} worlds would take "
            f"{size * 8 / 1e9:.1f} GB; take fewer points, draws or paths, or paths=[]"
        )
    if plays[0].paths and len({play.settings.horizon for play in plays}) > 1:
        raise HedgingError("paths: the arms must have the same horizon")


def _check_names(grid: Grid, measures: Sequence[Formula]) -> None:
    for axis in grid.axes:
        if axis.name in (*TAKEN, *(formula.name for formula in measures)):
            raise HedgingError(f"axes.{axis.name}: the name is that of a column already; choose another")


def _figures(tree: Tree, known: Known, paths: Sequence[Formula]) -> tuple[Mapping[str, Any], ...]:
    """Read what figures are asked for; without any, lines along one axis or a heat map over two."""
    raw = tree["figure"]
    if not raw:
        kind = {1: "lines", 2: "heat"}.get(len(known.axes)) if tree["measures"] else None
        raw = [{"kind": kind}] if kind else []
    from hedging.plots.studies import check_figure

    figures = [raw] if isinstance(raw, Mapping) else raw
    if not isinstance(figures, list):
        raise HedgingError(f"figure={raw}: write {{kind: lines, ...}}, or a list of such")
    series = [formula.name for formula in paths]
    checked = tuple(check_figure(figure, known, series, place + 1) for place, figure in enumerate(figures))
    names = [figure["name"] for figure in checked]
    if len(set(names)) < len(names):
        raise HedgingError("figure: two figures have one name; give each a name: of its own")
    return checked
