"""What the README files tell is true: their commands and snippets run, what they name is there, the parameter
book and the excerpt of the first run are of today."""

from __future__ import annotations

import ast
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest

import hedging
from experiments import check_rule, run
from experiments.book import book
from experiments.catalogue import written
from hedging.results.headline import headline
from hedging.world.quantities import QUANTITIES

ROOT = Path(__file__).parent.parent
PAGES = [
    *("README.md", "CONTRIBUTING.md", "configs/README.md", "experiments/README.md"),
    *("hedging/README.md", "configs/series/README.md", "results/README.md"),
]
ROOMS = ("hedging", "configs", "experiments", "tests", "results", ".ci")
MADE_BY_A_RUN = ("results/scratch/", "draws.parquet", "trajectories.nc", "summary.csv", "manifest.json")
FILE_TYPES = r"(?:md|py|yaml|csv|cff|toml|lock|png|json|nc|parquet)"


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text(page), flags=re.MULTILINE | re.DOTALL)


def commands(page: str) -> list[str]:
    lines = "\n".join(blocks(page, "bash")).replace("\\\n", "").splitlines()
    return [line for line in lines if line.startswith("python -m experiments.")]


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
    (tmp_path / "results" / "baseline").mkdir(parents=True)
    for name in ("summary.csv", "config.yaml"):
        shutil.copy(ROOT / "results" / "baseline" / name, tmp_path / "results" / "baseline")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("HEDGING_RESULTS", str(tmp_path / "made"))
    monkeypatch.setattr("hedging.plots.draw_figures", lambda summary, folder: [])
    monkeypatch.setattr(sys, "argv", ["run"])
    yield tmp_path
    sys.modules.pop("my_rules", None)


@pytest.mark.parametrize(
    "command", [command for page in ("README.md", "experiments/README.md") for command in commands(page)]
)
def test_commands_run(command: str, desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program, *arguments = shlex.split(command)[2:]
    if program == "experiments.check_rule":
        check_rule.main(arguments)
        assert "keeps every promise" in capsys.readouterr().out
        return
    assert program == "experiments.run"
    fast = [] if any(argument.startswith("ensemble=") for argument in arguments) else ["ensemble=quick"]
    run.main([*arguments, *fast])
    told = capsys.readouterr()
    choices = any("client/rule=" in argument and "," in argument for argument in arguments)
    study = ("-m" in arguments and not choices) or any("gas_war" in argument for argument in arguments)
    assert (" points, " if study else "Median (5 to 95% of draws)") in told.out
    assert not told.err
    assert len(list(desk.glob("made/scratch/*/*/summary.csv"))) == (3 if choices else 1)


@pytest.mark.parametrize("page", ["README.md", "configs/README.md"])
def test_snippets_run(page: str, desk: Path) -> None:
    snippets = [block for block in blocks(page, "python") if not file_of(block)]
    assert snippets
    for snippet in snippets:
        exec(compile(snippet, page, "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize("target", ["run", "test", "book", "lint"])
def test_make_has_the_targets_that_are_named(target: str) -> None:
    assert re.search(rf"^{target}:", text("Makefile"), flags=re.MULTILINE)


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
