"""Vector wrappers by name: Gymnasium's and users', bit for bit as if made by hand, and what does not fit."""

import importlib.util
import json
import sys
import warnings
from pathlib import Path

import gogym_test_whole as user
import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium import wrappers as single
from gymnasium.vector import SyncVectorEnv
from gymnasium.wrappers import vector as stock

from gogym.errors import CallbackError, WrapperError
from gogym.native import callback
from gogym.vector_engine import split_infos
from gogym.vector_wrappers import NAMES, apply
from gogym.wrappers import to_numpy
from support_batch import Batch

TABLE = Path(__file__).resolve().parent.parent / "wrappers" / "vector_table.json"
ROWS = json.loads(TABLE.read_text())["rows"]
MODES = {"next_step": "NextStep", "same_step": "SameStep", "disabled": "Disabled"}
COUNT = 4
STEPS = 40
USER = "gogym_test_whole"


def negate(x):
    return (-np.asarray(x, np.float64)).astype(x.dtype)


def double_plus_one(x):
    return (2 * np.asarray(x, np.float64) + 1).astype(x.dtype)


def first_two(x):
    return (2 * np.asarray(x[..., :2], np.float64)).astype(np.float32)


def half(reward):
    return reward / 2


def every_tenth(count):
    return count % 10 == 0


def _late(name, *arguments):
    """A wrapper whose module may be missing until it is used."""
    return lambda env: getattr(stock, name)(env, *arguments)


PLANE = spaces.Box(-2, 2, (2,), np.float32)
BY_HAND = {
    "vectorize-observation": lambda env: stock.VectorizeTransformObservation(
        env, single.RescaleObservation, min_obs=np.array([-2, -1.5]), max_obs=np.array([1, 0.5])
    ),
    "vectorize-observation-callback": lambda env: stock.VectorizeTransformObservation(
        env, single.TransformObservation, func=first_two, observation_space=PLANE
    ),
    "vectorize-observation-same-step": lambda env: stock.VectorizeTransformReward(
        env, single.ClipReward, max_reward=0.5
    ),
    "vectorize-action": lambda env: stock.VectorizeTransformAction(
        env, single.RescaleAction, min_action=-1, max_action=1
    ),
    "vectorize-action-callback": lambda env: stock.VectorizeTransformAction(
        env, single.TransformAction, func=negate, action_space=None
    ),
    "vectorize-reward": lambda env: stock.VectorizeTransformReward(
        env, single.ClipReward, min_reward=-2, max_reward=-0.5
    ),
    "vectorize-reward-callback": lambda env: stock.VectorizeTransformReward(
        env, single.TransformReward, func=half
    ),
    "dict-info-to-list": stock.DictInfoToList,
    "transform-observation": lambda env: stock.TransformObservation(env, negate),
    "transform-observation-space": lambda env: stock.TransformObservation(
        env, first_two, single_observation_space=PLANE
    ),
    "filter-dict": lambda env: stock.FilterObservation(env, ["obs"]),
    "filter-tuple": lambda env: stock.FilterObservation(env, [0, 2]),
    "flatten": stock.FlattenObservation,
    "grayscale": lambda env: stock.GrayscaleObservation(env, keep_dim=True),
    "resize": lambda env: stock.ResizeObservation(env, (4, 7)),
    "reshape": lambda env: stock.ReshapeObservation(env, (2, 2)),
    "rescale-observation": lambda env: stock.RescaleObservation(env, 0, 1),
    "dtype": lambda env: stock.DtypeObservation(env, np.float64),
    "normalize-observation": lambda env: stock.NormalizeObservation(env, 1e-6),
    "normalize-observation-vector": stock.NormalizeObservation,
    "transform-action": lambda env: stock.TransformAction(env, negate),
    "clip-action": stock.ClipAction,
    "rescale-action": lambda env: stock.RescaleAction(env, np.array([-0.5, 0]), np.array([0.5, 3])),
    "transform-reward": lambda env: stock.TransformReward(env, double_plus_one),
    "transform-reward-vector": lambda env: stock.TransformReward(env, double_plus_one),
    "clip-reward": lambda env: stock.ClipReward(env, -1.5, np.inf),
    "normalize-reward": lambda env: stock.NormalizeReward(env, 0.9, 1e-6),
    "record-episode-statistics": lambda env: stock.RecordEpisodeStatistics(env, 3, "stats"),
    "record-episode-statistics-same-step": stock.RecordEpisodeStatistics,
    "record-video": lambda env: stock.RecordVideo(
        env, "videos-by-hand", (2, 3), step_trigger=every_tenth, video_length=5, fps=10
    ),
    "human-rendering": lambda env: env,  # it changes nothing else, and a process has one window
    "array-conversion": lambda env: stock.ArrayConversion(
        env, importlib.import_module("numpy"), importlib.import_module("jax.numpy")
    ),
    "jax-to-numpy": _late("JaxToNumpy"),
    "jax-to-torch": _late("JaxToTorch", "cpu"),
    "numpy-to-torch": _late("NumpyToTorch", "cpu"),
    "three": lambda env: stock.ClipAction(stock.NormalizeObservation(stock.RecordEpisodeStatistics(env))),
}


