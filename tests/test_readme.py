"""What the README files tell is true: their commands and snippets run, what they name is there, the parameter
book and the excerpt of the first run are of today."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from command_line import ROOT
from shown import COMMANDS, INSTALLS, PART, PYTHON, RECIPES, small_forms
from test_calibration import tiny

import hedging
from experiments.run import headline
from hedging.world.world import QUANTITIES
from tests.benchmark.measure import Size, by_phase, by_rule, speed
from tests.pages.book import book
from tests.pages.catalogue import written

PAGES = [
    *("README.md", "CONTRIBUTING.md", "configs/README.md", "experiments/README.md"),
    *("hedging/README.md", "configs/series/README.md", "results/README.md"),
]
MADE_PAGES = ["results/benchmark/README.md", "results/calibration/README.md"]
BEGINS = r"(?:make|python|pip|source|git|bash|srun|dask|pytest|ruff|mypy) |make$|\.venv/bin/|\.ci/"
"""What a command begins with, where it stands between backticks."""

ROOMS = ("hedging", "configs", "experiments", "tests", "results", ".ci")
SHOWN, MADE = small_forms(COMMANDS), small_forms(RECIPES)
SMALL = sorted({*SHOWN.values(), *MADE.values()} - {PART, INSTALLS})
TOLD = {
    "run": "Figures and tables: ",
    "compare": "Figure and table: ",
    "explain": "2019Q4",
    "check_rule": "keeps every promise",
    "calibrate": "Written: ",
    "reproduce": "1 of 1 as committed",
    "benchmark": "Table and figure: ",
    "pages": "Written: configs/README.md",
}
"""What each program says when it is done."""

COMMITTED = ("baseline", "outreach_dose", "calibration")
"""Results that a command reads."""

MADE_BY_A_RUN = ("results/scratch/", "draws.parquet", "trajectories.nc", "summary.csv", "manifest.json")
FILE_TYPES = r"(?:md|py|yaml|csv|cff|toml|lock|png|json|nc|parquet)"


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text(page), flags=re.MULTILINE | re.DOTALL)


def shell_blocks(page: str) -> list[str]:
    return [block for language in ("bash", "sh") for block in blocks(page, language)]


def plain(command: str) -> str:
    return " ".join(command.split())


def commands(page: str) -> Iterator[str]:
    """The commands that a page shows: lines of its shell blocks, and what stands between backticks."""
    for block in shell_blocks(page):
        for line in block.replace("\\\n", "").splitlines():
            if line.strip() and not line.startswith("#"):
                yield plain(re.sub(r"\s#\s.*", "", line))
    prose = re.sub(r"^```.*?^```", "", text(page), flags=re.MULTILINE | re.DOTALL)
    yield from (said for said in map(plain, re.findall(r"`([^`]+)`", prose)) if re.match(BEGINS, said))


def file_of(block: str) -> str | None:
    """The file that a block is to be written to: its first or second line says so."""
    found = re.match(r"(?:# @package _global_\n)?# (my_[\w/]+\.(?:py|yaml))\n", block)
    return found[1] if found else None


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A reader's folder: the files that the pages show, beside results as they are in a clone; figures are
    not drawn, since other tests look at them."""
    for block in [
        *blocks("README.md", "python"),
        *blocks("README.md", "yaml"),
        *blocks("experiments/README.md", "yaml"),
    ]:
        if name := file_of(block):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(block, encoding="utf-8")
    for study, folder in (("baseline", "scratch/another"), *((name, name) for name in COMMITTED)):
        leave = shutil.ignore_patterns("draws.parquet", "trajectories.nc")
        shutil.copytree(ROOT / "results" / study, tmp_path / "results" / folder, ignore=leave)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("HEDGING_RESULTS", str(tmp_path / "results"))
    monkeypatch.setattr("hedging.plots.view.draw_figures", lambda *rest: [])
    monkeypatch.setattr(sys, "argv", ["run"])
    yield tmp_path
    sys.modules.pop("my_rules", None)


