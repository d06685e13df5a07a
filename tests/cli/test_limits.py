"""Limits on the command line, and in a workspace's settings: set, told, and refused where they make no sense."""

import io
import json
import zipfile

import pytest


def packed(members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return stream.getvalue()


@pytest.fixture
def card(tmp_path):
    folder = tmp_path / "card"
    folder.mkdir()
    (folder / "a.bin").write_bytes(bytes(3 << 20))
    (folder / "b.zip").write_bytes(packed({"c.zip": packed({"rain.txt": b"rain"})}))
    return folder


def records(ran, *kinds):
    return [one for one in map(json.loads, ran.stdout.splitlines()) if one["record"] in kinds]


@pytest.mark.parametrize("verb", ["list", "digest", "extract"])
def test_evidence_is_read_within_limits_of_the_command_line(sauveterre, card, tmp_path, verb):
    to = ("--to", tmp_path / "out") if verb == "extract" else ()
    ran = sauveterre("evidence", verb, card, *to, "--limit", "entry_bytes=2MiB", "--limit", "depth=1")
    found = {one["path"]: one for one in records(ran, "entry", "digested", "extracted")}
    assert found["a.bin"]["outcome"] == "failed"
    assert "2,097,152 bytes" in found["a.bin"]["reason"]
    assert found["a.bin"]["reason"].endswith(("raise entry_bytes", "raise entry_bytes to read it"))
    closed = [one["reason"] for one in records(ran, "unopened")]
    assert [reason.endswith("or raise the limit depth") for reason in closed] == ([True] if verb == "list" else [])


def test_a_limit_that_is_none_is_refused_before_anything_is_read(sauveterre, card):
    for words in (["evidence", "list", card], ["evidence", "digest", card], ["hash", card]):
        ran = sauveterre(*words, "--limit", "entry_byte=1GiB", check=False)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert ran.stderr.startswith("sauveterre: there is no limit called 'entry_byte'; the limits are ratio, ")


def test_a_workspace_has_limits_of_its_own_and_the_command_line_may_set_others(sauveterre, case, card):
    (case / "settings.toml").write_text('[limits]\nentry_bytes = "2MiB"\n')
    sauveterre("exhibit", "add", card, "-w", case)

    ran = sauveterre("process", "-w", case, "--limit", "depth=1")
    assert "Limits that are set: depth 1, entry_bytes 2,097,152." in ran.stdout
    assert "raise the limit depth" in ran.stdout

    (case / "settings.toml").write_text("[limits]\ndepth = 0\n")
    ran = sauveterre("process", "-w", case, check=False)
    assert ran.returncode == 2
    assert ran.stderr.endswith("the limit depth is 0, and it may be from 1 to 64; correct it\n")

    (case / "settings.toml").unlink()
    ran = sauveterre("process", "-w", case, "--again")
    assert "Limits that are set" not in ran.stdout
    assert "Tried again: 1 sources, 1 entries." in ran.stdout
    accounts = records(sauveterre("exhibit", "list", "--json", "-w", case), "accounting")
    assert {(one["found"], one["processed"]) for one in accounts} == {(2, 2), (1, 1)}
