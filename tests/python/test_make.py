"""What gym_make makes beyond gymnasium.make: ids and options that say where the code is, and what cannot be made."""

import json
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import gymnasium
import numpy as np
import pytest

from gogym import native
from gogym.make import make_environment
from gogym.options import OptionsError, OwnOptions, split_make_options
from gogym.status import Status

MAZE = """
    import gymnasium
    import numpy as np
    from gymnasium import spaces

    class Maze(gymnasium.Env):
        metadata = {"render_modes": ["rgb_array"], "render_fps": 5}

        def __init__(self, size=3, id="none", render_mode=None):
            self.observation_space = spaces.Box(-np.inf, np.inf, (2,), np.float64)
            self.action_space = spaces.Discrete(4)
            self.size, self.id, self.render_mode = size, id, render_mode

        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            return np.array([self.size, self.np_random.random()]), {"id": self.id}

        def step(self, action):
            return np.array([self.size, self.np_random.random()]), float(action), False, False, {}

        def render(self):
            return np.zeros((2, 2, 3), np.uint8)

    class Other(Maze):
        class Deep(Maze):
            pass

    def make_maze(**kwargs):
        return Maze(**kwargs)
    """


@pytest.fixture(autouse=True)
def _own_path(monkeypatch):
    """What is put on sys.path for an environment stays there: not beyond a test."""
    monkeypatch.setattr(sys, "path", list(sys.path))


@pytest.fixture
def maze(tmp_path):
    """A file with environments, in a folder of its own."""
    return write(tmp_path / "maze.py", MAZE)


def write(path, source):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(source))
    return path


def made(env_id, **options):
    return make_environment(env_id, json.dumps(options))


def failure(library, env_id, **options):
    with pytest.raises(native.GymError) as caught:
        native.Environment(env_id, options, library=library)
    return caught.value


# ------------------------------------------------------------------------------------------- the options


def test_own_options_are_read():
    own = {"entry_point": "a.b:C", "path": ["x", "y"], "import": "m", "legacy": True}
    kwargs, found = split_make_options(json.dumps({"size": 3, "gogym": own}))
    assert kwargs == {"size": 3}
    assert found == OwnOptions("a.b:C", ("x", "y"), ("m",), legacy=True)
    for nothing in (None, "{}", '{"gogym": {}}', '{"gogym": {"legacy": "auto", "path": null, "import": []}}'):
        assert split_make_options(nothing) == ({}, OwnOptions())


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ({"entry_point": 1}, '"entry_point".*module:Class.*not 1'),
        ({"entry_point": "Maze"}, 'not "Maze"'),
        ({"entry_point": ":Maze"}, 'not ":Maze"'),
        ({"entry_point": "maze.py:"}, 'not "maze.py:"'),
        ({"path": 1}, '"path".*array of texts.*not 1'),
        ({"path": [""]}, '"path"'),
        ({"import": {"a": 1}}, '"import"'),
        ({"import": [1]}, r"not \[1\]"),
        ({"legacy": "yes"}, 'true, false or "auto", not "yes"'),
        ({"legacy": 1}, "not 1"),
        ({"entrypoint": "a:B"}, 'unknown option "entrypoint".*entry_point, import, isolate, legacy'),
    ],
)
def test_own_options_that_are_refused(library, own, words):
    with pytest.raises(OptionsError, match=words):
        split_make_options(json.dumps({"gogym": own}))
    assert failure(library, "CartPole-v1", gogym=own).code == Status.JSON


# ------------------------------------------------------------------------------------------- where the code is


@pytest.mark.parametrize(
    ("env_id", "own"),
    [
        ("gymnasium.envs.classic_control:CartPoleEnv", {}),
        ("gymnasium.envs.classic_control.cartpole:CartPoleEnv", {}),
        ("", {"entry_point": "gymnasium.envs.classic_control:CartPoleEnv"}),
        ("any text / at: all", {"entry_point": "gymnasium.envs.classic_control:CartPoleEnv"}),
    ],
)
def test_a_class_gives_what_its_id_gives(library, env_id, own):
    options = {"max_episode_steps": 4, "gogym": own}
    with (
        native.Environment("CartPole-v1", {"max_episode_steps": 4}, library=library) as expected,
        native.Environment(env_id, options, library=library) as env,
    ):
        np.testing.assert_array_equal(env.reset(seed=5), expected.reset(seed=5))
        for _ in range(4):
            found, wanted = env.step([1]), expected.step([1])
            np.testing.assert_array_equal(found[0], wanted[0])
            assert found[1:] == wanted[1:]
        assert found[3], "the time limit is there"


