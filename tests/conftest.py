"""What the tests share: results and a current folder of their own, the command line run in this process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import Command, Ran, Whole, run_folders, start

os.environ["MPLBACKEND"] = "Agg"


@pytest.fixture(scope="session", autouse=True)
def away_from_the_checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep every test's results out of the checkout, also those of a test that forgets to ask."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEDGING_RESULTS", str(tmp_path_factory.mktemp("results")))
        yield


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A results folder that only this test writes to; it is not there yet."""
    folder = tmp_path / "results"
    monkeypatch.setenv("HEDGING_RESULTS", str(folder))
    return folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder that Python imports from, and a folder for whatever is temporary."""
    folder, temporary = tmp_path / "here", tmp_path / "temporary"
    folder.mkdir()
    temporary.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("TMPDIR", str(temporary))
    return folder


@pytest.fixture
def study(
    results: Path, here: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Command:
    """Run ``python -m experiments.run`` in this process, without its figures, which take the longest."""
    from experiments.run import main

    monkeypatch.setattr("hedging.plots.view.draw_figures", lambda *rest: [])
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    monkeypatch.setattr(sys, "argv", ["run.py"])

    def run(*arguments: str) -> Ran:
        capfd.readouterr()
        status: object = 0
        try:
            main(arguments)
        except SystemExit as stop:
            status = stop.code
        out, err = capfd.readouterr()
        assert isinstance(status, int)
        return Ran(status, out, err, run_folders(results))

    return run


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    """A quick baseline, run twice from an empty folder, each into results of its own."""
    command = ("experiment=baseline", "ensemble=quick", "horizon=20")
    place = tmp_path_factory.mktemp("whole")
    here = place / "here"
    here.mkdir()
    running = [(place / name, start(command, place / name, here)) for name in ("one", "two")]
    ran = []
    for results, process in running:
        out, err = process.communicate()
        ran.append(Ran(process.returncode, out, err, run_folders(results)))
    return Whole(command, *ran, here)
