"""Atari environments: by id alone, in all their observation types, frame by frame as in Python."""

import subprocess
import sys
import textwrap
from pathlib import Path

import gymnasium
import numpy as np
import pytest

from gogym import native
from gogym.status import Status

ale_py = pytest.importorskip("ale_py", reason="the extra atari is not installed")

SHAPES = {"rgb": (210, 160, 3), "grayscale": (210, 160), "ram": (128,)}


@pytest.mark.parametrize("obs_type", SHAPES)
@pytest.mark.parametrize("game", ["Pong", "Breakout"])
def test_frames_are_those_of_python(library, game, obs_type):
    env_id = f"ale_py:ALE/{game}-v5"
    # rgb is what the id alone gives.
    options = {} if obs_type == "rgb" else {"obs_type": obs_type}
    expected = gymnasium.make(env_id, obs_type=obs_type)
    with native.Environment(env_id, options, library=library) as env:
        space = env.observation_space()
        assert (space["dtype"], space["shape"]) == ("uint8", SHAPES[obs_type])
        assert env.observation_size == np.prod(SHAPES[obs_type])
        assert env.action_space()["n"] == expected.action_space.n
        frame, info = expected.reset(seed=11)
        np.testing.assert_array_equal(env.reset(seed=11), frame.reshape(-1))
        assert {name: env.info()[name] for name in ("lives", "frame_number")} == {
            name: info[name] for name in ("lives", "frame_number")
        }
        env.seed_action(5)
        expected.action_space.seed(5)
        changed = 0
        for _ in range(60):
            action = env.sample_action()
            assert action == [expected.action_space.sample()]
            before = frame
            frame, reward, terminated, truncated, info = expected.step(int(action[0]))
            observation, *rest = env.step(action)
            np.testing.assert_array_equal(observation, frame.reshape(-1))
            assert rest == [reward, terminated, truncated]
            assert env.info()["frame_number"] == info["frame_number"]
            changed += not np.array_equal(frame, before)
        assert changed > 30, "a game that stands still proves nothing"
    expected.close()


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({"full_action_space": True}, 1),
        ({"frameskip": 1, "repeat_action_probability": 0.0}, 1),
        ({"frameskip": {"__tuple__": [2, 5]}}, 1),
        ({"continuous": True}, 3),
        ({"mode": 0, "difficulty": 1}, 1),
    ],
)
def test_options(library, options, size):
    with native.Environment("ale_py:ALE/Pong-v5", options, library=library) as env:
        assert env.action_size == size
        env.reset(seed=1)
        env.step(env.sample_action())


def test_every_game_of_the_wheel_has_its_rom():
    """ROMs lie in the wheel: nothing is fetched."""
    folder = Path(ale_py.__file__).parent
    roms = {path.stem for path in folder.rglob("*.bin")}
    games = {spec.kwargs["game"] for spec in gymnasium.registry.values() if spec.namespace == "ALE"}
    assert "pong" in games
    assert games <= roms


def run_python(source):
    command = [sys.executable, "-c", textwrap.dedent(source)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(
    "env_id",
    ["ale_py:ALE/Pong-v5", "ALE/Pong-v5", "ale_py:ALE/Pong", "ale_py:PongNoFrameskip-v4", "ale_py:Pong-v4"],
)
def test_by_id_alone(env_id):
    """In a process where nobody has imported ale_py, and nobody can reach a network."""
    done = run_python(f"""
        import socket
        def refuse(*arguments, **options):
            raise RuntimeError("no network")
        socket.socket = socket.create_connection = socket.getaddrinfo = refuse
        from gogym.native import Environment
        with Environment({env_id!r}) as env:
            print(env.reset(seed=1).size)
        """)
    assert done.stdout.strip() == str(210 * 160 * 3), done.stderr


def test_without_ale_py_the_error_says_how_to_get_it(library, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "ale_py"]:
        monkeypatch.delitem(sys.modules, name)
    for name in [name for name, spec in gymnasium.registry.items() if "ale_py" in str(spec.entry_point)]:
        monkeypatch.delitem(gymnasium.registry, name)

    class Hidden:
        @staticmethod
        def find_spec(name, path=None, target=None):  # noqa: ARG004
            if name == "ale_py":
                raise ModuleNotFoundError("No module named 'ale_py'", name=name)

    monkeypatch.setattr(sys, "meta_path", [Hidden, *sys.meta_path])
    for env_id, code, words in (
        ("ale_py:ALE/Pong-v5", Status.IMPORT, "No module named 'ale_py'. Environment registration via"),
        ("ALE/Pong-v5", Status.NAMESPACE_NOT_FOUND, "Namespace ALE not found."),
    ):
        with pytest.raises(native.GymError) as caught:
            native.Environment(env_id, library=library)
        assert caught.value.code == code
        assert caught.value.message.startswith(words)
        assert f"{sys.executable} -m pip install ale-py" in caught.value.message
        assert "pip install '.[atari]' in a checkout" in caught.value.message


@pytest.mark.parametrize(
    ("env_id", "options", "words"),
    [
        (
            "ale_py:ALE/Pnog-v5",
            {},
            "Environment `Pnog` doesn't exist in namespace ALE. Did you mean: `Pong`?",
        ),
        ("ale_py:ALE/Pong-v5", {"obs_type": "smell"}, "smell"),
    ],
)
def test_gymnasiums_and_ales_own_words(library, env_id, options, words):
    with pytest.raises(native.GymError) as caught:
        native.Environment(env_id, options, library=library)
    assert words in caught.value.message
