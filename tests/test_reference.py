"""The model against trajectories that independent scalar implementations of the model document computed.

`python -m tests.test_reference` shows old against new, variable by variable, whether or not they agree;
`python -m tests.test_reference CASE ...` writes cases anew by `tests/scalar.py`.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hedging.settings.settings import Settings, settings_for
from hedging.world import dates
from hedging.world.arrays import Array
from hedging.world.world import QUANTITIES, World
from tests import scalar
from tests.strategies import Run, pin, play, shipped_tree, step_of_many

GOLDEN = Path(__file__).parent / "golden"
CASES = json.loads((GOLDEN / "cases.json").read_text(encoding="utf-8"))
TOLERANCE = 1e-9
"""Relative or absolute, whichever is wider: the reference is written with 13 digits."""

WITHOUT_REFERENCE = {"full_demand", "rivals_warmth", "due", "terms_without_rivals"}
"""Steps on the way that the reference does not write down, and a counterfactual beside the story."""

NOT_IN_VERSION_1 = {
    *("credit_line", "anchor", "accustomed", "lost", "peril", "restored", "progress"),
    *("hold", "hold_probability", "blocked", "block_probability"),
    *("door", "appetite", "usual", "missing", "bridge_cap", "bridge", "credit"),
}
"""What the reference of version 1 has no column for."""

RARE = 1e-5
"""How far a mean may be off for what is too rare to be drawn; a third of an error of what is drawn."""

Trajectory = dict[str, Array]
"""Columns as in the files, `variable` or `variable.patron`: (quarter,); flows are missing in the last."""


@cache
def reference(case: str) -> Trajectory:
    """The columns of a reference file."""
    with (GOLDEN / CASES["cases"][case]["file"]).open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == CASES["quarters"] + 1
    return {
        name: np.array([float(row[name]) if row[name] else np.nan for row in rows])
        for name in rows[0]
        if name != "quarter"
    }


@cache
def played(case: str) -> Trajectory:
    """The same columns as the model plays them now."""
    return columns(play(settings_of(CASES["cases"][case])))


def settings_of(about: dict[str, Any]) -> Settings:
    """The setting of a case."""
    return settings_for(
        None,
        [
            "ensemble=point",
            f"chance={CASES['chance']}",
            f"horizon={CASES['quarters']}",
            f"client/rule={about['client_rule']}",
            *(f"patron/rule@patrons.{name}.rule={rule}" for name, rule in about["patron_rules"].items()),
            *(f"{path}={value}" for path, value in about["changes"].items()),
            *(f"+events.{name}={told(event)}" for name, event in about.get("events", {}).items()),
        ],
    )


def told(event: dict[str, Any]) -> str:
    """An event as the command line takes it."""
    return "{" + ", ".join(f"{key}: {value}" for key, value in event.items()) + "}"


def written_again(case: str) -> Trajectory:
    """The same columns as `tests/scalar.py` works them out; the composed numbers are all it is given."""
    about = CASES["cases"][case]
    values = {
        path: float(number.value) for path, number in settings_of(about | {"events": {}}).numbers.items()
    }
    rows = scalar.trajectory(about, values, CASES["quarters"])
    return {name: np.array([row.get(name, np.nan) for row in rows]) for name in rows[0]}


def columns(run: Run) -> Trajectory:
    """A run of one draw, column by column."""
    table: Trajectory = {}
    for name, array in run.arrays.items():
        missing = () if QUANTITIES[name].state else ((0, 1), *((0, 0),) * (array.ndim - 1))
        whole = np.pad(array, missing, constant_values=np.nan)[..., 0] if missing else array[..., 0]
        if whole.ndim == 1:
            table[name] = whole
        else:
            owners = run.settings.partners[: whole.shape[1]]
            table |= {f"{name}.{owner}": whole[:, row] for row, owner in enumerate(owners)}
    return table


def apart(old: Array, new: Array) -> Array:
    """How far two columns are apart: the absolute difference, or the relative one where that is less.

    Missing in both is no difference, missing in one is an infinite one.
    """
    missing = np.isnan(old) | np.isnan(new)
    wide = np.abs(new - old) / np.maximum(np.abs(old), 1)
    return np.where(missing, np.where(np.isnan(old) & np.isnan(new), 0, np.inf), wide)


@pytest.mark.parametrize("play_case", [played, written_again])
@pytest.mark.parametrize("case", CASES["cases"])
def test_the_model_meets_the_reference(case: str, play_case: Callable[[str], Trajectory]) -> None:
    old, new = reference(case), play_case(case)
    for name in sorted(old):
        wide = apart(old[name], new[name])
        first = int(np.argmax(wide > TOLERANCE))
        assert wide[first] <= TOLERANCE, (
            f"{case}: {name} in {dates.label(first)} was {old[name][first]:.13g}, is {new[name][first]:.13g}"
        )


@pytest.mark.parametrize("case", CASES["cases"])
def test_the_reference_holds_every_quantity(case: str) -> None:
    old = {column.split(".")[0] for column in reference(case)}
    lacking = WITHOUT_REFERENCE | (NOT_IN_VERSION_1 if CASES["cases"][case]["version"] == 1 else set())
    assert set(QUANTITIES) - lacking <= old <= set(QUANTITIES)


@pytest.mark.parametrize("quarter", [0, 7, 19, 33])
def test_a_sampled_quarter_is_the_expected_one_in_the_mean(quarter: int) -> None:
    """Of what is linear in the events: payments, sales, debt, warmth; reserves while nothing is compressed.

    Unrest is off: it raises repression past a max, and repression cools how courtship is received. So are
    blockades, in which trade turns exponentially.
    """
    many = 40_000
    tree = shipped_tree(ensemble={"draws": 1, "keep": 1, "vary": []}, chance="expected", seed=11)
    settings = pin(tree, {"client.repression_unrest": 0.0, "patrons.russia.blockade_multiple": 1e3})
    model = World(settings, draws=1)
    for _ in range(quarter):
        model.step()
    before = model.state
    expected = model.step() | vars(model.state)
    sampled = step_of_many(replace(settings, chance="sampled"), before, quarter, many)
    assert expected["compression"].max() == 0
    assert sampled["compression"].max() == 0
    for name in ("pay", "sold", "debt", "warmth", "reserves"):
        mean, error = sampled[name].mean(axis=-1), sampled[name].std(axis=-1) / np.sqrt(many)
        off = np.abs(mean - expected[name][..., 0])
        assert np.all(off <= 4 * error + RARE), f"{name}: {mean} for {expected[name][..., 0]}, +- {error}"


def show() -> None:
    """Print old against new: for each case the variables that are furthest apart, and by how much."""
    for case in CASES["cases"]:
        old, new = reference(case), played(case)
        print(f"\n{case}\n{'variable':<24}{'apart':>10}  where{'':<34}{'old':>20}{'new':>20}")
        for variable in sorted({name.split(".")[0] for name in old}):
            names = [name for name in old if name.split(".")[0] == variable]
            worst = max(names, key=lambda name: float(apart(old[name], new[name]).max()))
            at = int(np.argmax(apart(old[worst], new[worst])))
            wide, place = apart(old[worst], new[worst])[at], f"{dates.label(at)} {worst}"
            told = f"{old[worst][at]:>20.12g}{new[worst][at]:>20.12g}" + "  <- moved" * (wide > TOLERANCE)
            print(f"{variable:<24}{wide:>10.1e}  {place:<39}{told}")


def write(case: str) -> None:
    """Write a case anew, as `tests/scalar.py` works it out."""
    table = written_again(case)
    names = sorted(table)
    with (GOLDEN / CASES["cases"][case]["file"]).open("w", newline="", encoding="utf-8") as lines:
        rows = csv.writer(lines, lineterminator="\n")
        rows.writerow(["quarter", *names])
        for quarter in range(CASES["quarters"] + 1):
            numbers = (table[name][quarter] for name in names)
            rows.writerow([quarter, *("" if np.isnan(x) else repr(float(x)) for x in numbers)])


if __name__ == "__main__":
    for name in sys.argv[1:]:
        write(name)
    if not sys.argv[1:]:
        show()
