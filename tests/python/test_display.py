"""Windows on a virtual display: environments of render_mode "human", and what closes or shares a window.

Each test is a process of its own, which looks at the screen itself: what opens windows has one state for a process.
"""

import pytest

import support_display

COMMON = """
    import json, sys, threading, time
    from gogym import native
    from support_display import screenshot

    screen = sys.argv[1]

    def shown():
        # How much of the screen is not black, which its background is.
        return float((screenshot(screen) > 0).any(axis=2).mean())

    def cleared():
        # The server may be late.
        for _ in range(200):
            if shown() == 0:
                break
            time.sleep(0.02)
        return shown()

    def human(env_id, **options):
        env = native.Environment(env_id, {"render_mode": "human", **options})
        env.reset(seed=1)
        return env

    def error_of(call, *arguments):
        try:
            call(*arguments)
        except native.GymError as error:
            return [error.code, str(error)]
"""
RENDER_ERROR = 53


@pytest.fixture(scope="module")
def display(tmp_path_factory):
    support_display.need_xvfb()
    display = support_display.Display(tmp_path_factory.mktemp("screen"))
    yield display
    display.close()


@pytest.fixture
def run(display):
    """Run a script that has COMMON before it, on the display."""

    def run(script, *arguments):
        more = {"DISPLAY": display.name}
        return support_display.run(COMMON + script, display.screen, *arguments, **more).result

    return run


@pytest.mark.parametrize(
    ("env_id", "module"),
    [
        ("CartPole-v1", "pygame"),
        ("FrozenLake-v1", "pygame"),
        ("LunarLander-v3", "Box2D"),
        ("ale_py:ALE/Pong-v5", "ale_py"),
        ("Ant-v5", "mujoco"),
    ],
)
def test_a_window_shows_the_environment(run, env_id, module):
    pytest.importorskip(module)
    script = """
    env_id = sys.argv[2]
    shares = [shown()]
    env = human(env_id)
    before = screenshot(screen)
    moved = False
    for _ in range(20):
        env.step(env.sample_action())
        moved = moved or bool((before != screenshot(screen)).any())
    shares.append(shown())
    env.close()
    shares.append(shown() if "ALE" in env_id else cleared())  # ALE's window stays until the process ends
    print(json.dumps([shares, moved]))
    """
    (empty, stepped, closed), moved = run(script, env_id)
    assert empty == 0
    assert stepped > 0.05
    assert moved
    assert closed == 0 or "ALE" in env_id


def test_gym_render_draws_the_window_and_gives_no_frame(run):
    script = """
    env = human("CartPole-v1")
    env.library.call("gym_render", env.handle, None, 0)
    value = env.render_value()
    buffer = native.library.c_void_p(1)
    errors = [error_of(env.library.call, "gym_render", env.handle, buffer, 8), error_of(env.frame_layout)]
    share = shown()
    env.close()
    print(json.dumps([value, share, errors]))
    """
    value, share, (buffer, layout) = run(script)
    assert value is None
    assert share > 0.05
    assert buffer[0] == 5 or "human" in buffer[1]
    assert layout[0] == RENDER_ERROR


@pytest.mark.parametrize("how", ["option", "gym_wrap"])
@pytest.mark.parametrize("env_id", ["CartPole-v1", "Ant-v5"])
def test_human_rendering_shows_frames_in_a_window(run, env_id, how):
    if env_id == "Ant-v5":
        support_display.need_backend("egl")
    script = """
    env_id, how = sys.argv[2:]
    wrappers = [{"name": "HumanRendering"}]
    options = {"render_mode": "rgb_array"}
    if how == "option":
        env = native.Environment(env_id, {**options, "gogym": {"wrappers": wrappers}})
    else:
        env = native.Environment(env_id, options).wrap(wrappers)
    env.reset(seed=1)
    before = screenshot(screen)
    share = shown()
    for _ in range(5):
        env.step(env.sample_action())
    moved = bool((before != screenshot(screen)).any())
    env.close()
    print(json.dumps([share, moved, cleared()]))
    """
    share, moved, closed = run(script, env_id, how)
    assert share > 0.05
    assert moved
    assert closed == 0


