"""ZIP archives (APPNOTE 6.3.10): stored, deflate, bzip2 and LZMA members; ZIP64; archives cut off before their end."""

from sauveterre.errors import UnreadableSource
from sauveterre.evidence import zip_records as records
from sauveterre.evidence.zip_container import ZipArchive
from sauveterre.records.limits import Limits
from sauveterre.records.peek import Peek
from sauveterre.records.reader import Origin

NAME = "zip"
VERSION = 2


def recognises(peek: Peek) -> bool:
    """Say whether the first bytes are those of a ZIP archive: a member, an empty archive, or a joined split one."""
    starts = (records.LOCAL_MAGIC, records.END_MAGIC, records.SPLIT_MAGIC + records.LOCAL_MAGIC)
    return not peek.is_folder and peek.head.startswith(starts)


def open(origin: Origin, limits: Limits) -> ZipArchive:
    """Open a ZIP archive and read its directory; raise ``UnreadableSource`` when no member can be found."""
    if origin.stream is None:
        raise UnreadableSource(f"{origin.identity} is a folder; open it with the directory reader")
    return ZipArchive(origin.stream, origin.identity, limits, NAME, origin.keys)
