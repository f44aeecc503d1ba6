"""What Python does at its own exit, for hosts that never finalize it."""

from __future__ import annotations

import atexit
import sys
import threading


def run_exit_functions() -> None:
    """Wait for non-daemon threads and run the functions registered with atexit. Call on Python's main thread."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()


def flush() -> None:
    """Flush standard output and standard error; with a message callback, deliver lines that have not ended."""
    messages = sys.modules.get("gogym.messages")  # not imported: then nobody has set a callback
    if messages is not None:
        messages.flush()
    for stream in (sys.stdout, sys.stderr):
        # Either may be None, closed, or something of the environment's own.
        if stream is not None and not getattr(stream, "closed", False):
            stream.flush()
