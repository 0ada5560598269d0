"""Two runs side by side: what went in, what came out, and how it is shown."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
import yaml
from matplotlib.figure import Figure
from scipy import stats

from experiments.compare import main
from hedging import load
from hedging.errors import HedgingError
from hedging.plots.compare import MOST, side_by_side
from hedging.plots.style import CLIENT_COLOUR
from hedging.results.compare import compare, differences, largest, standardised
from hedging.results.manifest import ABSENT, changed_inputs, find_run, inputs
from hedging.results.pairing import Run, at_the_end, paired, unpaired, why_unpaired
from hedging.settings.settings import settings_for
from tests.strategies import save_run

TINY = ("ensemble.draws=24", "ensemble.keep=0", "horizon=12", "claims=[]", "client.theta_hazard=30")
"""A short run whose rulers often fall, so that some draws stand in one run alone."""

WALKS = "ensemble.vary=[patrons.russia.red_line]"

RUNS = {
    "a": (),
    "b": ("patrons.russia.red_line=0.6",),
    "fewer": ("ensemble.draws=10",),
    "seed": ("seed=2",),
    "longer": ("horizon=13",),
    "walks": (WALKS, "ensemble.design=morris"),
    "shared": (WALKS, "ensemble.design=morris", "ensemble.luck=shared"),
    "sobol": ("ensemble.design=sobol",),
    "one": ("ensemble=point",),
    "other": ("ensemble=point", "client.zeta=1.2"),
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Tiny runs without figures."""
    place = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hedging.plots.view.draw_figures", lambda *rest: [])
        for name, overrides in RUNS.items():
            size = TINY[2:] if "ensemble=point" in overrides else TINY
            save_run(settings_for("baseline", [*size, *overrides]), place / name, "as the test does")
    return {name: Run(name, place / name) for name in RUNS}


def row(table: pd.DataFrame, measure: str, patron: str = "", quarter: str = "") -> pd.Series:
    there = (table["measure"] == measure) & (table["patron"] == patron)
    if quarter:
        there &= table["quarter"] == quarter
    (place,) = np.flatnonzero(there)
    return table.iloc[place]


# Inputs.


def test_inputs_are_told_by_path_with_their_range() -> None:
    tree = {
        "client": {"zeta": {"value": 0.8, "low": 0, "high": 1.5, "unit": "1", "source": "assumed"}},
        "patrons": {"russia": {"rivalry": {"china": {"value": 1, "low": 0.1, "high": 10, "scale": "log"}}}},
        "events": {},
        "ensemble": {"vary": ["*"], "draws": 64},
        "energy": {"file": "x.csv", "source": "a book"},
    }
    assert inputs(tree) == {
        "client.zeta": "0.8 (0 to 1.5)",
        "patrons.russia.rivalry.china": "1 (0.1 to 10, log)",
        "events": "none",
        "ensemble.vary": "[*]",
        "ensemble.draws": "64",
        "energy.file": "x.csv",
    }


def test_inputs_that_differ_are_told_with_old_and_new() -> None:
    one = inputs({"seed": 1, "client": {"zeta": {"value": 1, "low": 0, "high": 2}, "rule": {"base": 0.2}}})
    other = inputs({"seed": 1, "client": {"zeta": 1.2, "rule": {"nerve": 0.5}}})
    assert changed_inputs(one, other) == [
        "client.zeta: 1 (0 to 2) -> 1.2",
        f"client.rule.base: 0.2 -> {ABSENT}",
        f"client.rule.nerve: {ABSENT} -> 0.5",
    ]


def test_only_what_differs_between_two_runs_is_told(runs: dict[str, Run], tmp_path: Path) -> None:
    a, b, seed = (runs[name].folder for name in ("a", "b", "seed"))
    assert compare(a, b).inputs == ["patrons.russia.red_line: 1 (0.6 to 1.6) -> 0.6"]
    assert compare(a, seed).inputs == ["seed: 1 -> 2"]
    older = Path(shutil.copytree(a, tmp_path / "older"))
    manifest = json.loads((older / "manifest.json").read_text())
    manifest["versions"]["numpy"] = "2.0.0"
    (older / "manifest.json").write_text(json.dumps(manifest))
    (line,) = compare(older, a).inputs
    assert line.startswith("version of numpy: 2.0.0 -> ")


