"""What is chosen to draw with, the mends around MuJoCo and pygame, and what a frame is."""

import subprocess
import sys
import types

import gogym_test_frames
import numpy as np
import pytest

import support_display
from gogym import importing, render
from gogym.errors import RenderError
from support_display import NO_EGL, NO_GL, run

MAKE = """
    import json, os, sys
    from gogym import render

    def chosen():
        names = ("MUJOCO_GL", "PYOPENGL_PLATFORM", "SDL_VIDEODRIVER", "SDL_AUDIODRIVER")
        return {name: os.environ.get(name) for name in names}

    def make(env_id, mode):
        render.prepare(mode)
        import gymnasium
        env = gymnasium.make(env_id, render_mode=mode)
        env.reset(seed=1)
        return env

    def error_of(env_id, mode):
        try:
            make(env_id, mode).render()
        except Exception as error:
            return f"{type(error).__name__}: {error}"
"""
NOTHING = dict.fromkeys(("MUJOCO_GL", "PYOPENGL_PLATFORM", "SDL_VIDEODRIVER", "SDL_AUDIODRIVER"))
DUMMY = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"}
SHOW = """
    env = make(sys.argv[1], sys.argv[2])
    frame = env.render()
    env.close()
    print(json.dumps([chosen(), None if frame is None else float(frame.mean())]))
"""


@pytest.fixture
def egl():
    support_display.need_backend("egl")


@pytest.fixture
def osmesa():
    support_display.need_backend("osmesa")


# ------------------------------------------------------------------------------------------- what is chosen


@pytest.mark.parametrize("mode", ["rgb_array", "human"])
@pytest.mark.parametrize("env_id", ["CartPole-v1", "FrozenLake-v1"])
def test_pygame_without_a_display(env_id, mode):
    done = run(MAKE + SHOW, env_id, mode)
    choices, mean = done.result
    assert choices == {**NOTHING, **DUMMY}
    assert (mean is None) == (mode == "human")
    assert mean is None or mean > 50
    assert done.stderr == ""


def test_atari_without_a_display():
    pytest.importorskip("ale_py")
    done = run(MAKE + "    import ale_py\n" + SHOW, "ALE/Pong-v5", "human")
    assert done.result[0] == {**NOTHING, **DUMMY}
    assert "ALSA" not in done.stderr
    assert "error" not in done.stderr


@pytest.mark.parametrize("mode", [None, "ansi", "ansi_list"])
def test_nothing_is_chosen_for_what_draws_nothing(mode):
    done = run(MAKE + f"    render.prepare({mode!r})\n    print(json.dumps([chosen(), len(sys.meta_path)]))")
    before = run("import sys; print(len(sys.meta_path))")
    assert done.result == [NOTHING, before.result]


def test_nothing_is_chosen_with_a_display_until_mujoco_is_used():
    done = run(MAKE + "    render.prepare('rgb_array')\n    print(json.dumps(chosen()))", DISPLAY=":77")
    assert done.result == NOTHING


def test_the_users_choice_of_sdl_stays():
    choices, _ = run(MAKE + SHOW, "CartPole-v1", "rgb_array", SDL_VIDEODRIVER="offscreen").result
    assert choices["SDL_VIDEODRIVER"] == "offscreen"
    script = MAKE + "    render.prepare('human')\n    print(json.dumps(chosen()))"
    choices = run(script, SDL_VIDEO_DRIVER="kmsdrm", SDL_AUDIO_DRIVER="alsa").result
    assert choices == NOTHING


@pytest.mark.usefixtures("egl")
def test_mujoco_draws_with_egl():
    done = run(MAKE + SHOW, "Ant-v5", "rgb_array")
    choices, mean = done.result
    assert choices == {**DUMMY, "MUJOCO_GL": "egl", "PYOPENGL_PLATFORM": "egl"}
    assert mean > 50
    assert done.stderr == ""


@pytest.mark.usefixtures("egl")
def test_mujoco_draws_with_egl_where_there_is_a_display():
    choices, mean = run(MAKE + SHOW, "Ant-v5", "rgb_array", DISPLAY=":77").result
    assert choices == {**NOTHING, "MUJOCO_GL": "egl", "PYOPENGL_PLATFORM": "egl"}
    assert mean > 50


@pytest.mark.usefixtures("osmesa")
def test_mujoco_draws_with_osmesa_where_there_is_no_egl():
    choices, mean = run(MAKE + SHOW, "Ant-v5", "rgb_array", **NO_EGL).result
    assert choices == {**DUMMY, "MUJOCO_GL": "osmesa", "PYOPENGL_PLATFORM": "osmesa"}
    assert mean > 50


