"""Fixtures for the tests of the Python package."""

import os

import pytest

from gogym import native

# As gogym sets it for hosts. SDL's own choice without a display draws with EGL, and ends that for MuJoCo in the same
# process when a window closes.
if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")


@pytest.fixture(scope="session")
def library():
    """The installed libgogym, attached to the Python that runs the tests."""
    loaded = native.load()
    loaded.init()
    return loaded


@pytest.fixture
def make_vec(library):
    """Makes vector environments of the C library that are closed at the end."""
    made = []

    def make(*arguments):
        made.append(native.Vec(*arguments, library=library))
        return made[-1]

    yield make
    for vec in made:
        if vec.handle.id != 0:
            vec.close()