def test_an_older_setting_that_does_not_say_how_luck_is_drawn_means_its_own(runs: dict[str, Run]) -> None:
    older = Run("older", runs["a"].folder)
    older.__dict__["tree"] = {**older.tree, "ensemble": {"draws": 24}}
    assert why_unpaired(older, runs["b"]) == ""


def test_a_folder_is_read_without_importing_what_its_setting_names(
    runs: dict[str, Run], results: Path, here: Path
) -> None:
    mark, evil = here / "imported", "evil_module.Rule"
    (here / "evil_module.py").write_text(f"open({str(mark)!r}, 'w').close()\n")
    folder = Path(shutil.copytree(runs["b"].folder, here / "evil"))
    tree = yaml.safe_load((folder / "config.yaml").read_text())
    tree["client"]["rule"] = tree["patrons"]["russia"]["rule"] = {"_target_": evil, "nerve": 0.5}
    tree["executor"] = {"_target_": evil}
    (folder / "config.yaml").write_text(yaml.safe_dump(tree))
    load(folder)
    load(folder, "draws")
    assert status(str(runs["a"].folder), str(folder)) == 0
    assert not mark.exists()
    assert "evil_module" not in sys.modules


# Draw by draw.


def test_a_difference_is_paired_draw_by_draw_with_students_interval(runs: dict[str, Run]) -> None:
    a, b = runs["a"].draws, runs["b"].draws
    assert a is not None
    assert b is not None
    found = row(paired(runs["a"], runs["b"]), "coercive_quarters", "russia")
    change = b["coercive_quarters.russia"] - a["coercive_quarters.russia"]
    interval = stats.ttest_1samp(change, 0.0).confidence_interval(0.95)
    assert found[["quarter", "unit", "draws"]].tolist() == ["all", "quarters", 24]
    assert found["difference"] == pytest.approx(change.mean())
    assert (found["low"], found["high"]) == pytest.approx((interval.low, interval.high))
    assert (found["higher"], found["lower"]) == ((change > 0).mean(), (change < 0).mean())
    assert found["b"] - found["a"] == pytest.approx(found["difference"])


def test_what_a_country_has_at_the_end_counts_where_it_stands_in_both(runs: dict[str, Run]) -> None:
    a, b = runs["a"].draws, runs["b"].draws
    assert a is not None
    assert b is not None
    stands = (a["survival"] * a["sovereign"] * b["survival"] * b["sovereign"]) == 1
    assert 2 < stands.sum() < 24
    table = paired(runs["a"], runs["b"])
    found = row(table, "reserves")
    assert found["draws"] == stands.sum()
    assert found["difference"] == pytest.approx((b["reserves"] - a["reserves"])[stands].mean())
    assert row(table, "survival")["draws"] == 24
    assert row(table, "survival")["difference"] == pytest.approx((b["survival"] - a["survival"]).mean())


def test_a_regime_is_compared_as_the_share_of_draws_in_it(runs: dict[str, Run]) -> None:
    a, b = runs["a"].draws, runs["b"].draws
    assert a is not None
    assert b is not None
    (name,) = [column for column in a if column.startswith("regime_")]
    word = a[name].mode()[0]
    found = row(paired(runs["a"], runs["b"]), "regime", word, f"{name[-4:]}Q4")
    assert (found["a"], found["b"]) == pytest.approx(((a[name] == word).mean(), (b[name] == word).mean()))
    assert found["unit"] == "share"


