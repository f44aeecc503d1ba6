"""Frames through the C library: equal to Python's pixel for pixel, from whichever thread they are asked for."""

import ctypes
import json
import threading

import gogym_test_frames
import numpy as np
import pytest

import support_display
from gogym import native
from gogym.status import Status

# One of each family, with the module that it needs.
FAMILIES = {
    "CartPole-v1": "pygame",
    "LunarLander-v3": "Box2D",
    "FrozenLake-v1": "pygame",
    "Ant-v5": "mujoco",
    "ale_py:ALE/Pong-v5": "ale_py",
}
STEPS = 8

# Plays like `play`, in a Python that has nothing of gogym.
PYTHON = """
import json, sys
import gymnasium.wrappers
import numpy as np

env_id, options, steps, path = sys.argv[1:]
options = json.loads(options)
wrapper = options.pop("wrapper", None)
env = gymnasium.make(env_id, **options)
if wrapper:
    env.reset(seed=3)  # AddRenderObservation resets without a seed, and MuJoCo's camera keeps what it saw then
    env = getattr(gymnasium.wrappers, wrapper)(env)
env.action_space.seed(5)
observed, _ = env.reset(seed=1)
rendered = [observed if wrapper else env.render()]
for _ in range(int(steps)):
    observed = env.step(env.action_space.sample())[0]
    rendered.append(observed if wrapper else env.render())
env.close()
assert not any(name.startswith("gogym") for name in sys.modules)
parts = [frame if isinstance(frame, (tuple, list)) else [frame] for frame in rendered]
np.savez(path, *[np.asarray(part) for frame in parts for part in frame])
print(json.dumps([len(frame) for frame in parts]))
"""


def need(env_id):
    module = FAMILIES.get(env_id)
    if module is not None:
        pytest.importorskip(module)
    if module == "mujoco":
        support_display.need_backend("egl")


@pytest.fixture
def python_frames(tmp_path):
    """A function: what Gymnasium renders, after the reset and after each step; lists where a frame has parts."""

    def frames(env_id, steps=STEPS, **options):
        path = tmp_path / "frames.npz"
        more = {"MUJOCO_GL": "egl", "SDL_VIDEODRIVER": "dummy"}
        lengths = support_display.run(PYTHON, env_id, json.dumps(options), steps, path, **more).result
        with np.load(path) as file:
            arrays = iter([file[name] for name in file.files])
        return [[next(arrays) for _ in range(length)] for length in lengths]

    return frames


def play(env, render, steps=STEPS):
    """What an environment renders after the reset and after each step."""
    env.seed_action(5)
    env.reset(seed=1)
    yield render(env)
    for _ in range(steps):
        env.step_native(env.sample_action_native())
        yield render(env)


def on_another_thread(call):
    """The call's result, from a thread that ends then."""
    results = []
    thread = threading.Thread(target=lambda: results.append(call()))
    thread.start()
    thread.join()
    return results[0]


def parts_of(frame):
    return list(frame) if isinstance(frame, tuple | list) else [frame]


def assert_equal(ours, theirs):
    ours = [parts_of(frame) for frame in ours]
    assert len(ours) == len(theirs)
    for our_parts, their_parts in zip(ours, theirs, strict=True):
        assert [part.dtype for part in our_parts] == [part.dtype for part in their_parts]
        for our, their in zip(our_parts, their_parts, strict=True):
            np.testing.assert_array_equal(our, their)


def failure(call, *arguments):
    with pytest.raises(native.GymError) as caught:
        call(*arguments)
    return caught.value


# ------------------------------------------------------------------------------------------- equal to Python's


@pytest.mark.parametrize("env_id", FAMILIES)
def test_each_family_from_a_new_thread_each_time(library, python_frames, env_id):
    need(env_id)
    expected = python_frames(env_id, render_mode="rgb_array")
    env = on_another_thread(lambda: native.Environment(env_id, {"render_mode": "rgb_array"}, library))
    ours = list(play(env, lambda env: on_another_thread(env.render)))
    assert_equal(ours, expected)
    for frame in ours:
        assert frame.dtype == np.uint8
        assert frame.mean() > 20
    assert any((frame != ours[0]).any() for frame in ours[1:])
    on_another_thread(env.close)


