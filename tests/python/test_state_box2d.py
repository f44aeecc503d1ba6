"""Snapshots of environments with Box2D: the episode is played again, to the last bit, whatever the world has seen."""

import gc
from functools import partial

import gymnasium
import numpy as np
import pytest
from gymnasium import wrappers

from gogym.errors import StateError
from support_state import Play, check_continuation, making, same

pytest.importorskip("Box2D", reason="the extra box2d is not installed")

import Box2D
from gymnasium.envs.box2d.lunar_lander import LunarLander, heuristic

from gogym import state_box2d

CASES = {
    "LunarLander-v3": {},
    "LunarLander-v3 with wind": {"continuous": True, "enable_wind": True},
    "BipedalWalker-v3": {},
    "BipedalWalkerHardcore-v3": {},
    "CarRacing-v3": {},
    "CarRacing-v3 of five actions": {"continuous": False, "domain_randomize": True},
}


def play_of(case, *wrap, draws=False, **options):
    return Play(making(case.split()[0], *wrap, **CASES[case], **options), draws)


@pytest.mark.parametrize(
    ("case", "earlier"),
    [
        (case, earlier)
        for case in CASES
        for earlier in (0, 1, 3)
        if not (case.startswith("Car") and earlier == 3)
    ],
)
def test_continuation(case, earlier):
    """After `earlier` other episodes: a world that is used again does not number its shapes as a new one does."""
    steps = 15 if case.startswith("Car") else 50
    play = play_of(case)
    for episode in range(earlier):
        play.begin(seed=episode, steps=steps + 7)
    play.begin(seed=42, steps=steps)
    check_continuation(play, steps)


@pytest.mark.parametrize("case", ["LunarLander-v3", "BipedalWalker-v3", "CarRacing-v3"])
def test_a_first_episode_without_a_seed(case):
    """The generator comes with the first reset, with a seed of nobody's choice."""
    play = play_of(case)
    play.reset()
    play.steps(10)
    check_continuation(play, 10)


def gentle(play, count):
    return [play.step(play.env.action_space.sample() * np.float32(0.3)) for _ in range(count)]


def test_a_walker_in_a_used_world():
    """What the free list is kept for: a walker on its feet moves in another way than it would in a new world."""
    used, new = play_of("BipedalWalker-v3"), play_of("BipedalWalker-v3")
    for episode in range(2):
        used.begin(seed=episode)
        gentle(used, 40)
    used.begin(seed=100)
    new.begin(seed=100)
    saved = used.save()
    expected = gentle(used, 40)
    assert not same(gentle(new, 40), expected)
    for play in (used, new, play_of("BipedalWalker-v3")):
        play.load(saved)
        assert same(gentle(play, 40), expected)
    check_continuation(used, 20)


def test_on_the_ground():
    """In contact, the solver remembers the impulses of the last step."""
    play = play_of("LunarLander-v3")
    play.begin(seed=3)
    lander = play.env.unwrapped
    while not all(leg.ground_contact for leg in lander.legs):
        _, _, terminated, _, _ = play.step(np.int64(heuristic(lander, play.last[0])))
        assert not terminated
    assert sum(contact.touching for contact in lander.world.contacts) >= 2
    check_continuation(play, 40)


def test_a_walker_on_its_feet():
    play = play_of("BipedalWalker-v3")
    play.begin(seed=3)
    walker = play.env.unwrapped
    for _ in range(30):
        play.step(np.zeros(4, np.float32))
    assert any(leg.ground_contact for leg in walker.legs[1::2])
    check_continuation(play, 40)


@pytest.mark.parametrize("case", ["LunarLander-v3", "BipedalWalker-v3", "CarRacing-v3"])
def test_frames(case, monkeypatch):
    """Drawing makes a difference: the lander's sparks grow old by being drawn, and touch the ground."""
    pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    play = play_of(case, draws=True, render_mode="rgb_array")
    play.begin(seed=6, steps=10)
    check_continuation(play, 10)


