"""Small sound sources, one for each reader, made by the tools that usually make them."""

import gzip
import importlib.util
import io
import mailbox
import os
import random
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from types import ModuleType

import pikepdf
import py7zr
from msoffcrypto.format.ooxml import OOXMLFile
from PIL import Image

from sauveterre.scenarios.fat_image import PARTITION_START, SECTOR, card_of

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "rain at noon"
KEYS = (PASSWORD,)
_TYPES = b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
TOOL_PATHS = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))


class Missing(Exception):
    """A sample cannot be made here: the message says what is missing."""


@dataclass(frozen=True)
class Sample:
    """How a sound source for one reader is made."""

    reader: str
    make: Callable[[Path], Path]
    """Writes the source into an empty folder, and returns its path."""
    victim: str = ""
    """The file that is damaged, where the source is a folder."""
    name: str = ""
    """Where one reader has several samples: which of them this is."""

    @property
    def label(self) -> str:
        """What the table calls it."""
        return " ".join(filter(None, (self.reader, self.name)))


def run(*command: object, **options: object) -> None:
    """Run a tool; raise ``Missing`` when it is not there or refuses."""
    tool = shutil.which(str(command[0]), path=TOOL_PATHS)
    if tool is None:
        raise Missing(f"{command[0]} is not installed")
    ran = subprocess.run([tool, *map(str, command[1:])], capture_output=True, check=False, **options)  # type: ignore[call-overload]
    if ran.returncode:
        raise Missing(f"{command[0]} failed: {ran.stderr.decode(errors='replace')[-200:].strip()}")


def picture(number: int) -> bytes:
    """Return a small JPEG of a gradient."""
    shades = Image.linear_gradient("L").rotate(number * 7).resize((96, 64))
    stream = io.BytesIO()
    Image.merge("RGB", (shades, shades.rotate(90), shades.rotate(180))).save(stream, "JPEG", quality=85)
    return stream.getvalue()


FILES = {
    **{f"DCIM/IMG_{n:04d}.JPG": picture(n) for n in range(8)},
    "letters/été.txt": b"Rain by noon, clear by five.\n" * 40,
    "letters/empty.txt": b"",
    "films.bin": random.Random(5).randbytes(70_000),
}


def folder_of(folder: Path) -> Path:
    """Write the files into a folder, for tools that copy one."""
    for name, data in FILES.items():
        path = folder / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder / "files"


def empty(path: Path, size: int) -> Path:
    """Make a file of zeros."""
    with path.open("wb") as stream:
        stream.truncate(size)
    return path


def _card(folder: Path) -> Path:
    gone = {"DCIM/GONE_1.JPG": picture(91), "DCIM/GONE_2.JPG": picture(92)}
    path = folder / "card.dd"
    path.write_bytes(card_of(FILES, gone, [picture(93)]))
    return path


def _fat(folder: Path) -> Path:
    path = folder / "volume.fat"
    path.write_bytes(_card(folder).read_bytes()[PARTITION_START * SECTOR : -64 * SECTOR])
    return path


def _ext(folder: Path) -> Path:
    path = empty(folder / "volume.ext", 8 << 20)
    run("mkfs.ext4", "-q", "-F", "-O", "^has_journal", "-d", folder_of(folder), path)
    run("debugfs", "-w", "-R", "rm /DCIM/IMG_0003.JPG", path)
    return path


def _ntfs(folder: Path) -> Path:
    path = empty(folder / "volume.ntfs", 8 << 20)
    run("mkntfs", "-F", "-f", "-q", path)
    for name, data in FILES.items():
        (folder / "one").write_bytes(data)
        run("ntfscp", "-f", path, folder / "one", Path(name).name)
    return path


def _exfat(folder: Path) -> Path:
    path = empty(folder / "volume.exfat", 8 << 20)
    run("mkfs.exfat", path)
    return path


def _xfs(folder: Path) -> Path:
    path = empty(folder / "volume.xfs", 300 << 20)
    prototype = folder / "prototype"
    (folder / "one").write_bytes(FILES["films.bin"])
    prototype.write_text(f"/boot\n0 0\nd--755 0 0\nfilms.bin ---644 0 0 {folder / 'one'}\n$\n")
    run("mkfs.xfs", "-q", "-f", "-p", prototype, path)
    return path


