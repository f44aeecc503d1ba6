"""The command ``gogym``: usage, errors, ``gogym config``, ``gogym list``, ``gogym inspect``."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import gogym_test_spaces
import gymnasium
import numpy as np
import pytest

from gogym import native
from gogym.space import describe
from gogym.space_json import parse_space
from support_cli import (
    COLOURS,
    ECHO,
    ESCAPES,
    TEST_ENVS,
    environment,
    error,
    invoke,
    invoke_json,
    is_plain,
    on_terminal,
    run,
)

# ------------------------------------------------------------------------------------ the command itself


@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["run", "--help"], ["config", "--cflags", "--libs"]]
)
def test_what_needs_no_environment_starts_at_once(arguments):
    """Build systems call `gogym config`: it must not wait for Gymnasium, NumPy or rich."""
    script = (
        "import sys\n"
        "from gogym.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: sys.stderr.write(' '.join({'gymnasium', 'numpy', 'rich'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
    )
    assert done.returncode == 0
    assert done.stdout
    assert done.stderr == ""


def test_the_commands():
    text = invoke("--help").stdout
    found = re.findall(r"^  (\w+)  ", text, re.MULTILINE)
    assert found == ["bench", "config", "doctor", "inspect", "list", "run"]


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["run"], ["run", "CartPole-v1", "--steps", "0"], ["inspect"]]
)
def test_wrong_usage_has_status_2(arguments):
    done = invoke(*arguments)
    assert done.exit_code == 2
    assert "Usage: gogym" in done.stderr


def test_config_as_json():
    config = invoke_json("config")
    assert config["includedir"] in config["cflags"][0]
    assert f"-L{config['libdir']}" in config["libs"]
    assert config["libs_static"][0] == f"{config['libdir']}/libgogym.a"


# ------------------------------------------------------------------------------------ list


def test_list_has_every_registered_id():
    listed = invoke_json("list")
    assert [env["id"] for env in listed] == sorted(gymnasium.registry)
    assert {"classic_control", "toy_text", "box2d", "mujoco", "phys2d", "tabular"} <= {
        env["family"] for env in listed
    }
    cart_pole = next(env for env in listed if env["id"] == "CartPole-v1")
    assert cart_pole == {
        "id": "CartPole-v1",
        "family": "classic_control",
        "namespace": None,
        "name": "CartPole",
        "version": 1,
        "entry_point": "gymnasium.envs.classic_control.cartpole:CartPoleEnv",
        "max_episode_steps": 500,
        "reward_threshold": 475.0,
        "nondeterministic": False,
    }


def test_list_knows_atari_where_it_is_installed():
    pytest.importorskip("ale_py")
    done = run("list", "ALE/Po*")
    assert done.code == 0
    assert re.findall(r"ALE/\S+", done.stdout) == ["ALE/Pong-v5", "ALE/Pooyan-v5"]


def test_list_by_pattern():
    assert [env["id"] for env in invoke_json("list", "frozen")] == ["FrozenLake-v1", "FrozenLake8x8-v1"]
    assert {env["version"] for env in invoke_json("list", "*-v5")} == {5}


def test_list_in_a_pipe_is_a_table_that_is_not_cut():
    done = run("list", "*-v5", COLUMNS="40")
    assert is_plain(done.stdout)
    head, *lines = done.stdout.splitlines()
    assert head.split() == ["family", "id", "max", "steps", "entry", "point"]
    assert len(lines) == len(invoke_json("list", "*-v5"))
    ant = next(line for line in lines if "Ant-v5" in line)
    assert ant.split() == ["mujoco", "Ant-v5", "1000", "gymnasium.envs.mujoco.ant_v5:AntEnv"]
    assert (
        len({line.index("-v5") - len(line.split()[1]) + 3 for line in lines}) == 1
    )  # ids begin in one column


def test_list_on_a_terminal_is_grouped():
    done = on_terminal("list", "cartpole", width=120)
    assert done.code == 0
    assert COLOURS.search(done.stdout)
    text = ESCAPES.sub("", done.stdout)
    assert "─" in text
    assert text.index("classic_control (2)") < text.index("CartPole-v1") < text.index("phys2d (2)")


def test_list_imports_what_registers_more():
    done = run("list", "gogym_test/", "--import", "gogym_test_envs", "--json")
    assert "gogym_test/Echo-v0" in [env["id"] for env in json.loads(done.stdout)]


def test_list_without_a_match_suggests():
    assert error(invoke("list", "CartPool")).startswith(
        "no registered environment fits 'CartPool'. Did you mean "
    )
    assert "CartPole-v" in error(invoke("list", "CartPool"))
    assert "gogym list" in error(invoke("list", "*-v9999", "--json"))
    assert "No module named 'not_there'" in error(invoke("list", "--import", "not_there"))


# ------------------------------------------------------------------------------------ inspect


def test_inspect_tells_spec_and_wrappers():
    found = invoke_json("inspect", "CartPole-v1", "-o", "render_mode=rgb_array", "-w", "NormalizeReward")
    assert found["spec"]["max_episode_steps"] == 500
    assert found["spec"]["entry_point"] == "gymnasium.envs.classic_control.cartpole:CartPoleEnv"
    assert found["class"] == "gymnasium.envs.classic_control.cartpole.CartPoleEnv"
    assert found["render_mode"] == "rgb_array"
    assert found["metadata"] == {"render_modes": ["human", "rgb_array"], "render_fps": 50}
    names = [layer["name"] for layer in found["wrappers"]]
    assert names == ["NormalizeReward", "TimeLimit", "OrderEnforcing", "PassiveEnvChecker"]
    assert found["wrappers"][1]["arguments"] == {"max_episode_steps": 500}


def test_inspect_shows_where_the_parts_of_an_observation_lie():
    done = invoke("inspect", "Blackjack-v1")
    assert is_plain(done.stdout)
    assert "observation space: Tuple, 3 float64, 24 bytes native, 45 if flattened\n" in done.stdout
    rows = [
        re.split(r"  +", line.strip()) for line in done.stdout.splitlines() if line.startswith("observation[")
    ]
    assert rows == [
        ["observation[0]", "Discrete", "int64", "()", "0..31", "0 + 1", "0 + 8"],
        ["observation[1]", "Discrete", "int64", "()", "0..10", "1 + 1", "8 + 8"],
        ["observation[2]", "Discrete", "int64", "()", "0..1", "2 + 1", "16 + 8"],
    ]


@pytest.mark.parametrize(
    ("space", "bounds"),
    [
        ("box-bounds", ["-1.5..1, 0..inf, -inf..inf"]),
        ("box-uint8", ["0..255"]),
        ("box-empty", [""]),
        ("box-float32", ["-inf..inf"]),
        ("discrete-large", [f"{2**52}..{2**52 + 2**40 - 1}"]),
        ("multi-discrete", ["0..1, 0..2, 0..3"]),
        ("multi-binary", ["0..1"]),
        ("text-charset-order", ['1..4 of "zyxa"']),
        ("one-of-one", ["index of the child", "0..1"]),
        ("sequence", ["", "0..2"]),
        ("custom", [None]),
    ],
)
def test_bounds(space, bounds):
    from gogym.cli import inspect

    leaves = inspect.leaves(describe(gogym_test_spaces.shared(space)), "x")
    shown = [inspect._bounds(leaf) for leaf in leaves]
    assert [
        None if expected is None else text for text, expected in zip(shown, bounds, strict=True)
    ] == bounds
    if space == "custom":
        assert shown[0].startswith("<gogym_test_spaces.Mission")


def test_bounds_of_an_unbounded_integer_and_of_many_elements():
    from gogym.cli import inspect

    def bounds(space):
        (leaf,) = inspect.leaves(describe(space), "x")
        return inspect._bounds(leaf)

    assert bounds(gymnasium.spaces.Box(-np.inf, np.inf, (2,), np.int32)) == "-inf..inf"
    assert bounds(gymnasium.spaces.Box(0, np.inf, (2,), np.int16)) == "0..inf"
    assert (
        bounds(gymnasium.spaces.Box(np.arange(9.0), np.arange(9.0) + 2, dtype=np.float64)) == "within 0..10"
    )


@pytest.mark.parametrize("name", gogym_test_spaces.FIXED)
def test_each_leaf_lies_where_inspect_says(name, library):
    """A leaf's path, evaluated in Python, is what the C library writes to its place in both layouts."""
    from gogym.cli import inspect

    with native.Environment(ECHO, {"space": name}, library) as env:
        flat = env.reset(seed=5)
        raw = env.reset_native(seed=5)
        observation = env.observation()
        leaves = list(inspect.leaves(env.observation_space(), "observation"))
    assert leaves
    chosen: dict[str, int] = {}  # of each OneOf
    for leaf in leaves:
        outer = [path for path in chosen if leaf["path"].startswith(path + "[")]
        if any(not leaf["path"].startswith(f"{path}[{chosen[path]}]") for path in outer):
            continue
        value = value_at(leaf["path"], observation, outer)
        if leaf["type"] == "OneOf":
            chosen[leaf["path"]] = int(value[0])
            value = value[0]
        expected = numbers(leaf, value)
        at = slice(leaf["offset"], leaf["offset"] + leaf["size"])
        np.testing.assert_array_equal(flat[at], expected.astype(np.float64))
        if leaf["dtype"] is not None:
            at = slice(leaf["byte_offset"], leaf["byte_offset"] + leaf["nbytes"])
            np.testing.assert_array_equal(
                np.frombuffer(raw[at], leaf["dtype"]), expected.astype(leaf["dtype"])
            )


