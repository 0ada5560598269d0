"""Designs of experiments: each keeps every number's distribution, and is the same however it is played."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from command_line import TINY, Command
from scipy import stats

import hedging
from hedging.analysis.explain.replay import replay
from hedging.errors import HedgingError
from hedging.results.manifest import fingerprint
from hedging.settings import designs
from hedging.settings.designs import DESIGNS, GROUPED, nearest_sizes
from hedging.settings.settings import Settings, read_settings, settings_for
from hedging.studies.study import read_study
from hedging.world.chance import CHUNK, Luck, normal, uniform
from hedging.world.mesa import HedgingModel
from hedging.world.world import World
from tests.strategies import RECORDED, blocks_of, joined, pin, play, same, shipped_tree

RUSSIA = ("patrons.russia.red*", "patrons.russia.jealousy")  # three numbers
DESIGNED = [design for design in DESIGNS if design != "random"]


def settings(
    design: str,
    draws: int,
    vary: Sequence[str] = ("*",),
    rule: str = "heuristic",
    horizon: int = 6,
    **more: Any,
) -> Settings:
    """The shipped setting over so many draws of a design."""
    ensemble = {"draws": draws, "keep": draws, "vary": list(vary), "design": design, **more}
    return read_settings(shipped_tree(rule, ensemble=ensemble, horizon=horizon, chance="sampled"))


def fitting(design: str, numbers: int, draws: int) -> int:
    """A number of draws near some other that a design can have."""
    return nearest_sizes(design, numbers, draws)[1]


def same_samples(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one.keys() == other.keys()
    for path in one:
        same(path, one[path], other[path])


# What is drawn


@pytest.mark.parametrize("design", ["sobol", "latin_hypercube", "saltelli"])
def test_every_number_has_the_distribution_that_it_has_at_random(design: str) -> None:
    draws = 4096 if design != "saltelli" else 87 * 256
    drawn, random = settings(design, draws).sample(0, draws), settings("random", 20_000).sample(0, 20_000)
    assert list(drawn) == list(random)
    for number in settings("random", 2).sampled:
        x = drawn[number.path]
        assert number.low <= x.min() <= x.max() <= number.high, number.path
        if number.domain.whole:
            shares = [np.unique(values, return_counts=True) for values in (x, random[number.path])]
            assert shares[0][0].tolist() == shares[1][0].tolist(), number.path
            gap = shares[0][1] / len(x) - shares[1][1] / 20_000
            assert np.abs(gap).max() < 0.06, number.path
        else:
            gap = stats.ks_2samp(x, random[number.path]).statistic
            assert gap < (0.08 if design == "saltelli" else 0.02), f"{number.path}: {gap:.3f}"


def test_a_morris_design_stands_on_four_quantiles_of_every_number() -> None:
    draws = 86 * 40
    drawn = settings("morris", draws).sample(0, draws)
    for number in settings("random", 2).sampled:
        values = number.spread(np.array([0, 1 / 3, 2 / 3, np.nextafter(1, 0)]))
        assert set(drawn[number.path]) == set(values), number.path
        assert drawn[number.path].max() <= number.high


def test_a_sobol_design_leaves_smaller_gaps_than_chance() -> None:
    path = "patrons.russia.red_line"
    number = settings("random", 2).numbers[path]
    for design, worst in (("sobol", 2 / 1024), ("latin_hypercube", 2 / 1024)):
        ranks = stats.triang((number.value - number.low) / (number.high - number.low))
        u = ranks.cdf(
            (settings(design, 1024).sample(0, 1024)[path] - number.low) / (number.high - number.low)
        )
        assert stats.kstest(u, "uniform").statistic < worst


def test_no_two_numbers_of_a_latin_hypercube_or_a_sobol_design_go_together() -> None:
    draws = 16384  # two of the 85 columns of a Sobol sequence go together up to half as many
    for design in ("sobol", "latin_hypercube"):
        ranks = stats.zscore(
            [stats.rankdata(x) for x in settings(design, draws).sample(0, draws).values()], axis=1
        )
        together = np.abs(ranks @ ranks.T / draws - np.eye(len(ranks)))
        assert together.max() < 6 / np.sqrt(draws), design


def test_a_morris_walk_moves_every_number_once() -> None:
    drawn = settings("morris", 4 * 5, RUSSIA).sample(0, 20)
    walks = np.stack(list(drawn.values())).reshape(3, 5, 4)
    moved = (np.diff(walks, axis=2) != 0).sum(axis=(0, 2))
    assert moved.tolist() == [3] * 5
    assert ((np.diff(walks, axis=2) != 0).sum(axis=2) == 1).all()


def test_a_saltelli_group_takes_one_number_of_the_second_point_at_a_time() -> None:
    drawn = settings("saltelli", 5 * 8, RUSSIA).sample(0, 40)
    groups = np.stack(list(drawn.values())).reshape(3, 8, 5)
    first, last = groups[:, :, 0], groups[:, :, -1]
    for place in range(3):
        mixed = np.where(np.arange(3)[:, None] == place, last, first)
        np.testing.assert_array_equal(groups[:, :, 1 + place], mixed)


# Which draw it is


@pytest.mark.parametrize("design", ["random", "sobol"])
def test_the_first_draws_of_many_are_the_draws_of_few(design: str) -> None:
    many, few = settings(design, 3000).sample(0, 3000), settings(design, 23).sample(0, 23)
    same_samples({path: values[:23] for path, values in many.items()}, few)


@pytest.mark.parametrize("design", ["morris", "saltelli"])
def test_more_groups_of_as_many_numbers_begin_with_the_same_ones(design: str) -> None:
    few = fitting(design, 3, 40)
    more = fitting(design, 3, few)
    one, other = (settings(design, draws, RUSSIA).sample(0, few) for draws in (few, more))
    same_samples(one, other)


def test_a_latin_hypercube_of_another_size_has_other_draws() -> None:
    one, other = (settings("latin_hypercube", draws).sample(0, 40) for draws in (40, 41))
    assert all(not np.array_equal(one[path], other[path]) for path in one)


@pytest.mark.parametrize(
    ("design", "luck"),
    [*((design, "own") for design in DESIGNS), *((design, "shared") for design in GROUPED)],
)
def test_blocks_put_together_are_the_whole(design: str, luck: str) -> None:
    draws = fitting(design, 3, 60)
    some = settings(design, draws, RUSSIA, luck=luck)
    whole = play(some)
    for size in (7, 32, 1024):
        together = joined(blocks_of(some, size, RECORDED))
        for name in RECORDED:
            same(name, together[name], whole[name])


def test_pieces_of_a_sobol_design_in_any_order_are_those_of_the_whole() -> None:
    some = settings("sobol", 5 * CHUNK, RUSSIA)
    whole = some.sample(0, 5 * CHUNK)
    for first, count in ((4000, 100), (0, 10), (CHUNK - 5, 10), (3 * CHUNK, CHUNK), (17, 1), (2000, 3000)):
        same_samples({path: x[first : first + count] for path, x in whole.items()}, some.sample(first, count))


def test_a_design_is_made_once_for_all_blocks_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    by_salib = designs._by_salib

    def counted(*arguments: Any) -> Any:
        made.append(1)
        return by_salib(*arguments)

    monkeypatch.setattr(designs, "_by_salib", counted)
    designs._whole.cache_clear()
    some = settings("morris", 4 * 25, RUSSIA, horizon=1)
    assert len(blocks_of(some, 10, ["gdp"])) == 10
    assert made == [1]


def test_draws_beyond_a_design_are_refused() -> None:
    with pytest.raises(HedgingError, match=r"has the draws 0 to 7, none beyond; write ensemble\.draws=9"):
        settings("sobol", 8).sample(0, 9)


@pytest.mark.parametrize("design", DESIGNED)
def test_another_seed_is_another_design(design: str) -> None:
    some = settings(design, fitting(design, 3, 16), RUSSIA)
    one, other = some.sample(0, 16), replace(some, seed=2).sample(0, 16)
    assert all(not np.array_equal(one[path], other[path]) for path in one)


# What stands beside it


@pytest.mark.parametrize("design", DESIGNED)
def test_only_what_vary_names_is_in_a_design_and_what_is_pinned_is_not(design: str) -> None:
    assert settings(design, fitting(design, 3, 40), RUSSIA).design.columns == (
        "patrons.russia.jealousy",
        "patrons.russia.red_line",
        "patrons.russia.red_line_width",
    )
    draws = fitting(design, 2, 40)
    ensemble = {"draws": draws, "keep": 0, "vary": list(RUSSIA), "design": design}
    pinned = pin(shipped_tree(ensemble=ensemble, chance="sampled"), {"patrons.russia.red_line": 0.8})
    assert pinned.design.columns == ("patrons.russia.jealousy", "patrons.russia.red_line_width")
    assert "patrons.russia.red_line" not in pinned.sample(0, draws)
    assert set(World(pinned, draws=4).parameters.red_line[0]) == {0.8}


@pytest.mark.parametrize("design", ["sobol", "latin_hypercube"])
def test_pinning_a_number_or_another_rule_moves_no_other_number(design: str) -> None:
    free = settings(design, 60)
    tree = shipped_tree(ensemble=free.tree["ensemble"], chance="sampled")
    pinned = pin(tree, {"patrons.china.budget": 1.0}).sample(0, 60)
    whole = free.sample(0, 60)
    assert set(whole) - set(pinned) == {"patrons.china.budget"}
    same_samples({path: whole[path] for path in pinned}, pinned)
    other = settings(design, 60, rule="aspiration").sample(0, 60)
    for path in whole:
        if not path.startswith("client.rule."):
            same(path, whole[path], other[path])


@pytest.mark.parametrize("design", DESIGNED)
def test_the_null_rules_play_the_same_draws(design: str) -> None:
    some = settings(design, fitting(design, 85, 150))
    mine, null = some.sample(0, 100), some.under("random").sample(0, 100)
    shared = [path for path in mine if not path.startswith("client.rule.")]
    assert len(shared) > 60
    for path in shared:
        same(path, mine[path], null[path])


def test_nothing_to_vary_leaves_nothing_to_design() -> None:
    assert settings("morris", 7, []).sample(0, 7) == {}
    assert HedgingModel(**{"ensemble.design": "saltelli"}, horizon=2).sampled == {}


# Sizes


@pytest.mark.parametrize(
    ("design", "numbers", "draws", "near"),
    [
        ("random", 3, 17, (17, 18)),
        ("sobol", 3, 17, (17, 18)),
        ("latin_hypercube", 3, 17, (17, 18)),
        ("morris", 3, 17, (16, 20)),
        ("morris", 3, 16, (16, 20)),
        ("morris", 3, 2, (0, 4)),
        ("saltelli", 3, 79, (40, 80)),
        ("saltelli", 3, 80, (80, 160)),
        ("saltelli", 3, 4, (0, 5)),
    ],
)
def test_the_nearest_sizes_are_those_that_a_design_can_have(
    design: str, numbers: int, draws: int, near: tuple[int, int]
) -> None:
    assert nearest_sizes(design, numbers, draws) == near


@pytest.mark.parametrize(
    ("design", "draws", "told"),
    [
        ("morris", 2000, "a whole number times 86 draws; write ensemble.draws=1978 or ensemble.draws=2064"),
        ("morris", 85, "a whole number times 86 draws; write ensemble.draws=86"),
        ("saltelli", 2000, "a power of two times 87 draws; write ensemble.draws=1392 or ensemble.draws=2784"),
        ("latin_hypercube", 10**8, "68.0 GB; write ensemble.draws=1176470 or fewer"),
    ],
)
def test_a_size_that_cannot_be_is_told_with_those_that_can(design: str, draws: int, told: str) -> None:
    with pytest.raises(HedgingError) as raised:
        settings(design, draws, keep=0)
    assert told in str(raised.value)
    for words in str(raised.value).split("ensemble.draws=")[2:]:
        settings(design, int(words.split()[0]), keep=0)


def test_a_sobol_design_may_have_any_size() -> None:
    assert len(settings("sobol", 1000, RUSSIA).sample(0, 1000)["patrons.russia.red_line"]) == 1000


# Luck


def test_luck_is_that_of_the_draw_unless_it_is_shared() -> None:
    own, random = play(settings("saltelli", 40, RUSSIA)), play(settings("random", 40, RUSSIA))
    same("growth", own["growth"][0], random["growth"][0])
    shared = play(settings("saltelli", 40, RUSSIA, luck="shared"))["growth"][0].reshape(8, 5)
    assert (shared == shared[:, :1]).all()
    assert len(set(shared[:, 0])) == 8
    same("growth", shared[:, 0], random["growth"][0][:8])


@pytest.mark.parametrize("draw", [uniform, normal])
def test_shared_luck_is_the_same_in_any_piece(draw: Any) -> None:
    whole = Luck(1, ("russia",), 0, 7 * CHUNK, 3, group=7).numbers("accept", ("russia",), draw, 2)[0]
    alone = Luck(1, ("russia",), 0, CHUNK, 3).numbers("accept", ("russia",), draw, 2)[0]
    same("luck", whole, np.repeat(alone, 7))
    for first, count in ((0, 5), (6, 3), (1000, 200), (7 * CHUNK - 1, 1)):
        piece = Luck(1, ("russia",), first, count, 3, group=7).numbers("accept", ("russia",), draw, 2)[0]
        same("luck", piece, whole[first : first + count])


def test_a_draw_of_shared_luck_is_explained_as_it_was_played() -> None:
    some = settings("saltelli", 40, RUSSIA, luck="shared")
    story = replay(some, 13, 0, 0)
    same("frustration", story.record["frustration"].to_numpy()[:, 0], play(some)["frustration"][:, 0, 13])


# The ways in


def test_the_model_and_simulate_play_a_design() -> None:
    asked = {"ensemble.design": "saltelli", "ensemble.vary": list(RUSSIA), "horizon": 3}
    model = HedgingModel("baseline", draws=40, **asked)
    worlds = hedging.simulate("baseline", asked, draws=40)
    for path, values in model.sampled.items():
        same(path, values, worlds[path].to_numpy())
    with pytest.raises(HedgingError, match=r"write ensemble\.draws=40 or ensemble\.draws=80"):
        HedgingModel("baseline", draws=50, **asked)


@pytest.mark.parametrize("design", DESIGNED)
def test_a_run_writes_the_numbers_of_its_design(study: Command, design: str) -> None:
    draws, vary = fitting(design, 3, 8), f"ensemble.vary=[{','.join(RUSSIA)}]"
    ran = study(*TINY, f"ensemble.design={design}", f"ensemble.draws={draws}", vary)
    table = pd.read_parquet(ran.folder / "draws.parquet")
    expected = settings(design, draws, RUSSIA).sample(0, draws)
    for path, values in expected.items():
        same(path, table[path].to_numpy(), values)


@pytest.mark.parametrize(("design", "draws"), [("sobol", 16), ("latin_hypercube", 16), ("morris", 9)])
def test_a_swept_number_leaves_the_design_and_each_point_is_a_run_of_its_own(
    study: Command, design: str, draws: int
) -> None:
    asked = ("ensemble=quick", "horizon=4", "ensemble.keep=0", f"ensemble.draws={draws}")
    asked = (*asked, f"ensemble.design={design}", f"ensemble.vary=[{','.join(RUSSIA)}]")
    swept = study("-m", *asked, "patrons.russia.red_line=0.6,0.9")
    table = pd.read_parquet(swept.folder / "draws.parquet")
    alone = study(*asked, "patrons.russia.red_line=0.9")
    (folder,) = set(alone.folders) - set(swept.folders)
    one = pd.read_parquet(folder / "draws.parquet")
    point = table[table["patrons.russia.red_line"] == 0.9]
    same("utility", point["total_utility"].to_numpy(), one["total_utility"].to_numpy())


def test_a_sweep_over_a_design_that_does_not_fit_is_refused(study: Command) -> None:
    asked = (*TINY, "ensemble.design=morris", f"ensemble.vary=[{','.join(RUSSIA)}]")
    ran = study("-m", *asked, "patrons.russia.red_line=0.6,0.9")
    assert (ran.status, ran.err.count("\n"), ran.folders) == (1, 1, ())
    assert "over 2 numbers takes a whole number times 3 draws" in ran.err


def test_the_arms_of_a_study_stay_paired_also_where_one_has_fewer_draws() -> None:
    asked = ["ensemble=quick", "horizon=4", "ensemble.design=latin_hypercube"]
    arms = "+arms={a:{overrides:['patrons.china.budget=1'],draws:16},b:['client/rule=bandwagon']}"
    overrides = [*asked, arms]
    study = read_study(settings_for(None, overrides), overrides)
    one, other = (play.settings.sample(0, play.settings.draws) for play in study.plays)
    both = [path for path in one if path in other]
    assert len(both) > 60
    for path in both:
        same(path, one[path], other[path][:16])


# What a setting is known by


def test_a_setting_without_the_keys_is_that_of_a_random_design() -> None:
    tree = settings_for("baseline").tree
    old = tree | {"ensemble": {key: tree["ensemble"][key] for key in ("draws", "vary", "keep", "chance")}}
    assert fingerprint(old) == fingerprint(tree)
    assert read_settings(old).design == read_settings(tree).design
    for change in ("ensemble.design=sobol", "ensemble.draws=7"):
        assert fingerprint(settings_for("baseline", [change]).tree) != fingerprint(tree)


def test_saltelli_indices_of_a_known_function_come_out(tmp_path: Path) -> None:
    """SALib's own analysis, read off the draws as a user would: y = u1 + 2 u2 has the indices 0.2 and 0.8."""
    from SALib.analyze import sobol

    some = settings("saltelli", 5 * 512, RUSSIA)
    u = some.design.uniforms(1, 0, 5 * 512)
    one, two, three = u.values()
    problem = {"num_vars": 3, "names": list(u), "bounds": [[0, 1]] * 3}
    found = sobol.analyze(problem, one + 2 * two + 0 * three, calc_second_order=False, seed=1)
    assert found["S1"] == pytest.approx([0.2, 0.8, 0.0], abs=0.03)
    assert found["ST"] == pytest.approx([0.2, 0.8, 0.0], abs=0.03)
