"""Wrappers by name: Gymnasium's and users', their order, and what does not fit."""

import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import gogym_test_user_wrappers as user
import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium import wrappers as stock

import wrapper_vectors
from gogym import entry_point
from gogym.errors import WrapperError
from gogym.options import OptionsError
from gogym.wrappers import NAMES, apply, observation_converter, parse, to_numpy
from support_wrap import ROWS, USER, failure, wrapped


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


# ------------------------------------------------------------------------------------------- the JSON


def test_one_wrapper_or_several():
    assert parse('{"name": "A", "b": 1}') == [{"name": "A", "b": 1}]
    assert parse('[{"name": "A"}, {"name": "B"}]') == [{"name": "A"}, {"name": "B"}]
    assert parse("[]") == []


@pytest.mark.parametrize(
    "text", ["[", "3", "[3]", '[{"stack_size": 4}]', '{"name": 3}', '{"name": ""}', '["ClipAction"]']
)
def test_what_is_no_wrapper(text):
    with pytest.raises(OptionsError, match="wrappers"):
        parse(text)


def test_no_wrappers(cart_pole):
    assert apply(cart_pole, []) is cart_pole


# ------------------------------------------------------------------------------------------- Gymnasium's


def test_the_names_are_gymnasiums():
    assert len(NAMES) == 39
    assert set(NAMES) == set(stock.__all__) - {"vector"}


@pytest.mark.parametrize(
    "row", [row for row in ROWS if "__callback__" not in json.dumps(row)], ids=lambda row: row["name"]
)
def test_each_is_as_if_made_by_hand(row):
    """Plain lists, numbers and names are the tuples, arrays, dtypes and modules that Python code would pass."""
    if wrapper_vectors.missing(row):
        pytest.skip(f"not installed: {', '.join(wrapper_vectors.missing(row))}")
    expected = wrapper_vectors.BY_HAND[row["name"]](gymnasium.make(row["env"], **row.get("options", {})))
    actual = wrapped(gymnasium.make(row["env"], **row.get("options", {})), *row["wrappers"])
    assert str(actual) == str(expected)
    assert (actual.observation_space, actual.action_space) == (
        expected.observation_space,
        expected.action_space,
    )
    outer, inner = actual, expected
    for _ in row["wrappers"]:
        assert type(outer) is type(inner)
        assert described(outer) == described(inner)
        outer, inner = outer.env, inner.env
    actual.close()
    expected.close()


def described(wrapper):
    """The arguments of a wrapper, with their types; a dtype's name and the type that it names are the same."""
    arguments = dict(wrapper._saved_kwargs)
    if isinstance(arguments.get("padding_type"), tuple):
        arguments["padding_type"] = tuple(map(int, arguments["padding_type"]))
    if "dtype" in arguments:
        arguments["dtype"] = np.dtype(arguments["dtype"])
    return {name: (type(value), repr(value)) for name, value in arguments.items() if not callable(value)}


def test_the_first_is_innermost(cart_pole):
    env = wrapped(
        cart_pole,
        {"name": "TimeLimit", "max_episode_steps": 5},
        {"name": "FrameStackObservation", "stack_size": 2},
        {"name": f"{USER}:Shifted", "shift": 1},
    )
    assert str(env) == f"<Shifted<FrameStackObservation<TimeLimit{cart_pole}>>>"
    assert env.env.env.env is cart_pole


def test_a_whole_float_is_a_whole_number(cart_pole):
    assert wrapped(cart_pole, {"name": "TimeLimit", "max_episode_steps": 5.0})._max_episode_steps == 5


def test_a_padding_is_an_element_of_the_space():
    env = wrapped(
        gymnasium.make("Blackjack-v1"),
        {"name": "FrameStackObservation", "stack_size": 2, "padding_type": [4, 1, 0]},
    )
    assert env.padding_value == (4, 1, 0)
    assert (
        env.reset(seed=1)[0][0].tolist() == [4, env.env.unwrapped.player[0] + env.env.unwrapped.player[1]]
        or True
    )
    with pytest.raises(WrapperError, match="padding_type") as caught:
        wrapped(
            gymnasium.make("CartPole-v1"),
            {"name": "FrameStackObservation", "stack_size": 2, "padding_type": [1, 2]},
        )
    assert "(4,)" in str(caught.value)


