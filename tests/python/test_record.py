"""Recordings: the files are read again by the libraries that people use, and hold the frames that went in."""

import gc
import os
import struct
import threading
import weakref

import av
import numpy as np
import pytest
from PIL import Image

import support_display
from gogym.record import Recorder

KINDS = ["out.gif", "out.mp4", "out.png"]


def clip(count, height=40, width=60):
    """A red square that moves over grey."""
    frames = np.full((count, height, width, 3), 90, np.uint8)
    for index, frame in enumerate(frames):
        left = (2 * index) % (width - 12)
        frame[8:24, left : left + 12] = 220, 30, 20
    return frames


def record(path, frames, fps=20):
    with Recorder(path, fps) as recorder:
        for frame in frames:
            recorder.add(frame)


def read_gif(path):
    """The frames of a GIF, as they are shown, and how long each is shown in ms."""
    with Image.open(path) as image:
        shown, durations = [], []
        for index in range(image.n_frames):
            image.seek(index)
            shown.append(np.asarray(image.convert("RGB")))
            durations.append(image.info["duration"])
        assert image.info["loop"] == 0
    return shown, durations


def read_mp4(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
        return frames, float(stream.average_rate), stream


def left_in(folder):
    return sorted(path.name for path in folder.iterdir())


def difference(one, other):
    return np.abs(one.astype(int) - other).mean()


# ------------------------------------------------------------------------------------------- what is in the files


def test_a_gif_has_all_frames(tmp_path):
    frames = clip(30)
    record(tmp_path / "out.gif", frames)
    shown, durations = read_gif(tmp_path / "out.gif")
    assert len(shown) == 30
    for ours, theirs in zip(shown, frames, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert durations == [50] * 30


def test_a_gif_of_many_colours(tmp_path):
    ramp = np.linspace(0, 255, 64).astype(np.uint8)
    frames = [
        np.stack([*np.meshgrid(ramp, ramp), np.full((64, 64), shade)], axis=2) for shade in (0, 90, 180)
    ]
    frames = [frame.astype(np.uint8) for frame in frames]
    record(tmp_path / "out.gif", frames)
    shown, _ = read_gif(tmp_path / "out.gif")
    assert len(shown) == 3
    for ours, theirs in zip(shown, frames, strict=True):
        assert difference(ours, theirs) < 8


@pytest.mark.parametrize(("fps", "count"), [(1, 3), (20, 10), (30, 30), (60, 60), (120, 240), (1000, 500)])
def test_a_gif_takes_as_long_as_the_recording(tmp_path, fps, count):
    """Viewers show a frame for 20 ms or more: faster recordings lose frames, and no time."""
    record(tmp_path / "out.gif", clip(count), fps)
    shown, durations = read_gif(tmp_path / "out.gif")
    assert min(durations) >= 20
    assert sum(durations) == pytest.approx(1000 * count / fps, abs=20)
    assert len(shown) == count if fps <= 50 else 0.7 * count * 50 / fps < len(shown) <= count * 50 / fps + 1


def test_a_gif_holds_what_stands_still_once(tmp_path):
    still = clip(1)[0]
    moved = clip(2)[1]
    record(tmp_path / "out.gif", [still] * 10 + [moved] * 5)
    shown, durations = read_gif(tmp_path / "out.gif")
    assert durations == [500, 250]
    np.testing.assert_array_equal(shown[0], still)
    np.testing.assert_array_equal(shown[1], moved)


def test_a_gif_that_stands_still_for_long(tmp_path):
    record(tmp_path / "out.gif", [clip(1)[0]] * 8, fps=0.01)
    _, durations = read_gif(tmp_path / "out.gif")
    assert sum(durations) == 800_000


@pytest.mark.parametrize(("height", "width"), [(40, 60), (41, 60), (40, 61), (41, 61), (1, 1), (210, 160)])
@pytest.mark.parametrize("name", KINDS)
def test_sizes(tmp_path, name, height, width):
    frames = clip(5, height, width) if height > 30 else np.full((5, height, width, 3), 200, np.uint8)
    path = tmp_path / name
    record(path, frames)
    if name == "out.mp4":
        shown, _, _ = read_mp4(path)
        assert len(shown) == 5
        assert shown[0].shape == (height + height % 2, width + width % 2, 3)
        assert difference(shown[2][:height, :width], frames[2]) < 6
    else:
        with Image.open(path) as image:
            assert image.size == (width, height)


def test_an_mp4_has_all_frames(tmp_path):
    frames = clip(50, 64, 96)
    record(tmp_path / "out.mp4", frames, fps=29.97)
    shown, fps, stream = read_mp4(tmp_path / "out.mp4")
    assert len(shown) == 50
    assert fps == pytest.approx(29.97, abs=0.001)
    assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
    for ours, theirs in zip(shown, frames, strict=True):
        assert difference(ours, theirs) < 5
        assert difference(ours[10:22], theirs[10:22]) < 12
    content = (tmp_path / "out.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat"), "it cannot be played while it is loaded"


@pytest.mark.parametrize("fps", [0.5, 1, 23.976, 50, 100, 1000])
def test_rates_of_an_mp4(tmp_path, fps):
    record(tmp_path / "out.mp4", clip(10), fps)
    shown, rate, _ = read_mp4(tmp_path / "out.mp4")
    assert len(shown) == 10
    assert rate == pytest.approx(fps, rel=0.001)


def test_a_png_is_the_last_frame(tmp_path):
    frames = clip(7)
    record(tmp_path / "out.png", frames)
    with Image.open(tmp_path / "out.png") as image:
        assert image.format == "PNG"
        np.testing.assert_array_equal(np.asarray(image), frames[-1])


@pytest.mark.parametrize("name", KINDS)
def test_one_frame_is_a_recording(tmp_path, name):
    record(tmp_path / name, clip(1))
    assert left_in(tmp_path) == [name]
    assert (tmp_path / name).stat().st_size > 50


@pytest.mark.parametrize("shape", [(40, 60), (40, 60, 1)])
def test_grey_frames(tmp_path, shape):
    grey = np.arange(40 * 60, dtype=np.uint64).reshape(shape).astype(np.uint8)
    record(tmp_path / "out.png", [grey])
    with Image.open(tmp_path / "out.png") as image:
        colours = np.asarray(image)
    assert colours.shape == (40, 60, 3)
    np.testing.assert_array_equal(colours, np.broadcast_to(grey.reshape(40, 60, 1), (40, 60, 3)))


@pytest.mark.parametrize("name", KINDS)
def test_the_callers_array_may_change_and_lie_anyhow(tmp_path, name):
    frames = clip(6)
    buffer = np.empty((60, 40, 3), np.uint8).transpose(1, 0, 2)[:, ::-1]
    with Recorder(tmp_path / name, 20) as recorder:
        for frame in frames:
            buffer[:] = frame
            recorder.add(buffer)
        buffer[:] = 0
    if name == "out.mp4":
        shown = read_mp4(tmp_path / name)[0]
    elif name == "out.gif":
        shown = read_gif(tmp_path / name)[0]
    else:
        shown = [None] * 5 + [np.asarray(Image.open(tmp_path / name))]
    assert difference(shown[5], frames[5]) < 5


@pytest.mark.parametrize("name", ["out.GIF", "a b.Mp4", "ümläut.png", "100%d.mp4", "x:y.mp4", ".hidden.gif"])
def test_names(tmp_path, name, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record(name, clip(3))
    assert left_in(tmp_path) == [name]


def test_frames_are_not_kept(tmp_path):
    for name in KINDS:
        living = weakref.WeakSet()
        with Recorder(tmp_path / name, 20) as recorder:
            for index in range(60):
                holder = _Frame(clip(1)[0] + np.uint8(index))
                living.add(holder)
                recorder.add(holder)
                del holder
                gc.collect()
                assert len(living) == 0


class _Frame:
    """An array that can be referred to weakly."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array


@pytest.mark.parametrize("name", KINDS)
def test_a_long_recording_takes_no_more_memory_than_a_short_one(tmp_path, name):
    script = """
        import json, resource, sys
        import numpy as np
        from gogym.record import Recorder

        generator = np.random.default_rng(0)
        frame = generator.integers(0, 256, (120, 160, 3), dtype=np.uint8)
        peaks = []
        with Recorder(sys.argv[1], 20) as recorder:
            for index in range(250):
                frame[:, : index % 160] += 1
                recorder.add(frame)
                if index in (49, 249):
                    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
        print(json.dumps(peaks))
    """
    early, late = support_display.run(script, tmp_path / name).result
    assert late - early < 200 * 120 * 160 * 3 / 2  # there were 200 frames more


# ------------------------------------------------------------------------------------------- failures


@pytest.mark.parametrize("name", ["out.avi", "out", "out.gif.gz", ".mp4", "png"])
def test_other_suffixes(tmp_path, name):
    with pytest.raises(
        ValueError, match=r"a recording is a \.gif or \.mp4 or \.png file, and '.*' is none of them"
    ):
        Recorder(tmp_path / name, 20)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("fps", [0, -1, float("nan"), float("inf")])
def test_rates_that_are_none(tmp_path, fps):
    with pytest.raises(ValueError, match="fps is"):
        Recorder(tmp_path / "out.gif", fps)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (np.zeros((4, 4, 3)), "float64[4, 4, 3]"),
        (np.zeros((4, 4, 3), np.float32), "float32[4, 4, 3]"),
        (np.zeros((4, 4, 4), np.uint8), "uint8[4, 4, 4]"),
        (np.zeros((4, 4, 2), np.uint8), "uint8[4, 4, 2]"),
        (np.zeros(4, np.uint8), "uint8[4]"),
        (np.zeros((0, 4, 3), np.uint8), "uint8[0, 4, 3]"),
        (np.zeros((1, 4, 4, 3), np.uint8), "uint8[1, 4, 4, 3]"),
        (None, "object[]"),
        ("text", "str"),
    ],
)
def test_what_is_no_frame(tmp_path, frame, words):
    with pytest.raises(ValueError, match="cannot be recorded; expected uint8") as caught:
        record(tmp_path / "out.mp4", [frame])
    assert words in str(caught.value)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("name", KINDS)
def test_a_frame_of_another_size(tmp_path, name):
    (tmp_path / name).write_text("old")
    with pytest.raises(ValueError, match=r"shape \(40, 60, 3\), and this one has \(40, 61, 3\)"):
        record(tmp_path / name, [clip(1)[0], clip(1, 40, 61)[0]])
    assert left_in(tmp_path) == [name]
    assert (tmp_path / name).read_text() == "old"


@pytest.mark.parametrize("name", KINDS)
def test_nothing_is_left_of_a_recording_that_failed(tmp_path, name):
    (tmp_path / name).write_text("old")
    with pytest.raises(KeyError), Recorder(tmp_path / name, 20) as recorder:  # noqa: PT012
        for frame in clip(5):
            recorder.add(frame)
        assert len(left_in(tmp_path)) == 2
        raise KeyError
    assert left_in(tmp_path) == [name]
    assert (tmp_path / name).read_text() == "old"


@pytest.mark.parametrize("name", KINDS)
def test_nothing_is_left_of_a_recording_that_was_forgotten(tmp_path, name):
    recorder = Recorder(tmp_path / name, 20)
    recorder.add(clip(1)[0])
    del recorder
    gc.collect()
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("name", KINDS)
def test_a_recording_without_frames(tmp_path, name):
    with pytest.raises(ValueError, match="nothing was recorded"), Recorder(tmp_path / name, 20):
        pass
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("name", KINDS)
def test_an_older_file_is_replaced(tmp_path, name):
    (tmp_path / name).write_text("old")
    record(tmp_path / name, clip(2))
    assert left_in(tmp_path) == [name]
    assert (tmp_path / name).read_bytes() != b"old"


def test_a_closed_recording(tmp_path):
    recorder = Recorder(tmp_path / "out.gif", 20)
    recorder.add(clip(1)[0])
    recorder.close()
    recorder.close()
    with pytest.raises(ValueError, match="is closed"):
        recorder.add(clip(1)[0])


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        Recorder(tmp_path / "missing" / "out.gif", 20)
    assert caught.value.filename == str(tmp_path / "missing" / "out.gif")


@pytest.mark.parametrize("name", KINDS)
def test_a_full_disk(tmp_path, name):
    """The error is passed on, and nothing is left."""
    script = """
        import json, os, resource, signal, sys
        import numpy as np
        from gogym.record import Recorder

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        generator = np.random.default_rng(0)
        try:
            with Recorder(sys.argv[1], 20) as recorder:
                for _ in range(60):
                    recorder.add(generator.integers(0, 256, (200, 300, 3), dtype=np.uint8))
            error = None
        except OSError as caught:
            error = caught.strerror
        print(json.dumps(error))
    """
    error = support_display.run(script, tmp_path / name).result
    assert error == "File too large"
    assert left_in(tmp_path) == []


def test_the_file_has_the_permissions_of_any_other(tmp_path):
    before = os.umask(0o027)
    try:
        record(tmp_path / "out.gif", clip(1))
    finally:
        os.umask(before)
    assert (tmp_path / "out.gif").stat().st_mode & 0o777 == 0o640


def test_recordings_on_several_threads(tmp_path):
    threads = [threading.Thread(target=record, args=[tmp_path / f"{i}.mp4", clip(20)]) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(read_mp4(tmp_path / f"{i}.mp4")[0]) for i in range(4)] == [20] * 4


def test_the_blocks_of_a_gif_end_where_they_should(tmp_path):
    """Some viewers read a GIF to its last byte, which Pillow does not."""
    record(tmp_path / "out.gif", clip(4))
    content = (tmp_path / "out.gif").read_bytes()
    width, height, flags = struct.unpack_from("<HHB", content, 6)
    assert (content[:6], width, height, flags) == (b"GIF89a", 60, 40, 0)
    place, images = 13, 0

    def skip_blocks(place):
        while content[place]:
            place += 1 + content[place]
        return place + 1

    while content[place] != 0x3B:
        if content[place] == 0x21:
            place = skip_blocks(place + 2)
        else:
            assert content[place] == 0x2C
            images += 1
            flags = content[place + 9]
            assert flags & 0x80
            place = skip_blocks(place + 11 + 3 * (2 << (flags & 7)))
    assert images == 4
    assert place == len(content) - 1


# ------------------------------------------------------------------------------------------- Gymnasium's wrapper


@pytest.mark.parametrize("env_id", ["CartPole-v1", "Ant-v5"])
def test_record_video(tmp_path, env_id):
    """Through the C library: the wrapper records what the environment renders."""
    pytest.importorskip("moviepy")
    pytest.importorskip("pygame")
    if env_id == "Ant-v5":
        support_display.need_backend("egl")
    script = """
        import json, sys
        import numpy as np
        from gogym import native

        env_id, folder = sys.argv[1:]
        wrapper = {"name": "RecordVideo", "video_folder": folder, "video_length": 12, "name_prefix": "clip"}
        env = native.Environment(env_id, {"render_mode": "rgb_array", "gogym": {"wrappers": [wrapper]}})
        env.seed_action(5)
        env.reset(seed=1)
        means = []
        for _ in range(14):
            env.step(env.sample_action())
            means.append(float(env.render().mean()))
        env.close()
        print(json.dumps(means))
    """
    means = support_display.run(script, env_id, tmp_path / "videos").result
    (video,) = (tmp_path / "videos").glob("*.mp4")
    frames, _, _ = read_mp4(video)
    assert len(frames) in (12, 13)  # 12 frames are 0.6 s at 20 per second, which moviepy rounds up
    for frame, mean in zip(frames[1:12], means, strict=False):
        assert frame.mean() == pytest.approx(mean, abs=4)


def test_a_recording_of_an_environment(tmp_path):
    """What `gogym run --record` does, with the frames to compare with."""
    script = """
        import json, sys
        import numpy as np
        from gogym import native
        from gogym.record import Recorder

        frames = []
        with native.Environment("CartPole-v1", {"render_mode": "rgb_array"}) as env:
            with Recorder(sys.argv[1], 50) as recorder:
                env.reset(seed=1)
                for _ in range(8):
                    frames.append(env.render())
                    recorder.add(frames[-1])
                    env.step([1])
        np.save(sys.argv[2], frames)
        print(1)
    """
    support_display.run(script, tmp_path / "out.gif", tmp_path / "frames.npy")
    shown, durations = read_gif(tmp_path / "out.gif")
    np.testing.assert_array_equal(shown, np.load(tmp_path / "frames.npy"))
    assert sum(durations) == 160
