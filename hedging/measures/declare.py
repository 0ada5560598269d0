"""How a measure is declared: above the function that computes it, whose arguments say what it needs.

Arguments are named after recorded quantities (states whole, a row more than flows), parameters and other
measures; `null_<name>` is that quantity or measure of the run of a null rule on the same draws,
`parameters` all of the run's parameters, `reference` those of the study's reference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from inspect import Parameter, signature
from typing import Any, Literal, TypeVar

from hedging.errors import HedgingError
from hedging.world.world import Quantity

NULL = "null_"
"""Before an argument: the same of the null rule's run on the same draws."""

PARAMETERS, REFERENCE = "parameters", "reference"
"""Arguments that stand for all parameters of a run, and of the study's reference on the same draws; those of
the run itself where there is none."""

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True)
class Measure(Quantity):
    """What is worked out of trajectories, and the function that does it."""

    function: Callable[..., Any]

    def __post_init__(self) -> None:
        arguments, axes = ", ".join(self.arguments), " ".join(self.axes[:-1])
        if self.axes not in (("draw",), ("patron", "draw"), ("partner", "draw")):
            raise HedgingError(
                f"measure {self.name}: axes='{axes}' are none of a measure; write '', 'patron' or 'partner'"
            )
        if bool(self.null) != any(argument.startswith(NULL) for argument in self.arguments):
            raise HedgingError(
                f"measure {self.name}: null='{self.null}' and the arguments {arguments} do not agree; name "
                f"the null rule and begin with {NULL} what is of its run, or neither"
            )

    @property
    def arguments(self) -> tuple[str, ...]:
        """What it is worked out of; an argument that has a default keeps it."""
        wanted = signature(self.function).parameters.values()
        return tuple(item.name for item in wanted if item.default is Parameter.empty)


def measure(
    axes: str = "",
    unit: str = "1",
    meaning: str = "",
    *,
    over: Literal["quarter", "run"] = "quarter",
    state: bool = False,
    null: str = "",
    labels: tuple[str, ...] = (),
    reported: bool = True,
    every_draw: bool = False,
) -> Callable[[Function], Function]:
    """Declare the function below as a measure; it stays the function that it is.

    Args:
        axes: its axis beside quarter and draw: patron, partner or none.
        over: a number a quarter, or one over the whole run.
        state: whether it has the rows of a state, one more than a flow.
        null: the client rule whose run the arguments with `null_` are of; a draw then counts where it stands
            in both.
        labels: of a measure that is a code, what the codes stand for.
        reported: whether it is an outcome, or a step on the way to some.
        every_draw: whether it is reported over all draws, those that have fallen too.

    Raises: HedgingError, where a declaration cannot be.
    """

    def declare(function: Function) -> Function:
        name, axis = function.__name__, (*axes.split(), "draw")
        if not function.__module__.startswith(f"{__package__}."):
            name = f"{function.__module__}.{name}"
        if over not in ("quarter", "run"):
            raise HedgingError(f"measure {name}: over='{over}'; write over='quarter' or over='run'")
        told = (unit, meaning, state, reported, every_draw, over == "run", null, labels)
        function.declared = Measure(name, axis, *told, function=function)  # type: ignore[attr-defined]
        return function

    return declare


def declared_in(names: Mapping[str, Any]) -> dict[str, Measure]:
    """The measures among some names, such as those of a module, by these names."""
    found = {name: getattr(value, "declared", None) for name, value in names.items()}
    return {name: item for name, item in found.items() if isinstance(item, Measure)}


def brought(text: str, where: str) -> tuple[str, Measure] | None:
    """Find a user's own measure by its dotted name, with which the name of an outcome begins; none where no
    part of it is a module.

    Raises:
        HedgingError: a module that cannot be imported, or that has no such measure.
    """
    words, module, name, place = text.split("."), None, "", 0
    for count in range(1, len(words)):
        path = ".".join(words[:count])
        try:
            module, name, place = import_module(path), words[count], count + 1
        except (Exception, SystemExit) as error:  # whatever importing a user's module raises
            if getattr(error, "name", "") == path or not path:
                break
            raise HedgingError(f"{where}: cannot import {path}: {error!r}; mend it") from None
    if module is None:
        return None
    there = declared_in(vars(module))
    if name not in there:
        raise HedgingError(
            f"{where}: {module.__name__}.{name} is no measure; write @measure(...) of {__name__} "
            f"above a function of that name; valid: {', '.join(there) or 'none'}"
        )
    return ".".join(words[:place]), there[name]