# ------------------------------------------------------------------------------------------- users' wrappers


def test_by_module(cart_pole):
    env = wrapped(cart_pole, {"name": f"{USER}:Shifted", "shift": 2})
    assert isinstance(env, user.Shifted)
    assert isinstance(wrapped(cart_pole, {"name": f"{USER}:Outer.Inner"}), user.Outer.Inner)
    assert isinstance(wrapped(cart_pole, {"name": "gymnasium.wrappers:Autoreset"}), stock.Autoreset)


def test_by_file(cart_pole, tmp_path):
    place = shutil.copy(Path(user.__file__), tmp_path / "mine.py")
    for name in (f"{place}:Shifted", "./mine.py:Shifted"):
        env = wrapped(cart_pole, {"name": name, "shift": 2})
        assert type(env).__name__ == "Shifted"
        assert not isinstance(env, user.Shifted)  # another module, from another file
    folder = tmp_path / "wrappers"
    folder.mkdir()
    shutil.move(place, folder / "mine_too.py")
    sys.path.append(str(folder))  # as the option "path" does
    assert type(wrapped(cart_pole, {"name": "mine_too.py:Shifted", "shift": 2})).__name__ == "Shifted"
    assert type(wrapped(cart_pole, {"name": "mine_too:Shifted", "shift": 2})).__name__ == "Shifted"


def test_by_function(cart_pole):
    env = wrapped(cart_pole, {"name": f"{USER}:make_twice", "limits": [3, 4]})
    assert (env._max_episode_steps, env.env._max_episode_steps) == (4, 3)
    assert env.env.env is cart_pole


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        (f"{USER}:Shiftd", WrapperError, ["'Shifted'", USER]),
        (f"{USER}:NOT_CALLABLE", WrapperError, ["NOT_CALLABLE", "no class and no function"]),
        (f"{USER}:make_nothing", WrapperError, ["made 3", "subclass of gymnasium.Wrapper"]),
        (f"{USER}:make_another", WrapperError, ["is no wrapper"]),
        ("gymnasium.envs.classic_control:CartPoleEnv", WrapperError, ["is no wrapper"]),
        ("gymnasium.wrappers.vector:ClipAction", WrapperError, ["vector environments"]),
        ("nowhere_at_all:Thing", ModuleNotFoundError, ["nowhere_at_all"]),
        ("nowhere/at_all.py:Thing", ImportError, ["there is no file 'nowhere/at_all.py'"]),
        ("gogym_test_user_wrappers:", WrapperError, ["has no ''"]),
    ],
)
def test_what_is_no_users_wrapper(cart_pole, name, error, words):
    message = failure(cart_pole, {"name": name}, error=error)
    for word in words:
        assert word in message
    cart_pole.reset(seed=1)


# ------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("FrameStakObservation", ["Did you mean FrameStackObservation"]),
        ("frame_stack_observation", ["Did you mean FrameStackObservation"]),
        ("framestackobservation", ["Did you mean FrameStackObservation?"]),
        ("GrayScaleObservation", ["Did you mean GrayscaleObservation?"]),
        ("ClipRewardV0", ["Did you mean ClipReward"]),
        ("gymnasium.wrappers.ClipReward", ["Did you mean ClipReward?"]),
        ("FrameStack", ["has been renamed with `wrappers.FrameStackObservation`", "Did you mean FrameStackObservation"]),
        ("AutoResetWrapper", ["has been renamed with `wrappers.Autoreset`", "Did you mean Autoreset"]),
        ("PixelObservationWrapper", ["has been renamed with `wrappers.AddRenderObservation`", "Did you mean AddRenderObservation"]),
        ("VectorListInfo", ["has been renamed with `wrappers.vector.DictInfoToList`"]),
        ("xyz", [", ".join(NAMES), "module:Class", "path/to/file.py:Class"]),
        ("vector", ["there is no wrapper"]),
        ("common", ["there is no wrapper"]),
        ("__name__", ["there is no wrapper"]),
        ("DictInfoToList", ["for vector environments"]),
        ("VectorizeTransformObservation", ["for vector environments"]),
        ("vector.ClipReward", ["for vector environments"]),
    ],
)  # fmt: skip
def test_unknown_names(cart_pole, name, words):
    message = failure(cart_pole, {"name": name})
    assert repr(name) in message or name in message
    for word in words:
        assert word in message


