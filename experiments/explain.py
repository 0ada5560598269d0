"""Explain one draw: ``python -m experiments.explain experiment=baseline draw=17 quarter=2019Q4``.

`quarter=2019Q1..2020Q1` tells several quarters in a few lines each; any override of a study may follow. Says
in words and one table who demanded and offered what, why, what was accepted, and what moved; text and a
figure are saved in results/scratch/explain/.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, RenderableType

from hedging.errors import HedgingError
from hedging.results.folder import staged
from hedging.results.places import folder_for, results_dir
from hedging.results.run import fingerprint
from hedging.settings.compose import as_overrides, compose
from hedging.settings.settings import Settings, read_settings
from hedging.world import dates

USAGE = "python -m experiments.explain experiment=baseline draw=17 quarter=2019Q4 [any override]"
DIRS = ("--config-dir", "-cd")


@dataclass(frozen=True)
class Request:
    """What is to be explained."""

    settings: Settings
    draw: int
    first: int
    last: int
    folder: Path


def read_request(arguments: Sequence[str]) -> Request:
    """Read the arguments: draw and quarter are this program's, the rest is Hydra's.

    Raises:
        HedgingError: a draw or quarter that is missing or not in the run, or a setting that cannot be.
    """
    own: dict[str, str] = {}
    overrides: list[str] = []
    rest, dirs = _config_dirs(arguments)
    for argument in rest:
        key, equals, value = argument.partition("=")
        if equals and key in ("draw", "quarter"):
            own[key] = value
        elif argument.startswith("-"):
            raise HedgingError(f"no option '{argument}': write {USAGE}")
        else:
            overrides.append(argument)
    for key in ("draw", "quarter"):
        if key not in own:
            raise HedgingError(f"which {key}? write {USAGE}")
    pairs = as_overrides(None, overrides)
    settings = read_settings(compose(pairs, dirs), dirs)
    if not own["draw"].isdecimal() or int(own["draw"]) >= settings.draws:
        last = settings.draws - 1
        raise HedgingError(
            f"draw={own['draw']}: {settings.study} has the draws 0 to {last}; choose one of them"
        )
    draw = int(own["draw"])
    first, last = _quarters(own["quarter"], settings)
    return Request(settings, draw, first, last, _folder(settings, pairs, dirs, draw, first, last))


def _config_dirs(arguments: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """The arguments without --config-dir, and the folders that it names."""
    rest, dirs = [], []
    waiting = iter(arguments)
    for argument in waiting:
        key, equals, value = argument.partition("=")
        if key in DIRS:
            value = value if equals else next(waiting, "")
            if not Path(value).is_dir():
                raise HedgingError(f"{key}: there is no folder '{value}'")
            dirs.append(str(Path(value).resolve()))
        else:
            rest.append(argument)
    return rest, tuple(dirs)


def _quarters(text: str, settings: Settings) -> tuple[int, int]:
    """The first and the last quarter of `2019Q4` or `2019Q1..2020Q1`."""
    start, dots, stop = text.partition("..")
    first = dates.index(start, "quarter")
    last = dates.index(stop, "quarter") if dots else first
    end = settings.horizon - 1
    if last < first:
        raise HedgingError(f"quarter={text}: {stop} lies before {start}; write the earlier one first")
    if last > end:
        raise HedgingError(
            f"quarter={text}: the run ends with {dates.label(end)}; give an earlier one or more horizon"
        )
    return first, last


def _folder(
    settings: Settings, overrides: Sequence[str], dirs: Sequence[str], draw: int, first: int, last: int
) -> Path:
    """Where the text and the figure go; a setting that is not a study as committed adds its mark."""
    when = dates.label(first) + (f"-{dates.label(last)}" if last > first else "")
    study = next((o.partition("=")[2] for o in overrides if o.startswith("experiment=")), None)
    committed = folder_for(settings, study, overrides, dirs).parent == results_dir()
    mark = "" if committed else f"-{fingerprint(settings.tree)[:8]}"
    return results_dir() / "scratch" / "explain" / f"{settings.study}-draw{draw}-{when}{mark}"


def explain(request: Request) -> RenderableType:
    """Play the draw, write its text and figure, and give the text to print.

    Raises:
        HedgingError: nothing can be written there.
    """
    from hedging.analysis.explain.report import as_text, explain_quarter, narrate
    from hedging.analysis.explain.trace import play
    from hedging.plots.draw_story import draw_story

    story = play(request.settings, request.draw)
    moments = list(story.moments[request.first : request.last + 1])
    told = explain_quarter(story, moments[0]) if len(moments) == 1 else narrate(story, moments)
    with staged(request.folder) as stage:
        (stage / "explanation.txt").write_text(as_text(told), encoding="utf-8")
        figure = draw_story(story.record, moments[0].date, moments[-1].date)
        figure.savefig(stage / "story.png", dpi="figure", metadata={"Software": None})
    return told


def main(arguments: Sequence[str] | None = None) -> None:
    """Explain what the arguments ask for; every error of a user's making is one line."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if any(argument in ("-h", "--help") for argument in arguments):
        print(f"{__doc__}\nUsage: {USAGE}")
        return
    try:
        request = read_request(arguments)
        told = explain(request)
    except HedgingError as error:
        print(f"error: {error}", file=sys.stderr)
        raise SystemExit(1) from None
    with suppress(BrokenPipeError):
        show(told)
        place = request.folder
        short = place.relative_to(Path.cwd()) if place.is_relative_to(Path.cwd()) else place
        print(f"\nText and figure: {short}/ (explanation.txt, story.png)", flush=True)


def show(told: RenderableType) -> None:
    """Print the explanation, in bold where a terminal can show it, plainly elsewhere."""
    from hedging.analysis.explain.report import WIDTH, as_text

    console = Console(highlight=False)
    if console.is_terminal:
        console.width = min(console.width, WIDTH)
        console.print(told)
    else:
        print(as_text(told), end="")


if __name__ == "__main__":
    main()
