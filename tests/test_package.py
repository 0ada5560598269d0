"""The wheel: built from the checkout, it works in an empty folder where the checkout cannot be imported."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from command_line import ROOT

SAVE = """
import json, sys
from pathlib import Path
import hedging
from hedging.settings.compose import config_dir
worlds = hedging.simulate("baseline", ["horizon=4"], draws=20, save="run")
history = hedging.simulate(overrides=["world=history", "horizon=2", "ensemble=point"])
print(json.dumps({
    "home": str(Path(hedging.__file__).parent),
    "configs": str(config_dir()),
    "draws": worlds.sizes["draw"],
    "rent": float(history["scheduled"].isel(quarter=0, draw=0).sel(patron="russia")),
}))
"""
LOAD = """
import hedging
summary = hedging.load("run")
draws = hedging.load("run", "draws")
with hedging.load("run", "trajectories") as trajectories:
    print(summary.attrs["study"], draws.sizes["draw"], trajectories.sizes["quarter"], summary.sizes["patron"])
"""
MODEL = """
import hedging
model = hedging.HedgingModel("baseline", draws=3, horizon=2)
model.step()
print(model.date, [agent.name for agent in model.agents])
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by the tools at hand: nothing is fetched."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, text=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package alone, as pip unpacks it; what it depends on comes from this environment."""
    target = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-compile"]
    subprocess.run([*pip, "--target", str(target), str(wheel)], check=True, capture_output=True, text=True)
    return target


def ask(installed: Path, here: Path, *arguments: str) -> str:
    """Run Python in a folder, with the installed package before anything else and no results folder set."""
    around = {key: value for key, value in os.environ.items() if key != "HEDGING_RESULTS"}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=here,
        env={**around, "PYTHONPATH": str(installed), "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_the_wheel_holds_the_package_its_programs_its_configs_and_its_data(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    held = {name for name in names if ".dist-info/" not in name}
    for room, place in (
        ("hedging", "hedging"),
        ("experiments", "experiments"),
        ("configs", "hedging/configs"),
    ):
        for path in (ROOT / room).rglob("*"):
            if path.is_file() and path.suffix in (".py", ".yaml", ".csv"):
                name = f"{place}/{path.relative_to(ROOT / room).as_posix()}"
                assert name in held, name
    assert {name.split("/")[0] for name in held} <= {"hedging", "experiments", "hydra_plugins"}
    assert not [name for name in held if "__pycache__" in name or name.startswith(("tests/", "results/"))]
    assert any(name.endswith("/licenses/LICENSE") for name in names)


def test_the_wheel_simulates_saves_and_loads_in_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    import json

    told = json.loads(ask(installed, tmp_path, "-c", SAVE))
    assert Path(told["home"]) == installed / "hedging", "the checkout was imported"
    assert Path(told["configs"]) == installed / "hedging" / "configs"
    assert told["draws"] == 20
    assert told["rent"] == pytest.approx(1.389)
    assert {path.name for path in tmp_path.iterdir()} == {"run"}
    assert {"summary.csv", "config.yaml", "overview.png"} <= {
        path.name for path in (tmp_path / "run").iterdir()
    }
    assert ask(installed, tmp_path, "-c", LOAD).split() == ["baseline", "20", "5", "3"]


def test_the_wheel_has_the_mesa_model(installed: Path, tmp_path: Path) -> None:
    assert ask(installed, tmp_path, "-c", MODEL).startswith("2015Q2 ['client', 'russia'")


def test_the_wheel_has_the_command_line_and_writes_below_the_current_folder(
    installed: Path, tmp_path: Path
) -> None:
    out = ask(installed, tmp_path, "-m", "experiments.run", "ensemble=point", "horizon=2")
    (manifest,) = tmp_path.rglob("manifest.json")
    assert manifest.parent.parent == tmp_path / "results" / "scratch" / "custom"
    assert str(manifest.parent.relative_to(tmp_path)) in out
    assert [path.name for path in tmp_path.iterdir()] == ["results"]


def modules() -> dict[str, Path]:
    """Every module of what ships, by its dotted name."""
    files = [
        file for room in ("hedging", "experiments", "hydra_plugins") for file in (ROOT / room).rglob("*.py")
    ]
    names = {file: ".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files}
    return {name.removesuffix(".__init__"): file for file, name in names.items()}


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Every import counts, also one within a function or for types alone."""
    known = modules()
    imports: dict[str, set[str]] = {}
    for name, file in known.items():
        said: set[str] = set()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                said |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
            elif isinstance(node, ast.Import):
                said |= {one.name for one in node.names}
        imports[name] = (said & set(known)) - {name, "hedging"}  # which comes first, whatever is imported
    while free := [name for name, needs in imports.items() if not needs]:
        for name in free:
            del imports[name]
        imports = {name: needs - set(free) for name, needs in imports.items()}
    assert not imports, "these import each other"


def test_rooms_are_few_and_modules_short() -> None:
    rooms = {file.relative_to(ROOT / "hedging").parts[0] for file in (ROOT / "hedging").rglob("*.py")}
    assert len(rooms - {"__init__.py"}) <= 10
    assert {
        name: n for name, file in modules().items() if (n := len(file.read_text().splitlines())) > 310
    } == {}
