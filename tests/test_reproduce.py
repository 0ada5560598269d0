"""Results are as fresh as they say, and making them anew tells what moved."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import subprocess
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.reproduce import main
from hedging.errors import HedgingError
from hedging.measures.coercion import tension
from hedging.measures.trajectories import KNOWN, MEASURES
from hedging.results import reproduce
from hedging.results.changes import changed_results, changed_rows, changed_settings
from hedging.results.folder import read_manifest
from hedging.results.freshness import moved_measures, quick_numbers, quick_table, stale
from hedging.results.manifest import as_committed
from hedging.settings.settings import Settings, settings_for
from hedging.studies.shipped import studies
from hedging.studies.study import Study, read_study
from hedging.world.arrays import Array
from tests.strategies import save_run

COMMITTED = Path(__file__).parents[1] / "results"
TINY = ("ensemble.draws=8", "ensemble.keep=0", "horizon=8", "claims=[]")


# What is committed.


def shipped(study: str) -> Study:
    return read_study(settings_for(study), (f"experiment={study}",))


def reasons(study: str) -> list[str]:
    try:
        return stale(COMMITTED / study, shipped(study))
    except HedgingError as error:
        return [str(error)]


@pytest.fixture(scope="module")
def looked_at() -> dict[str, list[str]]:
    """Every study's committed results, held against what the code gives now: two at a time."""
    names = studies()
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        return dict(zip(names, pool.map(reasons, names), strict=True))


@pytest.mark.skipif(not COMMITTED.exists(), reason="there are no results beside this code")
@pytest.mark.parametrize("study", studies())
def test_committed_results_are_what_the_study_would_give_today(
    study: str, looked_at: dict[str, list[str]]
) -> None:
    assert not looked_at[study], f"run it again: python -m experiments.reproduce {study}"
    assert read_manifest(COMMITTED / study)["command"] == reproduce.command_of(study)


# Freshness.


@pytest.fixture(scope="module")
def tiny() -> Settings:
    return settings_for("baseline", TINY)


