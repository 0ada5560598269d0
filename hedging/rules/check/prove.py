"""Prove a rule: play it in small worlds with every answer examined, then again among fewer draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hedging.rules.check.answers import BID_FIELDS, SLACK, Asked, Scene, arrays, call, same_dice, unlike
from hedging.rules.check.candidate import (
    METHODS,
    SITUATIONS,
    Candidate,
    Situation,
    crowd,
    read_candidate,
    shipped_rules,
)
from hedging.settings.numbers import Number
from hedging.settings.settings import Settings
from hedging.world import dates
from hedging.world.chance import EXPECTED
from hedging.world.phases import calendar, offers
from hedging.world.world import World

DRAWS, FEWER = 6, 2
"""Draws that a rule is tried on together, and among how few each is played again."""

Said = dict[str, np.ndarray[Any, Any]]


@dataclass(frozen=True)
class Trial:
    """A rule in one setting and situation, for some quarters."""

    candidate: Candidate
    settings: Settings
    quarters: int
    situation: Situation = SITUATIONS[0]
    beside: str = ""

    def run(self) -> int:
        """Play all draws with every answer examined, then again a few at a time: the same to the last bit.

        Returns: how many answers were examined.
        Raises:
            RuleError: the first fault.
        """
        together = self.play(0, DRAWS)
        for first in range(0, DRAWS, FEWER):
            for ahead, (said, few) in enumerate(zip(together, self.play(first, FEWER), strict=True)):
                for name, alone in few.items():
                    whole = said[name][..., first : first + FEWER]
                    beside = f"beside {DRAWS - 1} other draws, {{alone:.9g}} beside {FEWER - 1}"
                    what = f"{name} is {{whole:.9g}} for {{at}} {beside}"
                    wrong, scene = unlike(whole, alone), self.scene(first, FEWER, ahead)
                    scene.forbid(wrong, "leaks between draws", what, whole=whole, alone=alone)
        return len(together)

    def play(self, first: int, draws: int) -> list[Said]:
        """Play some draws with every answer examined.

        Returns: what the rule said, by quarter.
        """
        settings = replace(self.settings, horizon=self.situation.quarter + self.quarters)
        cls, kind, said = self.candidate.cls, self.candidate.kind, []
        world: World = call(self.situation.world, self.scene(first, draws), settings, first, draws, blame=cls)
        client = world.cast.client
        for ahead in range(self.quarters):
            scene = self.scene(first, draws, ahead)
            if kind == "client":
                asked: Any = Asked(client, scene)
                world.cast = replace(world.cast, client=asked)
            else:
                self._examine_bids(world, scene)
            flows = call(world.step, scene, blame=getattr(cls, METHODS[kind]))
            names = ("effort",) if kind == "client" else BID_FIELDS
            said.append({n: flows[n] for n in names} | dict(arrays(world.state.memory, "memory")))
        return said

    def scene(self, first: int, draws: int, ahead: int = 0) -> Scene:
        """Where the rule is asked, in words."""
        names, quarter = self.settings.patrons, dates.label(self.situation.quarter + ahead)
        place = f"{len(names)} patron{'s' * (len(names) > 1)}, {quarter}, {self.situation.name}, "
        place += f"{self.settings.chance} chance" + f", beside {self.beside}" * bool(self.beside)
        return Scene(self.candidate.name, names, first, draws, place)

    def _examine_bids(self, world: World, scene: Scene) -> None:
        """Ask the patrons that have the rule for their bids before the quarter is played."""
        state, p, cast, quarter = world.state, world.parameters, world.cast, world.quarter
        today = calendar.read_calendar(p, quarter, cast.energy_index(quarter), EXPECTED)
        own = (seat for seat in cast.seats if type(seat.rule) is self.candidate.cls)
        asked = replace(cast, seats=tuple(replace(seat, rule=Asked(seat.rule, scene)) for seat in own))
        asked.collect_bids(state, p, quarter, offers.take_stock(state, p, today))


def try_alone(candidate: Candidate, settings: Settings) -> int:
    """See that each patron bids by itself, the others by the rules of the setting, as it does among its like.

    Returns: how many bids were examined.
    Raises:
        RuleError: leaks between patrons, or any fault that shows only now.
    """
    together = Trial(candidate, candidate.enlist(settings), 1).play(0, DRAWS)[0]
    for row, name in enumerate(settings.patrons):
        trial = Trial(candidate, candidate.enlist(settings, (name,)), 1, beside="another rule")
        alone = trial.play(0, DRAWS)[0]
        for field in BID_FIELDS:
            one, other = together[field][row], alone[field][row]
            wrong = ~np.isclose(one, other, rtol=SLACK, atol=SLACK)
            what = f"{field} is {{one:.9g}} for patron '{name}' in {{at}} where all share its rule"
            what += ", {other:.9g} where none does"
            trial.scene(0, DRAWS).forbid(wrong, "leaks between patrons", what, one=one, other=other)
    return 1 + len(settings.patrons)


CROWDS, USUAL = (1, 3, 5), 3
"""Numbers of patrons that a rule is tried with, and with which it is tried hardest."""

SEASON, EPISODE = 4, 2
"""Quarters that a rule plays beside another, and in a situation."""

CHANCES = ("sampled", "expected")

ANSWERS = {
    "client": "an effort from 0 to 1 on each patron",
    "patron": "a bid within the budget, at a price that fits its demand",
}


@dataclass(frozen=True)
class RuleReport:
    """What a rule was put through without a fault; print it to read it."""

    rule: str
    kind: str
    quarters: int
    proved: Mapping[str, str]  # in a line each

    def __str__(self) -> str:
        head = f"{self.rule} keeps every promise of a {self.kind} rule, in {self.quarters} quarters played:"
        return "\n".join([head, *(f"  {name:<8} {line}" for name, line in self.proved.items())])


def check_rule(rule: Any, **numbers: Any) -> RuleReport:
    """Prove that a rule of a client or of patrons keeps what the model relies on.

    Args:
        rule: a class, an instance, a dotted name such as ``"my_module.MyRule"``, or the name of a shipped
            rule's YAML.
        **numbers: values for its fields, a mapping by patron where a field has one each; else those of the
            instance, of its YAML under configs/, or from the middle of what is admissible.

    Returns:
        What was proved; print it.

    Raises:
        RuleError: the first promise that it breaks. `fault` names it: not a rule, not an array, shape, range,
            not finite, missing field, over budget, offer above willing, price and demand disagree, wrote to
            the sight, wrote to the memory, memory on the rule, memory shape, differs on repeat, global
            randomness, branches on an array, leaks between draws, leaks between patrons, raises.
        HedgingError: there is no such rule, or it cannot have such a number.
    """
    candidate = read_candidate(rule, numbers)
    other = "patron" if candidate.kind == "client" else "client"
    with same_dice(), np.errstate(all="ignore"):
        quarters = sum(trial.run() for trial in _trials(candidate, other))
        if candidate.kind == "patron":
            quarters += try_alone(candidate, replace(_among_others(candidate), chance="expected"))
    memory = ", a memory of one shape" * hasattr(candidate.cls, "learn")
    told = (f"{name} {_told(value)}" for name, value in candidate.values.items())
    proved = {
        "answers": f"{ANSWERS[candidate.kind]}{memory}; (patron, draw), finite",
        "conduct": "the same answer twice; nothing written to, nothing kept, chance only from the sight",
        "draws": f"{DRAWS} together or {FEWER} at a time: equal to the last bit",
        "crowds": f"{', '.join(map(str, CROWDS))} patrons, in {' and '.join(CHANCES)} chance",
        "places": "; ".join(situation.name for situation in SITUATIONS),
        "beside": ", ".join(shipped_rules(other)),
        "numbers": ", ".join(told) or "none",
    }
    return RuleReport(candidate.name, candidate.kind, quarters, proved)


def _trials(candidate: Candidate, other: str) -> Iterator[Trial]:
    """Every setting, situation and kind of chance to try a rule in, the usual crowd first."""
    for count in sorted(CROWDS, key=lambda count: count != USUAL):
        settings = candidate.enlist(crowd(count))
        for chance in CHANCES:
            everywhere = count == USUAL or chance == "sampled"
            for situation in SITUATIONS if everywhere else SITUATIONS[:1]:
                yield Trial(candidate, replace(settings, chance=chance), EPISODE, situation)
    for name in shipped_rules(other):
        others = crowd(USUAL, other, name)
        for chance, some in zip(CHANCES, (others.patrons, others.patrons[1:]), strict=True):
            settings = replace(candidate.enlist(others, some), chance=chance)
            yield Trial(candidate, settings, SEASON, beside=f"the rule {name}")


def _among_others(candidate: Candidate) -> Settings:
    """A setting whose patrons follow another rule than the candidate."""
    settings = (crowd(USUAL, "patron", name) for name in shipped_rules("patron"))
    return next(s for s in settings if all(c.cls is not candidate.cls for c in s.patron_rules.values()))


def _told(value: Number | Mapping[str, Number] | int) -> str:
    if isinstance(value, Mapping):
        return "(" + ", ".join(f"{name} {_told(number)}" for name, number in value.items()) + ")"
    low, high = value.extremes if isinstance(value, Number) else (value, value)
    return f"{low:g} to {high:g}" if low < high else f"{low:g}"