@pytest.fixture(autouse=True)
def _quiet(monkeypatch, tmp_path):
    """Videos go to a folder of their own, and warnings about them nowhere."""
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture(scope="module", autouse=True)
def _callbacks():
    arrays, rewards, triggers = (negate, double_plus_one, first_two), (half,), (every_tenth,)
    for add, functions in (
        (callback.add_array_callback, arrays),
        (callback.add_reward_callback, rewards),
        (callback.add_trigger_callback, triggers),
    ):
        for function in functions:
            add(function.__name__, function)
    yield
    for function in (*arrays, *rewards, *triggers):
        callback.remove_callback(function.__name__)


def missing(row):
    return [package for package in row.get("needs", ()) if importlib.util.find_spec(package) is None]


def made_in_python(row):
    """The vector environment of a row, with wrappers constructed by hand."""
    options, mode = row.get("options", {}), MODES[row.get("mode", "next_step")]
    if row.get("engine") == "vector":
        env = gymnasium.make_vec(row["env"], COUNT, "vector_entry_point", **options)
    else:

        def make():
            env = gymnasium.make(row["env"], **options)
            return single.TimeAwareObservation(env, flatten=False) if "single" in row else env

        env = SyncVectorEnv([make] * COUNT, autoreset_mode=mode)
    return BY_HAND[row["name"]](env)


def options_of(row):
    own = {"engine": row.get("engine", "sync"), "autoreset_mode": row.get("mode", "next_step")}
    own["vector_wrappers"] = row["wrappers"]
    if "single" in row:
        own["wrappers"] = row["single"]
    return {**row.get("options", {}), "gogym": own}


def leaves(batched):
    """The arrays of a batch, each with one row for each environment."""
    if isinstance(batched, dict):
        return [leaf for part in batched.values() for leaf in leaves(part)]
    if isinstance(batched, tuple):
        return [leaf for part in batched for leaf in leaves(part)]
    return [np.asarray(batched)]


def as_rows(batched):
    arrays = [leaf.reshape(COUNT, -1).astype(np.float64) for leaf in leaves(to_numpy(batched))]
    return np.ascontiguousarray(np.hstack(arrays))


def test_the_names_are_gymnasiums():
    assert len(NAMES) == 26
    assert set(NAMES) == set(stock.__all__)
    assert {wrapper["name"].removeprefix("vector.") for row in ROWS for wrapper in row["wrappers"]} == set(
        NAMES
    )
    assert {row["name"] for row in ROWS} == set(BY_HAND)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_each_is_as_if_made_by_hand(row):
    if missing(row):
        pytest.skip(f"not installed: {', '.join(missing(row))}")
    env = made_in_python(row)
    with Batch(row["env"], COUNT, options_of(row)).bind() as batch:
        assert batch.description["observation_space"]["shape"] == env.single_observation_space.shape
        batch.call_table("seed_actions", batch.handle, row["seed"])
        env.action_space.seed(row["seed"])
        batch.reset(range(row["seed"], row["seed"] + COUNT))
        assert not batch.statuses.any(), batch.value("failures")[0]
        observations, infos = env.reset(seed=row["seed"])
        assert batch.observations.tobytes() == as_rows(observations).tobytes()
        compare_infos(row, batch, infos)
        for _ in range(STEPS):
            actions = env.action_space.sample()
            batch.actions[:] = batch.sample()
            assert batch.actions.tobytes() == as_rows(actions).tobytes()
            observations, rewards, terminated, truncated, infos = env.step(actions)
            batch.step()
            assert not batch.statuses.any(), batch.value("failures")[0]
            assert batch.observations.tobytes() == as_rows(observations).tobytes()
            assert batch.transitions["reward"].tolist() == to_numpy(rewards).tolist()
            assert batch.transitions["terminated"].tolist() == to_numpy(terminated).tolist()
            assert batch.transitions["truncated"].tolist() == to_numpy(truncated).tolist()
            compare_infos(row, batch, infos)
    env.close()
    if "files" in row:
        assert sorted(path.name for path in Path(row["files"]).iterdir()) == sorted(
            path.name for path in Path("videos-by-hand").iterdir()
        )


def compare_infos(row, batch, infos):
    if "info" not in row:
        return
    for ours, theirs in zip(batch.value("info"), split_infos(infos, COUNT), strict=True):
        for path in row["info"]:
            first, second = ours, theirs
            for key in path.split("/"):
                first, second = (first or {}).get(key), (second or {}).get(key)
            assert first == second


def sync(env_id="Pendulum-v1", **kwargs):
    return gymnasium.make_vec(env_id, 3, "sync", **kwargs)


