"""Claims are judged by the draws in which they hold: every kind on data made by hand, all verdicts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hedging.errors import HedgingError
from hedging.studies.claim import Claim, Known, read_claims, read_formula, read_formulas
from hedging.studies.findings import Judgement, judge, overall, percent, verdict, wilson

DOSE = (0.0, 0.5, 1.0, 2.0)
KNOWN = Known(("heuristic", "lookahead"), ("with", "without"), {"dose": DOSE, "push": (1.0, 2.0, 3.0)}, {})
HERE = {"arm": "with", "push": 1}


def claim(kind: str, **said: Any) -> Claim:
    own: dict[str, Any] = {"axis": "dose"} if kind not in ("greater", "largest_share") else {}
    own |= {"at": {"arm": "with", "push": 1} | ({"dose": 0} if kind in ("greater", "largest_share") else {})}
    own |= {"more": {"arm": "with"}, "less": {"arm": "without"}} if kind == "greater" else {}
    (found,) = read_claims([{"text": "it holds", "kind": kind, "outcome": "reserves"} | own | said], KNOWN)
    return found


def judged(stated: Claim, *sides: Any, weight: Any = None) -> Judgement:
    arrays = [np.asarray(side, dtype=float) for side in sides]
    weights = [np.ones_like(a) if weight is None else np.broadcast_to(weight, a.shape) for a in arrays]
    return judge(stated, "heuristic", list(zip(arrays, weights, strict=True)), np.array(DOSE))


def test_greater_counts_the_draws_in_which_one_side_exceeds_the_other() -> None:
    found = judged(claim("greater"), [3.0, 2.0, 1.0, 5.0], [1.0, 1.0, 1.0, 9.0])
    assert (found.share, found.draws, found.tied) == (0.5, 4, 0.25)
    assert found.effect == 0.5


def test_greater_may_ask_for_more_than_a_difference_or_a_ratio() -> None:
    more, less = [3.0, 3.0, 8.0], [1.0, 2.5, 2.0]
    assert judged(claim("greater", by=1), more, less).share == pytest.approx(2 / 3)
    assert judged(claim("greater", ratio=3.5), more, less).share == pytest.approx(1 / 3)


def test_draws_that_fell_in_either_arm_or_miss_the_outcome_are_left_out() -> None:
    stated = claim("greater")
    more, less = np.array([1.0, 1.0, 1.0, np.nan]), np.zeros(4)
    sides = [(more, np.array([1.0, 0.0, 1.0, 1.0])), (less, np.array([1.0, 1.0, 0.0, 1.0]))]
    found = judge(stated, "heuristic", sides, np.zeros(1))
    assert (found.draws, found.share) == (1, 1.0)
    assert judged(stated, more, less, weight=0.0).verdict == "untested"


def test_arms_of_different_draws_are_paired_draw_by_draw_from_the_first() -> None:
    assert judged(claim("greater"), [1.0, 1.0, 1.0], [0.0, 2.0]).draws == 2


@pytest.mark.parametrize(
    ("direction", "path", "holds"),
    [
        ("rising", (0, 1, 1, 2), True),
        ("rising", (0, 1, 1 - 1e-13, 2), True),
        ("rising", (0, 1, 0.9, 2), False),
        ("rising", (1, 1, 1, 1), False),
        ("falling", (3, 2, 2, 0), True),
        ("falling", (0, 1, 2, 3), False),
    ],
)
def test_monotone_forgives_ties_and_no_step_back(
    direction: str, path: tuple[float, ...], holds: bool
) -> None:
    assert judged(claim("monotone", direction=direction), np.array(path)[:, None]).share == holds


def test_monotone_overall_asks_for_the_trend() -> None:
    path = np.array([0.0, 1.0, 0.9, 2.0])[:, None]
    assert judged(claim("monotone", overall=True), path).share == 1
    assert judged(claim("monotone", overall=True, direction="falling"), path).share == 0


def test_the_order_in_which_an_axis_is_written_does_not_matter() -> None:
    stated, values = claim("monotone"), np.array([[2.0], [0.0], [1.0]])
    sides = [(values, np.ones_like(values))]
    assert judge(stated, "heuristic", sides, np.array([3.0, 1.0, 2.0])).share == 1


def test_a_date_that_never_comes_stands_at_the_end_of_its_axis() -> None:
    values = np.array([[0.0], [1.0], [2.0], [4.0]])
    found = judge(
        claim("convex"), "heuristic", [(values, np.ones_like(values))], np.array([1.0, 2.0, 3.0, np.inf])
    )
    assert found.share == 1


@pytest.mark.parametrize(
    ("path", "holds"),
    [((0, 2, 1, 1), True), ((2, 1, 0, 0), False), ((0, 1, 2, 3), False), ((1, 1, 0, 0), False)],
)
def test_an_interior_maximum_lies_above_both_ends(path: tuple[float, ...], holds: bool) -> None:
    assert judged(claim("interior_maximum"), np.array(path, dtype=float)[:, None]).share == holds


@pytest.mark.parametrize(
    ("path", "strictly", "overall_so"),
    [((0, 0.25, 1, 4), True, True), ((0, 0.5, 1, 2), False, False), ((0, 1, 1.5, 1.8), False, False)],
)
def test_convex_bends_upwards_at_every_value(
    path: tuple[float, ...], strictly: bool, overall_so: bool
) -> None:
    values = np.array(path, dtype=float)[:, None]
    assert judged(claim("convex"), values).share == strictly
    assert judged(claim("convex", overall=True), values).share == overall_so


@pytest.mark.parametrize(
    ("path", "holds"), [((0, 2, 2.9, 3), True), ((0, 1, 2, 4), False), ((3, 2, 1, 0), False)]
)
def test_saturating_gains_little_on_the_last_third(path: tuple[float, ...], holds: bool) -> None:
    assert judged(claim("saturating", share=0.2), np.array(path, dtype=float)[:, None]).share == holds


def test_the_largest_share_is_judged_by_resamples_of_draws() -> None:
    stated = claim("largest_share", outcome="regime.hedging@2016Q4")
    assert len(stated.sides) == 7
    sure, rest = np.repeat([1.0, 0.0], [70, 30]), [np.zeros(100) for _ in range(5)]
    found = judged(stated, sure, 1 - sure, *rest)
    assert (found.share, found.verdict, found.draws) == (1.0, "robust", 100)
    assert found.effect == pytest.approx(0.7)
    even = np.repeat([1.0, 0.0], [50, 50])
    assert judged(stated, even, 1 - even, *rest).verdict == "mixed"


def test_a_claim_about_a_mean_is_judged_by_resamples_too() -> None:
    less, more = np.zeros(50), np.repeat([-1.0, 3.0], [30, 20])
    assert judged(claim("greater"), more, less).verdict == "mixed"
    found = judged(claim("greater", judged="mean"), more, less)
    assert found.verdict == "robust"
    assert found.effect == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("share", "word"),
    [
        (1.0, "robust"), (0.9, "robust"), (0.8999, "mostly"), (2 / 3, "mostly"), (0.6666, "mixed"),
        (0.1001, "mixed"), (0.1, "refuted"), (0.0, "refuted"), (float("nan"), "untested"),
    ],
)  # fmt: skip
def test_the_edges_of_the_verdicts(share: float, word: str) -> None:
    assert verdict(share) == word


@pytest.mark.parametrize(
    ("by_rule", "word"),
    [
        (["robust", "robust"], "robust"),
        (["robust", "mostly"], "mostly"),
        (["robust", "mixed"], "mixed"),
        (["robust", "refuted"], "mixed"),
        (["refuted", "refuted"], "refuted"),
        (["robust", "untested"], "robust"),
        (["untested"], "untested"),
    ],
)
def test_the_verdict_over_rules_is_robust_or_refuted_only_under_every_one(
    by_rule: list[str], word: str
) -> None:
    assert overall(by_rule) == word


def test_the_interval_is_wilsons() -> None:
    assert wilson(8, 10) == pytest.approx((0.490162, 0.943318), abs=1e-6)
    assert wilson(0, 10)[0] == 0
    assert (percent(0.999), percent(0.001), percent(1.0), percent(float("nan"))) == (
        ">99%",
        "<1%",
        "100%",
        "untested",
    )


def test_formulas_add_multiply_and_refer_to_the_reference() -> None:
    table = {"a.x": np.array([6.0]), "reference:a.x": np.array([3.0]), "b": np.array([0.0])}
    told = {
        "a.x": 6.0,
        "a.x + a.x * 2": 18.0,
        "a.x - b - 1": 5.0,
        "1 - a.x / reference:a.x": -1.0,
        "0.5 * a.x": 3.0,
    }
    for text, value in told.items():
        assert read_formula(text, "measures").of(table.__getitem__) == pytest.approx([value])
    assert np.isnan(read_formula("a.x / b", "measures").of(table.__getitem__)).all()
    assert read_formula("a.x + b", "measures").unit({"a.x": "usd_bn", "b": "usd_bn"}) == "usd_bn"
    assert read_formula("a.x / b", "measures").unit({"a.x": "usd_bn", "b": "usd_bn"}) == "1"


@pytest.mark.parametrize(
    "raw", ["", "gdp +", "gdp reserves", "gdp ^ 2", "1 + 2", 3, {"a": "gdp", "b": "gdp"}]
)
def test_what_is_no_formula_is_refused(raw: object) -> None:
    with pytest.raises(HedgingError, match=r"measures: .* is no outcome; write one, such as total_utility"):
        read_formula(raw, "measures")


def test_a_star_stands_for_every_member() -> None:
    found = read_formulas(["carrots.*", "trade_share.*@2019Q4"], ["x", "y"], ["x", "y", "z"], "measures")
    dated = [f"trade_share.{name}@2019Q4" for name in "xyz"]
    assert [formula.name for formula in found] == ["carrots.x", "carrots.y", *dated]


BAD: dict[str, dict[str, Any]] = {
    "no kind 'bigger'": {"kind": "bigger"},
    "no axis 'depth'": {"kind": "monotone", "axis": "depth"},
    "did you mean 'direction'": {"kind": "monotone", "axis": "dose", "directon": "falling"},
    "no direction 'down'": {"kind": "monotone", "axis": "dose", "at": HERE, "direction": "down"},
    "no arm 'wiht'": {"kind": "monotone", "axis": "dose", "at": {"arm": "wiht", "push": 1}},
    "which arm": {"kind": "monotone", "axis": "dose", "at": {"push": 1}},
    "where on push": {"kind": "monotone", "axis": "dose", "at": {"arm": "with"}},
    "looks along dose": {"kind": "monotone", "axis": "dose", "at": HERE | {"dose": 0}},
    "no value '7'": {"kind": "monotone", "axis": "dose", "at": HERE | {"push": 7}},
    "no rule 'dice'": {"kind": "monotone", "axis": "dose", "at": HERE, "rules": ["dice"]},
    "less is missing": {"kind": "greater", "more": {"arm": "with"}},
    "no judged 'median'": {"kind": "convex", "axis": "dose", "at": HERE, "judged": "median"},
    "write true or false": {"kind": "convex", "axis": "dose", "at": HERE, "overall": "yes"},
    "no key 'judged'": {"kind": "largest_share", "outcome": "regime.hedging@2016Q4", "judged": "draws"},
    "'with' is no place": {"kind": "convex", "axis": "dose", "at": "with"},
    "no regime 'hedgin'": {"kind": "largest_share", "outcome": "regime.hedgin@2016Q4"},
    "no outcome": {"kind": "convex", "axis": "dose", "at": HERE, "outcome": None},
}


@pytest.mark.parametrize("told", BAD)
def test_a_claim_that_cannot_be_is_refused_in_one_line(told: str) -> None:
    with pytest.raises(HedgingError, match=told) as caught:
        read_claims([{"text": "it holds", "outcome": "reserves"} | BAD[told]], KNOWN)
    assert str(caught.value).count("\n") == 0
    assert "claims[1]" in str(caught.value)
