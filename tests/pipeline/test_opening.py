"""Any way down: archive in archive, store in archive, archive among a store's attachments."""

import io
import json
import zipfile
from base64 import b64encode
from hashlib import sha256

import pytest

from sauveterre.errors import UnreadableSource
from sauveterre.pipeline.inventory import list_source
from sauveterre.pipeline.naming import inside
from sauveterre.pipeline.opener import OPEN_SOURCES, Opener
from sauveterre.pipeline.processing import nested_source, process_entry
from sauveterre.pipeline.roots import root_source
from sauveterre.records.entry import Outcome
from sauveterre.records.limits import Limits
from sauveterre.records.source import Source, Step

LIMITS = Limits()


@pytest.fixture
def listing(tmp_path_factory):
    """A file for listings, outside of what is listed."""
    return tmp_path_factory.mktemp("scratch") / "listing"


def packed(**files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def export(attachment):
    """A plaintext export, written from the format's description, whose one message carries one attachment."""
    digest, key = sha256(attachment).digest(), bytes(64)
    name = sha256(digest + key).hexdigest()
    locator = {
        "plaintextHash": b64encode(digest).decode(),
        "size": len(attachment),
        "localKey": b64encode(key).decode(),
    }
    standard = {"text": {"body": "rain"}, "attachments": [{"pointer": {"locatorInfo": locator}}]}
    incoming = {"dateReceived": "1770000000001"}
    item = {
        "chatId": "1",
        "authorId": "2",
        "dateSent": "1770000000000",
        "incoming": incoming,
        "standardMessage": standard,
    }
    frames = [
        {"version": "1", "backupTimeMs": "1780000000000"},
        {"account": {"givenName": "Thistle"}},
        {"recipient": {"id": "1", "self": {}}},
        {"recipient": {"id": "2", "contact": {"aci": b64encode(bytes(15) + b"\x07").decode()}}},
        {"chat": {"id": "1", "recipientId": "2"}},
        {"chatItem": item},
    ]
    main = "\n".join(json.dumps(frame) for frame in frames)
    return packed(**{"metadata.json": '{"version": 1}', "main.jsonl": main, f"files/{name[:2]}/{name}": attachment})


def only(entries):
    [entry] = entries
    return entry


@pytest.fixture
def deep(tmp_path):
    """A folder with a ZIP with an export whose attachment is a ZIP with a text."""
    (tmp_path / "card").mkdir()
    (tmp_path / "card" / "outer.zip").write_bytes(packed(**{"export.zip": export(packed(**{"inner.txt": "sunshine"}))}))
    return tmp_path / "card"


def test_every_level_is_opened_and_read(deep, listing):
    source, _ = root_source(deep)
    for _ in range(2):
        entry = only(list_source(source, LIMITS, (), listing).entries())
        processed = process_entry(source, entry, LIMITS, ())
        source = nested_source(source, entry, processed)
    store = only(list_source(source, LIMITS, (), listing).stores)
    source = source.child(Step(store.reader, store.root), "store")
    attachment = only(list_source(source, LIMITS, (), listing).entries())
    processed = process_entry(source, attachment, LIMITS, ())
    assert processed.container == "zip"
    source = nested_source(source, attachment, processed)

    innermost = only(list_source(source, LIMITS, (), listing).entries())
    found = process_entry(source, innermost, LIMITS, ())

    assert innermost.path == b"inner.txt"
    assert found.outcome is Outcome.PROCESSED
    assert found.fingerprint.digests.sha256 == sha256(b"sunshine").hexdigest()
    assert [step.reader for step in source.steps] == ["zip", "zip", "signal_backup_v2", "zip"]


def test_an_opener_keeps_few_sources_open_and_reopens_what_it_closed(tmp_path):
    sources = []
    for number in range(OPEN_SOURCES + 2):
        path = tmp_path / f"{number}.zip"
        path.write_bytes(packed(**{"a.txt": str(number)}))
        sources.append(root_source(path)[0])
    opener = Opener(LIMITS)

    for source in (*sources, *sources):
        container = opener.container(source)
        assert opener.container(source) is container
        with container.open(only(container.entries())) as stream:
            assert stream.read() == source.path.stem.encode()
    opener.close()


def test_a_store_that_is_gone_says_so(tmp_path, listing):
    path = tmp_path / "a.zip"
    path.write_bytes(packed(**{"a.txt": "x"}))
    source = root_source(path)[0].child(Step("signal_backup_v2", "main.jsonl"), "store")

    with pytest.raises(UnreadableSource, match=r"no signal_backup_v2 at main\.jsonl; process the exhibit again"):
        list_source(source, LIMITS, (), listing)


def test_a_files_identity_is_its_digest_and_a_folder_has_none(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(packed(**{"a.txt": "x"}))

    assert root_source(path)[0].identity == f"sha256:{sha256(path.read_bytes()).hexdigest()}"
    assert root_source(tmp_path)[0] == Source(tmp_path, f"folder:{tmp_path.name}")


def test_names_for_people_show_where_a_container_begins():
    assert inside("card", "directory", "a.zip") == "card/a.zip"
    assert inside("card/a.zip", "zip", "b/c.txt") == "card/a.zip!b/c.txt"
    assert inside("card", "directory", "") == "card"
