"""Make results anew: ``python -m experiments.reproduce [--quick] [study ...]``; every study without a name.

Each study runs in a process of its own, two at a time, and its folder is replaced only by a whole one. Then
says of each whether it is the same as what was committed, or which numbers moved by how much. With --quick
studies run at ensemble=quick into a temporary place, and what is committed is only looked at for freshness.
Ends with status 0 if all is the same, 1 otherwise.
"""

from __future__ import annotations

from experiments.shell import command, options_of
from hedging.results.reproduce import reproduce
from hedging.studies.shipped import chosen


@command("interrupted; what was whole by then stays, the rest is as it was")
def main(words: list[str]) -> str:
    """Make the studies that are named anew, and say what changed."""
    options, names = options_of(words, "--quick")
    reports = []
    for report in reproduce(chosen(names), bool(options)):
        print(report, flush=True)
        reports.append(report)
    bad = sorted(report.study for report in reports if not report.good)
    told = f"{len(reports) - len(bad)} of {len(reports)} as committed"
    if bad:
        print(f"{told}; not: {', '.join(bad)}")
        raise SystemExit(1)
    return told


if __name__ == "__main__":
    main()
