"""Bad input: one clear line that says what, where, why and what to write; nothing is written or lost."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from command_line import ROOT, TINY, Command, Ran, bytes_of, start

from hedging.errors import HedgingError
from hedging.results.manifest import folder_for
from hedging.settings.events import read_series
from hedging.settings.settings import settings_for

EVENT = "+events.blow={from: 2016Q1, path: patrons.russia.budget, add: 1}"


def told(ran: Ran, results: Path, *words: str) -> None:
    """See that a run failed in one line that holds all words, and wrote nothing."""
    assert ran.status == 1
    assert ran.err.count("\n") == 1
    assert ran.err.startswith("error: ")
    assert ran.err.endswith("\n")
    assert "Traceback" not in ran.err + ran.out
    for word in words:
        assert word in ran.err
    assert ran.out == ""
    assert not results.exists()


BAD = {
    # a misspelt key
    "a number": ["patrons.russia.redline=0.8", "'redline'", "patrons.russia", "did you mean 'red_line'?"],
    "a key": ["horizn=8", "'horizn'", "did you mean 'horizon'?", "client, "],
    "a key with +": ["+typo=3", "'typo'", "the setting", "valid: ", "horizon, "],
    "a number with +": ["+client.bta=0.9", "'bta'", "client", "did you mean 'beta'?"],
    "a number of a number": ["+client.beta.hihg=1", "'hihg'", "client.beta", "did you mean 'high'?"],
    "a number of a rule": [
        "+client.rule.corut=1",
        "'corut'",
        "client.rule (Heuristic)",
        "did you mean 'court'?",
    ],
    "a number of another rule": ["client.rule.effort=1", "'effort'", "client.rule", "valid: _target_, "],
    "a number of a file not chosen": ["world.energy_series.divisor=2", "world.energy_series", "None"],
    "a key below a number": ["client.beta.x=1", "client.beta is a number", "write it bare"],
    "a scale not stated yet": ["client.gdp0.scale=log", "write +client.gdp0.scale="],
    "a + too much": ["+client.beta=0.9", "is there already", "without the +"],
    "a key removed": ["~client.beta", "client.beta is missing", "write client.beta=<number>"],
    "a group removed": ["~client", "'client' is missing"],
    "a key removed that is not there": ["~client.bta", "cannot remove 'client.bta'"],
    "no override": ["red_line", "override 'red_line'", "write key=value"],
    "half an override": ["client.beta={value:0.5", "write key=value"],
    "several values": ["seed=1,2", "'seed=1,2'", "write -m first"],
    # a value that cannot be
    "below its range": ["patrons.russia.red_line=-1", "patrons.russia.red_line=-1", "above 0"],
    "above its range": ["client.beta=1.5", "client.beta=1.5", "from 0 to 1"],
    "in whole": ["world.phaseout_quarters=2.5", "world.phaseout_quarters=2.5", "whole number"],
    "nan": ["client.beta=nan", "client.beta", "NaN", "write a number"],
    "infinite": ["client.gdp0=inf", "client.gdp0=inf", "above 0"],
    "a word": ["client.beta=high", "client.beta", "'high' is not a number", "write a number"],
    "a truth": ["client.beta=true", "client.beta", "not a number"],
    "nothing": ["client.beta=null", "client.beta", "not a number"],
    "a list": ["client.beta=[0.1,0.2]", "client.beta=[0.1,0.2]", "another kind"],
    "outside low and high": ["client.gdp0.value=99", "client.gdp0", "low 14 to high 17"],
    "a unit": ["client.gdp0.unit=usd_mn", "no unit 'usd_mn'", "client.gdp0", "did you mean 'usd_bn'?"],
    "another unit": ["client.gdp0.unit=share", "client.gdp0", "'usd_bn/quarter', not 'share'"],
    "a scale": ["+client.gdp0.scale=cubic", "no scale 'cubic'", "valid: linear, log"],
    "trade shares": ["patrons.russia.trade_share0=0.95", "trade_share0", "rest of the world", "lower one"],
    "horizon 0": ["horizon=0", "horizon=0", "a whole number from 1"],
    "half a quarter": ["horizon=1.5", "horizon=1.5", "a whole number from 1"],
    "too long": ["horizon=100000", "horizon=100000", "to 400"],
    "draws 0": ["ensemble.draws=0", "ensemble.draws=0", "a whole number from 1"],
    "draws nobody": ["ensemble.draws=null", "ensemble.draws=None", "a whole number from 1"],
    "keep": ["ensemble.keep=-1", "ensemble.keep=-1", "a whole number from 0"],
    "vary one": ["ensemble.vary=client.*", "ensemble.vary=client.*", "write a list"],
    "vary nothing": ["ensemble.vary=[client.betta]", "'client.betta'", "did you mean 'client.beta'?"],
    "vary the fixed": [
        "ensemble.vary=[client.scar]",
        "client.scar has no range",
        "+client.scar.low=<number>",
    ],
    "a design": ["ensemble.design=sobool", "no design 'sobool'", "did you mean 'sobol'?", "saltelli"],
    "draws of a design": ["ensemble.design=morris", "ensemble.draws=8:", "85 numbers", "ensemble.draws=86"],
    "luck of a design": ["ensemble.luck=shared", "ensemble.luck=shared", "write ensemble.luck=own"],
    "luck": ["ensemble.luck=good", "no luck 'good'", "valid: own, shared"],
    "a sample": ["ensemble.sample=3", "ensemble.sample=3", "the path of a Parquet file"],
    "no sample": ["ensemble.sample=gone.parquet", "cannot read gone.parquet", "from the current folder on"],
    "seed": ["seed=-1", "seed=-1", "a whole number from 0"],
    "chance": ["chance=lucky", "no chance 'lucky'", "valid: expected, sampled"],
    "colour": ["patrons.russia.colour=red", "patrons.russia.colour", "'#D55E00'"],
    "label": ["patrons.russia.label=", "patrons.russia.label", "write a word"],
    "study": ["study=../elsewhere", "study='../elsewhere'", "my_study"],
    "marks": ["marks=[2019Q4]", "marks=", "pairs of a quarter and a label"],
    "a mark": ["marks=[[yesterday,talks]]", "'yesterday' is no quarter", "2019Q4"],
    # a name that is not known
    "a study": ["experiment=basline", "no experiment 'basline'", "did you mean 'baseline'?"],
    "a study with +": ["+experiment=baseline", "experiment is chosen already", "without the +"],
    "a rule": ["client/rule=heurstic", "'heurstic'", "did you mean 'heuristic'?", "valid: "],
    "a rule of a patron": ["patron/rule@patrons.china.rule=polite", "'polite'", "strategic"],
    "a rule as a key": ["client.rule=fixed", "client.rule", "client/rule="],
    "no rule": ["client/rule=custom", "client.rule._target_ has no value yet", "client.rule._target_="],
    "a class": ["client.rule._target_=nowhere.Rule", "'nowhere.Rule'", "No module named 'nowhere'"],
    "a class of a module": [
        "client.rule._target_=hedging.rules.client.Nope",
        "no attribute 'Nope'",
        "<module>",
    ],
    "no class": ["client.rule._target_=os.path", "os.path must be a dataclass", "choose(sight)"],
    "a client's rule for a patron": [
        "patrons.china.rule._target_=hedging.rules.client.Fixed",
        "patrons.china.rule",
        "must be a dataclass with a method bid(sight)",
    ],
    "a patron": ["+patron@patrons.mars=mars", "no patron 'mars'", "valid: "],
    "a patron's key": ["patrons.chna.budget=1", "'chna'", "did you mean 'china'?"],
    "a patron not listed": ["patron@patrons.mars=china", "patron@patrons.mars", "write +patron@"],
    "a patron of half its numbers": ["+patrons.mars.budget=1", "patrons.mars", "is missing"],
    "a patron by a reserved name": ["+patron@patrons.rest_of_world=china", "rest_of_world", "choose another"],
    "a rival": ["+patrons.russia.rivalry.mars=1", "no patron 'mars'", "patrons.russia.rivalry"],
    "itself a rival": ["+patrons.russia.rivalry.russia=1", "patrons.russia.rivalry.russia", "drop it"],
    "no patrons": ["patrons=null", "patrons", "patron@patrons.<name>=<file>"],
    "no file": ["client=3", "no client '3'", "belarus"],
    "no file at all": ["world=null", "no world 'null'", "history, steady"],
    "a hold past the cut": [
        "patrons.russia.hold_multiple=1.2",
        "hold_multiple=1.2 is out of range",
        "above 0",
    ],
    "a hold at nothing": ["patrons.russia.hold_multiple=0", "hold_multiple=0 is out of range", "above 0"],
    "a blockade before the cut": ["patrons.russia.blockade_multiple=0.9", "out of range", "not below 1"],
    "a linkage": ["patrons.russia.linkage=1.1", "linkage=1.1 is out of range", "from 0 to 1"],
    "an empty mapping": ["events={}", "events={}: an empty mapping changes nothing", "~events.<name>"],
    "a memory past 1": ["client.trade_memory=2.5", "=2.5 is out of range", "from 0 to 1"],
    "a version": ["version=3", "no version '3'", "valid: 1, 2"],
    "a world": ["world=stedy", "no world 'stedy'", "did you mean 'steady'?"],
    "a shock": ["shock=loan", "no shock 'loan'", "loan_held_up"],
    "an ensemble": ["ensemble=quik", "no ensemble 'quik'", "did you mean 'quick'?"],
    # an event
    "a path of an event": [
        EVENT.replace("budget", "bugdet"),
        "'bugdet'",
        "events.blow",
        "did you mean 'budget'?",
    ],
    "a patron of an event": [
        EVENT.replace("russia", "rusia"),
        "'rusia'",
        "events.blow",
        "did you mean 'russia'?",
    ],
    "nobody's path": [EVENT.replace("patrons.russia.", ""), "events.blow.path", "world.<number>"],
    "a number of the start": [EVENT.replace("budget", "debt0"), "matters at the start only", "debt"],
    "no quarter": [EVENT.replace("2016Q1", "2016Q5"), "events.blow.from", "'2016Q5' is no quarter", "2019Q4"],
    "a quarter too early": [EVENT.replace("2016Q1", "2014Q4"), "events.blow.from", "from 2015Q1 on"],
    "a quarter too late": [EVENT.replace("2016Q1", "2031Q1"), "events.blow.from", "ends with 2016Q4"],
    "a shock after the end": ["shock=loan_held_up", "events.russian_loan_held_up.from", "ends with 2016Q4"],
    "an end before its start": [EVENT.replace("path", "until: 2015Q4, path"), "lies before from 2016Q1"],
    "two operations": [EVENT.replace("add: 1", "add: 1, set: 2"), "exactly one of add, multiply, set"],
    "an amount": [EVENT.replace("add: 1", "add: much"), "events.blow.add", "not a number"],
    "an amount out of range": [EVENT.replace("add: 1", "add: -9"), "budget", "must be a number not below 0"],
    "an amount outside its range": [
        EVENT.replace("add: 1", "add: {value: 9, low: 1, high: 2}"),
        "events.blow.add",
        "value 9 lies outside low 1 to high 2",
    ],
    "an amount without an end": [
        EVENT.replace("add: 1", "add: .inf"),
        "events.blow.add=inf",
        "finite number",
    ],
    "a unit of an amount": [EVENT.replace("add: 1", "multiply: {value: 1, unit: share}"), "its unit is '1'"],
    "amounts that reach too far": [
        "+events.blow={from: 2016Q1, path: client.market_access, multiply: {value: 1, low: 1, high: 2}}",
        "events.blow: would turn client.market_access (0.1 to 0.7) into 1.4",
        "from 0 to 1",
    ],
    "one bad path of several": [
        EVENT.replace("patrons.russia.budget", "[client.reserves, patrons.russia.bugdet]"),
        "events.blow.path (patrons.russia.bugdet)",
        "did you mean 'budget'?",
    ],
    "no path": [
        EVENT.replace("patrons.russia.budget", "[]"),
        "events.blow",
        "has from, path and exactly one",
    ],
    "paths that are none": [
        EVENT.replace("patrons.russia.budget", "[1]"),
        "events.blow.path",
        "list of texts",
    ],
    "paths of several units": [
        EVENT.replace("patrons.russia.budget", "[client.reserves, client.legitimacy]"),
        "share and usd_bn",
        "write an event for each",
    ],
    "a path that the model keeps": [
        EVENT.replace("patrons.russia.budget", "client.survival"),
        "client.survival is kept by the model itself",
        "legitimacy",
    ],
    "a line's limit alone": [
        EVENT.replace("budget", "credit_line0"),
        "raises patrons.russia.credit_line0 alone",
        "path: [patrons.russia.credit_line0, patrons.russia.credit_line]",
    ],
    "a key of an event": [EVENT.replace("add: 1", "ad: 1"), "'ad'", "events.blow", "did you mean 'add'?"],
    "no event": ["+events.blow=3", "events.blow", "an event is {from:"],
    "no events": ["events=3", "events", "shock=none"],
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_be_is_told_in_one_line(what: str) -> None:
    override, *words = BAD[what]
    with pytest.raises(HedgingError) as raised:
        settings_for(None, [*TINY, override])
    line = str(raised.value)
    assert "\n" not in line
    for word in words:
        assert word in line


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["patrons.russia.redline=0.8"], ["'redline'", "patrons.russia", "did you mean 'red_line'?"]),
        (["+typo=3"], ["'typo'", "the setting", "valid: "]),
        (["client.beta=1.5"], ["client.beta=1.5", "from 0 to 1"]),
        (["client.beta=nan"], ["client.beta", "NaN"]),
        (["red_line"], ["override 'red_line'", "write key=value"]),
        (["world=null"], ["no world 'null'", "steady"]),
        (["client/rule=custom"], ["client.rule._target_=..."]),
        (["client/rule=custom", "client.rule._target_=nowhere.Rule"], ["No module named 'nowhere'"]),
        (["experiment=basline"], ["no experiment 'basline'", "did you mean 'baseline'?"]),
        (["~ensemble"], ["ensemble"]),
        (["world=history", "+world.energy_series.last=4"], ["'last'", "valid: column,"]),
        (["shock=loan_held_up"], ["events.russian_loan_held_up.from", "ends with 2016Q4"]),
        (["--sweep"], ["--sweep", "--hydra-help"]),
        (["--cfg=everything"], ["'everything'", "'job'"]),
        (["--resolve"], ["--resolve", "--cfg"]),
        (["--config-dir=/nowhere/at/all"], ["/nowhere/at/all", "not found"]),
    ],
)
def test_the_command_line_says_it_once_and_writes_nothing(
    study: Command, results: Path, here: Path, arguments: list[str], words: list[str]
) -> None:
    told(study(*TINY, *arguments), results, *words)
    assert list(here.iterdir()) == []


# Files


SHIPPED = (ROOT / "configs" / "series" / "energy_rent.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("".join(SHIPPED.splitlines(keepends=True)[:12]), ("20 quarters 2015Q1 to 2019Q4", "it has 11 rows")),
        (
            SHIPPED[: SHIPPED.index("2019Q4") + 10],
            ("no number in column energy_rent_uncut_usd_bn", "restore"),
        ),
        ("", ("it has 0 rows", "restore the file")),
        (SHIPPED.replace("2017Q3", "2017Q4", 1), ("in order", "restore the file")),
        (
            SHIPPED.replace("energy_rent_uncut_usd_bn", "rent", 1),
            ("no column 'energy_rent_uncut_usd_bn'", "rent"),
        ),
        (SHIPPED.replace(",1.389,1.389,", ",1.389,-1,", 1), ("below 0", "restore the file")),
        (SHIPPED.replace(",1.389,1.389,", ",1.389,nan,", 1), ("not finite", "restore the file")),
        ("quarter\n\x00\n", ("energy.csv",)),
    ],
)
def test_a_damaged_energy_series(
    study: Command, results: Path, tmp_path: Path, text: str, words: tuple[str]
) -> None:
    assert text != SHIPPED
    file = tmp_path / "energy.csv"
    file.write_text(text, encoding="utf-8")
    ran = study(*TINY, "world=history", f"world.energy_series.file={file}")
    told(ran, results, "world.energy_series", "energy.csv", *words)


def test_an_energy_series_that_is_no_text(study: Command, results: Path, tmp_path: Path) -> None:
    file = tmp_path / "energy.csv"
    file.write_bytes(b"\xff\xfe\x00\x9c")
    ran = study(*TINY, "world=history", f"world.energy_series.file={file}")
    told(ran, results, "world.energy_series.file", "no CSV text")


def test_an_energy_series_that_is_not_there(study: Command, results: Path) -> None:
    ran = study(*TINY, "world=history", "world.energy_series.file=/nowhere/energy.csv")
    told(ran, results, "world.energy_series.file", "cannot read /nowhere/energy.csv", "whole path")


def test_an_energy_series_without_its_keys() -> None:
    with pytest.raises(HedgingError, match=r"world\.energy_series\.divisor is missing"):
        read_series({"file": "energy_rent.csv", "column": "energy_rent_usd_bn", "quarters": 20})
    with pytest.raises(HedgingError, match="divisor=0: it must be above 0"):
        read_series({"file": "f.csv", "column": "c", "quarters": 20, "divisor": 0})


def test_a_config_of_ones_own_that_is_no_yaml(study: Command, results: Path, here: Path) -> None:
    (here / "mine" / "experiment").mkdir(parents=True)
    (here / "mine" / "experiment" / "broken.yaml").write_text("study: [broken\n", encoding="utf-8")
    told(study("--config-dir", "mine", "experiment=broken"), results, "broken.yaml", "line 2")


CALLBACK = """
from pathlib import Path
from hydra.experimental.callback import Callback