@pytest.mark.parametrize("page", [*PAGES, *MADE_PAGES])
def test_every_command_has_its_small_form(page: str) -> None:
    missing = [command for command in commands(page) if command not in SHOWN]
    assert not missing, (
        f"{page} shows what no test runs: write it and its small form into tests/shown.py: {missing}"
    )


def test_every_small_form_is_that_of_a_command() -> None:
    shown = {command for page in [*PAGES, *MADE_PAGES] for command in commands(page)}
    gone = [command for command in SHOWN if command not in shown]
    assert not gone, f"no page shows these any more: drop them from COMMANDS of tests/shown.py: {gone}"


def few_worlds(monkeypatch: pytest.MonkeyPatch, desk: Path) -> None:
    monkeypatch.setattr("experiments.calibrate.read_job", lambda quick: tiny())


def few_figures(monkeypatch: pytest.MonkeyPatch, desk: Path) -> None:
    """What a benchmark runs in programs of their own is taken from the last one."""
    figures = pd.read_csv(ROOT / "results" / "benchmark" / "benchmark.csv", dtype={"case": str})
    apart = figures[figures["what"].str.contains("Mesa|sweep|memory|whole run")].values.tolist()
    measured = (speed, by_rule, by_phase, lambda size: apart)
    monkeypatch.setattr("tests.benchmark.__main__.MEASURED", measured)
    monkeypatch.setattr("tests.benchmark.__main__.QUICK", Size(1, (1, 8), (), 1, 1, 1, 4))
    monkeypatch.setattr("tests.benchmark.measure.cores", lambda: 1)


def another_page(monkeypatch: pytest.MonkeyPatch, desk: Path) -> None:
    """What is written beside the code goes elsewhere; it is made of what is committed."""
    shutil.copytree(ROOT / "configs", desk / "configs")
    monkeypatch.setattr("tests.pages.__main__.config_dir", lambda: desk / "configs")
    page = desk / "experiments" / "README.md"
    page.parent.mkdir()
    shutil.copy(ROOT / "experiments" / "README.md", page)
    monkeypatch.setattr("tests.pages.__main__.PAGE", page)
    monkeypatch.setenv("HEDGING_RESULTS", str(ROOT / "results"))


SMALLER = {
    "calibrate": few_worlds,
    "benchmark": few_figures,
    "pages": another_page,
}
"""What a program cannot be asked for on its command line, and would take long, or write beside the code."""


