"""``python -m gogym``: the same as the command ``gogym``."""

from gogym.cli import main

main(prog_name="gogym")
