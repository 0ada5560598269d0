"""Explain one draw: ``python -m experiments.explain experiment=baseline draw=17 quarter=2019Q4``.

`quarter=2019Q1..2020Q1` tells several quarters in a few lines each; any override of a study may follow. Says
in words and one table who demanded and offered what, why, what was accepted, and what moved; text and a
figure are saved in results/scratch/explain/.
"""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from experiments.shell import command
from hedging.errors import HedgingError
from hedging.results.compare import short_name
from hedging.results.folder import staged
from hedging.results.manifest import folder_for, from_here, results_dir
from hedging.settings.compose import as_overrides, compose
from hedging.settings.settings import Settings, read_settings
from hedging.world import dates

USAGE = "python -m experiments.explain experiment=baseline draw=17 quarter=2019Q4 [any override]"


OWN = ("draw=", "quarter=")
"""How this program's own words begin."""


def read_request(arguments: Sequence[str]) -> tuple[tuple[Settings, int, int, int], Path]:
    """Read the arguments: draw, quarter and folders of configs are this program's, the rest is Hydra's.

    Returns: the setting, its draw, the first and last quarter to be told; and the folder where it is written.
    Raises:
        HedgingError: a draw or quarter that is missing or not in the run, or a setting that cannot be.
    """
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--config-dir", "-cd", dest="dirs", action="append", nargs="?", const="", default=[])
    asked, words = parser.parse_known_args(arguments)
    for name in asked.dirs:
        if not Path(name).is_dir():
            raise HedgingError(f"--config-dir: there is no folder '{name}'")
    if option := next((word for word in words if word.startswith("-")), ""):
        raise HedgingError(f"no option '{option}': write {USAGE}")
    own = dict(word.split("=", 1) for word in words if word.startswith(OWN))
    if missing := [key[:-1] for key in OWN if key[:-1] not in own]:
        raise HedgingError(f"which {missing[0]}? write {USAGE}")
    dirs = tuple(str(Path(name).resolve()) for name in asked.dirs)
    pairs, draw = as_overrides(None, [word for word in words if not word.startswith(OWN)]), own["draw"]
    settings = read_settings(compose(pairs, dirs), dirs)
    if not draw.isdecimal() or int(draw) >= settings.draws:
        held = f"{settings.study} has the draws 0 to {settings.draws - 1}"
        raise HedgingError(f"draw={draw}: {held}; choose one of them")
    first, last = _quarters(own["quarter"], settings.horizon - 1)
    when = "-".join(dict.fromkeys((dates.label(first), dates.label(last))))
    study = next((o.partition("=")[2] for o in pairs if o.startswith("experiment=")), None)
    run = short_name(folder_for(settings, study, pairs, dirs))
    return (settings, int(draw), first, last), results_dir() / f"scratch/explain/{run}-draw{draw}-{when}"


def _quarters(text: str, end: int) -> tuple[int, int]:
    """The first and the last quarter of `2019Q4` or `2019Q1..2020Q1`."""
    start, dots, stop = text.partition("..")
    first, last = (dates.index(one, "quarter") for one in (start, stop if dots else start))
    if last < first:
        raise HedgingError(f"quarter={text}: {stop} lies before {start}; write the earlier one first")
    if last > end:
        ends = f"the run ends with {dates.label(end)}"
        raise HedgingError(f"quarter={text}: {ends}; give an earlier one or more horizon")
    return first, last


@command()
def main(words: list[str]) -> str:
    """Play the draw that is asked for, write its text and figure, and say the text."""
    asked, folder = read_request(words)
    from hedging.analysis.explain.replay import replay
    from hedging.analysis.explain.report import as_text, tell
    from hedging.plots.draw_story import draw_story

    story = replay(*asked)
    told, console = tell(story), Console(highlight=False)
    with staged(folder) as stage:
        (stage / "explanation.txt").write_text(as_text(told), encoding="utf-8")
        figure = draw_story(story.record, story.moments[0].date, story.moments[-1].date)
        figure.savefig(stage / "story.png", dpi="figure", metadata={"Software": None})
    with console.capture() as shown:
        console.print(told, width=min(console.width, 100))
    text = shown.get() if console.is_terminal else as_text(told)
    return f"{text}\nText and figure: {from_here(folder)}/ (explanation.txt, story.png)"


if __name__ == "__main__":
    main()
