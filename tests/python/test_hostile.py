"""Environments that lie: each is driven in a process of its own where it could take that process with it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import gogym_test_hostile
import gymnasium
import numpy as np
import pytest

ENVS = Path(gogym_test_hostile.__file__).parent

# Makes the environments that the arguments name, calls everything there is, and prints one line a call.
DRIVER = """
import json, sys
import gogym_test_hostile
import numpy as np
from gogym import native

def plain(value):
    if isinstance(value, np.ndarray):
        return {"dtype": str(value.dtype), "shape": value.shape, "first": value.reshape(-1)[:20].tolist(),
                "alike": bool((value == value.reshape(-1)[0]).all()) if value.size else True}
    if isinstance(value, native.Other):
        return {"class": value.class_name, "repr": value.repr}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return value

def call(name, what):
    try:
        result = {"result": plain(what())}
    except native.GymError as error:
        result = {"error": error.name, "type": error.type, "message": error.message}
    print(json.dumps([way, name, result]), flush=True)
    return result

def sizes():
    global env
    env = native.Environment(id, options)
    return [env.observation_size, env.action_size]

for way in sys.argv[1:]:
    print(json.dumps([way, "begun", None]), flush=True)
    id, options = "gogym_test/" + way, None
    if way in gogym_test_hostile.WAYS:
        id, options = "gogym_test/Hostile-v0", {"way": way}
    if "error" in call("make", sizes):
        continue
    for name in ("observation_space", "action_space", "reset", "info"):
        call(name, getattr(env, name))
    for _ in range(2):
        call("sample", env.sample_action)
    call("seed", lambda: env.seed_action(1))
    call("sample", env.sample_action)
    for number in (0.0, 1.0, 0.0):
        call("step", lambda: env.step([number] * (env.action_size or 0)))
    call("info", env.info)
    call("reset", env.reset)
    call("sample", env.sample_action)
    call("close", env.close)
