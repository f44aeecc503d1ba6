"""What the commands share: tables, colour on a terminal and plain text in a pipe, JSON, errors.

Standard output gets the command's result and nothing else; whatever environments print, warnings, errors and progress
go to standard error.
"""

from __future__ import annotations

import contextlib
import functools
import json
import math
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TextIO

import click

if TYPE_CHECKING:
    from rich.console import Console

# rich is imported where something is drawn on a terminal: it takes longer than the other commands do.

INTERRUPTED = 130
"""The exit status after Ctrl-C, as a shell has it: 128 + SIGINT."""

_NARROWEST = 16
"""How many characters a cell that may take several lines has in one."""

# Colours and cursor movements of a terminal, and what else is no text but for newline and tab.
_CONTROL = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
)


class Styled(NamedTuple):
    """Text with a style of rich ("bold red"), which only a terminal shows."""

    text: str
    style: str


Cell = str | Styled


class Column(NamedTuple):
    """A column of a table."""

    title: str
    right: bool = False
    """Whether its cells are aligned to the right, as numbers are."""
    style: str = ""
    wrap: bool = False
    """Whether its cells may take several lines where the terminal is narrow."""


class Table(NamedTuple):
    """Rows of cells, one for each column."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    title: str = ""


# ------------------------------------------------------------------------------------------- text


def plain(text: str) -> str:
    """Text without colour codes and other control characters."""
    return _CONTROL.sub("", text)


def one_line(text: str) -> str:
    """Text in one line, also where it was written for several."""
    return re.sub(r"\s*\n\s*", "; ", plain(text).strip())


def is_terminal(stream: TextIO | None = None) -> bool:
    """Whether a stream, standard output by default, can show tables and colours; FORCE_COLOR says that it can."""
    stream = sys.stdout if stream is None else stream
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")


def console(*, error: bool = False) -> Console:
    """Rich's console on standard output or error; it leaves colours out where NO_COLOR is set."""
    from rich.console import Console  # noqa: PLC0415

    return Console(stderr=error, highlight=False, markup=False, emoji=False)


def show(*parts: Table | Cell | list[Cell]) -> None:
    """Write tables and lines to standard output; a list is one line of several cells."""
    terminal = console() if is_terminal() else None
    for part in parts:
        if isinstance(part, Table):
            _draw(part, terminal) if terminal else click.echo("\n".join(_aligned(part)))
            continue
        cells = part if isinstance(part, list) else [part]
        if terminal:
            # A line that is too long is continued by the terminal, so that a command can be copied as one.
            terminal.print(*map(_rich, cells), sep="", soft_wrap=True)
        else:
            click.echo("".join(map(_text, cells)))


def show_json(value: Any) -> None:
    """Write one JSON document to standard output."""
    click.echo(json.dumps(_jsonable(value), ensure_ascii=False, indent=2))


def _text(cell: Cell) -> str:
    return plain(cell.text if isinstance(cell, Styled) else cell)


def _rich(cell: Cell, style: str = "") -> Any:
    from rich.text import Text  # noqa: PLC0415

    return Text(_text(cell), style=cell.style if isinstance(cell, Styled) else style, overflow="fold")


def _draw(table: Table, terminal: Console) -> None:
    from rich import box  # noqa: PLC0415
    from rich import table as rich  # noqa: PLC0415

    widths = zip(_widths(table), table.columns, strict=True)
    least = sum(min(width, _NARROWEST) if column.wrap else width for width, column in widths)
    if least + 2 * len(table.columns) > terminal.width:
        # Nothing is cut off: the terminal itself continues the lines on the next ones.
        for line in _aligned(table):
            terminal.print(_rich(line), soft_wrap=True)
        return
    has_head = any(column.title for column in table.columns)
    drawn = rich.Table(
        box=box.SIMPLE_HEAD if has_head else None,
        show_header=has_head,
        show_edge=False,
        pad_edge=False,
        padding=(0, 2, 0, 0) if not has_head else (0, 1, 0, 0),
        title=table.title or None,
        title_justify="left",
        title_style="bold",
    )
    for column in table.columns:
        justify: Literal["left", "right"] = "right" if column.right else "left"
        drawn.add_column(column.title, justify=justify, overflow="fold", no_wrap=not column.wrap)
    for row in table.rows:
        cells = zip(row, table.columns, strict=True)
        drawn.add_row(*(_rich(cell, column.style) for cell, column in cells))
    terminal.print(drawn)


def _widths(table: Table) -> list[int]:
    rows = [
        [column.title for column in table.columns],
        *([_text(cell) for cell in row] for row in table.rows),
    ]
    return [max(len(row[index]) for row in rows) for index in range(len(table.columns))]