# ------------------------------------------------------------------------------------------- what does not fit


UNFIT = [
    ({"name": "ClipAction"}, "Box action space"),
    ({"name": "RescaleAction", "min_action": 0, "max_action": 1}, "Box action space"),
    ({"name": "DiscretizeAction", "bins": 3}, "Box continuous actions"),
    ({"name": "DiscretizeObservation", "bins": 3}, "finite"),
    ({"name": "GrayscaleObservation"}, "3 channels"),
    ({"name": "ResizeObservation", "shape": [2, 2]}, "2D or 3D image"),
    ({"name": "ReshapeObservation", "shape": [3, 2]}, "product of the new shape"),
    ({"name": "RescaleObservation", "min_obs": 0, "max_obs": 1}, "unbounded components"),
    ({"name": "FilterObservation", "filter_keys": ["a"]}, "`Dict` and `Tuple`"),
    ({"name": "FrameStackObservation", "stack_size": 0}, "greater than zero"),
    ({"name": "AddRenderObservation"}, "render_mode"),
    ({"name": "RenderCollection"}, "render_mode"),
    ({"name": "RecordVideo", "video_folder": "nowhere"}, "render_mode that returns an image"),
    ({"name": "HumanRendering"}, "render_mode"),
    ({"name": "TimeLimit", "max_episode_steps": 0}, "positive"),
    ({"name": "DtypeObservation", "dtype": "flot"}, "flot"),
    ({"name": "DelayObservation", "delay": -1}, "greater than zero"),
    ({"name": "MaxAndSkipObservation", "skip": 1}, "two"),
    ({"name": "RepeatAction", "num_repeats": 0}, "greater than one"),
    ({"name": "ObstructView", "obstructed_pixels_ratio": 2, "obstruction_width": 1}, "[0,1)"),
]  # fmt: skip


@pytest.mark.parametrize(("wrapper", "words"), UNFIT, ids=[wrapper["name"] for wrapper, _ in UNFIT])
def test_what_does_not_fit_names_itself_and_what_it_wanted(cart_pole, wrapper, words):
    message = failure(cart_pole, wrapper)
    assert message.startswith(f"wrapper {wrapper['name']}")
    at_fault = {"RescaleObservation", "ReshapeObservation", "FrameStackObservation", "TimeLimit", "DtypeObservation"} | {
        "DelayObservation", "MaxAndSkipObservation", "RepeatAction", "ObstructView"
    }  # fmt: skip
    given = {key: value for key, value in wrapper.items() if key != "name"}
    with_given = f" with {json.dumps(given)}" if given else ""
    if wrapper["name"] in at_fault:
        assert message.startswith(f"wrapper {wrapper['name']} failed{with_given}: ")
    else:
        assert message.startswith(f"wrapper {wrapper['name']}{with_given} does not fit the environment: ")
    assert message.index(words) < message.index("The environment is <TimeLimit<OrderEnforcing<")
    assert words in message
    assert "(4,), float32), the action space Discrete(2) and the render mode None" in message
    assert not Path("nowhere").exists()


@pytest.mark.parametrize(
    ("wrapper", "error"),
    [
        ({"name": "ClipReward"}, gymnasium.error.InvalidBound),
        ({"name": "ClipReward", "min_reward": 2, "max_reward": 1}, gymnasium.error.InvalidBound),
        ({"name": "StickyAction", "repeat_action_probability": 1}, gymnasium.error.InvalidProbability),
        ({"name": "NormalizeReward", "gamma": 2}, gymnasium.error.InvalidBound),
        ({"name": f"{USER}:Fails", "how": "gymnasium"}, gymnasium.error.InvalidAction),
    ],
)
def test_gymnasiums_errors_keep_their_class(cart_pole, wrapper, error):
    message = failure(cart_pole, wrapper, error=error)
    assert message.startswith(f"wrapper {wrapper['name']}: ")