@pytest.fixture
def address() -> Iterator[str]:
    """Where a Dask cluster listens: as one of several machines, but in this process."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=1, processes=False, dashboard_address=":0") as cluster:
        yield cluster.scheduler_address


@pytest.mark.filterwarnings("ignore:Port")  # of the page that Dask serves
@pytest.mark.parametrize("command", [small for small in SMALL if small.startswith(PYTHON)])
def test_commands_run(
    command: str,
    desk: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    if "$address" in command:
        command = command.replace("$address", request.getfixturevalue("address"))
    module, *arguments = shlex.split(command)[2:]
    program = module.rpartition(".")[2]
    if program in SMALLER:
        SMALLER[program](monkeypatch, desk)
    before = set(desk.glob("results/**/summary.csv"))
    import_module(f"{module}.__main__" if module.startswith("tests.") else module).main(
        *([arguments] if arguments else [])
    )
    told = capsys.readouterr()
    assert TOLD[program] in told.out
    if program != "run":
        return
    assert not told.err
    choices = any("client/rule=" in argument and "," in argument for argument in arguments)
    study = ("-m" in arguments and not choices) or any("gas_war" in argument for argument in arguments)
    assert (" points, " if study else "Median (5 to 95% of draws)") in told.out
    made = set(desk.glob("results/**/summary.csv")) - before
    assert len(made) == (3 if choices else 1)


def said_by(command: str) -> str:
    """What a command says that runs in a program of its own."""
    words = shlex.split(command)
    done = subprocess.run(
        [sys.executable, *words[1:]] if words[0] == "python" else words,
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "PYTEST"))},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("command", [small for small in SMALL if not small.startswith((*PYTHON, "make"))])
def test_commands_run_beside(command: str) -> None:
    said_by(command)


def test_make_runs_what_it_says() -> None:
    """Every target can be read, and what it runs has a small form that runs."""
    lines = [plain(line) for one in SMALL if one.startswith("make") for line in said_by(one).splitlines()]
    recipes = {line for line in lines if re.match(r"\.venv/bin/(?!python -m pip)", line)}
    assert recipes == set(MADE), "make runs something else than RECIPES of tests/shown.py: mend it there"


@pytest.mark.parametrize("block", [block for page in PAGES for block in shell_blocks(page)])
def test_shell_blocks_are_whole(block: str, tmp_path: Path) -> None:
    """A shell can read each; the programs of a job know its options, and Dask's address is in its file."""
    subprocess.run(["bash", "-n"], input=block, text=True, check=True)
    for program, options in re.findall(r"dask (scheduler|worker)(.*?)&", block):
        known = import_module(f"distributed.cli.dask_{program}").main.params
        assert set(re.findall(r"--[\w-]+", options)) <= {name for one in known for name in one.opts}
    for line in re.findall(r"^address=.*$", block, flags=re.MULTILINE):
        (tmp_path / "scheduler.json").write_text('{"address": "tcp://head:8786"}', encoding="utf-8")
        script = f"{line.replace('python', shlex.quote(sys.executable))}; echo $address"
        done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True)
        assert done.stdout == "tcp://head:8786\n", done.stderr


def test_what_is_installed_by_hand_is_there() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for command in (command for command, small in SHOWN.items() if small == INSTALLS):
        extra = re.fullmatch(r"pip install '(\w+)\[(\w+)\]'", command)
        if extra:
            assert extra[1] == project["name"]
            assert extra[2] in project["optional-dependencies"]
        else:
            assert command == "source .venv/bin/activate"
            assert "VENV := .venv\n" in text("Makefile")


@pytest.mark.parametrize("page", ["README.md", "configs/README.md"])
def test_snippets_run(page: str, desk: Path) -> None:
    snippets = [block for block in blocks(page, "python") if not file_of(block)]
    assert snippets
    for snippet in snippets:
        exec(compile(snippet, page, "exec"), {"__name__": "__main__"})


def test_the_excerpt_is_what_the_committed_baseline_says() -> None:
    told = headline(hedging.load(ROOT / "results" / "baseline")).splitlines()
    (excerpt,) = blocks("README.md", "text")
    stale = [line for line in excerpt.splitlines() if line not in told]
    assert not stale, "README.md shows an older run: copy the lines from `make run`"


def test_findings_are_what_the_committed_baseline_says() -> None:
    summary = hedging.load(ROOT / "results" / "baseline")
    for quarter in ("2016Q4", "2019Q4"):
        share = f"({float(summary['regime'].sel(label='hedging', quarter=quarter)):.0%}"
        tension = summary["tension"].sel(patron="russia", statistic="p50", quarter=quarter)
        for page in ("experiments/README.md", "hedging/README.md"):
            assert share in text(page), f"{page} tells an older run"
            assert f" {float(tension):.2f}".replace("0.", ".") in text(page), f"{page} tells an older run"


def test_the_counts_of_sources_are_those_of_the_book() -> None:
    (row,) = re.findall(r"^\| \*\*The baseline\*\*.*$", book(), flags=re.MULTILINE)
    numbers, *_, assumed, pinned = re.findall(r"\d+", row)
    assert pinned == "7"
    said = " ".join(text("hedging/README.md").split())
    assert f"pins seven of the {numbers} numbers of the baseline; {assumed} rest on assumption alone" in said


