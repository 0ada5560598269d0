"""Set two runs side by side: ``python -m experiments.compare baseline results/scratch/baseline/<run>``.

Each is a study's name or a run folder. Says which inputs differ, then how far every outcome does: draw by
draw where both met the same luck, by the statistics of their summaries otherwise. One figure and one table go
to results/scratch/compare/<A>-vs-<B>/.
"""

from __future__ import annotations

from experiments.shell import command
from hedging.errors import HedgingError
from hedging.results.compare import compare, save, told
from hedging.results.folder import staged
from hedging.results.manifest import find_run, from_here, results_dir

USAGE = "python -m experiments.compare <A> <B>, each the name of a study or a run folder"


@command()
def main(words: list[str]) -> str:
    """Compare the two runs that are named."""
    if len(words) != 2:
        raise HedgingError(f"{len(words)} runs are named, not two; write {USAGE}")
    found = compare(*map(find_run, words))
    folder = results_dir() / "scratch" / "compare" / f"{found.a.name}-vs-{found.b.name}"
    with staged(folder) as stage:
        save(found, stage)
    return f"{told(found)}\nFigure and table: {from_here(folder)}/  (differences.png, differences.csv)"


if __name__ == "__main__":
    main()
