"""What a user is told: of something that cannot be, one line that says what, where, why and what to write
instead; of results, plain lines."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from io import StringIO
from typing import Any, NoReturn


class HedgingError(ValueError):
    """Something the user gave cannot be used; the message is one clear line."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


def unknown(what: str, name: object, valid: Iterable[str], where: str = "") -> HedgingError:
    """The error for a name that is not known, with the nearest and all valid ones."""
    names = sorted(valid)
    near = get_close_matches(str(name), names, n=1)
    hint = f"did you mean '{near[0]}'? " if near else ""
    place = f" in {where}" if where else ""
    return HedgingError(f"no {what} '{name}'{place}: {hint}valid: {', '.join(names) or 'none'}")


@contextmanager
def one_line(interrupted: str) -> Iterator[None]:
    """Turn every error of a user's making into one line, and stop."""
    try:
        yield
    except HedgingError as error:
        fail(error)
    except KeyboardInterrupt as stop:
        fail(str(stop) or interrupted, status=130)


def fail(problem: object, status: int = 1) -> NoReturn:
    """Say in one line what is wrong, and stop."""
    print(f"error: {problem}", file=sys.stderr)
    raise SystemExit(status) from None


def as_text(shown: Any, width: int = 110) -> str:
    """What rich can lay out, such as a table, as plain lines."""
    from rich.console import Console

    text = StringIO()
    Console(file=text, width=width, color_system=None).print(shown)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())
