"""Files stay small enough to read in one sitting. Split by subject before raising a number."""

from pathlib import Path

import pytest

LIMIT = 400
ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for folder in ("src", "tests", "bench", "fuzz") for path in (ROOT / folder).rglob("*.py"))
FORBIDDEN_NAMES = {"utils", "helpers", "common", "base", "manager", "misc", "core"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_file_is_not_too_long_and_named_for_its_subject(path):
    assert "migrations" in path.parts or len(path.read_text().splitlines()) <= LIMIT
    assert path.stem not in FORBIDDEN_NAMES
