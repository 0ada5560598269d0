"""The configs: every file composes; every number tells its unit, range, source and meaning, truly."""

from __future__ import annotations

import ast
import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from command_line import ROOT

from hedging.measures.trajectories import SERIES, TOTALS, Trajectories
from hedging.settings.compose import compose
from hedging.settings.numbers import KEYS, PINNED, Number, read_number
from hedging.settings.settings import Settings, read_settings, settings_for
from hedging.world.parameters import DECLARATIONS, UNITS
from hedging.world.quarter import Lookup
from hedging.world.world import QUANTITIES, TERMS_ALONE, World
from tests.pages.book import book
from tests.strategies import measured

CONFIGS = ROOT / "configs"
GOLDEN = ROOT / "tests" / "golden"
FOUR = "+patron@patrons.european_union=european_union"
PARAGRAPHS = range(22)  # 0 is the caption of the photograph


def options(group: str) -> list[str]:
    """The files of a group folder; a rule of one's own names no class yet."""
    return sorted(path.stem for path in (CONFIGS / group).glob("*.yaml") if path.stem != "custom")


def choices() -> Iterator[str]:
    """Every file of every group, as it is chosen."""
    for group in ("client", "world", "version", "shock", "ensemble", "client/rule", "experiment"):
        yield from (f"{group}={name}" for name in options(group))
    for name in options("patron"):
        base = yaml.safe_load((CONFIGS / "patron" / f"{name}.yaml").read_text())["defaults"][0]
        seat = base if isinstance(base, str) else name  # a variant takes the seat of the patron it varies
        yield f"{'+' if seat == 'european_union' else ''}patron@patrons.{seat}={name}"
    yield from (
        f"patron/rule@patrons.{seat}.rule={name}"
        for seat, name in zip(("china", "russia"), options("patron/rule"), strict=False)
    )


@cache
def chosen(choice: str) -> Settings:
    return settings_for(None, [choice])