def test_fewer_draws_are_paired_with_the_first_of_more(runs: dict[str, Run]) -> None:
    assert why_unpaired(runs["a"], runs["fewer"]) == ""
    table = paired(runs["a"], runs["fewer"])
    assert table["draws"].max() == 10
    assert (table["difference"].dropna() == 0).all()


def test_an_expected_run_has_no_interval(runs: dict[str, Run]) -> None:
    table, shown, how = differences(runs["one"], runs["other"])
    assert table is shown
    assert how == "One draw in each: no intervals."
    assert table["low"].isna().all()
    assert (table["difference"] != 0).any()


@pytest.mark.parametrize(
    ("name", "why"), [("seed", "seed differs, 1 and 2"), ("longer", "horizon differs, 12 and 13")]
)
def test_runs_of_other_luck_or_length_are_not_paired(runs: dict[str, Run], name: str, why: str) -> None:
    assert why_unpaired(runs["a"], runs[name]).startswith(why)


def test_runs_of_another_design_or_of_shared_luck_are_not_paired(runs: dict[str, Run]) -> None:
    told = "ensemble.luck differs, own and shared, so that draws met other luck"
    assert why_unpaired(runs["walks"], runs["shared"]) == told
    assert why_unpaired(runs["a"], runs["sobol"]).startswith("their draws have other numbers")


def test_runs_without_draws_are_compared_by_their_summaries_and_it_is_said(runs: dict[str, Run]) -> None:
    bare = Run("bare", runs["b"].folder)
    bare.__dict__["draws"] = None
    table, shown, how = differences(runs["a"], bare)
    assert how == "Not paired: bare has no draws.parquet. Summary statistics alone, no intervals."
    assert len(table) > 1000
    found = row(shown, "debt", "russia")
    sides = [
        run.summary.query("measure == 'debt' and patron == 'russia' and statistic == 'mean'")
        for run in (runs["a"], runs["b"])
    ]
    means = [side.set_index("quarter")["value"]["2018Q1"] for side in sides]
    assert found["quarter"] == "2018Q1"
    assert (found["a"], found["b"]) == pytest.approx(tuple(means))
    assert found["difference"] == pytest.approx(means[1] - means[0])
    assert row(shown, "survival")["spread"] > 0


def test_draws_with_other_numbers_are_not_paired(runs: dict[str, Run]) -> None:
    odd = Run("odd", runs["b"].folder)
    assert odd.draws is not None
    odd.__dict__["draws"] = odd.draws.assign(**{"client.zeta": 0.5})
    assert why_unpaired(runs["a"], odd) == "their draws have other numbers, such as client.zeta"


def sweep(folder: Path, more: float, arms: tuple[str, ...] = ("x", "y")) -> Run:
    """A study's folder of two arms and three points, in which B has more of everything."""
    folder.mkdir()
    rng = np.random.default_rng(1)
    rows = [
        {
            "arm": arm,
            "outreach": point,
            "draw": draw,
            "weight": 1.0,
            "carrots.russia": rng.normal(),
            "rise: of debt": rng.normal(),
            "debt.china@2019Q4": 1.0,
        }
        for arm in arms
        for point in (0.0, 0.5, 1.0)
        for draw in range(20)
    ]
    draws = pd.DataFrame(rows)
    draws["carrots.russia"] += more * (1 + draws["outreach"])
    draws.to_parquet(folder / "draws.parquet")
    keys = ("quarter", "measure", "patron", "unit")
    told = {
        "carrots.russia": ("all", "carrots", "russia", "usd_bn"),
        "rise: of debt": ("all", "rise: of debt", "", "usd_bn"),
        "debt.china@2019Q4": ("2019Q4", "debt", "china", "usd_bn"),
    }
    means = [
        draws.groupby(["arm", "outreach"])[name]
        .mean()
        .reset_index(name="value")
        .assign(statistic="mean", **dict(zip(keys, place, strict=True)))
        for name, place in told.items()
    ]
    pd.concat(means).to_csv(folder / "summary.csv", index=False)
    (folder / "config.yaml").write_text(
        "seed: 1\nensemble: {draws: 20}\npatrons: {russia: {label: Russia, colour: '#B8390E'}}\n"
    )
    return Run(folder.name, folder)


