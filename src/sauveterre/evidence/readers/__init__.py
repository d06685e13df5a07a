"""The kinds of source: the first reader that recognises one opens it. TAR comes last: it has a checksum, no magic."""

from sauveterre.evidence.readers import (
    aff4,
    android_backup,
    apfs,
    apfs_volume,
    bitlocker,
    carving,
    compressed,
    directory,
    dmg,
    ewf,
    exfat,
    ext,
    fat,
    filevault,
    hfs,
    iso9660,
    luks,
    lvm,
    mailbox,
    ntfs,
    partitions,
    pst,
    qcow,
    seven_zip,
    tar_archive,
    udf,
    ufdr,
    unread,
    vdi,
    vhd,
    vmdk,
    xfs,
    zip_archive,
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
    unread,  # what is known and not read: after everything that is
    carving,  # recognises nothing: it is opened by name
)
"""What a disk image is made of: image formats, partitions, volumes, file systems. They do not count as nesting."""
ARCHIVES: tuple[EvidenceReader, ...] = (
    ufdr,
    zip_archive,
    seven_zip,
    compressed,
    android_backup,
    pst,
    mailbox,
    tar_archive,
)
READERS: tuple[EvidenceReader, ...] = (directory, *LAYERS, *ARCHIVES)
LAYER_NAMES = frozenset(reader.NAME for reader in LAYERS)
