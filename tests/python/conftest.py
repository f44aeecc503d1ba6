"""Fixtures for the tests of the Python package."""

import pytest

from gogym import native


@pytest.fixture(scope="session")
def library():
    """The installed libgogym, attached to the Python that runs the tests."""
    loaded = native.load()
    loaded.init()
    return loaded
