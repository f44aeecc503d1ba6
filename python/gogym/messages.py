"""Python's warnings, logging and standard output to a function of the host.

There is one such function for the process. What it cannot be told goes where it would have gone without it: messages
that the function itself causes on its thread, those of a child of fork(), those that it fails to take, and what is
written to streams and hooks that somebody kept beyond its time.

Nothing is locked while the function runs, so that the host may hold locks of its own in it.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import logging
import os
import re
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any, TextIO

from gogym.space import shown

OUTPUT = 0
"""The level of a line of standard output; all others are those of logging."""

Deliver = Callable[[int, str], None]
"""Takes a level and a text."""

_MAX_LINE = 1 << 16
"""How many characters may stand before a line's end until they are delivered without it."""

# Colours and cursor movements, titles of windows, and the other two-character sequences of a terminal.
_TERMINAL_CODE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")

_changing = threading.Lock()
_current: _Route | None = None
_inside = threading.local()


def set_callback(deliver: Deliver | None) -> Deliver | None:
    """Have messages go to a function, or (None) to where they went before any; give the function that ends.

    The function is called with a level and a text, on the thread that a message comes from, possibly on several at a
    time. Of what somebody else has replaced since, nothing is put back. The function that ends is not called any more,
    but calls of it may still be under way on other threads.
    """
    global _current  # noqa: PLW0603
    with _changing:
        old, _current = _current, None
        if old is not None:
            old.uninstall()
        if deliver is not None:
            _current = _Route(deliver)
            _current.install()
    return None if old is None else old.end()


def flush() -> None:
    """Deliver lines of standard output that have not ended."""
    route = _current
    if route is not None:
        route.flush()


def plain(text: str) -> str:
    """Remove a terminal's control sequences."""
    return _TERMINAL_CODE.sub("", text)


