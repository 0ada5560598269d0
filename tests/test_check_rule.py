"""`check_rule`: every shipped rule keeps its promises, and every planted fault is caught by its name."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pytest

import hedging
from hedging import Array, Sight
from hedging.errors import HedgingError
from hedging.rules.check.answers import RuleError
from hedging.rules.check.candidate import read_candidate, shipped_rules
from hedging.settings.numbers import Number
from tests import zoo

FAULTS = {**zoo.CLIENTS, **zoo.PATRONS}


@pytest.mark.parametrize("name", [rule for kind in ("client", "patron") for rule in shipped_rules(kind)])
def test_every_shipped_rule_keeps_every_promise(name: str) -> None:
    told = str(hedging.check_rule(name))
    assert "keeps every promise" in told
    assert "1, 3, 5 patrons, in sampled and expected chance" in told


@cache
def caught(rule: type) -> RuleError:
    """The fault that is found in a rule."""
    with pytest.raises(RuleError) as found:
        hedging.check_rule(rule)
    return found.value


@pytest.mark.parametrize("rule", FAULTS, ids=lambda rule: rule.__name__)
def test_every_planted_fault_is_caught_by_its_name(rule: type) -> None:
    assert caught(rule).fault == FAULTS[rule]
    assert str(caught(rule)).startswith(f"{rule.__name__}, {FAULTS[rule]}")
    assert "\n" not in str(caught(rule))


def test_a_bid_that_is_a_mean_of_bids_is_no_fault() -> None:
    assert hedging.check_rule(zoo.MixesAll).kind == "patron"


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (zoo.TooKeen, "2020Q1, frustration far past every red line, sampled chance): cut it with np.clip"),
        (zoo.FollowsCredit, "empty credit lines, sampled chance)"),
        (zoo.NeverInPeril, "a leader in peril, sampled chance)"),
        (zoo.Nostalgic, "trade far from its anchor, sampled chance)"),
        (zoo.KnowsThree, "(1 patron, 2015Q1, the start, sampled chance)"),
        (zoo.LegacyDice, "choose drew from np.random, which the whole program shares"),
        (zoo.Misspells, "has no attribute 'warmht' (zoo.py, line "),
        (zoo.WritesParameters, "choose wrote into parameters.effort_cost that it was shown"),
        (zoo.MemoryOfAll, "memory.count is "),
        (zoo.MemoryOfAll, " beside 5 other draws, "),
        (
            zoo.MixesOffer,
            "offer is 0.942782 for patron 'russia' in draw 0; expected at most what the bid itself",
        ),
        (zoo.BidsByCommittee, "for patron 'russia' in draw 0 where all share its rule"),
    ],
)
def test_a_fault_is_told_with_its_place(rule: type, told: str) -> None:
    assert told in str(caught(rule))


@pytest.mark.parametrize(
    ("rule", "numbers", "told"),
    [
        ("herustic", {}, "no rule 'herustic': did you mean 'heuristic'?"),
        ("no.such", {}, "cannot find the rule 'no.such'"),
        ("hedging.errors.unknown", {}, "is a function, not a class"),
        (3, {}, "int, not a rule: expected a dataclass with a method choose(sight)"),
        ("heuristic", {"nerve": 3}, "no number 'nerve' in Heuristic: valid: base, court"),
        ("lookahead", {"horizon": 1.5}, "Lookahead.horizon=1.5: it must be a whole number"),
        ("heuristic", {"base": 2}, "Heuristic.base=2 is out of range"),
    ],
)
def test_what_is_no_rule_is_told_in_one_line(rule: Any, numbers: dict[str, Any], told: str) -> None:
    with pytest.raises(HedgingError) as refused:
        hedging.check_rule(rule, **numbers)
    assert told in str(refused.value)


def test_numbers_come_from_the_caller_an_instance_or_the_middle_of_what_is_admissible() -> None:
    @dataclass(frozen=True)
    class Local:
        """Courts everybody by its nerve; it lives in a function, where its annotations are out of reach."""

        nerve: Array

        def choose(self, sight: Sight) -> Array:
            return np.clip(zoo.level(sight) * self.nerve, 0.0, 1.0)

    assert "nerve 0 to 1\n" in f"{hedging.check_rule(Local)}\n"
    given, held = read_candidate(Local, {"nerve": 0.3}), read_candidate(Local(np.array([0.2, 0.3, 0.4])), {})
    for candidate, low, high in ((given, 0.27, 0.33), (held, 0.2, 0.4)):
        nerve = candidate.values["nerve"]
        assert isinstance(nerve, Number)
        assert nerve.extremes == pytest.approx((low, high))


def test_the_dice_of_the_whole_program_are_left_as_they_were() -> None:
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    for rule in (zoo.PythonDice, zoo.LegacyDice):
        with pytest.raises(RuleError):
            hedging.check_rule(rule)
    drawn = random.random(), np.random.uniform()  # noqa: NPY002
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002
    assert drawn == (random.random(), np.random.uniform())  # noqa: NPY002
