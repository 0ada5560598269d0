"""What CONTRIBUTING.md says of adding things is true: one of each is made in a copy of the package, in no
other file than its row of the table names, and is found and used from there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import xarray as xr
import yaml
from command_line import ROOT, bytes_of

PHASE = '''"""Phase of the test: goodwill grows."""

from dataclasses import dataclass

from hedging.world.arrays import Array
from hedging.world.parameters import Parameters
from hedging.world.state import State, quantity


@dataclass(frozen=True, eq=False)
class Goodwill:
    """How goodwill fared."""

    thaw: Array = quantity("", "share/quarter", "growth of goodwill", reported=True)


def warm_up(state: State, p: Parameters) -> tuple[Goodwill, dict[str, Array]]:
    """Let goodwill grow."""
    thaw = p.kindness * (1 - state.goodwill)
    return Goodwill(thaw), {"goodwill": state.goodwill + thaw}
'''
MEASURE = '''"""Measures of the test."""

from hedging.measures.aggregate import opening
from hedging.measures.declare import measure
from hedging.world.arrays import Array


@measure(unit="share", meaning="goodwill that the leader can count on")
def cheer(goodwill: Array, legitimacy: Array) -> Array:
    """Multiply goodwill by legitimacy at the start of each quarter."""
    return opening(goodwill) * opening(legitimacy)
'''
FIGURE = '''"""Figures of the test."""

from hedging.plots.kind import Panels, figure_kind


@figure_kind(reads="series")
def ladder(view, panels: Panels, rungs: int = 3):
    """Draw rungs."""
    figure = view.figure(3.0, title="A ladder")
    axes = figure.add_subplot()
    for rung in range(rungs):
        axes.axhline(rung)
    return view.footer(figure, "Rungs.")
'''
CLAIM = '''"""Claims of the test."""

from dataclasses import dataclass

import numpy as np

from hedging.settings.read import key
from hedging.studies.claim import Cases, Claim
from hedging.world.arrays import Array


@dataclass(frozen=True, kw_only=True)
class AtLeast(Claim):
    """The value reaches the level; the effect is by how much it lies above it."""

    level: float = key()

    def holds(self, y: Array, x: Array) -> Cases:
        """Where it does."""
        return np.asarray(y[0] >= self.level)

    def effect(self, y: Array, x: Array) -> Array:
        """The distance to the level."""
        return np.asarray(y[0] - self.level)
'''
RULE = '''"""Rules of the test."""

from dataclasses import dataclass

import numpy as np

from hedging.rules.sight import Sight
from hedging.world.arrays import Array
from hedging.world.parameters import SHARE, within


@dataclass(frozen=True)
class Even:
    """Court every patron alike."""

    effort: Array = within(SHARE, "courtship of each")

    def choose(self, sight: Sight) -> Array:
        """The same for all."""
        return np.broadcast_to(self.effort, sight.squeeze.shape)
'''
DESIGN = '''@held_whole()
def halves(design: Design, seed: int) -> Array:
    """All at a quarter of their range, then all at three quarters."""
    one = np.where(np.arange(design.size) % 2, 0.75, 0.25)
    return np.broadcast_to(one, (len(design.columns), design.size))


'''
NUMBER = '{value: %s, low: %s, high: %s, unit: "%s", source: "assumed: a test"}'


def write(copy: Path, name: str, text: str) -> None:
    (copy / name).write_text(text, encoding="utf-8")


def insert(copy: Path, name: str, text: str, before: str) -> None:
    """Put a text into a file, before a text that stands there once."""
    held = (copy / name).read_text(encoding="utf-8")
    assert held.count(before) == 1, f"{name}: {before}"
    write(copy, name, held.replace(before, text + before))


def number(copy: Path) -> None:
    insert(copy, "hedging/world/parameters.py", *(
        '    kindness: Array = _world("share/quarter", "how fast goodwill grows")\n',
        "    energy_price: Array",
    ))  # fmt: skip
    with (copy / "configs/world/steady.yaml").open("a", encoding="utf-8") as file:
        file.write("kindness: " + NUMBER % (0.1, 0.05, 0.2, "share/quarter") + "\n")


def state(copy: Path) -> None:
    line = '    goodwill: Array = _state("", "share", "goodwill at large", "legitimacy0", reported=True)\n'
    insert(copy, "hedging/world/state.py", line, "    memory: Any = None")
    write(copy, "hedging/world/phases/goodwill.py", PHASE)


def phase(copy: Path) -> None:
    quarter, file = copy / "hedging/world/quarter.py", "hedging/world/quarter.py"
    write(copy, "hedging/world/phases/goodwill.py", PHASE)
    write(
        copy,
        file,
        quarter.read_text().replace("import calendar, economy,", "import calendar, economy, goodwill,"),
    )
    insert(copy, file, "    mood, hearts = goodwill.warm_up(state, p)\n", "    after = stocks |")
    write(copy, file, quarter.read_text().replace("| moods | bonds", "| moods | bonds | hearts"))
    write(copy, file, quarter.read_text().replace("home, ties, worth):", "home, ties, mood, worth):"))


def measure(copy: Path) -> None:
    write(copy, "hedging/measures/goodness.py", MEASURE)


def kind_of_figure(copy: Path) -> None:
    write(copy, "hedging/plots/kinds/ladders.py", FIGURE)


def kind_of_claim(copy: Path) -> None:
    write(copy, "hedging/studies/claims/levels.py", CLAIM)


def design(copy: Path) -> None:
    insert(copy, "hedging/settings/designs.py", DESIGN, "DESIGNS = (")


def rule(copy: Path) -> None:
    write(copy, "hedging/rules/even.py", RULE)
    numbers = NUMBER % (0.3, 0.2, 0.4, "share")
    write(copy, "configs/client/rule/even.yaml", f"_target_: hedging.rules.even.Even\neffort: {numbers}\n")


def patron(copy: Path) -> None:
    told = (copy / "configs/patron/european_union.yaml").read_text().replace("European Union", "Far Kingdom")
    write(copy, "configs/patron/far_kingdom.yaml", told)


def target(copy: Path) -> None:
    one = '{label: "Bliss", of: "cheer@2016Q1", value: 0.4, unit: share, window: "2016-01-01",'
    one += ' facts: {F0528: 1}, judged: "a test", measurement: 0.1, discrepancy: 0.1, family: bliss,'
    one += ' date: 2016, why: "a test"}'
    insert(copy, "configs/targets.yaml", f"  bliss:\n    {one}\n", "  reserves_2016:\n")


ADDED: dict[str, Callable[[Path], None]] = {
    "a number": number,
    "a state": state,
    "a phase": phase,
    "a measure": measure,
    "a kind of figure": kind_of_figure,
    "a kind of claim": kind_of_claim,
    "a design": design,
    "a rule": rule,
    "a patron": patron,
    "a target": target,
}
STUDY = {
    "study": "mine",
    "question": "Does all that was added play together?",
    "claims": [{"text": "goodwill grows", "kind": "at_least", "outcome": "goodwill", "level": 0.3}],
    "figure": [{"kind": "ladder", "panels": ["goodwill"]}],
}


def rows() -> dict[str, str]:
    """Where the table says that each thing is added."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| (an? [\w ]+) \| .* \| (.*) \|$", page, flags=re.MULTILINE))