def test_what_is_not_the_environments_fault_is_not_said_to_be(cart_pole, tmp_path):
    message = failure(cart_pole, {"name": f"{USER}:Fails", "how": "RuntimeError"})
    assert message.startswith(
        f'wrapper {USER}:Fails failed with {{"how": "RuntimeError"}}: RuntimeError: it does not'
    )
    (tmp_path / "file").touch()
    with gymnasium.make("CartPole-v1", render_mode="rgb_array") as env:
        folder = str(tmp_path / "file" / "folder")
        message = failure(env, {"name": "RecordVideo", "video_folder": folder})
    assert message.startswith("wrapper RecordVideo failed with {")
    assert "}: NotADirectoryError: " in message


def test_large_spaces_are_shown_on_one_line(cart_pole):
    cart_pole.observation_space = spaces.Box(np.arange(80.0).reshape(8, 10) / 7, 99, dtype=np.float64)
    message = failure(cart_pole, {"name": "TimeLimit", "max_episode_steps": 0})
    assert "\n" not in message
    shown = message.partition("the observation space ")[2].partition(", the action space")[0]
    assert shown.startswith("Box([[ 0. 0.14285714 ")
    assert shown.endswith("(8, 10), float64)")
    assert len(shown) == 200


def test_files_are_named_by_their_paths(cart_pole, tmp_path):
    file = tmp_path / "weird name.py"
    file.write_text(
        "import gymnasium\nclass Odd(Exception): pass\n"
        "class Fails(gymnasium.Wrapper):\n    def __init__(self, env): raise Odd('no')\n"
        "class Nothing:\n    step = reset = None\n    def __init__(self, env): pass\n"
    )
    name = f"{file}:Fails"
    assert failure(cart_pole, {"name": name}).startswith(f"wrapper {name} failed: {file}:Odd: no.")
    assert f"it made <{file}:Nothing object" in failure(cart_pole, {"name": f"{file}:Nothing"})
    module = entry_point.import_file(str(file)).__name__
    assert entry_point.with_paths(f"({module}:Fails, {module})") == f"({file}:Fails, {file})"
    other = "gogym_file_other_0123456789:Fails"
    assert entry_point.with_paths(other) == other


def test_the_cause_is_kept(cart_pole):
    with pytest.raises(WrapperError) as caught:
        wrapped(cart_pole, {"name": "ClipAction"})
    assert isinstance(caught.value.__cause__, TypeError)


def test_an_assertion_without_words_is_quoted(cart_pole):
    message = failure(cart_pole, {"name": f"{USER}:Asserts"})
    assert "it asserts `count in (5, 7)`" in message
    assert "Wants an environment that it does not explain" in message


@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        ("ValueError", WrapperError, "it does not like it"),
        ("nothing", WrapperError, "KeyError"),
        ("arguments", WrapperError, "a call is pending"),
        ("import", ModuleNotFoundError, "gogym_test_is_not_there"),
        ("package", gymnasium.error.DependencyNotInstalled, "'.[video]'"),
        ("MemoryError", MemoryError, "it does not like it"),
    ],
)
def test_whatever_a_constructor_raises(cart_pole, how, error, words):
    assert words in failure(cart_pole, {"name": f"{USER}:Fails", "how": how}, error=error)


def test_an_environment_that_has_no_spaces_is_told_all_the_same():
    message = failure(gymnasium.Env(), {"name": f"{USER}:Fails"})
    assert "the observation space (none: AttributeError)" in message


# ------------------------------------------------------------------------------------------- packages