def test_a_sweep_is_compared_arm_by_arm_and_point_by_point(tmp_path: Path) -> None:
    a, b = sweep(tmp_path / "a", 0.0), sweep(tmp_path / "b", 0.1)
    table = paired(a, b)
    assert len(table) == 2 * 3 * 3
    carrots = table[table["measure"] == "carrots"]
    assert carrots["difference"].tolist() == pytest.approx([0.1, 0.15, 0.2] * 2)
    assert set(table["unit"]) == {"usd_bn"}
    dated = table[table["measure"] == "debt"]
    assert set(dated["quarter"]) == {"2019Q4"}
    assert set(table.loc[table["patron"] == "", "measure"]) == {"rise: of debt"}
    shown = largest(standardised(table)[0])
    assert shown.loc[shown["measure"] == "carrots", ["arm", "outreach"]].values.tolist() in (
        [["x", 1.0], ["y", 1.0]],
        [["y", 1.0], ["x", 1.0]],
    )


def test_sweeps_without_draws_are_compared_point_by_point(tmp_path: Path) -> None:
    a, b = sweep(tmp_path / "a", 0.0), sweep(tmp_path / "b", 0.1)
    (tmp_path / "b" / "draws.parquet").unlink()
    table = at_the_end(unpaired(a, b)).query("measure == 'carrots'")
    assert table["difference"].tolist() == pytest.approx([0.1, 0.15, 0.2] * 2)


def test_runs_of_another_kind_cannot_be_compared(tmp_path: Path, runs: dict[str, Run]) -> None:
    a = sweep(tmp_path / "a", 0.0)
    (tmp_path / "a" / "draws.parquet").unlink()
    with pytest.raises(
        HedgingError, match="a and b cannot be set side by side: only one of them has arm, out"
    ):
        differences(a, runs["b"])
    with pytest.raises(HedgingError, match="have no measure in common"):
        differences(a, sweep(tmp_path / "c", 0.0, ("z",)))


def test_without_a_spread_differences_are_shares_of_their_size() -> None:
    found = pd.DataFrame({"a": [1.0, 0.0, 3.0], "b": [2.0, 0.0, 3.0], "spread": 0.0, "low": 0.0, "high": 0.0})
    table, words = standardised(found.assign(difference=found["b"] - found["a"]))
    assert table["standard"].tolist()[:2] == [0.5, 0.0]
    assert words == "B less A, as a share of the larger of the two"


# The figure.

ABOUT = xr.Dataset(attrs={"study": "A and B", "draws": 24, "seed": 1})


COLUMNS = ("label", "means", "standard", "standard_low", "standard_high", "colour")


def drawn(*rows: tuple[object, ...]) -> Figure:
    table = pd.DataFrame(rows, columns=pd.Index(COLUMNS))
    return side_by_side(table, "From A to B", "difference (share)", ABOUT, ["A note."])


def test_rows_are_drawn_in_order_with_interval_name_and_what_they_are() -> None:
    figure = drawn(
        ("alone", "1 → 3", 1.0, float("nan"), float("nan"), CLIENT_COLOUR),
        ("falls", "3 → 1 USD bn", -0.5, -0.6, -0.4, "#B8390E"),
        ("rises", "1 → 2 quarters", 0.2, -0.1, 0.5, CLIENT_COLOUR),
    )
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["falls", "rises", "alone"]
    assert axes.get_xlabel() == "difference (share)"
    assert [text.get_text() for text in axes.texts] == ["3 → 1 USD bn", "1 → 2 quarters", "1 → 3"]
    dots = {line.get_label(): line for line in axes.lines if line.get_marker() == "o"}
    assert [float(line.get_xdata()[0]) for line in dots.values()] == [-0.5, 0.2, 1.0]
    assert dots["falls"].get_markerfacecolor() == dots["falls"].get_color() == "#B8390E"
    assert dots["rises"].get_markerfacecolor() == dots["alone"].get_markerfacecolor() == "white"
    ends = [segment[:, 0].tolist() for bars in axes.collections for segment in bars.get_segments()]
    assert ends == [[-0.6, -0.4], [-0.1, 0.5]]
    notes = " ".join(text.get_text() for text in figure.texts)
    assert "A note." in notes
    assert "a conditional mechanism, not a forecast" in notes


