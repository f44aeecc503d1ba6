"""Errors that have a status of their own in gogym.h.

The bridge gives the host the status and the message; where an error has a cause (``raise ... from error``), also the
cause's class and traceback.
"""

from __future__ import annotations

from typing import ClassVar


class StatusError(Exception):
    """An error with a status of gogym.h."""

    gogym_status: ClassVar[int]


class UnsupportedError(StatusError):
    """What an environment, this build or this platform cannot do: GYM_ERR_UNSUPPORTED."""

    gogym_status = 14


class WrapperError(StatusError):
    """A wrapper that is unknown, does not fit the environment, or not its arguments: GYM_ERR_WRAPPER."""

    gogym_status = 52


class RenderError(StatusError):
    """A frame that the environment does not give: GYM_ERR_RENDER."""

    gogym_status = 53


class AttributeAccessError(StatusError):
    """An attribute that is missing, private, or of no use for what was asked: GYM_ERR_ATTRIBUTE."""

    gogym_status = 54


class StateError(StatusError):
    """A state that cannot be saved or loaded: GYM_ERR_STATE."""

    gogym_status = 55


class CallbackError(StatusError):
    """A callback of the host that failed, or that is not there: GYM_ERR_CALLBACK."""

    gogym_status = 56