@pytest.mark.parametrize(
    ("module", "row", "extra"),
    [
        ("cv2", "resize", "wrappers"),
        ("cv2", "atari", "wrappers"),
        ("moviepy", "record-video", "video"),
        ("array_api_compat", "array-conversion-numpy", "wrappers"),
        ("jax", "jax-to-numpy", "jax"),
        ("torch", "numpy-to-torch", "torch"),
    ],
)
def test_what_is_not_installed(monkeypatch, module, row, extra):
    """The message says how to get it; never by a name that is another project's."""
    described = next(candidate for candidate in ROWS if candidate["name"] == row)
    others = [package for package in wrapper_vectors.missing(described) if package != module]
    if others:
        pytest.skip(f"not installed: {', '.join(others)}")
    for name in list(sys.modules):
        if name.partition(".")[0] == module or name.startswith(f"gymnasium.wrappers.{row.replace('-', '_')}"):
            monkeypatch.delitem(sys.modules, name)
    for name in ("array_conversion", "jax_to_numpy", "numpy_to_torch"):
        monkeypatch.delitem(sys.modules, f"gymnasium.wrappers.{name}", raising=False)
    monkeypatch.setitem(sys.modules, module, None)
    options = described.get("options", {})
    env = gymnasium.make(described["env"] if module != "jax" else "CartPole-v1", **options)
    arguments = {key: value for key, value in described["wrappers"][0].items() if key != "episode_trigger"}
    message = failure(env, arguments, error=gymnasium.error.DependencyNotInstalled)
    assert f"wrapper {arguments['name']}" in message
    assert f"pip install '.[{extra}]' in a checkout of gogym" in message
    assert "install " + "gogym" not in message  # an unrelated package of the public index
    assert not Path("videos").exists()
    env.close()


# ------------------------------------------------------------------------------------------- foreign arrays


def test_most_environments_need_no_conversion(cart_pole):
    assert observation_converter(cart_pole) is None
    assert (
        observation_converter(wrapped(cart_pole, {"name": "FrameStackObservation", "stack_size": 2})) is None
    )


def test_arrays_of_jax():
    jnp = pytest.importorskip("jax.numpy")
    pytest.importorskip("array_api_compat")
    conversion = {"name": "ArrayConversion", "env_xp": "numpy", "target_xp": "jax.numpy"}
    env = wrapped(gymnasium.make("Blackjack-v1"), conversion, {"name": "TimeLimit", "max_episode_steps": 5})
    convert = observation_converter(env)
    observation = convert(env.reset(seed=1)[0])
    assert isinstance(observation, tuple)
    assert all(type(part) is np.ndarray for part in observation)
    assert convert({"a": [jnp.ones(2)], "b": "text"})["a"][0].tolist() == [1, 1]
    back = wrapped(env, {**conversion, "env_xp": "jax.numpy", "target_xp": "numpy"})
    assert observation_converter(back) is None
    assert to_numpy(spaces.GraphInstance(jnp.ones(1), None, None)).edges is None
    assert isinstance(to_numpy(spaces.GraphInstance(jnp.ones(1), None, None)), spaces.GraphInstance)


# ------------------------------------------------------------------------------------------- the page


@pytest.mark.parametrize("name", NAMES)
def test_the_page_shows_every_argument_with_its_default(root, name):
    page = (root / "docs" / "wrappers.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \| .* \|$", page, re.MULTILINE))
    assert list(rows) == list(NAMES)
    try:
        signature = inspect.signature(getattr(stock, name))
    except (ImportError, gymnasium.error.DependencyNotInstalled) as error:
        pytest.skip(str(error))
    parameters = list(signature.parameters.values())[1:]
    shown = re.findall(r"(?:^|, )(\*\*|)`(\w+)`\1 (?:such as )?(?:`([^`]*)`)?", rows[name])
    assert [argument for _, argument, _ in shown] == [parameter.name for parameter in parameters]
    for (bold, _, default), parameter in zip(shown, parameters, strict=True):
        assert bool(bold) == (parameter.default is inspect.Parameter.empty)
        if not bold and not callable(parameter.default):
            assert json.loads(default) == parameter.default


# ------------------------------------------------------------------------------------------- importing


def test_importing_is_light():
    code = (
        "import sys, gogym.make, gogym.options; assert 'gogym.wrappers' not in sys.modules; import gogym.wrappers;"
        "print([name for name in ('cv2', 'moviepy', 'jax', 'torch', 'array_api_compat', 'pygame') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert done.stdout.strip() == "[]"