def test_only_the_largest_differences_are_drawn_and_the_rest_counted() -> None:
    places = reversed(range(MOST + 5))
    figure = drawn(*((f"r{p}", "", (-1) ** p * p / 10, 0.0, 0.0, CLIENT_COLOUR) for p in places))
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert len(names) == MOST
    assert not {"r0", "r1", "r2", "r3", "r4"} & set(names)
    assert any("5 smaller differences" in text.get_text() for text in figure.texts)


def test_equal_runs_make_an_empty_figure_that_says_so() -> None:
    (axes,) = drawn().axes
    assert [text.get_text() for text in axes.texts] == ["no outcome differs"]


# The command.


def status(*arguments: str) -> int | str | None:
    """Run the command; how it ends."""
    try:
        main(arguments)
    except SystemExit as stop:
        return stop.code
    return 0


def test_the_command_tells_what_differs_and_leaves_a_figure_and_a_table(
    runs: dict[str, Run], results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(str(runs["a"].folder), str(runs["b"].folder)) == 0
    folder = results / "scratch" / "compare" / "a-vs-b"
    assert sorted(path.name for path in folder.iterdir()) == [
        "differences.csv",
        "differences.png",
        "manifest.json",
    ]
    table = pd.read_csv(folder / "differences.csv")
    assert len(table) > 50
    assert table["standard"].dropna().abs().is_monotonic_decreasing
    out = capsys.readouterr().out
    assert "Inputs that differ: 1\n  patrons.russia.red_line: 1 (0.6 to 1.6) -> 0.6\nPaired draw by" in out
    assert f"{folder}/  (differences.png, differences.csv)" in out


def test_runs_are_found_by_study_and_by_scratch_name(
    runs: dict[str, Run], results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, place in (
        ("a", results / "baseline"),
        ("b", results / "scratch" / "baseline" / "red_line=0.6"),
    ):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(runs[name].folder)
    assert find_run("baseline") == results / "baseline"
    assert find_run("baseline/red_line=0.6") == results / "scratch" / "baseline" / "red_line=0.6"
    with pytest.raises(HedgingError, match=r"no run 'basline' in .*did you mean 'baseline'"):
        find_run("basline")


def test_equal_runs_can_be_compared(
    runs: dict[str, Run], results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status(str(runs["a"].folder), str(runs["fewer"].folder)) == 0
    assert "0 of " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["a"], "1 runs are named, not two"),
        (["a", "a"], "a and a are the same folder"),
        (["a", "nowhere"], "no run 'nowhere' in "),
        (["a", "."], "is no run folder: it has no summary.csv"),
    ],
)
def test_what_cannot_be_compared_is_one_line(
    runs: dict[str, Run],
    results: Path,
    here: Path,
    names: list[str],
    told: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert status(*(str(runs[name].folder) if name in runs else name for name in names)) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert told in said
    assert said.count("\n") == 1
    assert not results.exists()


@pytest.mark.parametrize("name", ["config.yaml", "summary.csv"])
def test_a_broken_folder_is_one_line(
    runs: dict[str, Run], tmp_path: Path, results: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in ("config.yaml", "summary.csv"):
        (broken / file).write_bytes((runs["a"].folder / file).read_bytes())
    (broken / name).write_text("[}\x00")
    assert status(str(runs["a"].folder), str(broken)) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert str(broken) in said
    assert said.count("\n") == 1