def value_at(path, observation, one_ofs):
    for one_of in sorted(one_ofs, key=len):
        # A OneOf's element is its index and the child's.
        path = re.sub(rf"^({re.escape(one_of)})\[\d+\]", r"\1[1]", path)
    return eval(path, {"observation": observation})


def numbers(leaf, value):
    if leaf["type"] == "Text":
        indices = [leaf["charset"].index(character) for character in value]
        return np.array(indices + [len(leaf["charset"])] * (leaf["max_length"] - len(value)))
    return np.asarray(value).ravel() if leaf["size"] else np.zeros(0)


@pytest.mark.parametrize("name", gogym_test_spaces.SPACES)
def test_the_description_in_the_json_makes_the_space(name):
    from gogym.cli import inspect, output

    space = gogym_test_spaces.shared(name)
    found = json.loads(json.dumps(output._jsonable(inspect._space(describe(space), "observation"))))
    assert [leaf["path"][:11] for leaf in found["leaves"]] == ["observation"] * len(found["leaves"])
    if "custom" in name:
        return  # nobody can make one from a description
    made = parse_space(json.dumps(found["description"]))
    if name == "box-subclass":
        space = gymnasium.spaces.Box(0, 1, (2,), np.float32)
    assert made == space


def test_inspect_of_pixels_stays_small():
    """Bounds that are the same for 36 elements are one number."""
    done = run("inspect", ECHO, "-o", "space=box-uint8", "--json")
    (leaf,) = json.loads(done.stdout)["observation_space"]["leaves"]
    assert (leaf["low"], leaf["high"], leaf["shape"]) == (0, 255, [4, 3, 3])