def _aligned(table: Table) -> Iterator[str]:
    """A table as lines with two spaces between columns, as wide as it needs to be."""
    if table.title:
        yield table.title
    rows = [
        [column.title for column in table.columns],
        *([_text(cell) for cell in row] for row in table.rows),
    ]
    widths = _widths(table)
    for row in rows if any(rows[0]) else rows[1:]:
        cells = zip(row, widths, table.columns, strict=True)
        yield "  ".join(
            text.rjust(width) if column.right else text.ljust(width) for text, width, column in cells
        ).rstrip()


def _jsonable(value: Any) -> Any:
    """What JSON can say: infinities and NaN as text, as gym_value_to_json does, and anything else by its repr."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {str(key): _jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_jsonable(item) for item in value]
    if hasattr(value, "tolist"):  # arrays and numbers of NumPy
        return _jsonable(value.tolist())
    return repr(value)


# ------------------------------------------------------------------------------------------- errors


def message_of(error: BaseException) -> str:
    """An error in one line, with its class where the message alone says too little."""
    # A GymError has the class of what happened in Python as text.
    type_ = getattr(error, "type", f"{type(error).__module__}.{type(error).__qualname__}")
    text = one_line(str(getattr(error, "message", error)))
    type_ = type_.removeprefix("builtins.")
    if type_.startswith(("gymnasium.", "gogym.")) or text.startswith(f"{type_}:") or not type_:
        return text or type_
    return f"{type_}: {text}"


def reporting(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options --json and --traceback, and errors of one line with exit status 1."""

    @click.option("--traceback", is_flag=True, help="Show the Python traceback of an error.")
    @click.option("--json", "as_json", is_flag=True, help="Write one JSON document.")
    @functools.wraps(function)
    def command(*args: Any, traceback: bool, **kwargs: Any) -> None:
        try:
            function(*args, **kwargs)
        except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            raise click.exceptions.Exit(INTERRUPTED) from None
        except Exception as error:
            if traceback:
                _write_traceback(error)
            raise click.ClickException(message_of(error)) from error

    return command


def _write_traceback(error: Exception) -> None:
    from traceback import format_exception  # noqa: PLC0415

    of_host = getattr(error, "traceback", None)  # that of a GymError is of the Python behind the library
    text = of_host if isinstance(of_host, str) and of_host else "".join(format_exception(error))
    click.echo(plain(text).rstrip(), err=True)


# ------------------------------------------------------------------------------------------- what others write


class Messages:
    """Warnings, each one once and without colour codes."""

    def __init__(self) -> None:
        self.write: Callable[[str], None] = functools.partial(click.echo, err=True)
        self._seen: set[str] = set()

    def warn(self, text: str) -> None:
        """Write a warning, unless it has been written before."""
        text = re.sub(r"^(WARN|ERROR): *", "", plain(text).strip())
        if text not in self._seen:
            self._seen.add(text)
            self.write(f"Warning: {text}")


@contextlib.contextmanager
def progress(title: str, messages: Messages) -> Iterator[Callable[[float, str], None]]:
    """A progress bar on standard error, where that is a terminal; gone at the end. It gets what is done, 0 to 1, and a text."""
    if not is_terminal(sys.stderr):
        yield lambda _done, _text: None
        return
    from rich import progress as rich  # noqa: PLC0415

    bar = rich.Progress(
        rich.TextColumn("{task.description}", markup=False),
        rich.BarColumn(),
        rich.TaskProgressColumn(),
        rich.TextColumn("{task.fields[text]}", markup=False),
        rich.TimeRemainingColumn(),
        console=console(error=True),
        auto_refresh=False,
        transient=True,
    )
    task = bar.add_task(plain(title), total=1.0, text="")

    def update(done: float, text: str) -> None:
        bar.update(task, completed=done, text=text, refresh=True)

    write, messages.write = messages.write, bar.console.print
    try:
        with bar:
            yield update
    finally:
        messages.write = write


@contextlib.contextmanager
def environments_at_work() -> Iterator[Messages]:
    """Keep what environments write off standard output, and make their warnings readable."""
    messages = Messages()

    def show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
        messages.warn(str(message))

    with warnings.catch_warnings(), _standard_output_to_error():
        warnings.showwarning = show_warning
        yield messages


@contextlib.contextmanager
def _standard_output_to_error() -> Iterator[None]:
    """Send standard output to standard error: Python's, and that of C libraries."""
    sys.stdout.flush()
    kept = None
    try:
        with contextlib.suppress(OSError):  # one of the two is closed
            kept = os.dup(1)
            os.dup2(2, 1)
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        _flush_c()
        if kept is not None:
            os.dup2(kept, 1)
            os.close(kept)


def _flush_c() -> None:
    """Have C libraries write what they keep in buffers, before it ends up in the wrong place."""
    import ctypes  # noqa: PLC0415

    ctypes.CDLL(None).fflush(None)
