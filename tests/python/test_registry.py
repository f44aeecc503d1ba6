"""The registry as a host sees it: ids, specs, registration, plug-ins, versions; against Gymnasium's own."""

import functools
import json
import subprocess
import sys
import textwrap
import threading
import time
from importlib import metadata

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec, WrapperSpec

import gogym
from gogym import registry
from gogym.make import make_environment
from gogym.options import OptionsError

SOURCE = """
    import gymnasium
    import numpy as np
    from gymnasium import spaces

    class Small(gymnasium.Env):
        observation_space = spaces.Box(-1, 1, (1,), np.float32)
        action_space = spaces.Discrete(2)

        def __init__(self, size=1):
            self.size = size

        def reset(self, *, seed=None, options=None):
            super().reset(seed=seed)
            return np.zeros(1, np.float32), {"size": self.size}

        def step(self, action):
            return np.zeros(1, np.float32), 1.0, False, False, {}

    class Outer:
        class Deep(Small):
            pass

    no_environment = 3
    """


@pytest.fixture(autouse=True)
def _as_before(monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = dict(gymnasium.registry)
    yield
    gymnasium.registry.clear()
    gymnasium.registry.update(before)


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "folder" / "small.py"
    path.parent.mkdir()
    path.write_text(textwrap.dedent(SOURCE))
    return path


def register(env_id, **options):
    registry.register_env(env_id, json.dumps(options))


# ------------------------------------------------------------------------------------------- list


def test_all_ids_in_order():
    assert registry.list_envs(None) == sorted(gymnasium.registry)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("mountaincar", ["MountainCar-v0", "MountainCarContinuous-v0"]),
        ("TAXI", ["Taxi-v4"]),
        ("MountainCar-v?", ["MountainCar-v0"]),
        ("Mountain*-v[0-9]", ["MountainCar-v0", "MountainCarContinuous-v0"]),
        ("mountaincar*", []),
        ("Car", None),
        ("*", None),
        ("no such environment", []),
        ("[", []),
    ],
)
def test_patterns(pattern, expected):
    found = registry.list_envs(pattern)
    if expected is None:
        every = sorted(gymnasium.registry)
        expected = every if pattern == "*" else [name for name in every if "car" in name.lower()]
        assert expected
    assert found == expected


def test_atari_is_listed_where_its_name_is_said():
    pytest.importorskip("ale_py")
    script = (
        "import sys; from gogym import registry; registry.list_envs(None); registry.list_envs('pong');"
        "assert 'ale_py' not in sys.modules; print(registry.list_envs(sys.argv[1]), 'ale_py' in sys.modules)"
    )
    for pattern in ("ALE/Pong-*", "ale/pong-v5"):
        done = subprocess.run(
            [sys.executable, "-c", script, pattern], capture_output=True, text=True, check=True
        )
        assert done.stdout == "['ALE/Pong-v5'] True\n"


# ------------------------------------------------------------------------------------------- spec


def test_a_spec_is_gymnasiums():
    found = registry.spec("CartPole-v0")
    assert found == {
        "id": "CartPole-v0",
        "namespace": None,
        "name": "CartPole",
        "version": 0,
        "versions": [0, 1],
        "entry_point": "gymnasium.envs.classic_control.cartpole:CartPoleEnv",
        "reward_threshold": 195.0,
        "nondeterministic": False,
        "max_episode_steps": 200,
        "order_enforce": True,
        "disable_env_checker": False,
        "kwargs": {},
        "additional_wrappers": [],
        "vector_entry_point": "gymnasium.envs.classic_control.cartpole:CartPoleVectorEnv",
    }


def test_every_registered_spec_can_be_told():
    for env_id, spec in list(gymnasium.registry.items()):
        found = registry.spec(env_id)
        for field in (
            "id",
            "namespace",
            "name",
            "version",
            "kwargs",
            "max_episode_steps",
            "reward_threshold",
        ):
            assert found[field] == getattr(spec, field)
        assert found["version"] is None or found["version"] in found["versions"]


def test_without_a_version_it_is_the_latest():
    latest = max(
        spec.version for spec in gymnasium.registry.values() if spec.name == "Ant" and not spec.namespace
    )
    assert registry.spec("Ant") == registry.spec(f"Ant-v{latest}")


