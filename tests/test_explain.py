"""An explanation tells what happened: the figures and causes of named quarters, by any wording."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.explain import main, read_request
from hedging.analysis.explain.replay import CAUSES, Story, causes_of, figure, replay, words
from hedging.analysis.explain.report import Wording, as_text, tell
from hedging.rules.sight import Sight
from hedging.world.arrays import Array, Terms
from hedging.world.chance import Luck, uniform
from tests.working_out import Worked

GOLDEN = json.loads((Path(__file__).parent / "golden" / "explained.json").read_text(encoding="utf-8"))
FIRST = {told["name"]: told for told in (*GOLDEN["quarters"], *GOLDEN["ranges"])}
SECOND = {told["name"]: told for told in GOLDEN["version_2"]}
TOLD = FIRST | SECOND
QUARTERS = [told["name"] for told in (*GOLDEN["quarters"], *GOLDEN["version_2"])]
FIGURE = re.compile(r"-?\$\d[\d,.]*\d (?:bn|m)\b|-?\$\d (?:bn|m)\b|[+-]?\d[\d,]*(?:\.\d+)?%?")
STORIES: dict[str, Story] = {}


def story_of(name: str) -> Story:
    """The story of a golden, played once."""
    if name not in STORIES:
        study, *asked = TOLD[name]["asked"].split()
        asked, _ = read_request([study, *(("version=1", "world=steady") if name in FIRST else ()), *asked])
        STORIES[name] = replay(*asked)
    return STORIES[name]


def figures(text: str) -> Counter[str]:
    """Every figure in a text that is no whole number and not zero, with the unit of money."""
    found = (figure.rstrip(",").replace(" ", "") for figure in FIGURE.findall(" ".join(text.split())))
    return Counter(figure for figure in found if re.search(r"[.%$]", figure) and re.search("[1-9]", figure))


def pairs(said: str, figure: str) -> tuple[tuple[str, str], ...]:
    """How a cause and its figure may stand beside each other."""
    return (said, figure), (said, f"-{figure}"), (figure, said)


@pytest.mark.parametrize("name", TOLD)
def test_the_figures_are_told(name: str) -> None:
    told, held = figures(as_text(tell(story_of(name)))), Counter(TOLD[name]["figures"].split())
    assert held - told == Counter(), "no longer told"
    assert name in SECOND or told - held == Counter(), "told anew"


@pytest.mark.parametrize("name", QUARTERS)
def test_the_causes_are_told_with_their_figures(name: str) -> None:
    story = story_of(name)
    labels, (now,) = story.settings.labels, story.moments
    for who, sections in TOLD[name]["causes"].items():
        view = Wording(story, now, story.settings.patrons.index(who) if who in story.settings.patrons else 0)
        for section, causes in sections.items():
            told = re.sub(r"[()]", "", view[f"why_{section}"])
            for cause, number in causes.items():
                said = re.sub(r"[()]", "", words()["causes"][section].get(cause) or labels[cause])
                assert any(f"{before} {after}" in told for before, after in pairs(said, number)), told


@pytest.mark.parametrize("name", QUARTERS)
def test_the_table_has_a_row_for_every_cause(name: str) -> None:
    story = story_of(name)
    lines = [" ".join(line.split()) for line in as_text(tell(story)).splitlines()]
    for row, cells in TOLD[name]["table"].items():
        section, cause = row.split(".")
        assert " ".join((words()["causes"][section][cause], *cells)) in lines


@pytest.mark.parametrize("name", QUARTERS)
def test_causes_add_up_to_what_they_are_causes_of(name: str) -> None:
    (now,) = story_of(name).moments
    before, after, flows = now.before, now.after, vars(now.f)
    moved = ("warmth", "frustration", "salience", "reserves", "national_sentiment", "credit_line")
    whole = {part: getattr(after, part) - getattr(before, part) for part in moved}
    whole |= {part: flows[part] for part in ("gain", "cost", "utility", "effort", "bridge")}
    whole["trade_share"] = (after.trade_share - before.trade_share)[:-1]
    for part, value in whole.items():
        causes = causes_of(now, part)
        if causes:
            np.testing.assert_allclose(sum(causes.values()), value, rtol=1e-9, atol=1e-12, err_msg=part)
    lent = sum(causes_of(now, "bridged").values()).sum(axis=0)
    np.testing.assert_allclose(lent, flows["bridge"].sum(axis=0), rtol=1e-9, atol=1e-12)
    kept = np.prod([1 - part for part in causes_of(now, "gate").values()], axis=0)
    np.testing.assert_allclose(kept, flows["gate"], rtol=1e-12)
    np.testing.assert_allclose(
        causes_of(now, "blow")["output"].sum(axis=0), flows["blockade_loss"], rtol=1e-12
    )
    assert {*CAUSES, *words()["terms"]} == set(words()["causes"])


@pytest.mark.parametrize("name", SECOND)
def test_figures_and_causes_are_those_worked_out_apart(name: str) -> None:
    story = story_of(name)
    (now,) = story.moments
    worked = Worked(story, now)
    for part, value in worked.figures.items():
        rows = np.shape(value)
        shown = figure(now, part)[..., 0][: rows[0]] if rows else figure(now, part)[0]
        np.testing.assert_allclose(shown, value, rtol=1e-9, atol=1e-12, err_msg=part)
    for part, causes in worked.causes.items():
        shown = causes_of(now, part)
        assert set(shown) == set(causes)
        for cause, value in causes.items():
            why = f"{part} by {cause}"
            np.testing.assert_allclose(shown[cause][..., 0], value, rtol=1e-9, atol=1e-12, err_msg=why)


BASELINE = "experiment=baseline world=steady horizon=8 draw=7"
WRONG = {
    "draw=7 quarter=2015Q9": "quarter: '2015Q9' is no quarter; write it like 2019Q4, from 2015Q1 on",
    "draw=2000 quarter=2016Q4": "draw=2000: baseline has the draws 0 to 1999; choose one of them",
    "draw=x quarter=2016Q4": "draw=x: baseline has the draws 0 to 1999; choose one of them",
    "quarter=2016Q4": "which draw? write python -m experiments.explain",
    "draw=7": "which quarter? write python -m experiments.explain",
    "draw=7 quarter=2017Q1": "quarter=2017Q1: the run ends with 2016Q4; give an earlier one or more horizon",
    "draw=7 quarter=2016Q4..2016Q1": "2016Q1 lies before 2016Q4; write the earlier one first",
    "draw=7 quarter=2016Q4 --fast": "no option '--fast': write python -m experiments.explain",
    "draw=7 quarter=2016Q4 --config-dir nowhere": "--config-dir: there is no folder 'nowhere'",
    "draw=7 quarter=2016Q4 typo=3": "no key 'typo'",
}


@pytest.mark.parametrize("asked", WRONG)
def test_what_cannot_be_explained_is_one_line(asked: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["experiment=baseline", "world=steady", "horizon=8", *asked.split()])
    said = capsys.readouterr()
    assert (stop.value.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert said.err.startswith("error: ")
    assert WRONG[asked] in said.err


@pytest.mark.parametrize("quarter", ["2016Q4", "2016Q2..2016Q4"])
def test_a_quarter_and_a_range_are_written_as_they_are_printed(
    quarter: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HEDGING_RESULTS", str(tmp_path))
    main([*BASELINE.split(), f"quarter={quarter}", "patrons.russia.label=Moscow"])
    (folder,) = (tmp_path / "scratch" / "explain").iterdir()
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["explanation.txt", "manifest.json", "story.png"]
    text = (folder / "explanation.txt").read_text(encoding="utf-8")
    assert capsys.readouterr().out.startswith(text)
    assert "Moscow asks for" in text
    assert all(len(line) <= 100 for line in text.splitlines())


@dataclass(frozen=True)
class Torn:
    """Waver between Russia and everybody."""

    def choose(self, sight: Sight) -> Array:
        """The mean of both."""
        options, _, odds = self.weigh(sight)
        return options.T @ odds

    def weigh(self, sight: Sight) -> tuple[Array, Array, Array]:
        """Russia alone, or everybody by halves."""
        options = np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.5]])
        return options, np.array([[2.0], [1.0]]), np.array([[0.75], [0.25]])

    def reasons(self, sight: Sight) -> Terms:
        """All of it is doubt."""
        yield "doubt", 1, self.choose(sight)


def test_a_rule_of_ones_own_tells_what_it_weighed_and_why() -> None:
    rule = [f"client.rule._target_={__name__}.Torn", "client/rule=custom"]
    asked, _ = read_request([*BASELINE.split(), *rule, "quarter=2015Q1"])
    text = as_text(tell(replay(*asked)))
    told = " ".join(text.split())
    assert "Its rule: Waver between Russia and everybody. It weighed 2 stances." in told
    assert re.search(r"Russia, 1.00 +2.000 +75%", text)
    assert re.search(r"doubt +\+0.8750 +\+0.1250 +\+0.1250", text)


def test_a_name_is_not_taken_for_names() -> None:
    luck = Luck(1, ("russia",), 0, 1, 2)
    bare: Any = "russia"
    with pytest.raises(TypeError, match=r"names='russia' is no tuple of names: write \('russia',\)"):
        luck.numbers("accept", bare, uniform, 0)
    assert luck.numbers("accept", ("russia",), uniform, 0).shape == (1, 1)
