"""Play a rule in a small world with every answer examined, then again among fewer draws."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np

from hedging.rules.check.answers import BID_FIELDS, SLACK, Scene, check_bid, check_effort, check_memory
from hedging.rules.check.asking import ask, call, same
from hedging.rules.check.candidate import Candidate
from hedging.rules.check.worlds import ORDINARY, Situation, World
from hedging.rules.sight import PatronSight
from hedging.settings.settings import Settings
from hedging.world.arrays import Array
from hedging.world.cast import Seat
from hedging.world.phases import calendar, offers
from hedging.world.quarter import play_quarter

DRAWS, FEWER = 6, 2
"""Draws that a rule is tried on together, and among how few each is played again."""

Said = dict[str, np.ndarray[Any, Any]]


class Asked:
    """Stands in for a client's rule, and examines every answer before it is played."""

    def __init__(self, rule: Any, scene: Scene) -> None:
        self.rule, self.scene = rule, scene

    def choose(self, sight: Any) -> Any:
        """The rule's effort."""
        effort = ask(self.rule, "choose", self.scene, sight)
        check_effort(effort, self.scene)
        return effort


class AskedLearner(Asked):
    """Stands in for a client's rule with a memory."""

    def start(self, sight: Any) -> Any:
        """The rule's first memory."""
        memory = ask(self.rule, "start", self.scene, sight)
        check_memory(memory, self.scene)
        return memory

    def learn(self, sight: Any, memory: Any, utility: Any) -> Any:
        """The rule's memory after a quarter."""
        later = ask(self.rule, "learn", self.scene, sight, memory, utility)
        check_memory(later, self.scene, like=memory)
        return later


@dataclass(frozen=True)
class Trial:
    """A rule in one setting, situation and kind of chance, for some quarters."""

    candidate: Candidate
    settings: Settings
    situation: Situation
    chance: str
    quarters: int
    beside: str = ""

    def run(self) -> int:
        """Play all draws with every answer examined, then again a few at a time: the same to the last bit.

        Returns: how many answers were examined.
        Raises:
            RuleError: the first fault.
        """
        together = self._play(0, DRAWS, examined=True)
        for first in range(0, DRAWS, FEWER):
            for quarter, said in enumerate(self._play(first, FEWER, examined=False)):
                self._compare(together[quarter], said, first, quarter)
        return len(together)

    def scene(self, first: int, draws: int, quarter: int) -> Scene:
        """Where the rule is asked, in words."""
        names, place = self.settings.patrons, self.situation.name
        return Scene(
            self.candidate.name, names, names, first, draws, quarter, self.chance, place, self.beside
        )

    def world(self, first: int, count: int) -> World:
        """The world at the start of the trial."""
        scene = self.scene(first, count, self.situation.quarter)
        shown = (self.settings, self.situation, self.chance, first, count)
        world: World = call(World, scene, *shown, blame=self.candidate.cls)
        return world

    def _play(self, first: int, count: int, examined: bool) -> list[Said]:
        world, said = self.world(first, count), []
        for _ in range(self.quarters):
            said.append(self._play_quarter(world, examined))
        return said

    def _play_quarter(self, world: World, examined: bool) -> Said:
        scene, cast = self.scene(world.first, world.count, world.quarter), world.cast
        own = self.candidate.kind == "client"
        if examined and own:
            stand_in = AskedLearner if hasattr(cast.client, "learn") else Asked
            cast = replace(cast, client=stand_in(cast.client, scene))
        elif examined:
            for seat in self._seats(world):
                examine_bid(world, seat, scene)
        now = (world.state, world.parameters, cast, world.quarter, world.chance)
        method = getattr(self.candidate.cls, self.candidate.method)
        world.state, flows = call(play_quarter, scene, *now, blame=method)
        world.quarter += 1
        world.lock()
        said = {name: flows[name] for name in (("effort",) if own else BID_FIELDS)}
        return said | dict(_remembered(world.state.memory))

    def _seats(self, world: World) -> Iterator[Seat]:
        return (seat for seat in world.cast.seats if type(seat.rule) is self.candidate.cls)

    def _compare(self, together: Said, few: Said, first: int, quarter: int) -> None:
        scene = self.scene(first, FEWER, self.situation.quarter + quarter)
        for name, alone in few.items():
            whole = together[name][..., first : first + FEWER]
            if same(whole, alone):
                continue
            place = tuple(int(i) for i in np.argwhere(whole != alone)[0])
            where = scene.at(place if name in ("effort", *BID_FIELDS) else place[-1:])
            beside = f"beside {DRAWS - 1} other draws, {alone[place]:.9g} beside {FEWER - 1}"
            told = f"{name} is {whole[place]:.9g} for {where} {beside}"
            hint = "no mean, max, any or sort over the last axis, no np.arange; chance only by sight.pick"
            scene.fail(
                "leaks between draws", told, "each draw by itself: the same whoever is beside it", hint
            )


def examine_bid(world: World, seat: Seat, scene: Scene) -> Any:
    """Ask patrons that share a rule for their bid before the quarter is played, and examine it."""
    today = calendar.read_calendar(
        world.parameters, world.quarter, world.cast.energy_index(world.quarter), world.chance
    )
    standing = offers.take_stock(world.state, world.parameters, today)
    shown = (world.quarter, seat.names, world.state, world.parameters, standing, seat.rows)
    sight = PatronSight(*shown)
    about = replace(scene, rows=seat.names)
    bid = ask(seat.rule, "bid", about, sight)
    check_bid(bid, sight, about)
    return bid


def try_alone(candidate: Candidate, settings: Settings, situation: Situation = ORDINARY) -> int:
    """See that each patron bids by itself, the others by the rules of the setting, as it does among its like.

    Returns: how many bids were examined.
    Raises:
        RuleError: leaks between patrons, or any fault that shows only now.
    """
    trial = Trial(candidate, candidate.enlist(settings), situation, "expected", 1)
    world, scene = trial.world(0, DRAWS), trial.scene(0, DRAWS, situation.quarter)
    (together,) = (examine_bid(world, seat, scene) for seat in trial._seats(world))
    for row, name in enumerate(settings.patrons):
        single = Trial(
            candidate, candidate.enlist(settings, (name,)), situation, "expected", 1, "another rule"
        )
        world = single.world(0, DRAWS)
        seat = next(seat for seat in world.cast.seats if name in seat.names and len(seat.names) == 1)
        scene = single.scene(0, DRAWS, situation.quarter)
        alone = examine_bid(world, seat, scene)
        for field in BID_FIELDS:
            _compare_alone(field, name, getattr(together, field)[row], getattr(alone, field)[0], scene)
    return 1 + len(settings.patrons)


def _compare_alone(field: str, name: str, one: Array, other: Array, scene: Scene) -> None:
    if np.allclose(one, other, rtol=SLACK, atol=SLACK):
        return
    draw = int(np.argmax(np.abs(one - other)))
    told = f"{field} is {one[draw]:.9g} for patron '{name}' in draw {draw} where all share its rule"
    scene.fail(
        "leaks between patrons",
        f"{told}, {other[draw]:.9g} where none does",
        "the same: who shares a rule is no news to a patron",
        "sight.own holds the rows of whoever shares the rule: treat each by itself",
    )


def _remembered(memory: Any) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    if is_dataclass(memory):
        for item in fields(memory):
            yield f"memory.{item.name}", getattr(memory, item.name)
