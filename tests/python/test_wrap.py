"""gym_wrap and the option "wrappers": all or nothing, and what the host sees of it."""

import sys
import warnings
from pathlib import Path

import gogym_test_user_wrappers as user
import gymnasium
import pytest
from gymnasium import wrappers as stock

from gogym import native, state
from gogym.errors import StateError, WrapperError
from support_wrap import FRAMES, USER, failure, wrapped


@pytest.fixture(autouse=True)
def _quiet(monkeypatch, tmp_path):
    """Videos go to a folder of their own, and warnings about them nowhere."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture
def cart_pole():
    env = gymnasium.make("CartPole-v1")
    yield env
    env.close()


def continuation(env):
    """What an environment does next, and where it stands."""
    steps = [env.step(env.action_space.sample()) for _ in range(10)]
    return [(step[0].tolist(), *step[1:4]) for step in steps], env.unwrapped.np_random.random()


def begun(env_id, **options):
    env = gymnasium.make(env_id, **options)
    env.action_space.seed(2)
    env.reset(seed=1)
    for _ in range(3):
        env.step(env.action_space.sample())
    return env


FAILING = [
    [{"name": "FrameStackObservation", "stack_size": 2}, {"name": "TimeLimit", "max_episode_steps": 0}],
    [{"name": "AddRenderObservation"}, {"name": "TimeLimit", "max_episode_steps": 0}],
    [{"name": "RenderCollection"}, {"name": "AddRenderObservation"}],
    [{"name": f"{USER}:Fails", "played": True}],
    [{"name": "TimeLimit", "max_episode_steps": 4}, {"name": f"{USER}:Fails", "played": True}],
]


@pytest.mark.parametrize(
    "failing", FAILING, ids=["after-another", "after-a-reset", "by-a-reset", "played", "played-inside"]
)
@pytest.mark.parametrize("env_id", ["CartPole-v1", FRAMES])
def test_a_failure_changes_nothing(env_id, failing):
    """An environment in the middle of an episode goes on as if nothing had been tried."""
    env, twin = (begun(env_id, render_mode="rgb_array") for _ in range(2))
    with pytest.raises(WrapperError):
        wrapped(env, *failing)
    assert not {"reset", "step"} & set(vars(env))
    assert continuation(env) == continuation(twin)
    env.close()
    twin.close()


@pytest.mark.parametrize("failing", FAILING)
def test_a_failure_before_the_first_reset(failing):
    env = wrapped(gymnasium.make(FRAMES, render_mode="rgb_array"), {"name": "NormalizeObservation"})
    before = env.obs_rms.count, env.obs_rms.mean.tolist()
    with pytest.raises(WrapperError):
        wrapped(env, *failing)
    assert (env.obs_rms.count, env.obs_rms.mean.tolist()) == before
    assert "reset" not in vars(env)
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)
    env.reset(seed=1)
    env.close()


def test_after_success_nothing_is_watched(cart_pole):
    cart_pole.reset(seed=1)
    env = wrapped(cart_pole, {"name": "FrameStackObservation", "stack_size": 2})
    assert "reset" not in vars(cart_pole)
    assert "step" not in vars(cart_pole)
    assert env.reset(seed=1)[0].shape == (2, 4)


def test_a_wrapper_may_keep_the_method_that_it_saw(cart_pole):
    """One that keeps env.reset has one that works, and an instance's own method stays."""
    seen = []
    cart_pole.reset = lambda **kwargs: seen.append(kwargs) or type(cart_pole).reset(cart_pole, **kwargs)
    own = cart_pole.reset

    class Keeping(gymnasium.Wrapper):
        def __init__(self, env):
            super().__init__(env)
            self.kept = env.reset

    user.Keeping = Keeping
    try:
        env = wrapped(cart_pole, {"name": f"{USER}:Keeping"})
    finally:
        del user.Keeping
    assert cart_pole.reset is own
    env.kept(seed=3)
    assert seen == [{"seed": 3}]


def test_folders_of_videos_go_again():
    env = gymnasium.make(FRAMES, render_mode="rgb_array")
    pytest.importorskip("moviepy")
    Path("there").mkdir()
    for folder in ("new/deep", "there/new", "there"):
        failure(
            env,
            {"name": "RecordVideo", "video_folder": folder},
            {"name": "TimeLimit", "max_episode_steps": 0},
        )
    assert not Path("new").exists()
    assert Path("there").is_dir()
    assert not any(Path("there").iterdir())
    wrapped(env, {"name": "RecordVideo", "video_folder": "new/deep"})
    assert Path("new/deep").is_dir()


def test_the_environment_is_not_closed():
    closed = []
    env = gymnasium.make(FRAMES)
    env.unwrapped.close = lambda: closed.append(True)
    failure(env, {"name": "Autoreset"}, {"name": "ClipAction"})
    assert closed == []


# ------------------------------------------------------------------------------------------- through the C library


def c_failure(call, *arguments, **keywords):
    with pytest.raises(native.GymError) as caught:
        call(*arguments, **keywords)
    return caught.value


def test_options_of_gym_make(library):
    wrappers = [{"name": "FrameStackObservation", "stack_size": 4}, {"name": f"{USER}:Shifted", "shift": 1}]
    with native.Environment("CartPole-v1", {"gogym": {"wrappers": wrappers}}, library=library) as env:
        expected = user.Shifted(stock.FrameStackObservation(gymnasium.make("CartPole-v1"), 4), 1)
        assert env.reset(seed=1).tolist() == expected.reset(seed=1)[0].ravel().tolist()
    one = {"gogym": {"wrappers": {"name": "FrameStackObservation", "stack_size": 3}}}
    with native.Environment("CartPole-v1", one, library=library) as env:
        assert env.observation_size == 12


