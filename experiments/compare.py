"""Set two runs side by side: ``python -m experiments.compare baseline results/scratch/baseline/<run>``.

Each is a study's name or a run folder. Says which inputs differ, then how far every outcome does: draw by
draw where both met the same luck, by the statistics of their summaries otherwise. One figure and one table go
to results/scratch/compare/<A>-vs-<B>/.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pandas as pd

from hedging.errors import HedgingError, unknown
from hedging.results.changes import moved_rows, read_texts
from hedging.results.compare import Run, at_the_end, paired, unpaired, why_unpaired
from hedging.results.compare_table import draw, labels, standardised, tell
from hedging.results.folder import staged
from hedging.results.inputs import changed_inputs, inputs
from hedging.results.places import results_dir

USAGE = "python -m experiments.compare <A> <B>, each the name of a study or a run folder"
TEXTS = ("study", "question", "finding", "marks", "figure")
"""Inputs that only say something, and are not told."""

LONGEST = 80
"""Characters of a run's name that the name of the output folder spells out."""

NOTED = 3
"""Inputs that are told under the figure before the rest is only counted."""


def find(name: str) -> Run:
    """The run that goes by a study's name, or lies at a path.

    Raises:
        HedgingError: there is none.
    """
    here = results_dir()
    for folder in (Path(name), here / name, here / "scratch" / name):
        if (folder / "summary.csv").is_file():
            return Run(_short(folder), folder)
    if Path(name).is_dir():
        raise HedgingError(f"{name} is no run folder: it has no summary.csv")
    known = [path.parent.name for path in here.glob("*/summary.csv")]
    raise unknown("run", name, known, f"{here} (a path of a run folder will do too)")


def _short(folder: Path) -> str:
    """What a run goes by: its path below the results, in one word."""
    try:
        parts = folder.resolve().relative_to(results_dir().resolve()).parts
    except ValueError:
        parts = (folder.resolve().name,)
    name = re.sub(r"[^\w.=+-]+", "-", "-".join(part for part in parts if part != "scratch"))
    if len(name) <= LONGEST:
        return name
    return f"{name[: LONGEST - 9].rstrip('-.')}-{sha256(name.encode()).hexdigest()[:8]}"


def changed(a: Run, b: Run) -> list[str]:
    """Which inputs, and which versions of what made them, differ, a line each."""
    sides = []
    for run in (a, b):
        versions = run.manifest.get("versions") or {}
        told = {path: text for path, text in inputs(run.tree).items() if path.split(".")[0] not in TEXTS}
        sides.append(told | {f"version of {name}": str(number) for name, number in versions.items()})
    return changed_inputs(*sides)


def verdicts(a: Run, b: Run) -> list[str]:
    """The claims whose verdict differs, a line each."""
    tables = [run.folder / "claims.csv" for run in (a, b)]
    if not all(path.exists() for path in tables):
        return []
    one, other = (read_texts(path).reindex(columns=["claim", "rule", "verdict"]) for path in tables)
    return moved_rows(one, other, "claims.csv")


def differences(a: Run, b: Run) -> tuple[pd.DataFrame, pd.DataFrame, str]:
    """What differs between the outcomes: the whole table, what of it to show, and how they were compared."""
    if reason := why_unpaired(a, b):
        table = unpaired(a, b)
        return table, at_the_end(table), f"Not paired: {reason}. Summary statistics alone, no intervals."
    table = paired(a, b).dropna(subset="difference", ignore_index=True)
    if table.empty:
        raise HedgingError(f"{a.name} and {b.name} have no outcome in common in a draw that stands in both")
    most, fewest = table["draws"].max(), table["draws"].min()
    if most == 1:
        return table, table, "One draw in each: no intervals."
    few = f", of which each outcome has {fewest:,.0f} or more in both" if fewest < most else ""
    how = f"Paired draw by draw over {most:,.0f} draws{few}; 95% intervals of the mean difference."
    return table, table, how


def compare(a: Run, b: Run) -> tuple[Path, str]:
    """Set two runs side by side, and write the figure and the table. Returns: their folder, what differs.

    Raises:
        HedgingError: they are one folder, or have nothing in common; nothing can be written there.
    """
    if a.folder.resolve() == b.folder.resolve():
        raise HedgingError(f"{a.name} and {b.name} are the same folder; name two")
    lines = changed(a, b)
    table, found, how = differences(a, b)
    moved, scale = standardised(found)
    more = [f"and {len(lines) - NOTED} more"] if len(lines) > NOTED else []
    notes = [how, f"What differs: {'; '.join([*lines[:NOTED], *more]) or 'no input'}."]
    folder = results_dir() / "scratch" / "compare" / f"{a.name}-vs-{b.name}"
    with staged(folder) as stage:
        whole = moved if table is found else table
        whole.to_csv(stage / "differences.csv", index=False, float_format="%.10g", lineterminator="\n")
        figure = draw(a, b, moved, scale, notes)
        figure.savefig(stage / "differences.png", dpi="figure", metadata={"Software": None})
    count = int((moved["difference"] != 0).sum())
    said = [f"A: {a.folder}", f"B: {b.folder}", f"Inputs that differ: {len(lines) or 'none'}"]
    said += [f"  {line}" for line in lines]
    said += [
        *verdicts(a, b),
        how,
        f"{count} of {len(moved)} outcomes differ" + ("; the largest:" if count else ""),
    ]
    return folder, "\n".join([*said, tell(moved, labels(a, b))] if count else said)


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare the two runs that the arguments name."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if {"-h", "--help"} & set(words):
        print(f"{__doc__}\nUsage: {USAGE}")
        return
    try:
        if len(words) != 2:
            raise HedgingError(f"{len(words)} runs are named, not two; write {USAGE}")
        folder, said = compare(find(words[0]), find(words[1]))
    except HedgingError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    place = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    with suppress(BrokenPipeError):
        print(f"{said}\nFigure and table: {place}/  (differences.png, differences.csv)", flush=True)


if __name__ == "__main__":
    main()
