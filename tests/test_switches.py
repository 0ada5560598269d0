"""Switches: the arms they become, what arms are held against, by whose wishes they are scored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hydra import compose as hydra_compose
from hydra import initialize_config_dir

from hedging import HedgingError, load
from hedging.measures.aggregate import paired_difference
from hedging.plots.view import asked_of, draw_figure
from hedging.results.save import save
from hedging.settings.compose import compose, config_dir, plain
from hedging.settings.settings import read_settings
from hedging.studies.study import Study, read_study
from hedging.studies.switches import arms_of

BLOW = "+events.blow={from: 2015Q2, path: client.legitimacy, add: -0.3}"
SWITCHES: dict[str, Any] = {
    "price": {
        "label": "a price",
        "without": ["client.theta_sov=0", "client.theta_ctl=0"],
        "sign": "built in",
    },
    "hazard": {"label": "a dread", "without": ["client.theta_hazard=0"]},
    "court": {"label": "courting", "without": ["client/rule=fixed", "client.rule.effort.russia=1"]},
    "push": {"label": "a push", "adding": ["client.diversification_push=0.04"]},
    "fear": {"label": "fear", "given": [BLOW], "without": ["client.fear=0"]},
}
STUDY: dict[str, Any] = {
    "study": "small",
    "question": "What is each worth?",
    "horizon": 6,
    "ensemble": {"draws": 12, "keep": 0},
    "switches": SWITCHES,
    "reference": {"arm": "all"},
    "rules": {"bandwagon": {"draws": 12}, "heuristic": {"draws": 8}},
    "measures": ["concession.russia", "mean_effort.russia", "total_utility", "scored_utility", "sovereign"],
    "figure": {"kind": "worth", "panels": ["concession.russia", "scored_utility"]},
}


def study_of(folder: Path, **changed: Any) -> Study:
    """The small study, some of its keys otherwise, from a folder of a user's own."""
    place = folder / "experiment"
    place.mkdir(exist_ok=True)
    name = f"small_{len([*place.iterdir()])}"  # what was composed is remembered by its name
    text = "# @package _global_\n" + yaml.safe_dump(STUDY | changed, sort_keys=False)
    (place / f"{name}.yaml").write_text(text, encoding="utf-8")
    overrides, dirs = (f"experiment={name}",), (str(folder),)
    return read_study(read_settings(compose(overrides, dirs), dirs), overrides, dirs)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of the small study."""
    place = tmp_path_factory.mktemp("switches")
    save(study_of(place), place / "small", "a command")
    return place / "small"


def test_switches_become_arms() -> None:
    arms = arms_of({"switches": SWITCHES, "arms": {"mine": []}})
    pairs = [
        name for switch in ("price", "hazard", "court") for name in (f"without_{switch}", f"only_{switch}")
    ]
    fear = ["all_before_fear", "none_before_fear", "without_fear", "only_fear"]
    assert [*arms] == ["mine", "all", "none", *pairs, "with_push", "only_push", *fear]
    off = [change for one in SWITCHES.values() for change in one.get("without", [])]
    assert arms["none"] == off
    assert arms["without_price"] == {"overrides": SWITCHES["price"]["without"], "beside": "all"}
    assert arms["only_price"] == {"overrides": off[2:], "beside": "none"}
    assert arms["only_push"] == {"overrides": [*off, "client.diversification_push=0.04"], "beside": "none"}
    assert arms["without_fear"] == {"overrides": [BLOW, "client.fear=0"], "beside": "all_before_fear"}
    assert arms["only_fear"] == {"overrides": [*off[:-1], BLOW], "beside": "none_before_fear"}


@pytest.mark.parametrize(
    ("switch", "told"),
    [
        ({"label": "x"}, r"switches.x: write one of without: .* and adding:"),
        ({"label": "x", "without": ["a=1"], "adding": ["a=1"]}, r"switches.x: write one of"),
        ({"without": ["client.zeta=0"]}, r"switches.x.label is missing"),
        ({"label": "x", "without": ["client.zeta=-1"]}, r"arm none.*client.zeta=-1"),
    ],
)
def test_a_switch_that_cannot_be_is_told_in_one_line(tmp_path: Path, switch: Any, told: str) -> None:
    with pytest.raises(HedgingError, match=told):
        study_of(tmp_path, switches={"x": switch})


def test_an_arm_goes_before_the_rule_that_it_sets(folder: Path) -> None:
    efforts = load(folder, "draws")["mean_effort.russia"]
    assert (efforts.sel(arm="without_court").dropna("draw") == 1).all()
    assert (efforts.sel(arm="all", rule="heuristic").dropna("draw") < 1).all()


def test_differences_are_paired_with_what_an_arm_is_beside(folder: Path) -> None:
    draws, summary = load(folder, "draws"), load(folder)
    for arm, beside in (("without_price", "all"), ("only_price", "none"), ("only_fear", "none_before_fear")):
        one, other = (draws.sel(rule="heuristic", arm=name).dropna("draw") for name in (arm, beside))
        change = one["concession.russia"].values - other["concession.russia"].values
        weight = np.minimum(one["weight"].values, other["weight"].values)
        found = summary["concession.russia"].sel(rule="heuristic", arm=arm)
        assert float(found.sel(statistic="difference")) == pytest.approx(np.average(change, weights=weight))
        assert float(found.sel(statistic="differing")) == pytest.approx(
            np.average(np.abs(change) > 1e-12, weights=weight)
        )
    nothing = summary["concession.russia"].sel(arm=["all", "none"], statistic="difference")
    assert np.isnan(nothing.sel(arm="all")).all()
    assert np.isfinite(nothing.sel(arm="none")).all()


def test_wishes_that_an_arm_changes_do_not_score_it(folder: Path) -> None:
    draws = load(folder, "draws").sel(rule="bandwagon")  # a rule that looks at no wish
    scored, total = draws["scored_utility"], draws["total_utility"]
    for arm in ("all", "with_push", "without_court", "without_fear"):
        np.testing.assert_allclose(scored.sel(arm=arm), total.sel(arm=arm), rtol=0, atol=1e-12)
    np.testing.assert_allclose(scored.sel(arm="without_hazard"), total.sel(arm="all"), rtol=1e-12)
    assert (total.sel(arm="without_hazard") > total.sel(arm="all")).all()


def test_the_reference_must_have_the_same_patrons(tmp_path: Path) -> None:
    arms = {"switches": {}, "arms": {"all": [], "alone": ["~patron@patrons.china"]}, "figure": None}
    with pytest.raises(HedgingError, match=r"arms.alone: scored_utility takes .* other patrons"):
        study_of(tmp_path, **arms)
    assert study_of(tmp_path, **arms, measures=["sovereign"])


def test_the_interval_of_a_difference_is_students() -> None:
    from scipy.stats import ttest_rel

    before, after = np.random.default_rng(1).normal(size=(2, 40))
    found = paired_difference(before, after, np.ones(40))
    interval = ttest_rel(after, before).confidence_interval(0.95)
    assert [found["low"], found["high"]] == pytest.approx([interval.low, interval.high])
    half = paired_difference(before, after, np.repeat([0.0, 1.0], 20))
    assert half["difference"] == pytest.approx((after - before)[20:].mean())


def test_what_each_adds_is_drawn_by_size_with_its_sign(folder: Path) -> None:
    summary = load(folder)
    (asked,) = asked_of(summary)
    first = draw_figure(asked, summary).axes[0]
    told = summary["concession.russia"].sel(rule="bandwagon")
    worth = {
        one["label"]: sign * float(told.sel(statistic="difference", arm=arm))
        for one in summary.attrs["switches"].values()
        for arm, sign in [one["sides"]["all but"]]
    }
    rows = [label.get_text() for label in first.get_yticklabels()]
    assert rows == sorted(worth, key=lambda label: -worth[label])
    assert rows[-1] == "a price"  # without which sovereignty is sold


def test_files_are_composed_once_and_values_set_as_hydra_does() -> None:
    asked = (
        "client.zeta=0.3",
        "world=history",
        "~client.theta_sov",
        "+axes.a={keys: [client.fear]}",
        "seed=7",
    )
    with initialize_config_dir(str(config_dir()), version_base="1.3"):
        assert compose(asked) == plain(hydra_compose("config", overrides=list(asked)))
    assert compose(("world=history",))["client"]["theta_sov"] == compose()["client"]["theta_sov"]


def test_an_arm_by_the_name_of_a_switch_s_is_refused() -> None:
    with pytest.raises(HedgingError, match=r"arms\.all: the switches make an arm of this name"):
        arms_of({"arms": {"all": [], "mine": []}, "switches": SWITCHES})
