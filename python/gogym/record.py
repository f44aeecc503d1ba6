"""Recordings: frames to a file, as they come; a recording of any length takes the memory of a few frames."""

from __future__ import annotations

import math
import os
import struct
from abc import ABC, abstractmethod
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

if TYPE_CHECKING:
    from typing_extensions import Self

    Frame = np.ndarray[Any, np.dtype[np.uint8]]


class Recorder:
    """Writes frames to a file whose suffix says how: .gif, .mp4 (H.264), or .png for a picture of the last frame.

    The file appears when the recording is closed; one that fails leaves nothing behind, and an older file alone. Use it
    in a ``with`` statement, whose end closes it.

    Raises:
        ValueError: The suffix is another one, or ``fps`` is no rate.
        OSError: No file can be written there.
    """

    def __init__(self, path: str | os.PathLike[str], fps: float) -> None:
        self._path = Path(path)
        kind = _KINDS.get(self._path.suffix.lower())
        if kind is None:
            message = f"a recording is a {' or '.join(_KINDS)} file, and {str(self._path)!r} is none of them"
            raise ValueError(message)
        if not (math.isfinite(fps) and fps > 0):
            message = f"fps is {fps}; expected frames per second, more than 0"
            raise ValueError(message)
        # In the same folder, so that it can be renamed; the name ends with the suffix, which tells libraries the format.
        self._part = self._path.with_name(f".{self._path.stem}-{os.urandom(4).hex()}{self._path.suffix}")
        try:
            self._file = self._part.open("xb")
        except OSError as error:
            error.filename = str(self._path)
            raise
        self._kind = kind
        self._fps = fps
        self._writer: _Writer | None = None
        self._shape: tuple[int, ...] = ()

    def add(self, frame: np.ndarray[Any, np.dtype[Any]]) -> None:
        """Add a frame: uint8[height, width, 3], or one or no channel for grey; it may be changed afterwards.

        Raises:
            ValueError: The frame is something else, or not of the first one's shape; the recording is closed.
        """
        if self._file.closed:
            message = f"the recording {str(self._path)!r} is closed"
            raise ValueError(message)
        colours = _colours(frame)
        if self._writer is None:
            self._shape = colours.shape
            self._writer = self._kind(self._file, colours.shape[1], colours.shape[0], self._fps)
        elif colours.shape != self._shape:
            message = f"the recording's frames have the shape {self._shape}, and this one has {colours.shape}"
            raise ValueError(message)
        self._writer.add(colours)

    def close(self) -> None:
        """Write what is left, and put the file in its place; a second call does nothing.

        Raises:
            ValueError: No frame was added.
        """
        if self._file.closed:
            return
        try:
            if self._writer is None:
                message = f"nothing was recorded: {str(self._path)!r} is not written"
                raise ValueError(message)  # noqa: TRY301
            self._writer.finish()
            self._file.close()
            self._part.replace(self._path)
        except BaseException:
            self._discard()
            raise

    def _discard(self) -> None:
        if self._writer is not None:
            self._writer.abandon()
        self._file.close()
        self._part.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        elif not self._file.closed:
            self._discard()

    def __del__(self) -> None:
        # Not if __init__ has failed.
        if hasattr(self, "_file") and not self._file.closed:
            self._discard()


def _colours(frame: np.ndarray[Any, np.dtype[Any]]) -> Frame:
    """The frame as uint8[height, width, 3]."""
    array = np.asarray(frame)
    if array.dtype == np.uint8 and array.size:
        if array.ndim == 2:
            array = array[:, :, np.newaxis]
        if array.ndim == 3 and array.shape[2] in (1, 3):
            height, width, _ = array.shape
            return np.broadcast_to(array, (height, width, 3))
    message = (
        f"a frame of {array.dtype.name}{list(array.shape)} cannot be recorded; expected "
        "uint8[height, width, 3], or uint8[height, width] for grey"
    )
    raise ValueError(message)


class _Writer(ABC):
    """Writes frames of one size to a file."""

    def __init__(self, file: BinaryIO, width: int, height: int, fps: float) -> None:
        self.file = file
        self.width = width
        self.height = height
        self.fps = fps

    @abstractmethod
    def add(self, frame: Frame) -> None:
        """Write a frame, or keep a copy of it."""

    @abstractmethod
    def finish(self) -> None:
        """Write what is left."""

    def abandon(self) -> None:  # noqa: B027  # most have nothing to do
        """Let go of the file, which is of no use any more."""