def test_values_that_json_does_not_know_pass_as_they_are():
    def scale(reward):
        return reward

    kwargs = {
        "low": np.float32(-1),
        "dtype": np.float64,
        "scale": scale,
        "array": np.arange(3),
        "limit": None,
    }
    wrappers = (
        WrapperSpec("Mine", "module:Mine", {"scale": scale}),
        WrapperSpec("Other", "module:Other", None),
    )
    spec = EnvSpec("gogym_test/Odd-v3", entry_point=scale, kwargs=kwargs, additional_wrappers=wrappers)
    found = registry.spec_value(spec)
    assert (
        found["entry_point"]
        == f"{__name__}:test_values_that_json_does_not_know_pass_as_they_are.<locals>.scale"
    )
    assert found["kwargs"] is not kwargs
    assert all(found["kwargs"][key] is value for key, value in kwargs.items())
    assert (found["namespace"], found["name"], found["version"], found["versions"]) == (
        "gogym_test",
        "Odd",
        3,
        [],
    )
    assert found["additional_wrappers"] == [
        {"name": "Mine", "entry_point": "module:Mine", "kwargs": {"scale": scale}},
        {"name": "Other", "entry_point": "module:Other", "kwargs": None},
    ]
    partial = EnvSpec("gogym_test/Odd-v3", entry_point=functools.partial(scale, 1))
    assert registry.spec_value(partial)["entry_point"].startswith("functools.partial(")
    assert registry.spec_value(EnvSpec("gogym_test/Odd-v3"))["entry_point"] is None


@pytest.mark.parametrize(
    "env_id",
    [
        "CartPoel-v1",
        "CartPole-v7",
        "gogym_test/Nothing-v0",
        "phys2dd/CartPole-v0",
        "bad id!",
        "",
        "NoSuchThing-v0",
    ],
)
def test_unknown_ids_are_refused_as_gymnasium_refuses_them(env_id):
    with pytest.raises(gymnasium.error.Error) as expected:
        gymnasium.make(env_id)
    with pytest.raises(gymnasium.error.Error) as found:
        registry.spec(env_id)
    assert (type(found.value), str(found.value)) == (type(expected.value), str(expected.value))


def test_a_missing_family_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ale_py", None)
    for env_id in [name for name in gymnasium.registry if name.startswith("ALE/")]:
        del gymnasium.registry[env_id]
    monkeypatch.delitem(sys.modules, "ale_py")
    monkeypatch.setattr(registry, "import_ale", lambda: None)
    with pytest.raises(
        gymnasium.error.NamespaceNotFound, match=r"Namespace ALE not found.*-m pip install ale-py"
    ):
        registry.spec("ALE/Pong-v5")


def test_a_module_or_file_is_imported_first(tmp_path, monkeypatch):
    source = 'import gymnasium\ngymnasium.register("gogym_test/Plugged-v%d", "gogym_test_envs:Counter")\n'
    (tmp_path / "gogym_test_plugged.py").write_text(source % 1)
    (tmp_path / "plugged.py").write_text(source % 2)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert registry.spec("gogym_test_plugged:gogym_test/Plugged-v1")["versions"] == [1]
    assert registry.spec(f"{tmp_path}/plugged.py:gogym_test/Plugged")["versions"] == [1, 2]
    with pytest.raises(gymnasium.error.NameNotFound, match=r"plugged\.py has registered no such id"):
        registry.spec(f"{tmp_path}/plugged.py:gogym_test/Pluggd-v2")
    with pytest.raises(ModuleNotFoundError, match="gogym_test_no_such_module"):
        registry.spec("gogym_test_no_such_module:Name-v0")


# ------------------------------------------------------------------------------------------- register