@pytest.mark.parametrize("env_id", ["CartPole-v1", "Ant-v5"])
def test_other_environments_come_and_go_on_other_threads(run, env_id):
    """One that is closed ends pygame, or GLFW, as Gymnasium is written; the process would crash."""
    if env_id == "Ant-v5":
        support_display.need_backend("egl")
    script = """
    env_id = sys.argv[2]
    env = human(env_id)
    problems, means = [], set()

    def use(other):
        try:
            with native.Environment(other, {"render_mode": "rgb_array"}) as one:
                one.reset(seed=1)
                means.add(float(one.render().mean()))
        except Exception as error:
            problems.append(repr(error))

    shares = []
    for _ in range(6):
        others = [env_id, env_id, "FrozenLake-v1"]
        threads = [threading.Thread(target=use, args=[other]) for other in others]
        [thread.start() for thread in threads]
        for _ in range(5):
            env.step(env.sample_action())
            shares.append(shown())
        [thread.join() for thread in threads]
    env.close()
    print(json.dumps([problems, len(means), min(shares), cleared()]))
    """
    problems, frames, share, closed = run(script, env_id)
    assert problems == []
    assert frames == 2
    assert share > 0.05
    assert closed == 0


def test_two_windows_of_mujoco(run):
    script = """
    first, second = human("Ant-v5"), human("Hopper-v5")
    for _ in range(3):
        first.step(first.sample_action())
        second.step(second.sample_action())
    first.close()
    for _ in range(3):
        second.step(second.sample_action())
    share = shown()
    second.close()
    print(json.dumps([share, cleared()]))
    """
    share, closed = run(script)
    assert share > 0.05
    assert closed == 0


@pytest.mark.parametrize("how", ["button", "escape"])
def test_a_window_of_mujoco_closed_by_its_user(run, how):
    """Gymnasium goes on to use it, which would crash the process."""
    script = """
    import gymnasium
    from gogym import render

    render.prepare("human")
    import glfw

    env = gymnasium.make("Ant-v5", render_mode="human")
    env.reset(seed=1)
    viewer = env.unwrapped.mujoco_renderer.viewer
    if sys.argv[2] == "button":
        glfw.set_window_should_close(viewer.window, True)
    else:
        # As if GLFW had called it for a key.
        press = viewer._key_callback
        glfw.set_cursor_pos_callback(viewer.window, None)
        real = glfw.poll_events.__self__._poll_events
        glfw.poll_events.__self__._poll_events = lambda: press(viewer.window, glfw.KEY_ESCAPE, 0, glfw.RELEASE, 0)
        env.step(env.action_space.sample())
        glfw.poll_events.__self__._poll_events = real
    errors = []
    for _ in range(3):
        try:
            env.step(env.action_space.sample())
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}")
    env.close()
    closed = cleared()
    again = gymnasium.make("Ant-v5", render_mode="human")
    again.reset(seed=1)
    share = shown()
    again.close()
    print(json.dumps([errors, closed, share]))
    """
    errors, closed, share = run(script, how)
    assert len(errors) == 3
    assert all(error.startswith("RenderError: the environment's window has been closed") for error in errors)
    assert closed == 0
    assert share > 0.05


def test_pygames_window_is_one_environments(run):
    script = """
    first = human("CartPole-v1")
    other = native.Environment("Acrobot-v1", {"render_mode": "rgb_array"})
    other = other.wrap({"name": "HumanRendering"})
    error = error_of(other.reset, 1)
    for _ in range(3):
        first.step(first.sample_action())
    share = shown()
    first.close()
    other.reset(1)
    shares = [share, shown()]
    other.close()
    print(json.dumps([error, shares]))
    """
    (status, message), shares = run(script)
    assert status == RENDER_ERROR
    assert "pygame has one window in a process" in message
    assert min(shares) > 0.05