@pytest.mark.parametrize(
    ("wrappers", "status", "cls", "words"),
    [
        ([{"name": "Nothing"}], "GYM_ERR_WRAPPER", "", "there is no wrapper 'Nothing'"),
        ([{"name": "ClipAction"}], "GYM_ERR_WRAPPER", "TypeError", "wrapper ClipAction does not fit"),
        ([{"name": "TimeLimit"}], "GYM_ERR_WRAPPER", "", 'needs the argument "max_episode_steps"'),
        (
            [{"name": "ClipReward"}],
            "GYM_ERR_INVALID_BOUND",
            "gymnasium.error.InvalidBound",
            "wrapper ClipReward",
        ),
        ([{"name": "nowhere_at_all:Thing"}], "GYM_ERR_IMPORT", "ModuleNotFoundError", "nowhere_at_all"),
        ([{"name": "TransformReward", "func": {"__callback__": "none"}}], "GYM_ERR_CALLBACK", "", '"none"'),
        ([3], "GYM_ERR_JSON", "", "wrappers"),
    ],
)
def test_failures_through_c(library, wrappers, status, cls, words):
    made = c_failure(native.Environment, "CartPole-v1", {"gogym": {"wrappers": wrappers}}, library=library)
    assert (made.name, made.type) == (status, cls)
    assert words in made.message
    with native.Environment("CartPole-v1", library=library) as env:
        first = env.reset(seed=1)
        error = c_failure(env.wrap, wrappers)
        assert (error.name, error.type) == (status, cls)
        assert words in error.message
        # It is still there, and where it was.
        with gymnasium.make("CartPole-v1") as twin:
            assert first.tolist() == twin.reset(seed=1)[0].tolist()
            assert env.step([1])[0].tolist() == twin.step(1)[0].tolist()


@pytest.mark.parametrize("env_id", ["CartPole-v1", "Ant-v5", "LunarLander-v3", "ale_py:ALE/Pong-v5"])
def test_a_failure_through_c_changes_nothing(library, env_id):
    """Also where the wrapper has played in the environment before it failed."""
    if env_id.startswith("Lunar"):
        pytest.importorskip("Box2D")
    envs = [native.Environment(env_id, library=library) for _ in range(2)]
    for env in envs:
        env.seed_action(2)
        env.reset(seed=1)
        for _ in range(5):
            env.step(env.sample_action())
    error = c_failure(envs[0].wrap, {"name": f"{USER}:Fails", "played": True})
    assert "it does not like it" in error.message
    assert "call gym_reset" not in error.message
    for _ in range(10):
        (observation, *rest), (expected, *others) = (env.step(env.sample_action()) for env in envs)
        assert observation.tolist() == expected.tolist()
        assert rest == others
    for env in envs:
        env.close()


def test_a_callback_that_fails_while_a_wrapper_is_made(library):
    """AddRenderObservation resets the environment: the callback's error is that of gym_wrap."""

    @native.library.ARRAY_CALLBACK
    def refuse(user_data, given, expected, data, error):  # noqa: ARG001
        error.contents.message = b"not now"
        return 41

    library.call("gym_add_array_callback", b"test_wrap", refuse, None)
    function = {"name": "TransformObservation", "func": {"__callback__": "test_wrap"}}
    options = {"render_mode": "rgb_array", "gogym": {"wrappers": [function]}}
    try:
        with native.Environment(FRAMES, options, library=library) as env:
            error = c_failure(env.wrap, {"name": "AddRenderObservation"})
    finally:
        library.call("gym_remove_callback", b"test_wrap")
    assert (error.code, "not now" in error.message) == (41, True)


def test_a_state_that_cannot_be_put_back(cart_pole, monkeypatch):
    """Where the environment cannot be saved, the message says so."""

    def refuse(*_):
        raise StateError("not this one")

    monkeypatch.setattr(state, "save", refuse)
    cart_pole.reset(seed=1)
    message = failure(cart_pole, {"name": f"{USER}:Fails", "played": True})
    assert message.endswith("It had reset the environment, whose state cannot be put back: call gym_reset.")
    # A wrapper that fits is put around all the same.
    assert wrapped(gymnasium.make(FRAMES, render_mode="rgb_array"), {"name": "AddRenderObservation"})


def test_a_state_that_is_not_put_back_though_it_was_saved(cart_pole, monkeypatch):
    monkeypatch.setattr(state, "save", lambda *_: b"")

    def refuse(*_):
        raise StateError("it has changed")

    monkeypatch.setattr(state, "load", refuse)
    cart_pole.reset(seed=1)
    message = failure(cart_pole, {"name": f"{USER}:Fails", "played": True})
    assert "it does not like it" in message
    assert message.endswith("The environment is not as it was: it has changed")


def test_wrapping_twice(library):
    env = native.Environment("CartPole-v1", library=library)
    stacked = env.wrap({"name": "FrameStackObservation", "stack_size": 2})
    assert c_failure(env.reset).name == "GYM_ERR_HANDLE"
    both = stacked.wrap([{"name": "FlattenObservation"}])
    assert c_failure(stacked.reset).name == "GYM_ERR_HANDLE"
    assert both.observation_space()["shape"] == (8,)
    both.close()
    assert c_failure(both.reset).name == "GYM_ERR_HANDLE"
