"""The verbs for scripts: JSON lines whose fields are those that docs/commands.md names, with the right values."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]


def documented():
    """Return the fields of each record as docs/commands.md lists them: ``record`` {field, field {inner}, …}."""
    text = " ".join((ROOT / "docs" / "commands.md").read_text().split())
    found = {}
    for match in re.finditer(r"`([a-z_]+)` \{", text):
        fields = outermost(text[match.end() :]).split(",")
        found.setdefault(match[1], []).append({field.split()[0] for field in fields})
    return found


def outermost(text):
    """Return what stands before the bracket that closes, without what stands in brackets of its own."""
    kept, depth = "", 0
    for character in text:
        depth += (character in "[({") - (character in "])}")
        if depth < 0:
            break
        if not depth and character not in "])}":
            kept += character
    return kept


FIELDS = documented()


@pytest.fixture
def lines(sauveterre):
    """Run a verb; check every line's fields against the documentation; return the records by kind."""

    def run(*arguments, check=True):
        records = {}
        for text in sauveterre(*arguments, check=check).stdout.splitlines():
            one = json.loads(text)
            assert set(one) - {"record"} in FIELDS[one["record"]], one["record"]
            records.setdefault(one["record"], []).append(one)
        return records

    return run


@pytest.fixture(scope="module")
def village(demo):
    return demo / "village"


@pytest.fixture(scope="module")
def truth(village):
    return json.loads((village / "truth.json").read_text())


def test_evidence_list_has_every_entry_with_its_digests(lines, village, truth):
    source = village / "exhibits" / "01-phone"
    key = village.parent / "key-01"
    key.write_text(truth["exhibits"][0]["key"])

    found = lines("evidence", "list", source, "--key-file", key)

    on_disk = {
        str(path.relative_to(source)): path for path in source.rglob("*") if path.is_file() and not path.is_symlink()
    }
    listed = {one["path"]: one for one in found["entry"] if one["source"] == "01-phone" and one["outcome"] != "skipped"}
    assert len(found["entry"]) == 450 + 93
    assert set(on_disk) == {
        bytes.fromhex(one["path_raw"]).decode("utf-8", "surrogateescape") for one in listed.values()
    }
    for path in list(on_disk)[:40]:
        data = on_disk[path].read_bytes()
        assert listed[path]["size"] == len(data)
        for name in ("md5", "sha1", "sha256"):
            assert listed[path][name] == hashlib.new(name, data).hexdigest()
    for account in found["accounting"]:
        assert account["found"] == sum(account[kind] for kind in ("processed", "partial", "failed", "skipped"))


def test_evidence_list_goes_into_archives_and_says_what_does_not_open(lines, village):
    found = lines("evidence", "list", village / "exhibits" / "06-stick")

    assert any(one["source"].endswith("bomb.zip!inner.zip") and one["outcome"] == "failed" for one in found["entry"])
    assert any("containers deep" in one["reason"] for one in found["unopened"])
    assert any("ends in the middle" in one["what"] for one in found["problem"])


def test_evidence_digest_gives_what_evidence_list_gives(lines, sauveterre, village):
    tablet = village / "exhibits" / "03-tablet.tar"
    listed = {one["locator"]: one for one in lines("evidence", "list", tablet)["entry"] if one["source"] == tablet.name}

    found = lines("evidence", "digest", tablet)
    digested = {one["locator"]: one for one in found["digested"]}
    text = sauveterre("evidence", "digest", tablet, "--hashdeep").stdout

    assert digested.keys() == listed.keys()
    for locator, one in digested.items():
        assert {name: listed[locator][name] for name in ("path_raw", "size", "md5", "sha1", "sha256")} == {
            name: one[name] for name in ("path_raw", "size", "md5", "sha1", "sha256")
        }
    assert found["accounting"][0]["found"] == len(digested)
    known = [line.split(",", 4) for line in text.splitlines() if not line.startswith(("%", "#"))]
    assert {tuple(line[1:4]) for line in known} == {
        (one["md5"], one["sha1"], one["sha256"]) for one in digested.values() if one["md5"]
    }
    assert all(line[4].startswith("03-tablet.tar!") for line in known)


