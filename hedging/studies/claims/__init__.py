"""The kinds of claims, found by their place: every class of a module here that is one, by its name."""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from hedging.errors import HedgingError
from hedging.settings.read import read, read_word, snake_case
from hedging.studies.claim import Claim, Known


@cache
def kinds() -> dict[str, type[Claim]]:
    """Every kind by its name: InteriorMaximum is interior_maximum."""
    modules = [import_module(f"{__name__}.{item.name}") for item in iter_modules(__path__)]
    found = [item for module in modules for item in vars(module).values() if isinstance(item, type)]
    own = [cls for cls in found if issubclass(cls, Claim) and cls.__module__.startswith(__name__)]
    return {snake_case(cls.__name__): cls for cls in own}


def read_claims(raw: Sequence[Any], known: Known) -> tuple[Claim, ...]:
    """Read the claims of a study's file, each known by its text.

    Raises:
        HedgingError: a kind, key, outcome, arm, axis or value that is not there, a place left open, or a
            text that stands there twice.
    """
    found: dict[str, Claim] = {}
    for number, entry in enumerate(raw, start=1):
        where = f"claims[{number}]"
        if not isinstance(entry, dict) or not isinstance(entry.get("text"), str):
            raise HedgingError(f"{where}: a claim has a text and a kind; write {{text: ..., kind: greater}}")
        kind = read_word(entry.get("kind"), f"{where}.kind", list(kinds()))
        claim: Claim = read(kinds()[kind], {"rules": [*known.rules], **entry}, where)
        claim.look(known, where)
        if claim.text in found:
            raise HedgingError(f"{where}: '{claim.text}' is claimed already; word it differently")
        found[claim.text] = claim
    return tuple(found.values())
