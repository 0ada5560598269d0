"""`version=1` brings the first version of the model back, run by run, on the same seeds."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from hedging.results.summary import summary_tables
from hedging.runs.batch import plan_of
from hedging.runs.loop import play_here
from hedging.settings.settings import settings_for
from hedging.studies.findings import Findings
from hedging.studies.study import read_study

GOLDEN = Path(__file__).parent / "golden" / "version_1_summary.csv"
KEYS = ["quarter", "measure", "patron", "statistic"]


def test_version_1_gives_its_summary_back() -> None:
    """The baseline of the first version, 2,000 draws in a steady world, as it was committed then.

    But for what hangs on who is dominant, now the patron that can coerce where another trades more: the cost
    and the premium of hedging, and regimes from 2021 on.
    """
    study = read_study(settings_for("baseline", ["world=steady", "version=1", "ensemble.keep=0"]))
    findings = Findings(study, play_here(plan_of(study, keep=0), "serial"))
    now = pd.concat(summary_tables(findings)).set_index(KEYS)["value"]
    told = pd.read_csv(GOLDEN, keep_default_na=False).set_index(KEYS)["value"].astype(float)
    assert len(told) > 500
    assert now.loc[told.index].to_numpy() == pytest.approx(told.to_numpy(), rel=1e-8, abs=1e-9)