@pytest.mark.parametrize("form", ["absolute", "relative", "dot", "home", "folder", "option"])
def test_a_file_with_a_class(library, maze, monkeypatch, form):
    monkeypatch.chdir(maze.parent if form in ("relative", "dot") else Path("/"))
    monkeypatch.setenv("HOME", str(maze.parent))
    place = {"absolute": str(maze), "dot": "./maze.py", "home": "~/maze.py", "option": str(maze)}
    name = f"{place.get(form, 'maze.py')}:Maze"
    own = {"path": [str(maze.parent)]} if form == "folder" else {}
    if form == "option":
        name, own = "", {"entry_point": name}
    with native.Environment(name, {"size": 7, "gogym": own}, library=library) as env:
        observation = env.reset(seed=3)
        np.testing.assert_array_equal(observation, [7, np.random.default_rng(3).random()])
        assert env.step([2])[1:] == (2.0, False, False)


def test_other_things_of_a_file(maze):
    assert type(made(f"{maze}:Other.Deep").unwrapped).__qualname__ == "Other.Deep"
    assert made(f"{maze}:make_maze", size=4).unwrapped.size == 4
    assert made("", id="mine", gogym={"entry_point": f"{maze}:Maze"}).reset()[1] == {"id": "mine"}


def test_functions_of_all_kinds(tmp_path):
    source = textwrap.dedent(MAZE) + textwrap.dedent("""
        import functools

        part = functools.partial(Maze, size=8)

        def wrapped():
            return gymnasium.wrappers.FlattenObservation(gymnasium.make("CartPole-v1"))

        gymnasium.register("gogym_test/FromFile-v0", part)
        """)
    place = write(tmp_path / "kinds.py", source)
    try:
        assert made(f"{place}:part").unwrapped.size == 8
        assert made("gogym_test/FromFile-v0", gogym={"import": str(place)}).unwrapped.size == 8
    finally:
        gymnasium.registry.pop("gogym_test/FromFile-v0", None)
    expected = gymnasium.make("CartPole-v1").reset(seed=2)[0]
    np.testing.assert_array_equal(made(f"{place}:wrapped").reset(seed=2)[0], expected)


def test_it_is_made_as_gymnasium_makes_what_is_registered(maze):
    def chain(env):
        names = [type(env).__name__]
        while env is not env.unwrapped:
            env = env.env
            names.append(type(env).__name__)
        return names

    assert chain(made(f"{maze}:Maze")) == ["OrderEnforcing", "PassiveEnvChecker", "Maze"]
    bare = made(f"{maze}:Maze", disable_env_checker=True, max_episode_steps=5)
    assert chain(bare) == ["TimeLimit", "OrderEnforcing", "Maze"]
    assert bare.spec.max_episode_steps == 5
    with pytest.raises(gymnasium.error.ResetNeeded):
        bare.step(0)
    frames = made(f"{maze}:Maze", render_mode="rgb_array_list")
    frames.reset()
    assert len(frames.render()) == 1
    assert frames.unwrapped.render_mode == "rgb_array"


def test_its_spec(maze):
    env = made(f"{maze}:Maze", size=9)
    assert env.spec.id == "Maze"
    assert env.spec.kwargs == {"size": 9}
    again = gymnasium.make(gymnasium.envs.registration.EnvSpec.from_json(env.spec.to_json()))
    assert type(again.unwrapped) is type(env.unwrapped)
    assert again.unwrapped.size == 9
    assert made("Named-v3", gogym={"entry_point": f"{maze}:Maze"}).spec.id == "Named-v3"
    assert made("no id", gogym={"entry_point": f"{maze}:Maze"}).spec.id == "Maze"
    assert not set(gymnasium.registry) & {"Maze", "Named-v3"}


def test_a_file_is_run_once_for_each_real_path(tmp_path):
    source = "import gogym_test_runs\ngogym_test_runs.append(__name__)\n" + textwrap.dedent(MAZE)
    first, second = write(tmp_path / "a/maze.py", source), write(tmp_path / "b/maze.py", source)
    link = tmp_path / "link.py"
    link.symlink_to(first)
    sys.modules["gogym_test_runs"] = runs = []
    try:
        places = [first, link, tmp_path / "b/../a/maze.py", second, first]
        classes = [type(made(f"{place}:Maze").unwrapped) for place in places]
    finally:
        del sys.modules["gogym_test_runs"]
    assert [cls is classes[0] for cls in classes] == [True, True, True, False, True]
    assert len(runs) == len(set(runs)) == 2
    assert sys.modules[runs[0]].Maze is classes[0]
    assert classes[0].__module__ == runs[0]