def test_a_display_that_is_not_there():
    script = """
    env = native.Environment("Ant-v5", {"render_mode": "human"})
    error = error_of(env.reset, 1)
    env.close()
    print(json.dumps(error))
    """
    support_display.need_xvfb()
    status, message = support_display.run(COMMON + script, "", DISPLAY=":77").result
    assert status == RENDER_ERROR
    assert "Failed to open display :77" in message


def test_frames_with_a_display_come_from_any_thread(run):
    """GLFW, which Gymnasium prefers where there is a display, is for one thread."""
    support_display.need_backend("egl")
    script = """
    import os

    means = []

    def use():
        with native.Environment("Ant-v5", {"render_mode": "rgb_array"}) as env:
            env.reset(seed=1)
            means.append(float(env.render().mean()))

    threads = [threading.Thread(target=use) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    print(json.dumps([means, os.environ["MUJOCO_GL"]]))
    """
    means, chosen = run(script)
    assert len(means) == 4
    assert set(means) == {means[0]}
    assert means[0] > 50
    assert chosen == "egl"


def test_glfw_draws_frames_on_several_threads(display):
    """The user's own choice, which is not the best one, works."""
    script = """
    means = []

    def use():
        with native.Environment("Ant-v5", {"render_mode": "rgb_array"}) as env:
            env.reset(seed=1)
            means.append(float(env.render().mean()))

    threads = [threading.Thread(target=use) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    print(json.dumps(means))
    """
    more = {"DISPLAY": display.name, "MUJOCO_GL": "glfw"}
    means = support_display.run(COMMON + script, display.screen, **more).result
    assert len(means) == 4
    assert set(means) == {means[0]}
    assert means[0] > 50


@pytest.mark.parametrize("backend", ["egl", "osmesa", "glfw"])
def test_a_check_opens_a_window_beside_other_contexts_of_its_thread(display, backend):
    """Xlib ends a process that makes GLFW's context current where one of EGL is."""
    if backend != "glfw":
        support_display.need_backend(backend)
    script = """
    with native.Environment("Ant-v5", {"render_mode": "rgb_array"}) as env:
        env.reset(seed=1)
        before = env.render_value()
        found = [(one["level"], one["message"]) for one in env.check()]
        env.reset(seed=1)
        again = env.render_value()
        print(json.dumps([found, bool((before == again).all()), float(before.mean())]))
    """
    more = {"DISPLAY": display.name, "MUJOCO_GL": backend}
    found, same, mean = support_display.run(COMMON + script, display.screen, **more).result
    assert {level for level, _ in found} == {"warning"}
    assert not any("human" in message for _, message in found)
    assert same
    assert mean > 50


def test_contexts_and_windows_of_one_thread_take_turns(run):
    support_display.need_backend("egl")
    script = """
    import gymnasium
    from gogym import render

    def make(mode):
        render.prepare(mode)
        env = gymnasium.make("Ant-v5", render_mode=mode)
        env.reset(seed=1)
        return env

    alone = make("rgb_array").render()
    frames, shares = [], []
    first = make("rgb_array")
    frames.append(first.render())
    window = make("human")
    for _ in range(3):
        window.step(window.action_space.sample())
        shares.append(shown())
        frames.append(first.render())
    second = make("rgb_array")
    frames.append(second.render())
    second.close()
    window.step(window.action_space.sample())
    shares.append(shown())
    window.close()
    frames.append(first.render())
    first.close()
    print(json.dumps([[bool((frame == alone).all()) for frame in frames], min(shares), cleared()]))
    """
    same, share, closed = run(script)
    assert same == [True] * 6
    assert share > 0.05
    assert closed == 0


def test_a_check_beside_the_window_of_another_environment(run):
    """That pygame's window is taken is no fault of the environment that is checked."""
    script = """
    window = human("CartPole-v1")
    other = native.Environment("FrozenLake-v1")
    found = [other.check()]
    window.close()
    found.append(other.check())
    other.close()
    print(json.dumps(found))
    """
    (finding,), later = run(script)
    assert (finding["level"], finding["type"]) == ("warning", "gogym.errors.RenderError")
    assert 'the render mode "human" has not been checked: pygame has one window' in finding["message"]
    assert later == []
