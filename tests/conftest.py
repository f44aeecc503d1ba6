"""What all Python tests share."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def root():
    """The repository's root."""
    return Path(__file__).resolve().parent.parent