class _Route:
    """The way of all messages to one function of the host."""

    def __init__(self, deliver: Deliver) -> None:
        self._deliver: Deliver | None = deliver
        self._pid = os.getpid()
        self._show_before: Callable[..., Any] = warnings.showwarning
        # Bound methods are made anew each time: what is installed must be recognized.
        self._show = self._show_warning
        self._lines = _Lines(self, sys.stdout)
        # Bytes that end up as text again, so that programs find all that a standard output has, `buffer` for one.
        self._output = io.TextIOWrapper(
            self._lines, encoding="utf-8", errors="backslashreplace", newline="", write_through=True
        )
        self._last_resort_before = logging.lastResort
        self._handler = _Handler(self, self._last_resort_before)
        self._last_resort: _Handler | None = None
        if self._last_resort_before is not None:
            # For loggers that pass nothing on to the root.
            self._last_resort = _Handler(self, self._last_resort_before)
            self._last_resort.setLevel(self._last_resort_before.level)

    def install(self) -> None:
        with contextlib.suppress(Exception):  # it may be None, closed, or something of the environment's own
            sys.stdout.flush()
        sys.stdout = self._output
        warnings.showwarning = self._show
        logging.getLogger().addHandler(self._handler)
        if self._last_resort is not None:
            logging.lastResort = self._last_resort

    def uninstall(self) -> None:
        """Put back what was there, unless somebody else has replaced it since."""
        if sys.stdout is self._output:
            sys.stdout = self._lines.before
        if warnings.showwarning is self._show:
            warnings.showwarning = self._show_before
        logging.getLogger().removeHandler(self._handler)
        if logging.lastResort is self._last_resort:
            logging.lastResort = self._last_resort_before

    def end(self) -> Deliver | None:
        """Deliver what is left, and no more."""
        self.flush()
        deliver, self._deliver = self._deliver, None
        return deliver

    def flush(self) -> None:
        if os.getpid() == self._pid:
            self._lines.finish()

    def is_active(self) -> bool:
        """Whether messages of this thread go to the host now."""
        return (
            self._deliver is not None and not getattr(_inside, "deliver", False) and os.getpid() == self._pid
        )

    def deliver(self, level: int, text: str) -> bool:
        """Deliver a message; whether the host has got it."""
        deliver = self._deliver
        if deliver is None or not self.is_active():
            return False
        _inside.deliver = True
        try:
            deliver(level, plain(text).rstrip("\n"))
        except Exception:  # noqa: BLE001  # whoever prints or warns must not fail by it
            return False
        else:
            return True
        finally:
            _inside.deliver = False

    def _show_warning(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        """In place of warnings.showwarning, which is called for what the filters let through."""
        if file is None and self.deliver(logging.WARNING, f"{category.__name__}: {message}"):
            return
        self._show_before(message, category, filename, lineno, file, line)


class _Handler(logging.Handler):
    """Delivers log records; without a lock, so that several threads can be inside."""

    def __init__(self, route: _Route, before: logging.Handler | None) -> None:
        super().__init__()
        self._route = route
        self._before = before
        self._of_root = logging.Formatter("%(message)s")
        self.setFormatter(logging.Formatter("%(name)s: %(message)s"))

    def handle(self, record: logging.LogRecord) -> bool:
        self.emit(record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        try:
            text = self._of_root.format(record) if record.name == "root" else self.format(record)
        except Exception as error:  # noqa: BLE001  # arguments that do not fit the message
            text = (
                f"{record.name}: {shown(record.msg)} could not be formatted: {type(error).__name__}: {error}"
            )
        delivered = self._route.deliver(max(record.levelno, 1), text)  # 0 is the level of output
        if not delivered and self._before and record.levelno >= self._before.level and self._is_alone(record):
            self._before.handle(record)

    def _is_alone(self, record: logging.LogRecord) -> bool:
        """Whether no other handler has got the record, so that without this one the last resort would have."""
        logger: logging.Logger | None = logging.getLogger(record.name)
        while logger is not None:
            if any(not isinstance(handler, _Handler) for handler in logger.handlers):
                return False
            logger = logger.parent if logger.propagate else None
        return True


class _Line:
    """What a thread has written of a line that has not ended."""

    def __init__(self) -> None:
        self.text = ""
        self.is_cut = False  # its beginning has been delivered
        # A line may end in any way, also in a lone "\r", as those of progress bars do.
        self.decoder = io.IncrementalNewlineDecoder(
            codecs.getincrementaldecoder("utf-8")("replace"), translate=True
        )


class _Lines(io.BufferedIOBase):
    """Delivers what is written line by line; each thread has lines of its own.

    Flushing it delivers nothing: programs flush in mid-line, and whole lines do not wait for it.
    """

    name = "<stdout>"
    mode = "wb"

    def __init__(self, route: _Route, before: TextIO | None) -> None:
        self.before = before
        self._route = route
        self._unfinished: dict[int, _Line] = {}
        # Not held while a line is delivered. Reentrant, because a finalizer or signal handler may write too.
        self._lock = threading.RLock()

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        """That of the stream before, for child processes."""
        if self.before is None:
            raise io.UnsupportedOperation("fileno")
        return self.before.fileno()

    def write(self, data: Any) -> int:
        content = bytes(data)
        if not self._route.is_active():
            self._pass_on(content.decode("utf-8", "replace"))
            return len(content)
        with self._lock:
            thread = threading.get_ident()
            line = self._unfinished.setdefault(thread, _Line())
            *ended, line.text = (line.text + line.decoder.decode(content)).split("\n")
            if ended:
                if line.is_cut and not ended[0]:  # cut where it ended
                    del ended[0]
                line.is_cut = False
            if len(line.text) > _MAX_LINE:
                ended.append(line.text)
                line.text, line.is_cut = "", True
            if not line.text and not line.is_cut and line.decoder.getstate() == (b"", 0):
                self._unfinished.pop(thread, None)
        for text in ended:
            if not self._route.deliver(OUTPUT, text):
                self._pass_on(text + "\n")
        return len(content)

    def flush(self) -> None:
        if not self._route.is_active():
            before = self._open_before()
            if before is not None:
                before.flush()

    def finish(self) -> None:
        """Deliver what has not ended, of all threads."""
        with self._lock:
            unfinished = list(self._unfinished.values())
            self._unfinished.clear()
            texts = [line.text + line.decoder.decode(b"", final=True) for line in unfinished]
        for text in texts:
            if text and not self._route.deliver(OUTPUT, text):
                self._pass_on(text)

    def _pass_on(self, text: str) -> None:
        before = self._open_before()
        if before is not None:
            before.write(text)

    def _open_before(self) -> TextIO | None:
        """Give the stream before, while it can be written to; under pytest, for one, it goes."""
        before = self.before
        return None if before is None or getattr(before, "closed", False) else before
