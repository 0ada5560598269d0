"""Prove a rule: that it keeps every promise the model relies on, in worlds small and extreme.

`check_rule` plays the rule with one, three and five patrons, in ordinary and desperate situations, in sampled
and expected chance, beside every shipped rule of the other side; every answer is asked for twice, and every
draw is played again among fewer. The first broken promise is raised as a `RuleError` that names the fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hedging.rules.check.answers import RuleError
from hedging.rules.check.asking import same_dice
from hedging.rules.check.candidate import Candidate, read_candidate
from hedging.rules.check.playing import DRAWS, FEWER, Trial, try_alone
from hedging.rules.check.worlds import ORDINARY, SITUATIONS, crowd, shipped_rules
from hedging.settings.numbers import Number
from hedging.settings.settings import Settings

CROWDS, USUAL = (1, 3, 5), 3
"""Numbers of patrons that a rule is tried with, and with which it is tried hardest."""

SEASON, EPISODE = 4, 2
"""Quarters that a rule plays beside another, and in a situation."""

CHANCES = ("sampled", "expected")

__all__ = ["RuleError", "RuleReport", "check_rule"]


@dataclass(frozen=True)
class RuleReport:
    """What a rule was put through without a fault; print it to read it."""

    rule: str
    kind: str
    remembers: bool
    numbers: Mapping[str, str]
    beside: tuple[str, ...]
    quarters: int

    def __str__(self) -> str:
        if self.kind == "patron":
            answer = "a bid within the budget, at a price that fits its demand"
        else:
            answer = "an effort from 0 to 1 on each patron" + ", a memory of one shape" * self.remembers
        lines = {
            "answers": f"{answer}; (patron, draw), finite",
            "conduct": "the same answer twice; nothing written to, nothing kept, chance only from the sight",
            "draws": f"{DRAWS} together or {FEWER} at a time: equal to the last bit",
            "crowds": f"{', '.join(map(str, CROWDS))} patrons, in {' and '.join(CHANCES)} chance",
            "places": "; ".join(situation.name for situation in SITUATIONS),
            "beside": ", ".join(self.beside),
            "numbers": ", ".join(f"{name} {value}" for name, value in self.numbers.items()) or "none",
        }
        told = [f"  {name:<8} {line}" for name, line in lines.items()]
        head = f"{self.rule} keeps every promise of a {self.kind} rule, in {self.quarters} quarters played:"
        return "\n".join([head, *told])


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
    beside = shipped_rules("patron" if candidate.kind == "client" else "client")
    with same_dice():
        quarters = sum(trial.run() for trial in _trials(candidate, beside))
        if candidate.kind == "patron":
            quarters += try_alone(candidate, _among_others(candidate))
    return RuleReport(
        rule=candidate.name,
        kind=candidate.kind,
        remembers=hasattr(candidate.cls, "learn"),
        numbers={name: _told(value) for name, value in candidate.values.items()},
        beside=tuple(beside),
        quarters=quarters,
    )


def _trials(candidate: Candidate, beside: list[str]) -> Iterator[Trial]:
    """Every setting, situation and kind of chance to try a rule in, the usual crowd first."""
    for count in sorted(CROWDS, key=lambda count: count != USUAL):
        settings = candidate.enlist(crowd(count))
        for chance in CHANCES:
            everywhere = count == USUAL or chance == "sampled"
            for situation in SITUATIONS if everywhere else (ORDINARY,):
                yield Trial(candidate, settings, situation, chance, EPISODE)
    for name in beside:
        if candidate.kind == "client":
            settings = candidate.enlist(crowd(USUAL, patron=name))
            mixed = settings
        else:
            settings = candidate.enlist(crowd(USUAL, client=name))
            mixed = candidate.enlist(crowd(USUAL, client=name), settings.patrons[1:])
        for chance, chosen in zip(CHANCES, (settings, mixed), strict=True):
            yield Trial(candidate, chosen, ORDINARY, chance, SEASON, f"the rule {name}")


def _among_others(candidate: Candidate) -> Settings:
    """A setting whose patrons follow another rule than the candidate."""
    settings = (crowd(USUAL, patron=name) for name in shipped_rules("patron"))
    return next(s for s in settings if all(c.cls is not candidate.cls for c in s.patron_rules.values()))


def _told(value: Number | Mapping[str, Number] | int) -> str:
    if isinstance(value, Number):
        low, high = value.extremes
        return f"{low:g} to {high:g}" if low < high else f"{value.value:g}"
    if isinstance(value, int):
        return str(value)
    return "(" + ", ".join(f"{name} {_told(number)}" for name, number in value.items()) + ")"