@pytest.mark.usefixtures("osmesa")
def test_the_users_choice_for_mujoco_stays():
    choices, mean = run(MAKE + SHOW, "Ant-v5", "rgb_array", MUJOCO_GL="osmesa").result
    assert choices["MUJOCO_GL"] == "osmesa"
    assert mean > 50


@pytest.mark.usefixtures("osmesa")
def test_the_users_choice_for_pyopengl_decides():
    choices, mean = run(MAKE + SHOW, "Ant-v5", "rgb_array", PYOPENGL_PLATFORM="osmesa").result
    assert choices["MUJOCO_GL"] == "osmesa"
    assert mean > 50


@pytest.mark.usefixtures("egl")
def test_mujoco_may_be_there_already():
    used = "    import gymnasium\n    gymnasium.make('Ant-v5').reset(seed=1)\n"
    choices, mean = run(MAKE + used + SHOW, "Ant-v5", "rgb_array").result
    assert choices["MUJOCO_GL"] == "egl"
    assert mean > 50


@pytest.mark.usefixtures("egl")
def test_mujocos_own_renderer_works_too():
    script = """
        import json
        from gogym import render
        render.prepare("rgb_array")
        import mujoco
        model = mujoco.MjModel.from_xml_string(
            "<mujoco><worldbody><light pos='0 0 3'/><geom size='1'/></worldbody></mujoco>"
        )
        data = mujoco.MjData(model)
        mujoco.mj_forward(model, data)
        with mujoco.Renderer(model, 32, 32) as renderer:
            renderer.update_scene(data)
            print(int(renderer.render().max()))
    """
    assert run(script).result > 0


# ------------------------------------------------------------------------------------------- errors


def test_no_library_for_mujoco_is_an_error_that_names_packages():
    script = MAKE + "    print(json.dumps(error_of('Ant-v5', 'rgb_array')))"
    done = run(script, **NO_GL)
    assert done.result.startswith("RenderError: MuJoCo has no graphics library to draw with (egl: ")
    for word in ("libegl1", "libgl1-mesa-dri", "libosmesa6", "MUJOCO_GL", "; osmesa: "):
        assert word in done.result
    assert done.stderr == ""


def test_other_environments_need_no_library():
    _, mean = run(MAKE + SHOW, "CartPole-v1", "rgb_array", **NO_GL).result
    assert mean > 50
    script = MAKE + "    make('Ant-v5', 'rgb_array').step([0] * 8)\n    print(1)"
    assert run(script, **NO_GL).result == 1


def test_a_users_choice_that_does_not_work_is_named():
    script = MAKE + "    print(json.dumps(error_of('Ant-v5', 'rgb_array')))"
    message = run(script, MUJOCO_GL="egl", **NO_EGL).result
    assert message.startswith("RenderError: MuJoCo cannot draw with MUJOCO_GL=egl: ")
    assert "apt install libegl1" in message


def test_nothing_is_printed_about_what_could_not_be_made():
    """Gymnasium frees a context that it does not have, and MuJoCo one of OSMesa."""
    script = MAKE + "    import gc; print(json.dumps(error_of('Ant-v5', 'rgb_array'))); gc.collect()"
    assert run(script, MUJOCO_GL="egl", **NO_EGL).stderr == ""


@pytest.mark.usefixtures("osmesa")
def test_nothing_is_printed_about_a_context_of_osmesa_that_could_not_be_made():
    script = """
        import json
        from gogym import render
        render.prepare("rgb_array")
        import mujoco.osmesa
        mujoco.osmesa.osmesa.OSMesaCreateContextExt = None  # as PyOpenGL has it where the library lacks it
        try:
            mujoco.osmesa.GLContext(8, 8)
        except TypeError as error:
            print(json.dumps(str(error)))
    """
    done = run(script, MUJOCO_GL="osmesa")
    assert "not callable" in done.result
    assert done.stderr == ""


@pytest.mark.parametrize("mode", ["rgb_array", "human"])
def test_a_users_choice_that_does_not_exist_is_named_each_time(mode):
    script = MAKE + f"    print(json.dumps([error_of('Ant-v5', {mode!r}) for _ in range(2)]))"
    first, second = run(script, MUJOCO_GL="bogus").result
    assert first.startswith("RenderError: MuJoCo cannot draw with MUJOCO_GL=bogus: ")
    assert "Without MUJOCO_GL one that works is chosen" in first
    assert second == first
    choices, mean = run(MAKE + SHOW, "CartPole-v1", "rgb_array", MUJOCO_GL="bogus").result
    assert choices["MUJOCO_GL"] == "bogus"
    assert mean > 50