def test_the_parameter_book_is_of_today() -> None:
    assert text("configs/README.md") == book(), "configs/README.md is stale: run make book"


def test_the_table_of_studies_is_of_today() -> None:
    page = text("experiments/README.md")
    assert page == written(page, ROOT / "results"), "experiments/README.md is stale: run make book"


@pytest.mark.parametrize("page", PAGES)
def test_what_is_linked_is_there(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)", text(page)):
        if target.startswith("http"):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        assert file.exists(), f"{page} links to {target}"
        if anchor:
            assert anchor in anchors(file), f"{page} links to {target}: no such heading"


def anchors(file: Path) -> set[str]:
    said = file.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", said, flags=re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return slugs | set(re.findall(r'<a id="([^"]+)">', said))


@pytest.mark.parametrize("page", PAGES)
def test_paths_that_are_named_are_there(page: str) -> None:
    for name in re.findall(rf"`([\w.-]+(?:/[\w.-]+)*/?|[\w-]+\.{FILE_TYPES})`", text(page)):
        is_path = name.split("/")[0] in ROOMS and "/" in name
        is_file = re.fullmatch(rf"[\w-]+\.{FILE_TYPES}", name)
        if not (is_path or is_file) or name.startswith(MADE_BY_A_RUN):
            continue
        places = [
            ROOT / name,
            (ROOT / page).parent / name,
            ROOT / "hedging" / name,
            ROOT / "results/baseline" / name,
        ]
        assert any(place.exists() for place in places), f"{page} names {name}"


def test_functions_that_the_model_page_names_are_where_it_says() -> None:
    named = re.findall(r"In\s+`(hedging/[\w/]+)\.py`:\s+((?:`\w+`[,\s]*)+)", text("hedging/README.md"))
    assert len(named) >= 20
    for module, names in named:
        held = import_module(module.replace("/", "."))
        missing = [name for name in re.findall(r"\w+", names) if not hasattr(held, name)]
        assert not missing, f"hedging/README.md places {missing} in {module}.py"


def structural() -> Iterator[tuple[str, object, str]]:
    """Every constant whose docstring calls it structural: name, value, file."""
    for file in sorted((ROOT / "hedging").rglob("*.py")):
        body = ast.parse(file.read_text(encoding="utf-8")).body
        for assignment, doc in pairwise(body):
            said = ast.get_source_segment(file.read_text(encoding="utf-8"), doc) or ""
            if not (isinstance(assignment, ast.Assign) and said.startswith('"""Structural')):
                continue
            place = file.relative_to(ROOT).as_posix()
            target, value = assignment.targets[0], ast.literal_eval(assignment.value)
            if isinstance(target, ast.Tuple):
                pairs = zip(target.elts, value, strict=True)
                yield from ((ast.unparse(name), one, place) for name, one in pairs)
            else:
                yield ast.unparse(target), value, place


@pytest.mark.parametrize(("name", "value", "place"), list(structural()))
def test_structural_constants_are_told(name: str, value: object, place: str) -> None:
    row = re.search(
        rf"^\| `{name}` \| ([^|]+) \| `([^`]+)` \|", text("hedging/README.md"), flags=re.MULTILINE
    )
    assert row, f"hedging/README.md, section 8, does not tell {name} of {place}"
    told = tuple(float(one) for one in row[1].split(","))
    assert told == (value if isinstance(value, tuple) else (value,))
    assert row[2] == place


def test_the_table_of_states_is_that_of_the_code() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| ([\w, ]+) \| ([\w/]+) \|", text("hedging/README.md"), flags=re.MULTILINE
    )
    told = {name: (tuple(axes.split(", ")), unit) for name, axes, unit in rows if "draw" in axes}
    assert told == {name: (item.axes, item.unit) for name, item in QUANTITIES.items() if item.state}