"""


def drive(*ways, **environment):
    """What became of each call, as {way: {call: [what it gave, ...]}}, and what ended the process, if anything.

    Python's debug allocator fills what was freed and what was never written, and sees what was overrun.
    """
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ENVS), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "PYTHONMALLOC": "debug",
        "MALLOC_PERTURB_": "165",
        "PYTHONFAULTHANDLER": "1",
        "PYTHONWARNINGS": "ignore",
        **environment,
    }
    command = [sys.executable, "-c", DRIVER, *ways]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=environment)
    calls = {}
    for line in done.stdout.splitlines():
        way, name, result = json.loads(line)
        calls.setdefault(way, {}).setdefault(name, []).append(result)
    return calls, "" if done.returncode == 0 else f"ended with {done.returncode}\n{done.stderr[-3000:]}"


@pytest.fixture(scope="module")
def outcomes():
    """What became of every way. One that ends its process is marked, and the others go on in the next."""
    every, left = {}, [*gogym_test_hostile.WAYS, "Unwrapped-v0"]
    while left:
        calls, death = drive(*left)
        every.update(calls)
        if death:
            last = list(calls)[-1] if calls else left[0]
            every[last] = {**calls.get(last, {}), "death": death}
        left = [way for way in left if way not in every]
    return every


def results(outcome, call):
    """What a call gave each time; it must have succeeded."""
    given = outcome.get(call, [])
    assert given, f"{call} was never called: {outcome}"
    assert all("result" in one for one in given), given
    return [one["result"] for one in given]


def errors(outcome, call):
    given = outcome.get(call, [])
    assert given, f"{call} was never called: {outcome}"
    assert all("error" in one for one in given), given
    return given


def numbers(result):
    return result["first"] if result["dtype"] == "float64" else result


@pytest.mark.parametrize("way", [*gogym_test_hostile.WAYS, "Unwrapped-v0"])
def test_nothing_ends_the_process(outcomes, way):
    assert "death" not in outcomes[way], outcomes[way]["death"]


# ---------------------------------------------------------------------------------------------- sizes


def test_as_many_dimensions_as_numpy_has(outcomes):
    outcome = outcomes["dims-64"]
    assert results(outcome, "make") == [[1, 1]]
    if np.lib.NumpyVersion(np.__version__) >= "2.0.0":
        assert [numbers(one) for one in results(outcome, "reset")] == [[1.0], [1.0]]


@pytest.mark.parametrize("way", ["dims-65", "dims-100", "dims-100-inside"])
def test_more_dimensions_than_numpy_has(outcomes, way):
    outcome = outcomes[way]
    assert results(outcome, "make") == [[None, 1]]
    assert results(outcome, "reset") == [None, None]
    (space,) = results(outcome, "observation_space")
    assert space["size"] == -1
    if way == "dims-100":
        assert space["shape"] == [1] * 100


def test_more_dimensions_of_actions_than_numpy_has(outcomes):
    outcome = outcomes["dims-4000-action"]
    assert results(outcome, "make") == [[1, None]]
    for call in ("sample", "step"):
        assert {one["error"] for one in errors(outcome, call)} == {"GYM_ERR_DYNAMIC"}


@pytest.mark.parametrize("way", ["huge-binary", "huge-binary-1d", "huge-text", "huge-inside"])
def test_what_no_memory_can_hold_has_no_layout(outcomes, way):
    outcome = outcomes[way]
    assert results(outcome, "make") == [[None, 1]]
    assert results(outcome, "observation_space")[0]["size"] == -1
    assert results(outcome, "reset") == [None, None]


@pytest.mark.parametrize("way", [way for way in gogym_test_hostile.WAYS if way.startswith("shape-grow")])
def test_a_shape_is_believed_once(outcomes, way):
    """Whichever answer counts, an observation has as many elements as were announced, or is refused."""
    outcome = outcomes[way]
    ((size, _),) = results(outcome, "make")
    for one in outcome["reset"]:
        if "error" in one:
            assert one["error"] == "GYM_ERR_OBSERVATION"
        else:
            assert one["result"]["shape"] == [size]


@pytest.mark.parametrize("way", ["shape-negative", "shape-negative-twice", "text-negative"])
def test_negative_sizes_shorten_nothing(outcomes, way):
    """The size of a whole is never smaller than that of a part."""
    made = outcomes[way]["make"][0]
    assert "error" in made or made["result"][0] is None or made["result"][0] >= 50, made


def test_negative_sizes_of_actions_shorten_nothing(outcomes):
    made = outcomes["shape-negative-action"]["make"][0]
    assert "error" in made or made["result"][1] is None or made["result"][1] >= 50, made


@pytest.mark.parametrize("way", ["discrete-empty", "discrete-wide"])
def test_a_discrete_is_one_element(outcomes, way):
    made = outcomes[way]["make"][0]
    if "result" in made and made["result"][0] is not None:
        assert made["result"][0] == 1
        assert [numbers(one) for one in results(outcomes[way], "reset")] == [[3.0], [3.0]]


def test_a_discrete_that_leaves_its_dtype(outcomes):
    outcome = outcomes["discrete-leaves-int8"]
    assert [numbers(one) for one in results(outcome, "reset")] == [[100.0], [100.0]]
    outcome = outcomes["discrete-leaves-uint8"]
    for sample in results(outcome, "sample"):
        assert 0 <= numbers(sample)[0] <= 255
    results(outcome, "step")


def test_a_sample_beyond_float64(outcomes):
    for error in errors(outcomes["discrete-beyond-float64"], "sample"):
        assert error["error"] == "GYM_ERR_INEXACT"


# ---------------------------------------------------------------------------------------------- observations, rewards


@pytest.mark.parametrize(
    "way", [f"observation-{name}" for name in ("dtype", "astype", "shape", "array-method")]
)
def test_a_derived_array_is_what_its_base_is(outcomes, way):
    assert [numbers(one) for one in results(outcomes[way], "reset")] == [[1.0] * 3] * 2


def test_an_array_method_without_arguments(outcomes):
    given = results(outcomes["observation-plain-array-method"], "reset")
    assert [numbers(one) for one in given] == [[1e300, np.inf, 2.0**53]] * 2


@pytest.mark.parametrize("way", ["observation-short-list", "observation-long-tuple"])
def test_a_length_that_lies(outcomes, way):
    for error in errors(outcomes[way], "reset"):
        assert error["error"] == "GYM_ERR_OBSERVATION"
        assert "a tuple of 2" in error["message"]


def test_a_message_shows_what_was_given(outcomes):
    """It, and not the array that was made of it on the way."""
    for error in errors(outcomes["observation-text"], "reset"):
        assert error["message"].startswith("observation is 'x' (str); ")
    for error in errors(outcomes["observation-object"], "reset"):
        assert error["message"].startswith("observation is <no class> (gogym_test_hostile.NoClass); ")


LISTS = {
    "list-rounds": ("observation[0]", "9007199254740993"),
    "list-rounds-unsigned": ("observation[0]", "9223372036854775809"),
    "list-rounds-negative": ("observation[1]", "-9007199254740993"),
    "list-rounds-numpy": ("observation[0]", "9007199254740993"),
}


@pytest.mark.parametrize("way", LISTS)
def test_integers_of_a_list_are_not_rounded(outcomes, way):
    for call in ("reset", "step"):
        for error in errors(outcomes[way], call):
            assert error["error"] == "GYM_ERR_INEXACT"
            for part in LISTS[way]:
                assert part in error["message"]


def test_lists_that_float64_holds(outcomes):
    for way, expected in (("list-is-exact", [2.0**53 + 2, 1e300]), ("list-is-infinite", [np.inf, -np.inf])):
        assert [numbers(one) for one in results(outcomes[way], "reset")] == [expected] * 2


@pytest.mark.parametrize("kind", ["array", "scalar", "int", "index", "long-double"])
def test_rewards_are_not_rounded(outcomes, kind):
    if kind == "long-double" and np.finfo(np.longdouble).nmant == np.finfo(np.float64).nmant:
        pytest.skip("this machine's long double is a double")
    for error in errors(outcomes[f"reward-{kind}"], "step"):
        assert error["error"] == "GYM_ERR_INEXACT"
        assert "the reward" in error["message"]


def test_rewards_that_float64_holds(outcomes):
    for way, expected in (("reward-is-exact", 2.0**53 + 2), ("reward-long-double-is-exact", 0.5)):
        assert [one[1] for one in results(outcomes[way], "step")] == [expected] * 3


@pytest.mark.parametrize("name", gogym_test_hostile.KEEPERS)
def test_an_action_that_was_kept_stays_what_it_was(outcomes, name):
    outcome = outcomes[f"action-{name}"]
    results(outcome, "step")
    kept = results(outcome, "info")[-1]["kept"]
    assert [set(one) for one in kept] == [{0.0}, {1.0}, {0.0}]
    assert len(kept[0]) == (4 if name == "view" else 8)


# ---------------------------------------------------------------------------------------------- infos, exceptions

ARRAYS = {
    "info-dtype": ("int8", [10], [1] * 10),
    "info-dtype-large": ("int8", [30_000_000], [1] * 20),
    "info-astype": ("int16", [10], [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]),
    "info-shape": ("float64", [3], [1.0] * 3),
}


@pytest.mark.parametrize("way", ARRAYS)
def test_a_derived_array_in_an_info_is_what_its_base_is(outcomes, way):
    for info in results(outcomes[way], "info"):
        value = info["value"]
        assert (value["dtype"], value["shape"], value["first"]) == ARRAYS[way]
        assert value["alike"] == (way != "info-astype")


OTHERS = {
    # way: (class, what the repr says)
    "no-module": (None, "NoModule object"),
    "bad-qualname": (None, "object at"),
    "builtin-bad-qualname": (None, "object at"),
    "no-class": ("gogym_test_hostile.NoClass", "<no class>"),
    "bad-repr": ("gogym_test_hostile.BadRepr", "bad repr"),
    "exiting-repr": ("gogym_test_hostile.ExitingRepr", "SystemExit"),
    "items-raise": ("gogym_test_hostile.ItemsRaise", "{'a': 1}"),
    "items-no-pairs": ("gogym_test_hostile.ItemsAreNoPairs", "{'a': 1}"),
    "iteration-raises": ("gogym_test_hostile.IterationRaises", "[1]"),
    "released": ("memoryview", "released memory"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_one_odd_object_does_not_hide_the_rest(outcomes, name):
    cls, text = OTHERS[name]
    for info in results(outcomes[f"info-{name}"], "info"):
        assert (info["before"], info["after"]) == (1, 2)
        assert info["value"].keys() == {"class", "repr"}
        assert cls in (None, info["value"]["class"])
        assert text in info["value"]["repr"]


def test_odd_containers_are_what_they_hold(outcomes):
    for way, expected in (
        ("info-bad-text", "text"),
        ("info-short-list", [1]),
        ("info-items-endless", {str(i): i for i in range(1000)}),
    ):
        for info in results(outcomes[way], "info"):
            assert info == {"before": 1, "value": expected, "after": 2}
    for info in results(outcomes["info-itself-no-pairs"], "info"):
        assert info["class"] == "gogym_test_hostile.ItemsAreNoPairs"


def test_exceptions_are_described_as_far_as_they_let(outcomes):
    error = errors(outcomes["error-no-module"], "step")[0]
    assert (error["error"], error["message"]) == ("GYM_ERR_PYTHON", "the message")
    error = errors(outcomes["error-interrupted"], "step")[0]
    assert (error["error"], error["type"]) == ("GYM_ERR_PYTHON", "gogym_test_hostile.SilentError")
    assert "KeyboardInterrupt" in error["message"]
    error = errors(outcomes["error-bad-text"], "step")[0]
    assert (error["error"], error["message"]) == ("GYM_ERR_PYTHON", "bad words")


def test_a_failing_close_does_not_hide_why_it_was_closed(outcomes):
    (error,) = errors(outcomes["error-space-and-close"], "make")
    assert (error["error"], error["type"]) == ("GYM_ERR_PYTHON", "RuntimeError")
    assert error["message"] == "the real reason"


# ---------------------------------------------------------------------------------------------- changes under way


def in_python(way):
    """The samples that the driver takes, from Gymnasium itself."""
    env = gymnasium.make("gogym_test/Hostile-v0", way=way)
    env.reset()
    samples = [env.action_space.sample() for _ in range(2)]
    env.action_space.seed(1)
    samples.append(env.action_space.sample())
    env.reset()
    samples.append(env.action_space.sample())
    return [float(np.asarray(sample).reshape(-1)[0]) for sample in samples]


@pytest.mark.parametrize("way", ["replaced-same-size", "replaced-other-dtype"])
def test_a_replaced_action_space_is_sampled_as_in_python(outcomes, way):
    samples = [numbers(one)[0] for one in results(outcomes[way], "sample")]
    assert samples == in_python(way)
    results(outcomes[way], "step")


@pytest.mark.parametrize("way", ["replaced-other-size", "replaced-dynamic", "replaced-by-nothing"])
def test_a_replaced_action_space_of_another_size_is_refused(outcomes, way):
    results(outcomes[way], "reset")
    for error in (*errors(outcomes[way], "sample"), *errors(outcomes[way], "seed")):
        assert error["error"] == "GYM_ERR_ACTION"
        assert "has replaced its action space Discrete(5) by" in error["message"]


def test_wrappers_live_as_long_as_they_work(outcomes):
    """As in Python: the step under way succeeds, the next call finds nothing behind the wrapper."""
    outcome = outcomes["Unwrapped-v0"]
    observation, reward, terminated, truncated = outcome["step"][0]["result"]
    assert (numbers(observation), reward, terminated, truncated) == ([1.0], 0.5, False, False)
    assert outcome["info"][-1] == {"result": {"others": 500}}
    assert [one["type"] for one in outcome["step"][1:]] == ["AttributeError"] * 2
    assert outcome["reset"][-1]["type"] == "AttributeError"