def test_hash_and_match_find_what_the_list_knows(lines, village, truth):
    wanted = set(truth["known"]["known_national"])
    folder = village / "exhibits" / "05-laptop" / "Pictures"
    known = {path for path in folder.rglob("*.jpg") if hashlib.sha256(path.read_bytes()).hexdigest() in wanted}

    prints = {one["path"]: one for one in lines("hash", folder)["fingerprint"]}
    hits = lines("match", "--list", village / "lists" / "known_national.json", folder)["hit"]

    assert all(one["kind"] == "image/jpeg" and len(one["pdq"]) == 64 for one in prints.values())
    cameras = lines("hash", village / "exhibits" / "01-phone" / "DCIM")["fingerprint"]
    assert any(one["camera"]["make"] and one["camera"]["serial"] for one in cameras)
    assert {hit["path"] for hit in hits if hit["algorithm"] != "pdq"} == {str(path) for path in known} != set()
    assert all(hit["list"] == "known_national" and hit["distance"] == 0 for hit in hits if hit["algorithm"] != "pdq")


def test_hash_of_what_is_not_there_says_so_and_fails(lines, sauveterre, tmp_path):
    found = lines("hash", tmp_path / "absent.jpg", check=False)

    assert "cannot be read" in found["failure"][0]["reason"]
    assert sauveterre("hash", tmp_path / "absent.jpg", check=False).returncode == 3


def test_hashlist_read_gives_every_item(lines, village):
    raw = json.loads((village / "lists" / "known_national.json").read_text("utf-8-sig"))["value"]

    found = lines("hashlist", "read", village / "lists" / "known_national.json")["listed_media"]

    assert len(found) == len(raw)
    assert [one["hashes"][0]["hex"] for one in found] == [one["MD5"].lower() for one in raw]


def test_messages_read_says_who_administered_and_proves_it(lines, village, truth):
    key = village.parent / "key-03"
    key.write_text(truth["exhibits"][2]["key"])

    found = lines("messages", "read", village / "exhibits" / "03-tablet.tar", "--key-file", key)

    owner = next(one for one in found["account"] if one["is_owner"])
    store = next(store for store in truth["stores"] if store["exhibit"] == "03")
    assert owner["stable_id"] == store["owner"]
    created = [
        one for one in truth["administrators"] if one["account"] == store["owner"] and one["group"] in store["groups"]
    ]
    admins = [one for one in found["role_interval"] if one["role"] == "admin" and one["account"] == store["owner"]]
    assert {one["group"] for one in created} <= {one["group"] for one in admins}
    assert all(one["rows"] and one["rows"][0]["locator"].startswith("frame ") for one in admins)
    assert {one["group"] for one in found["membership"]} >= set(store["groups"])


def test_a_near_hit_says_its_distance_both_qualities_and_the_row_of_the_list(lines, tmp_path):
    picture = Image.effect_mandelbrot((512, 384), (-2.0, -1.2, 0.8, 1.2), 60)
    picture.save(tmp_path / "large.png")
    (print_,) = lines("hash", tmp_path / "large.png")["fingerprint"]
    listed = int(print_["pdq"], 16) ^ 0b111
    (tmp_path / "list.txt").write_text(f"pdq {listed:064x}\n")

    (hit,) = lines("match", "--list", tmp_path / "list.txt", tmp_path / "large.png")["hit"]

    assert (hit["distance"], hit["quality"], hit["listed_quality"]) == (3, print_["quality"], None)
    assert (hit["value"], hit["locator"]) == (f"{listed:064x}", "line 1")


def test_stack_finds_the_sizes_of_one_picture(lines, tmp_path):
    picture = Image.effect_mandelbrot((512, 384), (-2.0, -1.2, 0.8, 1.2), 60)
    picture.save(tmp_path / "large.png")
    picture.resize((300, 225)).save(tmp_path / "small.png")
    (tmp_path / "note.txt").write_text("Wind from the north.")

    (found,) = lines("stack", tmp_path)["stack"]

    assert [[Path(path).name for path in member["paths"]] for member in found["members"]] == [
        ["large.png"], ["small.png"]
    ]  # fmt: skip
    assert [(member["width"], member["height"]) for member in found["members"]] == [(512, 384), (300, 225)]
