# Written by tools/generate_codes.py from include/gogym.h; not to be edited.
"""The statuses of the C library."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """What a function of gogym.h returned. The values are never reused."""

    OK = 0
    """success"""

    ARGUMENT = 1
    """an argument is not acceptable"""

    HANDLE = 2
    """the handle is zero, closed or was never valid"""

    BUFFER = 3
    """a buffer has the wrong length"""

    BUSY = 4
    """the environment was called from inside its own call"""

    FORKED = 5
    """the process is a fork of the one that started Python"""

    MEMORY = 6
    """out of memory"""

    JSON = 7
    """the options are not acceptable JSON"""

    DYNAMIC = 8
    """the space has no fixed size"""

    SHUTDOWN = 9
    """gym_shutdown has been called"""

    KIND = 10
    """the value is of another kind"""

    BLOCK = 11
    """the bytes are not a value block"""

    CONFIG = 12
    """the configuration is not acceptable"""

    INTERNAL = 13
    """a defect in gogym itself"""

    UNSUPPORTED = 14
    """this build or platform cannot do it"""

    NO_PYTHON = 20
    """no Python interpreter was found"""

    PROBE = 21
    """the Python interpreter does not answer"""

    PYTHON_VERSION = 22
    """the Python version is not supported"""

    NO_LIBPYTHON = 23
    """the Python interpreter has no loadable libpython"""

    ARCHITECTURE = 24
    """libpython is built for another architecture"""

    PYTHON_START = 25
    """Python could not be started"""

    NO_GOGYM = 26
    """the gogym package is not installed in that Python"""

    NO_GYMNASIUM = 27
    """Gymnasium is not installed in that Python"""

    ABI_TOO_OLD = 28
    """the installed gogym package is older than this library needs"""

    ABI_TOO_NEW = 29
    """the installed gogym package is newer than this library knows"""

    PYTHON = 40
    """a Python exception"""

    IMPORT = 41
    """a Python module could not be imported"""

    SYSTEM_EXIT = 42
    """Python code asked to exit"""

    INTERRUPTED = 43
    """Python code was interrupted"""

    RECURSION = 44
    """Python's recursion limit was reached"""

    RESULT = 45
    """reset or step returned something else than Gymnasium's tuple"""

    OBSERVATION = 46
    """an observation does not fit its space"""

    REWARD = 47
    """a reward is not a number"""

    INEXACT = 48
    """a number cannot be held exactly by the buffer"""

    ACTION = 49
    """the action does not fit the action space"""

    ELEMENT = 50
    """an element does not fit its space"""

    SPACE = 51
    """the description of a space is not acceptable"""

    WRAPPER = 52
    """a wrapper cannot be applied"""

    RENDER = 53
    """the environment gives no such frame"""

    ATTRIBUTE = 54
    """the attribute is missing, private or of no use"""

    STATE = 55
    """the environment's state cannot be saved or loaded"""

    CALLBACK = 56
    """a callback of the host failed or is unknown"""

    WORKER = 57
    """a worker process ended, hangs or could not be started"""

    TIMEOUT = 58
    """nothing was ready in time"""

    GYMNASIUM = 60
    """gymnasium.error.Error"""

    UNREGISTERED_ENV = 61
    """gymnasium.error.UnregisteredEnv"""

    NAMESPACE_NOT_FOUND = 62
    """gymnasium.error.NamespaceNotFound"""

    NAME_NOT_FOUND = 63
    """gymnasium.error.NameNotFound"""

    VERSION_NOT_FOUND = 64
    """gymnasium.error.VersionNotFound"""

    DEPRECATED_ENV = 65
    """gymnasium.error.DeprecatedEnv"""

    REGISTRATION = 66
    """gymnasium.error.RegistrationError"""

    DEPENDENCY_NOT_INSTALLED = 67
    """gymnasium.error.DependencyNotInstalled"""

    UNSUPPORTED_MODE = 68
    """gymnasium.error.UnsupportedMode"""

    INVALID_METADATA = 69
    """gymnasium.error.InvalidMetadata"""

    RESET_NEEDED = 70
    """gymnasium.error.ResetNeeded"""

    INVALID_ACTION = 71
    """gymnasium.error.InvalidAction"""

    MISSING_ARGUMENT = 72
    """gymnasium.error.MissingArgument"""

    INVALID_PROBABILITY = 73
    """gymnasium.error.InvalidProbability"""

    INVALID_BOUND = 74
    """gymnasium.error.InvalidBound"""

    DEPRECATED_WRAPPER = 75
    """gymnasium.error.DeprecatedWrapper"""

    ALREADY_PENDING_CALL = 76
    """gymnasium.error.AlreadyPendingCallError"""

    NO_ASYNC_CALL = 77
    """gymnasium.error.NoAsyncCallError"""

    CLOSED_ENVIRONMENT = 78
    """gymnasium.error.ClosedEnvironmentError"""

    CUSTOM_SPACE = 79
    """gymnasium.error.CustomSpaceError"""