def nodes(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Every number of a tree, with the keys that lead to it."""
    if isinstance(tree, Mapping):
        if "value" in tree:
            yield path, tree
        else:
            for key, node in tree.items():
                yield from nodes(node, (*path, str(key)))


def files() -> list[Path]:
    """Every config file that holds numbers or events."""
    return [
        path
        for path in sorted(CONFIGS.rglob("*.yaml"))
        if path.stem not in ("sources", "targets", "calibration", "explain", "figures")
    ]


@cache
def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8")) or {}


NODES = {
    f"{path.relative_to(CONFIGS)}: {'.'.join(keys)}": (path, keys, node)
    for path in files()
    for keys, node in nodes(read(path))
}
SOURCES: dict[str, dict[str, Any]] = read(CONFIGS / "sources.yaml")


def inherits(path: Path) -> bool:
    """Whether a file changes another: it starts from one of its folder, or a version takes it in."""
    told = any(isinstance(one, str) and one != "_self_" for one in read(path).get("defaults", ()))
    return told or path.parent.parent.name == "version"


# What composes


@pytest.mark.parametrize("choice", list(choices()))
def test_every_option_composes_and_its_rules_stand(choice: str) -> None:
    settings = chosen(choice)
    model = World(settings, draws=1)
    model.step()
    assert np.isfinite(model.state.reserves).all()


def test_every_group_has_options() -> None:
    for group in (
        "client",
        "patron",
        "world",
        "version",
        "shock",
        "ensemble",
        "executor",
        "client/rule",
        "patron/rule",
        "experiment",
    ):
        assert options(group), group
    assert (CONFIGS / "client/rule/custom.yaml").exists()
    assert (CONFIGS / "patron/rule/custom.yaml").exists()


def test_no_file_is_in_no_group() -> None:
    groups = {"client", "patron", "world", "shock", "ensemble", "executor", "client/rule", "patron/rule"}
    groups |= {"experiment", "version", "version/1"}
    for path in files():
        place = path.parent.relative_to(CONFIGS).as_posix()
        assert place in groups or path.name == "config.yaml", path


def test_a_variant_keeps_the_numbers_it_does_not_change() -> None:
    plain, hard = chosen("patron@patrons.russia=russia"), chosen("patron@patrons.russia=russia_hardliner")
    changed = {path for path in plain.numbers if plain.numbers[path] != hard.numbers[path]}
    told = {
        f"patrons.russia.{'.'.join(keys)}"
        for path, keys, _ in NODES.values()
        if path.stem == "russia_hardliner"
    }
    assert changed == told
    assert told < set(plain.numbers)


# Version 1

ZEROS = ("trade_memory", "fear", "habituation", "familiarity", "linkage", "credit_line0")
ONES = ("hold_multiple", "blockade_multiple")
IDLE = ("draw_rate", "surge")  # of a line that is not there


def version_1() -> dict[str, dict[str, list[str]]]:
    """The numbers before version 2, by setting; those of a variant are what it changes."""
    found: dict[str, dict[str, list[str]]] = {}
    lines = (GOLDEN / "version_1_numbers.csv").read_text(encoding="utf-8").splitlines()
    for setting, path, *told in list(csv.reader(lines))[1:]:
        found.setdefault(setting, {})[path] = told
    return found


@pytest.mark.parametrize("setting", version_1())
def test_version_1_has_the_numbers_of_before(setting: str) -> None:
    expected = version_1()[""] | version_1()[setting]
    settings = settings_for(None, [FOUR, "version=1", "world=history", *[setting] * bool(setting)])
    told = {
        path: [*("" if x is None else repr(x) for x in (n.value, n.low, n.high)), n.scale, n.unit]
        for path, n in settings.numbers.items()
    }
    assert {path: told[path] for path in expected} == expected
    for path in set(told) - set(expected):
        name = path.split(".")[-1]
        assert name in IDLE or told[path][:3] == [f"{float(name in ONES)}", "", ""], path
        assert name in (*ZEROS, *ONES, *IDLE), path
    assert settings.events == ()


def test_what_a_study_or_an_override_says_goes_before_version_1(tmp_path: Path) -> None:
    (tmp_path / "experiment").mkdir()
    (tmp_path / "experiment" / "old.yaml").write_text(
        '# @package _global_\ndefaults:\n  - override /version: "1"\nstudy: old\nclient: {fear: 0.25}\n'
    )
    said = ("experiment=old", "patrons.russia.linkage=0.5", "patrons.china.concession_value.high=90")
    numbers = read_settings(compose(said, (str(tmp_path),)), (str(tmp_path),)).numbers
    assert numbers["client.fear"].value == 0.25
    assert numbers["patrons.russia.linkage"].value == 0.5
    assert numbers["patrons.china.concession_value"].extremes == (30, 90)
    assert numbers["client.accept_precision"].value == 32


def test_version_1_brings_in_no_patron_who_does_not_play() -> None:
    assert settings_for(None, ["version=1", "~patron@patrons.china"]).patrons == ("russia", "united_states")


def test_version_1_drops_the_events_of_a_world_and_leaves_those_of_a_shock() -> None:
    events = compose(("version=1", "world=history", "shock=loan_held_up"))["events"]
    assert set(events) == {"russian_loan_held_up"}


def test_version_2_is_what_the_files_say() -> None:
    assert compose(("version=2",)) == compose()


# What each number tells


def test_every_number_has_a_value_a_unit_a_range_and_a_source() -> None:
    assert len(NODES) > 200
    for where, (path, _, node) in NODES.items():
        assert set(node) <= set(KEYS), where
        assert "source" in node, where
        assert inherits(path) or "unit" in node, where
        assert node.get("unit", "1") in UNITS, where
        assert ("low" in node) == ("high" in node), where
        low, high = node.get("low"), node.get("high")
        if low is not None and high is not None:
            assert low < high, where
            assert low <= node["value"] <= high, where


FACT = re.compile(r"[A-Z]\d{4}")
REFERENCE = re.compile(r"article:\d+|fact:[A-Z]\d{4}|literature:[a-z]\w*")


def parts(source: str) -> tuple[list[str], str]:
    """What a source refers to, and what it assumes beside: ``article:14; fact:F0871; assumed: why``."""
    head, assumed, why = source.partition("assumed: ")
    assert not assumed or not head or head.endswith("; "), source
    return [one for one in head.removesuffix("; ").split("; ") if one], why.strip()


def sources() -> dict[str, str]:
    """Every source told in configs/, by where it stands."""
    found = {where: node["source"] for where, (_, _, node) in NODES.items()}
    for path in files():
        tree = read(path)
        found |= {
            f"{path.stem}: {name}": event["source"] for name, event in (tree.get("events") or {}).items()
        }
        if isinstance(series := (tree.get("world") or {}).get("energy_series"), dict):
            found[f"{path.stem}: energy_series"] = series["source"]
    return found


def test_every_source_leads_somewhere() -> None:
    for where, source in sources().items():
        references, why = parts(source)
        assert references or why, where
        assert not why or len(why.split()) > 1, where
        assert len(references) == len(set(references)), where
        for reference in references:
            assert REFERENCE.fullmatch(reference), f"{where}: {reference}"
            kind, key = reference.split(":")
            if kind == "article":
                assert int(key) in PARAGRAPHS, f"{where}: {reference}"
            else:
                assert key in SOURCES, f"{where}: {reference}"
                assert kind == ("fact" if FACT.fullmatch(key) else "literature"), f"{where}: {reference}"


def test_no_source_is_listed_that_nothing_refers_to() -> None:
    used = {reference.partition(":")[2] for source in sources().values() for reference in parts(source)[0]}
    used |= {key for target in read(CONFIGS / "targets.yaml")["targets"].values() for key in target["facts"]}
    docs = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "hedging").rglob("*.py"))
    named = {key for key in SOURCES if key not in used and cited(SOURCES[key]["citation"], docs)}
    assert set(SOURCES) - used - named - {"article"} == set()


def cited(citation: str, docs: str) -> bool:
    """Whether the code names a work as ``McFadden (1974)`` does."""
    found = re.match(r"(\w+), .*?\((\d{4})\)", citation)
    return bool(found) and bool(re.search(rf"{found[1]}[^.;]*\({found[2]}\)", docs)) if found else False


def test_the_list_of_sources_is_whole() -> None:
    for key, about in SOURCES.items():
        assert about["citation"].strip(), key
        assert "url" in about, key
        if FACT.fullmatch(key):
            assert {"value", "unit", "period", "confidence"} <= set(about), key


def declaration(path: str) -> str:
    """What the equations call a number of the model; nothing for one of a rule."""
    return (
        ""
        if ".rule." in path or path.startswith("events.")
        else next(name for name in path.split(".") if name in DECLARATIONS)
    )


def test_every_number_has_a_meaning() -> None:
    told = {name: about.meaning for name, about in DECLARATIONS.items()}
    for choice in choices():
        settings = chosen(choice)
        for rule in (settings.client_rule, *settings.patron_rules.values()):
            told |= {f"{rule.target}.{x.name}": x.metadata.get("meaning", "") for x in fields(rule.cls)}
    assert len(told) > 120
    assert [name for name, text in told.items() if len(text.split()) < 2] == []


def test_numbers_say_the_unit_that_the_equations_expect() -> None:
    for choice in choices():
        for path, number in chosen(choice).numbers.items():
            if name := declaration(path):
                assert number.unit == DECLARATIONS[name].unit, path


def test_a_number_of_the_files_is_never_pinned_by_mistake() -> None:
    found = ((path, n) for choice in choices() for path, n in chosen(choice).numbers.items())
    bare = [path for path, n in found if n.source == PINNED and not path.startswith("events.")]
    assert bare == []


# What the units and axes say is true of a run


@pytest.fixture(scope="module")
def four() -> Settings:
    """Four patrons and a client for a whole run, every number sampled."""
    return replace(settings_for(None, [FOUR]), draws=48, keep=48)


@pytest.fixture(scope="module")
def block(four: Settings) -> Trajectories:
    return measured(four)


def sizes(settings: Settings) -> dict[str, int]:
    patrons = len(settings.patrons)
    return {"patron": patrons, "rival": patrons, "partner": patrons + 1, "draw": settings.draws}


def test_parameters_have_the_axes_they_declare(four: Settings) -> None:
    parameters = Lookup(four, World(four, draws=48).sampled, 48).parameters()
    for name, about in DECLARATIONS.items():
        assert getattr(parameters, name).shape == tuple(sizes(four)[axis] for axis in about.axes), name
        assert about.unit in UNITS, name


def test_states_and_flows_have_the_axes_units_and_ranges_they_declare(
    four: Settings, block: Trajectories
) -> None:
    assert set(block.arrays) == set(QUANTITIES)
    for name, about in QUANTITIES.items():
        rows = four.horizon + about.state
        assert block.arrays[name].shape == (rows, *(sizes(four)[axis] for axis in about.axes)), name
        assert about.unit in UNITS, name
        assert np.isfinite(block.arrays[name]).all(), name
        if about.unit == "share":
            assert block.arrays[name].min() >= 0, name
            assert block.arrays[name].max() <= 1 + 1e-12, name


def test_measures_have_the_axes_and_units_they_declare(four: Settings, block: Trajectories) -> None:
    for name, about in (SERIES | TOTALS).items():
        array = block[name]
        rows = (four.horizon + about.state,) if name in SERIES else ()
        assert array.shape == (*rows, *(sizes(four)[axis] for axis in about.axes)), name
        assert about.unit in UNITS, name


def in_half_dollars(number: Number) -> Number:
    """The same number with money counted in units half as large."""
    if not number.unit.startswith("usd_bn"):
        return number
    twice = {key: None if (x := getattr(number, key)) is None else 2 * x for key in ("value", "low", "high")}
    return replace(number, **twice)


def test_units_are_true_money_counted_in_half_dollars_changes_nothing_else(
    four: Settings, block: Trajectories
) -> None:
    numbers = {path: in_half_dollars(number) for path, number in four.numbers.items()}
    other = measured(replace(four, numbers=numbers))
    found: dict[str, tuple[Any, Any, str]] = {
        name: (block.arrays[name], other.arrays[name], about.unit) for name, about in QUANTITIES.items()
    }
    for name, about in (SERIES | TOTALS).items():
        if name not in found:
            found[name] = (block[name], other[name], about.unit)
    assert TERMS_ALONE in found
    money = {name for name, (_, _, unit) in found.items() if unit.startswith("usd_bn")}
    assert 20 < len(money) < len(found)
    for name, (one, two, unit) in found.items():
        factor = 2 if name in money else 1
        np.testing.assert_allclose(two, factor * one, rtol=1e-5, atol=1e-6, err_msg=f"{name} ({unit})")


def test_another_unit_is_refused_where_a_number_is_read() -> None:
    with pytest.raises(ValueError, match="its unit is 'usd_bn', not 'share'"):
        read_number({"value": 1, "unit": "share", "source": "assumed: a test"}, "client.reserves0", "usd_bn")


# The book, and the code


def test_the_parameter_book_is_fresh() -> None:
    assert (CONFIGS / "README.md").read_text(encoding="utf-8") == book(), "stale: make book"


COUNTRIES = re.compile(
    r"belarus|minsk|lukashenk|russia|moscow|kremlin|putin|china|chinese|beijing|american|washington"
    r"|united[ _]states|europe|brussels|\bussr\b|ukrain",
    re.IGNORECASE,
)


def said(path: Path) -> Iterator[tuple[int, str]]:
    """The names and texts of a module that are neither docstring nor comment, with their lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.lineno, node.value
        for name in ("id", "attr", "name", "arg"):
            if isinstance(word := getattr(node, name, None), str):
                yield getattr(node, "lineno", 0), word


@pytest.mark.parametrize("path", sorted((ROOT / "hedging").rglob("*.py")), ids=lambda path: path.stem)
def test_no_country_is_named_in_the_model(path: Path) -> None:
    assert [(line, text) for line, text in said(path) if COUNTRIES.search(text)] == []


def test_countries_would_be_found(tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text('"""Russia."""\n# Russia\nrussia = "x"\n', encoding="utf-8")
    assert [line for line, text in said(file) if COUNTRIES.search(text)] == [3]


@pytest.mark.parametrize("room", ["hedging", "experiments"])
def test_no_module_is_long(room: str) -> None:
    lengths = {path.name: len(path.read_text().splitlines()) for path in (ROOT / room).rglob("*.py")}
    assert {name: length for name, length in lengths.items() if length > 330} == {}