@pytest.fixture
def fresh(tiny: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run folder of a tiny study that passes for a committed one."""
    monkeypatch.setattr("hedging.results.save.as_committed", lambda settings: True)
    monkeypatch.setattr("hedging.plots.view.draw_figures", lambda *given: [])
    save_run(tiny, tmp_path / "tiny", "as the test does")
    return tmp_path / "tiny"


def test_only_the_shipped_study_counts_as_committed(tiny: Settings) -> None:
    baseline = settings_for("baseline")
    assert as_committed(baseline)
    assert as_committed(replace(baseline, tree={**baseline.tree, "question": "Another way to ask?"}))
    assert not as_committed(tiny)
    assert not as_committed(settings_for("baseline", ["client.zeta=1.2"]))
    assert not as_committed(settings_for(None))


def test_a_run_is_fresh_at_once_and_without_what_is_not_kept(fresh: Path, tiny: Settings) -> None:
    assert stale(fresh, read_study(tiny)) == []
    shutil.rmtree(fresh / "draws.parquet")
    assert stale(fresh, read_study(tiny)) == []


def test_words_make_nothing_stale(fresh: Path, tiny: Settings) -> None:
    tree = {**tiny.tree, "question": "Another way to ask?", "marks": [["2016Q1", "a date"]]}
    assert stale(fresh, read_study(replace(tiny, tree=tree, question="Another way to ask?"))) == []


def test_another_number_makes_results_stale(fresh: Path) -> None:
    changed, moved = stale(fresh, read_study(settings_for("baseline", [*TINY, "client.growth0=0.02"])))
    assert changed == "its setting has changed"
    assert moved.startswith("the model now gives other numbers: ")


def test_another_formula_makes_results_stale_and_is_named(
    fresh: Path, tiny: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(by: float) -> None:
        def other(frustration: Array, red_line: Array) -> Array:
            return tension(frustration, red_line) * (1 + by)

        monkeypatch.setitem(KNOWN, "tension", replace(MEASURES["tension"], function=other))

    change(1e-12)
    assert stale(fresh, read_study(tiny)) == []
    change(1e-5)
    assert stale(fresh, read_study(tiny)) == ["the model now gives other numbers: tension"]


def test_an_edited_or_lost_file_makes_results_stale(fresh: Path, tiny: Settings) -> None:
    with (fresh / "config.yaml").open("a") as file:
        file.write("# by hand\n")
    (fresh / "summary.csv").unlink()
    assert stale(fresh, read_study(tiny)) == ["config.yaml is not as the run left it", "summary.csv is gone"]


def test_results_that_do_not_tell_are_stale(fresh: Path, tiny: Settings) -> None:
    manifest = json.loads((fresh / "manifest.json").read_text())
    del manifest["quick"]
    (fresh / "manifest.json").write_text(json.dumps(manifest))
    assert "not run as committed" in stale(fresh, read_study(tiny))[0]
    (fresh / "manifest.json").unlink()
    assert stale(fresh, read_study(tiny)) == ["tiny has no manifest.json that can be read"]


def test_what_was_overridden_leaves_no_fingerprint(
    tiny: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hedging.plots.view.draw_figures", lambda *rest: [])
    save_run(tiny, tmp_path / "tiny", "as the test does")
    assert "quick" not in json.loads((tmp_path / "tiny" / "manifest.json").read_text())


def table(**values: list[float]) -> pd.DataFrame:
    names = [name for name, some in values.items() for _ in some]
    return pd.DataFrame({"measure": names, "value": [x for some in values.values() for x in some]})


def test_fingerprints_see_shifts_exchanges_and_measures_that_come_and_go() -> None:
    told = quick_numbers(table(debt=[1.0, 2.0, 3.0], rents=[-1.0, 1.0]))
    assert moved_measures(told, table(debt=[1.0, 2.0, 3.0], rents=[-1.0, 1.0])) == []
    assert moved_measures(told, table(debt=[1.0, 3.0, 2.0], rents=[-1.0, 1.0])) == ["debt"]
    assert moved_measures(told, table(debt=[1.0, 2.0, 3.0], rents=[-1.1, 0.9])) == ["rents"]
    assert moved_measures(told, table(debt=[1.0, 2.0, 3.0], deals=[1.0])) == ["deals", "rents"]
    assert moved_measures(told, table(debt=[1.0, 2.0, 3.0 + 1e-11], rents=[-1.0, 1.0])) == []
    assert moved_measures({"x": np.inf}, table(x=[np.inf])) == []


def test_a_study_of_several_points_has_a_fingerprint_of_outcomes_and_claims() -> None:
    study = shipped("outreach_dose")
    numbers = quick_numbers(quick_table(study))
    claims = [name for name in numbers if name.startswith("claim: ")]
    assert len(claims) == len(study.settings.tree["claims"])
    assert len(numbers) - len(claims) == len(study.settings.tree["measures"])
    assert np.isfinite(list(numbers.values())).all()


# What moved between two folders.

SUMMARY = """quarter,measure,patron,statistic,value,unit
2015Q1,debt,china,mean,1.5,usd_bn
2015Q1,debt,russia,mean,4,usd_bn
2015Q2,debt,china,mean,0,usd_bn
all,carrots,russia,mean,-2.25,usd_bn
"""
CLAIMS = """claim,kind,rule,share,low,high,draws,verdict,command
"More, then less",greater,heuristic,0.91,0.9,0.92,100,robust,run
"More, then less",greater,lookahead,0.5,0.4,0.6,100,mixed,run
"""
SWEPT = """rule,outreach,quarter,measure,patron,statistic,value,unit
heuristic,0.4,all,carrots,russia,mean,2,usd_bn
heuristic,0.5,all,carrots,russia,mean,3,usd_bn
"""
CONFIG = (
    "study: baseline\nclient:\n  zeta: {value: 0.8, low: 0, high: 1.5, unit: '1', source: 'assumed: why'}\n"
)


def write(folder: Path, **changes: str) -> Path:
    """A run folder of small tables; a change to `summary_csv` is one of summary.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {"summary_csv": SUMMARY, "claims_csv": CLAIMS, "config_yaml": CONFIG} | changes
    for name, text in files.items():
        (folder / ".".join(name.rsplit("_", 1))).write_text(text)
    outputs = [path.name for path in folder.iterdir() if path.name != "manifest.json"]
    manifest = {"outputs": dict.fromkeys([*outputs, "draws.parquet"], "a hash")}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def lines(tmp_path: Path, before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return changed_results(write(tmp_path / "before", **before), write(tmp_path / "after", **after))


def test_nothing_has_moved_between_equals(tmp_path: Path) -> None:
    assert lines(tmp_path, {}, {}) == []
    (tmp_path / "after" / "draws.parquet").touch()  # which a fresh clone lacks before
    assert changed_results(tmp_path / "before", tmp_path / "after") == []


def test_last_digits_are_the_same(tmp_path: Path) -> None:
    near = SUMMARY.replace(",4,", ",4.000003,").replace(",0,", ",9e-10,").replace("-2.25", "-2.2500001")
    assert lines(tmp_path, {}, {"summary_csv": near}) == []


def test_a_moved_number_is_named_with_what_it_was_and_by_how_much(tmp_path: Path) -> None:
    far = SUMMARY.replace(",4,", ",5,").replace("1.5", "1.4")
    assert lines(tmp_path, {}, {"summary_csv": far}) == [
        "summary.csv: debt: 2 moved; most at 2015Q1 russia mean: 4 -> 5 (by 25%)"
    ]


def test_rows_and_columns_that_come_and_go_are_named(tmp_path: Path) -> None:
    rows = SUMMARY.replace("2015Q2", "2015Q3")
    assert lines(tmp_path, {}, {"summary_csv": rows}) == [
        "summary.csv: 1 row is gone, the first 2015Q2 debt china mean",
        "summary.csv: 1 row is new, the first 2015Q3 debt china mean",
    ]
    wide = CLAIMS.replace("command", "command,effect").replace(",run", ",run,0.1")
    assert lines(tmp_path, {}, {"claims_csv": wide}) == ["claims.csv: column effect is new"]


def test_every_column_of_a_sweep_names_a_row(tmp_path: Path) -> None:
    swept = {"summary_csv": SWEPT}
    assert lines(tmp_path, swept, {"summary_csv": SWEPT.replace(",2,", ",2.5,")}) == [
        "summary.csv: carrots: 1 moved; heuristic 0.4 all russia mean: 2 -> 2.5 (by 25%)"
    ]


def test_a_claim_is_told_whole(tmp_path: Path) -> None:
    other = CLAIMS.replace("lookahead,0.5", "lookahead,0.7").replace("mixed", "mostly")
    assert lines(tmp_path, {}, {"claims_csv": other}) == [
        "claims.csv: More, then less lookahead: share 0.5 -> 0.7 (by 40%), verdict mixed -> mostly"
    ]


def test_files_that_come_and_go_are_named(tmp_path: Path) -> None:
    write(tmp_path / "before", old_png="")
    write(tmp_path / "after", new_png="")
    assert changed_results(tmp_path / "before", tmp_path / "after") == ["old.png is gone", "new.png is new"]


def test_what_is_not_kept_with_the_code_is_no_change(tmp_path: Path) -> None:
    for name, there in (("before", False), ("after", True)):
        folder = write(tmp_path / name)
        rows = folder / "draws.parquet" / "part-00000.parquet"
        if there:
            rows.parent.mkdir()
            rows.touch()
        manifest = read_manifest(folder) | {"outputs": {"draws.parquet/part-00000.parquet": "1"}}
        (folder / "manifest.json").write_text(json.dumps(manifest))
    assert changed_results(tmp_path / "before", tmp_path / "after") == []


def test_another_command_is_told(tmp_path: Path) -> None:
    for name in ("before", "after"):
        folder = write(tmp_path / name)
        manifest = read_manifest(folder) | {"command": f"run {name}"}
        (folder / "manifest.json").write_text(json.dumps(manifest))
    assert changed_results(tmp_path / "before", tmp_path / "after") == [
        "manifest.json: command run before -> run after"
    ]


def test_a_changed_setting_is_told_apart_from_the_numbers(tmp_path: Path) -> None:
    other = CONFIG.replace("value: 0.8", "value: 0.9").replace("why", "why not")
    assert lines(tmp_path, {}, {"config_yaml": other}) == []
    assert changed_settings(tmp_path / "before", tmp_path / "after") == [
        "setting: client.zeta: 0.8 (0 to 1.5) -> 0.9 (0 to 1.5)"
    ]


def test_many_measures_are_counted_rather_than_listed() -> None:
    names = [f"m{place:02}" for place in range(30)]
    before = pd.DataFrame({"measure": names, "quarter": "all", "value": "1", "unit": "1"})
    told = changed_rows(before, before.assign(value=[str(2 + i) for i in range(30)]), "summary.csv")
    assert told[0] == "summary.csv: m29: 1 moved; all: 1 -> 31 (by 3e+03%)"
    assert told[-1] == "and 18 more measures"
    assert len(told) == 13


# The command.


@pytest.fixture
def plays(results: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Make studies leave a folder of small tables with this summary, without playing anything."""

    def stand_in(summary: str) -> None:
        def play(study: str, folder: Path, *overrides: str) -> float:
            shutil.rmtree(folder / study, ignore_errors=True)
            write(folder / study, summary_csv=summary)
            return 1.0

        monkeypatch.setattr(reproduce, "play", play)

    return stand_in


def status(*arguments: str) -> int | str | None:
    """Run the command; how it ends."""
    try:
        main(arguments)
    except SystemExit as stop:
        return stop.code
    return 0


def test_the_same_results_end_well(
    results: Path, plays: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    write(results / "baseline")
    plays(SUMMARY)
    assert status("baseline", "baseline") == 0
    assert capsys.readouterr().out == "baseline: same  [1 s]\n1 of 1 as committed\n"


def test_results_are_held_against_what_was_there_before_the_run(
    results: Path, plays: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    write(results / "baseline")
    plays(SUMMARY.replace(",4,", ",5,"))
    assert status("baseline") == 1
    assert capsys.readouterr().out.splitlines() == [
        "baseline: DIFFERS: summary.csv: debt: 1 moved; 2015Q1 russia mean: 4 -> 5 (by 25%)  [1 s]",
        "0 of 1 as committed; not: baseline",
    ]
    assert ",5," in (results / "baseline" / "summary.csv").read_text()


def test_a_study_without_results_is_new(
    plays: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    plays(SUMMARY)
    assert status("baseline") == 1
    assert capsys.readouterr().out.startswith("baseline: new: nothing was committed")


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here")
def test_results_are_held_against_the_last_commit_where_there_is_one(
    results: Path, plays: Callable[[str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    write(results / "baseline")
    git = ["git", "-C", str(results), "-c", "user.name=a", "-c", "user.email=a@b"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "results"]):
        subprocess.run([*git, *command], check=True)
    plays(SUMMARY.replace(",4,", ",5,"))
    assert status("baseline") == 1
    assert status("baseline") == 1, "what the first time left is not what was committed"
    plays(SUMMARY)
    assert status("baseline") == 0


def test_a_failure_is_one_line_and_the_others_go_on(
    results: Path,
    plays: Callable[[str], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plays(SUMMARY)
    write(results / "sound")
    good = reproduce.play

    def play(study: str, folder: Path, *overrides: str) -> float:
        if study == "broken":
            raise HedgingError("client.zeta is\nwrong (status 1)")
        return good(study, folder, *overrides)

    monkeypatch.setattr(reproduce, "play", play)
    monkeypatch.setattr("hedging.studies.shipped.studies", lambda: ["broken", "sound"])
    assert status() == 1
    assert sorted(capsys.readouterr().out.splitlines()) == [
        "1 of 2 as committed; not: broken",
        "broken: FAILED: client.zeta is wrong (status 1)",
        "sound: same  [1 s]",
    ]


@pytest.mark.parametrize(
    ("argument", "told"),
    [
        ("bsaeline", "no study 'bsaeline' in configs/experiment: did you mean 'baseline'? valid: "),
        ("--quik", "no option '--quik': did you mean '--quick'? valid: "),
    ],
)
def test_what_is_not_known_is_one_line(argument: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert status(argument) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"error: {told}")
    assert said.count("\n") == 1


def test_a_run_that_fails_says_why_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(HedgingError, match=r"^client\.zeta=-1 is out of range: .* \(status 1\)$"):
        reproduce.play("baseline", tmp_path, "client.zeta=-1")
    assert list(tmp_path.iterdir()) == []


def test_quick_leaves_results_alone(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(results / "outreach_dose")
    assert status("--quick", "outreach_dose") == 1
    assert capsys.readouterr().out.startswith("outreach_dose: runs, but its results are STALE: ")
    assert (results / "outreach_dose" / "summary.csv").read_text() == SUMMARY
    assert [path.name for path in results.iterdir()] == ["outreach_dose"]