def failure(env, *wrappers, error=WrapperError):
    with pytest.raises(error) as caught:
        apply(env, wrappers)
    return str(caught.value)


def test_the_first_is_innermost():
    env = apply(sync(), [{"name": "NormalizeObservation"}, {"name": "gymnasium.wrappers.vector:ClipAction"}])
    assert str(env) == "<ClipAction, <NormalizeObservation, SyncVectorEnv(Pendulum-v1, num_envs=3)>>"
    bare = sync()
    assert apply(bare, []) is bare


def test_users_wrappers(tmp_path):
    env = apply(sync(), [{"name": f"{USER}:Nothing"}])
    assert isinstance(env, user.Nothing)
    place = tmp_path / "mine.py"
    place.write_text(Path(user.__file__).read_text())
    assert type(apply(sync(), [{"name": f"{place}:Nothing"}])).__name__ == "Nothing"
    assert "is a wrapper for single environments" in failure(sync(), {"name": f"{USER}:Single"})
    assert "it made 3" in failure(sync(), {"name": f"{USER}:make_no_wrapper"})
    assert "has no 'Nothin'" in failure(sync(), {"name": f"{USER}:Nothin"})


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("NormalizObservation", "Did you mean NormalizeObservation"),
        ("normalize_observation", "there is no vector wrapper"),
        ("normalizeobservation", "Did you mean NormalizeObservation?"),
        ("TimeLimit", 'those of its environments stand in the option "wrappers"'),
        ("gymnasium.wrappers:ClipAction", "is a wrapper for single environments"),
        ("xyz", ", ".join(NAMES)),
    ],
)
def test_unknown_names(name, words):
    message = failure(sync(), {"name": name})
    assert name in message
    assert words in message


@pytest.mark.parametrize(
    ("wrapper", "words"),
    [
        ({"name": "NormalizeObservation", "epsilo": 1}, 'has no argument "epsilo". Its arguments: "epsilon"'),
        ({"name": "ReshapeObservation"}, 'needs the argument "shape"'),
        ({"name": "ReshapeObservation", "shape": [2, 2]}, "product of the new shape"),
        ({"name": "ClipAction", "env": 1}, '"env" is the environment that is wrapped'),
        ({"name": "GrayscaleObservation"}, "does not fit the environment"),
        ({"name": "RecordVideo", "video_folder": "nowhere"}, "render_mode"),
        ({"name": "VectorizeTransformObservation"}, 'needs the argument "wrapper"'),
        ({"name": "VectorizeTransformObservation", "wrapper": "ClipReward"}, 'its "wrapper" is ClipReward'),
        ({"name": "VectorizeTransformAction", "wrapper": "Nothing"}, "there is no wrapper 'Nothing'"),
        ({"name": "VectorizeTransformReward", "wrapper": "ClipReward", "min": 1}, 'has no argument "min"'),
        ({"name": "VectorizeTransformObservation", "wrapper": "ReshapeObservation", "shape": [9]}, "product of the new"),
    ],
)  # fmt: skip
def test_what_does_not_fit_names_itself_and_what_it_wanted(wrapper, words):
    message = failure(sync(), wrapper)
    assert "wrapper" in message
    assert words in message


def test_wrappers_of_observations_want_another_autoreset_mode():
    env = sync(vector_kwargs={"autoreset_mode": "SameStep"})
    assert "NEXT_STEP or DISABLED" in failure(env, {"name": "NormalizeObservation"})


@pytest.mark.parametrize(
    ("wrapper", "words"),
    [
        ({"name": "TransformObservation", "func": "half"}, "gym_add_array_callback"),
        ({"name": "TransformReward", "func": "half"}, "wants a callback for arrays"),
        (
            {"name": "RecordVideo", "video_folder": "x", "step_trigger": "negate"},
            "wants a callback for triggers",
        ),
    ],
)
def test_callbacks_of_another_kind(wrapper, words):
    from gogym.options import parse_json

    key = "step_trigger" if "step_trigger" in wrapper else "func"
    wrapper = {**wrapper, key: {"__callback__": wrapper[key]}}
    env = sync("CartPole-v1", render_mode="rgb_array")
    assert words in failure(env, parse_json(json.dumps(wrapper), "wrapper"), error=CallbackError)
    env.close()


def test_what_is_not_installed(monkeypatch):
    """The message says how to get it; never by a name that is another project's."""
    for name in list(sys.modules):
        if name.partition(".")[0] == "torch" or name == "gymnasium.wrappers.vector.numpy_to_torch":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(vars(stock), "NumpyToTorch", raising=False)
    for name in ("numpy_to_torch",):
        monkeypatch.delitem(sys.modules, f"gymnasium.wrappers.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    message = failure(sync(), {"name": "NumpyToTorch"}, error=gymnasium.error.DependencyNotInstalled)
    assert "pip install '.[torch]' in a checkout of gogym" in message
    assert "install " + "gogym" not in message  # an unrelated package of the public index