@pytest.mark.parametrize("env_id", ["Ant-v5", "HalfCheetah-v5"])
@pytest.mark.parametrize(
    ("mode", "dtypes"),
    [("depth_array", [np.float32]), ("rgbd_tuple", [np.uint8, np.float32]), ("rgb_array", [np.uint8])],
)
def test_mujocos_modes(library, python_frames, env_id, mode, dtypes):
    need("Ant-v5")
    expected = python_frames(env_id, render_mode=mode, steps=3)
    with native.Environment(env_id, {"render_mode": mode}, library) as env:
        ours = list(play(env, native.Environment.render, 3))
        layout = env.frame_layout()
        values = parts_of(env.render_value())
    assert_equal(ours, expected)
    assert_equal([values], [expected[-1]])
    assert layout.count == len(dtypes)
    offset = 0
    for part, dtype, array in zip(layout.parts, dtypes, expected[0], strict=False):
        assert part.dtype.decode() == np.dtype(dtype).name
        assert tuple(part.shape[: part.ndim]) == array.shape
        assert (part.byte_offset, part.nbytes) == (offset, array.nbytes)
        assert array.any()
        offset += array.nbytes
    assert layout.nbytes == offset


@pytest.mark.parametrize("env_id", ["CartPole-v1", "Ant-v5"])
def test_lists_of_frames(library, python_frames, env_id):
    need(env_id)
    expected = python_frames(env_id, steps=4, render_mode="rgb_array_list")
    with native.Environment(env_id, {"render_mode": "rgb_array_list"}, library) as env:
        ours = list(play(env, native.Environment.render_value, 4))
        assert_equal(ours, expected)
        assert failure(env.frame_layout).code == Status.RENDER
        error = failure(env.render)
        assert error.code == Status.RENDER
        assert "gym_render_value" in error.message


@pytest.mark.parametrize("env_id", ["FrozenLake-v1", "Taxi-v4"])
@pytest.mark.parametrize("mode", ["ansi", "ansi_list"])
def test_texts(library, python_frames, env_id, mode):
    expected = [[str(part) for part in parts] for parts in python_frames(env_id, render_mode=mode)]
    with native.Environment(env_id, {"render_mode": mode}, library) as env:
        ours = list(play(env, native.Environment.render_value))
        error = failure(env.render)
    assert [parts_of(frame) for frame in ours] == expected
    assert expected[0][0]
    assert error.code == Status.RENDER


