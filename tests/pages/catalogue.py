"""The table of studies in experiments/README.md.

Questions, figures and findings are those of the studies' files, verdicts those of their committed results.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import yaml

from hedging.analysis.calibration.report import table
from hedging.settings.compose import config_dir
from hedging.studies.findings import percent
from hedging.studies.shipped import studies

PAGE = Path(__file__).parents[2] / "experiments" / "README.md"
START, END = "<!-- the studies: make book -->\n", "<!-- the studies end here -->\n"
HEAD = ("study", "question", "figures", "finding, and what became of its claims")
FIRST = "baseline"
"""The study that stands before the others, which follow by name."""


def row(study: str, results: Path) -> list[str]:
    """A study's name, its question and command, its figures, its finding and the verdict of every claim."""
    tree = yaml.safe_load((config_dir() / "experiment" / f"{study}.yaml").read_text(encoding="utf-8"))
    figures = tree.get("figure") or {"name": "overview"}
    figures = figures if isinstance(figures, list) else [figures]
    names = [str(figure.get("name", figure.get("kind"))) for figure in figures]
    return [
        f"[{study}](../configs/experiment/{study}.yaml)",
        f"{tree['question']}<br>`experiment={study}`",
        "<br>".join(f"[{name.replace('_', ' ')}](../results/{study}/{name}.png)" for name in names),
        "<br>".join([str(tree.get("finding") or "").strip(), *_verdicts(results / study / "claims.csv")]),
    ]


def _verdicts(path: Path) -> Iterator[str]:
    """A line for each claim: the verdict over all rules, and the share of draws under each."""
    for claim, rows in pd.read_csv(path).groupby("claim", sort=False):
        told = zip(rows["rule"].str.replace("_", " "), rows["share"], strict=True)
        shares = ", ".join(f"{rule} {percent(float(share))}" for rule, share in told)
        judged = "resamples" if (rows["judged"] == "mean").all() else "draws"
        yield f"**{rows['overall'].iloc[0]}**: {claim} ({shares} of {judged})"


def written(page: str, results: Path) -> str:
    """The page with its table made anew."""
    names = sorted(studies(), key=lambda name: (name != FIRST, name))
    before, rest = page.split(START)
    told = table(HEAD, [row(name, results) for name in names])
    return f"{before}{START}\n{told}\n{END}{rest.split(END)[1]}"
