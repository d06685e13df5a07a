"""Names and values of any length and any bytes are kept; none of them stops the work."""

import io
import json
import os
import zipfile

import pytest


def packed(**files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.fixture
def exhibit(tmp_path):
    """A folder whose own name is no UTF-8, with long names, deep folders, and a store far down."""
    folder = tmp_path / os.fsdecode(b"card \xff with spaces")
    deep = folder.joinpath(*(f"folder number {n:03d} of many" for n in range(30)))
    deep.mkdir(parents=True)
    frames = [{"version": "1", "backupTimeMs": "1780000000000", "currentAppVersion": "9" * 400}, {"account": {}}]
    export = packed(**{"metadata.json": '{"version": 1}', "main.jsonl": "\n".join(map(json.dumps, frames))})
    (deep / "export.zip").write_bytes(export)
    (folder / "outer.zip").write_bytes(packed(**{"a" * 9_000 + ".zip": packed(**{"nul \x01.txt": "rain"})}))
    (folder / os.fsdecode(b"\xfe\xff.txt")).write_text("sun")
    (folder / "\\xfe\\xff.txt").write_text("another, whose name looks like the first one's")
    return folder


def test_all_of_it_is_processed_and_accounted_for(sauveterre, case, exhibit):
    sauveterre("exhibit", "add", exhibit, "--seal", "S" * 500, "-w", case)

    sauveterre("process", "-w", case)

    accounts = [json.loads(line) for line in sauveterre("exhibit", "list", "--json", "-w", case).stdout.splitlines()]
    assert {one["reader"] for one in accounts} == {"directory", "zip", "signal_backup_v2"}
    assert all(one["state"] == "done" and one["found"] == one["processed"] for one in accounts)
    assert sum(one["found"] for one in accounts) == 4 + 2 + 1 + 1


def test_an_assessment_waits_until_all_is_processed(sauveterre, case, exhibit):
    sauveterre("exhibit", "add", exhibit, "-w", case)

    early = sauveterre("assess", "-w", case, check=False)

    assert early.returncode == 2
    assert "still wait" in early.stderr
    assert "sauveterre process" in " ".join(early.stderr.split())


def test_a_medium_that_is_not_connected_is_waited_for(sauveterre, case, exhibit):
    sauveterre("exhibit", "add", exhibit, "-w", case)
    away = exhibit.rename(exhibit.with_name("away"))

    unplugged = sauveterre("process", "-w", case, check=False)
    away.rename(exhibit)
    sauveterre("process", "-w", case)

    assert unplugged.returncode == 10
    assert "connect its medium" in unplugged.stderr
    accounts = [json.loads(line) for line in sauveterre("exhibit", "list", "--json", "-w", case).stdout.splitlines()]
    assert all(one["state"] == "done" for one in accounts)
