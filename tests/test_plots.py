"""Figures are tested for what they show (axes, units, series, labels, colours), never for pixels."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import partial
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch
from matplotlib.text import Annotation, Text

import hedging
from hedging.errors import HedgingError
from hedging.measures.trajectories import SERIES
from hedging.plots.axes import END_LABEL, MARK_LABEL, apart
from hedging.plots.kind import NOTHING, read_figures
from hedging.plots.style import REGIMES, STATISTICS, MissingMeasure, text_colour
from hedging.plots.view import asked_of, draw_figure, draw_figures

FIGURES = {
    asked.name: partial(draw_figure, asked) for asked in read_figures(None, NOTHING, list(SERIES), plain=True)
}
LABELS = ["Northland", "Eastland", "Westland", "Southern Union", "Island"]
COLOURS = ["#B8390E", "#E6AB02", "#004488", "#3FA7D6", "#7B5EA7"]
QUANTILES = {"p05": -1.645, "p25": -0.674, "p50": 0.0, "p75": 0.674, "p95": 1.645, "mean": 0.0}
UNITS = {
    "reserves": "usd_bn",
    "market_debt": "usd_bn",
    "debt": "usd_bn",
    "offer": "usd_bn/quarter",
    "carrot": "usd_bn/quarter",
    "trade_share": "share",
    "concession": "share",
    "effort": "share",
    "coerce": "share",
    "warmth": "1",
    "tension": "1",
    "survival": "share",
    "sovereign": "share",
}
FLOWS = ("offer", "carrot", "effort", "coerce")
BY_PATRON = ("debt", "trade_share", "warmth", "effort", "integration", "offers", "overview")
MARKS = [["2016Q2", "a meeting"], ["2016Q3", "no deal reached"], ["2016Q4", "a loan"], ["2030Q1", "far off"]]


def make_summary(
    patrons: int = 3, horizon: int = 12, draws: int = 200, chance: str = "sampled", width: float = 0.1
) -> xr.Dataset:
    """Invents a summary: smooth paths, one per patron, with normal quantiles around them."""
    names = [f"patron_{place}" for place in range(patrons)]
    quarter = np.arange(horizon + 1)

    def fan(name: str, middle: np.ndarray) -> np.ndarray:  # (quarter, ...) -> (statistic, quarter, ...)
        rise = width * np.sqrt(quarter / 40.0).reshape(-1, *[1] * (middle.ndim - 1))
        table = np.stack([middle * (1.0 + QUANTILES[key] * rise) for key in STATISTICS])
        if name in FLOWS:
            table[:, -1] = np.nan  # the last row is the end of the last quarter, where nothing flows
        return table

    def path(level: float, slope: float) -> np.ndarray:
        return np.stack([(level + slope * quarter / 40.0) / (1 + place) for place in range(patrons)], axis=-1)

    variables = {
        name: (("statistic", "quarter"), fan(name, 5.0 + 0.1 * quarter))
        for name in ("reserves", "market_debt")
    }
    for name in ("survival", "sovereign"):
        variables[name] = (("statistic", "quarter"), np.stack([0.995**quarter] * len(STATISTICS)))
    for name in ("debt", "offer", "carrot", "concession", "effort", "coerce", "warmth", "tension"):
        variables[name] = (("statistic", "quarter", "patron"), fan(name, path(0.3, 0.5)))
    share = np.concatenate([path(0.3, -0.1), np.full((horizon + 1, 1), 0.4)], axis=-1)
    variables["trade_share"] = (("statistic", "quarter", "partner"), fan("trade_share", share))
    regime = np.array([0.6, 0.3, 0.1, 0.0])[:, None] * np.ones(horizon + 1)
    variables["regime"] = (("label", "quarter"), regime)
    summary = xr.Dataset(
        variables,
        coords={
            "statistic": list(STATISTICS),
            "quarter": [f"{2015 + place // 4}Q{place % 4 + 1}" for place in quarter],
            "patron": names,
            "partner": [*names, "rest_of_world"],
            "label": ["rupture", "hedging", "bandwagon", "collapse"],
        },
        attrs={
            "study": "baseline",
            "draws": draws,
            "seed": 7,
            "chance": chance,
            "patrons": names,
            "labels": LABELS[:patrons],
            "colours": COLOURS[:patrons],
            "marks": MARKS,
        },
    )
    for name, unit in UNITS.items():
        summary[name].attrs |= {"unit": unit, "state": int(name not in FLOWS)}
    return summary


def texts(figure: Figure) -> list[str]:
    """Gives every text that the figure shows."""
    return [found.get_text() for found in figure.findobj(Text) if found.get_visible() and found.get_text()]


def footer_of(figure: Figure) -> str:
    return figure.get_supxlabel().replace("\n", " ")


def bands(axes: Axes) -> list[PolyCollection]:
    return [shape for shape in axes.collections if isinstance(shape, PolyCollection)]


def named(figure: Figure, gid: str) -> list[Annotation]:
    return [note for axes in figure.axes for note in axes.texts if note.get_gid() == gid]


@pytest.fixture(scope="module")
def summary() -> xr.Dataset:
    return make_summary()


@pytest.fixture(scope="module")
def drawn(summary: xr.Dataset) -> dict[str, Figure]:
    """Holds every figure of the plain summary, to look at and not to change."""
    return {name: draw(summary) for name, draw in FIGURES.items()}


@pytest.mark.parametrize("name", FIGURES)
def test_every_axis_says_what_it_measures_and_in_what_unit(name: str, drawn: dict[str, Figure]) -> None:
    figure = drawn[name]
    for axes in figure.axes:
        shared = axes.get_subplotspec().colspan.start > 0 and name in (
            "debt",
            "trade_share",
            "warmth",
            "effort",
        )
        assert shared or re.search(r"\(.*\)", axes.get_ylabel().replace("\n", " ")), axes.get_ylabel()
    assert any(axes.get_xlabel().startswith("start of") for axes in figure.axes)
    assert figure.get_suptitle()


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("reserves", "USD bn"),
        ("debt", "USD bn"),
        ("offers", "USD bn per quarter"),
        ("effort", "share, 0 to 1"),
        ("warmth", "index"),
    ],
)
def test_units_are_those_of_the_summary(name: str, unit: str, drawn: dict[str, Figure]) -> None:
    assert drawn[name].axes[0].get_ylabel().endswith(f"({unit})")


@pytest.mark.parametrize("name", FIGURES)
def test_the_footer_names_the_run_and_warns(name: str, drawn: dict[str, Figure]) -> None:
    assert footer_of(drawn[name]).endswith(
        "baseline · 200 draws · seed 7 · a conditional mechanism, not a forecast"
    )


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_is_set_smaller_than_eight_points(name: str, drawn: dict[str, Figure]) -> None:
    assert min(found.get_fontsize() for found in drawn[name].findobj(Text) if found.get_text()) >= 8.0


@pytest.mark.parametrize("name", BY_PATRON)
@pytest.mark.parametrize("patrons", [1, 3, 4, 5])
def test_every_patron_is_named_and_has_its_colour(name: str, patrons: int) -> None:
    figure = FIGURES[name](make_summary(patrons))
    seen = {to_hex(line.get_color()).upper() for axes in figure.axes for line in axes.lines}
    for label, colour in zip(LABELS[:patrons], COLOURS, strict=False):
        assert label in texts(figure)
        assert colour in seen
    assert not any(label in text for label in LABELS[patrons:] for text in texts(figure))


@pytest.mark.parametrize("patrons", [1, 3, 4, 5])
def test_debt_has_a_panel_per_creditor_and_trade_per_partner(patrons: int) -> None:
    summary = make_summary(patrons)
    for name, other in (("debt", "market"), ("trade_share", "rest of world")):
        titles = [axes.get_title(loc="left") for axes in FIGURES[name](summary).axes]
        assert titles == [*LABELS[:patrons], other]


def test_a_fan_is_the_quantiles_of_the_summary(summary: xr.Dataset) -> None:
    (axes,) = FIGURES["reserves"](summary).axes
    (line,) = [line for line in axes.lines if line.get_label() == "reserves"]
    reserves = summary["reserves"]
    np.testing.assert_array_equal(line.get_ydata(), reserves.sel(statistic="p50"))
    light, dark = bands(axes)
    for band, low, high in ((light, "p05", "p95"), (dark, "p25", "p75")):
        corners = band.get_paths()[0].vertices
        for time, middle in zip(line.get_xdata(), line.get_ydata(), strict=True):
            heights = corners[corners[:, 0] == time, 1]
            assert heights.min() <= middle <= heights.max()
        assert corners[:, 1].min() == reserves.sel(statistic=low).min()
        assert corners[:, 1].max() == reserves.sel(statistic=high).max()
    assert light.get_alpha() < dark.get_alpha()


def test_fans_that_share_a_small_panel_keep_their_middle_half_alone(drawn: dict[str, Figure]) -> None:
    count = {axes.get_title(loc="left"): len(bands(axes)) for axes in drawn["overview"].axes}
    assert count["Warmth of each tie"] == 3
    assert count["Reserves"] == 2
    assert len(bands(drawn["warmth"].axes[0])) == 2
    assert "the middle half alone" in footer_of(drawn["overview"])
    single = FIGURES["overview"](make_summary(patrons=1))
    assert "alone" not in footer_of(single)


def test_states_stand_at_the_start_of_a_quarter_and_flows_in_its_middle(summary: xr.Dataset) -> None:
    debt, effort = (FIGURES[name](summary).axes[0] for name in ("debt", "effort"))
    (owed,) = [line for line in debt.lines if line.get_label() == LABELS[0]]
    (courted,) = [line for line in effort.lines if line.get_label() == LABELS[0]]
    assert owed.get_xdata()[[0, -1]].tolist() == [2015.0, 2018.0]
    assert courted.get_xdata()[[0, -1]].tolist() == [2015.125, 2017.875]
    assert debt.get_xlim() == effort.get_xlim() == (2015.0, 2018.0)


def test_a_summary_says_which_of_its_series_are_flows() -> None:
    summary = hedging.load(ROOT / "results" / "baseline")
    assert {name for name in UNITS if not summary[name].attrs["state"]} == set(FLOWS)


@pytest.mark.parametrize("name", ["tension", "overview"])
@pytest.mark.parametrize("factor", [0.1, 5.0])
def test_the_red_line_stands_at_one_and_is_seen(name: str, factor: float, summary: xr.Dataset) -> None:
    tension = (summary["tension"] * factor).assign_attrs(unit="1")
    figure = FIGURES[name](summary.assign(tension=tension))
    (found,) = [(axes, line) for axes in figure.axes for line in axes.lines if line.get_label() == "red line"]
    axes, line = found
    assert list(line.get_ydata()) == [1.0, 1.0]
    assert axes.get_ylim()[0] == 0.0
    assert axes.get_ylim()[1] > max(1.0, float(tension.sel(patron="patron_0").max()))
    assert "red line" in texts(figure)


def test_the_dominant_patron_is_the_largest_trader_whoever_it_is(summary: xr.Dataset) -> None:
    share = summary["trade_share"].copy()
    share.loc[{"partner": "patron_1", "quarter": "2015Q1"}] = 0.9
    changed = summary.assign(trade_share=share)
    assert FIGURES["tension"](changed).get_suptitle() == f"Tension with {LABELS[1]}, and coercion"
    assert FIGURES["integration"](changed).get_suptitle().startswith(f"Integration with {LABELS[1]}")
    assert FIGURES["trade_share"](changed).axes[0].get_title(loc="left") == LABELS[1]


def test_regimes_are_stacked_to_one_in_a_fixed_order(summary: xr.Dataset) -> None:
    (axes,) = FIGURES["regimes"](summary).axes
    stacks = [patch for patch in axes.patches if isinstance(patch, StepPatch)]
    assert [patch.get_label() for patch in stacks] == ["hedging", "bandwagon", "rupture"]  # none collapsed
    assert [to_hex(patch.get_facecolor()).upper() for patch in stacks] == [
        REGIMES[name][0] for name in ("hedging", "bandwagon", "rupture")
    ]
    np.testing.assert_allclose([patch.get_data().values[0] for patch in stacks], [0.3, 0.4, 1.0])
    np.testing.assert_allclose([np.ravel(patch.get_data().baseline)[0] for patch in stacks], [0.0, 0.3, 0.4])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["rupture", "bandwagon", "hedging"]


def test_a_regime_that_the_style_does_not_know_is_drawn_too(summary: xr.Dataset) -> None:
    changed = summary.assign_coords(label=["rupture", "hedging", "tightrope", "collapse"])
    assert "tightrope" in texts(FIGURES["regimes"](changed))


def test_colours_of_regimes_are_all_different_and_none_is_that_of_a_country() -> None:
    colours = [colour for colour, _ in REGIMES.values()]
    assert len({*colours, *COLOURS}) == len(colours) + len(COLOURS)


@pytest.mark.parametrize(
    ("name", "chance"),
    [*((name, "expected") for name in FIGURES), ("warmth", "sampled"), ("reserves", "sampled")],
)
def test_one_draw_is_a_line_and_the_footer_says_so(name: str, chance: str) -> None:
    figure = FIGURES[name](make_summary(draws=1, width=0.0, chance=chance))
    assert not any(bands(axes) for axes in figure.axes)
    assert "· 1 draw ·" in footer_of(figure)
    if name not in ("regimes", "survival"):
        assert "One draw" in footer_of(figure)
        assert ("expected" in footer_of(figure)) == (chance == "expected")


def test_draws_that_do_not_differ_are_a_line_too() -> None:
    expected = make_summary(width=0.0, chance="expected")
    assert "Every draw alike, chance at its expected value" in footer_of(FIGURES["reserves"](expected))
    sampled_parameters = make_summary(chance="expected")
    assert "bands" in footer_of(FIGURES["reserves"](sampled_parameters))
    assert bands(FIGURES["reserves"](sampled_parameters).axes[0])


@pytest.mark.parametrize(
    ("name", "horizon"),
    [*((name, 1) for name in FIGURES), *(("overview", other) for other in (0, 2, 5, 40, 200))],
)
def test_any_horizon_can_be_drawn(name: str, horizon: int) -> None:
    figure = FIGURES[name](make_summary(horizon=horizon))
    for axes in figure.axes:
        first, last = axes.get_xlim()
        ticks = [tick for tick in axes.get_xticks() if first <= tick <= last]
        assert 1 <= len(ticks) <= 11
        assert first < last


def test_what_no_draw_reached_is_left_out(summary: xr.Dataset) -> None:
    fallen = summary.copy(deep=True)
    for name in UNITS:
        if name not in ("survival", "sovereign"):
            fallen[name][{"quarter": slice(6, None)}] = np.nan
    (axes,) = FIGURES["reserves"](fallen).axes
    assert axes.lines[0].get_xdata()[-1] == 2016.25
    assert axes.get_xlim() == (2015.0, 2018.0)
    for draw in FIGURES.values():
        draw(fallen)


@pytest.mark.parametrize("name", ["reserves", "regimes", "overview"])
def test_marks_are_dated_labelled_and_kept_apart(name: str, drawn: dict[str, Figure]) -> None:
    labels = named(drawn[name], MARK_LABEL)
    assert [label.get_text() for label in labels] == [
        "a meeting",
        "no deal reached",
        "a loan",
    ]  # 2030 is not drawn
    assert [label.xy[0] for label in labels] == [2016.25, 2016.5, 2016.75]
    boxes = [Text.get_window_extent(label) for label in labels]
    assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place])


def test_small_multiples_tell_the_marks_below(drawn: dict[str, Figure]) -> None:
    assert "Dotted: 2016Q2 a meeting; 2016Q3 no deal reached; 2016Q4 a loan." in footer_of(drawn["warmth"])


def test_no_marks_are_no_error(summary: xr.Dataset) -> None:
    bare = summary.copy()
    del bare.attrs["marks"]
    assert "Dotted" not in footer_of(FIGURES["warmth"](bare))
    assert not named(FIGURES["reserves"](bare), MARK_LABEL)


@pytest.mark.parametrize("patrons", [3, 4, 5])
def test_labels_at_the_ends_of_lines_never_overlap(patrons: int) -> None:
    summary = make_summary(patrons)
    flat = summary.assign(concession=summary["concession"] * 0.0)  # all lines in one place
    flat["concession"].attrs["unit"] = "share"
    figure = FIGURES["integration"](flat)
    boxes = sorted(
        (Text.get_window_extent(label) for label in named(figure, END_LABEL)), key=lambda box: box.y0
    )
    assert len(boxes) == patrons
    assert all(low.y1 <= high.y0 + 1.0 for low, high in pairwise(boxes))


@pytest.mark.parametrize("heights", [[], [3.0], [0.0, 50.0], [1.0, 1.0, 1.0], [0.0, 8.0, 9.0, 40.0, 41.0]])
def test_heights_are_moved_apart_no_more_than_needed(heights: list[float]) -> None:
    moved = apart(heights, 10.0)
    assert all(high - low >= 10.0 - 1e-9 for low, high in pairwise(moved))
    assert np.isclose(moved.sum(), sum(heights))
    if all(high - low >= 10.0 for low, high in pairwise(heights)):
        assert moved.tolist() == heights
    lifted = apart(heights, 10.0, floor=5.0)
    assert all(height >= 5.0 for height in lifted)
    assert all(high - low >= 10.0 - 1e-9 for low, high in pairwise(lifted))


def test_text_is_dark_enough_to_read() -> None:
    assert text_colour("#004488") == "#004488"
    assert text_colour("#FFFFFF") == "#757575"
    assert text_colour("#000000") == "#000000"


@pytest.mark.parametrize("name", sorted(UNITS))
def test_a_missing_measure_is_named(name: str, summary: xr.Dataset, tmp_path: Path) -> None:
    with pytest.raises(MissingMeasure) as caught:
        draw_figures(summary.drop_vars(name), tmp_path / "figures")
    assert str(caught.value).startswith(f"this summary has no measure '{name}'")
    assert not (tmp_path / "figures").exists()


def test_a_missing_statistic_or_attribute_is_named(summary: xr.Dataset) -> None:
    with pytest.raises(MissingMeasure, match="measure 'reserves' has no statistic p05"):
        FIGURES["reserves"](summary.drop_sel(statistic="p05"))
    bare = summary.copy()
    del bare.attrs["colours"]
    with pytest.raises(MissingMeasure, match="no attribute 'colours'"):
        FIGURES["warmth"](bare)


def test_files_are_the_same_bytes_whatever_the_users_settings(summary: xr.Dataset, tmp_path: Path) -> None:
    first = draw_figures(summary, tmp_path / "first")
    with mpl.rc_context(
        {"font.size": 20.0, "axes.facecolor": "red", "savefig.bbox": "tight", "hatch.linewidth": 4.0}
    ):
        before = dict(mpl.rcParams)
        second = draw_figures(summary, tmp_path / "second")
        assert dict(mpl.rcParams) == before
    assert [path.name for path in first] == [f"{name}.png" for name in FIGURES]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    assert b"Software" not in first[0].read_bytes()


def test_places_hold_no_rounding_error_of_the_layout(drawn: dict[str, Figure]) -> None:
    for figure in drawn.values():
        for edge in np.ravel([axes.get_position().bounds for axes in figure.axes]):
            assert round(edge, 6) == pytest.approx(edge, abs=1e-15)


def test_pyplot_is_left_alone() -> None:
    code = "import sys, hedging.plots.view; sys.exit('matplotlib.pyplot' in sys.modules)"
    root = Path(__file__).resolve().parents[1]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


# Kinds of figures: those that ship, and a user's own

ROOT = Path(__file__).resolve().parents[1]
LADDER = '''
from hedging.plots.kind import Panels, figure_kind

@figure_kind(reads="series")
def ladder(view, panels: Panels, rungs: int = 3):
    """Draw rungs."""
    figure = view.figure(3.0, title="A ladder")
    axes = figure.add_subplot()
    for rung in range(rungs):
        axes.axhline(rung, label=panels[0].first)
    view.footer(figure, "Rungs.")
    return figure
'''
OF_KINDS = {
    "lines": ("outreach_dose", ["dose"]),
    "heat": ("china_restraint", ["restraint"]),
    "paths": ("loan_held_up", ["paths"]),
    "event_time": ("deadline", ["event_time"]),
    "frontier": ("one_third_target", ["frontier"]),
    "stacked, matrix": ("emergence", ["courtship", "hedging"]),
    "verdicts": ("robustness", ["verdicts"]),
}
WRONG = {
    "no kind 'fan' in figure\\[1\\]: did you mean 'fans'": {"kind": "fan"},
    "no option 'colour' in figure\\[1\\]: .*valid: alone, at": {"kind": "fans", "colour": "red"},
    "no outcome 'debts' in figure\\[1\\]: did you mean 'debt'": {"kind": "fans", "panels": ["debts"]},
    "figure\\[1\\].panels=debt: name at least one outcome": {"kind": "fans", "panels": "debt"},
    "no key 'color' in figure\\[1\\].panels\\[1\\]": {
        "kind": "fans",
        "panels": [{"outcome": "debt", "color": "red"}],
    },
    "figure\\[1\\].outcome is missing": {"kind": "multiples"},
    "lines draws measures of a study, and a plain run has none": {"kind": "lines"},
    "figure\\[1\\].kind: cannot find the figure kind 'nowhere.ladder'": {"kind": "nowhere.ladder"},
    "figure\\[1\\].kind: math.sqrt is no figure kind": {"kind": "math.sqrt"},
}


@pytest.mark.parametrize("kind", OF_KINDS)
def test_a_study_is_drawn_again_from_its_folder_as_it_was(kind: str, tmp_path: Path) -> None:
    study, names = OF_KINDS[kind]
    folder = ROOT / "results" / study
    claims = pd.read_csv(folder / "claims.csv")
    drawn = draw_figures(hedging.load(folder), tmp_path / study, claims=claims)
    assert [path.stem for path in drawn] == names


@pytest.mark.parametrize("problem", WRONG)
def test_a_figure_that_cannot_be_is_one_line(problem: str) -> None:
    with pytest.raises(HedgingError, match=problem) as caught:
        read_figures([WRONG[problem]], NOTHING, list(SERIES), plain=True)
    assert "\n" not in str(caught.value)


def test_a_kind_of_ones_own_is_found_by_its_dotted_name(
    summary: xr.Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_figures.py").write_text(LADDER, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    stated = {"kind": "my_figures.ladder", "rungs": 4, "panels": ["debt"]}
    (asked,) = asked_of(summary.assign_attrs(figure=stated))
    figure = draw_figure(asked, summary)
    assert [line.get_label() for line in figure.axes[0].lines] == ["debt"] * 4
    assert "Rungs." in footer_of(figure)
    assert [path.name for path in draw_figures(summary, tmp_path, [asked])] == ["ladder.png"]
    with pytest.raises(HedgingError, match=r"figure\[1\].rungs=-1: it must be a whole number from 0"):
        asked_of(summary.assign_attrs(figure=[stated | {"rungs": -1}]))