def is_named(path: str, row: str) -> bool:
    """Whether a row of the table names a file, its folder, or speaks of any module or of its owner's YAML."""
    places = [*re.findall(r"`([\w/.]+)`", row)]
    owner = "YAML of its owner" in row and path.startswith(
        ("configs/world/", "configs/client/", "configs/patron/")
    )
    return (
        owner
        or ("any module" in row and path.endswith(".py"))
        or any(path == place or (place.endswith("/") and path.startswith(place)) for place in places)
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package in which one of each was added."""
    place = tmp_path_factory.mktemp("copy")
    for name in ("hedging", "experiments", "hydra_plugins", "configs"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    table, before = rows(), bytes_of(place)
    assert set(table) == set(ADDED)
    for name, add in ADDED.items():
        add(place)
        after = bytes_of(place)
        touched = [path for path in after if before.get(path) != after[path]]
        assert touched, name
        assert [path for path in touched if not is_named(path, table[name])] == [], name
        code = [path for path in touched if path.endswith(".py")]
        assert len(code) <= (2 if name in ("a state", "a phase") else 1), name
        before = after
    (place / "mine" / "experiment").mkdir(parents=True)
    study = "# @package _global_\n" + yaml.safe_dump(STUDY)
    (place / "mine" / "experiment" / "mine.yaml").write_text(study, encoding="utf-8")
    return place


def ran(copy: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, *command],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "HEDGING_RESULTS": str(copy / "made")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_one_of_each_plays(copy: Path) -> None:
    asked = [
        "ensemble.draws=10",
        "ensemble.keep=2",
        "horizon=6",
        "ensemble.design=halves",
        "client/rule=even",
    ]
    newcomer = "+patron@patrons.far_kingdom=far_kingdom"
    ran(copy, "-m", "experiments.run", "--config-dir=mine", "experiment=mine", *asked, newcomer)
    (folder,) = (path.parent for path in copy.glob("made/scratch/mine/*/summary.csv"))
    summary = pd.read_csv(folder / "summary.csv").set_index(["measure", "quarter", "statistic"])["value"]
    kind = pd.read_parquet(folder / "draws.parquet")["world.kindness"]
    assert kind.nunique() == 2, "the design gives every number two values"
    assert summary["goodwill", "2016Q3", "mean"].item() > summary["goodwill", "2015Q1", "mean"].item()
    assert summary["thaw", "2015Q1", "p95"].item() > 0
    assert summary["cheer", "2015Q2", "mean"].item() > 0
    with xr.open_dataset(folder / "trajectories.nc") as kept:
        assert "far_kingdom" in kept["patron"].values
        assert {"goodwill", "thaw"} <= set(kept.data_vars)
        assert kept["effort"].isel(quarter=0).std("patron").max() == 0
    claims = pd.read_csv(folder / "claims.csv")
    assert list(claims["kind"]) == ["at_least"]
    assert (folder / "ladder.png").stat().st_size > 0


def test_a_target_that_was_added_is_held_against_the_record(copy: Path) -> None:
    read = "from hedging.analysis.calibration.targets import read_record"
    assert "'bliss'" in ran(copy, "-c", f"{read}; print([target.name for target in read_record().targets])")