def test_a_registered_class_is_gymnasiums_to_make(small):
    register(
        "gogym_test/Small-v0",
        entry_point=f"{small}:Small",
        max_episode_steps=2,
        reward_threshold=1.5,
        nondeterministic=True,
        order_enforce=False,
        disable_env_checker=True,
        kwargs={"size": 4},
    )
    env = gymnasium.make("gogym_test/Small-v0")
    assert env.reset()[1] == {"size": 4}
    assert [env.step(0)[3] for _ in range(2)] == [False, True]
    found = registry.spec("gogym_test/Small-v0")
    expected = {
        "max_episode_steps": 2,
        "reward_threshold": 1.5,
        "nondeterministic": True,
        "order_enforce": False,
    }
    expected |= {
        "disable_env_checker": True,
        "kwargs": {"size": 4},
        "versions": [0],
        "vector_entry_point": None,
    }
    assert {key: found[key] for key in expected} == expected
    assert make_environment("gogym_test/Small-v0", '{"size": 5}').reset()[1] == {"size": 5}


def test_a_file_is_found_from_anywhere_afterwards(small, monkeypatch):
    monkeypatch.chdir(small.parent)
    register("gogym_test/Relative-v0", entry_point="small.py:Small")
    register("gogym_test/Deep-v0", entry_point="./small.py:Outer.Deep")
    monkeypatch.chdir("/")
    assert type(gymnasium.make("gogym_test/Relative-v0").unwrapped).__name__ == "Small"
    assert type(gymnasium.make("gogym_test/Deep-v0").unwrapped).__name__ == "Deep"
    assert registry.spec("gogym_test/Deep-v0")["entry_point"].endswith(":Outer.Deep")


def test_a_module_and_a_vector_entry_point():
    places = registry.spec("CartPole-v1")
    register(
        "gogym_test/Pole-v0",
        entry_point=places["entry_point"],
        vector_entry_point=places["vector_entry_point"],
        max_episode_steps=None,
        kwargs=None,
    )
    found = registry.spec("gogym_test/Pole-v0")
    assert (found["entry_point"], found["vector_entry_point"]) == (
        places["entry_point"],
        places["vector_entry_point"],
    )
    vector = gymnasium.make_vec("gogym_test/Pole-v0", 2)
    assert vector.reset(seed=1)[0].shape == (2, 4)


def test_a_taken_id_is_refused_and_stays_what_it_is(small):
    before = gymnasium.registry["CartPole-v1"]
    with pytest.raises(
        gymnasium.error.RegistrationError,
        match=r"CartPole-v1 is registered already, for .*CartPoleEnv: choose an id that is not, for example CartPole-v2",
    ):
        register("CartPole-v1", entry_point=f"{small}:Small")
    assert gymnasium.registry["CartPole-v1"] is before
    register("gogym_test/Plain", entry_point=f"{small}:Small")
    with pytest.raises(gymnasium.error.RegistrationError, match="for example gogym_test/Plain2"):
        register("gogym_test/Plain", entry_point=f"{small}:Small")


def test_one_of_several_threads_gets_the_id(small, monkeypatch):
    outcomes = []
    barrier = threading.Barrier(8)
    real = gymnasium.register

    def slow(*arguments, **keywords):
        time.sleep(0.01)  # whoever looks now finds the id free
        real(*arguments, **keywords)

    monkeypatch.setattr(gymnasium, "register", slow)

    def work():
        barrier.wait()
        try:
            register("gogym_test/Raced-v0", entry_point=f"{small}:Small")
            outcomes.append("registered")
        except gymnasium.error.RegistrationError:
            outcomes.append("taken")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["registered"] + ["taken"] * 7


@pytest.mark.parametrize(
    ("env_id", "words"),
    [
        ("bad id!", "Malformed environment ID: bad id!"),
        ("", "Malformed environment ID"),
        ("a/b/c-v0", "Malformed environment ID"),
        ("CartPole", "Can't register the unversioned environment"),
    ],
)
def test_ids_that_are_refused(small, env_id, words):
    with pytest.raises(gymnasium.error.RegistrationError, match=words):
        register(env_id, entry_point=f"{small}:Small")
    assert env_id not in gymnasium.registry


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (
            "{small}:Smal",
            "gogym_test/Bad-v0 cannot be registered: .*small.py has no 'Smal'. Did you mean 'Small'?",
        ),
        ("{small}x.py:Small", "there is no file"),
        ("gogym_test_no_such_module:Small", "No module named 'gogym_test_no_such_module'"),
        ("gymnasium:NoSuchClass", "gymnasium has no 'NoSuchClass'"),
    ],
)
def test_entry_points_that_are_not_there(small, place, words):
    with pytest.raises(gymnasium.error.RegistrationError, match=words) as caught:
        register("gogym_test/Bad-v0", entry_point=place.format(small=small))
    assert isinstance(caught.value.__cause__, ImportError)
    assert "gogym_test/Bad-v0" not in gymnasium.registry


