"""The tables of experiments/README.md: of studies, and of what each mechanism is worth.

Questions, figures and findings are those of the studies' files, verdicts those of their committed results.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import yaml

from hedging.analysis.calibration.report import table
from hedging.plots.kinds.worth import worths
from hedging.results.load import load
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


MECHANISMS = "mechanisms"
SWITCHED, SWITCHED_END = "<!-- the mechanisms: make book -->\n", "<!-- the mechanisms end here -->\n"
OUTCOMES = {
    "concession.russia": "integration",
    "russian_money": "Russian money",
    "chinese_money": "Chinese money",
    "held_credit.russia": "credit held up",
    "coercive_quarters.russia": "quarters of energy cut",
    "reserves": "reserves",
    "trade_share.russia": "Russia's share of trade",
    "survival": "survival",
    "sovereign": "sovereignty kept",
    "scored_utility": "utility",
}


def mechanisms(results: Path, side: str) -> str:
    """What each mechanism adds to each outcome, a line for each rule, and whether the sign is built in."""
    summary = load(results / MECHANISMS)
    switches, cells = summary.attrs["switches"], []
    for name in OUTCOMES:
        rules = [worths(summary[name].sel(rule=rule), switches, side) for rule in summary["rule"].values]
        told = [[f"{m + 0.0:.3g} &pm; {h:.1g}" for m, h in zip(*each, strict=True)] for each in rules]
        cells.append(["<br>".join(each) for each in zip(*told, strict=True)])
    head = ("mechanism", "by", *OUTCOMES.values(), "its sign")
    changes = ["<br>".join(f"`{x}`" for x in (*s["without"], *s["adding"])) for s in switches.values()]
    labels, signs = ([one[key] for one in switches.values()] for key in ("label", "sign"))
    return table(head, [*zip(labels, changes, *cells, signs, strict=True)])


def written(page: str, results: Path) -> str:
    """The page with its tables made anew."""
    names = sorted(studies(), key=lambda name: (name != FIRST, name))
    sides = (mechanisms(results, "all but"), "With nothing else at work:\n", mechanisms(results, "alone"))
    told = {(START, END): table(HEAD, [row(name, results) for name in names])}
    told[SWITCHED, SWITCHED_END] = "\n".join(sides)
    for (start, end), text in told.items():
        before, rest = page.split(start)
        page = f"{before}{start}\n{text}\n{end}{rest.split(end)[1]}"
    return page