@pytest.mark.parametrize("name", ["SDL_VIDEODRIVER", "SDL_VIDEO_DRIVER"])
@pytest.mark.parametrize("env_id", ["CartPole-v1", "FrozenLake-v1"])
def test_a_users_choice_of_sdl_that_does_not_work_is_named(env_id, name):
    message = run(MAKE + f"    print(json.dumps(error_of({env_id!r}, 'human')))", **{name: "bogus"}).result
    # SDL of before version 3 reads only the first one, and then there may be nothing wrong.
    if name == "SDL_VIDEODRIVER" or message is not None:
        assert message.startswith(f"RenderError: pygame cannot open a window with {name}=bogus: ")
        assert f"Without {name} a driver that works is chosen" in message


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "neither DISPLAY nor WAYLAND_DISPLAY is set"),
        ({"DISPLAY": ":77"}, "a window cannot be opened (DISPLAY=:77): X11: Failed to open display :77"),
    ],
)
def test_a_window_of_mujoco_without_a_display_is_an_error(more, expected):
    """GLFW would abort the process."""
    message = run(MAKE + "    print(json.dumps(error_of('Ant-v5', 'human')))", **more).result
    assert message.startswith("RenderError: ")
    assert expected in message


def test_other_errors_are_not_explained():
    def caught(raise_it):
        with pytest.raises(Exception) as info:  # noqa: PT011
            raise_it()
        return info.value

    assert render.explain(None, caught(lambda: 1 / 0)) is None
    assert render.explain(None, caught(lambda: np.zeros(2).reshape(3))) is None
    known = RenderError("known")
    assert render.explain(None, known) is None


# ------------------------------------------------------------------------------------------- backends


def test_backends_are_tried():
    found = {one.name: one for one in render.gl_backends()}
    assert list(found) == ["egl", "osmesa", "glfw"]
    assert found["egl"].works == support_display.backend("egl")
    assert found["osmesa"].works == support_display.backend("osmesa")
    for one in found.values():
        assert one.detail
        assert "apt install" in one.mend


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("kill -SEGV $$", "it could not be tried, or crashed"),
        ("exec sleep 60", "it took more than 1 s"),
        ("echo no JSON", "it could not be tried, or crashed"),
        (None, "it could not be tried, or crashed"),
    ],
)
def test_a_try_that_crashes_or_hangs_is_a_finding(tmp_path, monkeypatch, body, problem):
    python = tmp_path / "python"
    if body is not None:
        python.write_text(f"#!/bin/sh\n{body}\n")
        python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setattr(render, "_TIMEOUT_SECONDS", 1)
    found = render.gl_backends()
    assert [one.works for one in found] == [False] * 3
    assert all(one.detail.startswith(problem) for one in found)


# ------------------------------------------------------------------------------------------- threads


@pytest.mark.usefixtures("egl")
def test_environments_that_share_a_thread_draw_their_own_frames():
    script = (
        MAKE
        + """
    def play(*envs):
        # The frames of environments that are stepped and rendered in turn.
        frames = [[] for _ in envs]
        for _ in range(3):
            for env, its in zip(envs, frames):
                its.append(env.render())
                env.step(env.action_space.low)
        return frames

    def same(ours, theirs):
        return all(bool((a == b).all()) for a, b in zip(ours, theirs, strict=True))

    (ant,), (hopper,) = play(make("Ant-v5", "rgb_array")), play(make("Hopper-v5", "rgb_array"))
    both = [make("Ant-v5", "rgb_array"), make("Hopper-v5", "rgb_array")]
    frames = play(*both)
    both[0].close()
    play(both[1])
    print(json.dumps([same(frames[0], ant), same(frames[1], hopper), same(ant, hopper)]))
    """
    )
    assert run(script).result == [True, True, False]