def test_inspect_says_what_has_no_fixed_size():
    done = run("inspect", ECHO, "-o", "space=dict-with-custom")
    assert "observation space: Dict, of no fixed size: as values and JSON only\n" in done.stdout
    assert re.search(
        r'^observation\["mission"\] +gogym_test_spaces.Mission +- +- .* - +-$', done.stdout, re.MULTILINE
    )


@pytest.mark.parametrize("width", [40, 80, 200])
def test_inspect_on_a_terminal_of_any_width_loses_nothing(width):
    done = on_terminal("inspect", "CartPole-v1", width=width)
    assert COLOURS.search(done.stdout)
    text = re.sub(r"\s", "", ESCAPES.sub("", done.stdout))
    for part in ("observation", "float32", "(4,)", "-4.8..4.8,-inf..inf", "0+16", "max_episode_steps=500"):
        assert part in text or width == 40


def test_every_option_reaches_the_environment():
    found = invoke_json(
        "inspect", "FrozenLake-v1", "--options", '{"map_name": "8x8", "is_slippery": true}',
        "-o", "is_slippery=false", "-o", "max_episode_steps=7", "-o", "render_mode=ansi",
    )  # fmt: skip
    assert found["spec"]["kwargs"]["map_name"] == "8x8"
    assert found["spec"]["kwargs"]["is_slippery"] is False
    assert found["spec"]["max_episode_steps"] == 7
    assert found["render_mode"] == "ansi"