def test_what_is_no_environment_is_refused(small):
    with pytest.raises(TypeError, match=r"'no_environment' .* is no class and no function"):
        register("gogym_test/Bad-v0", entry_point=f"{small}:no_environment")


def test_an_entry_point_is_needed():
    for options in ({}, {"entry_point": None}, {"max_episode_steps": 3}):
        with pytest.raises(
            gymnasium.error.RegistrationError, match=r"`entry_point` or `vector_entry_point`.*module:Class"
        ):
            register("gogym_test/Bad-v0", **options)
    with pytest.raises(gymnasium.error.RegistrationError, match="must be provided"):
        registry.register_env("gogym_test/Bad-v0", None)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("[]", "must be a JSON object"),
        ("{", "not JSON"),
        ('{"entry_point": 1}', '"entry_point" must be a text such as "module:Class".*not 1'),
        ('{"entry_point": "Small"}', "not 'Small'"),
        ('{"entry_point": ":Small"}', "not ':Small'"),
        ('{"vector_entry_point": "a:"}', '"vector_entry_point" must be a text'),
        ('{"reward_threshold": "1"}', '"reward_threshold" must be a number or null'),
        ('{"reward_threshold": true}', "not True"),
        ('{"nondeterministic": 1}', '"nondeterministic" must be true or false, not 1'),
        ('{"order_enforce": null}', '"order_enforce" must be true or false'),
        ('{"disable_env_checker": "no"}', "not 'no'"),
        ('{"max_episode_steps": 0}', '"max_episode_steps" must be a whole number above 0, or null, not 0'),
        ('{"max_episode_steps": 1.5}', "not 1.5"),
        ('{"max_episode_steps": true}', "not True"),
        ('{"kwargs": [1]}', '"kwargs" must be an object'),
        ('{"kwargs": {"__dict__": [[1, 2]]}}', '"kwargs" must be an object'),
        ('{"additional_wrappers": []}', r'"additional_wrappers" cannot be given here.*gym_make.*"wrappers"'),
        (
            '{"entrypoint": "a:B"}',
            r'unknown option "entrypoint" \(known: disable_env_checker, entry_point, kwargs',
        ),
    ],
)
def test_options_that_are_refused(options, words):
    with pytest.raises(OptionsError, match=words) as caught:
        registry.register_env("gogym_test/Bad-v0", options)
    assert "options of gym_register_env" in str(caught.value)


# ------------------------------------------------------------------------------------------- import and versions


def test_import(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "gogym_test_imported.py").write_text("value = 1\n")
    registry.import_module("gogym_test_imported")
    assert sys.modules["gogym_test_imported"].value == 1
    (tmp_path / "file.py").write_text('import sys\nsys.modules["gogym_test_marked"] = sys\n')
    monkeypatch.chdir(tmp_path)
    registry.import_module("./file.py")
    assert sys.modules.pop("gogym_test_marked") is sys
    (tmp_path / "raising.py").write_text("1 / 0\n")
    with pytest.raises(ZeroDivisionError):
        registry.import_module("raising.py")


@pytest.mark.parametrize(
    "name", ["", ".", ".relative", "gogym_test_no_such_module", "no/such/file.py", "a/b", "a b"]
)
def test_imports_that_fail(name):
    with pytest.raises(ImportError):
        registry.import_module(name)


def test_versions():
    found = registry.versions()
    assert found["gogym"] == gogym.__version__
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))
    assert found["numpy"] == np.__version__
    assert found["gymnasium"] == gymnasium.__version__
    assert found["mujoco"] == metadata.version("mujoco")
    assert list(found)[:4] == ["gogym", "python", "numpy", "gymnasium"]
    assert all(isinstance(version, str) for version in found.values())


def test_versions_import_nothing():
    script = (
        "import sys; from gogym import registry; before = set(sys.modules); found = registry.versions();"
        "print(sorted(set(found) & {name for name in set(sys.modules) - before}))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