@pytest.mark.parametrize("env_id", ["CartPole-v1", "FrozenLake-v1", "Ant-v5"])
def test_environments_on_threads_of_their_own(env_id):
    if env_id == "Ant-v5":
        support_display.need_backend("egl")
    script = (
        MAKE
        + """
    import threading
    results = []
    start = threading.Barrier(6)

    def use():
        try:
            start.wait()
            env = make(sys.argv[1], "rgb_array")
            frames = [env.render()]
            env.step(env.action_space.sample())
            frames.append(env.render())
            env.close()
            results.append(float(frames[0].mean()))
        except BaseException as error:
            results.append(repr(error))

    threads = [threading.Thread(target=use) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    print(json.dumps(results))
    """
    )
    results = run(script, env_id).result
    assert len(results) == 6
    assert set(results) == {results[0]}
    assert results[0] > 20


def test_which_modes_have_a_thread():
    threaded = ["rgb_array", "rgb_array_list", "depth_array", "rgbd_tuple", "human", "state_pixels"]
    assert all(render.needs_thread(mode) for mode in threaded)
    assert not any(render.needs_thread(mode) for mode in (None, "ansi", "ansi_list"))
    assert [mode for mode in (*threaded, None, "ansi") if render.is_human(mode)] == ["human"]


@pytest.mark.parametrize("mode", [3, ["human"], {"a": 1}, np.array(["human", "ansi"])], ids=repr)
def test_what_is_no_mode_is_for_gymnasium_to_refuse(mode):
    assert render.needs_thread(mode) is False
    assert render.is_human(mode) is False
    render.prepare(mode)


# ------------------------------------------------------------------------------------------- frames


@pytest.mark.parametrize("name", gogym_test_frames.GOOD)
def test_frames(name):
    frame = gogym_test_frames.FRAMES[name]()
    expected = list(frame) if isinstance(frame, tuple) else [frame]
    parts = render.frame_parts(frame)
    assert len(parts) == len(expected)
    for part, whole in zip(parts, expected, strict=True):
        assert part.dtype.isnative
        assert part.dtype == whole.dtype.newbyteorder("=")
        np.testing.assert_array_equal(part, whole)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none", "gave None,"),
        ("list", "gave a list,"),
        ("text", "gave a str,"),
        ("objects", "gave an array of object,"),
        ("complex", "gave an array of complex128,"),
        ("scalar", "gave an array of 0 dimensions,"),
        ("five", "gave an array of 5 dimensions,"),
        ("three", "gave a tuple of 3,"),
        ("pair of none", "gave None,"),
    ],
)
def test_what_is_no_frame(name, words):
    with pytest.raises(RenderError) as caught:
        render.frame_parts(gogym_test_frames.FRAMES[name]())
    assert words in str(caught.value)
    assert "gym_render_value" in str(caught.value)


# ------------------------------------------------------------------------------------------- acting on imports


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "gogym_test_imported.py").write_text("number = 1\n")
    (tmp_path / "gogym_test_breaking.py").write_text("raise OSError('broken')\n")
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("gogym_test_imported", None)
    before = list(sys.meta_path)
    yield "gogym_test_imported"
    sys.meta_path[:] = before
    sys.modules.pop("gogym_test_imported", None)


def test_acting_before_an_import(module):
    acted = []
    importing.before_import(module, lambda: acted.append(module in sys.modules))
    assert acted == []
    __import__(module)
    assert acted == [False]
    importing.before_import(module, lambda: acted.append("now"))
    assert acted == [False, "now"]


def test_acting_after_an_import(module):
    acted = []
    importing.after_import(module, lambda loaded: acted.append(loaded.number))
    importing.after_import(module, lambda loaded: acted.append(-loaded.number))
    assert acted == []
    loaded = __import__(module)
    assert sorted(acted) == [-1, 1]
    assert isinstance(loaded, types.ModuleType)
    importing.after_import(module, lambda loaded: acted.append(loaded.number + 1))
    assert acted[2] == 2


@pytest.mark.usefixtures("module")
def test_an_import_that_fails_is_passed_on():
    acted = []
    importing.after_import("gogym_test_breaking", acted.append)
    with pytest.raises(OSError, match="broken"):
        __import__("gogym_test_breaking")
    importing.after_import("gogym_test_missing", acted.append)
    with pytest.raises(ModuleNotFoundError):
        __import__("gogym_test_missing")
    assert acted == []


@pytest.mark.usefixtures("egl")
def test_a_try_is_a_program_of_its_own():
    script = render.__file__.replace("render.py", "gl_attempt.py")
    done = subprocess.run(
        [sys.executable, "-I", script, "egl", *sys.path],
        env=support_display.environment(MUJOCO_GL="egl"),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert '{"detail": "' in done.stdout.splitlines()[-1]