def test_a_file_is_run_once_by_many_threads(library, tmp_path):
    source = "import time, gogym_test_runs\ngogym_test_runs.append(1)\ntime.sleep(0.2)\n" + textwrap.dedent(
        MAZE
    )
    place = write(tmp_path / "slow.py", source)
    sys.modules["gogym_test_runs"] = runs = []
    barrier = threading.Barrier(8)

    def make(_):
        barrier.wait()
        with native.Environment(f"{place}:Maze", library=library) as env:
            return env.reset(seed=1)[0]

    try:
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(make, range(8))) == [3.0] * 8
    finally:
        del sys.modules["gogym_test_runs"]
    assert len(runs) == 1


def test_a_file_finds_its_neighbours_and_hides_no_other_module(tmp_path):
    write(tmp_path / "gogym_test_neighbour.py", "SIZE = 11\n")
    write(tmp_path / "colorsys.py", "raise RuntimeError('not the one of Python')\n")
    sys.modules.pop("colorsys", None)
    source = textwrap.dedent(MAZE) + textwrap.dedent("""
        import colorsys
        from dataclasses import dataclass
        from gogym_test_neighbour import SIZE

        @dataclass
        class Point:
            x: "int" = 0

        def late(size=0):
            import gogym_test_neighbour
            return Maze(gogym_test_neighbour.SIZE + size + Point(1).x)
        """)
    place = write(tmp_path / "maze.py", source)
    try:
        assert made(f"{place}:late").unwrapped.size == 12
    finally:
        del sys.modules["gogym_test_neighbour"]


def test_a_file_that_fails_can_be_mended(library, tmp_path):
    place = write(tmp_path / "maze.py", "class Maze:\n    def step(self: pass\n")
    error = failure(library, f"{place}:Maze")
    assert (error.code, error.type) == (Status.PYTHON, "SyntaxError")
    assert str(place) in error.traceback
    write(place, "raise LookupError('in the middle')\n# longer than before, whatever the clock says\n")
    error = failure(library, "", gogym={"entry_point": f"{place}:Maze"})
    assert error.type == "LookupError"
    write(place, MAZE)
    with native.Environment(f"{place}:Maze", library=library) as env:
        env.reset()


def test_folders_and_modules(tmp_path):
    write(tmp_path / "one/gogym_test_plugin/__init__.py", "from gogym_test_plugin import envs\n")
    register = "import gymnasium\ngymnasium.register('gogym_test_plugin/Maze-v0', Maze)\n"
    write(tmp_path / "one/gogym_test_plugin/envs.py", textwrap.dedent(MAZE) + register)
    folders = [str(tmp_path / "one"), str(tmp_path)]
    before = list(sys.path)
    try:
        own = {"path": folders, "import": ["gogym_test_plugin"]}
        for _ in range(2):
            assert made("gogym_test_plugin/Maze-v0", gogym=own, size=2).unwrapped.size == 2
        assert sys.path == [*folders, *before]
        assert made("gogym_test_plugin.envs:Maze", gogym={"path": folders}).unwrapped.size == 3
        assert made("gogym_test_plugin:envs.Maze").unwrapped.size == 3
    finally:
        gymnasium.registry.pop("gogym_test_plugin/Maze-v0", None)


@pytest.mark.parametrize("kind", ["module", "file"])
def test_a_registered_id_wins(tmp_path, monkeypatch, kind):
    source = textwrap.dedent(MAZE) + textwrap.dedent("""
        gymnasium.register("Maze-v0", Maze, kwargs={"size": 20})
        gymnasium.register("Other", Other, kwargs={"size": 30})
        """)
    file = write(tmp_path / f"gogym_test_registers_{kind}.py", source)
    monkeypatch.syspath_prepend(str(tmp_path))
    place = str(file) if kind == "file" else file.stem
    try:
        assert made(f"{place}:Maze-v0").unwrapped.size == 20
        with pytest.warns(UserWarning, match="Using the latest versioned environment `Maze-v0`"):
            assert made(f"{place}:Maze").unwrapped.size == 20
        assert made(f"{place}:Other").unwrapped.size == 30
        # A class is had by the option.
        assert made("", gogym={"entry_point": f"{place}:Maze"}).unwrapped.size == 3
    finally:
        for name in ("Maze-v0", "Other"):
            gymnasium.registry.pop(name, None)


