"""``gogym run``: random actions in an environment, through the C library."""

from __future__ import annotations

import math
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from gogym.cli import environment, output

if TYPE_CHECKING:
    from types import FrameType

    from gogym.cli.play import Player
    from gogym.record import Recorder

_STEPS = 1000
_REFRESH_SECONDS = 0.1


class Episode(NamedTuple):
    """One episode, or the beginning of one."""

    total: float
    """The sum of its rewards."""
    length: int
    end: str
    """Why it ended: "terminated", "truncated"; "unfinished" for one that has not."""


class Run:
    """What has happened so far."""

    def __init__(self) -> None:
        self.steps = 0
        self.seconds = 0.0
        self.interrupted = False
        self.episodes: list[Episode] = []
        """Those that have ended."""
        self.total = 0.0
        """The rewards of the episode that has not ended."""
        self.length = 0
        """Its steps."""
        self.frames = 0
        """How many have been recorded."""

    def add(self, reward: float, terminated: bool, truncated: bool) -> None:
        """Count a step."""
        self.steps += 1
        self.total += reward
        self.length += 1
        if terminated or truncated:
            self.episodes.append(
                Episode(self.total, self.length, "terminated" if terminated else "truncated")
            )
            self.total, self.length = 0.0, 0

    def all_episodes(self) -> list[Episode]:
        """Those that have ended, and the one that has not."""
        rest = [Episode(self.total, self.length, "unfinished")] if self.length else []
        return self.episodes + rest


class Plan(NamedTuple):
    """How long to play, and what to do with it."""

    seed: int | None
    steps: int | None
    episodes: int | None
    record: Path | None

    def done(self, result: Run) -> float:
        """How much of it has been done, up to 1.0."""
        of_steps = result.steps / self.steps if self.steps else 0.0
        of_episodes = len(result.episodes) / self.episodes if self.episodes else 0.0
        return max(of_steps, of_episodes)


@click.command()
@environment.environment_options
@click.option("--steps", type=click.IntRange(1), help=f"How many steps; {_STEPS} unless --episodes is given.")
@click.option("--episodes", type=click.IntRange(1), help="How many episodes.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="For the environment and the actions.")
@click.option(
    "--record",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write what is rendered to FILE: .gif or .mp4; .png for the last frame.",
)
@click.option("--render", is_flag=True, help="Show the environment in a window.")
@output.reporting
def run(
    *,
    env_id: str,
    options: str | None,
    pairs: Sequence[str],
    wrappers: Sequence[str],
    steps: int | None,
    episodes: int | None,
    seed: int | None,
    record: Path | None,
    render: bool,
    as_json: bool,
) -> None:
    """Take random actions in an ENVIRONMENT, and show returns and speed.

    Everything goes through the C library, as in a host program: what works here works there. Ctrl-C ends the run early.
    """
    if record and render:
        message = "--record and --render exclude each other: an environment has one render mode"
        raise click.UsageError(message)
    choice = environment.choose(env_id, options, pairs, wrappers)
    if record:
        _check_path(record)
        choice = choice.with_render_mode("rgb_array", "--record")
    if render:
        _check_display()
        choice = choice.with_render_mode("human", "--render")
    plan = Plan(seed, _STEPS if steps is None and episodes is None else steps, episodes, record)
    result = Run()
    with output.environments_at_work() as messages:
        _play(choice, plan, result, messages)
    if as_json:
        output.show_json(_summary(choice, plan, result))
    else:
        _show(choice, plan, result)
    if result.interrupted:
        raise click.exceptions.Exit(output.INTERRUPTED)


def _check_path(path: Path) -> None:
    """Refuse what cannot be written before anything is run."""
    if not path.absolute().parent.is_dir():
        message = f"{path} cannot be written: there is no folder {path.parent}"
        raise click.ClickException(message)


def _check_display() -> None:
    """Refuse a window that nobody could see; SDL_VIDEODRIVER says that somebody wants it all the same."""
    given = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in given):
        message = (
            "there is no display for --render: neither DISPLAY nor WAYLAND_DISPLAY is set. Write a file with "
            "--record FILE, or run it under xvfb-run"
        )
        raise click.ClickException(message)


# ------------------------------------------------------------------------------------------- the run


def _play(choice: environment.Choice, plan: Plan, result: Run, messages: output.Messages) -> None:
    """Play until there are enough steps or episodes, or Ctrl-C."""
    from gogym.cli.play import Player  # noqa: PLC0415

    with ExitStack() as stack:
        stopping = stack.enter_context(_interruptible())
        player = stack.enter_context(Player(choice.id, choice.options_text))
        recording = _Recording(player, plan.record, stack)
        tell = stack.enter_context(output.progress(choice.id, messages))
        player.seed_actions(plan.seed)
        start = shown = time.perf_counter()
        try:
            player.reset(plan.seed)
            recording.add()
            while not stopping and plan.done(result) < 1:
                if result.length == 0 and result.steps:
                    player.reset(None)
                    recording.add()
                result.add(*player.step())
                recording.add()
                now = time.perf_counter()
                if now - shown >= _REFRESH_SECONDS:
                    shown = now
                    result.seconds = now - start
                    tell(plan.done(result), _progress_text(result))
            recording.add_last()
        except (Exception, KeyboardInterrupt):
            # A second Ctrl-C arrives as an error of whatever Python code it hit.
            if len(stopping) < 2:
                raise
        result.interrupted = bool(stopping)
        result.seconds = time.perf_counter() - start
        result.frames = recording.frames
        tell(plan.done(result), _progress_text(result))


