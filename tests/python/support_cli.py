"""Running the command ``gogym``: in this process, in one of its own, and on a terminal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import unicodedata
from pathlib import Path
from typing import Any, NamedTuple

from click.testing import CliRunner, Result

ENVS = Path(__file__).resolve().parent / "envs"
TEST_ENVS = "gogym_test_envs:gogym_test"
ECHO = f"{TEST_ENVS}/Echo-v0"

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Done(NamedTuple):
    code: int
    stdout: str
    stderr: str = ""


def environment(**more: str) -> dict[str, str]:
    """Ours, with the Python that runs the tests as the one that host programs find, and the tests' environments."""
    ours = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR", "TERM")}
    path = os.pathsep.join([str(ENVS), *filter(None, [ours.get("PYTHONPATH")])])
    return {**ours, "GOGYM_PYTHON": sys.executable, "PYTHONPATH": path, **more}


def invoke(*arguments: object) -> Result:
    """Run a command in this process."""
    from gogym.cli import main

    return CliRunner().invoke(main, [str(argument) for argument in arguments], prog_name="gogym")


def invoke_json(*arguments: object) -> Any:
    """Run a command with --json in this process: the document."""
    done = invoke(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def run(*arguments: object, cwd: Path | None = None, **more: str) -> Done:
    """Run the command in a process, its output in pipes."""
    done = subprocess.run(
        command(*arguments),
        env=environment(**more),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "gogym", *(str(argument) for argument in arguments)]


def on_terminal(
    *arguments: object,
    width: int = 100,
    until: str = "",
    send: bytes = b"",
    out: Path | None = None,
    **more: str,
) -> Done:
    """Run the command on a terminal; where its output contains `until`, type `send`. Standard output may go to a file."""
    words, variables = command(*arguments), environment(**{"TERM": "xterm-256color", **more})
    pid, terminal = pty.fork()
    if pid == 0:
        try:
            if out is not None:
                os.dup2(os.open(out, os.O_WRONLY | os.O_CREAT), 1)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            os.execve(words[0], words, variables)
        finally:
            os._exit(127)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    output = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        output += part
        if send and until.encode() in output:
            os.write(terminal, send)
            send = b""
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return Done(os.waitstatus_to_exitcode(status), output.decode().replace("\r\n", "\n"))


def is_plain(text: str) -> bool:
    """Whether it has neither colours nor characters that draw boxes."""
    strange = [c for c in text if c != "\n" and (unicodedata.category(c) == "Cc" or "─" <= c <= "▟")]
    return not strange


def error(done: Result) -> str:
    """The one line that a failing command writes, with status 1."""
    assert done.exit_code == 1, done.output
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("Error: ")
    return line.removeprefix("Error: ")