# ------------------------------------------------------------------------------------------- Gymnasium's own


def test_what_gymnasium_knows_is_gymnasiums():
    for options in (None, "{}", '{"gogym": {"legacy": "auto"}}', '{"gogym": {"legacy": false}}'):
        env, expected = make_environment("CartPole-v1", options), gymnasium.make("CartPole-v1")
        assert str(env) == str(expected)
        assert env.spec == expected.spec
    with pytest.warns(UserWarning, match="Using the latest versioned environment `CartPole-v1`"):
        made("CartPole")
    with pytest.warns(DeprecationWarning, match="out of date"):
        made("CartPole-v0")


@pytest.mark.parametrize(
    "env_id",
    ["", "CartPol-v1", "CartPole-v9", "nowhere/X-v0", "bad id!", "LunarLander-v1", "GymV21Environment-v0"],
)
def test_gymnasiums_words_are_its_own(library, env_id):
    with pytest.raises(Exception) as expected:  # noqa: PT011
        gymnasium.make(env_id)
    error = failure(library, env_id)
    assert error.message == str(expected.value)
    assert error.type.endswith(type(expected.value).__name__)


def test_a_module_that_is_not_there_has_gymnasiums_words_and_more(library):
    for name in ("gogym_test_nowhere:CartPole-v1", "gogym_test_nowhere.deep:Maze"):
        with pytest.raises(ModuleNotFoundError) as expected:
            gymnasium.make(name)
        error = failure(library, name)
        assert error.code == Status.IMPORT
        assert error.message.startswith(str(expected.value))
        assert '{"gogym": {"path": ["FOLDER"]}}' in error.message
        assert sys.path[-1] in error.message


def test_nothing_is_imported_that_is_not_needed():
    source = """
        import sys
        from gogym import make
        make.make_environment("CartPole-v1", '{"max_episode_steps": 3}')
        print(sorted(name for name in sys.modules if name.startswith("gogym.")))
        """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source)], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "['gogym.make', 'gogym.options']", done.stderr


# ------------------------------------------------------------------------------------------- what cannot be made


BROKEN = """
    import gymnasium
    number = 5
    class Nothing: pass
    class Needs(gymnasium.Env):
        def __init__(self, level): pass
    class Failing(gymnasium.Env):
        def __init__(self): raise LookupError("no level")
    class Vector(gymnasium.vector.VectorEnv): pass
    def give_nothing(): return None
    def make_fine(): pass
    """


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("number", Status.PYTHON, ["'number'", "no class and no function", "'int'"]),
        ("Nothing", Status.PYTHON, ["'Nothing'", "broken.py", "no reset and no step"]),
        ("Needs", Status.PYTHON, ["missing 1 required positional argument: 'level'", "Needs"]),
        ("Failing", Status.PYTHON, ["no level"]),
        ("Vector", Status.GYMNASIUM, ["vector environment"]),
        ("give_nothing", Status.PYTHON, ["give_nothing", "NoneType", "no reset and no step"]),
        ("Needz", Status.IMPORT, ["no 'Needz'", "broken.py", "Did you mean 'Needs'?", "Failing"]),
        ("Needs.Deep", Status.IMPORT, ["no 'Needs.Deep'"]),
        ("Needs-v0", Status.IMPORT, ["no 'Needs-v0'"]),
    ],
)
def test_what_is_no_environment(library, tmp_path, name, code, words):
    place = write(tmp_path / "broken.py", BROKEN)
    error = failure(library, "", gogym={"entry_point": f"{place}:{name}"})
    assert error.code == code
    assert not [word for word in words if word not in error.message], error.message
    assert "Traceback" in error.traceback
    by_id = failure(library, f"{place}:{name}")
    if code != Status.IMPORT:
        assert (by_id.code, by_id.message) == (error.code, error.message)
    else:
        # Where neither an id nor a class fits, the error is Gymnasium's for the id.
        assert by_id.code == Status.NAME_NOT_FOUND
        assert "doesn't exist" in by_id.message
        assert "broken.py has no class or function of that name either" in by_id.message
        assert "Needs, Failing" in by_id.message


def test_a_module_says_what_it_offers(library):
    error = failure(library, "gogym_test_envs:Noopp")
    assert error.code == Status.NAME_NOT_FOUND
    assert error.message.startswith("Environment `Noopp` doesn't exist.")
    assert "Did you mean 'Noop'?" in error.message
    assert "Counter" in error.message
    assert "registered ids: gogym_test/Noop-v0" in error.message
    error = failure(library, "json:Maze")
    assert "functions: dump" in error.message
    error = failure(library, "math:Maze")
    assert "no class with reset and step" in error.message