def test_frames_now_and_then(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    play = play_of("LunarLander-v3", render_mode="rgb_array")
    play.begin(seed=6)
    for step in range(60):
        play.step(np.int64(2))
        if step % 7 == 0:
            play.env.render()
    assert len(play.env.unwrapped.particles) > 5
    saved, frame = play.save(), play.env.render()
    play.steps(20)
    play.load(saved)
    assert same(play.env.render(), frame)


def test_a_window_is_not_drawn_in_again(monkeypatch):
    pygame = pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    play = play_of("LunarLander-v3", render_mode="human")
    play.env.unwrapped.metadata = {**play.env.unwrapped.metadata, "render_fps": 100000}
    play.begin(seed=6, steps=20)
    saved = play.save()
    expected = play.steps(10)
    drawn = []
    monkeypatch.setattr(pygame.display, "flip", lambda: drawn.append(1))
    play.load(saved)
    assert drawn == []
    assert same(play.steps(10), expected)
    assert drawn
    play.env.close()


def test_when_the_episode_has_ended():
    play = play_of("LunarLander-v3")
    play.begin(seed=2)
    while not play.step(play.env.action_space.sample())[2]:
        pass
    saved = play.save()
    expected = [play.reset(), *play.steps(20)]
    play.load(saved)
    assert same([play.reset(), *play.steps(20)], expected)


@pytest.mark.parametrize(
    "wrap",
    [
        partial(
            wrappers.StickyAction, repeat_action_probability=0.4
        ),  # draws from the environment's generator
        wrappers.RecordEpisodeStatistics,
        wrappers.Autoreset,
        wrappers.NormalizeObservation,
    ],
)
def test_wrappers(wrap):
    play = play_of("LunarLander-v3", wrap)
    play.begin(seed=2, steps=50)
    check_continuation(play, 50)


def test_noise_in_frames_is_drawn_from_the_environment_s_generator(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    noise = partial(wrappers.AddWhiteNoise, probability_of_noise_per_pixel=0.2)
    play = play_of("LunarLander-v3", noise, draws=True, render_mode="rgb_array")
    play.begin(seed=2, steps=8)
    check_continuation(play, 8)


def test_states_of_loaded_states():
    play = play_of("BipedalWalker-v3")
    play.begin(seed=2, steps=10)
    first = play.save()
    play.steps(10)
    play.load(first)
    second = play.save()
    expected = play.steps(30)
    other = play_of("BipedalWalker-v3")
    other.load(second)
    third = other.save()
    play.load(third)
    assert same(play.steps(30), expected)
    assert same(other.steps(30), expected)


@pytest.mark.parametrize("how", ["make", "copy"])
def test_clones(how):
    play = play_of("LunarLander-v3")
    play.begin(seed=2, steps=10)
    clone = play.clone(how)
    expected = clone.steps(30)
    assert same(play.steps(30), expected)


def test_actions_that_were_refused_are_refused_again():
    play = play_of("LunarLander-v3", enable_wind=True, disable_env_checker=True)
    play.begin(seed=2, steps=5)
    with pytest.raises(AssertionError, match="invalid"):
        play.env.step(7)  # after the wind has blown
    play.steps(5)
    check_continuation(play, 20)


def test_a_seed_that_is_refused_changes_nothing():
    play = play_of("BipedalWalker-v3")
    play.begin(seed=2, steps=5)
    with pytest.raises(gymnasium.error.Error):
        play.env.unwrapped.reset(seed=-5)
    check_continuation(play, 20)


# ------------------------------------------------------------------------------------------- what cannot be saved


def test_changes_from_outside():
    play = play_of("LunarLander-v3")
    play.begin(seed=2, steps=5)
    saved = play.save()
    play.journal.invalidate('gym_set_attr has set "unwrapped.gravity"')
    with pytest.raises(StateError, match=r"since its last reset, and gym_set_attr has set"):
        play.save()
    play.steps(3)
    with pytest.raises(StateError, match="can be saved again after the next reset"):
        play.save()
    play.load(saved)
    play.save()
    play.journal.invalidate("something")
    play.reset(seed=3)
    play.steps(5)
    check_continuation(play, 10)


def test_a_change_that_nobody_has_told_of_is_noticed():
    play = play_of("LunarLander-v3")
    play.begin(seed=2, steps=5)
    play.env.unwrapped.lander.ApplyForceToCenter((300, 0), True)
    play.steps(5)
    saved = play.save()
    expected = play.steps(20)
    other = play_of("LunarLander-v3")
    other.begin(seed=9, steps=10)
    kept = other.save()
    after = other.steps(20)
    other.load(kept)
    with pytest.raises(StateError, match="has not come to the same end"):
        other.load(saved)
    assert same(other.steps(20), after), "a load that fails changes nothing"
    assert len(expected) >= 20


def test_before_the_first_reset():
    play = play_of("LunarLander-v3")
    with pytest.raises(StateError, match="has not been reset since it was made"):
        play.save()


class MyLander(LunarLander):
    """An environment of one's own with Box2D."""


def test_other_environments_with_box2d():
    play = Play(MyLander)
    play.begin(seed=1)
    assert play.journal is None
    with pytest.raises(StateError, match=r"unwrapped\.world is an object of Box2D, .* gogym_save_state"):
        play.save()


def test_too_many_steps(monkeypatch):
    monkeypatch.setattr(state_box2d, "MOST_EVENTS", 10)
    play = play_of("LunarLander-v3")
    play.begin(seed=1, steps=10)
    play.save()
    play.steps(1)
    with pytest.raises(StateError, match="more than 10 steps"):
        play.save()


# ------------------------------------------------------------------------------------------- the free list


def shapes(world, count):
    edge = Box2D.b2.edgeShape(vertices=[(0, 0), (1, 0)])
    return [world.CreateStaticBody(position=(index, 0), shapes=edge) for index in range(count)]


def test_free_lists():
    new, used, other = Box2D.b2World(), Box2D.b2World(), Box2D.b2World()
    assert np.frombuffer(state_box2d.free_list(new), np.int32).tolist() == list(range(16))
    bodies = shapes(used, 100)
    for body in bodies[::3] + bodies[1::3] + bodies[2::3]:
        used.DestroyBody(body)
    free = state_box2d.free_list(used)
    order = np.frombuffer(free, np.int32)
    assert sorted(order) == list(range(256))
    assert order.tolist() != sorted(order)
    state_box2d.set_free_list(other, free)
    assert state_box2d.free_list(other) == free
    # From here on both number their shapes in the same way, also when they grow.
    for world in (used, other):
        bodies = shapes(world, 300)
        for body in bodies[::2] + bodies[1::2]:
            world.DestroyBody(body)
    assert state_box2d.free_list(other) == state_box2d.free_list(used)


def test_a_world_that_is_not_empty_has_no_free_list_to_be_kept():
    world = Box2D.b2World()
    shapes(world, 3)
    with pytest.raises(StateError, match="not empty"):
        state_box2d.free_list(world)


def test_another_box2d_is_used_only_as_far_as_it_is_understood(monkeypatch):
    monkeypatch.setattr(state_box2d, "_is_known", [False])
    play = play_of("BipedalWalker-v3")
    play.begin(seed=1, steps=10)  # the first episode of a new world
    check_continuation(play, 10)
    play = play_of("BipedalWalker-v3")
    play.begin(seed=1, steps=10)
    play.reset()
    with pytest.raises(StateError, match="in a way that gogym does not know"):
        play.save()
    play = play_of("LunarLander-v3")
    for episode in range(3):
        play.begin(seed=episode, steps=10)
    check_continuation(play, 10)


def test_worlds_do_not_pile_up():
    play = play_of("BipedalWalker-v3")
    play.begin(seed=1, steps=3)
    saved = play.save()
    for _ in range(3):
        play.load(saved)
    gc.collect()
    before = sum(type(value) is Box2D.b2World for value in gc.get_objects())
    for _ in range(20):
        play.load(saved)
    gc.collect()
    assert sum(type(value) is Box2D.b2World for value in gc.get_objects()) <= before
