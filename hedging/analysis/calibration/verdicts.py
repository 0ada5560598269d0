"""What becomes of every claim under the posterior, beside what became of it under the prior."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor, as_completed
from pathlib import Path

import numpy as np
import pandas as pd

from experiments.reproduce import chosen
from hedging.analysis.calibration.writing import SAMPLE, add_claims
from hedging.errors import HedgingError
from hedging.runs.loop import play
from hedging.runs.progress import Bar
from hedging.settings.settings import settings_for
from hedging.studies.findings import Played, as_played, gather, play_study
from hedging.studies.judging import overall
from hedging.studies.study import is_study, read_study

KEYS = ["study", "claim", "rule"]
COLUMNS = (
    *KEYS,
    *("prior_share", "prior_verdict", "posterior_share", "low", "high", "draws", "posterior_verdict"),
    *("prior_overall", "posterior_overall", "prior_effect", "posterior_effect", "unit", "changed"),
)
QUICK = "ensemble.draws=48"


def play_posterior(study: str, quick: bool = False) -> Played:
    """Play one study under the posterior."""
    words = ("ensemble=posterior", "ensemble.keep=0", "executor=serial", *([QUICK] if quick else []))
    settings = settings_for(study, words)
    read = read_study(settings, (f"experiment={study}", *words))
    if is_study(settings.tree):
        return play_study(read)
    outcomes = read.plays[0].outcomes
    parts = [gather(block.arm, outcomes) for block in play(settings, lambda count: None)]
    return as_played(read, {name: np.concatenate([part[name] for part in parts])[None] for name in parts[0]})


def judged(study: str, quick: bool = False) -> pd.DataFrame:
    """Every claim of one study under every rule: its share of draws under the posterior, and its verdict."""
    rows = []
    for claim, judgements in play_posterior(study, quick).judgements:
        whole = overall([judgement.verdict for judgement in judgements])
        for j in judgements:
            told = {
                "study": study,
                "claim": claim.text,
                "rule": j.rule,
                "posterior_share": j.share,
                "low": j.low,
            }
            told |= {
                "high": j.high,
                "draws": j.draws,
                "posterior_verdict": j.verdict,
                "posterior_overall": whole,
            }
            rows.append({**told, "posterior_effect": j.effect})
    return pd.DataFrame(rows)


def beside(study: str, after: pd.DataFrame, results: Path) -> pd.DataFrame:
    """The verdicts under the posterior beside those that the study's own folder holds.

    Raises:
        HedgingError: the study's claims cannot be read, or are not those of today.
    """
    path = results / study / "claims.csv"
    try:
        before = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise HedgingError(
            f"cannot read {path}: {error}; run python -m experiments.reproduce {study}"
        ) from None
    names = {
        "share": "prior_share",
        "verdict": "prior_verdict",
        "overall": "prior_overall",
        "effect": "prior_effect",
    }
    before = before.rename(columns=names)[["claim", "rule", *names.values(), "unit"]]
    if len(after) != len(before):
        raise HedgingError(
            f"{path} holds other claims than the study: run python -m experiments.reproduce {study}"
        )
    both = after.merge(before, on=["claim", "rule"], validate="one_to_one")
    both["changed"] = both["prior_verdict"] != both["posterior_verdict"]
    return both[list(COLUMNS)]


def write_verdicts(names: Sequence[str], results: Path, executor: Executor, quick: bool = False) -> Path:
    """Play studies, all without a name, and write results/calibration/claims.csv and the report anew.

    Studies that are not named keep the rows that they have.
    Raises:
        HedgingError: no posterior sample, no such study.
    """
    folder, studies = results / "calibration", chosen(names)
    if not (folder / SAMPLE).is_file():
        raise HedgingError(f"there is no {folder / SAMPLE}; run python -m experiments.calibrate first")
    tables = []
    with Bar(len(studies), "verdicts under the posterior") as bar:
        waiting = {executor.submit(judged, study, quick): study for study in studies}
        for done in as_completed(waiting):
            table = done.result()
            if len(table):
                tables.append(beside(waiting[done], table, results))
            bar.advance(1)
    if (folder / "claims.csv").is_file():
        old = pd.read_csv(folder / "claims.csv")
        tables.append(old[~old["study"].isin(studies)])
    found = pd.concat(tables, ignore_index=True)
    add_claims(folder, found.sort_values("study", kind="stable"))
    return folder