def test_several_environments_of_mujoco_at_a_time(library, python_frames):
    need("Ant-v5")
    ids = ["Ant-v5", "Hopper-v5", "Ant-v5", "Swimmer-v5"]
    expected = {env_id: python_frames(env_id, render_mode="rgb_array") for env_id in set(ids)}
    frames = {}
    start = threading.Barrier(len(ids))

    def use(index, env_id):
        start.wait()
        with native.Environment(env_id, {"render_mode": "rgb_array"}, library) as env:
            frames[index] = list(play(env, native.Environment.render))

    threads = [threading.Thread(target=use, args=item) for item in enumerate(ids)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index, env_id in enumerate(ids):
        assert_equal(frames[index], expected[env_id])


def test_one_environment_of_mujoco_from_many_threads_at_a_time(library):
    need("Ant-v5")
    with native.Environment("Ant-v5", {"render_mode": "rgb_array"}, library) as env:
        env.reset(seed=1)
        for _ in range(50):  # the camera comes to rest
            still = env.render()
        frames = []
        threads = [
            threading.Thread(target=lambda: frames.extend(env.render() for _ in range(5))) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(frames) == 40
    for frame in frames:
        np.testing.assert_array_equal(frame, still)


def test_a_clone_renders_the_same(library):
    need("Ant-v5")
    for env_id in ("CartPole-v1", "Ant-v5"):
        with native.Environment(env_id, {"render_mode": "rgb_array"}, library) as env:
            env.reset(seed=1)
            env.step(env.sample_action())
            with env.clone() as clone:
                np.testing.assert_array_equal(clone.render(), env.render())


# ------------------------------------------------------------------------------------------- wrappers


@pytest.mark.parametrize("env_id", ["CartPole-v1", "Ant-v5"])
def test_add_render_observation(library, python_frames, env_id):
    need(env_id)
    expected = python_frames(env_id, render_mode="rgb_array", wrapper="AddRenderObservation")
    with native.Environment(env_id, {"render_mode": "rgb_array"}, library) as bare:
        bare.reset(seed=3)
        env = bare.wrap({"name": "AddRenderObservation"})
        env.seed_action(5)
        env.reset_native(seed=1)
        frames = [env.observation()]
        for _ in range(STEPS):
            env.step_native(env.sample_action_native())
            frames.append(env.observation())
        env.close()
    assert_equal(frames, expected)


def test_render_collection(library):
    with native.Environment("CartPole-v1", {"render_mode": "rgb_array"}, library) as bare:
        env = bare.wrap({"name": "RenderCollection", "pop_frames": True, "reset_clean": True})
        env.reset(seed=1)
        for _ in range(3):
            env.step(env.sample_action())
        frames = env.render_value()
        assert len(frames) == 4
        assert all(frame.shape == (400, 600, 3) for frame in frames)
        assert env.render_value() == []
        assert failure(env.render).code == Status.RENDER
        env.close()


NOISE = """
import json, sys
import gymnasium
import numpy as np
from gymnasium.wrappers import AddWhiteNoise, ObstructView

wrapper, arguments, path = sys.argv[1:]
env = gymnasium.make("CartPole-v1", render_mode="rgb_array")
env = {"AddWhiteNoise": AddWhiteNoise, "ObstructView": ObstructView}[wrapper](env, **json.loads(arguments))
env.reset(seed=1)
np.save(path, np.stack([env.render() for _ in range(4)]))
print(1)
"""


@pytest.mark.parametrize(
    ("wrapper", "arguments"),
    [
        ("AddWhiteNoise", {"probability_of_noise_per_pixel": 0.3}),
        ("ObstructView", {"obstructed_pixels_ratio": 0.2, "obstruction_width": 50}),
    ],
)
def test_random_numbers_of_wrappers_are_drawn_once_per_frame(library, tmp_path, wrapper, arguments):
    """gym_frame_layout renders ahead, and the frame is not lost."""
    path = tmp_path / "noise.npy"
    support_display.run(NOISE, wrapper, json.dumps(arguments), path, SDL_VIDEODRIVER="dummy")
    with native.Environment("CartPole-v1", {"render_mode": "rgb_array"}, library) as bare:
        env = bare.wrap({"name": wrapper, **arguments})
        env.reset(seed=1)
        frames = []
        for _ in range(4):
            env.frame_layout()
            frames.append(env.render())
        env.close()
    np.testing.assert_array_equal(frames, np.load(path))
    assert (frames[0] != frames[1]).any()


def test_human_rendering_without_a_display():
    script = """
        from gogym import native
        env = native.Environment("CartPole-v1", {"render_mode": "rgb_array"}).wrap({"name": "HumanRendering"})
        env.reset(seed=1)
        env.step([1])
        assert env.render_value() is None
        env.close()
        print(1)
    """
    done = support_display.run(script)
    assert done.stderr == ""


# ------------------------------------------------------------------------------------------- frames of all kinds


def frames_env(library, **options):
    kwargs = {"render_mode": "rgb_array", "disable_env_checker": True, **options}
    return native.Environment("gogym_test_frames:Frames", kwargs, library)


def renders(env):
    return env.get_attr("unwrapped.renders")


@pytest.mark.parametrize("name", gogym_test_frames.GOOD)
def test_arrays_of_other_kinds(library, name):
    expected = parts_of(gogym_test_frames.FRAMES[name]())
    with frames_env(library, frame=name) as env:
        env.reset(seed=1)
        layout = env.frame_layout()
        frame = parts_of(env.render())
    assert layout.count == len(expected)
    for part, array in zip(frame, expected, strict=True):
        assert part.dtype == array.dtype.newbyteorder("=")
        np.testing.assert_array_equal(part, array)


def test_parts_are_aligned_and_what_is_between_them_is_zero(library):
    with frames_env(library, frame="pair") as env:
        env.reset(seed=1)
        layout = env.frame_layout()
        assert [layout.parts[i].byte_offset for i in range(2)] == [0, 16]
        assert layout.nbytes == 16 + 24
        buffer = np.full(layout.nbytes + 8, 0xAB, np.uint8)
        library.call("gym_render", env.handle, buffer.ctypes.data_as(ctypes.c_void_p), buffer.size)
    assert buffer[:9].tolist() == list(range(9))
    assert not buffer[9:16].any()
    assert (buffer[40:] == 0xAB).all()


@pytest.mark.parametrize("name", gogym_test_frames.BAD)
def test_what_is_no_frame(library, name):
    with frames_env(library, frame=name) as env:
        env.reset(seed=1)
        error = failure(env.frame_layout)
        assert error.code == Status.RENDER
        assert "env.render() gave " in error.message
        error = failure(library.call, "gym_render", env.handle, (ctypes.c_char * 64)(), 64)
        assert error.code == Status.RENDER


def test_the_frame_that_was_rendered_for_its_layout_is_the_next_one(library):
    with frames_env(library, frame="random") as env:
        env.reset(seed=1)
        env.frame_layout()
        env.frame_layout()
        assert renders(env) == 1
        first = env.render()
        assert renders(env) == 1
        second = env.render()
        assert renders(env) == 2
        assert (first != second).any()
    with frames_env(library, frame="random") as env:
        env.reset(seed=1)
        np.testing.assert_array_equal(env.render_value(), first)
        np.testing.assert_array_equal(env.render_value(), second)
        # A frame that waits is that of a moment that has passed.
        env.step([1])
        env.frame_layout()
        env.step([1])
        before = renders(env)
        env.render()
        assert renders(env) == before + 1


def test_frames_that_grow(library):
    with frames_env(library, frame="growing") as env:
        env.reset(seed=1)
        nbytes = env.frame_layout().nbytes
        buffer = np.zeros(nbytes, np.uint8)
        pointer = buffer.ctypes.data_as(ctypes.c_void_p)
        library.call("gym_render", env.handle, pointer, nbytes)
        assert (buffer == 1).all()
        error = failure(library.call, "gym_render", env.handle, pointer, nbytes)
        assert error.code == Status.BUFFER
        assert str(2 * nbytes) in error.message
        assert (buffer == 1).all()
        frame = env.render()
        assert frame.shape == (2, 2, 3)
        assert (frame == 2).all()
        assert renders(env) == 2


# ------------------------------------------------------------------------------------------- errors


def test_a_buffer_that_is_too_short_is_left_alone(library):
    with native.Environment("CartPole-v1", {"render_mode": "rgb_array"}, library) as env:
        env.reset(seed=1)
        nbytes = env.frame_layout().nbytes
        assert nbytes == 400 * 600 * 3
        buffer = np.full(nbytes, 0xAB, np.uint8)
        pointer = buffer.ctypes.data_as(ctypes.c_void_p)
        for length in (0, 1, nbytes - 1):
            error = failure(library.call, "gym_render", env.handle, pointer, length)
            assert error.code == Status.BUFFER
            assert str(nbytes) in error.message
        assert (buffer == 0xAB).all()
        library.call("gym_render", env.handle, pointer, nbytes)
        assert (buffer != 0xAB).any()
        assert failure(library.call, "gym_render", env.handle, None, 0).code == Status.BUFFER
        assert failure(library.call, "gym_render", env.handle, None, nbytes).code == Status.ARGUMENT


@pytest.mark.parametrize("env_id", ["CartPole-v1", "Ant-v5"])
def test_without_a_render_mode(library, env_id):
    with native.Environment(env_id, library=library) as env:
        env.reset(seed=1)
        for call in (env.frame_layout, env.render, env.render_value):
            error = failure(call)
            assert error.code == Status.RENDER
            assert "rgb_array" in error.message


@pytest.mark.parametrize("mode", ["rgb_array", "ansi"])
def test_before_the_first_reset(library, mode):
    with native.Environment("FrozenLake-v1", {"render_mode": mode}, library) as env:
        for call in (env.render_value, env.frame_layout) if mode == "rgb_array" else (env.render_value,):
            assert failure(call).code == Status.RESET_NEEDED
        env.reset(seed=1)
        assert env.render_value() is not None


def test_what_render_raises_is_passed_on(library):
    with frames_env(library, frame="raising") as env:
        env.reset(seed=1)
        for call in (env.frame_layout, env.render_value):
            error = failure(call)
            assert error.code == Status.PYTHON
            assert error.type == "OSError"
            assert "no colours are left" in error.message


@pytest.mark.parametrize("wrapped", [False, True])
def test_no_library_to_draw_with(wrapped):
    script = """
        import json, sys
        from gogym import native
        env = native.Environment("Ant-v5", {"render_mode": "rgb_array"})
        try:
            env.reset(seed=1)
            if json.loads(sys.argv[1]):
                env = env.wrap({"name": "AddRenderObservation"})
            env.render()
        except native.GymError as error:
            print(json.dumps([error.code, error.message]))
    """
    done = support_display.run(script, json.dumps(wrapped), **support_display.NO_GL)
    code, message = done.result
    assert "libegl1" in message
    assert "MUJOCO_GL" in message
    assert code == Status.RENDER


# ------------------------------------------------------------------------------------------- leaks

LEAKS = """
    import gc, json, os, sys
    import numpy as np
    from gogym import native

    def used():
        gc.collect()
        with open("/proc/self/statm") as file:
            pages = int(file.read().split()[1])
        return [pages * os.sysconf("SC_PAGE_SIZE"), len(gc.get_objects()), len(os.listdir("/proc/self/task"))]
"""


@pytest.mark.slow
@pytest.mark.parametrize("env_id", FAMILIES)
def test_500_renders_leak_nothing(env_id):
    need(env_id)
    script = """
    size = {"width": 120, "height": 120} if sys.argv[1] == "Ant-v5" else {}
    with native.Environment(sys.argv[1], {"render_mode": "rgb_array", **size}) as env:
        env.reset(seed=1)
        nbytes = env.frame_layout().nbytes
        buffer = np.empty(nbytes, np.uint8)
        pointer = native.library.c_void_p(buffer.ctypes.data)

        def render(times):
            for i in range(times):
                env.library.call("gym_render", env.handle, pointer, nbytes)
                if i % 10 == 0:
                    env.render_value()

        render(100)
        before = used()
        render(500)
        print(json.dumps([nbytes, before, used()]))
    """
    nbytes, before, after = support_display.run(LEAKS + script, env_id).result
    assert after[0] - before[0] < 50 * nbytes  # of 550 frames
    assert after[1] - before[1] < 50
    assert after[2] == before[2]


@pytest.mark.parametrize("env_id", ["CartPole-v1", "Ant-v5"])
def test_closed_environments_leave_no_thread(env_id):
    need(env_id)
    script = """
    def use(times):
        for _ in range(times):
            with native.Environment(sys.argv[1], {"render_mode": "rgb_array"}) as env:
                env.reset(seed=1)
                env.render()

    use(3)
    before = used()
    use(10)
    print(json.dumps([before, used()]))
    """
    before, after = support_display.run(LEAKS + script, env_id).result
    assert after[2] == before[2]
    assert after[1] - before[1] < 500
    assert after[0] - before[0] < 30e6


def test_the_program_ends_with_environments_open():
    need("Ant-v5")
    script = """
        from gogym import native
        for env_id in ("CartPole-v1", "Ant-v5"):
            env = native.Environment(env_id, {"render_mode": "rgb_array"})
            env.reset(seed=1)
            env.render()
        print(1)
    """
    assert support_display.run(script).result == 1
