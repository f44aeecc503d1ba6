"""A worker process: what the C library starts to have an environment, or a share of many, outside the host.

It is not meant to be started by hand. Its arguments are the descriptors of the socket and of both kinds of
shared memory, its station in the first of them, the host's pid, and the limit of its address space in bytes,
0 for none.
"""

from __future__ import annotations

import faulthandler
import os
import resource
import select
import sys
from pathlib import Path

from . import _bridge


def host_is_gone(socket_fd: int, host_pid: int) -> bool:
    """Whether the host has ended, or has become another program, before the kernel was told to end us with it."""
    if os.getppid() != host_pid:
        return True
    poll = select.poll()
    poll.register(socket_fd, select.POLLIN)
    return any(events & (select.POLLHUP | select.POLLERR) for _, events in poll.poll(0))


def address_space() -> int:
    """The bytes of address space that this process has now."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")


def limit_memory(limit: int) -> None:
    """Limit the address space, for this process and all that it starts.

    What Python and NumPy have by now counts too, but is there already: an import that fails for want of memory
    could not say so.
    """
    used = address_space()
    if used > limit:
        mebibyte = 1 << 20
        raise SystemExit(
            f'the option "memory_limit" is {limit} bytes, but Python with NumPy alone has {used} bytes of '
            f"address space; give at least {-(-used // mebibyte) * 2 * mebibyte}"
        )
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    if most != resource.RLIM_INFINITY:
        limit = min(limit, most)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def main() -> None:
    """Serve the host until it says to quit, or is gone."""
    socket_fd, control_fd, data_fd, station, host_pid, limit = map(int, sys.argv[-6:])
    sys.argv = ["gogym"]  # as where Python runs in the host
    faulthandler.enable()  # where it was is what the host's error message ends with
    if host_is_gone(socket_fd, host_pid):
        return
    for fd in (socket_fd, control_fd, data_fd):
        os.set_inheritable(fd, False)  # not for what an environment starts

    if limit:
        limit_memory(limit)
    sys.exit(_bridge.serve(socket_fd, control_fd, data_fd, station))


if __name__ == "__main__":
    main()
