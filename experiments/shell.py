"""What the commands share: help, options, and what is said in the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import wraps

from hedging.errors import one_line, unknown


def command(interrupted: str = "interrupted") -> Callable[[Callable[[list[str]], str]], Callable[..., None]]:
    """Make a program of a function from its words to what it says in the end; its help is its module's text.

    Args:
        interrupted: what is said where the user stops it.
    """

    def program(work: Callable[[list[str]], str]) -> Callable[..., None]:
        @wraps(work)
        def main(arguments: Sequence[str] | None = None) -> None:
            words = list(sys.argv[1:] if arguments is None else arguments)
            asked = {"-h", "--help"} & set(words)
            with one_line(interrupted):
                told = sys.modules[work.__module__].__doc__ if asked else work(words)
            with suppress(BrokenPipeError):
                print(told, flush=True)

        return main

    return program


def options_of(words: Sequence[str], *known: str) -> tuple[dict[str, str], list[str]]:
    """Options by name, each with what follows its =, and the other words.

    Raises:
        HedgingError: an option that there is not.
    """
    given = [word.partition("=") for word in words if word.startswith("-")]
    options = {name: value for name, _, value in given}
    for name in options:
        if name not in known:
            raise unknown("option", name, (*known, "--help"))
    return options, [word for word in words if not word.startswith("-")]
