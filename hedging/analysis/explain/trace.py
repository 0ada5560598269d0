"""Play one draw of a setting again, and keep of each quarter all that it takes to explain it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hedging.rules.sight import Sight
from hedging.settings.events import apply_to_parameters
from hedging.settings.settings import Settings
from hedging.world import dates
from hedging.world.arrays import Array
from hedging.world.cast import Cast
from hedging.world.chance import EXPECTED, Chance, Luck, uniform
from hedging.world.parameters import Parameters
from hedging.world.quantities import QUANTITIES, TERMS_ALONE, Recorder, to_dataset
from hedging.world.quarter import Flows, play_quarter
from hedging.world.state import State
from hedging.world.world import World


@dataclass
class Weighing:
    """What a client's rule was shown and what it asked: stances to foresee, options to pick from."""

    sight: Sight
    foreseen: Array | None = None  # (stance, patron)
    values: Array | None = None  # (stance, draw)
    quarters: int = 0
    options: Array | None = None  # (option, patron)
    probabilities: Array | None = None  # (option, draw)


@dataclass(frozen=True)
class Moment:
    """One quarter of one draw: how it began, what was done, how it ended; arrays have a single draw."""

    quarter: int
    before: State  # with the events of this quarter
    after: State  # without those of the next
    parameters: Parameters
    flows: Flows
    weighing: Weighing
    luck: Luck | None  # none where chance is expected

    @property
    def sight(self) -> Sight:
        """What the client saw."""
        return self.weighing.sight

    @property
    def date(self) -> str:
        """The quarter's label."""
        return dates.label(self.quarter)

    def flow(self, name: str, row: int | None = None) -> float:
        """A flow of the quarter, of the patron in that row where it has patrons."""
        return _number(self.flows[name], row)

    def at_start(self, name: str, row: int | None = None) -> float:
        """A state at the start of the quarter."""
        return _number(getattr(self.before, name), row)

    def at_end(self, name: str, row: int | None = None) -> float:
        """A state at the end of the quarter."""
        return _number(getattr(self.after, name), row)

    def number(self, name: str, row: int | None = None, rival: int | None = None) -> float:
        """A number of the model as it is this quarter."""
        array: Array = getattr(self.parameters, name)
        return _number(array if rival is None else array[:, rival], row)

    def tension(self, row: int) -> float:
        """A patron's frustration over its red line, at the start."""
        return self.at_start("frustration", row) / self.number("red_line", row)

    def thrown(self, purpose: str, name: str = "") -> float | None:
        """The uniform number that decided an event of a patron, or of the client; none in expected chance."""
        if self.luck is None:
            return None
        return float(self.luck.numbers(purpose, name, uniform, self.quarter)[0])

    def noise(self, purpose: str) -> Array | float:
        """The normal noise of patrons this quarter: (patron, draw), or 0."""
        return self._chance.patron_noise(purpose)

    @property
    def _chance(self) -> Chance:
        return EXPECTED if self.luck is None else self.luck.at(self.quarter)


@dataclass(frozen=True)
class Story:
    """One draw from beginning to end."""

    settings: Settings
    draw: int
    cast: Cast
    moments: tuple[Moment, ...]
    record: Any  # xarray.Dataset: every state and flow, one draw

    def label(self, name: str) -> str:
        """How a patron, or the client, is called."""
        return self.settings.labels[name]

    @property
    def client(self) -> str:
        """How the client is called."""
        return self.label("client")

    @property
    def labels(self) -> list[str]:
        """How the patrons are called, in the order of rows."""
        return [self.label(name) for name in self.settings.patrons]


class Listener:
    """Stands in for the client's rule, and keeps what it was shown and what it asked."""

    def __init__(self, rule: Any) -> None:
        self.rule = rule
        self.heard: list[Weighing] = []

    def choose(self, sight: Sight) -> Array:
        """The rule's own choice."""
        weighing = Weighing(sight)
        self.heard.append(weighing)

        def foresee(parameters: Parameters, stances: Array, quarters: int) -> Array:
            values = sight._foresee(parameters, stances, quarters)
            weighing.foreseen, weighing.values, weighing.quarters = stances, values, quarters
            return values

        chance = ListeningChance(sight._chance, weighing)
        effort: Array = self.rule.choose(replace(sight, _foresee=foresee, _chance=chance))
        return effort


class ListeningChance:
    """Passes every question on to chance, and keeps what was to be picked from."""

    def __init__(self, chance: Chance, weighing: Weighing) -> None:
        self._chance, self._weighing = chance, weighing

    def pick(self, purpose: str, options: Array, probabilities: Array) -> Array:
        """The chance's own pick."""
        self._weighing.options, self._weighing.probabilities = options, probabilities
        return self._chance.pick(purpose, options, probabilities)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chance, name)


class LearningListener(Listener):
    """Stands in for a rule with a memory."""

    def start(self, sight: Sight) -> Any:
        """The rule's own."""
        return self.rule.start(sight)

    def learn(self, sight: Sight, memory: Any, utility: Array) -> Any:
        """The rule's own."""
        return self.rule.learn(sight, memory, utility)


@dataclass(frozen=True)
class Held:
    """An effort as it was spent."""

    effort: Array

    def choose(self, sight: Sight) -> Array:
        """The effort spent."""
        return self.effort


def play(settings: Settings, draw: int) -> Story:
    """Play one draw to the horizon; it is the same as in the whole ensemble of the setting."""
    model = World(settings, first=draw, draws=1)
    cast = model.cast
    listener = (LearningListener if hasattr(cast.client, "learn") else Listener)(cast.client)
    model.cast = replace(cast, client=listener)
    group = settings.design.group
    luck = Luck(settings.seed, settings.patrons, draw, 1, settings.horizon + 1, group=group)
    thrown = luck if settings.chance == "sampled" else None
    recorder = Recorder([name for name in QUANTITIES if name != TERMS_ALONE], settings, 1)
    moments: list[Moment] = []
    while not model.finished:
        quarter, before = model.quarter, model.state
        recorder.note_state(quarter, before)
        p = apply_to_parameters(model.parameters, settings.events, quarter)
        flows = model.step()
        recorder.note_flows(quarter, flows)
        held = replace(cast, client=Held(flows["effort"]))
        chance = EXPECTED if thrown is None else thrown.at(quarter)
        after, _ = play_quarter(before, p, held, quarter, chance)  # as it ended, before the next one's events
        moments.append(Moment(quarter, before, after, p, flows, listener.heard[-1], thrown))
    recorder.note_state(model.quarter, model.state)
    record = to_dataset(settings, recorder.arrays, model.sampled).isel(draw=0)
    return Story(settings, draw, cast, tuple(moments), _labelled(record, settings, draw, moments))


def _labelled(record: Any, settings: Settings, draw: int, moments: list[Moment]) -> Any:
    """The record with tension, and with all that its figure tells of the run."""
    lines = [moment.parameters.red_line[:, 0] for moment in moments]
    tension = record["frustration"] / np.stack([*lines, lines[-1]])
    told = {name: getattr(settings, name) for name in ("study", "seed", "draws", "chance", "marks")}
    labels = [settings.labels[name] for name in settings.patrons]
    colours = [settings.colours[name] for name in settings.patrons]
    names = {"patrons": list(settings.patrons), "labels": labels, "colours": colours}
    return record.assign(tension=tension).assign_attrs(draw=draw, **told, **names)


def _number(array: Any, row: int | None) -> float:
    value = np.asarray(array)
    return float(value[0] if row is None else value[row, 0])
