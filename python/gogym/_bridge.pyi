# The embedded backend, src/gogym_c/module/_bridge.pyx. Only the host library and this package use it.

from collections.abc import Callable
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")

table: object  # a PyCapsule, "gogym._bridge.table", that holds the function table of gogym_abi.h

def keeping_signals(function: Callable[_P, _R]) -> Callable[_P, _R]: ...
def serve(socket_fd: int, control_fd: int, data_fd: int, station: int, /) -> int: ...
