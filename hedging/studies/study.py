"""A study: one setting played under several rules, in several arms, at every point of some axes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hedging.errors import HedgingError
from hedging.measures.declare import REFERENCE as REFERENCE_NUMBERS
from hedging.measures.trajectories import OUTCOMES, SERIES, TOTALS, AfterTheRun, Outcome, read_outcome
from hedging.settings.compose import Tree, compose
from hedging.settings.events import check_events
from hedging.settings.read import read_text, read_word, snake_case
from hedging.settings.sample_file import bounded
from hedging.settings.settings import OF_STUDIES, Settings, read_settings
from hedging.studies.axes import Grid, Variant, check_effect, read_grid, read_variants
from hedging.studies.claim import REFERENCE, Claim, Formula, Known, read_claims, read_formulas
from hedging.studies.switches import arms_of

if TYPE_CHECKING:
    from hedging.plots.kind import Asked

STANDING = ("survival", "sovereign")
"""Outcomes that every study plays: together they say whether a draw stands at the end."""

TAKEN = "rule", "arm", "draw", "draws", "quarter", "measure", "patron", "statistic", "value", "unit", "weight"
"""Columns of the tables, which no axis may be named after."""

EVERYTHING = {
    "measures": [f"{name}.*" if len(item.axes) > 1 else name for name, item in TOTALS.items()],
    "paths": [*(f"{name}.*" if len(item.axes) > 1 else name for name, item in SERIES.items()), "regime.*"],
}
"""What a plain run reports: all that there is."""

VARYING = "axes", "arms", "switches", "rules"
"""The keys of a setting that make it more than one run."""

PATH = "path:"
"""What stands before the name of a study's series in its summary."""

MOST_PATHS = 50_000_000
"""Numbers that may be kept of whole series: 400 MB."""


@dataclass(frozen=True)
class Play:
    """One arm under one rule: its setting, and the points it is played at; where the study has a reference,
    also that under the same rule, its numbers at the points that each point is held against."""

    rule: str
    arm: str
    settings: Settings
    grid: Grid
    outcomes: tuple[Outcome, ...]
    paths: tuple[Outcome, ...]
    reference: Play | None = None

    @property
    def worlds(self) -> int:
        """Points times draws."""
        return self.grid.points * self.settings.draws

    @cached_property
    def recorded(self) -> dict[str, frozenset[str]]:
        """The quantities that must be recorded for its outcomes and paths: of the run itself under '', and
        of each null rule that must be played beside it."""
        found = {"": frozenset(STANDING)}
        for item in (*self.outcomes, *self.paths):
            for rule, names in item.recorded.items():
                found[rule] = found.get(rule, frozenset()).union(names)
        return found


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
    figures: tuple[Asked, ...]

    @property
    def grid(self) -> Grid:
        """The points, the same for every rule and arm."""
        return self.plays[0].grid

    @cached_property
    def items(self) -> dict[str, Outcome]:
        """Every outcome and series by its name, as some arm has it."""
        return {item.text: item for play in self.plays for item in (*play.outcomes, *play.paths)}

    @property
    def plain(self) -> bool:
        """Whether it is one run, with neither axes nor arms nor rules: then all that there is is reported."""
        return not is_study(self.settings.tree)

    @property
    def worlds(self) -> int:
        """Rules times arms times points times draws."""
        return sum(play.worlds for play in self.plays)

    @property
    def told(self) -> str:
        """Points, arms and draws in words."""
        points = f"{self.grid.points:,} points, " if self.grid.axes else ""
        arms = f"{len(self.arms)} arms, " if len(self.arms) > 1 else ""
        named = self.named["rule"]
        draws = [f"{n:,} draw{'s' * (n != 1)}" + f" ({name})" * named for name, n in self.draws.items()]
        return f"{points}{arms}{' and '.join(draws)}"

    @property
    def named(self) -> dict[str, bool]:
        """Whether rules and arms are columns of the tables: where the study names some."""
        return {"rule": bool(self.settings.tree.get("rules")), "arm": self.arms[0].name != ""}

    @cached_property
    def draws(self) -> dict[str, int]:
        """The draws of each rule: the most that any of its arms is played with."""
        mine = {rule.name: [play for play in self.plays if play.rule == rule.name] for rule in self.rules}
        return {name: max(play.settings.draws for play in plays) for name, plays in mine.items()}


