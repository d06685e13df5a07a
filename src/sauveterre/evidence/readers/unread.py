"""Formats that are known by their marks and not read, so that they are named in the accounting and never silent.

A file system of such a kind is one region, searched for files by content. What is packed as a whole is
unreadable, and says what to do.
"""

from dataclasses import dataclass

from sauveterre.errors import UnreadableSource
from sauveterre.evidence.disk.layers import Layers, media_below
from sauveterre.records.limits import Limits
from sauveterre.records.peek import HEAD_BYTES, Peek
from sauveterre.records.reader import Origin

NAME = "unread"
VERSION = 1

_EXPORT = "open it with the program that made it, export the files or an E01 image, and add that"
_UNPACK = "unpack it with another program and add what comes out"
_CONVERT = "convert it with `qemu-img convert -O raw` and add what comes out"


@dataclass(frozen=True, slots=True)
class Known:
    """One format: its mark, where that stands, and what it is called."""

    mark: bytes
    at: int
    """From the end of the stream where negative."""
    name: str
    remedy: str = ""
    """What to do with it; empty for a file system, which is searched by content."""


KNOWN = (
    Known(b"\x10\x20\xf5\xf2", 1_024, "the file system F2FS"),
    Known(b"_BHRfS_M", 65_600, "the file system Btrfs"),
    Known(b"ReFS\x00\x00\x00\x00", 3, "the file system ReFS"),
    Known(b"\x00\x00\x00\x07version\x00", 0x4014, "the file system ZFS"),
    Known(b"\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81", 4_120, "the file system bcachefs"),
    Known(b"ReIsErFs", 65_588, "the file system ReiserFS"),
    Known(b"ReIsEr2Fs", 65_588, "the file system ReiserFS"),
    Known(b"ReIsEr3Fs", 65_588, "the file system ReiserFS"),
    Known(b"JFS1", 32_768, "the file system JFS"),
    Known(b"\x54\x19\x01\x00", 9_564, "the file system UFS1"),
    Known(b"\x19\x01\x54\x19", 66_908, "the file system UFS2"),
    Known(b"UBI#\x01", 0, "the volume manager UBI, with UBIFS on it"),
    Known(b"\x31\x18\x10\x06", 0, "the file system UBIFS"),
    Known(b"\xe2\xe1\xf5\xe0", 1_024, "the file system EROFS"),
    Known(b"SWAPSPACE2", 4_086, "swap space of Linux"),
    Known(b"SWAPSPACE2", 65_526, "swap space of Linux"),
    Known(b"\xfc\x4e\x2b\xa9\x01\x00\x00\x00", 4_096, "one member of a Linux RAID"),
    Known(b"\xfc\x4e\x2b\xa9\x01\x00\x00\x00", 0, "one member of a Linux RAID"),
    Known(b"ADSEGMENTEDFILE", 0, "an AD1 image of AccessData", _EXPORT),
    Known(b"AFF10\r\n\x00", 0, "an image in the Advanced Forensic Format (AFF 3)", _EXPORT),
    Known(b"LVF\x09\x0d\x0a\xff\x00", 0, "a logical EnCase image (L01)", _EXPORT),
    Known(b"LEF2\r\n\x81\x00", 0, "a logical EnCase image (Lx01)", _EXPORT),
    Known(
        b"\x3a\xff\x26\xed\x01\x00", 0, "a sparse image of Android", "expand it with `simg2img` and add what comes out"
    ),
    Known(b"WithoutFreeSpace", 0, "a disk of Parallels", _CONVERT),
    Known(b"WithouFreSpacExt", 0, "a disk of Parallels", _CONVERT),
    Known(b"QED\x00", 0, "a disk of QEMU (QED)", _CONVERT),
    Known(b"\xbe\xba\xfe\xca\x00\x00\x00\x00", 0, "a sparse extent of VMware ESXi (SESparse)", _CONVERT),
    Known(b"COWD\x01\x00\x00\x00", 0, "a sparse extent of VMware ESX, read through its descriptor only", _CONVERT),
    Known(b"MSWIM\x00\x00\x00", 0, "a Windows image (WIM)", _UNPACK),
    Known(b"hsqs", 0, "the packed file system SquashFS", _UNPACK),
    Known(b"Rar!\x1a\x07\x00", 0, "a RAR archive", _UNPACK),
    Known(b"Rar!\x1a\x07\x01\x00", 0, "a RAR archive", _UNPACK),
    Known(b"**ACE**", 7, "an ACE archive", _UNPACK),
    Known(b"StuffIt (c)", 0, "a StuffIt archive", _UNPACK),
)


def recognises(peek: Peek) -> bool:
    """Say whether a mark of the table stands where it should."""
    return not peek.is_folder and found(peek.head, peek.tail) is not None


def open(origin: Origin, limits: Limits) -> Layers:
    """Open a file system as one region; raise ``UnreadableSource`` for what is packed."""
    media = media_below(origin)
    known = found(media.read_at(0, HEAD_BYTES), media.read_at(max(0, media.size - 512), 512))
    if known is None:
        raise UnreadableSource(f"{origin.identity} bears no mark of a known format; it was listed by another version")
    if known.remedy:
        raise UnreadableSource(f"{origin.identity} is {known.name}, which is not read here; {known.remedy}")
    layers = Layers(origin.identity, NAME, limits)
    layers.problem(
        f"offset {known.at}",
        f"the volume holds {known.name}, which is not read here: names, folders and times are not listed, and its "
        "bytes are searched for files by content; read it with another program and add what comes out",
    )
    layers.add_content(media)
    return layers


def found(head: bytes, tail: bytes) -> Known | None:
    """Return the first format whose mark stands where it should."""
    for known in KNOWN:
        text, at = (head, known.at) if known.at >= 0 else (tail, len(tail) + known.at)
        if at >= 0 and text[at : at + len(known.mark)] == known.mark:
            return known
    return None
