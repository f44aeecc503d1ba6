"""``gogym doctor``: what works on this machine, and how to mend what does not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from gogym.cli import output

if TYPE_CHECKING:
    from collections.abc import Callable

    from gogym.doctor import Finding

_STYLES = {"good": "green", "bad": "bold red", "absent": "yellow"}


@click.command()
@output.reporting
def doctor(*, as_json: bool) -> None:
    """Try what gogym needs, and what it can use, and say how to mend what does not work.

    Each line is good, bad, or absent where something optional is not installed. The exit status is 1 where something
    is bad that gogym cannot do without.
    """
    from gogym import doctor as examination  # noqa: PLC0415

    findings: list[Finding] = []
    with output.environments_at_work(), _status() as tell:
        for finding in examination.examine():
            findings.append(finding)
            tell(f"{finding.topic}: {finding.name}")
    is_well = examination.is_well(findings)
    if as_json:
        output.show_json({"ok": is_well, "findings": [finding._asdict() for finding in findings]})
    else:
        _show(findings)
    if not is_well:
        raise click.exceptions.Exit(1)


@contextmanager
def _status() -> Iterator[Callable[[str], None]]:
    """What is being looked at, on a terminal."""
    if not output.is_terminal(sys.stderr):
        yield lambda _: None
        return
    with output.console(error=True).status("") as status:
        yield status.update


def _show(findings: list[Finding]) -> None:
    width = max(len(finding.name) for finding in findings)
    topic = ""
    for finding in findings:
        if finding.topic != topic:
            topic = finding.topic
            output.show(output.Styled(topic, "bold"))
        state = output.Styled(f"  {finding.state:6}", _STYLES[finding.state])
        output.show([state, f"  {finding.name:{width}}  {output.one_line(finding.detail)}"])
        if finding.mend and finding.state != "good":
            output.show([" " * 10, output.Styled(f"-> {finding.mend}", "cyan")])
    bad = [finding for finding in findings if finding.state == "bad"]
    needed = [finding for finding in bad if finding.required]
    output.show("")
    if needed:
        names = ", ".join(f"{finding.topic}: {finding.name}" for finding in needed)
        output.show(output.Styled(f"Not all that gogym needs works: {names}", "bold red"))
    elif bad:
        output.show(output.Styled("All that gogym needs works; something optional is broken.", "bold yellow"))
    else:
        output.show(output.Styled("All that gogym needs works.", "bold green"))