def test_wrappers_are_put_around_in_order():
    wrappers = ["-w", '{"name": "TimeAwareObservation", "flatten": false}', "-w", "FlattenObservation"]
    found = invoke_json("inspect", "CartPole-v1", *wrappers)
    assert [layer["name"] for layer in found["wrappers"][:2]] == [
        "FlattenObservation",
        "TimeAwareObservation",
    ]
    options = '{"gogym": {"wrappers": {"name": "TimeAwareObservation"}}}'
    found = invoke_json("inspect", "CartPole-v1", "--options", options, "-w", "FlattenObservation")
    assert [layer["name"] for layer in found["wrappers"][:2]] == [
        "FlattenObservation",
        "TimeAwareObservation",
    ]


# ------------------------------------------------------------------------------------ errors


@pytest.mark.parametrize("name", ["inspect", "run"])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["CartPol-v1"], "Environment `CartPol` doesn't exist. Did you mean: `CartPole`?"),
        (["CartPole-v1", "-o", "sutton_barto=[1"], "the value of --option sutton_barto: not JSON"),
        (["CartPole-v1", "--options", "{"], "the value of --options: not JSON"),
        (["CartPole-v1", "--options", "[1]"], "must be a JSON object"),
        (["CartPole-v1", "-o", "gogym=1", "-w", "ClipReward"], 'the option "gogym" must be a JSON object'),
        (["CartPole-v1", "-o", "nonsense=1"], "nonsense"),
        (["CartPole-v1", "-w", "NoSuchWrapper"], "NoSuchWrapper"),
        (["CartPole-v1", "-w", '{"name": "TimeLimit", "max_episode_steps": -1}'], "TimeLimit"),
        (["not_there:Env-v0"], "not_there"),
    ],
)
def test_what_cannot_be_made_is_an_error_of_one_line(name, arguments, message):
    assert message in error(invoke(name, *arguments))


def test_an_option_without_a_value_is_wrong_usage():
    done = invoke("run", "CartPole-v1", "-o", "sutton_barto")
    assert done.exit_code == 2
    assert "'sutton_barto' is not of the form KEY=VALUE" in done.stderr


@pytest.mark.parametrize("name", ["inspect", "run"])
def test_an_error_has_its_traceback_where_it_is_asked_for(name):
    done = invoke(name, "CartPole-v1", "-o", "nonsense=1", "--traceback")
    assert done.exit_code == 1
    assert "Traceback (most recent call last)" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("Error: TypeError: ")


def test_an_error_while_it_runs_is_one_line_too():
    done = run("run", f"{TEST_ENVS}/Broken-v0", "-o", "how=step-raises")
    assert (done.code, done.stdout) == (1, "")
    assert len([line for line in done.stderr.splitlines() if line.startswith("Error: ")]) == 1
    assert "Traceback" not in done.stderr
