"""What a user is told when something cannot be: one line that says what, where, why and what to write
instead."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


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