def is_study(tree: Tree) -> bool:
    """Whether a setting has axes, arms or rules, so that it is more than one run."""
    return any(tree.get(key) for key in VARYING)


def read_study(settings: Settings, overrides: Sequence[str] = (), config_dirs: Sequence[str] = ()) -> Study:
    """Compose every arm under every rule and check all that the study's file says.

    Args:
        settings: the setting as composed, with `axes`, `arms`, `rules` and the rest in its tree.
        overrides: what composed it, the study first: each arm is composed from them again, its own
            overrides after them, those of the rule last but for what the arm settles.

    Raises:
        HedgingError: anything in it that cannot be.
    """
    tree = {key: settings.tree.get(key) for key in OF_STUDIES}
    if tree["finding"] is not None:
        read_text(tree["finding"], "finding")
    rules = read_variants(tree["rules"], "rules") or (Variant(_rule_name(settings), "", (), None),)
    arms = read_variants(arms_of(tree), "arms") or (Variant("", "", (), None),)
    check_effect(overrides, rules, tree["axes"])
    bare = tuple(_play(settings, rule, arm, overrides, config_dirs) for rule in rules for arm in arms)
    asked = tree if is_study(settings.tree) else EVERYTHING
    patrons = _union(play.settings.patrons for play in bare)
    partners = _union(play.settings.partners for play in bare)
    measures = read_formulas(asked["measures"] or [], patrons, partners, "measures")
    paths = read_formulas(asked["paths"] or [], patrons, partners, "paths")
    known = Known(
        tuple(rule.name for rule in rules),
        tuple(arm.name for arm in arms),
        {axis.name: axis.values for axis in bare[0].grid.axes},
        {formula.name: formula for formula in measures},
    )
    reference = known.place(tree["reference"], "reference") if tree["reference"] else {}
    for arm in (one for one in arms if one.beside is not None):
        read_word(arm.beside, f"arms.{arm.name}.beside", known.arms)
    bare = tuple(replace(play, reference=_reference(play, bare, reference)) for play in bare)
    claims = read_claims(_list(tree, "claims"), known)
    claimed = [text for claim in claims for formula in claim.formulas for text in formula.outcomes]
    measured = [text for formula in measures for text in formula.outcomes]
    reported = _outcomes(bare, (*measured, *STANDING), "measures")
    looked_at = _outcomes(bare, claimed, "claims", untested=True)
    series = _outcomes(bare, [text for formula in paths for text in formula.outcomes], "paths")
    plays = tuple(
        replace(play, outcomes=tuple((one | other).values()), paths=tuple(kept.values()))
        for play, one, other, kept in zip(bare, reported, looked_at, series, strict=True)
    )
    drawn = figures_of(tree, known, paths)
    study = Study(settings, rules, arms, plays, measures, paths, claims, reference, drawn)
    _check(study)
    return study