class Mine(Callback):
    def __init__(self) -> None:
        Path("ran.txt").touch()
"""
MINE = "mine: {_target_: callback_of_ones_own.Mine}"
WHOLE = "# @package _global_\n"
OF_HYDRA = {
    "a node": {"experiment/mine.yaml": f"{WHOLE}hydra:\n  callbacks: {{{MINE}}}\n"},
    "a class": {"experiment/mine.yaml": f"{WHOLE}hydra: {{launcher: {{_target_: os.system}}}}\n"},
    "a sweep": {"experiment/mine.yaml": f"{WHOLE}hydra: {{sweeper: {{params: {{+hydra.job.name: a}}}}}}\n"},
    "a file of a group": {
        "experiment/mine.yaml": f"{WHOLE}defaults: [override /hydra/callbacks: mine]\n",
        "hydra/callbacks/mine.yaml": f"{MINE}\n",
    },
    "a package": {"experiment/mine.yaml": f"# @package hydra.callbacks\n{MINE}\n"},
    "another package": {
        "experiment/mine.yaml": f"{WHOLE}defaults: [/shock@hydra.callbacks: mine]\n",
        "shock/mine.yaml": f"{MINE}\n",
    },
}


@pytest.mark.parametrize("how", [["--config-dir", "mine"], ["hydra.searchpath=[file://mine]"]])
@pytest.mark.parametrize("what", OF_HYDRA)
def test_a_config_of_ones_own_has_hydra_run_nothing(
    study: Command, results: Path, here: Path, what: str, how: list[str]
) -> None:
    (here / "callback_of_ones_own.py").write_text(CALLBACK, encoding="utf-8")
    for name, text in OF_HYDRA[what].items():
        (here / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
        (here / "mine" / name).write_text(text, encoding="utf-8")
    for mode in ([], ["-m"]):
        ran = study(*mode, *how, *TINY, "experiment=mine", "sweep.dry=true")
        told(ran, results, "mine.yaml in mine: ", "sets what Hydra itself does", "on the command line")
    assert not (here / "ran.txt").exists()


def test_a_folder_of_configs_that_cannot_be_looked_into(study: Command, results: Path) -> None:
    told(study("--config-path", "mine"), results, "--config-path=mine", "--config-dir")
    told(study("hydra.searchpath=[pkg://mine]"), results, "pkg://mine is no folder", "file:///")


def test_a_rule_of_ones_own_that_cannot_be_imported(study: Command, results: Path, here: Path) -> None:
    (here / "broken_rule_module.py").write_text("def choose(:\n", encoding="utf-8")
    ran = study(*TINY, "client/rule=custom", "client.rule._target_=broken_rule_module.Rule")
    told(ran, results, "client.rule._target_", "broken_rule_module", "invalid syntax")


def test_a_rule_of_ones_own_without_its_number(study: Command, results: Path, here: Path) -> None:
    rule = ("@dataclass", "class Rule:", "    nerve: float", "    def choose(self, sight): ...")
    lines = ("from dataclasses import dataclass", *rule)
    (here / "nervous_rule_module.py").write_text("\n".join(lines), encoding="utf-8")
    ran = study(*TINY, "client/rule=custom", "client.rule._target_=nervous_rule_module.Rule")
    told(ran, results, "client.rule.nerve is missing", "write +client.rule.nerve=<number>")


# A results folder that cannot be written


def test_a_file_where_the_results_should_be(study: Command, results: Path) -> None:
    results.write_text("mine", encoding="utf-8")
    ran = study(*TINY)
    assert (ran.status, ran.err.count("\n"), ran.folders) == (1, 1, ())
    assert f"cannot write results into {results}" in ran.err
    assert "choose another folder" in ran.err
    assert results.read_text(encoding="utf-8") == "mine"


def test_a_file_where_the_run_folder_should_be(study: Command, results: Path) -> None:
    folder = study(*TINY).folder
    kept = folder.rename(folder.with_name("kept"))
    folder.write_text("mine", encoding="utf-8")
    before = bytes_of(results)
    ran = study(*TINY)
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert f"cannot write results into {folder}: a file is in its place" in ran.err
    assert bytes_of(results) == before
    assert kept.exists()


def test_a_disk_that_is_full(study: Command, results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = study(*TINY).folder
    before = bytes_of(results)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("hedging.plots.view.draw_figures", full)
    ran = study(*TINY)
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert (
        f"cannot write results into {folder}: No space left on device; nothing there was changed" in ran.err
    )
    assert bytes_of(results) == before


# A run that is interrupted


def interrupt(process: subprocess.Popen[str], results: Path) -> tuple[str, str]:
    """Press Ctrl-C once the run has begun to write."""
    begun = time.monotonic()
    while not any(path.name.startswith(".") for path in results.rglob("*")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() - begun < 60
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    return process.communicate(timeout=60)


def test_an_interrupted_run_leaves_earlier_results_whole(study: Command, results: Path, here: Path) -> None:
    arguments = ("ensemble=full", "ensemble.draws=20000", "horizon=40")
    (folder,) = study("ensemble=quick", "horizon=2").folders
    place = results / "scratch" / "custom"
    folder = folder.rename(folder_for(settings_for(None, arguments), None, arguments))
    before = bytes_of(results)
    process = start(arguments, results, here)
    out, err = interrupt(process, results)
    assert process.returncode == 130
    assert err == "error: interrupted: nothing was written, earlier results are as they were\n"
    assert out == ""
    assert bytes_of(results) == before
    assert list(place.iterdir()) == [folder]


def test_a_sweep_stops_at_the_first_point_that_cannot_be(study: Command, results: Path) -> None:
    ran = study("-m", *TINY, "chance=expected,lucky")
    assert (ran.status, ran.err.count("\n")) == (1, 1)
    assert "no chance 'lucky'" in ran.err
    assert not list(results.rglob(".*"))
