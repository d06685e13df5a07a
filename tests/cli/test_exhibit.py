"""The register of exhibits at the command line."""

import json

import pytest
from PIL import Image


@pytest.fixture
def rows(sauveterre, case):
    def read():
        ran = sauveterre("exhibit", "list", "--register", "--json", "-w", case)
        return [json.loads(line) for line in ran.stdout.splitlines()]

    return read


def test_an_exhibit_is_registered_changed_and_given_its_medium(sauveterre, case, rows, tmp_path):
    (tmp_path / "card").mkdir()
    added = sauveterre(
        "exhibit", "add", "--seal", "S-1", "--kind", "téléphone", "--seized-at", "15/03/2026 06:05", "--zone",
        "Europe/Paris", "--legal-act", "PV 12", "--digest", f"sha1:{'ab' * 20}", "-w", case,
    )  # fmt: skip
    assert "Next: sauveterre exhibit attach 1 PATH" in added.stdout
    edited = sauveterre(
        "exhibit", "edit", "1", "--serial", "0123", "--legal-act", "", "--digest", "cd" * 16, "-w", case
    )
    assert "Exhibit 1: serial, legal act changed, 1 digests are new." in edited.stdout
    attached = sauveterre("exhibit", "attach", "1", tmp_path / "card", "-w", case)
    assert "Next: sauveterre process" in attached.stdout

    assert rows() == [{
        "record": "exhibit", "number": 1, "seal": "S-1", "description": "card", "kind": "phone", "model": "",
        "serial": "0123", "seized_at": "2026-03-15T05:05:00+00:00", "seized_where": "", "seized_by": "",
        "legal_act": "", "path": str(tmp_path / "card"),
    }]  # fmt: skip
    assert "S-1" in sauveterre("exhibit", "list", "--register", "-w", case).stdout


def test_what_makes_no_sense_is_one_sentence_and_enters_nothing(sauveterre, case, rows):
    for arguments, says in [
        (["--kind", "boat"], "no kind of medium"),
        (["--seal", "S", "--seized-at", "soon"], "is no time"),
        (["--seal", "S", "--zone", "Mars"], "no time zone"),
        (["--seal", "S", "--digest", "sha1:12"], "40 lowercase hex digits"),
        ([], "needs a seal number"),
    ]:
        ran = sauveterre("exhibit", "add", *arguments, "-w", case, check=False)
        assert ran.returncode == 2
        assert says in " ".join(ran.stderr.split())
        assert "Traceback" not in ran.stderr
    assert rows() == []


def test_custody_is_entered_shown_and_not_signed_by_who_entered_it(sauveterre, case, tmp_path):
    sauveterre("exhibit", "add", "--seal", "S-1", "-w", case)
    line = ["--act", "handed-over", "--at", "2026-03-15 09:00", "--from", "Branch 3", "--to", "Centre"]

    shown = sauveterre("exhibit", "custody", "1", *line, "--csv", tmp_path / "log.csv", "-w", case)
    again = json.loads(sauveterre("exhibit", "custody", "1", *line, "--json", "-w", case).stdout)
    signed = sauveterre("exhibit", "sign", "1", "1", "-w", case, check=False)

    assert "1 lines are written" in shown.stdout
    assert b"2026-03-15T09:00:00+00:00" in (tmp_path / "log.csv").read_bytes()
    assert (again["line"], again["act"], again["received_by"], again["signed_at"]) == (1, "handed over", "Centre", None)
    assert signed.returncode == 9
    assert "another member of the operation has to sign it" in " ".join(signed.stderr.split())


def test_a_photograph_is_kept(sauveterre, case, tmp_path):
    Image.linear_gradient("L").resize((640, 480)).save(tmp_path / "label.jpg")
    (tmp_path / "note.jpg").write_text("rain")
    sauveterre("exhibit", "add", "--seal", "S-1", "-w", case)

    kept = sauveterre("exhibit", "photo", "1", tmp_path / "label.jpg", "--caption", "The label", "-w", case)
    refused = sauveterre("exhibit", "photo", "1", tmp_path / "note.jpg", "-w", case, check=False)

    assert "640 × 480 pixels, without its metadata" in kept.stdout
    assert refused.returncode == 2
    assert "JPEG, PNG or HEIC" in " ".join(refused.stderr.split())


def test_a_table_is_looked_at_then_entered_and_twice_is_once(sauveterre, case, rows, tmp_path):
    (tmp_path / "phone").mkdir()
    table = tmp_path / "scellés.csv"
    table.write_bytes(
        "Scellé;Nature;Saisi le;Chemin\nS-1;Téléphone;15/03/2026 06:05;phone\nS-2;Clé USB;;\n".encode("cp1252")
    )

    looked = sauveterre("exhibit", "import", table, "--dry-run", "--zone", "Europe/Paris", "--json", "-w", case)
    assert [json.loads(line)["verdict"] for line in looked.stdout.splitlines()] == ["new", "new"]
    assert rows() == []

    entered = sauveterre("exhibit", "import", table, "--zone", "Europe/Paris", "-w", case)
    assert "2 exhibits are entered. Next: sauveterre process" in entered.stdout
    assert "0 exhibits are entered" in sauveterre("exhibit", "import", table, "-w", case).stdout
    assert [(row["seal"], row["kind"], row["path"], row["seized_at"]) for row in rows()] == [
        ("S-1", "phone", str(tmp_path / "phone"), "2026-03-15T05:05:00+00:00"), ("S-2", "usb stick", "", None),
    ]  # fmt: skip