@pytest.mark.parametrize("by_id", [True, False])
@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("nowhere.py", ["there is no file 'nowhere.py'", "{cwd}/nowhere.py", "{cwd}/there/nowhere.py"]),
        ("./nowhere.py", ["{cwd}/nowhere.py"]),
        ("folder.py", ["there is no file 'folder.py'"]),
        ("./folder", ["neither a module's name nor a Python file", "ends in .py"]),
        ("gogym_test_missing", ["No module named 'gogym_test_missing'", "path/to/file.py:Class"]),
        ("gogym_test_envs.missing", ["No module named 'gogym_test_envs.missing'"]),
        (".relative", ["'.relative' is not a module's name"]),
        ("needs_gym.py", ["No module named 'gym.spaces'", "gym==0.26.2", "import gymnasium as gym"]),
        ("needs_other.py", ["No module named 'gogym_test_other'"]),
    ],
)
def test_what_cannot_be_imported(library, tmp_path, monkeypatch, by_id, place, words):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "gym", None)
    (tmp_path / "there").mkdir()
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "folder").mkdir()
    write(tmp_path / "needs_gym.py", "from gym.spaces import Box\n")
    write(tmp_path / "needs_other.py", "import gogym_test_other\n")
    if place == "needs_gym.py":  # what Python says depends on how gym is missing
        words = ["gym", *words[1:]]
    own = {"path": ["there"]}
    name = f"{place}:Maze"
    if by_id:
        error = failure(library, name, gogym=own)
    else:
        error = failure(library, "", gogym={**own, "entry_point": name})
    assert error.code == Status.IMPORT
    wanted = [word.format(cwd=tmp_path) for word in words]
    assert not [word for word in wanted if word not in error.message], error.message


def test_folders_and_modules_that_are_not_there(library, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = list(sys.path)
    error = failure(library, "CartPole-v1", gogym={"path": "no/folder"})
    assert error.code == Status.IMPORT
    assert f"looked for {tmp_path}/no/folder" in error.message
    error = failure(library, "CartPole-v1", gogym={"import": ["gogym_test_missing"]})
    assert error.code == Status.IMPORT
    assert "gogym_test_missing" in error.message
    assert sys.path == before


def test_an_old_environment_that_is_registered(library):
    """Gymnasium refuses what is no gymnasium.Env; a class is known beforehand, for a function there is the option."""
    import gogym_test_legacy

    gymnasium.register("gogym_test/OldClass-v0", gogym_test_legacy.Old, max_episode_steps=3)
    gymnasium.register("gogym_test/OldText-v0", "gogym_test_legacy:Old")
    gymnasium.register("gogym_test/OldFunction-v0", gogym_test_legacy.make_old)
    gymnasium.register("gogym_test/HalfOld-v0", "gogym_test_legacy:HalfOld")
    gymnasium.register("gogym_test/Bare-v0", "gogym_test_legacy:HalfOld", order_enforce=False)
    try:
        for name in ("OldClass", "OldText", "HalfOld"):
            with native.Environment(f"gogym_test/{name}-v0", library=library) as env:
                env.reset(seed=1)
                env.step([1])
        with native.Environment("gogym_test/OldClass-v0", library=library) as env:
            env.reset()
            assert [env.step([0])[3] for _ in range(3)] == [False, False, True]
        error = failure(library, "gogym_test/OldFunction-v0")
        assert "must inherit from the gymnasium.Env class" in error.message
        assert '{"gogym": {"legacy": true}}' in error.message
        with native.Environment(
            "gogym_test_legacy:gogym_test/OldFunction-v0", {"gogym": {"legacy": True}}, library=library
        ) as env:
            np.testing.assert_array_equal(env.reset(seed=4), [7, 4])
        error = failure(library, "gogym_test/OldClass-v0", gogym={"legacy": False})
        assert error.message.startswith("The environment must inherit from the gymnasium.Env class")
        assert "legacy" not in error.message.replace("gogym_test_legacy", "")
        # Without wrappers that pass a seed, Gymnasium itself can reset it.
        assert type(made("gogym_test/Bare-v0", disable_env_checker=True)) is gogym_test_legacy.HalfOld
    finally:
        for name in [
            name for name in gymnasium.registry if "gogym_test_legacy" in str(gymnasium.registry[name])
        ]:
            del gymnasium.registry[name]
