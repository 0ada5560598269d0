"""Every manifest names a command that can be pasted back and gives the same bytes, or says why none does."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

import pytest
from command_line import TINY, Command, bytes_of

from hedging.results.manifest import NO_COMMAND, replay_call, replay_command
from hedging.settings.compose import as_overrides

OVERRIDES = {
    "spaces": ("question=What if nobody asks?",),
    "quotes": ('question="Say, what\'s \\"next\\"?"',),
    "one quote": ('question="The patron\'s red line"',),
    "commas": ("ensemble.vary=[client.zeta,patrons.russia.red_line]", "marks=[[2016Q1,talks]]"),
    "unicode": ("question='Šta dalje, Србијо?'",),
    "an event": ("+events.protests={from: 2015Q3, path: client.legitimacy, add: -0.2}",),
    "what a shell expands": ("question='$HOME; `ls` * & # ~'",),
    "a sweep": ("-m", "patrons.russia.red_line=0.6,0.8", 'question="One, or two"'),
}


def command(folder: Path) -> str:
    told: str = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["command"]
    return told


def again(study: Command, folder: Path) -> Path:
    """Paste the command of a run back, after what it made is gone."""
    words = shlex.split(command(folder))
    assert words[:3] == ["python", "-m", "experiments.run"]
    shutil.rmtree(folder)
    return study(*words[3:]).folder


@pytest.mark.parametrize("overrides", OVERRIDES.values(), ids=OVERRIDES)
def test_a_command_gives_the_same_bytes_again(study: Command, overrides: tuple[str, ...]) -> None:
    folder = study(*overrides, *TINY).folder
    before = bytes_of(folder)
    assert again(study, folder) == folder
    assert bytes_of(folder) == before


def test_folders_of_ones_own_configs_are_part_of_the_command(study: Command, here: Path) -> None:
    for name, text in (("my own", "study: mine\n"), ("more, of it", "client:\n  zeta: 0.7\n")):
        (here / name / "experiment").mkdir(parents=True)
        (here / name / "experiment" / f"{text[:4]}.yaml").write_text(f"# @package _global_\n{text}")
    more = f"hydra.searchpath=['file://{here / 'more, of it'}']"
    folder = study("--config-dir", "my own", *TINY, more, "experiment=stud").folder
    before = bytes_of(folder)
    assert shlex.split(command(folder))[3:5] == ["--config-dir", str(here / "my own")]
    assert again(study, folder) == folder
    assert bytes_of(folder) == before


def test_a_shell_gives_back_what_was_written() -> None:
    words = ["a b", "c'd", 'e"f', "{g: [h, i]}", "Ж"]
    told = replay_command("experiments.run", ("/my configs", "/more"), words)
    assert shlex.split(told) == [
        *("python", "-m", "experiments.run", "--config-dir", "/my configs"),
        *("hydra.searchpath=['file:///more']", *words),
    ]


def test_a_call_can_be_pasted_into_python() -> None:
    pairs = as_overrides(None, {"client.zeta": 1.2, "question": 'It\'s "so"'})
    told = replay_call("baseline", pairs, Path("my results"))
    assert told.startswith("hedging.simulate(")
    seen = []
    simulate = type("hedging", (), {"simulate": lambda *given, **named: seen.append((given, named))})
    eval(told, {"hedging": simulate})
    assert seen == [(("baseline", list(pairs)), {"save": "my results"})]


def test_what_no_command_replays_says_so() -> None:
    notebook = replay_call(None, ["client.rule._target_=__main__.Mine"], "out")
    assert notebook.startswith(NO_COMMAND)
    assert "__main__.Mine is defined in a notebook or a script; put it into a module" in notebook
    assert replay_call(None, [], "out", executor=object()) == (
        f"{NO_COMMAND}its executor, object, was handed over as an object"
    )