def _iso(folder: Path) -> Path:
    path = folder / "disc.iso"
    run("genisoimage", "-quiet", "-R", "-J", "-o", path, folder_of(folder))
    return path


def _udf(folder: Path) -> Path:
    path = empty(folder / "disc.udf", 4 << 20)
    run("mkudffs", "-b", "512", path)
    return path


def _ewf(folder: Path) -> Path:
    run("ewfacquire", "-u", "-q", "-c", "fast", "-S", "1.4MB", "-t", folder / "image", _card(folder))
    return folder / "image.E01"


def _converted(form: str, ending: str, *options: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / f"disk.{ending}"
        run("qemu-img", "convert", "-f", "raw", "-O", form, *options, _card(folder), path)
        return path

    return make


def _luks(folder: Path) -> Path:
    path = empty(folder / "volume.luks", 24 << 20)
    options = ("--type", "luks1", "--pbkdf-force-iterations", "1000", "--key-file", "-")
    run("cryptsetup", "luksFormat", "-q", *options, path, input=PASSWORD.encode())
    return path


def _zip(folder: Path, name: str = "files.zip", extra: dict[str, bytes] | None = None) -> Path:
    with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in {**(extra or {}), **FILES}.items():
            archive.writestr(path, data)
    return folder / name


def _locked_zip(folder: Path) -> Path:
    """Make an archive of both encryptions."""
    files, path = folder_of(folder), folder / "locked.zip"
    run("7z", "a", "-tzip", "-mem=AES256", f"-p{PASSWORD}", path, files / "DCIM")
    run("7z", "a", "-tzip", "-mem=ZipCrypto", f"-p{PASSWORD}", path, files / "letters", files / "films.bin")
    return path


def _locked_seven_zip(folder: Path) -> Path:
    path = folder / "locked.7z"
    run("7z", "a", "-t7z", "-mhe=on", f"-p{PASSWORD}", path, folder_of(folder))
    return path


def _pdf(folder: Path) -> Path:
    path = folder / "film.pdf"
    pages = [Image.open(io.BytesIO(picture(number))) for number in range(4)]
    pages[0].save(folder / "pages.pdf", save_all=True, append_images=pages[1:])
    with pikepdf.open(folder / "pages.pdf") as document:
        for name in ("letters/été.txt", "films.bin"):
            document.attachments[name] = pikepdf.AttachedFileSpec(document, FILES[name])
        document.save(path)
    return path


def _office(folder: Path) -> Path:
    path = folder / "weather.doc"
    path.write_bytes(written_by("test_ole2").document())
    return path


def _rich_text(folder: Path) -> Path:
    path = folder / "weather.rtf"
    path.write_bytes(written_by("test_rtf").TEXT)
    return path


def _locked_office(folder: Path) -> Path:
    path = folder / "weather.docx"
    plain = _zip(folder, extra={"[Content_Types].xml": _TYPES})
    with plain.open("rb") as stream, path.open("wb") as locked:
        OOXMLFile(stream).encrypt(PASSWORD, locked)
    return path


def _ufdr(folder: Path) -> Path:
    rows = "".join(
        f'<file fs="d" fsid="1" path="/phone/{name}" size="{len(data)}"><metadata section="File">'
        f'<item name="Local Path"><![CDATA[{name}]]></item></metadata></file>'
        for name, data in FILES.items()
    )
    report = f'<?xml version="1.0" encoding="utf-8"?><project><taggedFiles>{rows}</taggedFiles></project>'
    return _zip(folder, "phone.ufdr", {"report.xml": report.encode()})


def _tar_bytes() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for path, data in FILES.items():
            info = tarfile.TarInfo(f"apps/org.example.rain/{path}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def _tar(folder: Path) -> Path:
    (folder / "files.tar").write_bytes(_tar_bytes())
    return folder / "files.tar"


def _compressed(folder: Path) -> Path:
    (folder / "files.tar.gz").write_bytes(gzip.compress(_tar_bytes()))
    return folder / "files.tar.gz"


def _seven_zip(folder: Path) -> Path:
    with py7zr.SevenZipFile(folder / "files.7z", "w") as archive:
        for path, data in FILES.items():
            archive.writef(io.BytesIO(data), path)
    return folder / "files.7z"


def written_by(test: str) -> ModuleType:
    """Return the module of a test that writes a format from its description."""
    path = ROOT / "tests" / "evidence" / f"{test}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise Missing(f"{path.name} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _fixture(name: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        root = Path(os.environ.get("SAUVETERRE_FIXTURES", ROOT.parent / "shared" / "fixtures"))
        image = root / "evidence" / "dfvfs" / "test_data" / name
        if not image.is_file():
            raise Missing(f"{name} is not among the fixtures (SAUVETERRE_FIXTURES)")
        return Path(shutil.copy(image, folder / name))

    return make


def _android_backup(folder: Path) -> Path:
    writer = written_by("test_android_backup")
    (folder / "phone.ab").write_bytes(writer.backup(PASSWORD.encode(), content=_tar_bytes()))
    return folder / "phone.ab"


def _ios_backup(folder: Path) -> Path:
    for name, data in written_by("test_ios_backup").backup(folder, password=PASSWORD).items():
        path = folder / "backup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder / "backup"


def _aff4(folder: Path) -> Path:
    (folder / "disk.aff4").write_bytes(written_by("images/test_aff4").disk(_card(folder).read_bytes()))
    return folder / "disk.aff4"


def _lvm(folder: Path) -> Path:
    writer = written_by("images/test_lvm")
    extents = random.Random(0).randbytes(writer.EXTENT * writer.EXTENTS)
    (folder / "group.lvm").write_bytes(writer.physical(writer.described([writer.FILMS, writer.STRIPED]), extents))
    return folder / "group.lvm"


def _mailbox(folder: Path) -> Path:
    box = mailbox.mbox(folder / "mails.mbox")
    for number, (name, data) in enumerate(FILES.items()):
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "rain@example.org", "sun@example.org", f"Weather {number}"
        mail.set_content("Rain by noon.")
        mail.add_attachment(data, maintype="image", subtype="jpeg", filename=Path(name).name)
        box.add(mail)
    box.close()
    return folder / "mails.mbox"


def _bitlocker(folder: Path) -> Path:
    writer = written_by("images/test_bitlocker")
    (folder / "volume.bitlocker").write_bytes(writer.made(_fat(folder).read_bytes()[: writer.SIZE], ("clear",)))
    return folder / "volume.bitlocker"


def _strange(folder: Path) -> Path:
    """Make a disk with a partition that nothing reads, in which pictures lie."""
    card = bytearray(_card(folder).read_bytes())
    start = PARTITION_START * SECTOR
    card[start : start + SECTOR] = random.Random(7).randbytes(SECTOR)
    (folder / "strange.dd").write_bytes(card)
    return folder / "strange.dd"


SAMPLES: tuple[Sample, ...] = (
    Sample("partitions", _card),
    Sample("fat", _fat),
    Sample("ext", _ext),
    Sample("ntfs", _ntfs),
    Sample("exfat", _exfat),
    Sample("xfs", _xfs),
    Sample("iso9660", _iso),
    Sample("udf", _udf),
    Sample("ewf", _ewf),
    Sample("qcow", _converted("qcow2", "qcow2")),
    Sample("vmdk", _converted("vmdk", "vmdk")),
    Sample("vhd", _converted("vhdx", "vhdx")),
    Sample("vdi", _converted("vdi", "vdi")),
    Sample("luks", _luks),
    Sample("bitlocker", _bitlocker),
    Sample("carving", _strange),
    Sample("zip", _zip),
    Sample("ufdr", _ufdr),
    Sample("tar", _tar),
    Sample("compressed", _compressed),
    Sample("7z", _seven_zip),
    Sample("zip", _locked_zip, name="encrypted"),
    Sample("7z", _locked_seven_zip, name="encrypted"),
    Sample("pdf", _pdf),
    Sample("ole2", _office),
    Sample("ole2", _locked_office, name="encrypted"),
    Sample("rtf", _rich_text),
    Sample("aff4", _aff4),
    Sample("dmg", _fixture("hfsplus_zlib.dmg")),
    Sample("hfs", _fixture("hfsplus.raw")),
    Sample("apfs", _fixture("apfs.raw")),
    Sample("lvm", _lvm),
    Sample("android_backup", _android_backup),
    Sample("ios_backup", _ios_backup, victim="Manifest.db"),
    Sample("mailbox", _mailbox),
)
