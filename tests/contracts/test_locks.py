"""The lock files pin everything by hash, and name no host."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["bench.txt", "dev.txt", "runtime.txt"])
def test_everything_is_pinned_with_hashes_and_no_host_is_named(name):
    text = (ROOT / "requirements" / name).read_text()
    pins = re.findall(r"^([a-z0-9_.\-\[\]]+)==", text, flags=re.MULTILINE)

    assert len(pins) > 20
    assert text.count("--hash=sha256:") >= len(pins)
    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text
