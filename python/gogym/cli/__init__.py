"""The command ``gogym``.

Each command is a module of this package. They import Gymnasium, NumPy and rich inside their functions, so that
``gogym --help`` and ``gogym config``, which build systems call, answer at once.
"""

from __future__ import annotations

import click

import gogym
from gogym.cli import bench, config, doctor, inspect, list, run

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(gogym.__version__, prog_name="gogym", message="%(prog)s %(version)s")
def main() -> None:
    """Gymnasium environments for programs in C, C++ and Go."""


for command in (bench.bench, config.config, doctor.doctor, inspect.inspect, list.list_environments, run.run):
    main.add_command(command)