class _Recording:
    """What --record writes: each frame, or in a .png, which is a picture, the last one. Without a path, nothing."""

    def __init__(self, player: Player, path: Path | None, stack: ExitStack) -> None:
        self._player = player
        self._recorder = None if path is None else _open_recorder(path, player, stack)
        self._is_picture = path is not None and path.suffix.lower() == ".png"
        self.frames = 0

    def add(self) -> None:
        """Record the frame of now."""
        if self._recorder is not None and not self._is_picture:
            self._record(self._recorder)

    def add_last(self) -> None:
        """Record the frame of the end."""
        if self._recorder is not None and self._is_picture:
            self._record(self._recorder)

    def _record(self, recorder: Recorder) -> None:
        recorder.add(self._player.frame())
        self.frames += 1


def _open_recorder(path: Path, player: Player, stack: ExitStack) -> Recorder:
    from gogym.record import Recorder  # noqa: PLC0415

    try:
        return stack.enter_context(Recorder(path, player.frames_per_second()))
    except ValueError as error:  # the suffix
        raise click.ClickException(str(error)) from error
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}"
        raise click.ClickException(message) from error


@contextmanager
def _interruptible() -> Iterator[list[int]]:
    """Collect Ctrl-C in a list: the step under way is finished. The second one interrupts that too."""
    received: list[int] = []

    def receive(number: int, frame: FrameType | None) -> None:
        received.append(number)
        if len(received) > 1:
            signal.default_int_handler(number, frame)

    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:  # a background job of a shell
        yield received
        return
    signal.signal(signal.SIGINT, receive)
    try:
        yield received
    finally:
        signal.signal(signal.SIGINT, before)


def _progress_text(result: Run) -> str:
    text = f"{result.steps:,} steps, {_speed(result):,.0f} a second"
    if result.episodes:
        recent = [episode.total for episode in result.episodes[-100:]]
        text += f", return {_mean(recent):,.1f}"
    return text


# ------------------------------------------------------------------------------------------- the result


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _statistics(values: Sequence[float]) -> dict[str, float] | None:
    """Mean, standard deviation (of all, not of a sample), minimum and maximum."""
    if not values:
        return None
    mean = _mean(values)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
    return {"mean": mean, "std": deviation, "min": min(values), "max": max(values)}


def _speed(result: Run) -> float:
    return result.steps / result.seconds if result.seconds else 0.0


def _summary(choice: environment.Choice, plan: Plan, result: Run) -> dict[str, Any]:
    return {
        "id": choice.id,
        "options": choice.options,
        "seed": plan.seed,
        "steps": result.steps,
        "episodes": [
            {"return": episode.total, "length": episode.length, "end": episode.end}
            for episode in result.all_episodes()
        ],
        "returns": _statistics([episode.total for episode in result.episodes]),
        "lengths": _statistics([episode.length for episode in result.episodes]),
        "seconds": result.seconds,
        "steps_per_second": _speed(result),
        "recording": None if plan.record is None else {"path": str(plan.record), "frames": result.frames},
        "interrupted": result.interrupted,
    }


def _show(choice: environment.Choice, plan: Plan, result: Run) -> None:
    ended = f"{_count(len(result.episodes), 'episode')} ended"
    early = ", interrupted" if result.interrupted else ""
    output.show(output.Styled(f"{choice.id}: {_count(result.steps, 'step')}{early}, {ended}", "bold"))
    if result.episodes:
        rows = [
            _statistics_row("return", [episode.total for episode in result.episodes]),
            _statistics_row("length", [episode.length for episode in result.episodes]),
        ]
        columns = [output.Column("", style="cyan")]
        columns += [output.Column(name, right=True) for name in ("mean", "std", "min", "max")]
        output.show(output.Table(columns, rows))
    if result.length:
        last = f"return {_figure(result.total)} in {_count(result.length, 'step')}"
        output.show(f"last episode, not ended: {last}")
    if plan.record:
        output.show(f"recorded {_count(result.frames, 'frame')}: {plan.record}")
    seeded = "" if plan.seed is None else f", seed {plan.seed}"
    output.show(f"{_speed(result):,.0f} steps/s{seeded}")


def _count(number: int, what: str) -> str:
    figure = f"{number:,}" if number else "no"
    return f"{figure} {what}" if number == 1 else f"{figure} {what}s"


def _statistics_row(name: str, values: Sequence[float]) -> list[str]:
    statistics = _statistics(values) or {}
    return [name, *(_figure(value) for value in statistics.values())]


def _figure(value: float) -> str:
    return f"{value:,.2f}".removesuffix(".00")
