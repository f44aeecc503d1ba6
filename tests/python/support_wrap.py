"""Wrappers put around environments as gym_wrap does it, for the tests of wrappers."""

import json

import pytest

import wrapper_vectors
from gogym.errors import WrapperError
from gogym.wrappers import apply, parse

FRAMES = "gogym_test_wrapped:gogym_test/Frames-v0"
USER = "gogym_test_user_wrappers"
ROWS = wrapper_vectors.rows()


def wrapped(env, *wrappers):
    """An environment with wrappers as gym_wrap gets them."""
    return apply(env, parse(json.dumps(wrappers)))


def failure(env, *wrappers, error=WrapperError):
    """The words of a failure."""
    with pytest.raises(error) as caught:
        wrapped(env, *wrappers)
    return str(caught.value)