def _union(names: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Every name of some lists, once."""
    return tuple(dict.fromkeys(name for some in names for name in some))


def _rule_name(settings: Settings) -> str:
    """The name of a setting's own client rule, from its class."""
    return snake_case(settings.client_rule.target.rpartition(".")[2])


def _play(
    settings: Settings, rule: Variant, arm: Variant, overrides: Sequence[str], config_dirs: Sequence[str]
) -> Play:
    """Compose one arm under one rule."""
    own, axes = settings, settings.tree.get("axes")
    settled = {change.partition("=")[0] for change in arm.overrides}
    of_rule = [change for change in rule.overrides if change.partition("=")[0] not in settled]
    if changes := (*arm.overrides, *of_rule):
        varied = {"arm": arm, "rule": rule}
        where = " under ".join(f"{kind} {one.name}" for kind, one in varied.items() if one.overrides)
        try:
            tree = compose((*overrides, *changes), tuple(config_dirs))
            own = read_settings(tree, config_dirs)
        except HedgingError as error:
            raise HedgingError(f"{where}: {error}") from None
        if is_study(tree) and any(tree.get(key) != settings.tree.get(key) for key in VARYING):
            raise HedgingError(f"{where}: axes, arms and rules belong to the study, not to an arm or a rule")
    own.check_sample(OUTCOMES)
    most = min(limit for limit in (own.draws, arm.draws, rule.draws) if limit is not None)
    grid = read_grid(axes or {}, own.numbers, own.patrons)
    check_events(own.events, bounded(own.numbers, grid.swept))
    return Play(rule.name, arm.name, replace(own, draws=most), grid, (), ())


def _reference(play: Play, plays: Sequence[Play], where: Mapping[str, Any]) -> Play | None:
    """The reference of a study as a play is held against it, where the study has one."""
    same = (p for p in plays if where and (p.rule, p.arm) == (play.rule, where.get("arm", play.arm)))
    return next((replace(p, grid=Grid(p.grid.held(where), p.grid.numbers)) for p in same), None)


def _list(tree: Tree, key: str) -> list[Any]:
    raw = tree[key] or []
    if not isinstance(raw, list):
        raise HedgingError(f"{key}: '{raw}' is no list; write one entry a line, each after a dash")
    return raw


def _outcomes(
    plays: Sequence[Play], texts: Sequence[str], where: str, untested: bool = False
) -> list[dict[str, Outcome]]:
    """Read the outcomes in every play, by name; one that a play lacks (an absent patron) is missing there.

    Args:
        untested: one after the end of every play is missing too, and what is claimed of it goes untested.
    """
    found: list[dict[str, Outcome]] = [{} for _ in plays]
    for text in dict.fromkeys(texts):
        problem: HedgingError | None = None
        for play, mine in zip(plays, found, strict=True):
            s = play.settings
            try:
                mine[text] = read_outcome(text, s.patrons, s.partners, s.horizon, where)
            except HedgingError as error:
                problem = problem or error
        late = untested and isinstance(problem, AfterTheRun)
        if problem and not late and not any(text in mine for mine in found):
            raise problem
    return found


def _check(study: Study) -> None:
    """See that a study can be played and told: its reference, its series, the names of its axes."""
    plays, formulas = study.plays, (*study.measures, *study.paths)
    if not study.reference and any(word.startswith(REFERENCE) for f in formulas for word in f.operands):
        raise HedgingError(
            "measures: 'reference:' needs a reference; write reference: {arm: ..., <axis>: ...}"
        )
    for axis in study.grid.axes:
        if axis.name in (*TAKEN, *(formula.name for formula in study.measures)):
            raise HedgingError(f"axes.{axis.name}: the name is that of a column already; choose another")
    if study.plain:
        shipped = compose()
        for key in ("measures", "paths"):
            if study.settings.tree.get(key) not in (shipped[key], None, []):
                why = "a plain run reports all that there is"
                raise HedgingError(f"{key}: {why}; drop it, or give the study axes, arms or rules")
        return
    if not formulas:
        raise HedgingError("measures=[]: nothing is left to report; name one, such as total_utility")
    for formula in formulas:
        if formula.name in TAKEN:
            raise HedgingError(f"measures: {formula.name} is the name of a column already; choose another")
    for play in plays:
        for item in play.paths:
            if item.dated is False or item.quarter is not None:
                raise HedgingError(f"paths: {item.text} is one number, not a series; name it under measures")
    size = sum(play.worlds * sum(i.rows(play.settings.horizon) for i in play.paths) for play in plays)
    if size > MOST_PATHS:
        told = f"whole series of {study.worlds:,} worlds would take {size * 8 / 1e9:.1f} GB"
        raise HedgingError(f"paths: {told}; take fewer points, draws or paths, or paths=[]")
    scored = [(play, play.reference, i) for play in plays if play.reference for i in play.outcomes]
    for play, other, item in scored:
        if REFERENCE_NUMBERS in item.arguments and play.settings.patrons != other.settings.patrons:
            why = "takes the numbers of the reference, which has other patrons"
            raise HedgingError(f"arms.{play.arm}: {item.text} {why}; drop one of the two")
    if plays[0].paths and len({play.settings.horizon for play in plays}) > 1:
        raise HedgingError("paths: the arms must have the same horizon")


def figures_of(tree: Tree, known: Known | None = None, paths: Sequence[Formula] = ()) -> tuple[Asked, ...]:
    """Read what figures a setting asks for; those of a plain run may name its series alone."""
    from hedging.plots.kind import NOTHING, read_figures

    plain = not is_study(tree)
    series = list(SERIES) if plain else [formula.name for formula in paths]
    return read_figures(tree.get("figure"), known or NOTHING, series, plain)
