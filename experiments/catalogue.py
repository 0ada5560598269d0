"""Write the table of studies: ``python -m experiments.catalogue`` makes it anew in experiments/README.md.

Questions, figures and findings are those of the studies' files, verdicts those of their committed results.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from experiments.book import table
from experiments.reproduce import studies
from hedging.settings.compose import config_dir
from hedging.studies.judging import percent

PAGE = Path(__file__).parent / "README.md"
START, END = "<!-- the studies: make book -->\n", "<!-- the studies end here -->\n"
FIRST = ("baseline",)
"""Studies that stand before the others, which follow by name."""


def catalogue(results: Path) -> str:
    """A row for each study: question, command, figures, finding, and the verdict of every claim."""
    names = sorted(studies(), key=lambda name: (name not in FIRST, name))
    return table(
        ["study", "question", "figures", "finding, and what became of its claims"],
        map(_row, names, [results] * len(names)),
    )


def _row(study: str, results: Path) -> list[str]:
    tree = yaml.safe_load((config_dir() / "experiment" / f"{study}.yaml").read_text(encoding="utf-8"))
    told = [str(tree.get("finding") or "").strip(), *_verdicts(results / study / "claims.csv")]
    question = f"{tree['question']}<br>`experiment={study}`"
    return [
        f"[{study}](../configs/experiment/{study}.yaml)",
        question,
        _figures(study, tree),
        "<br>".join(told),
    ]


def _figures(study: str, tree: dict[str, Any]) -> str:
    stated = tree.get("figure") or {"name": "overview"}
    figures = stated if isinstance(stated, list) else [stated]
    names = [str(figure.get("name", figure.get("kind"))) for figure in figures]
    return "<br>".join(f"[{name.replace('_', ' ')}](../results/{study}/{name}.png)" for name in names)


def _verdicts(path: Path) -> Iterator[str]:
    """A line for each claim: the verdict over all rules, and the share of draws under each."""
    claims = pd.read_csv(path)
    for claim, rows in claims.groupby("claim", sort=False):
        shares = ", ".join(
            f"{rule} {percent(float(share))}"
            for rule, share in zip(rows["rule"].str.replace("_", " "), rows["share"], strict=True)
        )
        judged = "resamples" if (rows["judged"] == "mean").all() else "draws"
        yield f"**{rows['overall'].iloc[0]}**: {claim} ({shares} of {judged})"


def written(page: str, results: Path) -> str:
    """The page with its table made anew."""
    before, rest = page.split(START)
    return before + START + "\n" + catalogue(results) + "\n" + END + rest.split(END)[1]


def main() -> None:
    """Write the table into experiments/README.md."""
    from hedging.results.places import results_dir

    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), results_dir()), encoding="utf-8")
    print(f"Written: {PAGE.parent.name}/{PAGE.name}")


if __name__ == "__main__":
    main()
