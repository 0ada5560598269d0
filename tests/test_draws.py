"""A draw is one possible world: it depends on the seed and its own number, and on nothing beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import combinations
from multiprocessing import get_context

import numpy as np
import pytest
from scipy import stats

from hedging.settings.settings import Settings, read_settings
from hedging.world.arrays import Array
from hedging.world.chance import CHUNK, Luck, normal, uniform
from hedging.world.mesa import HedgingModel
from hedging.world.world import World
from tests.strategies import RECORDED, blocks_of, joined, pin, play, play_block, same, shipped_tree

DRAWS = 20_000
KEPT = ("utility", "effort", "accept", "coerce", "salience", "growth", "trade_share", "survival")
Change = Callable[[Settings], Settings]


def settings(
    draws: int = 60, vary: Sequence[str] = ("*",), horizon: int = 8, rule: str = "heuristic"
) -> Settings:
    """The shipped setting over so many draws."""
    ensemble = {"draws": draws, "keep": draws, "vary": list(vary)}
    return read_settings(shipped_tree(rule, ensemble=ensemble, horizon=horizon, chance="sampled"))


def same_samples(first: dict[str, Array], second: dict[str, Array]) -> None:
    """Fail unless two samples are equal to the bit."""
    assert first.keys() == second.keys()
    for path in first:
        same(path, first[path], second[path])


# Which draw it is ------------------------------------------------------------------------------------


def test_the_first_draws_of_many_are_the_draws_of_few() -> None:
    many, few = play(settings(60)), play(settings(23))
    for name in RECORDED:
        same(name, many[name][..., :23], few[name])


@pytest.mark.parametrize("size", [7, 32, 60, 1024])
def test_blocks_put_together_are_the_whole(size: int) -> None:
    whole = play(settings(60))
    blocks = blocks_of(settings(60), size, RECORDED)
    assert sum(block.count for block in blocks) == 60
    assert max(block.count for block in blocks) == min(size, 60)
    together = joined(blocks)
    for name in RECORDED:
        same(name, together[name], whole[name])


def test_a_block_across_two_chunks_is_its_two_halves() -> None:
    some = settings(CHUNK + 20)
    across = play_block(some, CHUNK - 9, 18, RECORDED)
    halves = [play_block(some, CHUNK - 9, 9, RECORDED), play_block(some, CHUNK, 9, RECORDED)]
    for name in RECORDED:
        same(name, across.arrays[name], np.concatenate([half.arrays[name] for half in halves], axis=-1))
    for path in across.sampled:
        same(path, across.sampled[path], np.concatenate([half.sampled[path] for half in halves]))


def test_the_next_chunk_is_not_the_first_again() -> None:
    drawn = settings().sample(0, 2 * CHUNK)
    for path, numbers in drawn.items():
        share = (numbers[:CHUNK] == numbers[CHUNK:]).mean()
        assert share < 0.3, path  # whole numbers of five values agree by chance


def test_a_longer_run_begins_like_a_shorter_one() -> None:
    short, long = play(settings(horizon=6)), play(settings(horizon=15))
    for name in RECORDED:
        same(name, long[name][: len(short[name])], short[name])


def test_other_processes_draw_the_same() -> None:
    some = settings(24)
    draw_block = partial(play_block, some, names=KEPT)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as workers:
        blocks = list(workers.map(draw_block, (0, 12), (12, 12)))
    whole = play_block(some, 0, 24, KEPT)
    for name in KEPT:
        same(name, np.concatenate([block.arrays[name] for block in blocks], axis=-1), whole.arrays[name])


# What stands beside it -------------------------------------------------------------------------------


def test_pinning_a_number_moves_no_other_sample_and_no_luck() -> None:
    free = settings()
    pinned = pin(
        shipped_tree(ensemble=free.tree["ensemble"], horizon=8), {"patrons.china.red_line_width": 0.3}
    )
    before, after = free.sample(0, 60), pinned.sample(0, 60)
    assert set(before) - set(after) == {"patrons.china.red_line_width"}
    same_samples({path: before[path] for path in after}, after)
    first, second = play(free), play(pinned)  # China cannot coerce: how sharp its line is changes nothing
    for name in RECORDED:
        same(name, first[name], second[name])


def test_a_newcomer_moves_no_sample_of_the_others() -> None:
    tree = shipped_tree()
    three = read_settings(tree).sample(0, 60)
    tree["patrons"]["india"] = tree["patrons"]["china"] | {"trade_share0": 0.02}
    four = read_settings(tree).sample(0, 60)
    assert len(four) > len(three)
    same_samples({path: four[path] for path in three}, three)


def test_patrons_drawn_alike_are_not_drawn_the_same() -> None:
    tree = shipped_tree()
    tree["patrons"]["india"] = tree["patrons"]["china"] | {"trade_share0": 0.02}
    drawn = read_settings(tree).sample(0, 60)
    for path in drawn:
        if path.startswith("patrons.china."):
            twin = path.replace("china", "india")
            assert twin not in drawn or not np.array_equal(drawn[path], drawn[twin]), path


def test_the_order_of_patrons_is_irrelevant() -> None:
    tree = shipped_tree(ensemble={"draws": 40, "keep": 40, "vary": ["*"]}, horizon=8, chance="sampled")
    first = read_settings(tree)
    tree["patrons"] = dict(reversed(tree["patrons"].items()))
    second = read_settings(tree)
    assert first.patrons == tuple(reversed(second.patrons))
    same_samples(first.sample(0, 40), second.sample(0, 40))
    one, other = play(first), play(second)
    for name in ("warmth", "effort", "accept", "coerce", "salience", "debt"):
        same(name, one[name], other[name][:, ::-1], 1e-12, 1e-12)


def test_every_rule_meets_the_same_luck() -> None:
    runs = [play(settings(rule=rule)) for rule in ("heuristic", "bandwagon", "random")]
    for run in runs[1:]:
        same("growth", run["growth"], runs[0]["growth"])
        assert not np.array_equal(run["effort"], runs[0]["effort"])


def test_a_draw_does_not_feel_another_seed_beside_it_but_its_own() -> None:
    first = settings().sample(0, 60)
    second = replace(settings(), seed=2).sample(0, 60)
    for path in first:
        assert not np.array_equal(first[path], second[path]), path


# What is drawn ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vary", "drawn"),
    [
        ([], lambda path: False),
        (["*"], lambda path: True),
        (["client.*"], lambda path: path.startswith("client.")),
        (["patrons.russia.red_line"], lambda path: path == "patrons.russia.red_line"),
        (["patrons.*.red_line", "world.*"], lambda path: path.endswith(".red_line") or path[:6] == "world."),
        (["*.rivalry.*"], lambda path: ".rivalry." in path),
    ],
)
def test_only_what_vary_names_is_drawn(vary: list[str], drawn: Callable[[str], bool]) -> None:
    everything = {number.path for number in settings().sampled}
    assert set(settings(vary=vary).sample(0, 4)) == {path for path in everything if drawn(path)}


def test_what_vary_does_not_name_keeps_its_central_value() -> None:
    some = settings(vary=["client.zeta"])
    p = World(some, draws=60).parameters
    assert len(set(p.zeta)) == 60
    assert p.red_line.tolist() == [[1.0] * 60, [3.0] * 60, [3.0] * 60]
    assert set(p.theta_sov) == {5.0}


def test_naming_fewer_numbers_moves_none_of_those_named() -> None:
    whole, part = settings().sample(0, 60), settings(vary=["client.*"]).sample(0, 60)
    same_samples({path: whole[path] for path in part}, part)


def test_one_draw_of_the_model_is_the_central_one() -> None:
    p = HedgingModel(draws=1).parameters
    assert (p.gdp0.tolist(), p.red_line[0].tolist(), p.deadline.tolist()) == ([15.0], [1.0], [36.0])


@pytest.fixture(scope="module")
def drawn() -> dict[str, Array]:
    """Many draws of every number that has a range."""
    return settings().sample(0, DRAWS)


def test_every_number_is_drawn_by_its_own_distribution(drawn: dict[str, Array]) -> None:
    """Triangular about the value, log-uniform, or uniform over whole numbers: all 60 and more of them."""
    kinds = set()
    for number in settings().sampled:
        x, low, high = drawn[number.path], number.low, number.high
        assert low is not None
        assert high is not None
        assert low <= x.min() <= x.max() <= high + 1e-12, number.path
        if number.domain.whole:
            values, counts = np.unique(x, return_counts=True)
            assert values.tolist() == list(range(int(low), int(high) + 1)), number.path
            p = stats.chisquare(counts).pvalue
        elif number.scale == "log":
            p = stats.kstest(np.log(x / low) / np.log(high / low), "uniform").pvalue
        else:
            mode = (number.value - low) / (high - low)
            p = stats.kstest((x - low) / (high - low), stats.triang(mode).cdf).pvalue
        assert p > 1e-4, f"{number.path}: p = {p:.1e}"
        kinds.add("whole" if number.domain.whole else number.scale)
    assert kinds == {"whole", "log", "linear"}


@pytest.mark.parametrize(
    ("path", "mean"),
    [
        ("client.gdp0", (14 + 15 + 17) / 3),
        ("patrons.russia.red_line", (0.6 + 1 + 1.6) / 3),
        ("client.diversification_push", 0.04 / 3),  # the mode at its low end
        ("patrons.united_states.salience0", (0.4 - 0.03) / np.log(0.4 / 0.03)),
        ("client.accept_precision", (600 - 120) / np.log(600 / 120)),
        ("world.deadline", 36),
        ("world.phaseout_start", 18),
        ("world.phaseout_quarters", 22),
    ],
)
def test_the_mean_of_a_number_is_that_of_its_distribution(
    drawn: dict[str, Array], path: str, mean: float
) -> None:
    x = drawn[path]
    assert x.mean() == pytest.approx(mean, abs=4.5 * x.std() / np.sqrt(DRAWS))


def test_no_two_numbers_go_together(drawn: dict[str, Array]) -> None:
    ranks = stats.zscore([stats.rankdata(x) for x in drawn.values()], axis=1)
    together = ranks @ ranks.T / DRAWS
    paths = list(drawn)
    for one, two in combinations(range(len(paths)), 2):
        assert abs(together[one, two]) < 5.5 / np.sqrt(DRAWS), f"{paths[one]} with {paths[two]}"


def test_luck_is_fresh_for_every_purpose_patron_and_quarter() -> None:
    luck = Luck(1, ("russia", "china"), 0, DRAWS, 2)
    rows = [
        luck.numbers(purpose, (name,), uniform, quarter)[0]
        for purpose in ("accept", "coerce", "salience", "fall")
        for name in ("russia", "china", "")
        for quarter in (0, 1)
    ]
    together = np.corrcoef(rows) - np.eye(len(rows))
    assert np.abs(together).max() < 5 / np.sqrt(DRAWS)


def test_luck_is_uniform_or_normal() -> None:
    luck = Luck(1, ("russia",), 0, DRAWS, 3)
    assert stats.kstest(luck.numbers("accept", ("russia",), uniform, 2)[0], "uniform").pvalue > 1e-3
    assert stats.kstest(luck.numbers("growth", ("",), normal, 2)[0], "norm").pvalue > 1e-3


def test_an_event_happens_as_often_as_it_is_likely() -> None:
    chance = Luck(1, ("russia", "china", "united_states"), 0, DRAWS, 1).at(0)
    likely = np.repeat([[0.0], [0.3], [1.0]], DRAWS, axis=1)
    happened = chance.patron_event("accept", likely)
    assert set(np.unique(happened)) == {0.0, 1.0}
    assert happened[0].sum() == 0
    assert happened[2].sum() == DRAWS
    assert happened[1].mean() == pytest.approx(0.3, abs=4.5 * np.sqrt(0.21 / DRAWS))
