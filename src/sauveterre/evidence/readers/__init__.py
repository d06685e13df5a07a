"""The kinds of source: the first reader that recognises one opens it. TAR comes last: it has a checksum, no magic.

``READERS`` are all of them, ``ARCHIVES`` those of what is no disk. Both are loaded when they are first asked for: the
children that read disks alone start without them.
"""

from typing import TYPE_CHECKING

from sauveterre.evidence.readers import (
    aff4,
    apfs,
    apfs_volume,
    bitlocker,
    carving,
    directory,
    dmg,
    encrypted,
    ewf,
    exfat,
    ext,
    fat,
    filevault,
    hfs,
    iso9660,
    luks,
    lvm,
    ntfs,
    partitions,
    qcow,
    udf,
    unread,
    vdi,
    vhd,
    vmdk,
    xfs,
)
from sauveterre.records.reader import EvidenceReader

LAYERS: tuple[EvidenceReader, ...] = (
    ewf,
    aff4,  # a ZIP: before the archives
    qcow,
    vmdk,
    vdi,
    vhd,  # a fixed one, and an Apple image, may begin like the medium in it: before what looks at the start alone
    dmg,
    luks,
    lvm,
    bitlocker,  # to go, it begins as FAT does
    filevault,
    ntfs,
    exfat,
    fat,
    iso9660,
    udf,
    partitions,  # after file systems whose first sector looks like a table, or has one; before those that a disk
    # may still show at its old place, though it was divided after them
    ext,
    hfs,
    apfs,
    apfs_volume,
    xfs,
    encrypted,
    unread,  # what is known and not read: after everything that is
    carving,  # recognises nothing: it is opened by name
)
"""What a disk image is made of: image formats, partitions, volumes, file systems. They do not count as nesting."""
FIRST: tuple[EvidenceReader, ...] = (directory, *LAYERS)
"""Tried before any archive."""
LAYER_NAMES = frozenset(reader.NAME for reader in LAYERS)

if TYPE_CHECKING:
    ARCHIVES: tuple[EvidenceReader, ...]
    READERS: tuple[EvidenceReader, ...]


def __getattr__(name: str) -> tuple[EvidenceReader, ...]:
    if name not in ("ARCHIVES", "READERS"):
        raise AttributeError(name)
    from sauveterre.evidence.readers import (
        android_backup,
        compressed,
        mailbox,
        ole2,
        pdf,
        pst,
        rtf,
        seven_zip,
        tar_archive,
        ufdr,
        zip_archive,
    )

    archives: tuple[EvidenceReader, ...] = (
        ufdr,
        zip_archive,
        seven_zip,
        compressed,
        android_backup,
        pst,
        pdf,
        ole2,
        rtf,
        mailbox,
        tar_archive,
    )
    globals().update(ARCHIVES=archives, READERS=(*FIRST, *archives))
    return archives if name == "ARCHIVES" else (*FIRST, *archives)
