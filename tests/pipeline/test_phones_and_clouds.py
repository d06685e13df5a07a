"""What services and extraction programs hand out, from the outermost archive to the last picture."""

import gzip
import io
import json
import tarfile
import zipfile
import zlib
from email.message import EmailMessage

import pytest
from PIL import Image

from sauveterre.media.sandbox import Sandbox
from sauveterre.pipeline.inspection import Inspected, inspect
from sauveterre.records.entry import Outcome
from sauveterre.records.limits import Limits


def drawn(shade):
    """A gradient as a JPEG."""
    picture = Image.linear_gradient("L").point(lambda value: (value + shade) % 256)
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()


SKY, SEA = drawn(0), drawn(90)


def zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def tarred(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def mail(subject):
    made = EmailMessage()
    made["From"], made["Subject"], made["Date"] = "ana@example.org", subject, "Mon, 01 Jan 2024 10:00:00 +0100"
    made["Message-ID"] = f"<{subject}@example.org>"
    made.set_content("Nebel am Morgen\n")
    made.add_attachment(SEA, maintype="image", subtype="jpeg", filename=f"{subject}.jpg")
    return made.as_bytes()


MBOX = b"".join(b"From 12@xxx Mon Jan 01 10:00:00 +0000 2024\n" + mail(each) + b"\n\n" for each in ("eins", "zwei"))
SIDECAR = json.dumps({"title": "sky.jpg", "photoTakenTime": {"timestamp": "1700000000"}}).encode()
TAKEOUT = {
    "Takeout/archive_browser.html": b"<html><title>archive</title></html>",
    "Takeout/Google Photos/Photos from 2023/sky.jpg": SKY,
    "Takeout/Google Photos/Photos from 2023/sky.jpg.supplemental-metadata.json": SIDECAR,
    "Takeout/Mail/All mail Including Spam and Trash.mbox": MBOX,
}
SECOND = {"Takeout/Google Photos/Photos from 2023/sea.jpg": SEA}
ICLOUD = {
    "iCloud Photos/iCloud Photos Part 1 of 1.zip": zipped(
        {"Photos/IMG_0001.JPG": SKY, "Photos/Photo Details.csv": b"imgName,originalCreationDate\nIMG_0001.JPG,x\n"}
    ),
    "iCloud Mail/iCloud Mail.zip": zipped({"Inbox/1.eml": mail("drei")}),
}
MAIL = "!Takeout/Mail/All mail Including Spam and Trash.mbox"
IN_TAKEOUT = [f"!{name}" for name in TAKEOUT] + [
    f"{MAIL}!00001 eins/part-1.txt",
    f"{MAIL}!00001 eins/eins.jpg",
    f"{MAIL}!00002 zwei/part-1.txt",
    f"{MAIL}!00002 zwei/zwei.jpg",
]


@pytest.fixture(scope="module")
def kinds():
    """Inspect a path: the kind of each entry's content by its way down; every one of them was processed."""
    with Sandbox(workers=1, limits=Limits()) as sandbox:

        def look(path):
            found = list(inspect(path, sandbox, Limits()))
            assert all(isinstance(each, Inspected) for each in found), found
            assert {each.processed.outcome for each in found} == {Outcome.PROCESSED}
            return {
                f"{each.source}!{each.entry.path.decode()}".removeprefix(path.name): each.processed.fingerprint.kind
                for each in found
            }

        yield look


@pytest.mark.parametrize("form", ["zip", "tgz"])
def test_a_takeout_is_pictures_descriptions_and_mail(tmp_path, kinds, form):
    name = f"takeout-20240101T000000Z-001.{form}"
    (tmp_path / name).write_bytes(zipped(TAKEOUT) if form == "zip" else gzip.compress(tarred(TAKEOUT)))
    found = kinds(tmp_path / name)
    if form == "tgz":
        assert found.pop(next(iter(found))) == "application/x-tar"
        found = {path[path.index("!Takeout") :]: kind for path, kind in found.items()}
    assert list(found) == IN_TAKEOUT
    pictures = [path for path, kind in found.items() if kind == "image/jpeg"]
    assert pictures == [path for path in IN_TAKEOUT if path.endswith(".jpg")]


def test_a_takeout_in_parts_is_a_folder_of_whole_archives(tmp_path, kinds):
    for number, files in enumerate((TAKEOUT, SECOND), start=1):
        (tmp_path / f"takeout-20240101T000000Z-{number:03}.zip").write_bytes(zipped(files))
    found = kinds(tmp_path)
    assert len(found) == 2 + len(IN_TAKEOUT) + 1
    assert found["/takeout-20240101T000000Z-002.zip!Takeout/Google Photos/Photos from 2023/sea.jpg"] == "image/jpeg"


def test_an_export_of_icloud_is_archives_in_archives(tmp_path, kinds):
    (tmp_path / "iCloud.zip").write_bytes(zipped(ICLOUD))
    found = kinds(tmp_path / "iCloud.zip")
    assert found["!iCloud Photos/iCloud Photos Part 1 of 1.zip!Photos/IMG_0001.JPG"] == "image/jpeg"
    assert "!iCloud Photos/iCloud Photos Part 1 of 1.zip!Photos/Photo Details.csv" in found
    assert found["!iCloud Mail/iCloud Mail.zip!Inbox/1.eml!00001 drei/drei.jpg"] == "image/jpeg"
    assert len(found) == 2 + 2 + 1 + 2


@pytest.mark.parametrize("packed", [tarred, zipped])
def test_a_full_file_system_is_its_files(tmp_path, kinds, packed):
    files = {"data/media/0/DCIM/Camera/sky.jpg": SKY, "data/data/org.example.mail/files/in.eml": mail("vier")}
    (tmp_path / "phone").write_bytes(packed(files))
    assert next(iter(kinds(tmp_path / "phone").items())) == ("!data/media/0/DCIM/Camera/sky.jpg", "image/jpeg")
    assert "!data/data/org.example.mail/files/in.eml!00001 vier/vier.jpg" in kinds(tmp_path / "phone")


def test_an_android_backup_in_a_report_is_opened_to_the_last_picture(tmp_path, kinds):
    files = {"apps/org.example/f/sky.jpg": SKY, "apps/org.example/d_f/strange": b"kept\n", "shared/0/sea.jpg": SEA}
    backup = b"ANDROID BACKUP\n5\n1\nnone\n" + zlib.compress(tarred(files))
    report = (
        '<project><taggedFiles><file path="/sdcard/b.ab" fs="data"><metadata><item name="Local Path">files\\b.ab</item>'
        "</metadata></file></taggedFiles></project>"
    )
    (tmp_path / "phone.ufdr").write_bytes(zipped({"report.xml": report, "files/b.ab": backup}))
    found = kinds(tmp_path / "phone.ufdr")
    inner = "!/sdcard/b.ab!content.tar!"
    assert [path for path in found if path.startswith(inner)] == [inner + name for name in files]
    assert found[inner + "apps/org.example/f/sky.jpg"] == found[inner + "shared/0/sea.jpg"] == "image/jpeg"
