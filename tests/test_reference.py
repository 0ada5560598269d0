"""The model against trajectories that an independent scalar implementation of the model document computed.

`python -m tests.test_reference` shows old against new, variable by variable, whether or not they agree.
"""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from hedging.settings.settings import settings_for
from hedging.world import dates
from hedging.world.arrays import Array
from hedging.world.world import QUANTITIES, World
from tests.strategies import Run, pin, play, shipped_tree, step_of_many

GOLDEN = Path(__file__).parent / "golden"
CASES = json.loads((GOLDEN / "cases.json").read_text(encoding="utf-8"))
TOLERANCE = 1e-9
"""Relative or absolute, whichever is wider: the reference is written with 13 digits."""

WITHOUT_REFERENCE = {"full_demand", "rivals_warmth", "terms_without_rivals"}
"""Steps on the way that the reference does not write down, and a counterfactual beside the story."""

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
    about = CASES["cases"][case]
    overrides = [
        "ensemble=point",
        f"chance={CASES['chance']}",
        f"horizon={CASES['quarters']}",
        f"client/rule={about['client_rule']}",
        *(f"patron/rule@patrons.{name}.rule={rule}" for name, rule in about["patron_rules"].items()),
        *(f"{path}={value}" for path, value in about["changes"].items()),
    ]
    return columns(play(settings_for(None, overrides)))


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


@pytest.mark.parametrize("case", CASES["cases"])
def test_the_model_meets_the_reference(case: str) -> None:
    old, new = reference(case), played(case)
    for name in sorted(old):
        wide = apart(old[name], new[name])
        first = int(np.argmax(wide > TOLERANCE))
        assert wide[first] <= TOLERANCE, (
            f"{case}: {name} in {dates.label(first)} was {old[name][first]:.13g}, is {new[name][first]:.13g}"
        )


@pytest.mark.parametrize("case", CASES["cases"])
def test_the_reference_holds_every_quantity(case: str) -> None:
    old = {column.split(".")[0] for column in reference(case)}
    assert set(QUANTITIES) == old | WITHOUT_REFERENCE


@pytest.mark.parametrize("quarter", [0, 7, 19, 33])
def test_a_sampled_quarter_is_the_expected_one_in_the_mean(quarter: int) -> None:
    """Of what is linear in the events: payments, sales, debt, warmth; reserves while nothing is compressed.

    Unrest is off: it raises repression past a max, and repression cools how courtship is received.
    """
    many = 40_000
    tree = shipped_tree(ensemble={"draws": 1, "keep": 1, "vary": []}, chance="expected", seed=11)
    settings = pin(tree, {"client.repression_unrest": 0.0})
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
        assert np.all(off <= 4 * error + 1e-12), f"{name}: {mean} for {expected[name][..., 0]}, +- {error}"


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


if __name__ == "__main__":
    show()