# ------------------------------------------------------------------------------------------- .png


class _Png(_Writer):
    """The last frame."""

    def add(self, frame: Frame) -> None:
        self._last = frame.copy()

    def finish(self) -> None:
        from PIL import Image  # noqa: PLC0415

        Image.fromarray(self._last).save(self.file, format="png")


# ------------------------------------------------------------------------------------------- .gif


class _Gif(_Writer):
    """An animation that is repeated for ever, with the best 256 colours of each frame.

    Pillow's own writer of animations keeps all frames until the last one is there.
    """

    _SHORTEST = 2  # hundredths of a second; viewers show shorter ones much longer

    def __init__(self, file: BinaryIO, width: int, height: int, fps: float) -> None:
        super().__init__(file, width, height, fps)
        self._count = 0
        self._shown: Frame | None = None  # what is on the screen before _next
        self._next: Frame | None = None  # its duration depends on the frame after it
        self._next_start = 0
        file.write(b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0))
        file.write(b"\x21\xff\x0bNETSCAPE2.0" + struct.pack("<BBHB", 3, 1, 0, 0))

    def add(self, frame: Frame) -> None:
        start = self._time(self._count)
        self._count += 1
        if self._next is None:
            self._next = frame.copy()
        elif start - self._next_start >= self._SHORTEST and not np.array_equal(frame, self._next):
            self._write(self._next, start - self._next_start)
            self._shown, self._next, self._next_start = self._next, frame.copy(), start

    def finish(self) -> None:
        if self._next is not None:
            self._write(self._next, max(self._time(self._count) - self._next_start, self._SHORTEST))
        self.file.write(b"\x3b")

    def _time(self, count: int) -> int:
        """When a frame begins, in hundredths of a second."""
        return round(100 * count / self.fps)

    def _write(self, frame: Frame, duration: int) -> None:
        from PIL import Image  # noqa: PLC0415
        from PIL.GifImagePlugin import getdata  # noqa: PLC0415

        left, top, right, bottom = self._changed(frame)
        picture = Image.fromarray(np.ascontiguousarray(frame[top:bottom, left:right])).quantize(256)
        while duration > 0:
            # A duration has 16 bits.
            shown = min(duration, 0xFFFF)
            duration -= shown
            self.file.writelines(
                getdata(picture, (left, top), duration=10 * shown, disposal=1, include_color_table=True)
            )

    def _changed(self, frame: Frame) -> tuple[int, int, int, int]:
        """The part that differs from what is on the screen: left, top, right, bottom."""
        if self._shown is None:
            return 0, 0, self.width, self.height
        differs = (frame != self._shown).any(axis=2)
        rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
        return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


# ------------------------------------------------------------------------------------------- .mp4


class _Mp4(_Writer):
    """H.264 in the form that every player knows, which wants an even width and height."""

    def __init__(self, file: BinaryIO, width: int, height: int, fps: float) -> None:
        super().__init__(file, width, height, fps)
        import av  # noqa: PLC0415

        self._video_frame = av.VideoFrame
        # By its name, because FFmpeg opens it a second time to put the index in front. An absolute one is no URL.
        name = str(Path(file.name).absolute())
        self._container = av.open(name, "w", format="mp4", options={"movflags": "faststart"})
        stream = self._container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": "18", "preset": "veryfast"}
        self._stream = stream

    def add(self, frame: Frame) -> None:
        # The last row and column twice where there is an odd number of them.
        even = np.pad(frame, ((0, self.height % 2), (0, self.width % 2), (0, 0)), mode="edge")
        picture = self._video_frame.from_ndarray(np.ascontiguousarray(even), format="rgb24")
        self._container.mux(self._stream.encode(picture))

    def finish(self) -> None:
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def abandon(self) -> None:
        import av  # noqa: PLC0415

        with suppress(OSError, ValueError, av.FFmpegError):  # the file is thrown away
            self._container.close()


_KINDS: dict[str, type[_Writer]] = {".gif": _Gif, ".mp4": _Mp4, ".png": _Png}
