"""A case to work on."""

import pytest


@pytest.fixture
def case(sauveterre, tmp_path):
    """A workspace with one operation."""
    folder = tmp_path / "case"
    sauveterre("init", folder)
    sauveterre("operation", "new", "Weather", "-w", folder)
    return folder
